"""How much the library holds of the last days."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session

from bot.store.records import listing_table, paper_table


class Window(NamedTuple):
    """How many papers were first seen in it, and how many days they stand for (at least 1)."""

    papers: int
    days: int


def window(session: Session, now: datetime, days: int) -> Window:
    """What was first seen in the last `days`.

    A library that is younger stands for the days since its first paper, or for the list days that it has, where those
    are more: the first reading of a source brings several days at once.
    """
    since = now - timedelta(days=days)
    first_seen = paper_table.c.first_seen_at
    stored = paper_table.c.merged_into.is_(None)
    first = session.execute(sa.select(sa.func.min(first_seen))).scalar()
    papers = session.execute(sa.select(sa.func.count()).where(stored, first_seen >= since)).scalar_one()
    if first is None or _utc(first) <= since:
        return Window(papers, days)
    age = -((_utc(first) - now) // timedelta(days=1))  # a day that began counts
    lists = session.execute(sa.select(sa.func.count(sa.distinct(listing_table.c.day)))).scalar_one()
    return Window(papers, max(1, age, lists))


def _utc(at: datetime) -> datetime:
    return at if at.tzinfo else at.replace(tzinfo=UTC)
