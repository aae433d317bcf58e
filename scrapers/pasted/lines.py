"""Lines: each physical line of a pasted text for what it is by itself."""

import re
from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from scrapers.identifiers import arxiv_id
from scrapers.pasted.dates import DATE
from scrapers.pasted.furniture import INVITATION, is_furniture
from scrapers.pasted.scholar_feed import META, PROFILE
from scrapers.text import one_line

LONGEST_BLOCK = 10_000  # characters; whatever is longer is no abstract
WIDEST_WRAP = 200  # characters; a text with longer lines was not wrapped

_LINE_BREAK = re.compile(r"\r\n?|[\u2028\u2029\x85]")
_AUTHORS = re.compile(r"·? ?(\d{1,6}) authors?(?: ?·? ?(?P<date>\S.*))?", re.ASCII)
NUMBER = re.compile(r"(?:\[-\] |Upvote )?(-|\d{1,6})", re.ASCII)
_PAPER_LINK = re.compile(r"huggingface\.co/papers/(\d{4}\.\d{4,5})")
LINK = re.compile(r"https?://\S+")
_OWN_LINK = re.compile(r"https?://(?:[\w-]+\.)*(?:huggingface\.co|scholarfeed\.org)(?:/\S*)?")
_MARKDOWN_LINK = re.compile(r"\[([^\[\]]*)\]\(https?://[^()\s]*\)|\]\(https?://[^()\s]*\)$")
_WHOLE_LINK = re.compile(r"\[(.*)\]\(https?://[^()\s]*\)")
_MARKDOWN_IMAGE = re.compile(r"!\[([^\[\]]*)\]\([^()\s]*\)")
_BULLET = re.compile(r"(?:[•‣▪◦●*–-]|#{1,6})\s+")


class Kind(Enum):
    """What a line, or a block of lines, is."""

    TEXT = "text"
    NUMBER = "number"  # upvotes or comments
    AUTHORS = "authors"
    ORGANIZATION = "organization"
    SEPARATOR = "separator"
    DATE = "date"
    META = "meta"
    LINK = "link"
    PROFILE = "profile"
    FURNITURE = "furniture"
    TITLE = "title"
    HEADING = "heading"  # title and authors in one
    ABSTRACT = "abstract"
    DOUBTFUL = "doubtful"  # a title or an abstract


class Line(NamedTuple):
    """A line, a part of one, or a block of several; `arxiv` is the id in the link that it carries."""

    number: int
    kind: Kind
    text: str
    arxiv: str | None = None


def read_lines(text: str) -> Iterator[Line]:
    """The lines that are not empty, without bullets and Markdown; glued ones taken apart."""
    for number, raw in enumerate(_LINE_BREAK.sub("\n", text).split("\n"), start=1):
        if not raw or not (line := one_line(raw)):
            continue
        link = _PAPER_LINK.search(line) if "huggingface.co/" in line else None
        arxiv = link[1] if link and arxiv_id(link[1]) else None
        line = _bare(line) if len(line) <= LONGEST_BLOCK else ""
        if invitation := INVITATION.match(line):
            yield Line(number, Kind.FURNITURE, invitation[0])
            line = line[invitation.end() :]
        if line:
            yield from (Line(number, kind, part, arxiv) for kind, part in _parts(line))


def _bare(line: str) -> str:
    """The line without bullets and Markdown."""
    if line.count("](") == 1 and (whole := _WHOLE_LINK.fullmatch(line)):
        line = whole[1]
    elif "](" in line and not line.startswith("![]("):
        line = _MARKDOWN_LINK.sub(r"\1", _MARKDOWN_IMAGE.sub(r"\1 ", line))
    if line.startswith("[") and "]" not in line:
        line = line[1:]
    line = " ".join(line.rstrip("\\").split())
    if (bullet := _BULLET.match(line)) and bullet.end() < len(line):
        line = line[bullet.end() :]
    return line


def _parts(line: str) -> Iterator[tuple[Kind, str]]:
    """What the line is; lines that were glued at the point before the date are taken apart."""
    authors = _AUTHORS.fullmatch(line) if "author" in line else None
    if authors and (not authors[2] or DATE.fullmatch(authors[2])):
        yield Kind.AUTHORS, authors[1]
        line = authors[2] or ""
    elif "·" in line and len(line) <= WIDEST_WRAP:
        before, _, after = (part.strip() for part in line.rpartition("·"))
        if not after or DATE.fullmatch(after):
            if before:
                yield from _parts(before)
            yield Kind.SEPARATOR, "·"
            line = after
    if line:
        yield _kind(line), line


def _kind(line: str) -> Kind:
    if len(line) > WIDEST_WRAP:
        return Kind.TEXT
    if DATE.fullmatch(line):
        return Kind.DATE
    if META.fullmatch(line):
        return Kind.META
    if NUMBER.fullmatch(line):
        return Kind.NUMBER
    if PROFILE.fullmatch(line):
        return Kind.PROFILE
    if _OWN_LINK.fullmatch(line):
        return Kind.LINK
    if is_furniture(line):
        return Kind.FURNITURE
    return Kind.TEXT
