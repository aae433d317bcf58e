"""Hugging Face Papers: https://huggingface.co/papers, by its API or by the same data inside its pages.

The API: https://huggingface.co/.well-known/openapi.json (`/api/daily_papers`, `/api/papers/search`). Each page carries
the API's items as JSON in `div[data-target="DailyPapers"]`; its cards are read where that is missing. A day's list
grows all day. Top-level `publishedAt` is no date of the paper (New York time labelled UTC) and is never read.
"""

import json
import re
from collections.abc import Callable, Sequence
from datetime import date, time
from itertools import pairwise
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from bs4.exceptions import ParserRejectedMarkup
from pydantic import ValidationError

from scrapers.identifiers import canonical
from scrapers.paper import Organization, Paper
from scrapers.request import Calendar, Listed, ListingError, NotOpenYet, Page, Request, Response
from scrapers.text import one_line

NAME = "huggingface"
BASE_URL = "https://huggingface.co"
TRANSPORTS = ("api", "page")
CALENDAR = Calendar("UTC", opens=time(2), grows=3)

_API_LIMIT, _SEARCH_LIMIT = 100, 120  # the most that the API gives per page
_DEFAULT_LIMIT = 50
_MAX_QUERY = 250
_MANY = 3  # papers without a fact that all papers have are no accident
_ACCEPT = {"api": "application/json", "page": "text/html"}
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_PRINTED_DATE = re.compile(rf"(?:Published on )?({'|'.join(_MONTHS)}) (\d{{1,2}})(?:, (\d{{4}}))?")
_AUTHORS = re.compile(r"(\d+) authors?")
_DAY_PATH = re.compile(r"/papers(/date/[0-9-]+)?/?")
_CARD_TITLE = re.compile(  # bounded: what people send may be long and malicious
    r'<h3[^>]{0,300}>\s{0,20}(?:<!--[^>]{0,20}-->\s{0,20}){0,5}<a [^>]{0,300}href="[^"]{0,200}/papers/\d{4}\.\d{4,5}"'
)
_UPVOTES = 'a[href*="/login?next="] :is(div.leading-none, div.text-orange-500)'


_CUT_NOTE = "the page of a week or a month need not show all of its papers; the API does"
_CARDS_NOTE = "read from the cards of the page, which show neither abstracts nor authors' names"


class _Entry(NamedTuple):
    paper: Paper
    day: date | None = None


def start(
    base_url: str,
    transport: str,
    *,
    day: date | None = None,
    week: str | None = None,
    month: str | None = None,
    trending: bool = False,
    query: str | None = None,
    paper: str | None = None,
) -> tuple[Request, ...]:
    """The first request for one list: a day's, a week's (2026-W07), a month's (2026-02), the trending papers, what is
    found for a query, or one paper by its arXiv id; without any, the newest papers. Raises ValueError for anything
    else."""
    asked = {"day": day, "week": week, "month": month, "trending": trending or None, "query": query, "paper": paper}
    given = {name: value for name, value in asked.items() if value is not None}
    if len(given) > 1:
        raise ValueError(f"Hugging Face gives one list at a time, not {' and '.join(given)} together")
    if transport not in TRANSPORTS:
        raise ValueError(f"Hugging Face is read by {' or '.join(TRANSPORTS)}, not by {transport!r}")
    kind, value = next(((name, _checked(name, value)) for name, value in given.items()), ("", ""))
    address = _api_address(kind, value) if transport == "api" else _page_address(kind, value)
    return (Request(base_url.rstrip("/") + address, transport, day=day, accept=_ACCEPT[transport]),)


def _checked(kind: str, value: Any) -> str:
    text = str(value).strip()
    try:
        if kind == "week":
            date.fromisoformat(text if re.fullmatch(r"\d{4}-W\d\d", text) else "")
        if kind == "month":
            date.fromisoformat(f"{text}-01" if re.fullmatch(r"\d{4}-\d\d", text) else "")
    except ValueError:
        example = "2026-W07" if kind == "week" else "2026-02"
        raise ValueError(f"{text!r} is not a {kind}: write it as {example}") from None
    if kind == "paper":
        return canonical("arxiv", text).value
    if kind == "query" and not 0 < len(text) <= _MAX_QUERY:
        raise ValueError(f"a search on Hugging Face takes 1 to {_MAX_QUERY} characters, not {len(text)}")
    return text


