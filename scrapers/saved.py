"""A saved file of any kind that can be read: answers and pages of the sources, our own JSON lines, pasted text.

What a file is, its content says; names and endings are only good for messages.
"""

import json
import re
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from dataclasses import replace
from datetime import date
from typing import Any

from scrapers import pasted
from scrapers.crawl import load, names
from scrapers.json_lines import from_dict
from scrapers.request import Listed, ListingError, Page, agreed_day

_READABLE = (
    "what can be read are saved listings (HTML, feeds and JSON as the sites send them), the JSON lines of "
    "`scrape --json`, and text copied from a listing page"
)
_MAGIC = {
    b"%PDF": "a PDF: open it, copy its text, and paste that",
    b"\x1f\x8b": "compressed with gzip: unpack it first",
    b"BZh": "compressed with bzip2: unpack it first",
    b"\xfd7zXZ": "compressed with xz: unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd: unpack it first",
    b"PK\x03\x04": "a zip archive or an Office document: unpack it, or save it as text",
    b"\xd0\xcf\x11\xe0": "an Office document: save it as text",
    b"\x89PNG": "a picture: copy the text instead",
    b"\xff\xd8\xff": "a picture: copy the text instead",
    b"GIF8": "a picture: copy the text instead",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")
_UTF8_CHARACTER = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_MARKUP = re.compile(
    r"(?:<!--.*?-->\s*)*+"
    r"<(?:!doctype|\?xml|(?:html|head|body|main|meta|title|article|section|div|table|dl|rss|feed|rdf:RDF)[\s>])",
    re.IGNORECASE | re.DOTALL,
)
_JSON = re.compile(r'\{\s*["}]|\[\s*[\[{\]]|\[\s*$')


def read(data: bytes, *, name: str = "", as_of: date | None = None, today: date) -> Page:
    """What the file lists. `as_of` is the day on which it was saved, for dates without a year.

    Raises ListingError, in one sentence, for a file that is no listing, or only a part of one.
    """
    what = name or "the text"
    text = _decoded(data, what).strip("\ufeff \t\r\n\f")
    if not text:
        raise ListingError(f"{what} is empty")
    for source in names():
        if (scraper := load(source)).recognises(text):
            return replace(scraper.parse_saved(text), scraper=source)
    if _JSON.match(text):
        return _read_records(text, what)
    if _MARKUP.match(text):
        raise ListingError(f"{what} is a page, but not a listing of any source that is known here: {_READABLE}")
    return pasted.parse(text, as_of=as_of, today=today)


def _decoded(data: bytes, what: str) -> str:
    for magic, advice in _MAGIC.items():
        if data.startswith(magic):
            raise ListingError(f"{what} is {advice}")
    encoding = "utf-16" if data.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else "utf-8-sig"
    text: str | None
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        text = _decoded_western(data) if encoding != "utf-16" else None
    if text is None or "\0" in text:
        raise ListingError(f"{what} is not text, or its characters are damaged: {_READABLE}")
    return text


def _decoded_western(data: bytes) -> str | None:
    """The text of an old Western file; None for what is damaged UTF-8 (it has whole characters, too) or no text."""
    try:
        text = data.decode("cp1252")
    except UnicodeDecodeError:
        return None
    return None if _UTF8_CHARACTER.search(data) or _CONTROL.search(text) else text


def _read_records(text: str, what: str) -> Page:
    records = _records(text, what)
    if not all(isinstance(record, dict) and {"title", "identifiers"} <= record.keys() for record in records):
        raise ListingError(f"{what} is JSON, but not a listing of any source that is known here: {_READABLE}")
    listed, skipped = [], []
    for number, record in enumerate(records, start=1):
        try:
            line = from_dict(record)
            listed.append(Listed(line.paper, day=line.day))
        except ValueError as error:
            skipped.append(f"paper {number} could not be read: {error}")
    if skipped and not listed:
        raise ListingError(f"{what} lists papers, but none can be read: {skipped[0]}")
    return Page(tuple(listed), stated=len(records), skipped=tuple(skipped), day=agreed_day(listed))


def _records(text: str, what: str) -> list[Any]:
    """The values of a JSON document: a list, or one value a line."""
    lines = ",".join(line for line in text.split("\n") if line.strip())
    for document in (text, f"[{lines}]"):
        try:
            value = json.loads(document)
        except (ValueError, RecursionError):
            continue
        return value if isinstance(value, list) else [value]
    raise ListingError(f"{what} is JSON that is damaged or cut off")
