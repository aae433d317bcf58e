"""One reading: a part of a source for a list day, from the request to the outbox, and what it proves."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import partial
from urllib.parse import urlsplit

from bot import coverage
from bot.coverage import NOTHING_KNOWN, Evidence, Judgement
from bot.identity import own_names
from bot.intake import Taken, found_later, take_in, told
from bot.models import Reading
from bot.sections import SourceSettings
from bot.store import listings, sources
from bot.store.engine import Clock, Engine, reading, writing
from bot.watching import Watching
from scrapers.crawl import Crawl, Fetch, crawl, load
from scrapers.fetch import RateLimited, Unreachable
from scrapers.request import Listed, Request, ScrapeError
from scrapers.scraper import Scraper

log = logging.getLogger(__name__)

# What tells whether an answer has changed, by address: its ETag and Last-Modified (RFC 9110, 8.8).
Validators = Mapping[str, Sequence[str | None]]
FIRST_TIME: Validators = {}
NOTHING = Taken()


@dataclass(frozen=True)
class Answer:
    """What one transport gave, and what that proves."""

    transport: str
    result: Crawl | ScrapeError
    judgement: Judgement

    @property
    def listed(self) -> tuple[Listed, ...]:
        """The papers of the day that was asked for."""
        is_of_day = self.judgement.verdict not in ("stale", "late")
        return self.result.listed if isinstance(self.result, Crawl) and is_of_day else ()

    @property
    def worth(self) -> tuple[int, int]:
        """All of a list, or that there is none yet; else the more papers the better."""
        order = ("failed", "stale", "late", "partial", "quiet", "ok")
        return order.index(self.judgement.verdict), len(self.listed)


@dataclass(frozen=True)
class Read:
    """One reading, done: what was asked, the verdict, and what it brought. `stop`: the site wants (for `wait` seconds)
    or is able to answer nothing more now."""

    source: str
    day: date | None
    transport: str
    judgement: Judgement
    listed: tuple[Listed, ...] = ()
    taken: Taken = NOTHING
    notes: tuple[str, ...] = ()
    wait: float = 0.0
    stop: bool = False
    alerted: bool = True
    part: str = ""
    completing: bool = False


async def ask(
    scraper: Scraper,
    name: str,
    settings: SourceSettings,
    fetch: Fetch,
    *,
    now: datetime,
    day: date | None = None,
    part: str = "",
    evidence: Callable[[Crawl], Evidence] = lambda _: NOTHING_KNOWN,
    validators: Validators = FIRST_TIME,
    transports: Sequence[str] = (),
    **options: object,
) -> list[Answer]:
    """Ask the source's transports in order until one gives all of the list, or has none yet; what each gave. One that
    still shows an older list says nothing of the others. A host that asked for a pause is not asked again.
    `transports` are asked instead of those that can have the list; `validators` are those of earlier answers."""
    base_url, limited, found = settings.base_url or scraper.base_url, set[str | None](), list[Answer]()
    asked = {**settings.options, **options, **({"part": part} if part else {})}  # a site without parts takes none
    for transport in transports or scraper.transports(day, now):
        requests = scraper.start(base_url, transport, day=None if scraper.calendar.rolling else day, **asked)
        hosts = {urlsplit(request.url).hostname for request in requests}
        if limited & hosts:
            continue
        result = await _crawl(scraper, [_if_changed(one, validators) for one in requests], fetch)
        known = await asyncio.to_thread(evidence, result) if isinstance(result, Crawl) else NOTHING_KNOWN
        judgement = coverage.judge(result, day, now, scraper.calendar, known)
        found.append(Answer(transport, result, judgement))
        if judgement.verdict in coverage.GOOD or (judgement.verdict == "late" and not _is_older(result)):
            break
        log.info("%s by %s: %s, %s", f"{name} {part}".strip(), transport, judgement.verdict, judgement.reason)
        limited |= hosts if isinstance(result, RateLimited) else set()
    return found


def _is_older(result: Crawl | ScrapeError) -> bool:
    """Of an answer that comes too early: whether it is a list, of another day."""
    return isinstance(result, Crawl) and bool(result.listed)


def _if_changed(request: Request, validators: Validators) -> Request:
    etag, last_modified = validators.get(request.url, (None, None))
    return replace(request, etag=etag, last_modified=last_modified)


async def _crawl(scraper: Scraper, requests: Sequence[Request], fetch: Fetch) -> Crawl | ScrapeError:
    try:
        return await crawl(scraper, requests, fetch)
    except ScrapeError as error:
        return error


def united(name: str, day: date | None, part: str, answers: Sequence[Answer]) -> Read:
    """The reading that the transports' answers make together: the best verdict, and the papers of all."""
    if not answers:
        nothing = f"{name} has no way to be read{f' for {day}' if day else ''}"
        return Read(name, day, "", Judgement("failed", nothing), part=part)
    best = max(answers, key=lambda one: one.worth)
    waits = [one.result.retry_after for one in answers if isinstance(one.result, RateLimited)]
    return Read(
        name,
        day,
        best.transport,
        best.judgement,
        listed=tuple(_without_repeats(one for answer in (best, *answers) for one in answer.listed)),
        notes=best.result.notes if isinstance(best.result, Crawl) else (),
        wait=min(waits) if len(waits) == len(answers) else 0.0,
        stop=all(isinstance(one.result, (RateLimited, Unreachable)) for one in answers),
        part=part,
    )


