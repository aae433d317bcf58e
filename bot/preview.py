"""Pure: what a query would find in some papers, how many a day that is, and a wider or narrower query instead.

What is proposed was itself tried: every candidate is counted on the same papers, and parse() accepts its text.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from difflib import SequenceMatcher
from functools import partial
from itertools import pairwise, zip_longest
from math import log
from typing import NamedTuple

from bot.query import Document, Mark, Query, QueryError, document, explain, matches, parse
from bot.query.leaves import ANYWHERE, Category, Exact, Near, Node, Source, Words
from bot.query.phrase import quoted
from bot.query.tree import And, Not, Or, all_of, any_of, none_of
from scrapers.categories import is_known
from scrapers.paper import Paper
from scrapers.text import fold, plain

DAYS = 30
MANY = 50  # a day; nobody reads more
_TRIES = 24
_CATEGORIES = 5  # that are tried
_ALIKE = 0.75  # for difflib

Counts = Callable[[Sequence[Query]], Sequence[int]]  # how many papers match each of them


class Seen(NamedTuple):
    """A paper, the sources that showed it, and which of them listed it first on which of its days, if that is known."""

    paper: Paper
    sources: frozenset[str] = frozenset()
    listed_on: date | None = None
    listed_by: str | None = None

    @property
    def day(self) -> date | None:
        """When it appeared: on its list day, else when it was published."""
        return self.listed_on or self.paper.published


class Proposal(NamedTuple):
    """Another query, and how many papers match it."""

    query: Query
    papers: int


@dataclass(frozen=True)
class Preview:
    """What a query finds: `matching` of so many papers `of` some place and time, the latest of them, and what to try
    instead where that is nothing or too much. `days` is how long it took them to appear, None where nobody knows."""

    query: Query
    found: tuple[Seen, ...]
    matching: int
    papers: int
    of: str
    days: int | None
    note: str = ""
    proposal: Proposal | None = None

    @property
    def a_day(self) -> float | None:
        return self.matching / self.days if self.days else None

    @property
    def most(self) -> int:
        """How many papers may match before it is too many."""
        return MANY * self.days if self.days else self.papers

    @property
    def too_many(self) -> bool:
        return self.matching > self.most


class Snippet(NamedTuple):
    """A piece of a text, and the places in it that made the paper match."""

    text: str
    marks: tuple[tuple[int, int], ...]


def proposed(preview: Preview, counts: Counts, others: Callable[[], Collection[Seen]] = tuple) -> Preview:
    """The preview with a proposal, where nothing or too much was found; `others`: papers that need not match."""
    if preview.papers and not preview.matching:
        return replace(preview, proposal=wider(preview.query, counts, preview.most, names_in(others())))
    if preview.too_many:
        frequent = Counter(category for one in preview.found for category in one.paper.categories)
        categories = [category for category, _ in frequent.most_common(_CATEGORIES)]
        found = narrower(preview.query, counts, preview.matching, preview.most, categories)
        return replace(preview, proposal=found)
    return preview


def count_each(queries: Sequence[Query], papers: Iterable[Seen], now: datetime) -> list[int]:
    """How many of the papers match each query, in one pass."""
    counts = [0] * len(queries)
    for one in papers:
        prepared = document(one.paper, one.sources)
        for index, query in enumerate(queries):
            counts[index] += matches(query, prepared, now)
    return counts


def days_of(papers: Sequence[Seen]) -> int | None:
    """From the first day of the papers to the last; None where one of them has none."""
    days = [one.day for one in papers if one.day]
    return (max(days) - min(days)).days + 1 if days and len(days) == len(papers) else None


def latest_first(papers: Iterable[Seen]) -> list[Seen]:
    """By their days, those without one at the end, else as they were."""
    return sorted(papers, key=lambda one: one.day or date.min, reverse=True)


def is_within(one: Seen, days: int, today: date) -> bool:
    """Whether its day is one of the last `days`; it is not where it has none."""
    return one.day is not None and one.day > today - timedelta(days=days)


# Proposals ------------------------------------------------------------------------------------------------------------


def names_in(papers: Collection[Seen]) -> list[Node]:
    """The categories, archives and sources that the papers have, as terms."""
    categories = {category for one in papers for category in one.paper.categories}
    codes = categories | {category.partition(".")[0] for category in categories}
    sources = {source for one in papers for source in one.sources}
    texts = [*(f"cat:{code}" for code in sorted(codes)), *(f"source:{quoted(name)}" for name in sorted(sources))]
    return [query.root for text in texts if (query := _accepted(text))]


def wider(query: Query, counts: Counts, most: int, names: Sequence[Node] = ()) -> Proposal | None:
    """Of the queries that ask for a little less, and then for less still, the one that finds the fewest papers, but not
    more than `most`. A category that arXiv does not have, and a source that is none of the `names`, may be one of them,
    mistyped."""
    asked, tries = {query.key}, _TRIES
    round_ = [query]
    while round_ := _new((text for one in round_ for text in _wider(one.root, names)), asked, tries):
        tries -= len(round_)
        if found := [Proposal(*one) for one in zip(round_, counts(round_), strict=True) if 0 < one[1] <= most]:
            return min(found, key=lambda one: one.papers)
    return None


def narrower(query: Query, counts: Counts, count: int, most: int, categories: Sequence[str]) -> Proposal | None:
    """Of the queries that ask for a little more the one that finds the most papers, but not more than `most`; where
    each finds more, the same again from the one that finds the fewest."""
    asked, tries = {query.key}, _TRIES
    best: Proposal | None = None
    nodes: list[Node] = [query.root]
    while round_ := _new((text for node in nodes for text in _narrower(node, categories)), asked, tries):
        tries -= len(round_)
        found = [Proposal(*one) for one in zip(round_, counts(round_), strict=True) if 0 < one[1] < count]
        if few := [one for one in found if one.papers <= most]:
            return max(few, key=lambda one: one.papers)
        if not found:
            return best
        best = min(found, key=lambda one: one.papers)
        nodes, count = [best.query.root], best.papers
    return best


def _new(nodes: Iterable[Node], asked: set[str], most: int) -> list[Query]:
    """The first of them that are queries and were not asked yet."""
    found: list[Query] = []
    for node in nodes:
        if len(found) == most:
            break
        if node.key not in asked and (query := _accepted(str(node))):
            asked.add(node.key)
            found.append(query)
    return found


def _accepted(text: str) -> Query | None:
    try:
        return parse(text)
    except QueryError:
        return None


def _wider(root: Node, names: Sequence[Node]) -> Iterator[Node]:
    """The gentlest first: a term that asks for less, then each of several terms left out."""
    yield from _changed(root, partial(_respelled, names=names))
    yield from _changed(root, _looser)
    yield from _without_one(root)


def _narrower(root: Node, categories: Sequence[str]) -> Iterator[Node]:
    yield from _joined(root)
    yield from _changed(root, _in_title)
    if not any(isinstance(part, Category) for part in _parts(root)):
        for category in categories:
            if query := _accepted(f"cat:{category}"):
                yield all_of([root, query.root])


def _parts(root: Node) -> tuple[Node, ...]:
    """What must all be met."""
    return root.children if isinstance(root, And) else (root,)


def _changed(node: Node, change: Callable[[Node], Iterator[Node]], wanted: bool = True) -> Iterator[Node]:
    """The tree with one of its wanted terms changed, in every way."""
    if isinstance(node, Not):
        yield from (none_of(one) for one in _changed(node.child, change, not wanted))
    elif isinstance(node, And | Or):
        make = all_of if isinstance(node, And) else any_of
        for index, child in enumerate(node.children):
            for one in _changed(child, change, wanted):
                yield make([*node.children[:index], one, *node.children[index + 1 :]])
    elif wanted:
        yield from change(node)


def _looser(term: Node) -> Iterator[Node]:
    """A phrase as its words, a spelling as a word, a text anywhere."""
    if not isinstance(term, Words | Exact | Near):
        return
    if isinstance(term, Exact):
        yield from _text(term.field, [term.text])
    elif len(term.text.split()) > 1:
        yield from _text(term.field, term.text.split())
    if term.field in ("title", "abstract"):
        yield replace(term, field=ANYWHERE)


def _respelled(term: Node, names: Sequence[Node]) -> Iterator[Node]:
    """The category or the source that was probably meant, where there is none of this name."""
    if isinstance(term, Category) and not is_known(term.text):
        yield from (name for name in names if isinstance(name, Category) and _are_alike(name.code, term.code))
    if isinstance(term, Source) and term.key not in {name.key for name in names}:
        yield from (name for name in names if isinstance(name, Source) and _are_alike(name.name, term.name))


def _are_alike(one: str, two: str) -> bool:
    """Whether one may be the other, mistyped: `cs.lgg` is like `cs.lg`, `arixv` like `arxiv`, but `icml` not like
    `iclr`."""
    parts = list(zip_longest(one.split("."), two.split("."), fillvalue=""))
    return one != two and all(SequenceMatcher(None, *both).ratio() > _ALIKE for both in parts)


def _text(field: str, texts: Sequence[str]) -> Iterator[Node]:
    """All of these texts in a field, if each is a term."""
    before = f"{field}:" if field else ""
    if query := _accepted(" ".join(before + quoted(text) for text in texts)):
        yield query.root


def _in_title(term: Node) -> Iterator[Node]:
    if isinstance(term, Words | Exact | Near) and term.field == ANYWHERE:
        yield replace(term, field="title")


def _without_one(node: Node, wanted: bool = True) -> Iterator[Node]:
    """The tree without one of several things that must all be met; what is excluded and conditions first."""
    if isinstance(node, Not):
        yield from (none_of(one) for one in _without_one(node.child, not wanted))
    elif isinstance(node, And | Or):
        make = all_of if isinstance(node, And) else any_of
        rests = [(child, [*node.children[:i], *node.children[i + 1 :]]) for i, child in enumerate(node.children)]
        if isinstance(node, And) == wanted:
            yield from (make(rest) for _, rest in sorted(rests, key=lambda one: isinstance(one[0], Words | Exact)))
        for index, child in enumerate(node.children):
            for one in _without_one(child, wanted):
                yield make([*node.children[:index], one, *node.children[index + 1 :]])


def _joined(root: Node) -> Iterator[Node]:
    """Two neighbouring words as a phrase."""
    parts = _parts(root)
    for index, (one, two) in enumerate(pairwise(parts)):
        if isinstance(one, Words) and isinstance(two, Words) and one.field == two.field:
            for phrase in _text(one.field, [f"{one.text} {two.text}"]):
                yield all_of([*parts[:index], phrase, *parts[index + 2 :]])


# Less like this -------------------------------------------------------------------------------------------------------


class Exclusion(NamedTuple):
    """A query that leaves out what `term` finds, and those of the papers tried that it leaves out."""

    term: str
    query: Query
    left_out: tuple[Seen, ...]


def exclusions(query: Query, one: Seen, others: Sequence[Seen], now: datetime) -> list[Exclusion]:
    """Changes of the query that leave this paper out, the best first: those that take some others along (about one in
    twenty), not none, and not half of them."""
    prepared = [document(other.paper, other.sources) for other in others]
    found = []
    for term in _terms_against(one.paper, query):
        changed = _accepted(str(all_of([query.root, none_of(term.root)])))
        if changed and not matches(changed, document(one.paper, one.sources), now):
            left = tuple(other for other, read in zip(others, prepared, strict=True) if not matches(changed, read, now))
            found.append(Exclusion(term.text, changed, left))
    return sorted(found, key=lambda each: _badness(len(each.left_out), len(others)))


def _badness(left_out: int, papers: int) -> tuple[bool, bool, float]:
    wanted = max(2.0, papers / 20)
    return left_out > papers / 2, left_out == 0, abs(log((left_out + 1) / (wanted + 1)))


_SHORT = 3  # letters of a word that says little
_SAY_LITTLE = frozenset(
    "about across after against all among analysis approach approaches are based before better between beyond case "
    "does during effective efficient fast first framework from general good have high into introducing large learning "
    "less like make method methods model models more most much need neural new novel only open over paper problem "
    "problems results revisiting simple small some study system systems task tasks than that the their them then "
    "these they this through toward towards under unified using very via what when where which while with within "
    "without work your".split()
)


def _terms_against(paper: Paper, query: Query) -> list[Query]:
    """Words of the title and pairs of them, categories and authors that the query does not speak of itself."""
    found = re.findall(r"[^\W_][\w-]+", plain(paper.title))
    words = [word for word in found if len(word) > _SHORT and fold(word) not in _SAY_LITTLE]
    pairs = [*words, *(f'"{one} {two}"' for one, two in pairwise(found) if one in words and two in words)]
    names = [name for name in (paper.authors[:1] + paper.authors[-1:]) if '"' not in name]
    texts = [*pairs, *(f"cat:{category}" for category in paper.categories), *(f'author:"{name}"' for name in names)]
    asked = fold(query.text)
    known = [_accepted(text) for text in dict.fromkeys(texts) if fold(text).strip('"') not in asked]
    return [term for term in known if term][:_TRIES]


# What matched where ---------------------------------------------------------------------------------------------------


def marks_of(query: Query, one: Seen, now: datetime) -> tuple[Document, tuple[Mark, ...]]:
    """The paper prepared for matching, and where it matches."""
    prepared = document(one.paper, one.sources)
    return prepared, explain(query, prepared, now)


def marked(text: str, marks: Iterable[Mark], field: str) -> Snippet:
    """The whole text of the field, with the marks in it."""
    return Snippet(text, tuple((mark.start, mark.end) for mark in marks if mark.field == field and mark.end))


def snippet(text: str, marks: Iterable[Mark], field: str, width: int) -> Snippet | None:
    """The text around the first mark in the field, cut at blanks, with the marks in it; None where there is none."""
    places = marked(text, marks, field).marks
    if not places:
        return None
    begin, end = _around(text, min(places), width)
    before, after = "… " if begin else "", " …" if end < len(text) else ""
    shift = len(before) - begin
    kept = tuple((start + shift, stop + shift) for start, stop in places if begin <= start and stop <= end)
    return Snippet(before + text[begin:end] + after, kept)


def _around(text: str, place: tuple[int, int], width: int) -> tuple[int, int]:
    begin = max(0, min(place[0] - width // 3, len(text) - width))
    end = min(len(text), max(begin + width, place[1]))
    if begin:
        begin = next((at + 1 for at in range(begin, place[0]) if text[at] == " "), begin)
    if end < len(text):
        end = next((at for at in range(end, place[1], -1) if text[at] == " "), end)
    return begin, end


class Met(NamedTuple):
    """A term that was met: in which fields, and what it found in the first of them."""

    term: str
    fields: tuple[str, ...]
    text: str


def met(marks: Iterable[Mark], prepared: Document) -> list[Met]:
    """Each term that was met, and where."""
    where: dict[str, dict[str, str]] = {}
    for mark in marks:
        where.setdefault(mark.term, {}).setdefault(mark.field, prepared.text(mark.field)[mark.start : mark.end])
    return [Met(term, tuple(fields), next(iter(fields.values()))) for term, fields in where.items()]


def reasons(marks: Iterable[Mark], prepared: Document) -> list[str]:
    """The same for people: `agent in title and abstract`, `author:levine (Sergey Levine)`."""
    return [_reason(one) for one in met(marks, prepared)]


def _reason(one: Met) -> str:
    field, *_ = one.fields
    if field in ("title", "abstract"):
        return one.term if one.term.startswith(f"{field}:") else f"{one.term} in {' and '.join(one.fields)}"
    return f"{one.term} ({one.text})" if one.text else one.term


def places(marks: Iterable[Mark], prepared: Document) -> list[dict[str, str | int]]:
    """The marks as plain values, each with the text that it marks."""
    return [{**mark._asdict(), "text": prepared.text(mark.field)[mark.start : mark.end]} for mark in marks]
