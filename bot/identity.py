"""Pure: is this paper one that we have, and how do two records of one paper become the best of both?

Identity is decided by identifiers first. Where they say nothing (a paste, a feed, a record with a DOI beside one
with an arXiv id) the title decides, if the other facts are compatible; a missing fact is compatible.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

from rapidfuzz import fuzz

from scrapers.identifiers import Identifier
from scrapers.paper import Paper, unite
from scrapers.text import fingerprint, fold

T = TypeVar("T")

# A title alone identifies a paper from this length on (letters and digits without blanks): of 74,728 arXiv titles
# 0.07 % are shorter, and no two papers but 6 pairs, all much longer, share one. Sections of journals are no titles.
LONG_TITLE = 16
_GENERIC = re.compile(
    r"(guest)?editorial|preface|foreword|frontmatter|tableofcontents|introduction(tothe.*)?|letters?totheeditor"
    r"|bookreviews?|correction|corrigendum|erratum|inmemoriam|messagefrom.*|listofreviewers|abstracts?|discussion"
    r"|(author)?reply|comment|responseto(reviewers|comments)|acknowledge?ments?|conclusions?|newsandviews"
)
# Titles that are nearly the same: typing errors, a lost word, an author's name left on the title.
NEARLY = 94
SAME_ABSTRACT = 90
# Two titles at one address that have less in common are two items: feeds give an address, or a guid, to another item.
ANOTHER = 60


@dataclass(frozen=True)
class Known:
    """A stored record that may be the same paper."""

    id: int
    paper: Paper


def find(paper: Paper, candidates: Iterable[Known]) -> Known | None:
    """The one candidate that is the same paper, or None: no candidate is, or several are equally likely.

    The candidates share the paper's title, or nearly; whoever shares an identifier was found before.
    """
    scored = [(score, known) for known in candidates if (score := _likeness(paper, known.paper)) > 0]
    if not scored:
        return None
    best = max(score for score, _ in scored)
    winners = [known for score, known in scored if score == best]
    return winners[0] if len(winners) == 1 else None


def contradict(one: Paper, other: Paper) -> bool:
    """Whether the two name different papers: another identifier of one scheme, another address at the same site, years
    more than one apart, other authors, or another number of them."""
    return (
        _other_identifier(one, other)
        or _other_page(one, other)
        or _other_year(one, other)
        or _other_authors(one, other)
    )


def is_another(paper: Paper, known: Paper) -> bool:
    """Whether a paper at the address of a known one is another: titles, texts and authors have nothing in common."""
    return (
        fuzz.ratio(fingerprint(paper.title), fingerprint(known.title)) < ANOTHER
        and not set(_names(paper)).intersection(_names(known))
        and not _same_abstract(paper, known)
        and not _shares_author(paper, known)
    )


def own_names(paper: Paper) -> tuple[Identifier, ...]:
    """What names the paper and no other: its arXiv id, where it has one, since two papers of arXiv may share a DOI."""
    return tuple(i for i in paper.identifiers if i.scheme == "arxiv") or paper.identifiers


def is_named(paper: Paper) -> bool:
    """Whether it has an identifier that says which paper it is. An address does not: one paper stands at many."""
    return bool(_names(paper))


def _names(paper: Paper) -> list[Identifier]:
    return [one for one in paper.identifiers if one.scheme != "url"]


def _likeness(paper: Paper, known: Paper) -> int:
    """How sure it is that two records with similar titles are one paper; 0 where it is not."""
    if contradict(paper, known):
        return 0
    one, other = fingerprint(paper.title), fingerprint(known.title)
    if one != other and (min(len(one), len(other)) < LONG_TITLE or fuzz.ratio(one, other) < NEARLY):
        return 0
    abstract, authors = _same_abstract(paper, known), _shares_author(paper, known)
    # An editor signs many an "Editorial": such a title needs the text as well, and so does one that only nearly is.
    if not abstract and (not _tells(one) or (one != other and not authors)):
        return 0
    return 1 + 4 * (one == other) + 2 * abstract + authors


def _tells(title: str) -> bool:
    return len(title) >= LONG_TITLE and not _GENERIC.fullmatch(title)


def _other_identifier(one: Paper, other: Paper) -> bool:
    known = dict(_names(other))
    return any(scheme in known and known[scheme] != value for scheme, value in _names(one))


def _other_page(one: Paper, other: Paper) -> bool:
    """Whether one site has both, each at an address of its own: it announces a colloquium every week. One paper stands
    at many sites."""
    pages = _pages(other)
    return any(site in pages and pages[site] != address for site, address in _pages(one).items())


def _pages(paper: Paper) -> dict[str, str]:
    """The paper's addresses, by site."""
    addresses = (value for scheme, value in paper.identifiers if scheme == "url")
    return {site: address for address in addresses if (site := urlsplit(address).netloc)}


def _other_year(one: Paper, other: Paper) -> bool:
    return bool(one.published and other.published and abs(one.published.year - other.published.year) > 1)


def _other_authors(one: Paper, other: Paper) -> bool:
    if one.authors and other.authors:
        return not _shares_author(one, other)
    counts = [paper.authors_count for paper in (one, other)]
    return None not in counts and counts[0] != counts[1]


def _shares_author(one: Paper, other: Paper) -> bool:
    return not _families(one).isdisjoint(_families(other))


def _families(paper: Paper) -> set[str]:
    """The family names, folded: what stands before a comma, else the last word."""
    return {fold(name.split(",")[0] if "," in name else name.split()[-1]) for name in paper.authors}


