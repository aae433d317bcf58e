"""`paperwatch backfill`: lists of earlier days, in the source's manners; interrupted, it goes on where it was.

What was read completely is not read again. Days that are too old for lists are read by the transport that completes
them: for arXiv OAI-PMH, which gives the records that last changed on a day, so that a paper that was revised stands
under the day of its last revision.
"""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from bot import coverage
from bot.app import App, make_fetcher, opened
from bot.parts import parts_of
from bot.readings import Read, read_and_take_in
from bot.sections import SourceSettings
from bot.show import many, progress, reading_line
from bot.store import sources
from bot.store.engine import Session, reading
from bot.terminal import now, say, talk
from bot.watching import Watching
from scrapers.crawl import load
from scrapers.scraper import Scraper


class Step(NamedTuple):
    """A day of a part, and whether only what completes its list can still be had."""

    day: date
    part: str
    completing: bool


@dataclass
class Sum:
    """What was brought so far."""

    days: int = 0
    papers: int = 0
    new: int = 0
    failed: list[Read] = field(default_factory=list)

    def add(self, read: Read) -> None:
        self.days += 1
        self.papers += len(read.listed)
        self.new += read.taken.new
        self.failed += [read] if read.judgement.verdict in (*coverage.BAD, "late") else []


def backfill(path: Path | None, name: str, since: date, until: date | None, *, alert: bool) -> int:
    """Read the lists of these days, the oldest first; 0 if all could be read, else 1. Raises ValueError where there are
    none."""
    with opened(path) as app:
        settings = app.settings.source(name)
        scraper = load(settings.scraper)
        until = until or coverage.today(now(), scraper.calendar) - timedelta(days=1)
        coverage.check_days((since, until), now(), scraper.calendar)
        if since > until:
            raise ValueError(f"--since {since} is after --until {until}")
        with reading(app.engine) as session:
            wanted = list(_steps(parts_of(session, settings), scraper, since, until))
            left = [one for one in wanted if not _is_done(session, name, scraper, one)]
        done = len(wanted) - len(left)
        say(f"{many(len(left), 'day')} to read" + (f", {many(done, 'day')} read before" if done else ""))
        brought = asyncio.run(_read(app, name, settings, left, alert=alert))
    return _tell(name, brought, len(left))


def _steps(parts: Sequence[str], scraper: Scraper, since: date, until: date) -> Iterator[Step]:
    for n in range((until - since).days + 1):
        day = since + timedelta(days=n)
        has_list = bool(scraper.transports(day, now()))
        if scraper.calendar.has_list(day) if has_list else scraper.completing:
            for part in parts:
                yield Step(day, part, completing=not has_list)


def _is_done(session: Session, name: str, scraper: Scraper, step: Step) -> bool:
    source = sources.find_source(session, name)
    if source is None:
        return False
    if step.completing:
        return sources.was_read(session, source.id or 0, step.part, step.day, scraper.completing)
    return sources.day_states(session, source.id or 0, step.part).get(step.day) == "closed"


async def _read(app: App, name: str, settings: SourceSettings, steps: Sequence[Step], *, alert: bool) -> Sum:
    brought, watching = Sum(), Watching()
    async with make_fetcher(app.settings, app.engine) as fetcher:
        with progress(len(steps)) as advance:
            for step in steps:
                read = await read_and_take_in(
                    app.engine, name, settings, fetcher.get, alert=alert, clock=None, day=step.day, part=step.part,
                    completing=step.completing, watching=watching,
                )  # fmt: skip
                brought.add(read)
                advance(f"{read.day} {read.part}")
                if not talk.is_terminal:
                    say(reading_line(read))
                if read.stop:
                    break
    return brought


def _tell(name: str, brought: Sum, steps: int) -> int:
    for read in brought.failed:
        say(reading_line(read))
    say(f"{name}: {many(brought.days, 'day')} read, {many(brought.papers, 'paper')}, {brought.new:,} of them new here")
    if brought.failed or brought.days < steps:
        say("not everything could be read; run it again for the rest: what was read is not read again")
        return 1
    return 0
