"""Do the sources answer? One request to each: its newest list, by the way that is tried first. Nothing is stored."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from bot import coverage
from bot.coverage import Judgement
from bot.doctor.finding import Finding, failure, ok, warning
from bot.sections import SourceSettings
from bot.show import many
from bot.store.engine import Clock
from scrapers.crawl import Crawl, Fetch, load
from scrapers.fetch import FetchError, RateLimited
from scrapers.request import Request, Response, ScrapeError
from scrapers.scraper import Scraper

CLOCK_OFF = 30.0  # seconds
_PATIENCE = 180.0  # seconds; a site with a pause between requests may be in use by others
_CONTACT = "set network.contact (PAPERWATCH_NETWORK__CONTACT): sites turn nameless programs away"


@dataclass(frozen=True)
class Asked:
    """What a source gave: who answered with which status (0: nobody), what was in it, and what that proves; and by how
    many seconds our clock is ahead of the site's, where that is known."""

    request: Request
    status: int
    result: Crawl | ScrapeError
    judgement: Judgement
    ahead: float | None = None


async def examine(name: str, settings: SourceSettings, fetch: Fetch, clock: Clock) -> tuple[Finding, float | None]:
    """How the source is, and by how many seconds our clock is ahead of its."""
    try:
        async with asyncio.timeout(_PATIENCE):
            asked = await ask(settings, fetch, clock)
    except TimeoutError:
        says = f"no answer within {_PATIENCE:.0f} s"
        return failure(_what(name), says, "another process may be reading it; try again later"), None
    return verdict(name, settings, asked), asked.ahead


async def ask(settings: SourceSettings, fetch: Fetch, clock: Clock) -> Asked:
    """Ask for the newest list, of the first part where there are some, and judge the answer."""
    scraper, now = load(settings.scraper), clock()
    day = None if scraper.calendar.rolling else scraper.calendar.latest(now)
    part = {"part": settings.parts[0]} if settings.parts else {}
    (transport,) = scraper.transports(day, now)[:1]
    base_url = settings.base_url or scraper.base_url
    request = scraper.start(base_url, transport, day=day, **settings.options, **part)[0]
    try:
        response = await fetch(request)
    except ScrapeError as error:
        return Asked(request, 0, error, coverage.judge(error, day, now, scraper.calendar))
    result = _parsed(scraper, response)
    judgement = coverage.judge(result, day, now, scraper.calendar)
    return Asked(request, response.status, result, judgement, seconds_ahead(response.headers, now, clock()))


def _parsed(scraper: Scraper, response: Response) -> Crawl | ScrapeError:
    try:
        page = scraper.parse(response)
    except ScrapeError as error:
        return error
    return Crawl(
        page.listed, page.day, None if page.further else page.stated, page.skipped, page.notes, page.problem,
        page.unchanged,
    )  # fmt: skip


def seconds_ahead(headers: Mapping[str, str], before: datetime, after: datetime) -> float | None:
    """By how much our clock is ahead of the site's, which answered between these two moments; None if it does not say.
    An answer from a cache bears the time when it was made, and its age since (RFC 9111, 4.2.3)."""
    try:
        date = parsedate_to_datetime(headers.get("date", ""))
        age = float(headers.get("age", "0"))
    except (ValueError, TypeError, OverflowError):
        return None
    theirs = (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp() + age
    return max(before.timestamp() - theirs, 0.0) + min(after.timestamp() - theirs, 0.0)


def clock_of(ahead: Iterable[float | None]) -> list[Finding]:
    """Is our clock right? One site that agrees is enough: another one's may be wrong. Nothing, if none says."""
    known = [seconds for seconds in ahead if seconds is not None]
    if not known:
        return []
    least = min(known, key=abs)
    if abs(least) <= CLOCK_OFF:
        return [ok("clock", "agrees with the sites'")]
    how = f"{abs(least):,.0f} s {'ahead of' if least > 0 else 'behind'}"
    says = f"this machine's clock is {how} the clocks of all sites that were asked"
    return [failure("clock", says, "set it by NTP: timedatectl set-ntp true")]


def verdict(name: str, settings: SourceSettings, asked: Asked) -> Finding:
    """What the answer says of the source."""
    judged, what = asked.judgement, _what(name)
    if judged.verdict == "failed":
        says, advice = _failed(settings, asked)
        return failure(what, says, advice)
    papers = many(len(asked.result.listed), "paper") if isinstance(asked.result, Crawl) else "no papers"
    of = f" of {asked.request.day}" if asked.request.day else ""
    part = f" {asked.request.part}" if asked.request.part else ""
    says = f"answers: {papers}{of}{part}, {judged.verdict}"
    if judged.verdict in coverage.GOOD:
        return ok(what, says)
    return warning(what, f"{says} ({judged.reason})", "paperwatch run asks again until it has all of it")


def _what(name: str) -> str:
    return f"site of {name}"


def _failed(settings: SourceSettings, asked: Asked) -> tuple[str, str]:
    """What went wrong, and what to do. The sentences of the fetcher end with what to do, behind a colon."""
    error = asked.result
    if isinstance(error, RateLimited):
        says = str(error).partition(": ")[0]
        return says, f"wait {error.retry_after:,.0f} s; if it comes again, read less often, or with a key of your own"
    if isinstance(error, FetchError):
        says, _, advice = str(error).partition(": ")
        if "certificate" in says:
            advice = "check this machine's clock and certificates; a proxy that looks into connections breaks them too"
        return says, advice.removesuffix(".") or "try again later"
    return asked.judgement.reason or "nothing could be read", _of_page(settings, asked)


def _of_page(settings: SourceSettings, asked: Asked) -> str:
    """What to do about an answer that is no list."""
    match asked.status:
        case 401 | 403 | 406 | 451 if "key" in load(settings.scraper).options and not settings.key:
            return f"give it a key of your own, or {_CONTACT}"
        case 401 if settings.key:
            return "the site does not take the key; correct the key of this source"
        case 401 | 403 | 406 | 451:
            return f"{_CONTACT}; if it is set, the site does not want this machine: ask its operators"
        case 404 | 410:
            return "correct parts, base_url or url of this source"
        case 200:
            page = f"curl -o page.html '{_address(settings, asked.request)}'"
            return f"the site may have changed: save the page ({page}), and report it"
    return "open it in a browser; if it is there, the site may have changed: save the page, and report it"


def _address(settings: SourceSettings, request: Request) -> str:
    """What was asked for; an address that the operator configured may be a secret, and is named by its host."""
    if settings.base_url is None and "url" not in settings.options:
        return request.url
    return f"{urlsplit(request.url).scheme}://{urlsplit(request.url).hostname}/…"
