"""What the sources' lists showed on their days."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from sqlmodel import Session, col

from bot.models import Source
from bot.store.records import find_identifiers, listing_table, slices
from scrapers.request import Listed

# An older list that comes again is one of the last days: of 93 recorded ones, 88 were the day before.
_BACK = timedelta(days=30)
_ONCE = (None, "new")  # what a source announces once only; a paper may be replaced every day
_FEW = 5  # papers that are all announced again: no accident


def shown_before(
    session: Session, source_id: int, part: str, listed: Sequence[Listed], before: date | None
) -> tuple[dict[date, int], int]:
    """How many of these papers the list days of the part before that day (None: all of them) had, announced in the same
    way, and of how many that could be said."""
    compared = [one for one in listed if one.announced in _ONCE]
    if not compared and len(listed) >= _FEW:
        compared = list(listed)
    names = {name: one.announced for one in compared for name in one.paper.identifiers}
    kinds = {id: names[name] for name, id in find_identifiers(session, names).items()}
    table, days = listing_table.c, Counter[date]()
    for some in slices(list(kinds)):
        query = sa.select(table.day, table.paper_id, table.announced).where(
            table.source_id == source_id, table.part == part, table.paper_id.in_(some),
            *((table.day < before, table.day >= before - _BACK) if before else ()),
        )  # fmt: skip
        days.update(row.day for row in session.execute(query) if row.announced == kinds[row.paper_id])
    return dict(days), len(compared)


def under_first_days(session: Session, source_id: int, part: str, listed: Sequence[Listed]) -> list[Listed]:
    """The papers of a rolling list, each under the day on which it came: it stays there for weeks."""
    ids = find_identifiers(session, {name for one in listed for name in one.paper.identifiers})
    table, days = listing_table.c, dict[int, date]()
    for some in slices(list(set(ids.values()))):
        query = sa.select(table.paper_id, sa.func.min(table.day).label("day")).where(
            table.source_id == source_id, table.part == part, table.paper_id.in_(some)
        )
        days |= {row.paper_id: row.day for row in session.execute(query.group_by(table.paper_id))}
    known = {name: days[id] for name, id in ids.items() if id in days}
    return [replace(one, day=next((known[n] for n in one.paper.identifiers if n in known), None)) for one in listed]


class FirstListed(NamedTuple):
    """Which source listed a paper first, and on which of its days."""

    source: str
    day: date


def first_listed(session: Session, ids: Collection[int]) -> dict[int, FirstListed]:
    """For each of these papers that a source listed."""
    found: dict[int, FirstListed] = {}
    for some in slices(list(ids)):
        table = listing_table.c
        query = sa.select(table.paper_id, col(Source.name), table.day).where(table.paper_id.in_(some))
        joined = query.join(Source, col(Source.id) == table.source_id).order_by(table.day, table.id)
        for id, source, day in session.execute(joined):
            found.setdefault(id, FirstListed(source, day))
    return found


def is_known(session: Session, source_id: int, part: str) -> bool:
    """Whether the part has ever listed anything."""
    found = sa.select(listing_table.c.id).where(listing_table.c.source_id == source_id, listing_table.c.part == part)
    return session.execute(found.limit(1)).first() is not None
