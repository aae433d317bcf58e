"""The manual one-off: `paperwatch scrape`, on the same path as the scheduled run."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, NamedTuple

import typer

from bot import config, coverage
from bot.app import App, close_all, make_channels, make_fetcher, make_poster, opened
from bot.config import Settings
from bot.coverage import Judgement
from bot.deliver import deliver_once, start_lanes
from bot.intake import Taken, take_in
from bot.parts import parts_of
from bot.readings import Read, ask, read_and_take_in, united
from bot.sections import SourceSettings
from bot.show import address_of, many, papers_table, progress, reading_line
from bot.store import people, sources
from bot.store.engine import reading
from bot.terminal import out, say
from bot.watching import Watching
from scrapers import saved
from scrapers.crawl import load
from scrapers.json_lines import to_dict
from scrapers.request import Page

# A day's list is half a megabyte, a page with its scripts two. What is larger is not a listing.
MAX_FILE = 50_000_000
_ROWS = 30
_DAYS_AT_ONCE = 800  # three years
PASTED = "pasted"
_FLAGS = {"ids": "id"}  # options that are called otherwise on the command line


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    sources: tuple[str, ...] = ()
    day: date | None = None
    since: date | None = None
    until: date | None = None
    week: str | None = None
    month: str | None = None
    trending: bool = False
    query: str | None = None
    ids: tuple[str, ...] = ()
    file: str | None = None
    as_of: date | None = None
    alert: bool | None = None
    deliver: bool = False
    dry_run: bool = False
    json: bool = False

    @property
    def transports(self) -> tuple[str, ...]:
        """Single papers are had by a site's API only."""
        return ("api",) if self.ids else ()

    @property
    def options(self) -> dict[str, Any]:
        """What is asked of the source instead of a list day."""
        named: dict[str, Any] = {"week": self.week, "month": self.month, "trending": self.trending}
        named |= {"query": self.query, "ids": self.ids}
        return {name: value for name, value in named.items() if value}


def scrape(path: Path | None, wanted: Wanted) -> int:
    """Do what was asked; 0 if everything could be read, else 1. Raises ValueError for the caller's mistakes."""
    _check(wanted)
    if wanted.dry_run:
        settings = config.load(path)
        return _show(wanted, asyncio.run(_rehearse(settings, wanted)), app=None)
    read_before = _read_file(wanted) if wanted.file else None
    with opened(path) as app:
        reads = [_take_file(app, wanted, read_before)] if read_before else asyncio.run(_scrape(app, wanted))
        code = _show(wanted, reads, app)
        if wanted.deliver:
            sent = asyncio.run(_deliver(app))
            say(f"{many(sent, 'message')} attempted")
    return code


def _check(wanted: Wanted) -> None:
    if wanted.file == "" or wanted.query == "":
        raise ValueError(f"{'--from names no file' if wanted.file == '' else '--query asks for nothing'}")
    if wanted.file and (wanted.sources or wanted.day or wanted.since or wanted.until or wanted.options):
        raise ValueError("--from reads a file: it takes no sources and no dates (--as-of says when it was copied)")
    if wanted.as_of and not wanted.file:
        raise ValueError("--as-of says when a file was copied; it goes with --from")
    if wanted.day and (wanted.since or wanted.until):
        raise ValueError("give either --date or --since and --until")
    if wanted.until and not wanted.since:
        raise ValueError("--until needs --since, the first day")
    if wanted.since and wanted.until and wanted.since > wanted.until:
        raise ValueError(f"--since {wanted.since} is after --until {wanted.until}")
    if len(wanted.options) + bool(wanted.day or wanted.since) > 1:
        raise ValueError("give one of --date (or --since), --week, --month, --trending, --query and --id")
    if wanted.dry_run and wanted.deliver:
        raise ValueError("--dry-run sends nothing: leave out --deliver")


