"""Searching the library: the database finds by its indexes what may answer, and what does not say enough is read."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import Literal

import sqlalchemy as sa
from sqlmodel import Session, col

from bot.models import Source
from bot.query import Query, document, matches
from bot.query.evaluate import today
from bot.query.lookup import NEVER, Column, Every, Expression, Listed, Named, Some, Unless, lookup
from bot.store.fulltext import has_crowded, having, is_text
from bot.store.records import (
    find_identifiers,
    identifier_table,
    listing_table,
    load,
    paper_table,
    slices,
    sources_of,
    title_key,
)
from scrapers.identifiers import identifier
from scrapers.paper import Paper
from scrapers.text import fold

Order = Literal["newest", "best"]
_AT_ONCE = 200  # papers that are read to see whether they match; then more and more
_AT_MOST = 2_000


def find(
    session: Session,
    query: Query,
    *,
    now: datetime,
    days: int | None = None,
    order: Order = "newest",
    skip: int = 0,
    limit: int | None = None,
) -> list[tuple[int, Paper]]:
    """The papers that match, but for the first `skip`, at most `limit`: of those first seen in the last `days` (None:
    of all), the newest first, or the best: those with the most upvotes, and the newest of them."""
    stop = None if limit is None else skip + limit
    ids = list(islice(_matching(session, query, now, days, order), skip, stop))
    papers = load(session, ids)
    return [(id, papers[id]) for id in ids]


def latest(
    session: Session, *, now: datetime, days: int | None = None, order: Order = "newest", limit: int
) -> list[int]:
    """The ids of papers first seen in the last days (None: of all), in that order, at most `limit`."""
    found = sa.select(paper_table.c.id).where(*_stored(now, days)).order_by(*_ORDERS[order]).limit(limit)
    return list(session.execute(found).scalars())


def count(session: Session, query: Query, *, now: datetime, days: int | None = None) -> int:
    """How many papers match: of those first seen in the last `days` (None: of all)."""
    sure, maybe = _conditions(session, query, now)
    number = sa.select(sa.func.count()).select_from(paper_table).where(*_stored(now, days), sure)
    counted: int = session.execute(number).scalar_one()
    if maybe is None:
        return counted
    ids = session.execute(sa.select(paper_table.c.id).where(*_stored(now, days), maybe, sa.not_(sure))).scalars().all()
    return counted + sum(len(_answering(session, some, query, now)) for some in slices(ids))


def _matching(session: Session, query: Query, now: datetime, days: int | None, order: Order) -> Iterator[int]:
    """The ids of the papers that match, in order."""
    sure, maybe = _conditions(session, query, now)
    either = sure if maybe is None else sa.or_(sure, maybe)
    found = sa.select(paper_table.c.id, sure.label("sure")).where(*_stored(now, days), either)
    # Fetched as they are asked for: a first page needs few of the 65,000 papers that `con*` finds.
    rows = iter(session.execute(found.order_by(*_ORDERS[order]), execution_options={"yield_per": _AT_ONCE}))
    at_once = _AT_ONCE
    while some := list(islice(rows, at_once)):
        answering = _answering(session, [row.id for row in some if not row.sure], query, now)
        yield from (row.id for row in some if row.sure or row.id in answering)
        at_once = min(2 * at_once, _AT_MOST)


_NEWEST = (paper_table.c.first_seen_at.desc(), paper_table.c.id.desc())
_ORDERS = {"newest": _NEWEST, "best": (sa.func.coalesce(paper_table.c.upvotes, 0).desc(), *_NEWEST)}


def _answering(session: Session, ids: Sequence[int], query: Query, now: datetime) -> set[int]:
    """Which of the papers match, by reading them."""
    papers, sources = load(session, ids), sources_of(session, ids)
    return {
        id for id, paper in papers.items() if matches(query, document(paper, sources.get(id, frozenset())), now)
    }  # fmt: skip


def _stored(now: datetime, days: int | None) -> Iterator[sa.ColumnElement[bool]]:
    yield paper_table.c.merged_into.is_(None)
    if days is not None:
        yield paper_table.c.first_seen_at >= now - timedelta(days=days)


# Conditions -----------------------------------------------------------------------------------------------------------


Condition = sa.ColumnElement[bool]


def _conditions(session: Session, query: Query, now: datetime) -> tuple[Condition, Condition | None]:
    """What suffices for a paper to match, and of which papers each must be read; None if of none."""
    dialect = session.get_bind().dialect.name
    if dialect == "postgresql":
        _look_up_by_indexes(session)
    sources = _sources(session)
    sure, maybe = lookup(query, today(now), crowded=has_crowded(session))
    return _condition(dialect, sure, sources), None if maybe == NEVER else _condition(dialect, maybe, sources)


def _look_up_by_indexes(session: Session) -> None:
    """PostgreSQL takes reading every paper for cheap, since it does not count the texts that it keeps aside: 0.4 s for
    a phrase. And what it compiles for such costs takes longer to compile than to run."""
    for setting in ("enable_seqscan = off", "jit = off", "cursor_tuple_fraction = 1.0"):
        session.execute(sa.text(f"set local {setting}"))


def _sources(session: Session) -> dict[str, list[int]]:
    """The ids of the sources, by their folded names."""
    ids: dict[str, list[int]] = {}
    for id, name in session.execute(sa.select(col(Source.id), col(Source.name))):
        ids.setdefault(fold(name), []).append(id)
    return ids


def _condition(dialect: str, asked: Expression, sources: dict[str, list[int]]) -> Condition:
    if is_text(asked):
        return paper_table.c.id.in_(having(dialect, asked))
    match asked:
        case Every() | Some():
            parts = [_condition(dialect, part, sources) for part in _together(asked)]
            return sa.and_(sa.true(), *parts) if isinstance(asked, Every) else sa.or_(sa.false(), *parts)
        case Unless():
            return sa.not_(_condition(dialect, asked.part, sources))
        case Column():
            column = paper_table.c[asked.name]
            return sa.and_(column.is_not(None), column.op(asked.comparison)(asked.value))
        case Listed():
            shown = sa.select(listing_table.c.paper_id).where(
                listing_table.c.source_id.in_(sources.get(asked.source, []))
            )
            return paper_table.c.id.in_(shown)
        case Named():
            scheme, value = asked.identifier
            named = identifier_table.c.scheme == scheme, identifier_table.c.value == value
            return paper_table.c.id.in_(sa.select(identifier_table.c.paper_id).where(*named))
    raise TypeError(f"no condition: {asked!r}")


def _together(asked: Every | Some) -> Iterable[Expression]:
    """The parts, what the full-text index decides as one of them."""
    texts = tuple(part for part in asked.parts if is_text(part))
    others = [part for part in asked.parts if not is_text(part)]
    return [type(asked)(texts), *others] if texts else others


def paper_named(session: Session, name: str) -> int:
    """The id of the paper that is meant: its number in the library, an identifier, an address, or its title.

    Raises ValueError where it is not known, or several have that title.
    """
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


def paper_like(session: Session, paper: Paper) -> int | None:
    """The id of this paper where the library has it: by an identifier, or by its title where only one has that."""
    known = find_identifiers(session, set(paper.identifiers))
    key = title_key(paper.title)
    if known or paper.identifiers or len(key) < _LONG_TITLE:
        return next(iter(known.values()), None)
    same = paper_table.c.fingerprint == key, paper_table.c.merged_into.is_(None)
    ids = session.execute(sa.select(paper_table.c.id).where(*same)).scalars().all()
    return int(ids[0]) if len(ids) == 1 else None


_LONG_TITLE = 20  # letters; "Editorial" says nothing
