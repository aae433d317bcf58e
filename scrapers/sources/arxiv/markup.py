"""XML and HTML as trees: nothing is fetched, no entity is resolved, half a document is none."""

import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from scrapers.request import ListingError
from scrapers.text import one_line

ATOM = "{http://www.w3.org/2005/Atom}"
ARXIV = "{http://arxiv.org/schemas/atom}"
DC = "{http://purl.org/dc/elements/1.1/}"
OPENSEARCH = "{http://a9.com/-/spec/opensearch/1.1/}"
_DECLARATION = re.compile(r"<\?xml[^>]{0,200}\?>")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # which are nowhere in XML; one must not cost a whole list

Element = Any  # lxml ships no types


def xml(text: str) -> Element:
    """The root of an XML document. Raises ListingError for what is not well-formed, and for any document type."""
    body = _CONTROL.sub("", _DECLARATION.sub("", text, count=1)).encode()
    parser = etree.XMLParser(
        encoding="utf-8", resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        raise ListingError("arXiv sent something that is not XML, or only a part of it") from None
    if root.getroottree().docinfo.doctype:
        raise ListingError("arXiv sent XML with a document type, which its answers never have")
    return root


def page(text: str) -> Element:
    """The root of a web page. Raises ListingError for what is none, or only a part of one."""
    if text.startswith("<?xml") or "</html" not in text[-1_000:].lower():
        raise ListingError("arXiv sent something that is not a web page, or only a part of one")
    try:
        return html.document_fromstring(_CONTROL.sub("", text).encode(), parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError):
        raise ListingError("arXiv sent a page that cannot be read") from None


def content(element: Element | None) -> str | None:
    """The whole text of an element on one line; None where it has none, or is missing."""
    return (one_line("".join(element.itertext())) or None) if element is not None else None


def child(element: Element, name: str) -> str | None:
    """The text of the first child of that name; None where it is empty or missing."""
    return content(element.find(name))


def children(element: Element, name: str) -> Iterator[str]:
    """The texts of all children of that name that have one."""
    return filter(None, map(content, element.findall(name)))


def with_class(element: Element, name: str) -> Iterator[Element]:
    """All elements inside that have this class."""
    return (one for one in element.iter(etree.Element) if name in (one.get("class") or "").split())
