"""Hugging Face Papers: https://huggingface.co/papers, by its API or by the same data inside its pages.

The API: https://huggingface.co/.well-known/openapi.json (`/api/daily_papers`, `/api/papers/search`). Each page carries
the API's items as JSON in `div[data-target="DailyPapers"]`; its cards are read where that is missing. A day's list
grows all day. Top-level `publishedAt` is no date of the paper (New York time labelled UTC) and is never read.
"""

from datetime import time

from scrapers.request import Calendar
from scrapers.scraper import Scraper, by
from scrapers.sources.huggingface.answers import parse, parse_saved, recognises
from scrapers.sources.huggingface.entries import BASE_URL
from scrapers.sources.huggingface.lists import TRANSPORTS, start

SCRAPER = Scraper(
    name="huggingface",
    base_url=BASE_URL,
    calendar=Calendar("UTC", opens=time(2), grows=3, reaches=60, refreshes=14),
    start=start,
    parse=parse,
    transports=by(*TRANSPORTS),
    recognises=recognises,
    parse_saved=parse_saved,
)