def _api_address(kind: str, value: str) -> str:
    if kind == "query":
        return "/api/papers/search?" + urlencode({"q": value, "limit": _SEARCH_LIMIT})
    if kind == "paper":
        return f"/api/papers/{value}"
    which = {"day": {"date": value}, "week": {"week": value}, "month": {"month": value}, "trending": {"sort": kind}}
    return "/api/daily_papers?" + urlencode({**which.get(kind, {}), "limit": _API_LIMIT})


def _page_address(kind: str, value: str) -> str:
    if kind == "query":
        return "/papers?" + urlencode({"q": value})
    return "/papers" + {"day": f"/date/{value}", "": "", "trending": "/trending"}.get(kind, f"/{kind}/{value}")


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
    return _parse_page(text, response) if response.request.transport == "page" else _parse_api(text, response)


def recognises(text: str) -> bool:
    """Does this text look like an answer of the API, or like a page of Hugging Face Papers?"""
    text = text.lstrip("\ufeff \t\r\n")
    if text.startswith("["):
        return text.strip() == "[]" or ('"paper"' in text and '"publishedAt"' in text)
    if not text.startswith("<"):
        return False
    return 'data-target="DailyPapers"' in text or bool(_CARD_TITLE.search(text))


def parse_saved(text: str, day: date | None = None) -> Page:
    """What a saved answer lists. Its own dates say the day; `day` counts where it has none (before March 2025)."""
    is_page = text.lstrip("\ufeff \t\r\n").startswith("<")
    url, transport = (f"{BASE_URL}/papers", "page") if is_page else (f"{BASE_URL}/api/daily_papers", "api")
    return parse(Response(Request(url, transport, day=day), url, 200, text.encode(errors="replace")))


# --- the API ---------------------------------------------------------------------------------------------------------


def _parse_api(text: str, response: Response) -> Page:
    items = _json(text)
    if isinstance(items, dict) and "error" in items:
        raise ListingError(f"Hugging Face answered with an error: {one_line(str(items['error']))[:200]}")
    if isinstance(items, dict) and {"id", "title", "authors"} <= items.keys():
        items = [{"paper": items}]  # one paper by its id: https://huggingface.co/api/papers/ID
    if not isinstance(items, list):
        raise ListingError("Hugging Face sent JSON that is not a list of papers")
    options = dict(parse_qsl(urlsplit(response.request.url).query))
    number, limit = _number(options.get("p")) or 0, _number(options.get("limit"))
    page = _collect(items, _read_item, day=response.request.day, before=number * (limit or 0))
    _require_facts(page.listed)
    # Only these lists have an end; the newest, the trending and the found papers are cut where the first page ends.
    has_end = not options.keys().isdisjoint(("date", "week", "month"))
    is_full = bool(items) and (len(items) == limit or 'rel="next"' in response.headers.get("link", ""))
    return Page(
        page.listed,
        (_page_after(response.request, options, number),) if has_end and is_full else (),
        _agreed_day(page.listed, response.request.day),
        page.stated,
        page.skipped,
        () if limit else _note_on_length(len(items)),
    )


def _json(text: str) -> Any:
    if text.startswith("<"):
        raise ListingError("Hugging Face sent a web page where its API should have answered")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ListingError("Hugging Face sent something that is not JSON, or only a part of it") from None


def _page_after(request: Request, options: dict[str, str], number: int) -> Request:
    query = urlencode({**options, "p": number + 1})
    address = urlsplit(request.url)._replace(query=query).geturl()
    return Request(address, request.transport, request.day, request.part, request.accept)


def _note_on_length(count: int) -> tuple[str, ...]:
    if count not in (_DEFAULT_LIMIT, _API_LIMIT):
        return ()
    return (f"the list has exactly {count} papers, the number at which Hugging Face cuts it: there may be more",)


def _agreed_day(listed: Sequence[Listed], otherwise: date | None) -> date | None:
    """The day that all entries name; `otherwise` where there are none."""
    days = {entry.day for entry in listed}
    return otherwise if not days else days.pop() if len(days) == 1 else None


def _require_facts(listed: Sequence[Listed]) -> None:
    """What every paper of the API has: if none of several has it, the format has changed."""
    for fact in ("abstract", "authors", "published", "upvotes") if len(listed) >= _MANY else ():
        if not any(getattr(entry.paper, fact) not in (None, ()) for entry in listed):
            raise ListingError(f"no paper of the list has {fact}: the format of Hugging Face seems to have changed")


