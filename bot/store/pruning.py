"""Letting go of what is old: readings, messages, and what was owed and never sent.

Of a paper that was told one row stays for ever, its delivery, without the message that carried it: it keeps the paper
from being told again when a source lists it once more. List days stay too: medians and calendars are made of them.
"""

from datetime import date, datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.coverage import GOOD
from bot.models import PAST, TOLD, UNSENT, Counter, Delivery, Message, Reading
from bot.outbox import NEW
from bot.store.engine import upsert

_CURSOR, _LAST_DAY = "pruned deliveries", "pruned on"
_ONCE = (col(Delivery.kind) == NEW) | col(Delivery.kind).startswith("rise:")


def is_first_today(session: Session, today: date) -> bool:
    """Whether nobody has pruned today; from now on somebody has."""
    day = today.toordinal()
    insert = upsert(session, Counter).values(name=_LAST_DAY, value=day)
    mine = insert.on_conflict_do_update(
        index_elements=["name"], set_={"value": day}, where=col(Counter.value) < day
    ).returning(col(Counter.value))
    return session.execute(mine).first() is not None


def prune_readings(session: Session, before: datetime, most: int) -> int:
    """Remove so many old readings at most; how many those were."""
    some = sa.select(col(Reading.id)).where(_is_old_reading(before)).limit(most)
    return _removed(session, sa.delete(Reading).where(col(Reading.id).in_(some)))


def prune_messages(session: Session, after: int, before: datetime, most: int) -> tuple[int, int | None]:
    """Look at so many messages after that number, and remove the old ones that were sent or given up: how many those
    were, and after which number there may be more (None: there are none)."""
    # A dead letter that is just being sent again is left alone.
    looked = select(col(Message.id), col(Message.created_at)).where(col(Message.id) > after).order_by(col(Message.id))
    rows = session.execute(looked.limit(most)).all()
    if not any(row.created_at < before for row in rows):
        return 0, None
    gone = list(
        session.execute(
            sa.select(col(Message.id))
            .where(col(Message.id).in_([row.id for row in rows]), _is_old_message(before))
            .with_for_update(skip_locked=True)
        ).scalars()
    )
    carried = col(Delivery.message_id).in_(gone)
    message = sa.select(Message).where(col(Message.id) == Delivery.message_id)
    was_told = message.with_only_columns(sa.case((col(Message.state) == "sent", TOLD), else_=UNSENT)).scalar_subquery()
    sent_at = message.with_only_columns(col(Message.sent_at)).scalar_subquery()
    past = sa.update(Delivery).where(carried, _ONCE, col(Delivery.dropped).is_(None))
    session.execute(
        past.values(
            slot=PAST, dropped=was_told, send_at=sa.func.coalesce(sent_at, Delivery.send_at), message_id=None, rank=None
        ).execution_options(synchronize_session=False)
    )
    session.execute(sa.delete(Delivery).where(carried))
    return _removed(session, sa.delete(Message).where(col(Message.id).in_(gone))), rows[-1].id


def prune_dropped(session: Session, before: datetime, most: int) -> int | None:
    """Look at the next so many deliveries, and remove the old ones that were dropped before they were sent: how many
    those were; None where there is nothing more to look at."""
    cursor = session.get(Counter, _CURSOR) or Counter(name=_CURSOR, value=0)
    looked = select(col(Delivery.id), col(Delivery.queued_at)).where(col(Delivery.id) > cursor.value)
    rows = session.execute(looked.order_by(col(Delivery.id)).limit(most)).all()
    old = [row.id for row in rows if row.queued_at < before]
    if not old:
        return None
    cursor.value = old[-1]
    session.add(cursor)
    return _removed(session, sa.delete(Delivery).where(col(Delivery.id).in_(old), _IS_DROPPED))


def count_old(session: Session, readings: datetime, messages: datetime) -> tuple[int, int, int]:
    """How many readings, messages and dropped deliveries are older than that."""
    return (
        _count(session, Reading, _is_old_reading(readings)),
        _count(session, Message, _is_old_message(messages)),
        _count(session, Delivery, _IS_DROPPED & (col(Delivery.queued_at) < messages)),
    )


def _is_old_reading(before: datetime) -> sa.ColumnElement[bool]:
    """Old, and not the last good one of its source, which `status` shows."""
    last = sa.select(sa.func.max(Reading.id)).where(col(Reading.verdict).in_(GOOD)).group_by(col(Reading.source_id))
    return (col(Reading.finished_at) < before) & col(Reading.id).not_in(last)


def _is_old_message(before: datetime) -> sa.ColumnElement[bool]:
    return sa.and_(
        col(Message.state).in_(("sent", "dead")), col(Message.created_at) < before,
        col(Message.sent_at).is_(None) | (col(Message.sent_at) < before),
    )  # fmt: skip


_IS_DROPPED = sa.and_(
    col(Delivery.message_id).is_(None), col(Delivery.dropped).is_not(None), col(Delivery.slot) != PAST
)


def _count(session: Session, table: type, where: sa.ColumnElement[bool]) -> int:
    return int(session.execute(sa.select(sa.func.count()).select_from(table).where(where)).scalar_one())


def _removed(session: Session, statement: sa.Delete) -> int:
    done = session.execute(statement.execution_options(synchronize_session=False))
    return int(done.rowcount)  # type: ignore[attr-defined]
