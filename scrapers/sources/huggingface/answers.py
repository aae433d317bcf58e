"""What an answer lists, or a saved one."""

import re
from datetime import date

from scrapers.request import ListingError, NotOpenYet, Page, Request, Response
from scrapers.sources.huggingface.api import parse_api
from scrapers.sources.huggingface.entries import BASE_URL
from scrapers.sources.huggingface.pages import parse_page

_CARD_TITLE = re.compile(  # bounded: what people send may be long and malicious
    r'<h3[^>]{0,300}>\s{0,20}(?:<!--[^>]{0,20}-->\s{0,20}){0,5}<a [^>]{0,300}href="[^"]{0,200}/papers/\d{4}\.\d{4,5}"'
)


def parse(response: Response) -> Page:
    """What the answer lists. Raises ListingError for whatever is not a whole list, and NotOpenYet for a day that the
    site does not have."""
    day = response.request.day
    if day and response.status in (400, 404):
        raise NotOpenYet(f"Hugging Face has no list for {day} (yet): it answered with status {response.status}")
    if response.status != 200:
        raise ListingError(f"Hugging Face answered with status {response.status}")
    try:
        text = response.body.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise ListingError("Hugging Face sent something that is not UTF-8 text") from None
    if not text:
        raise ListingError("Hugging Face sent an empty answer")
    return parse_page(text, response) if response.request.transport == "page" else parse_api(text, response)


def recognises(text: str) -> bool:
    """Does this text look like an answer of the API, or like a page of Hugging Face Papers?"""
    if text.startswith("["):
        return text.strip() == "[]" or ('"paper"' in text and '"publishedAt"' in text)
    if not text.startswith("<"):
        return False
    return 'data-target="DailyPapers"' in text or bool(_CARD_TITLE.search(text))


def parse_saved(text: str, day: date | None = None) -> Page:
    """What a saved answer lists. Its own dates say the day; `day` counts where it has none (before March 2025)."""
    is_page = text.startswith("<")
    url, transport = (f"{BASE_URL}/papers", "page") if is_page else (f"{BASE_URL}/api/daily_papers", "api")
    return parse(Response(Request(url, transport, day=day), url, 200, text.encode(errors="replace")))
