"""Which feed is asked for, and what its answer lists."""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date
from urllib.parse import urljoin, urlsplit

from scrapers.request import Listed, ListingError, Page, Request, Response
from scrapers.sources._records import reason
from scrapers.sources.feed.entries import Entry, Feed, address_of, read_entry
from scrapers.sources.feed.json_feed import is_json_feed, read_json
from scrapers.sources.feed.xml_feed import read_xml
from scrapers.text import one_line, unescape

MAX_BYTES, MAX_TAGS = 10_000_000, 100_000  # feeds of 2,000 entries have 4 MB and 25,000 tags; more are slow to read
_HEAD = 4_000  # characters in which a document says what it is
_ROOT = re.compile(
    r"\s*(?:(?:<\?[^>]{0,500}\?>|<!--(?:[^-]|-(?!->)){0,1000}-->|<!DOCTYPE[^>\[]{0,300}>)\s*)*"
    r"<(?:[A-Za-z]{1,20}:)?(rss|feed|rdf)[\s>]",
    re.IGNORECASE,
)
_NO_GENERIC = ("http://arxiv.org/schemas/atom", "http://www.openarchives.org/OAI/")
_LINK = re.compile(r"<link\s([^<>]{1,1000})>", re.IGNORECASE)
_ATTRIBUTE = re.compile(
    r"([a-z]{1,20})\s{0,5}=\s{0,5}(?:\"([^\"]{0,900})\"|'([^']{0,900})'|([^\s\"'>]{1,900}))", re.IGNORECASE
)
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json")
_ACCEPT = "application/atom+xml, application/rss+xml, application/feed+json, application/xml;q=0.9, */*;q=0.5"


def start(base_url: str, transport: str, *, day: date | None = None, url: str = "") -> tuple[Request, ...]:  # noqa: ARG001
    """The request for the feed at `url`; `base_url` says nothing here. Raises ValueError."""
    if transport != "feed":
        raise ValueError(f"a feed is read as a feed, not by {transport!r}")
    if day is not None:
        raise ValueError("a feed has no lists of days, only its newest entries")
    return (Request(_checked(str(url).strip()), "feed", accept=_ACCEPT),)


def _checked(url: str) -> str:
    wrong = 'a feed needs its address, such as url = "https://example.org/feed.xml"'
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises ValueError where it is no number
    except ValueError:
        raise ValueError(wrong) from None
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isprintable() or " " in url:
        raise ValueError(wrong)
    if parts.username or parts.password:
        raise ValueError("the address of a feed must not hold a user name or a password")
    return url


def parse(response: Response) -> Page:
    """The entries of a feed, each read alone. Raises ListingError for whatever is no feed, or not a safe one."""
    if response.status == 304 and (response.request.etag or response.request.last_modified):
        return Page((), unchanged=True)
    if response.status != 200:
        raise ListingError(f"the feed's server answered with status {response.status}")
    feed = _read(response.body, response.url)
    listed, skipped = _collect(feed, _host(feed.home) or _host(response.url))
    if skipped and not listed:
        raise ListingError(f"the feed has entries, but none can be read: {skipped[0]}")
    return Page(listed, stated=len(feed.entries) if not feed.problem else None, skipped=skipped, problem=feed.problem)


def _read(body: bytes, url: str) -> Feed:
    if len(body) > MAX_BYTES or body.count(b"<") > MAX_TAGS:
        raise ListingError(f"the feed is larger than {MAX_BYTES // 1_000_000} MB or has more than {MAX_TAGS:,} tags")
    # Without NULs, so that UTF-16 and UTF-32 hide nothing. A document type without declarations of its own is harmless:
    # Netscape's stands in many an RSS 0.91.
    plain = body.replace(b"\0", b"")
    if re.search(rb"<!ENTITY|<!DOCTYPE[^>\[]{0,1000}\[", plain, re.IGNORECASE):
        raise ListingError("the feed declares entities, which no feed needs")
    head = plain[:_HEAD].decode(errors="replace")
    if is_json_feed(head):
        return read_json(body)
    if not _ROOT.match(head.lstrip("\ufeff\ufffd")):
        raise ListingError(_no_feed(plain, url))
    return read_xml(body, url)


def _no_feed(body: bytes, url: str) -> str:
    text = body[:300_000].decode(errors="replace")
    if not re.search(r"<(?:!doctype html|html|head|body)[\s>]", text, re.IGNORECASE):
        return "that is no feed: neither RSS nor Atom nor JSON Feed"
    if feed := _feed_of(text, url):
        return f"that is a page, not a feed; its feed is {feed[:500]}"
    return "that is a page, not a feed"


def _feed_of(page: str, url: str) -> str | None:
    """The address of the feed that a page names."""
    for link in _LINK.findall(page):
        values = {name.lower(): unescape("".join(rest)) for name, *rest in _ATTRIBUTE.findall(link)}
        is_feed = "alternate" in values.get("rel", "").lower() and values.get("type", "").lower() in _FEED_TYPES
        if is_feed and (href := one_line(values.get("href", ""))):
            try:
                return urljoin(url, href)
            except ValueError:
                continue
    return None


def _collect(feed: Feed, host: str) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    """The entries that can be read, and a sentence for each other."""
    names = [_names(entry, host) for entry in feed.entries]
    times = Counter(name for both in names for name in set(both))
    listed, skipped = [], list(feed.skipped)
    for rank, (entry, both) in enumerate(zip(feed.entries, names, strict=True), start=1):
        own = next((name for name in both if times[name] == 1), None)
        try:
            listed.append(Listed(read_entry(entry, own), rank=rank))
        except ValueError as error:
            skipped.append(f"entry {rank} could not be read: {reason(error)}")
    return tuple(listed), tuple(skipped)


def _names(entry: Entry, host: str) -> Sequence[str]:
    """What may name the entry: its address, then its guid."""
    return [name for text in (entry.link, entry.id) if (name := address_of(text, host))]


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def recognises(text: str) -> bool:
    """Does this text look like a feed, and not like one that its own source reads better?"""
    head = text[:_HEAD]
    return is_json_feed(head) or (bool(_ROOT.match(head)) and not any(mark in head for mark in _NO_GENERIC))


def parse_saved(text: str, day: date | None = None) -> Page:
    """What a saved feed lists."""
    # As bytes it is UTF-8, whatever it says of itself.
    said = re.sub(r"^(<\?xml[^>]{0,200}?)\sencoding\s*=\s*(\"[^\"]*\"|'[^']*')", r"\1", text[:500], count=1)
    body = (said + text[500:]).encode(errors="replace")
    return parse(Response(Request("", "feed", day=day), "", 200, body))