def _same_abstract(one: Paper, other: Paper) -> bool:
    """Whether both have an abstract and these begin alike: listings cut them, and sites repair their LaTeX."""
    if not one.abstract or not other.abstract:
        return False
    length = min(len(one.abstract), len(other.abstract), 600)
    return length >= 80 and fuzz.ratio(one.abstract[:length], other.abstract[:length]) >= SAME_ABSTRACT


def merge(stored: Paper, incoming: Paper, *, is_revision: bool = False) -> Paper:
    """The best of both records: nothing known is lost to a poorer record. Merging the same again changes nothing.
    `is_revision`: the source says that its text replaces older ones."""
    if _adds_nothing(stored, incoming):
        return stored
    newer = _is_newer(stored, incoming, is_revision=is_revision)
    values = dict(stored)
    values.update(_texts(stored, incoming, newer))
    values.update(_authors(stored, incoming, newer))
    values.update(_published(stored, incoming))
    for name in ("upvotes", "comments", "stars", "score", "code_url", "project_url", "url"):
        if getattr(incoming, name) is not None and (name != "url" or not stored.url):
            values[name] = getattr(incoming, name)
    if incoming.note and (newer or not stored.note):
        values["note"] = incoming.note
    if incoming.version and incoming.version >= (stored.version or 0):
        values["version"] = incoming.version
    values["updated"] = max(filter(None, (stored.updated, incoming.updated)), default=None)
    values["has_code"] = True if (stored.has_code or incoming.has_code) else _known(incoming.has_code, stored.has_code)
    values["categories"] = _joined(stored.categories, incoming.categories)
    values["identifiers"] = _joined(stored.identifiers, incoming.identifiers)
    values["organizations"] = unite((*stored.organizations, *incoming.organizations))
    values["extras"] = {**stored.extras, **incoming.extras}
    values["uncertain"] = _uncertain(stored, incoming, values)
    return Paper.model_construct(**values)


def _adds_nothing(stored: Paper, incoming: Paper) -> bool:
    """Whether all that is known of the incoming record is in the stored one already: nearly every paper of a list that
    is read again."""
    known = stored.__dict__
    return incoming.uncertain == stored.uncertain and all(
        value == known[name] or value in _UNKNOWN for name, value in incoming.__dict__.items()
    )


_UNKNOWN: tuple[object, ...] = (None, (), {}, frozenset())


def _known(first: T | None, second: T | None) -> T | None:
    return first if first is not None else second


def _is_newer(stored: Paper, incoming: Paper, *, is_revision: bool) -> bool:
    """Whether the incoming record's text replaces the stored one's, where both have it."""
    if "title" in incoming.uncertain and "title" not in stored.uncertain:
        return False
    if is_named(incoming) != is_named(stored):
        return is_named(incoming)
    if incoming.version and stored.version and incoming.version != stored.version:
        return incoming.version > stored.version
    if incoming.updated and stored.updated and incoming.updated != stored.updated:
        return incoming.updated > stored.updated
    # A site that knows no versions shows the text that it once got; where versions are known, it has no say.
    return is_revision or not stored.version or bool(incoming.version)


def _texts(stored: Paper, incoming: Paper, newer: bool) -> dict[str, str | None]:
    texts: dict[str, str | None] = {}
    if newer or ("title" in stored.uncertain and "title" not in incoming.uncertain):
        texts["title"] = incoming.title
    if incoming.abstract and (not stored.abstract or (newer and not _is_cut(incoming.abstract, stored.abstract))):
        texts["abstract"] = incoming.abstract
    return texts


def _is_cut(abstract: str, whole: str) -> bool:
    return len(abstract) < len(whole) and whole.startswith(abstract.rstrip(" .…"))


def _authors(stored: Paper, incoming: Paper, newer: bool) -> dict[str, object]:
    """All authors rather than some, some rather than their number."""
    ranks = [(bool(p.authors), p.authors_truncated is False, len(p.authors)) for p in (stored, incoming)]
    same = ranks[0][:2] == ranks[1][:2]
    better = (newer if ranks[1][1] else ranks[1][2] > ranks[0][2]) if same else ranks[1] > ranks[0]
    winner, loser = (incoming, stored) if better else (stored, incoming)
    count = _known(winner.authors_count, loser.authors_count)
    return {
        "authors": winner.authors,
        "authors_count": count,
        "authors_truncated": _known(winner.authors_truncated, loser.authors_truncated),
    }


def _published(stored: Paper, incoming: Paper) -> dict[str, object]:
    """A stated date beats an inferred one; a record with identifiers beats one without; else the earlier one, for no
    source shows a first version before it was there."""
    if not incoming.published or not stored.published:
        return {"published": incoming.published or stored.published}
    ranks = [("published" not in p.uncertain, is_named(p)) for p in (stored, incoming)]
    if ranks[0] != ranks[1]:
        return {"published": (incoming if ranks[1] > ranks[0] else stored).published}
    return {"published": min(stored.published, incoming.published)}


def _joined(first: tuple[T, ...], second: tuple[T, ...]) -> tuple[T, ...]:
    """Both without repeats, the longer first: the source that knows more also knows which is the primary one."""
    head, tail = (first, second) if len(first) >= len(second) else (second, first)
    return tuple(dict.fromkeys((*head, *tail)))


def _uncertain(stored: Paper, incoming: Paper, merged: dict[str, object]) -> frozenset[str]:
    """A field stays uncertain while no record that states it agrees with what was kept."""
    doubted = stored.uncertain | incoming.uncertain
    return frozenset(
        name
        for name in doubted
        if not any(
            name not in paper.uncertain and getattr(paper, name, None) == merged.get(name)
            for paper in (stored, incoming)
        )
    )
