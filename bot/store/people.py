"""People, the places where they are told things, and what they ask for."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, SQLModel, col, select
from sqlmodel.sql.expression import SelectOfScalar

from bot.models import Clipping, Counter, Delivery, Draft, Message, Person, Recipient, Saved, Subscription
from bot.outbox import Watch
from bot.store.engine import upsert
from bot.store.records import among, slices

OPERATOR = ("operator", "")


def person(session: Session, kind: str, account: str, now: datetime) -> Person:
    """The person's row, made where there is none."""
    insert = upsert(session, Person).values(kind=kind, account=account, created_at=now)
    session.execute(insert.on_conflict_do_nothing(index_elements=["kind", "account"]))
    return session.exec(select(Person).where(Person.kind == kind, Person.account == account)).one()


def find_person(session: Session, kind: str, account: str) -> Person | None:
    """The person's row, if there is one."""
    return session.exec(select(Person).where(Person.kind == kind, Person.account == account)).one_or_none()


def find_recipient(session: Session, channel: str, address: str, topic: int = 0) -> Recipient | None:
    """The recipient of that address, if it is known."""
    return session.exec(
        select(Recipient).where(Recipient.channel == channel, Recipient.address == address, Recipient.topic == topic)
    ).one_or_none()


def existing_recipient(session: Session, channel: str, address: str) -> Recipient:
    """The recipient of that address. Raises ValueError where nobody is known there."""
    if found := find_recipient(session, channel, address):
        return found
    raise ValueError(f"nobody is subscribed at {channel}:{address}")


def recipients_at(session: Session, channel: str, chat: str) -> Sequence[Recipient]:
    """The recipients of a chat and of all its topics (`chat/42`), by number; nobody else changes them until the
    transaction ends."""
    query = _at(channel, chat).with_for_update(key_share=True).execution_options(populate_existing=True)
    return session.exec(query).all()


def at_chat(session: Session, channel: str, chat: str) -> Sequence[Recipient]:
    """The recipients of a chat and of all its topics, only to be looked at."""
    return session.exec(_at(channel, chat)).all()


def _at(channel: str, chat: str) -> SelectOfScalar[Recipient]:
    here = (col(Recipient.address) == chat) | col(Recipient.address).startswith(f"{chat}/", autoescape=True)
    return select(Recipient).where(Recipient.channel == channel, here).order_by(col(Recipient.id))


def wanting_empty_days(session: Session) -> Sequence[Recipient]:
    """Those who want to be told of days without papers, and of anything at all now."""
    wants = select(Recipient).where(
        col(Recipient.digest_empty), col(Recipient.paused_at).is_(None), col(Recipient.disabled_at).is_(None),
        col(Recipient.confirmed_at).is_not(None),
    )  # fmt: skip
    return session.exec(wants.order_by(col(Recipient.id))).all()


def recipients(session: Session) -> Sequence[Recipient]:
    """All recipients, oldest first."""
    return session.exec(select(Recipient).order_by(col(Recipient.id))).all()


def places_of(session: Session, person_id: int) -> Sequence[Recipient]:
    """A person's recipients, oldest first."""
    return session.exec(select(Recipient).where(Recipient.person_id == person_id).order_by(col(Recipient.id))).all()


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


def queries_with(session: Session, word: str) -> list[tuple[str, int]]:
    """The queries that have that word somewhere, and how many subscriptions have each."""
    query = (
        sa.select(col(Subscription.text), sa.func.count())
        .where(sa.func.lower(col(Subscription.text)).contains(word, autoescape=True))
        .group_by(col(Subscription.text))
    )
    return [(text, count) for text, count in session.execute(query)]


def watches(session: Session, recipient_id: int) -> list[Watch]:
    """The recipient's subscriptions with what matching needs of the recipient."""
    return list(watches_by_recipient(session, [recipient_id]).get(recipient_id, {}).values())


def watches_by_recipient(session: Session, recipient_ids: Collection[int]) -> dict[int, dict[int, Watch]]:
    """The same for several recipients, by recipient and id of the subscription."""
    found = defaultdict[int, dict[int, Watch]](dict)
    for row in session.execute(_WATCHES.where(_recipient.c.id.in_(recipient_ids))):
        watch = Watch._make(row)
        found[watch.recipient_id][watch.id] = watch
    return found


def watches_of(session: Session, ids: Collection[int]) -> dict[int, Watch]:
    """Those of these subscriptions that there are."""
    found: dict[int, Watch] = {}
    for some in slices(sorted(ids), _LOOKED_UP):
        rows = session.execute(_WATCHES.where(among(session, _subscription.c.id, some))).all()
        found.update((row[0], Watch._make(row)) for row in rows)
    return found


