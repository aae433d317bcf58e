"""People, the places where they are told things, and what they ask for."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.models import Counter, Person, Recipient, Saved, Subscription
from bot.outbox import Watch
from bot.store.engine import upsert
from bot.store.records import slices

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


def mark_changed(session: Session, subscription: Subscription) -> None:
    """Number the change of what the subscription asks for, so that every index learns of it. Call it under the
    library's lock: then nobody sees a number before all smaller ones."""
    insert = upsert(session, Counter).values(name="subscriptions", value=1)
    counted = insert.on_conflict_do_update(index_elements=["name"], set_={"value": col(Counter.value) + 1})
    subscription.changed_in = session.execute(counted.returning(col(Counter.value))).scalar_one()


def changed_since(session: Session, change: int) -> Iterator[tuple[int, str, int]]:
    """Id, query and number of the change of each subscription that was changed after that one, in order."""
    query = sa.select(col(Subscription.id), col(Subscription.text), col(Subscription.changed_in))
    query = query.where(col(Subscription.changed_in) > change).order_by(col(Subscription.changed_in))
    for row in session.execute(query.execution_options(yield_per=1_000)):
        yield row.id, row.text, row.changed_in


def watches(session: Session, recipient_id: int) -> list[Watch]:
    """The recipient's subscriptions with what matching needs of the recipient."""
    return [_watch(*row) for row in session.execute(_WATCHES.where(col(Recipient.id) == recipient_id))]


def watches_of(session: Session, ids: Collection[int]) -> dict[int, Watch]:
    """Those of these subscriptions that there are."""
    found: dict[int, Watch] = {}
    for some in slices(sorted(ids)):
        rows = session.execute(_WATCHES.where(col(Subscription.id).in_(some)))
        found.update((sub.id, _watch(sub, recipient)) for sub, recipient in rows)
    return found


_WATCHES = (
    sa.select(Subscription, Recipient)
    .join(Recipient, col(Recipient.id) == col(Subscription.recipient_id))
    .order_by(col(Subscription.id))
)


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
