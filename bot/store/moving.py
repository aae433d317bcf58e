"""A chat that has another address now: its recipients move, and are united with those that are there already.

Nothing that is owed is lost, and nothing is told twice: where both were owed a paper, the one that got further counts.
"""

from collections.abc import Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.models import PAST, Clipping, Delivery, Draft, Message, Person, Recipient, Saved, Subscription
from bot.store import people
from bot.store.outbox import let_go

_Key = tuple[int, str]


def move_chat(session: Session, channel: str, old: str, new: str, now: datetime) -> int:
    """Give all recipients of a chat, with its topics, the new address; how many there were. Call it under the library's
    lock: subscriptions move."""
    moving = people.recipients_at(session, channel, old)
    there = {one.address: one for one in people.recipients_at(session, channel, new)} if moving else {}
    for recipient in moving:
        address = new + recipient.address.removeprefix(old)
        if old == new:
            continue
        if address in there:
            _unite(session, recipient, there[address], now)
        else:
            recipient.address = address
    session.flush()
    if old != new:
        _move_owner(session, channel, old, new)
    return len(moving)


def _move_owner(session: Session, kind: str, old: str, new: str) -> None:
    """A group owns its recipients itself, so it takes its new number as a person, too."""
    session.execute(sa.update(Draft).where(col(Draft.place) == old).values(place=new))
    owner, other = people.find_person(session, kind, old), people.find_person(session, kind, new)
    if owner is None:
        return
    if other is None:
        owner.account = new
    else:
        for table in (Recipient, Clipping):
            session.execute(sa.update(table).where(col(table.person_id) == owner.id).values(person_id=other.id))
        _remove_person(session, owner.id or 0)
    session.flush()


def _unite(session: Session, old: Recipient, kept: Recipient, now: datetime) -> None:
    twins = _move_subscriptions(session, old, kept)
    session.flush()
    _move_deliveries(session, old, kept, twins)
    session.flush()
    _move_messages(session, old, kept)
    session.flush()
    let_go(session, kept, now)
    owner = old.person_id
    session.expire(old)
    session.delete(old)
    session.flush()
    _remove_person(session, owner)


def _move_subscriptions(session: Session, old: Recipient, kept: Recipient) -> dict[int, int]:
    """Give the subscriptions their new owner, but those that it has already; which of its own those are."""
    there = {_asked(sub): sub for sub in people.subscriptions(session, kept.id or 0)}
    names, twins = {sub.name for sub in there.values()}, {}
    for sub in people.subscriptions(session, old.id or 0):
        if twin := there.get(_asked(sub)):
            twins[sub.id or 0] = twin.id or 0
            session.delete(sub)
            continue
        sub.recipient_id, sub.name = kept.id or 0, _free(sub.name, names)
        names.add(sub.name)
    return twins


def _asked(sub: Subscription) -> tuple[object, ...]:
    return sub.key, sub.rhythm, sub.at, sub.weekday, sub.versions


def _free(name: str, taken: set[str]) -> str:
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name} ({number})"
    return free


def _move_deliveries(session: Session, old: Recipient, kept: Recipient, twins: Mapping[int, int]) -> None:
    there = {key: (theirs, message) for key, theirs, message in _deliveries(session, kept.id or 0)}
    for (paper_id, kind), mine, message in _deliveries(session, old.id or 0):
        mine.reasons = [
            {**one, "subscription": twins.get(one["subscription"], one["subscription"])} for one in mine.reasons
        ]
        key = paper_id, _renamed(kind, twins)
        if key not in there:
            mine.recipient_id, mine.kind = kept.id or 0, key[1]
            continue
        theirs, other = there[key]
        if _progress(mine, message) > _progress(theirs, other):
            _remove(session, theirs, other)
            mine.recipient_id, mine.kind = kept.id or 0, key[1]
            continue
        if _progress(mine, message) == _progress(theirs, other) == _WAITING:
            _join(theirs, mine)
        _remove(session, mine, message)


def _deliveries(session: Session, recipient_id: int) -> list[tuple[_Key, Delivery, Message | None]]:
    query = sa.select(Delivery, Message).join(Message, col(Message.id) == col(Delivery.message_id), isouter=True)
    rows = session.execute(query.where(col(Delivery.recipient_id) == recipient_id).order_by(col(Delivery.id))).all()
    return [((delivery.paper_id, delivery.kind), delivery, message) for delivery, message in rows]


def _renamed(kind: str, twins: Mapping[int, int]) -> str:
    what, _, number = kind.partition(":")
    return f"rise:{twins.get(int(number), int(number))}" if what == "rise" else kind


_DROPPED, _DEAD, _WAITING, _FROZEN, _TOLD = range(5)


def _progress(delivery: Delivery, message: Message | None) -> int:
    """How far a delivery got. What is being sent, or may have arrived, counts as told."""
    if delivery.slot == PAST:
        return _TOLD
    if message is None:
        return _DROPPED if delivery.dropped else _WAITING
    if message.state == "sent" or message.attempt_started_at or message.ambiguous:
        return _TOLD
    return _DEAD if message.state == "dead" else _FROZEN


def _join(theirs: Delivery, mine: Delivery) -> None:
    """One delivery for the reasons of both, at the earlier time."""
    known = {reason["subscription"] for reason in theirs.reasons}
    theirs.reasons = [*theirs.reasons, *(one for one in mine.reasons if one["subscription"] not in known)]
    if mine.send_at < theirs.send_at:
        theirs.slot, theirs.send_at = mine.slot, mine.send_at


def _remove(session: Session, delivery: Delivery, message: Message | None) -> None:
    """Take a delivery out of its message; a message that carries nothing any more goes."""
    session.delete(delivery)
    session.flush()
    if message is None or message.state == "sent" or message.attempt_started_at:
        return
    message.more -= delivery.rank is None
    if session.exec(select(Delivery.id).where(Delivery.message_id == message.id).limit(1)).first() is None:
        session.delete(message)
        session.flush()


def _move_messages(session: Session, old: Recipient, kept: Recipient) -> None:
    """Give the messages their new owner. A slot that both have gets another name, so that its parts stay together."""
    there = set(session.exec(select(Message.slot).where(Message.recipient_id == kept.id)).all())
    for message in session.exec(select(Message).where(Message.recipient_id == old.id)).all():
        message.recipient_id = kept.id or 0
        message.slot = f"{message.slot} from {old.id}" if message.slot in there else message.slot


def _remove_person(session: Session, id: int) -> None:
    """Remove a person who has no address and no bookmarks any more."""
    for table in (Recipient, Saved):
        if session.exec(select(sa.literal(1)).select_from(table).where(table.person_id == id).limit(1)).first():
            return
    session.execute(sa.delete(Person).where(col(Person.id) == id))