# Of 5,000 subscriptions PostgreSQL looks up the recipients by reading all of a million: 148 ms, and 6 for each 1,000.
_LOOKED_UP = 1_000
_subscription: sa.Table = Subscription.__table__  # type: ignore[attr-defined]
_recipient: sa.Table = Recipient.__table__  # type: ignore[attr-defined]
# The fields of Watch in their order. A paper of a busy day has thousands: rows cost a quarter of what objects do.
_WATCHES = (
    sa.select(
        _subscription.c.id,
        _subscription.c.recipient_id,
        _subscription.c.name,
        _subscription.c.text,
        _subscription.c.key,
        _subscription.c.revision,
        _subscription.c.rhythm,
        sa.func.coalesce(_subscription.c.at, _recipient.c.digest_at),
        _recipient.c.zone,
        sa.func.coalesce(_subscription.c.weekday, _recipient.c.digest_weekday),
        _subscription.c.told_on,
        _subscription.c.versions,
        _subscription.c.muted_until,
        _subscription.c.created_at,
    )
    .join(_recipient, _recipient.c.id == _subscription.c.recipient_id)
    .order_by(_subscription.c.id)
)


def count_subscriptions(session: Session, person_id: int) -> int:
    """How many subscriptions a person has, at all addresses."""
    query = sa.select(sa.func.count()).select_from(Subscription).join(Recipient)
    return int(session.execute(query.where(col(Recipient.person_id) == person_id)).scalar_one())


def save_paper(session: Session, person_id: int, paper_id: int, now: datetime) -> bool:
    """Bookmark a paper; whether it was not yet."""
    insert = upsert(session, Saved).values(person_id=person_id, paper_id=paper_id, verdict="saved", saved_at=now)
    inserted = session.execute(insert.on_conflict_do_nothing().returning(col(Saved.paper_id)))
    return inserted.scalar() is not None


def unsave_paper(session: Session, person_id: int, paper_id: int) -> bool:
    """Remove a bookmark; whether there was one."""
    gone = sa.delete(Saved).where(col(Saved.person_id) == person_id, col(Saved.paper_id) == paper_id)
    return bool(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def saved_papers(session: Session, person_id: int) -> list[int]:
    """The ids of the papers that a person bookmarked, the last first."""
    query = select(col(Saved.paper_id)).where(Saved.person_id == person_id)
    return list(session.exec(query.order_by(col(Saved.saved_at).desc(), col(Saved.paper_id).desc())).all())


def everything_of(session: Session, person_id: int) -> dict[str, Any]:
    """All rows that belong to a person, as plain values."""
    person = session.get_one(Person, person_id)
    places = places_of(session, person_id)
    return {
        "person": _values(person),
        "recipients": [_everything_at(session, place) for place in places],
        "saved": _rows(session, select(Saved).where(Saved.person_id == person_id)),
        "kept": _rows(session, select(Clipping).where(Clipping.person_id == person_id)),
        "dialogs": _rows(session, select(Draft).where(Draft.account == person.account)),
    }


def everything_at(session: Session, recipient_id: int) -> dict[str, Any]:
    """All rows that belong to one place, as plain values; but no code, which proves that somebody reads its mail."""
    recipient = session.get_one(Recipient, recipient_id)
    asked = select(Draft).where(Draft.account == recipient.address, Draft.kind != "code")
    return {"recipients": [_everything_at(session, recipient)], "dialogs": _rows(session, asked)}


def _everything_at(session: Session, recipient: Recipient) -> dict[str, Any]:
    mine = {
        "subscriptions": select(Subscription).where(Subscription.recipient_id == recipient.id),
        "deliveries": select(Delivery).where(Delivery.recipient_id == recipient.id),
        "messages": select(Message).where(Message.recipient_id == recipient.id),
    }
    return {**_values(recipient), **{name: _rows(session, query) for name, query in mine.items()}}


def _rows(session: Session, query: Any) -> list[dict[str, Any]]:
    return [_values(row) for row in session.exec(query).all()]


def _values(row: SQLModel) -> dict[str, Any]:
    """A row as plain values, in the order of its columns."""
    values = row.model_dump(mode="json")
    return {name: values[name] for name in type(row).model_fields}


def mark_told(session: Session, ids: Collection[int], day: date) -> None:
    """Note the local date of the last digest of these subscriptions."""
    later = sa.or_(col(Subscription.told_on).is_(None), col(Subscription.told_on) < day)
    session.execute(sa.update(Subscription).where(col(Subscription.id).in_(ids), later).values(told_on=day))


def erase_recipient(session: Session, recipient: Recipient) -> None:
    """Remove a recipient with its subscriptions and everything that is queued for it or was sent to it; the person
    too, with their bookmarks, where it was their last one."""
    owner = session.get_one(Person, recipient.person_id)
    session.delete(recipient)
    session.flush()
    if session.exec(select(Recipient).where(Recipient.person_id == owner.id)).first() is None:
        erase_person(session, owner)


def erase_person(session: Session, person: Person) -> None:
    """Remove a person with all that is theirs; what hangs on it goes with it."""
    session.delete(person)
    session.flush()


def numbers(session: Session) -> dict[str, int]:
    """How many recipients and subscriptions there are, and how many recipients are paused or disabled."""
    counted = {
        "recipients": sa.select(sa.func.count()).select_from(Recipient),
        "subscriptions": sa.select(sa.func.count()).select_from(Subscription),
        "paused": sa.select(sa.func.count()).select_from(Recipient).where(col(Recipient.paused_at).is_not(None)),
        "disabled": sa.select(sa.func.count()).select_from(Recipient).where(col(Recipient.disabled_at).is_not(None)),
    }
    return {name: int(session.execute(query).scalar_one()) for name, query in counted.items()}