def _read_item(item: Any) -> _Entry:
    if not isinstance(item, dict) or not isinstance(paper := item.get("paper"), dict):
        raise ValueError("it has no paper")
    abstract = _text(paper, "summary") or _text(item, "summary")
    words: dict[str, Any] = {"abstract": abstract} if abstract else {}
    authors = [author for author in _list(paper, "authors") if isinstance(author, dict) and _text(author, "name")]
    return _Entry(
        Paper(
            # Where the two differ (until March 2025), the paper's own title lost its LaTeX: "LLMtimesMapReduce".
            title=_text(item, "title") or _text(paper, "title") or "",
            authors=tuple(author["name"] for author in authors if author.get("hidden") is not True),
            authors_count=len(authors) or None,
            published=_date(paper.get("publishedAt")),
            organizations=_organizations(item, paper),
            upvotes=_count(paper.get("upvotes")),
            comments=_count(item.get("numComments")),
            stars=_count(paper.get("githubStars")),
            code_url=_text(paper, "githubRepo"),
            project_url=_text(paper, "projectPage"),
            extras=_extras(item, paper),
            **_naming(paper.get("id")),
            **words,
        ),
        _date(paper.get("submittedOnDailyAt")),
    )


def _naming(number: Any) -> dict[str, Any]:
    if not isinstance(number, str):
        raise ValueError(f"its id {number!r} is not text")
    arxiv = canonical("arxiv", number)
    return {"identifiers": [arxiv], "url": f"{BASE_URL}/papers/{arxiv.value}"}


def _organizations(item: dict[str, Any], paper: dict[str, Any]) -> tuple[Organization, ...]:
    found = (paper.get("organization"), item.get("organization"), item.get("submitterOrganization"))
    named = (Organization(slug=_text(o, "name"), name=_text(o, "fullname")) for o in found if isinstance(o, dict))
    return tuple(organization for organization in named if organization.slug or organization.name)[:1]


def _extras(item: dict[str, Any], paper: dict[str, Any]) -> dict[str, Any]:
    by = next((who for who in (item.get("submittedBy"), paper.get("submittedOnDailyBy")) if isinstance(who, dict)), {})
    media = _list(item, "mediaUrls") or _list(paper, "mediaUrls") or [item.get("mediaUrl")]
    thumbnail = _text(item, "thumbnail")
    extras = {
        "ai_summary": _text(paper, "ai_summary"),
        "ai_keywords": [one_line(word) for word in _list(paper, "ai_keywords") if isinstance(word, str)],
        "submitter": _text(by, "name") or _text(by, "user"),
        "thumbnail": thumbnail and _absolute(thumbnail),
        "media": [_absolute(url) for url in media if isinstance(url, str)],
    }
    return {name: value for name, value in extras.items() if value}


