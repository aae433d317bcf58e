"""People, the places where they are told things, and what they ask for."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.models import Person, Recipient, Saved, Subscription
from bot.outbox import Watch
from bot.store.engine import upsert

OPERATOR = ("operator", "")


def person(session: Session, kind: str, account: str, now: datetime) -> Person:
    """The person's row, made where there is none."""
    insert = upsert(session, Person).values(kind=kind, account=account, created_at=now)
    session.execute(insert.on_conflict_do_nothing(index_elements=["kind", "account"]))
    return session.exec(select(Person).where(Person.kind == kind, Person.account == account)).one()


def find_recipient(session: Session, channel: str, address: str, topic: int = 0) -> Recipient | None:
    """The recipient of that address, if it is known."""
    return session.exec(
        select(Recipient).where(Recipient.channel == channel, Recipient.address == address, Recipient.topic == topic)
    ).one_or_none()


def recipients(session: Session) -> Sequence[Recipient]:
    """All recipients, oldest first."""
    return session.exec(select(Recipient).order_by(col(Recipient.id))).all()


def subscriptions(session: Session, recipient_id: int | None = None) -> Sequence[Subscription]:
    """The subscriptions of a recipient (None: of all), oldest first."""
    query = select(Subscription).order_by(col(Subscription.id))
    return session.exec(query if recipient_id is None else query.where(Subscription.recipient_id == recipient_id)).all()


def find_subscription(session: Session, recipient_id: int, name: str) -> Subscription | None:
    """The recipient's subscription of that name."""
    return session.exec(
        select(Subscription).where(Subscription.recipient_id == recipient_id, Subscription.name == name)
    ).one_or_none()


def watches(session: Session, recipient_id: int | None = None) -> list[Watch]:
    """All subscriptions (of one recipient, or of everyone) with what matching needs of their recipients."""
    query = sa.select(Subscription, Recipient).join(Recipient, col(Recipient.id) == col(Subscription.recipient_id))
    if recipient_id is not None:
        query = query.where(col(Recipient.id) == recipient_id)
    return [_watch(sub, recipient) for sub, recipient in session.execute(query.order_by(col(Subscription.id)))]


def _watch(sub: Subscription, recipient: Recipient) -> Watch:
    return Watch(
        id=sub.id or 0,
        recipient_id=sub.recipient_id,
        name=sub.name,
        text=sub.text,
        key=sub.key,
        revision=sub.revision,
        rhythm=sub.rhythm,
        at=sub.at or recipient.digest_at,
        zone=recipient.zone,
        weekday=sub.weekday,
        versions=sub.versions,
        muted_until=sub.muted_until,
    )


def erase_recipient(session: Session, recipient: Recipient) -> None:
    """Remove a recipient with its subscriptions and everything that is queued for it or was sent to it; the person
    too, with their bookmarks, where it was their last one."""
    owner = recipient.person_id
    session.delete(recipient)
    session.flush()
    if session.exec(select(Recipient).where(Recipient.person_id == owner)).first() is None:
        session.execute(sa.delete(Saved).where(col(Saved.person_id) == owner))
        session.execute(sa.delete(Person).where(col(Person.id) == owner))
