"""RSS and Atom by feedparser, https://feedparser.readthedocs.io: also where they are damaged."""

import io
import re
import time
from calendar import timegm
from datetime import UTC, date, datetime
from typing import Any
from urllib.parse import urljoin

import feedparser

from scrapers.request import ListingError
from scrapers.sources.feed.entries import Entry, Feed

_END = re.compile(rb"</(?:\w{1,20}:)?(?:rss|feed|rdf)\s*>\s*(?:<!--.{0,2000}-->\s*)*$", re.IGNORECASE | re.DOTALL)
_AMPERSAND = re.compile(rb"&(?!\w{1,30};|#\d{1,8};|#x[0-9a-fA-F]{1,8};)")
# What is said of how a feed was sent, and costs nothing of what it says.
_HARMLESS = (feedparser.CharacterEncodingOverride, feedparser.NonXMLContentType)


def read_xml(body: bytes, url: str) -> Feed:
    """The feed, as much of it as can be read. Raises ListingError where that is nothing."""
    parsed = _parsed(body)
    if _damage(parsed) and b"\0" not in body and _AMPERSAND.search(body):
        # The most frequent damage, with which nothing is lost; feedparser alone would read `R&D` as `R&D;`.
        parsed = _parsed(_AMPERSAND.sub(b"&amp;", body))
    damage, home = _damage(parsed), _text(parsed.get("feed") or {}, "link")
    entries = [_entry(one, home or url) for one in parsed.get("entries", ())]
    if not damage:
        return Feed(home, tuple(entries))
    is_cut = not _END.search(body[-4_000:].replace(b"\0", b""))
    # The last entry of a feed that is cut off may lack anything, such as half its title.
    skipped = (f"entry {len(entries)} could not be read: the feed ends in the middle of it",) if is_cut else ()
    entries = entries[:-1] if is_cut else entries
    if not entries:
        raise ListingError("the feed is damaged, and nothing in it can be read")
    return Feed(home, tuple(entries), skipped, "the feed is cut off" if is_cut else "the feed is damaged")


def _parsed(body: bytes) -> Any:
    # As a stream: what is no stream, feedparser takes for an address or for the name of a file.
    try:
        return feedparser.parse(io.BytesIO(body))
    except Exception:  # noqa: BLE001 - feedparser leaks AssertionError, ValueError and others on broken input
        raise ListingError("the feed is damaged, and nothing in it can be read") from None


def _damage(parsed: Any) -> bool:
    return bool(parsed.get("bozo")) and not isinstance(parsed.get("bozo_exception"), _HARMLESS)


def _entry(entry: Any, base: str) -> Entry:
    contents = [one.get("value") for one in entry.get("content") or () if isinstance(one, dict)]
    return Entry(
        title=_text(entry, "title"),
        texts=tuple(text for text in (_text(entry, "summary"), *contents) if isinstance(text, str) and text),
        authors=tuple(name for one in entry.get("authors") or () if (name := _text(one, "name"))),
        published=_day(entry),
        link=_absolute(_text(entry, "link"), base),
        id=_text(entry, "id"),
        tags=tuple(term for one in entry.get("tags") or () if (term := _text(one, "term"))),
        names=tuple(filter(None, (_text(entry, "prism_doi"), _text(entry, "dc_identifier")))),
    )


def _text(record: Any, key: str) -> str:
    value = record.get(key)
    return value if isinstance(value, str) else ""


def _absolute(link: str, base: str) -> str:
    """The whole address; what cannot be one stays as it is."""
    try:
        return urljoin(base, link) if link else ""
    except ValueError:
        return link


def _day(entry: Any) -> date | None:
    """The day of the entry in UTC; feedparser's times are."""
    # Asked for an `updated` that is not there, feedparser would give `published` with a warning.
    moment = entry.get("published_parsed") or (entry.get("updated_parsed") if "updated_parsed" in entry else None)
    if not isinstance(moment, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(timegm(moment), UTC).date()
    except (ValueError, OverflowError, OSError):
        return None
