"""How an installation is: what was read, what waits, what is wrong."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from bot import coverage, covered
from bot import subscriptions as subs
from bot.covered import Problem
from bot.models import ListDay, Recipient
from bot.parts import parts_of
from bot.sections import SourceSettings
from bot.show import address_of, many, moment
from bot.store import backlog, pace, sources
from bot.store.engine import Engine, Session, reading
from scrapers.crawl import load

NOTHING: Mapping[str, str] = {}
_DEAD = "paperwatch dead --retry NUMBER sends one again, and dead --drop NUMBER gives it up"
_SILENT = "configure it, or let them go: paperwatch unsubscribe ADDRESS"
_STANDING = "paperwatch doctor --online tries it now"


def report(
    engine: Engine, watched: Mapping[str, SourceSettings], now: datetime, missing: Mapping[str, str] = NOTHING
) -> dict[str, Any]:
    """The sources with what was read of them, the outbox, who is held, and what is wrong (`Problem`s); `missing` says
    of channels that they are not configured."""
    with reading(engine) as session:
        found = [_source(session, name, settings, now) for name, settings in watched.items()]
        wrong = [problem for one in found for problem in one.get("problems", ())]
        depth = backlog.depth(session, now)
        lanes = [*standing(session, now), *silent(session, now, missing)]
        held = [f"{address_of(one)} waits until {moment(one.due_at)}" for one in backlog.held(session, now)]
    wrong += lanes
    if depth["dead"]:
        says = f"{many(depth['dead'], 'message')} could not be sent in the last week; see paperwatch dead"
        wrong.append(Problem(says, _DEAD))
    wrong += [_disabled(one.recipient) for one in subs.list_all(engine) if one.recipient.disabled_at]
    return {"sources": found, "outbox": depth, "lanes": lanes, "held": held, "wrong": list(dict.fromkeys(wrong))}


def _disabled(recipient: Recipient) -> Problem:
    address = address_of(recipient)
    advice = f"when its reason is gone: paperwatch subscription resume {address}"
    return Problem(f"{address} is disabled: {recipient.disabled_reason}", advice)


def _source(session: Session, name: str, settings: SourceSettings, now: datetime) -> dict[str, Any]:
    """What was read of a source in the last week."""
    row, scraper, week = sources.find_source(session, name), load(settings.scraper), timedelta(days=7)
    if row is None:
        return {"name": name, "state": "not read yet", "readings": []}
    list_days = sources.list_days(session, row.id or 0, coverage.today(now, scraper.calendar) - week)
    readings = sources.last_readings(session, row.id or 0, now - week, scraper.completing)
    problems = covered.problems(name, row.due_at, row.last_good_at, readings, now)
    return {
        "name": name,
        "state": many(len(problems), "problem") if problems else "ok",
        "problems": problems,
        "coverage": _covered(list_days),
        "days": [{"part": d.part, "day": d.day, "state": d.state, "papers": d.papers} for d in list_days],
        "last_good_at": sources.last_good(session, row.id or 0),
        "due_at": row.due_at,
        "readings": [_reading(one) for one in readings],
    }


def days(
    engine: Engine, watched: Mapping[str, SourceSettings], now: datetime, back: int
) -> list[tuple[str, str, list[covered.Shown]]]:
    """The list days of the last `back` days, for each part of each source: source, part, days."""
    found = []
    with reading(engine) as session:
        for name, settings in watched.items():
            calendar = load(settings.scraper).calendar
            row = sources.find_source(session, name)
            since = coverage.newest(now, calendar) - timedelta(days=back - 1)
            known = sources.list_days(session, row.id or 0, date.min) if row else []
            for part in sorted({*parts_of(session, settings), *(one.part for one in known if one.day >= since)}):
                states = {one.day: (one.state, one.papers) for one in known if one.part == part}
                shown = covered.calendar_days(states, min(states, default=None), since, now, calendar)
                found.append((name, part, shown))
    return found


def silent(session: Session, now: datetime, missing: Mapping[str, str]) -> list[Problem]:
    """Who is owed something by channels that are not configured."""
    owing = backlog.owing(session, now)
    return [
        Problem(f"mails or messages wait for {many(number, 'recipient')}: {missing[name]}", _SILENT)
        for name, number in owing.items()
        if name in missing
    ]


def _reading(one: Any) -> dict[str, Any]:
    names = ("part", "day", "verdict", "transport", "stated", "parsed", "new", "finished_at", "error")
    return {name: getattr(one, name) for name in names}


def _covered(days: Sequence[ListDay]) -> str:
    """What was read on the list days, part by part where there are some."""
    parts = sorted({one.part for one in days}) or [""]
    told = {part: [(one.day, one.state, one.papers) for one in days if one.part == part] for part in parts}
    return "; ".join(f"{part} {covered.describe(some)}".strip() for part, some in told.items())


def standing(session: Session, at: datetime) -> list[Problem]:
    """The channels that nothing can be sent by: until when and why."""
    lines = []
    for channel, until, reason in pace.stops(session, at):
        when = f"stands until {moment(until)}" if until > at else "is being tried again"
        lines.append(Problem(f"{channel} {when}: {reason}", _STANDING))
    return lines
