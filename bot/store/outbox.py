"""The outbox: the messages that carry what is owed, and the claims of those who send them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeVar

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.channels import NOTICES
from bot.models import Delivery, Message, Recipient
from bot.schedule import DIGEST

EMPTY = "empty"  # a digest that has no papers
OPEN = ("ready", "sending")
_TOO_LONG = "the recipient was disabled for more than 7 days"


def claim_recipients(
    session: Session, now: datetime, lease: timedelta, by: Collection[str], most: int
) -> Sequence[Recipient]:
    """Recipients (`most` at most) that are owed something now by one of these channels, claimed until `now + lease`.

    One statement moves `due_at` ("not before") and raises `attempt`, so two processes never get the same.
    """
    found = [_longest_owed(table, now, by, most).cte(table.__name__.lower() + "_due") for table in (Message, Delivery)]
    both = sa.union_all(*(sa.select(one.c.id, one.c.send_at) for one in found)).subquery()
    due = sa.select(both.c.id).group_by(both.c.id).order_by(sa.func.min(both.c.send_at), both.c.id).limit(most)
    claim = (
        sa.update(Recipient)
        .where(col(Recipient.id).in_(sa.select(due.cte("due").c.id)))
        .values(due_at=now + lease, attempt=Recipient.attempt + 1)
        .returning(Recipient)
        .execution_options(synchronize_session=False, populate_existing=True)
    )
    return sorted(session.scalars(claim).all(), key=lambda one: one.id or 0)


def _longest_owed(table: Any, now: datetime, by: Collection[str], most: int) -> sa.Select[Any]:
    """The recipients that were owed something of this table (Message, Delivery) for longest, and may be sent to now.

    Both tables are read in the order of their index, until there are enough: to collect and sort all recipients that
    are owed something took 25 ms where 10,000 waited.
    """
    owed = table.__table__.c
    return (
        sa.select(col(Recipient.id).label("id"), owed.send_at)
        .join_from(table, Recipient, col(Recipient.id) == owed.recipient_id)
        .where(
            _IS_OWED[table.__name__],
            owed.send_at <= now,
            col(Recipient.due_at) <= now,
            _wants(table),
            col(Recipient.channel).in_(by),
        )
        .order_by(owed.send_at, owed.recipient_id)
        .limit(most)
        .with_for_update(of=Recipient, skip_locked=True)
    )


def _wants(table: Any) -> sa.ColumnElement[bool]:
    """Whether the recipient wants what this table has: papers, or mails that were asked for before all else."""
    papers = sa.and_(
        col(Recipient.disabled_at).is_(None), col(Recipient.paused_at).is_(None),
        col(Recipient.confirmed_at).is_not(None),
    )  # fmt: skip
    return papers | col(Message.kind).in_(NOTICES) if table is Message else papers


# As the partial indices say it: a state that is a parameter would keep PostgreSQL's general plans from using them.
_IS_OWED = {
    "Message": sa.text("message.state in ('ready', 'sending')"),
    "Delivery": sa.text("delivery.message_id is null and delivery.dropped is null"),
}


def claimed(session: Session, ids: Collection[int]) -> dict[int, Recipient]:
    """These recipients, which nobody else may change until the transaction ends."""
    query = select(Recipient).where(col(Recipient.id).in_(ids)).order_by(col(Recipient.id))
    return {one.id or 0: one for one in session.exec(query.with_for_update(key_share=True))}


def holding(
    session: Session, claims: Mapping[int, int], until: datetime, *, even_if_still: Collection[int] = ()
) -> set[int]:
    """Which of these claims (by recipients) last until then, of recipients that still want to be told
    (`even_if_still`: of these that is no matter)."""
    query = select(Recipient.id, Recipient.attempt).where(col(Recipient.id).in_(claims), Recipient.due_at >= until)
    wanted = col(Recipient.disabled_at).is_(None) & col(Recipient.paused_at).is_(None)
    found = session.exec(query.where(wanted | col(Recipient.id).in_(even_if_still)))
    return {id for id, attempt in found if id is not None and attempt == claims[id]}


def is_attempted(session: Session, recipient_id: int) -> bool:
    """Whether a message is on its way to the recipient, and its claim must stay as it is."""
    query = select(Message.id).where(Message.recipient_id == recipient_id, col(Message.attempt_started_at).is_not(None))
    return session.exec(query.limit(1)).first() is not None


def open_messages(session: Session, recipient_ids: Collection[int], now: datetime) -> dict[int, list[Message]]:
    """By recipient the frozen messages that are not sent yet and whose time has come, oldest first; notices, for which
    somebody waits, come before."""
    is_notice = col(Message.kind).in_(NOTICES)
    query = select(Message).where(
        col(Message.recipient_id).in_(recipient_ids), col(Message.state).in_(OPEN), Message.send_at <= now
    )
    return _by_recipient(session.exec(query.order_by(is_notice.desc(), col(Message.id))))


def waiting(session: Session, recipient_id: int, until: datetime | None = None) -> Sequence[Delivery]:
    """What is owed to the recipient until then (None: ever) and is in no message yet, earliest first."""
    return waiting_by_recipient(session, [recipient_id], until).get(recipient_id, [])


def waiting_by_recipient(
    session: Session, recipient_ids: Collection[int], until: datetime | None
) -> dict[int, list[Delivery]]:
    """The same for several recipients."""
    query = select(Delivery).where(
        col(Delivery.recipient_id).in_(recipient_ids), col(Delivery.message_id).is_(None),
        col(Delivery.dropped).is_(None),
    )  # fmt: skip
    if until is not None:
        query = query.where(Delivery.send_at <= until)
    return _by_recipient(session.exec(query.order_by(col(Delivery.send_at), col(Delivery.id))))


T = TypeVar("T", Message, Delivery)


def _by_recipient(rows: Iterable[T]) -> dict[int, list[T]]:
    found = defaultdict[int, list[T]](list)
    for row in rows:
        found[row.recipient_id].append(row)
    return found


def messages(session: Session, ids: Collection[int]) -> dict[int, Message]:
    """These messages, by their ids."""
    return {one.id or 0: one for one in session.exec(select(Message).where(col(Message.id).in_(ids)))}


def carried_by(session: Session, message_ids: Collection[int]) -> dict[int, list[Delivery]]:
    """What each of these messages shows, in the order fixed when it was frozen."""
    shown = select(Delivery).where(col(Delivery.message_id).in_(message_ids), col(Delivery.rank).is_not(None))
    found = defaultdict[int, list[Delivery]](list)
    for delivery in session.exec(shown.order_by(col(Delivery.rank))):
        found[delivery.message_id or 0].append(delivery)
    return found


def hidden_in(session: Session, message_id: int) -> Sequence[Delivery]:
    """What a message carries without showing it."""
    hidden = select(Delivery).where(
        Delivery.message_id == message_id, col(Delivery.rank).is_(None), col(Delivery.dropped).is_(None)
    )
    return session.exec(hidden.order_by(col(Delivery.id))).all()


def message_known_as(session: Session, recipient_id: int, remote_id: str) -> Message | None:
    """The message that the far side gave that id."""
    mine = select(Message).where(Message.recipient_id == recipient_id, Message.remote_id == remote_id)
    return session.exec(mine.order_by(col(Message.id).desc())).first()


class Frozen(NamedTuple):
    """The messages of a slot, not stored yet: one for each part, whose deliveries and their order are fixed from now
    on. The last one carries `more` without showing them."""

    messages: list[Message]
    parts: Sequence[Sequence[Delivery]]
    more: Sequence[Delivery] = ()


def freeze(
    recipient_id: int,
    kind: str,
    slot: str,
    parts: Sequence[Sequence[Delivery]],
    now: datetime,
    *,
    more: Sequence[Delivery] = (),
    coverage: str = "",
) -> Frozen:
    """Make the messages of a slot. The last one says what was covered."""
    messages = [Message(recipient_id=recipient_id, kind=kind, slot=slot, send_at=now, created_at=now) for _ in parts]
    messages[-1].more, messages[-1].coverage = len(more), coverage or None
    return Frozen(messages, parts, more)


def put(session: Session, frozen: Sequence[Frozen]) -> None:
    """Store messages, behind those that their slots have already; and what each of them carries."""
    if not frozen:
        return
    slots = {(one.messages[0].recipient_id, one.messages[0].slot) for one in frozen}
    last = (
        sa.select(col(Message.recipient_id), col(Message.slot), sa.func.max(col(Message.part)))
        .where(
            col(Message.recipient_id).in_({id for id, _ in slots}), col(Message.slot).in_({slot for _, slot in slots})
        )
        .group_by(col(Message.recipient_id), col(Message.slot))
    )
    parts = {(id, slot): part for id, slot, part in session.execute(last)}
    for one in frozen:
        before = parts.get((one.messages[0].recipient_id, one.messages[0].slot), 0)
        for number, message in enumerate(one.messages, 1):
            message.part, message.parts = before + number, before + len(one.messages)
    session.add_all(message for one in frozen for message in one.messages)
    session.flush()
    for messages, carried, more in frozen:
        for message, deliveries in zip(messages, carried, strict=True):
            for rank, delivery in enumerate(deliveries, 1):
                delivery.message_id, delivery.rank = message.id, rank
        for delivery in more:
            delivery.message_id = messages[-1].id
    session.flush()


def has_slot(session: Session, recipient_id: int, slot: str) -> bool:
    """Whether anything was or will be sent to the recipient in that slot."""
    message = select(Message.id).where(Message.recipient_id == recipient_id, Message.slot == slot)
    waits = select(Delivery.id).where(
        Delivery.recipient_id == recipient_id, Delivery.slot == slot, col(Delivery.message_id).is_(None),
        col(Delivery.dropped).is_(None),
    )  # fmt: skip
    return any(session.exec(query.limit(1)).first() is not None for query in (message, waits))


def owe_empty(session: Session, recipient_id: int, slot: str, coverage: str, now: datetime) -> None:
    """Owe the recipient a digest of that slot without papers, which says what was read."""
    session.add(
        Message(
            recipient_id=recipient_id, kind=EMPTY, slot=slot, coverage=coverage or None, send_at=now, created_at=now
        )
    )


def messages_of_day(session: Session, recipient_id: int, day: date) -> Sequence[Message]:
    """The parts of the recipient's digests of that local date."""
    of_day = col(Message.slot).startswith(f"{DIGEST}{day.isoformat()}", autoescape=True)
    return session.exec(
        select(Message).where(Message.recipient_id == recipient_id, of_day).order_by(col(Message.id))
    ).all()


