"""One paper on a listing page: a `dt` with its id and a `dd` with what is said of it."""

import re
from datetime import date
from typing import Any, NamedTuple

from scrapers.categories import classes_in
from scrapers.paper import Paper
from scrapers.request import Listed
from scrapers.sources.arxiv.entries import extras_of, naming
from scrapers.sources.arxiv.markup import Element, content, with_class

_NUMBER = re.compile(r"item(\d{1,6})", re.ASCII)
_ID = re.compile(r"arXiv:\s*(\S+)")
_HTML = re.compile(r"/html/([^?#]+)")
_MARK = re.compile(r"\((cross-list) from |\((replaced)\)")
_MARKS = {"cross-list": "cross", "replaced": "replace"}
_SUBJECT = re.compile(r"\(([A-Za-z.-]+)\)\s*(?:;|$)")
_UNNAMED = re.compile(r"et al\. \((\d[\d,]*) additional authors? not shown\)")
_LINK_WORDS = re.compile(r"this (?:https?|ftp) URL")
_NO_ADDRESS = re.compile(r"http://([A-Za-z0-9-]+\.[A-Z][A-Za-z]*)")  # arXiv takes `the process.In this` for one


class Card(NamedTuple):
    """An entry before it is read: the day and the announce type of its section, and its two elements. Where damage
    took one of them, it is None."""

    day: date | None
    announced: str | None
    head: Element | None
    details: Element | None

    @property
    def number(self) -> int | None:
        """Its number in the whole list, from 1."""
        anchors = self.head.iter("a") if self.head is not None else ()
        names = (_NUMBER.fullmatch(anchor.get("name") or "") for anchor in anchors)
        return next((int(name[1]) for name in names if name), None)


def read_card(card: Card) -> Listed:
    """The paper of a card. Raises ValueError for one that is damaged."""
    if card.head is None or card.details is None:
        raise ValueError("half of it is missing")
    parts = {name: list(with_class(card.details, f"list-{name}")) for name in _PARTS}
    if any(len(found) > 1 for found in parts.values()):
        raise ValueError("two papers ran into one")
    title, authors, comments, journal, subjects = (found[0] if found else None for found in parts.values())
    note, abstract = _described(comments), list(card.details.iter("p"))
    return Listed(
        Paper(
            title=_described(title) or "",
            abstract=_shown(abstract[0]) if abstract else None,
            categories=classes_in(_SUBJECT.findall(_described(subjects) or "")),
            note=note,
            extras=extras_of(note, journal_ref=_described(journal)),
            **_authors(authors),
            **_names(card.head),
        ),
        card.day,
        announced=card.announced or _marked(card.head),
    )


_PARTS = ("title", "authors", "comments", "journal-ref", "subjects")


def _names(head: Element) -> dict[str, Any]:
    """The id stands in the link, in its text, and in the link to the HTML, which alone has the version."""
    link = next((one for one in head.iter("a") if one.get("title") == "Abstract"), None)
    printed = _ID.search(content(head) or "")
    if link is None or not printed:
        raise ValueError("it has no id")
    texts = next((found[1] for one in head.iter("a") if (found := _HTML.search(one.get("href") or ""))), None)
    return naming(_address(link.get("href") or ""), printed[1], texts)


def _address(href: str) -> str:
    return href.strip().rpartition("/abs/")[2]


def _authors(element: Element | None) -> dict[str, Any]:
    if element is None:
        return {}
    named = [name for name in map(content, element.iter("a")) if name]
    more = _UNNAMED.search(content(element) or "")
    return {"authors": named, "authors_count": len(set(named)) + int(more[1].replace(",", "")) if more else None}


def _marked(head: Element) -> str:
    found = _MARK.search(content(head) or "")
    return _MARKS[found[1] or found[2]] if found else "new"


def _described(element: Element | None) -> str | None:
    """The text behind the descriptor, such as `Title:`."""
    if element is None:
        return None
    for descriptor in with_class(element, "descriptor"):
        descriptor.text = ""
    return _shown(element)


def _shown(element: Element) -> str | None:
    """The text as the authors wrote it: arXiv shows an address in it as a link called `this https URL`."""
    for link in element.iter("a"):
        if _LINK_WORDS.fullmatch(content(link) or "") and (address := link.get("href")):
            no_address = _NO_ADDRESS.fullmatch(address)
            link.text = no_address[1] if no_address else address
    return content(element)