async def _rehearse(settings: Settings, wanted: Wanted) -> list[Read]:
    """Read and store nothing."""
    if wanted.file:
        page = _read_file(wanted)
        return [_read_of(page, _source_of(page, settings)[0], Taken())]
    reads = []
    async with make_fetcher(settings, None) as fetcher:
        plan = _plan(settings, wanted)
        with progress(len(plan)) as advance:
            for one in plan:
                scraper, now = load(one.source.scraper), _now()
                answers = await ask(
                    scraper, one.name, one.source, fetcher.get, now=now, day=one.day, part=one.part,
                    transports=wanted.transports, **wanted.options,
                )  # fmt: skip
                reads.append(united(one.name, one.day, one.part, answers))
                advance(f"{one.name} {one.part} {one.day or ''}")
    return reads


async def _scrape(app: App, wanted: Wanted) -> list[Read]:
    reads, watching = [], Watching()
    async with make_fetcher(app.settings, app.engine) as fetcher:
        plan = _plan(app.settings, wanted, app)
        with progress(len(plan)) as advance:
            for one in plan:
                done = await read_and_take_in(
                    app.engine, one.name, one.source, fetcher.get, alert=wanted.alert is not False, clock=None,
                    day=one.day, part=one.part, watching=watching, transports=wanted.transports, **wanted.options,
                )  # fmt: skip
                reads.append(done)
                advance(f"{one.name} {one.part} {one.day or ''}")
                if done.stop:
                    again = f"; {one.name} asks for a pause of {done.wait:.0f} seconds first" if done.wait else ""
                    say(f"stopped here: the site does not answer; run this again for the rest{again}")
                    break
    return reads


class _Step(NamedTuple):
    """One reading: of which part of a source, for which list day (None: for what the options ask)."""

    name: str
    source: SourceSettings
    part: str
    day: date | None


def _plan(settings: Settings, wanted: Wanted, app: App | None = None) -> list[_Step]:
    """What is read, in order; `app` knows what was read before. Raises ValueError where a source has no such lists."""
    plan: list[_Step] = []
    for name in wanted.sources or tuple(settings.watched):
        source = settings.source(name)
        known = load(source.scraper).options
        if unknown := [_FLAGS.get(option, option) for option in wanted.options if option not in known]:
            raise ValueError(f"{name} has no lists by {' or '.join(f'--{one}' for one in unknown)}")
        if wanted.ids:
            plan.append(_Step(name, source, "", None))
            continue
        try:
            states = _states(app, name, source) if app else {part: {} for part in source.parts or ("",)}
            plan += [_Step(name, source, part, day) for part in states for day in _days(wanted, source, states[part])]
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return plan


def _days(wanted: Wanted, source: SourceSettings, states: Mapping[date, str]) -> Sequence[date | None]:
    if wanted.options:
        return [None]
    calendar, now = load(source.scraper).calendar, _now()
    coverage.check_days(filter(None, (wanted.day, wanted.since, wanted.until)), now, calendar)
    if wanted.day:
        return [wanted.day]
    if not wanted.since:
        return coverage.days_to_read(now, states, calendar, None)
    span = ((wanted.until or coverage.newest(now, calendar)) - wanted.since).days + 1
    days = [wanted.since + timedelta(days=n) for n in range(span)]
    days = [day for day in days if calendar.has_list(day)]
    if len(days) > _DAYS_AT_ONCE:
        raise ValueError(f"that is {len(days):,} list days; read at most {_DAYS_AT_ONCE} at once, or use backfill")
    return days


def _states(app: App, name: str, source: SourceSettings) -> dict[str, dict[date, str]]:
    """The states of the list days of each part that is read."""
    with reading(app.engine) as session:
        row = sources.find_source(session, name)
        return {
            part: sources.day_states(session, row.id or 0, part) if row else {} for part in parts_of(session, source)
        }


def _read_file(wanted: Wanted) -> Page:
    """What the file lists; its day is the one that it states, else when it was copied, else today."""
    today = _now().date()
    name, data = _bytes(wanted.file or "-")
    page = saved.read(data, name=name, as_of=wanted.as_of, today=today)
    return replace(page, day=page.day or wanted.as_of or today)


