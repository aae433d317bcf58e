"""`paperwatch backfill`: lists of earlier days, in the source's manners; interrupted, it goes on where it was.

What was read completely is not read again. Days that are too old for lists are read by the transport that completes
them: for arXiv OAI-PMH, which gives the records that last changed on a day, so that a paper that was revised stands
under the day of its last revision.
"""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bot import coverage
from bot.app import App, make_fetcher, opened
from bot.config import SourceSettings
from bot.readings import Read, read_and_take_in
from bot.show import many, reading_line
from bot.store import sources
from bot.store.engine import Session, reading
from bot.terminal import now, say
from bot.watching import Watching
from scrapers.crawl import load
from scrapers.scraper import Scraper

_FIRST_DAY = date(1991, 8, 1)  # arXiv opened


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
        settings = app.settings.sources.get(name)
        if settings is None:
            there = ", ".join(app.settings.sources)
            raise ValueError(f"there is no source called {name!r}; the configuration has {there}")
        scraper = load(settings.scraper)
        until = until or coverage.today(now(), scraper.calendar) - timedelta(days=1)
        _check(name, scraper, since, until, now())
        with reading(app.engine) as session:
            wanted = list(_steps(settings, scraper, since, until))
            left = [one for one in wanted if not _is_done(session, name, scraper, one)]
        done = len(wanted) - len(left)
        say(f"{many(len(left), 'day')} to read" + (f", {many(done, 'day')} read before" if done else ""))
        brought = asyncio.run(_read(app, name, settings, left, alert=alert))
    return _tell(name, brought, len(left))


def _check(name: str, scraper: Scraper, since: date, until: date, at: datetime) -> None:
    last = coverage.newest(at, scraper.calendar)
    if scraper.calendar.rolling:
        raise ValueError(f"{name} has one list of the newest only: there are no lists of earlier days to read")
    if since > until:
        raise ValueError(f"--since {since} is after --until {until}")
    if until > last:
        raise ValueError(f"{until} is in the future; there is no list yet (today is {last})")
    if since < _FIRST_DAY:
        raise ValueError(f"{since} is before any list of papers ({_FIRST_DAY:%B %Y})")


def _steps(settings: SourceSettings, scraper: Scraper, since: date, until: date) -> Iterator[Step]:
    for n in range((until - since).days + 1):
        day = since + timedelta(days=n)
        has_list = bool(scraper.transports(day, now()))
        if scraper.calendar.has_list(day) if has_list else scraper.completing:
            for part in settings.parts or ("",):
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
        with _progress(len(steps)) as advance:
            for step in steps:
                read = await read_and_take_in(
                    app.engine, name, settings, fetcher.get, alert=alert, clock=None, day=step.day, part=step.part,
                    completing=step.completing, watching=watching,
                )  # fmt: skip
                brought.add(read)
                advance(read)
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


@contextlib.contextmanager
def _progress(total: int) -> Iterator[Callable[[Read], None]]:
    """A bar on standard error; where that is no terminal, a line for each reading."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("reading", total=total)

        def advance(read: Read) -> None:
            progress.update(task, advance=1, description=f"{read.day} {read.part}".strip())
            if not console.is_terminal:
                say(reading_line(read))

        yield advance
