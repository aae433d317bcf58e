"""Searching the library."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session

from bot.query import Query, document, matches
from bot.store.records import load, paper_table, sources_of, title_key
from scrapers.identifiers import identifier
from scrapers.paper import Paper

_AT_ONCE = 500


def find(
    session: Session, query: Query, *, now: datetime, days: int | None = None, limit: int | None = None
) -> list[tuple[int, Paper]]:
    """The papers that match, newest first: those first seen in the last `days` (None: all), at most `limit`."""
    found: list[tuple[int, Paper]] = []
    for ids in _newest_first(session, now, days):
        papers, sources = load(session, ids), sources_of(session, ids)
        for id in ids:
            if matches(query, document(papers[id], sources.get(id, frozenset())), now):
                found.append((id, papers[id]))
                if len(found) == limit:
                    return found
    return found


def count(session: Session, query: Query, *, now: datetime, days: int | None = None) -> int:
    """How many papers match: of those first seen in the last `days` (None: of all)."""
    return len(find(session, query, now=now, days=days))


def _newest_first(session: Session, now: datetime, days: int | None) -> Iterator[list[int]]:
    query = sa.select(paper_table.c.id).where(paper_table.c.merged_into.is_(None))
    if days is not None:
        query = query.where(paper_table.c.first_seen_at >= now - timedelta(days=days))
    ids = list(session.execute(query.order_by(paper_table.c.first_seen_at.desc(), paper_table.c.id.desc())).scalars())
    return (ids[start : start + _AT_ONCE] for start in range(0, len(ids), _AT_ONCE))


def paper_named(session: Session, name: str) -> int:
    """The id of the paper that is meant: its number in the library, an identifier, an address, or its title.

    Raises ValueError where it is not known, or several have that title.
    """
    from bot.store.papers import find_identifiers

    if (named := identifier(name)) and (id := find_identifiers(session, {named}).get(named)):
        return id
    if (
        name.isdecimal()
        and len(name) < 10
        and session.execute(sa.select(paper_table.c.id).where(paper_table.c.id == int(name))).scalar()
    ):
        return int(name)
    same = paper_table.c.fingerprint == title_key(name)
    ids = session.execute(sa.select(paper_table.c.id).where(same, paper_table.c.merged_into.is_(None))).scalars().all()
    if len(ids) == 1:
        return int(ids[0])
    if ids:
        raise ValueError(f"{len(ids)} papers have that title; name one by its id or number: {', '.join(map(str, ids))}")
    raise ValueError(f"the library has no paper {name!r}; name it by its arXiv id, DOI, address, number or whole title")
