"""The loop that reads what is due: one source at a time, each of its parts, each of their open list days."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

from bot import coverage, schedule
from bot.models import Source
from bot.parts import parts_of
from bot.readings import Read, read_and_take_in
from bot.sections import SourceSettings
from bot.store import sources
from bot.store.engine import Clock, Engine, current_time, reading, writing
from bot.watching import Watching
from scrapers.crawl import Fetch, load

# Four days by two transports, a minute each at the worst; a killed process holds a source for no longer.
LEASE = timedelta(minutes=10)
# A reading that was not good is tried again after a minute, later and later, at most an hour apart.
RETRY_BASE, RETRY_CAP = 60.0, 3600.0


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
        for step in await asyncio.to_thread(_steps, engine, source, settings, clock):
            if not await asyncio.to_thread(_keep_claim, engine, source, clock):
                break
            done = await read_and_take_in(
                engine, source.name, settings, fetch, alert=source.seeded_at is not None, clock=clock, day=step.day,
                part=step.part, completing=step.completing, watching=watching,
            )  # fmt: skip
            reads.append(done)
            report(done)
            if done.stop:
                break
        failed = any(read.judgement.verdict in coverage.BAD for read in reads if not read.completing)
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


class _Step(NamedTuple):
    """One reading: of a list day of a part, or (`completing`) of what its list left out."""

    day: date
    part: str
    completing: bool = False


def _steps(engine: Engine, source: Source, settings: SourceSettings, clock: Clock | None) -> list[_Step]:
    """What is read now, the oldest days first: their lists, then what changes, then what completes them."""
    scraper, now = load(settings.scraper), _now(clock)
    calendar, lists, more = scraper.calendar, list[_Step](), list[_Step]()
    since = now - timedelta(days=max(calendar.refreshes, coverage.COMPLETED_DAYS) + 1)
    with writing(engine) as session:
        parts = parts_of(session, settings)
        sources.forget_parts(session, source.id or 0, parts)
    for part in parts:
        with reading(engine) as session:
            states = sources.day_states(session, source.id or 0, part)
            good = sources.last_good_readings(session, source.id or 0, part, since)
        days = coverage.days_to_read(now, states, calendar, source.last_good_at)
        lists += [_Step(day, part) for day in days]
        listing = {day: at for (day, by), at in good.items() if by != scraper.completing}
        more += [_Step(day, part) for day in coverage.days_to_refresh(now, states, calendar, listing)]
        if scraper.completing:
            done = {day for day, by in good if by == scraper.completing}
            more += [_Step(day, part, True) for day in coverage.days_to_complete(now, states, calendar, done)]
    return [*_by_day(lists), *sorted(more)]


def _by_day(steps: Sequence[_Step]) -> Iterator[_Step]:
    """Each day of all parts before the next day, in the order in which the days are wanted."""
    for day in dict.fromkeys(step.day for step in steps):
        yield from (step for step in steps if step.day == day)


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
    is_late = any(read.judgement.verdict == "late" for read in reads if not read.completing)
    failures = source.failures + 1 if failed or is_late else 0
    with writing(engine) as session:
        now = current_time(session, clock)
        due_at = schedule.next_run(now, every=settings.every, cron=settings.cron, zone_name=settings.zone)
        if failures:
            retry = schedule.backoff(failures, base=RETRY_BASE, cap=RETRY_CAP, random=random)
            due_at = min(due_at, now + retry)
        # What completes lists is asked of another host, whose pause is none for the lists.
        due_at = max([due_at, *(now + timedelta(seconds=read.wait) for read in reads if not read.completing)])
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