def _source_of(page: Page, settings: Settings) -> tuple[str, str]:
    """The source that a file counts as, and its scraper: the configured one whose saved answer it is, else a paste."""
    names = [name for name, source in settings.sources.items() if source.scraper == page.scraper]
    return (names[0], page.scraper) if names and page.scraper else (PASTED, PASTED)


def _bytes(file: str) -> tuple[str, bytes]:
    if file == "-":
        if sys.stdin is None:
            raise ValueError("standard input is closed; name a file, or pipe one in")
        name, data = "standard input", sys.stdin.buffer.read(MAX_FILE + 1)
    else:
        name, path = file, Path(file)
        if path.is_dir():
            raise ValueError(f"{file} is a folder; name a file in it")
        try:
            with path.open("rb") as opened_file:
                data = opened_file.read(MAX_FILE + 1)
        except OSError as error:
            raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    if len(data) > MAX_FILE:
        raise ValueError(
            f"{name} is larger than {MAX_FILE // 1_000_000} MB, which no listing is; cut out what you need"
        )
    return name, data


def _take_file(app: App, wanted: Wanted, page: Page) -> Read:
    name, scraper = _source_of(page, app.settings)
    day = page.day or _now().date()
    taken = take_in(app.engine, name, scraper, page.listed, day=day, alert=wanted.alert is True, now=_now())
    return _read_of(page, name, taken)


def _read_of(page: Page, name: str, taken: Taken) -> Read:
    """A file as a reading. What cannot be read of a site's own answer is missing; the ends of a paste may be cut."""
    lost = page.skipped if page.scraper else ()
    judgement = Judgement("partial", f"{many(len(lost), 'paper')} could not be read") if lost else Judgement("ok")
    return Read(name, None, "", judgement, page.listed, taken, (*page.notes, *page.skipped))


async def _deliver(app: App) -> int:
    sent = 0
    async with make_poster(app.settings) as poster:
        channels = make_channels(app.settings, poster)
        await asyncio.to_thread(start_lanes, app.engine)
        while await deliver_once(app.engine, channels, random=Random()):
            sent += 1
        await close_all(channels)
    return sent


def _show(wanted: Wanted, reads: Sequence[Read], app: App | None) -> int:
    for one in reads:
        for note in one.notes:
            say(note)
    if wanted.json:
        for one in reads:
            for listed in one.listed:
                typer.echo(json.dumps(to_dict(listed.paper, one.source, listed.day or one.day), ensure_ascii=False))
    for one in reads:
        say(reading_line(one))
    if not wanted.json:
        _show_table(reads, app)
    return 1 if any(one.judgement.verdict in coverage.BAD for one in reads) else 0


def _show_table(reads: Sequence[Read], app: App | None) -> None:
    if app is None:
        rows = [(number, one.paper, "") for number, one in enumerate((x for r in reads for x in r.listed), 1)]
        of, what = "paper", " read; nothing was stored"
    else:
        rows, of, what = _rows(reads, app), "new paper", ""
    if rows:
        out.print(papers_table(rows[:_ROWS]))
    more = f", {len(rows) - _ROWS} of them not shown here" if len(rows) > _ROWS else ""
    say(
        f"{many(len(rows), of)}{what}{more}"
        + ("" if app is None else f"; {many(sum(one.taken.alerts for one in reads), 'alert')} queued")
    )


def _rows(reads: Sequence[Read], app: App) -> list[tuple[int, Any, str]]:
    """What is new or will be told, with who will hear of it; the newest list first."""
    with reading(app.engine) as session:
        addresses = {one.id: address_of(one) for one in people.recipients(session)}
    told: dict[int, list[str]] = {}
    for paper_id, recipients in (owed for one in reads for owed in one.taken.owed.items()):
        told.setdefault(paper_id, []).extend(addresses.get(id, "?") for id in recipients)
    changes = {
        change.id: change
        for one in reversed(reads)
        for change in one.taken.changes
        if change.is_new or change.id in told
    }
    return [(id, change.after, ", ".join(told.get(id, ()))) for id, change in changes.items()]


def _now() -> datetime:
    return datetime.now(UTC)
