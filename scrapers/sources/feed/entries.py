"""An entry of a feed of any kind, and the paper that it is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote, unquote, urlsplit

from scrapers.categories import classes_in
from scrapers.identifiers import Identifier, canonical, identifier
from scrapers.paper import MAX_ABSTRACT, Paper
from scrapers.sources._records import known
from scrapers.text import from_markup, one_line

_MOST_MARKUP = 4 * MAX_ABSTRACT  # characters of an article that are looked at
_DOI_IN_PATH = re.compile(
    r"/(?:doi|content)/(?:abs/|full/|pdf/|epdf/)?(10\.\d{4,9}/[^\s?#]+?)(?:\.(?:full|abstract|short)|/(?:full|abstract|pdf))?/?"
)
_INITIALS = re.compile(r"(?:[^\W\d_]\.[\s-]?)+")
_VERSION = re.compile(r"v\d{1,3}$")


@dataclass(frozen=True)
class Entry:
    """What a feed says of one entry. `texts` are its summary and its content, in markup; `names` may be identifiers."""

    title: str = ""
    texts: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published: date | None = None
    link: str = ""
    id: str = ""
    tags: tuple[str, ...] = ()
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Feed:
    """A feed: the address of its site, its entries, those that could not be read, and what is wrong with all of it."""

    home: str
    entries: tuple[Entry, ...]
    skipped: tuple[str, ...] = ()
    problem: str | None = None


def read_entry(entry: Entry, own: str | None) -> Paper:
    """The paper of an entry. `own` is what names it where it holds neither an arXiv id nor a DOI. Raises ValueError."""
    title = from_markup(entry.title[:_MOST_MARKUP])
    if not title:
        raise ValueError("it has no title")
    classes = classes_in(entry.tags)
    texts = (from_markup(text[:_MOST_MARKUP]) for text in entry.texts)
    identifiers = identifiers_in((*entry.names, entry.id, entry.link))
    return Paper(
        title=title,
        abstract=max(texts, key=len, default="")[:MAX_ABSTRACT] or None,
        authors=tuple(name for line in entry.authors for name in _people(from_markup(line))),
        published=entry.published,
        categories=classes,
        identifiers=identifiers or ((Identifier("url", own),) if own else ()),
        url=entry.link or None,
        extras=known(tags=[tag for tag in map(one_line, entry.tags) if tag and tag not in classes]),
    )


def _people(line: str) -> Iterable[str]:
    """The names in a line: between semicolons, between commas where each is more than one word, or each a family name
    and initials (`Draft, D., Quiet, Q.`)."""
    if ";" in line:
        return line.split(";")
    parts = [part.strip() for part in re.split(r",\s*(?:and\s+)?|\s+and\s+", line)]
    if len(parts) % 2 == 0 and all(map(_INITIALS.fullmatch, parts[1::2])):
        return [f"{family}, {initials}" for family, initials in zip(parts[::2], parts[1::2], strict=True)]
    return parts if all(" " in part for part in parts) else [line]


def identifiers_in(texts: Iterable[str]) -> tuple[Identifier, ...]:
    """The arXiv id and the DOI that are among these texts, or in the addresses among them."""
    found: dict[str, Identifier] = {}
    for text in texts:
        if one := identifier(text) or _doi_in_path(text):
            found.setdefault(one.scheme, one)
    return tuple(found.values())


def _doi_in_path(address: str) -> Identifier | None:
    """The DOI in the address of a paper at its publisher; `/content/10.1101/…v2` is a version at bioRxiv."""
    try:
        path = unquote(urlsplit(address.strip()).path)
    except ValueError:
        return None
    match = _DOI_IN_PATH.fullmatch(path)
    if not match:
        return None
    return canonical("doi", _VERSION.sub("", match[1]) if path.startswith("/content/") else match[1])


def address_of(text: str, host: str) -> str | None:
    """The address as an identifier; a guid that is none is one of the feed's host. None where there is nothing."""
    text = one_line(text)
    if not text:
        return None
    if not text.lower().startswith(("http://", "https://")):
        text = f"tag:{host},{quote(text, safe='/:;=@!$&()*+,~#?')}"
    try:
        return canonical("url", text).value
    except ValueError:
        return None
