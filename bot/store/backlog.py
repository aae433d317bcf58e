"""How much waits in the outbox, and what could not be sent."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.channels import NOTICES
from bot.models import Delivery, Message, Recipient
from bot.store.outbox import OPEN, let_go


def depth(session: Session, now: datetime) -> dict[str, int]:
    """How much is in the outbox: waiting (due later), due, retrying, mails that were asked for (to confirm an address),
    dead and ambiguous messages of the last week."""
    waiting = sa.and_(col(Delivery.message_id).is_(None), col(Delivery.dropped).is_(None))
    recent = col(Message.created_at) > now - timedelta(days=7)

    def count(table: type[Delivery] | type[Message], *where: sa.ColumnElement[bool]) -> int:
        return int(session.execute(sa.select(sa.func.count()).select_from(table).where(*where)).scalar_one())

    return {
        "waiting": count(Delivery, waiting, col(Delivery.send_at) > now),
        "due": count(Delivery, waiting, col(Delivery.send_at) <= now),
        "retrying": count(Message, col(Message.state).in_(OPEN), col(Message.attempts) > 0),
        "asked": count(Message, col(Message.state).in_(OPEN), col(Message.kind).in_(NOTICES)),
        "dead": count(Message, _dead(), recent),
        "ambiguous": count(Message, col(Message.ambiguous) > 0, recent),
    }


def oldest_due(session: Session, now: datetime) -> datetime | None:
    """Since when the oldest of what is due, and of the messages under way, has waited."""
    waiting = sa.select(sa.func.min(Delivery.send_at)).where(
        col(Delivery.message_id).is_(None), col(Delivery.dropped).is_(None), col(Delivery.send_at) <= now
    )
    open_ = sa.select(sa.func.min(Message.send_at)).where(col(Message.state).in_(OPEN), col(Message.send_at) <= now)
    found = [at for query in (waiting, open_) if (at := session.execute(query).scalar())]
    return min(found, default=None)


def _dead() -> sa.ColumnElement[bool]:
    """What makes a message a dead letter: it was given up, and what it carries is in no other one."""
    return sa.and_(
        col(Message.state) == "dead",
        sa.exists().where(col(Delivery.message_id) == Message.id, col(Delivery.dropped).is_(None)),
    )


def dead_letters(session: Session, limit: int) -> list[tuple[Message, Recipient, int]]:
    """The messages that were given up, the last first: to whom, and how many papers they carry."""
    papers = sa.select(sa.func.count()).where(col(Delivery.message_id) == Message.id).scalar_subquery()
    rows = session.execute(
        sa.select(Message, Recipient, papers)
        .join(Recipient, col(Recipient.id) == col(Message.recipient_id))
        .where(_dead())
        .order_by(col(Message.id).desc())
        .limit(limit)
    )
    return [(message, recipient, number) for message, recipient, number in rows]


def retry_dead(session: Session, message_id: int, now: datetime) -> None:
    """Send a dead letter as it is, with fresh attempts. Raises ValueError where there is none of that number."""
    message = _dead_letter(session, message_id)
    message.state, message.attempts, message.send_at = "ready", 0, now
    let_go(session, session.get_one(Recipient, message.recipient_id), now)


def drop_dead(session: Session, message_id: int) -> None:
    """Remove a dead letter; what it carries will not be sent. Raises ValueError where there is none of that number."""
    message = _dead_letter(session, message_id)
    dropped = sa.update(Delivery).where(col(Delivery.message_id) == message_id)
    session.execute(dropped.values(message_id=None, rank=None, dropped=f"given up: {message.error or 'no answer'}"))
    session.delete(message)


def _dead_letter(session: Session, message_id: int) -> Message:
    if found := session.exec(select(Message).where(Message.id == message_id, _dead())).first():
        return found
    raise ValueError(f"there is no dead letter with the number {message_id}; see paperwatch dead")


def held(session: Session, now: datetime) -> list[Recipient]:
    """The recipients that are owed something now, but must wait: after a failure, a cut-off attempt, in quiet hours."""
    due = sa.select(col(Recipient.id)).where(
        col(Recipient.id).in_(_owed_now(now)), col(Recipient.due_at) > now, col(Recipient.disabled_at).is_(None)
    )
    return list(session.exec(select(Recipient).where(col(Recipient.id).in_(due))).all())


def owing(session: Session, now: datetime) -> dict[str, int]:
    """How many recipients each channel owes something now."""
    counted = sa.select(col(Recipient.channel), sa.func.count().label("recipients")).where(
        col(Recipient.id).in_(_owed_now(now)), col(Recipient.disabled_at).is_(None), col(Recipient.paused_at).is_(None)
    )
    return {row.channel: row.recipients for row in session.execute(counted.group_by(col(Recipient.channel)))}


def _owed_now(now: datetime) -> sa.CompoundSelect[int]:
    """The ids of the recipients that a delivery or a frozen message has come due for."""
    waiting = sa.select(col(Delivery.recipient_id)).where(
        col(Delivery.message_id).is_(None), col(Delivery.dropped).is_(None), col(Delivery.send_at) <= now
    )
    frozen = sa.select(col(Message.recipient_id)).where(col(Message.state).in_(OPEN), col(Message.send_at) <= now)
    return waiting.union(frozen)
