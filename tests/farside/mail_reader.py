"""Reads mail as its receivers do, by parsers that are none of ours: html5lib for the HTML, the standard library for the
rest."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import html5lib

_HEADINGS = ("h1", "h2", "h3")
_BLOCKS = frozenset({*_HEADINGS, "p"})
_ADDRESS = re.compile(r"https?://")


@dataclass(frozen=True)
class Shown:
    """What a mail's HTML shows: its text, its links in their order, what is marked, its tags; and its words, with each
    address after what leads there."""

    text: str
    links: list[str]
    marked: list[str]
    tags: set[str]
    levels: list[int]  # of its headings
    titles: list[str]  # where they lead to
    words: list[str]


def shown(html: str) -> Shown:
    """What the HTML shows. Raises html5lib's ParseError where anything in it is not right."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    body = tree.find("body")
    links = [one.get("href") for one in body.iter("a")]
    headings = [one for one in body.iter() if one.tag in _HEADINGS]
    return Shown(
        squeezed(" ".join(body.itertext())),
        links,
        ["".join(one.itertext()) for one in body.iter("mark")],
        {one.tag for one in tree.iter() if isinstance(one.tag, str)},
        [_HEADINGS.index(one.tag) + 1 for one in headings],
        [link.get("href") for one in headings for link in one.iter("a")],
        words(" ".join(_with_addresses(one) for one in body.iter() if one.tag in _BLOCKS)),
    )


def _with_addresses(element: Any) -> str:
    """The text of an element, with the address of each link behind it."""
    inner = [element.text or "", *(_with_addresses(one) + (one.tail or "") for one in element)]
    return "".join(inner) + (f" {element.get('href')} " if element.tag == "a" else "")


def words(text: str) -> list[str]:
    """The words of either form of a mail, without what only one of them needs: lines that separate, and the colon
    before an address."""
    found = [one for one in text.split() if one not in ("==", "--", "·")]
    return list(filter(None, _without_colons(found)))


def _without_colons(found: list[str]) -> Iterable[str]:
    for word, following in zip(found, [*found[1:], ""], strict=True):
        yield word.rstrip(":") if _ADDRESS.match(following) else word


def squeezed(text: str) -> str:
    """The text without its blanks and line breaks."""
    return "".join(text.split())
