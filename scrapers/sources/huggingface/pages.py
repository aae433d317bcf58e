"""A list as a page shows it: by the items inside, or, where there are none, by its cards."""

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup

from scrapers.identifiers import canonical
from scrapers.paper import Organization, Paper
from scrapers.request import Listed, ListingError, Page, Response, agreed_day
from scrapers.sources._records import day_in, known, number_in
from scrapers.sources.huggingface.entries import absolute, collect, count_in, naming
from scrapers.sources.huggingface.items import decoded, read_items

_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_PRINTED_DATE = re.compile(rf"(?:Published on )?({'|'.join(_MONTHS)}) (\d{{1,2}})(?:, (\d{{4}}))?")
_AUTHORS = re.compile(r"(\d+) authors?")
_DAY_PATH = re.compile(r"/papers(/date/[0-9-]+)?/?")
_UPVOTES = 'a[href*="/login?next="] :is(div.leading-none, div.text-orange-500)'
_CUT_NOTE = "the page of a week or a month need not show all of its papers; the API does"
_CARDS_NOTE = "read from the cards of the page, which show neither abstracts nor authors' names"


def parse_page(text: str, response: Response) -> Page:
    """The papers that the page shows."""
    if "</html" not in text[-1_000:].lower() or text.startswith("<?xml"):
        raise ListingError("Hugging Face sent something that is not a web page, or only a part of one")
    try:
        soup = BeautifulSoup(text, "lxml")
    except ParserRejectedMarkup:
        raise ListingError("Hugging Face sent a page that cannot be read") from None
    hydrater = soup.select_one('div[data-target="DailyPapers"]')
    return _parse_props(hydrater, response) if hydrater else _parse_cards(soup, response)


def _parse_props(hydrater: Tag, response: Response) -> Page:
    props = decoded(str(hydrater.get("data-props", "")))
    if not isinstance(props, dict) or not isinstance(items := props.get("dailyPapers"), list):
        raise ListingError("Hugging Face sent a page whose data is not a list of papers")
    is_ranking = props.get("isTrending") or props.get("query") or (props.get("periodType") or "day") != "day"
    stated_day = None if is_ranking else day_in(props.get("dateString") or props.get("date"))
    page = read_items(items, day=stated_day or response.request.day)
    notes = (_CUT_NOTE,) if props.get("periodType") in ("week", "month") else ()
    return Page(page.listed, (), agreed_day(page.listed, stated_day), page.stated, page.skipped, notes)


def _parse_cards(soup: BeautifulSoup, response: Response) -> Page:
    outermost = [card for card in soup.find_all("article") if not card.find_parent("article")]
    cards = [card.extract() for card in outermost]  # in a deep page, looking at what is above each would take minutes
    if not cards:
        raise ListingError("Hugging Face sent a page without a list of papers")
    printed = soup.select_one("time[datetime]")
    stated_day = day_in(printed["datetime"]) if printed and _is_day_page(response.url, cards) else None
    page = collect(cards, _read_card, day=stated_day or response.request.day)
    return Page(page.listed, (), stated_day, page.stated, page.skipped, (_CARDS_NOTE,))


def _is_day_page(url: str, cards: Sequence[Tag]) -> bool:
    """Other pages state the day that it is now; a saved one is known by the dates on its cards."""
    address = urlsplit(url)
    if not _DAY_PATH.fullmatch(address.path) or "q=" in address.query:
        return False
    return not any(_PRINTED_DATE.fullmatch(word) for card in cards for word in card.stripped_strings)


def _read_card(card: Tag) -> Listed:
    link = card.select_one('h3 a[href*="/papers/"]')
    if link is None:
        raise ValueError("it has no title")
    number = canonical("arxiv", str(link["href"]).rpartition("/papers/")[2]).value
    words = list(card.stripped_strings)
    published = next((match for match in map(_PRINTED_DATE.fullmatch, words) if match), None)
    authors = next((match for match in map(_AUTHORS.fullmatch, words) if match), None)
    return Listed(
        Paper(
            title=link.get_text(),
            authors_count=number_in(authors[1]) if authors else None,
            published=_printed_date(published, number) if published else None,
            organizations=_chip(card),
            upvotes=_shown(card, _UPVOTES),
            comments=_shown(card, 'a[href$="#community"]'),
            code_url=_attribute(card, 'a[href^="https://github.com/"]', "href"),
            extras=_card_extras(card, words),
            uncertain=frozenset({"published"} if published else ()),
            **naming(number),
        )
    )


def _card_extras(card: Tag, words: list[str]) -> dict[str, Any]:
    submitter = next((after for word, after in pairwise(words) if word == "Submitted by"), None)
    thumbnail = _attribute(card, 'img[src*="/social-thumbnails/"]', "src")
    return known(submitter=submitter, thumbnail=thumbnail and absolute(thumbnail))


def _chip(card: Tag) -> tuple[Organization, ...]:
    """The organisation that a card shows in place of its authors: a link to it, its picture, its name."""
    for picture in card.select('a[href] > img[alt]:not([alt=""])'):
        name, slug = picture.find_next_sibling("span"), str(picture["alt"])
        if name and picture.parent and str(picture.parent["href"]).endswith(f"/{slug}"):
            return (Organization(slug=slug, name=name.get_text()),)
    return ()


def _printed_date(printed: re.Match[str], number: str) -> date | None:
    """The day on a card, in New York. Without a year it is that of the id (YYMM), or, at its ends, the next to it."""
    month, day, year = _MONTHS.index(printed[1]) + 1, int(printed[2]), printed[3]
    if not year and "/" not in number:
        later = month - int(number[2:4])
        year = 2000 + int(number[:2]) + (later < -6) - (later > 6)
    return day_in(f"{year}-{month:02}-{day:02}")


def _shown(card: Tag, selector: str) -> int | None:
    """The number that a part of the card shows; it shows none at all as `-`."""
    part = card.select_one(selector)
    text = part.get_text().strip() if part else ""
    return 0 if text == "-" else count_in(number_in(text))


def _attribute(card: Tag, selector: str, name: str) -> str | None:
    part = card.select_one(selector)
    return str(part[name]) if part else None
