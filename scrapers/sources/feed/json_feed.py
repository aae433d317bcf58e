"""JSON Feed: https://www.jsonfeed.org/version/1.1/ and, with one `author`, version 1."""

import json
import re
from datetime import UTC, date, datetime
from typing import Any

from scrapers.request import ListingError
from scrapers.sources._records import text_in
from scrapers.sources.feed.entries import Entry, Feed

_VERSION = re.compile(r'"version"\s{0,20}:\s{0,20}"https?:(?:\\?/){2}(?:www\.)?jsonfeed\.org(?:\\?/)version')


def is_json_feed(head: str) -> bool:
    """Does this text begin as a JSON feed?"""
    return head.lstrip("\ufeff \t\r\n").startswith("{") and bool(_VERSION.search(head))


def read_json(body: bytes) -> Feed:
    """The feed. Raises ListingError for what is damaged."""
    try:
        feed = json.loads(body.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        raise ListingError("that is a JSON feed that is damaged or cut off") from None
    items = feed.get("items") if isinstance(feed, dict) else None
    if not isinstance(items, list):
        raise ListingError("that is a JSON feed without a list of items")
    # What is no item is an entry without a title, and skipped as such.
    entries = tuple(_entry(item if isinstance(item, dict) else {}) for item in items)
    return Feed(text_in(feed, "home_page_url") or "", entries)


def _entry(item: dict[str, Any]) -> Entry:
    number = item.get("id")
    texts = (text_in(item, key) for key in ("summary", "content_html", "content_text"))
    tags = item.get("tags")
    return Entry(
        title=text_in(item, "title") or "",
        texts=tuple(filter(None, texts)),
        authors=_authors(item),
        published=_day(text_in(item, "date_published") or ""),
        link=text_in(item, "url") or text_in(item, "external_url") or "",
        id=text_in(item, "id") or (str(number) if type(number) is int else ""),
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        names=tuple(filter(None, (text_in(item, "external_url"),))),
    )


def _authors(item: dict[str, Any]) -> tuple[str, ...]:
    several = item.get("authors")
    found = several if isinstance(several, list) else [item.get("author")]
    names = (text_in(one, "name") for one in found if isinstance(one, dict))
    return tuple(filter(None, names))


def _day(moment: str) -> date | None:
    """The day in UTC."""
    try:
        when = datetime.fromisoformat(moment)
        return (when.astimezone(UTC) if when.tzinfo else when).date()
    except (ValueError, OverflowError):
        return None
