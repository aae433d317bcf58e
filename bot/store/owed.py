"""What is owed: one delivery for each recipient, paper and kind, as it is told apart and stored."""

from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.models import PAST, Delivery
from bot.outbox import Owed
from bot.schedule import Slot
from bot.store.engine import upsert
from bot.store.records import slices

_AT_ONCE = 10_000


def owed_for(session: Session, paper_ids: Collection[int]) -> dict[tuple[int, int, str], Owed]:
    """Everything that was ever owed for these papers, by recipient, paper and kind."""
    found = {}
    for some in slices(list(paper_ids)):
        for row in session.exec(select(Delivery).where(col(Delivery.paper_id).in_(some))):
            owed = Owed(
                row.recipient_id, row.paper_id, row.kind, tuple(row.reasons), Slot(row.slot, row.send_at),
                told=row.is_told, dropped=row.dropped,
            )  # fmt: skip
            found[owed.key] = owed
    return found


def queue(session: Session, owed: Iterable[Owed], now: datetime) -> int:
    """Store what is owed; how many deliveries that are."""
    rows = [
        {
            "recipient_id": one.recipient_id,
            "paper_id": one.paper_id,
            "kind": one.kind,
            "reasons": list(one.reasons),
            "slot": one.slot.name,
            "send_at": one.slot.send_at,
            "queued_at": now,
        }
        for one in owed
    ]
    insert, table = upsert(session, Delivery.__table__), Delivery.__table__.c  # type: ignore[attr-defined]
    if on_postgres := session.get_bind().dialect.name == "postgresql":
        insert = insert.from_select(list(rows[0]) if rows else [], _as_rows(table))
    moved = {name: insert.excluded[name] for name in ("reasons", "slot", "send_at")}
    statement = insert.on_conflict_do_update(
        index_elements=["recipient_id", "paper_id", "kind"],
        set_={**moved, "dropped": None},
        where=col(Delivery.message_id).is_(None) & (col(Delivery.slot) != PAST),
    )
    for some in (rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)):
        session.execute(statement, {"rows": some} if on_postgres else some)
    return len(rows)


def queue_all(session: Session, planned: Iterable[Sequence[Owed]], now: datetime) -> list[Owed]:
    """Store what is owed, piece by piece as it is planned; all of it. PostgreSQL stores one while the next is planned;
    SQLite would do so in this process, where two threads hinder each other (a fifth slower)."""
    owed: list[Owed] = []
    if session.get_bind().dialect.name != "postgresql":
        owed += chain.from_iterable(planned)
        queue(session, owed, now)
        return owed
    with ThreadPoolExecutor(1) as storing:
        stored = []
        for some in planned:
            stored.append(storing.submit(queue, session, some, now))
            owed += some
    for one in stored:
        one.result()
    return owed


def _as_rows(table: Any) -> sa.Select[Any]:
    """The rows of a JSON array of objects: one parameter for ten thousand, which PostgreSQL reads three times as fast
    as one row after the other."""
    names = ("recipient_id", "paper_id", "kind", "reasons", "slot", "send_at", "queued_at")
    columns = [sa.column(name, table[name].type) for name in names]
    return sa.select(
        sa.func.json_to_recordset(sa.bindparam("rows", type_=sa.JSON))
        .table_valued(*columns)
        .render_derived(with_types=True)
    ).order_by(sa.column("recipient_id"))  # by place in the index, a fifth faster