def messages_of_slot(session: Session, recipient_id: int, slot: str) -> Sequence[Message]:
    """The parts of the recipient's message of that slot, in order."""
    mine = select(Message).where(Message.recipient_id == recipient_id, Message.slot == slot)
    return session.exec(mine.order_by(col(Message.part))).all()


def last_digest(session: Session, recipient_id: int) -> datetime | None:
    """When the recipient's last digest was made."""
    query = select(sa.func.max(Message.created_at))
    return session.exec(query.where(Message.recipient_id == recipient_id, Message.kind == "digest")).one()


def drop_for_disabled(session: Session, before: datetime) -> int:
    """Drop what is owed to recipients disabled before that time; how many deliveries that were. A message that they may
    have got is given up."""
    gone = sa.select(col(Recipient.id)).where(col(Recipient.disabled_at) < before)
    drop = sa.update(Delivery).where(
        col(Delivery.recipient_id).in_(gone), col(Delivery.message_id).is_(None), col(Delivery.dropped).is_(None)
    )
    done = session.execute(drop.values(dropped=_TOO_LONG))
    ambiguous = sa.update(Message).where(
        col(Message.recipient_id).in_(gone), col(Message.state).in_(OPEN), col(Message.attempt_started_at).is_(None)
    )
    session.execute(ambiguous.values(state="dead", error=_TOO_LONG))
    return int(done.rowcount)  # type: ignore[attr-defined]


