"""What an answer lists, or a saved one."""

import re
from dataclasses import replace
from datetime import date

from scrapers.request import ListingError, NotOpenYet, Page, Request, Response
from scrapers.sources.arxiv.api import parse_api
from scrapers.sources.arxiv.entries import BASE_URL
from scrapers.sources.arxiv.feed import parse_feed
from scrapers.sources.arxiv.listing import parse_listing
from scrapers.sources.arxiv.lists import ATOM, BY_ID
from scrapers.sources.arxiv.oai import parse_oai
from scrapers.text import one_line, unescape

_PARSERS = {"rss": parse_feed, ATOM: parse_feed, "oai": parse_oai, BY_ID: parse_api}
_HEAD = 4_000  # characters in which a feed says what it is
# Bounded: what people send may be long and malicious.
_PAGE = re.compile(
    r"<h3>\s{0,20}Showing new listings for |<h1>\s{0,20}Catchup results for "
    r"|<h2>\s{0,20}Authors and titles for recent submissions"
)
_REASON = re.compile(r"<(?:title|description|subtitle|summary)[^<>]{0,100}>([^<]{1,2000})<")
_NO_REASONS = ("Error", "Feed error", "arXiv ")
_LATER = "later than today"  # arXiv/arxiv-browse, controllers/catchup_page


def parse(response: Response) -> Page:
    """What the answer lists. Raises ListingError for whatever is not a whole list, and NotOpenYet where arXiv says
    that the day is still to come."""
    if response.status != 200:
        raise _refused(response)
    try:
        text = response.body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ListingError("arXiv sent something that is not UTF-8 text") from None
    if not text:
        raise ListingError("arXiv sent an empty answer")
    return _PARSERS.get(response.request.transport, parse_listing)(text, response)


def _refused(response: Response) -> ListingError:
    """With arXiv's reason, which its pages have in their title and its feeds in their description."""
    told = response.body[:20_000].decode(errors="replace") if response.status == 400 else ""
    reasons = [one_line(unescape(found)) for found in _REASON.findall(told)]
    reason = next((one for one in reasons if one and not one.startswith(_NO_REASONS)), "")
    error = NotOpenYet if _LATER in reason else ListingError
    return error(f"arXiv answered with status {response.status}{f': {reason[:200]}' if reason else ''}")


def recognises(text: str) -> bool:
    """Does this text look like a listing page, a feed, or an answer of OAI-PMH or of the API?"""
    if not text.startswith("<"):
        return False
    return bool(_transport_of(text)) or bool(_PAGE.search(text))


def _transport_of(text: str) -> str:
    """By which transport this XML came; empty where it is none of arXiv's."""
    head = text[:_HEAD]
    if "http://www.openarchives.org/OAI/2.0/" in head:
        return "oai" if "arxiv.org" in head.lower() else ""
    if "http://arxiv.org/schemas/atom" not in head:
        return ""
    return BY_ID if "opensearch/1.1/" in head else "rss"


def parse_saved(text: str, day: date | None = None) -> Page:
    """What a saved answer lists, by what it says itself. Where the list goes on, `problem` says so."""
    transport = _transport_of(text) or "page"
    page = parse(Response(Request(BASE_URL, transport, day=day), BASE_URL, 200, text.encode(errors="replace")))
    if not page.further and (page.stated is not None or page.problem):
        return page
    told = page.problem or "what was saved is one page of a list that has more"
    return replace(page, further=(), problem=told)
