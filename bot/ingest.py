"""The one path into the library, and the loop that reads what is due.

A scheduled run, a manual scrape, a back-fill and a paste differ in whether they alert; they all end in `take_in`.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from random import Random

from bot import coverage, outbox, schedule
from bot.config import SourceSettings
from bot.coverage import Judgement
from bot.models import Reading, Source
from bot.outbox import Owed
from bot.store import outbox as outbox_store
from bot.store import people, sources
from bot.store.engine import Clock, Engine, Session, current_time, lock_library, reading, writing
from bot.store.papers import Change, store_listed
from bot.watching import Watching
from scrapers.crawl import Crawl, Fetch, State, crawl, load
from scrapers.fetch import RateLimited, Unreachable
from scrapers.request import Listed, Request, ScrapeError
from scrapers.scraper import Scraper

log = logging.getLogger(__name__)

# The lock that serialises matching is held for so many papers at a time, so that a new subscription never waits long;
# what is only stored goes in larger pieces.
MATCHED_AT_ONCE, STORED_AT_ONCE = 50, 500
# Four days by two transports, a minute each at the worst; a killed process holds a source for no longer.
LEASE = timedelta(minutes=10)
NOTHING_KNOWN: Mapping[str, Sequence[str | None]] = {}
REPLACED = "replace"  # how a source announces a new version
# A reading that was not good is tried again after a minute, later and later, at most an hour apart.
RETRY_BASE, RETRY_CAP = 60.0, 3600.0


@dataclass(frozen=True)
class Taken:
    """What a reading brought: the listed papers with what changed, and what is owed for them."""

    changes: tuple[Change, ...] = ()
    owed: tuple[Owed, ...] = ()

    @property
    def new(self) -> int:
        return sum(change.is_new for change in self.changes)


@dataclass(frozen=True)
class Read:
    """One reading, done: what was asked, the verdict, and what it brought. `stop`: the site wants (for `wait` seconds)
    or is able to answer nothing more now."""

    source: str
    day: date | None
    transport: str
    judgement: Judgement
    listed: tuple[Listed, ...] = ()
    taken: Taken = Taken()
    notes: tuple[str, ...] = ()
    wait: float = 0.0
    stop: bool = False
    alerted: bool = True
    part: str = ""


def take_in(
    engine: Engine,
    source: str,
    scraper: str,
    listed: Sequence[Listed],
    *,
    day: date,
    alert: bool,
    now: datetime,
    watching: Watching | None = None,
) -> Taken:
    """Store what a source listed, match it, and queue what is owed for it, some papers a transaction.

    Repeating it changes nothing. `day` is the list day of papers that state none. `watching` is the index of all
    subscriptions, if the caller keeps one; else one is made for these papers.
    """
    watching = watching or Watching()
    if alert:
        watching.prepare(engine)
    changes: list[Change] = []
    owed: list[Owed] = []
    at_once = MATCHED_AT_ONCE if alert else STORED_AT_ONCE
    for start in range(0, len(listed), at_once):
        with writing(engine) as session:
            lock_library(session)
            row = sources.source_named(session, source, scraper, now)
            pieces = listed[start : start + at_once]
            some = store_listed(session, row, pieces, day=day, now=now)
            if alert:
                owed.extend(_owe(session, watching, _told(some, pieces), now))
            changes.extend(some)
    return Taken(tuple(changes), tuple(owed))


def _told(changes: Sequence[Change], listed: Sequence[Listed]) -> list[Change]:
    """The changes that may alert: a paper that is seen for the first time as replaced is no new one."""
    replaced = {id for one in listed if one.announced == REPLACED for id in one.paper.identifiers}
    return [one for one in changes if not (one.is_new and replaced.intersection(one.after.identifiers))]


def _owe(session: Session, watching: Watching, changes: Sequence[Change], now: datetime) -> list[Owed]:
    """Queue what is owed for these changes."""
    watching.follow(session)
    seen = [outbox.Seen(c.id, c.before, c.after, c.sources_before, c.sources) for c in changes if c.says_more]
    answered = watching.answered(seen, now)
    asked = {id for one in answered for id in one.ids}
    watches = people.watches_of(session, asked)
    watching.forget(asked - watches.keys())
    hits = outbox.hits(answered, watches, now)
    if not hits:
        return []
    owed = outbox.plan(hits, outbox_store.owed_for(session, {hit.paper_id for hit in hits}), now)
    outbox_store.queue(session, owed, now)
    return owed


async def read(
    scraper: Scraper,
    name: str,
    settings: SourceSettings,
    fetch: Fetch,
    *,
    now: datetime,
    day: date | None = None,
    part: str = "",
    states: Mapping[str, Sequence[str | None]] = NOTHING_KNOWN,
    **options: object,
) -> tuple[Crawl | ScrapeError, Judgement, str]:
    """Ask the source's transports in order until one gives all of it; the result, its verdict, and the transport. Where
    none does, that which gave most. `states` tell whether answers have changed since."""
    base_url, found = settings.base_url or scraper.base_url, []
    asked = {**settings.options, **options, **({"part": part} if part else {})}  # a site without parts takes none
    for transport in scraper.transports(day, now):
        requests = scraper.start(base_url, transport, day=None if scraper.calendar.rolling else day, **asked)
        if scraper.conditional:
            requests = tuple(_if_changed(request, states) for request in requests)
        result = await _crawl(scraper, requests, fetch)
        judgement = coverage.judge(result, day, now, scraper.calendar)
        found.append((result, judgement, transport))
        if judgement.verdict in (*coverage.GOOD, "late") or isinstance(result, RateLimited):
            return found[-1]
        log.info("%s by %s: %s, %s", name, transport, judgement.verdict, judgement.reason)
    nothing = f"{name} has no way to be read{f' for {day}' if day else ''}"
    return max(found, key=_gives, default=(ScrapeError(nothing), Judgement("failed", nothing), ""))


def _if_changed(request: Request, states: Mapping[str, Sequence[str | None]]) -> Request:
    etag, last_modified = states.get(request.url, (None, None))
    return replace(request, etag=etag, last_modified=last_modified)


def _gives(found: tuple[Crawl | ScrapeError, Judgement, str]) -> tuple[int, int]:
    """How much a reading that was not good gives: papers of the day, else that there are none yet, else nothing."""
    result, judgement, _ = found
    worth = ("failed", "stale", "late", "partial").index(judgement.verdict)
    return worth, len(result.listed) if isinstance(result, Crawl) else 0


async def _crawl(scraper: Scraper, requests: Sequence[Request], fetch: Fetch) -> Crawl | ScrapeError:
    try:
        return await crawl(scraper, requests, fetch)
    except ScrapeError as error:
        return error


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
    watching: Watching | None = None,
    **options: object,
) -> Read:
    """One reading from the request to the outbox, kept with its verdict."""
    scraper, started_at = load(settings.scraper), _now(clock)
    states = await asyncio.to_thread(_states, engine, name) if scraper.conditional else NOTHING_KNOWN
    result, judgement, transport = await read(
        scraper, name, settings, fetch, now=started_at, day=day, part=part, states=states, **options
    )
    listed = result.listed if isinstance(result, Crawl) and judgement.verdict not in ("stale", "late") else ()
    asked = day or coverage.today(started_at, scraper.calendar)
    taken = await asyncio.to_thread(
        take_in, engine, name, settings.scraper, listed, day=asked, alert=alert, now=started_at, watching=watching
    )
    kept = Reading(
        source_id=0,
        part=part,
        day=day,
        verdict=judgement.verdict,
        transport=transport,
        stated=result.stated if isinstance(result, Crawl) else None,
        parsed=len(listed),
        new=taken.new,
        started_at=started_at,
        finished_at=_now(clock),
        error=judgement.reason,
    )
    # What was not read whole is asked for again, changed or not.
    whole = result.states if isinstance(result, Crawl) and judgement.verdict == "ok" else {}
    await asyncio.to_thread(_keep, engine, name, settings.scraper, kept, scraper, whole)
    wait = result.retry_after if isinstance(result, RateLimited) else 0.0
    stop = isinstance(result, (RateLimited, Unreachable))
    notes = result.notes if isinstance(result, Crawl) else ()
    return Read(name, day, transport, judgement, listed, taken, notes, wait, stop, alert, part)


def _states(engine: Engine, name: str) -> Mapping[str, Sequence[str | None]]:
    with reading(engine) as session:
        source = sources.find_source(session, name)
        return dict(source.states) if source else {}


def _keep(
    engine: Engine, name: str, scraper_name: str, kept: Reading, scraper: Scraper, states: Mapping[str, State]
) -> None:
    """Store the reading and the state of its list day; say so where the day is closed with far too few papers."""
    with writing(engine) as session:
        source = sources.source_named(session, name, scraper_name, kept.finished_at)
        kept.source_id, state, day = source.id or 0, None, kept.day
        if states and scraper.conditional:
            source.states = {url: list(state) for url, state in states.items()}
        if day:
            before = sources.day_states(session, kept.source_id, kept.part).get(day, "open")
            state = coverage.day_state(day, before, kept.verdict, kept.finished_at, scraper.calendar)
            usual = sources.papers_by_weekday(session, kept.source_id, kept.part, day)
            if state == "closed" and kept.verdict == "ok" and coverage.far_below_usual(kept.parsed, usual):
                kept.error = f"only {kept.parsed} papers, far fewer than on other {day:%A}s"
                log.warning("%s on %s: %s", f"{name} {kept.part}".strip(), day, kept.error)
        sources.record_reading(session, kept, state, kept.parsed)


async def ingest_once(
    engine: Engine,
    configured: Mapping[str, SourceSettings],
    fetch: Fetch,
    *,
    clock: Clock | None = None,
    random: Random,
    report: Callable[[Read], None] = lambda _: None,
    watching: Watching | None = None,
) -> str | None:
    """Claim one source that is due, read all its open list days, release it; its name, or None if none is due."""
    source = await asyncio.to_thread(_claim, engine, configured, clock)
    if source is None:
        return None
    settings, reads, failed = configured[source.name], list[Read](), True
    interrupted = False
    try:
        for part, day in await asyncio.to_thread(_days, engine, source, settings, clock):
            if not await asyncio.to_thread(_keep_claim, engine, source, clock):
                break
            done = await read_and_take_in(
                engine, source.name, settings, fetch, alert=source.seeded_at is not None, clock=clock, day=day,
                part=part, watching=watching,
            )  # fmt: skip
            reads.append(done)
            report(done)
            if done.stop:
                break
        failed = any(read.judgement.verdict in coverage.BAD for read in reads)
    except asyncio.CancelledError:
        interrupted = True
        raise
    finally:
        if interrupted:
            _give_back(engine, source, clock)
        else:
            await asyncio.to_thread(_release, engine, source, settings, reads, failed, clock, random)
    return source.name


def _claim(engine: Engine, configured: Mapping[str, SourceSettings], clock: Clock | None) -> Source | None:
    with writing(engine) as session:
        session.expire_on_commit = False
        now = current_time(session, clock)
        for name, settings in configured.items():
            sources.source_named(session, name, settings.scraper, now)
        return sources.claim_source(session, configured, now, LEASE)


def _days(engine: Engine, source: Source, settings: SourceSettings, clock: Clock | None) -> list[tuple[str, date]]:
    """The list days that are read, each of all parts."""
    calendar, now = load(settings.scraper).calendar, _now(clock)
    with reading(engine) as session:
        states = {part: sources.day_states(session, source.id or 0, part) for part in settings.parts or ("",)}
    days = {part: coverage.days_to_read(now, known, calendar, source.last_good_at) for part, known in states.items()}
    return sorted(((part, day) for part, some in days.items() for day in some), key=lambda one: one[1])


def _keep_claim(engine: Engine, source: Source, clock: Clock | None) -> bool:
    """Hold the source for longer: a site that wants 15 seconds between requests takes minutes for many parts."""
    with writing(engine) as session:
        until = current_time(session, clock) + LEASE
        return sources.extend_claim(session, source.id or 0, source.attempt, until)


def _release(
    engine: Engine,
    source: Source,
    settings: SourceSettings,
    reads: Sequence[Read],
    failed: bool,
    clock: Clock | None,
    random: Random,
) -> None:
    """End the claim: due again by the timetable, or earlier where a day could not be read completely."""
    failures = source.failures + 1 if failed else 0
    with writing(engine) as session:
        now = current_time(session, clock)
        due_at = schedule.next_run(now, every=settings.every, cron=settings.cron, zone_name=settings.zone)
        if failed or any(read.judgement.verdict == "late" for read in reads):
            retry = schedule.backoff(max(failures, 1), base=RETRY_BASE, cap=RETRY_CAP, random=random)
            due_at = min(due_at, now + retry)
        due_at = max([due_at, *(now + timedelta(seconds=read.wait) for read in reads)])
        sources.release_source(
            session, source.id or 0, source.attempt, due_at=due_at, failures=failures, now=now, good=not failed
        )


def _give_back(engine: Engine, source: Source, clock: Clock | None) -> None:
    """End a claim as if it had not been: the source is due at once."""
    with writing(engine) as session:
        now = current_time(session, clock)
        sources.release_source(
            session, source.id or 0, source.attempt, due_at=now, failures=source.failures, now=now, good=False
        )


def _now(clock: Clock | None) -> datetime:
    return clock() if clock else datetime.now(UTC)