def disable(session: Session, recipients: Iterable[Recipient], reason: str, now: datetime) -> None:
    """Tell these recipients nothing more. What they were about to get is owed to them again, unless it may have
    arrived; a message that somebody is sending right now is left to them."""
    for recipient in recipients:
        recipient.disabled_at, recipient.disabled_reason = recipient.disabled_at or now, reason
        for message in session.exec(
            select(Message).where(
                Message.recipient_id == recipient.id, col(Message.state).in_(OPEN), Message.ambiguous == 0,
                col(Message.attempt_started_at).is_(None),
            )
        ):  # fmt: skip
            unfreeze(session, message)


def told(session: Session, recipient_id: int, paper_id: int) -> list[tuple[Delivery, Message | None]]:
    """All that was or is owed to the recipient for the paper, with the message that carries it."""
    query = (
        sa.select(Delivery, Message)
        .join(Message, col(Message.id) == col(Delivery.message_id), isouter=True)
        .where(col(Delivery.recipient_id) == recipient_id, col(Delivery.paper_id) == paper_id)
        .order_by(col(Delivery.id))
    )
    return [(delivery, message) for delivery, message in session.execute(query)]


def papers_in_slots(session: Session, messages: Sequence[Message]) -> dict[tuple[int, str], int]:
    """How many papers all parts of these messages' slots carry together, by recipient and slot."""
    query = (
        sa.select(col(Message.recipient_id), col(Message.slot), sa.func.count())
        .join(Delivery, col(Message.id) == col(Delivery.message_id))
        .where(
            col(Message.recipient_id).in_({one.recipient_id for one in messages}),
            col(Message.slot).in_({one.slot for one in messages}),
        )
        .group_by(col(Message.recipient_id), col(Message.slot))
    )
    return {(id, slot): count for id, slot, count in session.execute(query)}


def let_go(session: Session, recipient: Recipient, now: datetime) -> None:
    """Let what is held be sent from now on. While a message is attempted, nobody else may get the recipient."""
    if not is_attempted(session, recipient.id or 0):
        recipient.due_at = min(recipient.due_at, now)


def unfreeze(session: Session, message: Message) -> None:
    """Give up a message that was certainly not sent; what it carried is owed again."""
    message.state = "dead"
    session.execute(
        sa.update(Delivery).where(col(Delivery.message_id) == message.id).values(message_id=None, rank=None)
    )
