"""Reads mail as its receivers do, by parsers that are none of ours: html5lib for the HTML, the standard library for the
rest."""

from dataclasses import dataclass

import html5lib


@dataclass(frozen=True)
class Shown:
    """What a mail's HTML shows: its text, its links in their order (once each in a row), what is marked, its tags."""

    text: str
    links: list[str]
    marked: list[str]
    tags: set[str]


def shown(html: str) -> Shown:
    """What the HTML shows. Raises html5lib's ParseError where anything in it is not right."""
    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(html)
    body = tree.find("body")
    links = [one.get("href") for one in body.iter("a")]
    return Shown(
        squeezed(" ".join(body.itertext())),
        links,
        ["".join(one.itertext()) for one in body.iter("mark")],
        {one.tag for one in tree.iter() if isinstance(one.tag, str)},
    )


def squeezed(text: str) -> str:
    """The text without its blanks and line breaks."""
    return "".join(text.split())
