"""bioRxiv and medRxiv: `https://api.biorxiv.org/details/{server}/DAY/DAY/CURSOR/json`.

https://api.biorxiv.org/details/biorxiv/help. Built from the documented shape, without a recorded answer. A list is that
of the days' posts, new ones and new versions alike, and may be that of one subject (`?category=cell_biology`).

* `cursor` counts records. The help speaks of 100 in an answer, 30 were seen: the next request begins where this answer
  ended.
* `total` counts records too (all versions), and may be more than there are: then the answer behind the last record is
  `no posts found`. That is believed behind an answer that was not full; behind a full one it is a problem.
* A quiet day is `no posts found` at once, with status 200.
* The site does not say in which zone its days are; UTC is assumed. It posts on all days of the week, and a day's list
  may grow for two more.
* The DOI of a journal's version (`published`) stands in the extras: the paper that is meant is the preprint.
"""

from dataclasses import replace
from datetime import date, time
from typing import Any
from urllib.parse import urlencode

from scrapers.identifiers import canonical, doi
from scrapers.paper import Organization, Paper
from scrapers.request import Calendar, Listed, ListingError, Page, Request, Response, agreed_day
from scrapers.scraper import Scraper, by
from scrapers.sources._records import collect, day_in, decoded, error_in, known, number_in, text_in
from scrapers.text import unescape

BASE_URL = "https://api.biorxiv.org"
SERVERS = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}
_SITE = "bioRxiv"
_FULL = (30, 100)  # records in an answer: as seen, and as the help says
_NOTHING = "no posts found"


def start(
    base_url: str, transport: str, *, day: date | None = None, server: str = "biorxiv", category: str | None = None
) -> tuple[Request, ...]:
    """The first request for a day's posts, of one subject if there is a `category`. Raises ValueError."""
    if transport != "api":
        raise ValueError(f"{_SITE} is read by its api, not by {transport!r}")
    if server not in SERVERS:
        raise ValueError(f"server is {' or '.join(SERVERS)}, not {server!r}")
    if category is not None and not str(category).strip():
        raise ValueError('category is the name of a subject, such as "cell biology"')
    if day is None:
        raise ValueError(f"{_SITE} has lists of days: say which day")
    query = "?" + urlencode({"category": "_".join(str(category).lower().split())}) if category else ""
    return (_request(f"{base_url}/details/{server}/{day}/{day}/", 0, query, day),)


def _request(before: str, cursor: int, query: str, day: date | None) -> Request:
    return Request(f"{before}{cursor}/json{query}", "api", day, accept="application/json")


def parse(response: Response) -> Page:
    """The posts of an answer, and the request for those behind them. Raises ListingError."""
    answer = decoded(response, _SITE)
    said, records = _message(answer), answer.get("collection")
    if said.get("status") not in ("ok", _NOTHING) or not isinstance(records, list):
        raise ListingError(f"{_SITE} sent JSON that is not a list of posts{_told(answer, said)}")
    cursor, total = number_in(said.get("cursor")) or _cursor_of(response.request), number_in(said.get("total"))
    if not records:
        return _end(said["status"], cursor, response.request.day)
    day = response.request.day
    listed, skipped = collect(records, _read, _SITE, day=day)
    behind = cursor + len(records)
    return Page(
        listed,
        further=(_after(response.request, behind),) if total is not None and behind < total else (),
        day=agreed_day(listed),
        stated=len(listed) + len(skipped),
        skipped=skipped,
        problem=f"{_SITE} did not say how many posts there are" if total is None else None,
    )


def _message(answer: Any) -> dict[str, Any]:
    messages = answer.get("messages") if isinstance(answer, dict) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    if not isinstance(first, dict):
        raise ListingError(f"{_SITE} sent JSON that is not a list of posts{_told(answer, {})}")
    return first


def _told(answer: Any, said: dict[str, Any]) -> str:
    told = error_in(answer) or text_in(said, "status")
    return f": {told[:200]}" if told and told != "ok" else ""


def _end(status: str, cursor: int, day: date | None) -> Page:
    """An answer without posts: a quiet day, or the end of a list."""
    if status != _NOTHING:
        raise ListingError(f"{_SITE} sent an answer without posts, but did not say that there are none")
    is_behind_full = cursor > 0 and any(cursor % size == 0 for size in _FULL)
    ended = f"the list ended after {cursor} posts, although {_SITE} had said that there are more"
    return Page((), stated=0, day=None if cursor else day, problem=ended if is_behind_full else None)


def _cursor_of(request: Request) -> int:
    path = request.url.partition("?")[0].removesuffix("/json")
    return number_in(path.rpartition("/")[2]) or 0


def _after(request: Request, cursor: int) -> Request:
    address, mark, query = request.url.partition("?")
    before = address.removesuffix("/json").rpartition("/")[0]
    return _request(f"{before}/", cursor, mark + query, request.day)


def _read(record: dict[str, Any]) -> Listed:
    """A post: a new one, or a new version of one. Raises ValueError."""
    own = canonical("doi", text_in(record, "doi") or "")
    version, posted = number_in(record.get("version")) or 1, day_in(record.get("date"))
    is_new = version == 1
    institution = text_in(record, "author_corresponding_institution")
    paper = Paper(
        title=unescape(text_in(record, "title") or ""),
        abstract=unescape(text_in(record, "abstract") or "") or None,
        authors=tuple(unescape(text_in(record, "authors") or "").split(";")),
        published=posted if is_new else None,
        updated=None if is_new else posted,
        version=version,
        organizations=(Organization(name=unescape(institution)),) if institution else (),
        identifiers=(own,),
        url=_address(record, own.value, version),
        extras=_extras(record),
    )
    return Listed(paper, posted, announced="new" if is_new else "replace")


def _address(record: dict[str, Any], own: str, version: int) -> str:
    server = (text_in(record, "server") or "").lower()
    return f"https://www.{server if server in SERVERS else 'biorxiv'}.org/content/{own}v{version}"


def _extras(record: dict[str, Any]) -> dict[str, Any]:
    stated = {name: text for name in record if (text := text_in(record, name)) != "NA"}
    return known(
        category=stated.get("category"),
        license=stated.get("license"),
        type=stated.get("type"),
        corresponding_author=stated.get("author_corresponding"),
        journal_doi=doi(stated.get("published") or ""),
        jats=stated.get("jatsxml"),
    )


def recognises(text: str) -> bool:
    """Does this text look like an answer of the API?"""
    return text.startswith("{") and '"messages"' in text and '"collection"' in text


def parse_saved(text: str, day: date | None = None) -> Page:
    """What a saved answer lists. Where the list goes on, `problem` says so."""
    page = parse(Response(Request("", "api", day=day), "", 200, text.encode(errors="replace")))
    cut = "what was saved is one answer of a list that has more" if page.further else None
    return replace(page, further=(), problem=page.problem or cut)


SCRAPER = Scraper(
    name="biorxiv",
    base_url=BASE_URL,
    calendar=Calendar("UTC", opens=time(2), weekdays=frozenset(range(7)), grows=2),
    start=start,
    parse=parse,
    transports=by("api"),
    recognises=recognises,
    parse_saved=parse_saved,
)