def _text(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    return one_line(value) or None if isinstance(value, str) else None


def _list(record: dict[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    return value if isinstance(value, list) else []


def _count(value: Any) -> int | None:
    return value if type(value) is int and 0 <= value <= 2_000_000_000 else None


def _number(text: str | None) -> int | None:
    return int(text) if text and re.fullmatch(r"[0-9]{1,9}", text) else None


def _date(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def _absolute(url: str) -> str:
    try:
        return urljoin(BASE_URL, url)
    except ValueError:
        return url


# --- both ------------------------------------------------------------------------------------------------------------


def _collect(entries: Sequence[Any], read: Callable[[Any], _Entry], *, day: date | None, before: int = 0) -> Page:
    """The entries that can be read, each paper once; `day` is that of those that name none."""
    listed: dict[str | None, Listed] = {}
    skipped: list[str] = []
    for number, entry in enumerate(entries, start=before + 1):
        try:
            paper, own_day = read(entry)
        except ValueError as error:
            skipped.append(f"entry {number} could not be read: {_reason(error)}")
            continue
        rank = before + len(listed) + len(skipped) + 1
        listed.setdefault(paper.url, Listed(paper, own_day or day, rank=rank))
    if skipped and not listed:
        raise ListingError(f"Hugging Face sent a list of which nothing can be read: {skipped[0]}")
    return Page(tuple(listed.values()), stated=len(listed) + len(skipped), skipped=tuple(skipped))


def _reason(error: ValueError) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}"


# --- pages -----------------------------------------------------------------------------------------------------------


def _parse_page(text: str, response: Response) -> Page:
    if "</html" not in text[-1_000:].lower() or text.startswith("<?xml"):
        raise ListingError("Hugging Face sent something that is not a web page, or only a part of one")
    try:
        soup = BeautifulSoup(text, "lxml")
    except ParserRejectedMarkup:
        raise ListingError("Hugging Face sent a page that cannot be read") from None
    hydrater = soup.select_one('div[data-target="DailyPapers"]')
    return _parse_props(hydrater, response) if hydrater else _parse_cards(soup, response)


def _parse_props(hydrater: Tag, response: Response) -> Page:
    props = _json(str(hydrater.get("data-props", "")))
    if not isinstance(props, dict) or not isinstance(items := props.get("dailyPapers"), list):
        raise ListingError("Hugging Face sent a page whose data is not a list of papers")
    is_ranking = props.get("isTrending") or props.get("query") or (props.get("periodType") or "day") != "day"
    stated_day = None if is_ranking else _date(props.get("dateString") or props.get("date"))
    page = _collect(items, _read_item, day=stated_day or response.request.day)
    _require_facts(page.listed)
    notes = (_CUT_NOTE,) if props.get("periodType") in ("week", "month") else ()
    return Page(page.listed, (), _agreed_day(page.listed, stated_day), page.stated, page.skipped, notes)


def _parse_cards(soup: BeautifulSoup, response: Response) -> Page:
    outermost = [card for card in soup.find_all("article") if not card.find_parent("article")]
    cards = [card.extract() for card in outermost]  # in a deep page, looking at what is above each would take minutes
    if not cards:
        raise ListingError("Hugging Face sent a page without a list of papers")
    printed = soup.select_one("time[datetime]")
    stated_day = _date(printed["datetime"]) if printed and _is_day_page(response.url, cards) else None
    page = _collect(cards, _read_card, day=stated_day or response.request.day)
    return Page(page.listed, (), stated_day, page.stated, page.skipped, (_CARDS_NOTE,))


def _is_day_page(url: str, cards: Sequence[Tag]) -> bool:
    """Other pages state the day that it is now; a saved one is known by the dates on its cards."""
    address = urlsplit(url)
    if not _DAY_PATH.fullmatch(address.path) or "q=" in address.query:
        return False
    return not any(_PRINTED_DATE.fullmatch(word) for card in cards for word in card.stripped_strings)


def _read_card(card: Tag) -> _Entry:
    link = card.select_one('h3 a[href*="/papers/"]')
    if link is None:
        raise ValueError("it has no title")
    number = canonical("arxiv", str(link["href"]).rpartition("/papers/")[2]).value
    words = list(card.stripped_strings)
    published = next((match for match in map(_PRINTED_DATE.fullmatch, words) if match), None)
    authors = next((match for match in map(_AUTHORS.fullmatch, words) if match), None)
    return _Entry(
        Paper(
            title=link.get_text(),
            authors_count=_number(authors[1]) if authors else None,
            published=_printed_date(published, number) if published else None,
            organizations=_chip(card),
            upvotes=_shown(card, _UPVOTES),
            comments=_shown(card, 'a[href$="#community"]'),
            code_url=_attribute(card, 'a[href^="https://github.com/"]', "href"),
            extras=_card_extras(card, words),
            uncertain=frozenset({"published"} if published else ()),
            **_naming(number),
        )
    )


def _card_extras(card: Tag, words: list[str]) -> dict[str, Any]:
    submitter = next((after for word, after in pairwise(words) if word == "Submitted by"), None)
    thumbnail = _attribute(card, 'img[src*="/social-thumbnails/"]', "src")
    extras = {"submitter": submitter, "thumbnail": thumbnail and _absolute(thumbnail)}
    return {name: value for name, value in extras.items() if value}


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
    return _date(f"{year}-{month:02}-{day:02}")


def _shown(card: Tag, selector: str) -> int | None:
    """The number that a part of the card shows; it shows none at all as `-`."""
    part = card.select_one(selector)
    text = part.get_text().strip() if part else ""
    return 0 if text == "-" else _count(_number(text))


def _attribute(card: Tag, selector: str, name: str) -> str | None:
    part = card.select_one(selector)
    return str(part[name]) if part else None