def _without_repeats(listed: Iterable[Listed]) -> Iterable[Listed]:
    """Each paper as it is listed first; one without identifiers every time: the library finds it by its title."""
    seen = set[object]()
    for one in listed:
        names: set[object] = {(name, one.part, one.day) for name in own_names(one.paper)} or {id(one)}
        if not seen & names:
            yield one
        seen |= names


async def read_and_take_in(
    engine: Engine,
    name: str,
    settings: SourceSettings,
    fetch: Fetch,
    *,
    alert: bool,
    clock: Clock | None,
    day: date | None = None,
    part: str = "",
    completing: bool = False,
    watching: Watching | None = None,
    transports: Sequence[str] = (),
    **options: object,
) -> Read:
    """One reading from the request to the outbox, kept with its verdict. `completing`: not of the day's list, but of
    what the source says more of its papers."""
    scraper, started_at = load(settings.scraper), _now(clock)
    answers = await ask(
        scraper, name, settings, fetch, now=started_at, day=day, part=part,
        evidence=partial(_evidence, engine, name, scraper, part, None if completing else day),
        transports=(scraper.completing,) if completing else transports,
        validators=await asyncio.to_thread(_validators, engine, name) if scraper.conditional else FIRST_TIME,
        **options,
    )  # fmt: skip
    read = replace(united(name, day, part, answers), completing=completing)
    asked = day or coverage.today(started_at, scraper.calendar)
    if completing:
        read = replace(read, listed=tuple(found_later(read.listed, asked)))
    if scraper.calendar.rolling:
        read = replace(read, listed=await asyncio.to_thread(_under_first_days, engine, read))
    taken = await asyncio.to_thread(
        take_in, engine, name, settings.scraper, read.listed, day=asked, alert=alert, now=started_at,
        watching=watching, completing=completing,
    )  # fmt: skip
    read = replace(read, taken=taken, alerted=alert, judgement=_with_missed(read, taken))
    await asyncio.to_thread(_keep, engine, settings.scraper, scraper, read, answers, started_at, _now(clock))
    return read


def _with_missed(read: Read, taken: Taken) -> Judgement:
    """The verdict; where what completes a list brought new papers, with the sentence that the list had them not."""
    missed = sum(change.is_new for change in told(taken.changes, read.listed)) if read.completing else 0
    if not missed or read.judgement.verdict != "ok":
        return read.judgement
    return Judgement("ok", f"told now, since the list of that day had them not: {missed}")


def _under_first_days(engine: Engine, read: Read) -> tuple[Listed, ...]:
    with reading(engine) as session:
        source = sources.find_source(session, read.source)
        if source is None:
            return read.listed
        return tuple(listings.under_first_days(session, source.id or 0, read.part, read.listed))


def _validators(engine: Engine, name: str) -> Validators:
    with reading(engine) as session:
        source = sources.find_source(session, name)
        return dict(source.validators) if source else {}


def _evidence(engine: Engine, name: str, scraper: Scraper, part: str, day: date | None, result: Crawl) -> Evidence:
    """What is known of the part beside what was read."""
    with reading(engine) as session:
        source = sources.find_source(session, name)
        if source is None or day is None:
            return NOTHING_KNOWN
        id, before = source.id or 0, sources.day_states(session, source.id or 0, part)
        if before.get(day) == "closed":  # only its papers' numbers are read again
            return NOTHING_KNOWN
        until = None if scraper.calendar.rolling else day
        repeated, compared = listings.shown_before(session, id, part, result.listed, until)
        follows = before.get(coverage.list_day_before(day, scraper.calendar)) == "closed"
        usual = sources.papers_by_weekday(session, id, part, day)
        lately = sources.papers_lately(session, id, part, day)
        return Evidence(repeated, compared, follows, usual, lately, listings.is_known(session, id, part))


def _keep(
    engine: Engine,
    scraper_name: str,
    scraper: Scraper,
    read: Read,
    answers: Sequence[Answer],
    started_at: datetime,
    finished_at: datetime,
) -> None:
    """Store the reading and the state of its list day."""
    best = next((one for one in answers if one.transport == read.transport), None)
    whole = best.result if best and isinstance(best.result, Crawl) else Crawl(())
    with writing(engine) as session:
        source = sources.source_named(session, read.source, scraper_name, finished_at)
        kept = Reading(
            source_id=source.id or 0, part=read.part, day=read.day, verdict=read.judgement.verdict,
            transport=read.transport, stated=whole.stated, parsed=len(read.listed), new=read.taken.new,
            started_at=started_at, finished_at=finished_at, error=read.judgement.reason,
        )  # fmt: skip
        if scraper.conditional and kept.verdict == "ok":  # what was not read whole is asked for again, changed or not
            source.validators = {url: list(two) for url, two in whole.validators.items()}
        states = sources.day_states(session, kept.source_id, kept.part)
        if kept.day and not read.completing:
            before = states.get(kept.day, "open")
            state = coverage.day_state(kept.day, before, kept.verdict, finished_at, scraper.calendar)
            papers = kept.new if scraper.calendar.rolling else kept.parsed
            sources.record_day(session, kept, state, papers, add=scraper.calendar.rolling)
            if scraper.calendar.rolling:
                sources.end_days(session, kept, coverage.earlier_days(states, kept.day, read.judgement))
        session.add(kept)


def _now(clock: Clock | None) -> datetime:
    return clock() if clock else datetime.now(UTC)
