"""Weeks of November 2026 on a fake arXiv, with two new papers of each class on each list day."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import count

from farside.arxiv_ledger import in_new_york, invented
from farside.scenario import Scenario

from bot.store.engine import Engine

MONDAY = date(2026, 11, 16)
WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in (2, 3, 4))


def ny(day: date, hour: int, minute: int = 0) -> datetime:
    """That time in New York."""
    return in_new_york(day, time(hour, minute))


def days_between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def announce_daily(scenario: Scenario, first: date, last: date, papers: int = 2) -> list[date]:
    """So many new papers of each class on each list day; the list days."""
    numbers = count(1000 * (1 + len(scenario.arxiv.ledger.batches)))
    found = [day for day in days_between(first, last) if scenario.arxiv.ledger.is_list_day(day)]
    for day in found:
        for part in scenario.parts:
            scenario.arxiv.announce(day, part, new=[invented(next(numbers), day, part) for _ in range(papers)])
    return found


async def begun(engine: Engine, at: datetime, **settings: object) -> Scenario:
    """An installation, and somebody who wants to hear of every paper."""
    scenario = Scenario(engine, at, **settings)  # type: ignore[arg-type]
    scenario.subscribe("ada")
    return scenario


async def in_the_week(engine: Engine, **settings: object) -> Scenario:
    """One that has read Wednesday's list, and looks again soon after Thursday's has opened; there are papers until
    Friday."""
    scenario = await begun(engine, ny(WEDNESDAY, 18, 2), **settings)
    announce_daily(scenario, WEDNESDAY, FRIDAY)
    await scenario.run_until(ny(WEDNESDAY, 19))
    return scenario


def ids(scenario: Scenario, day: date) -> list[str]:
    return [one.id for one in scenario.arxiv.ledger.batch("cs.CL", day).papers]
