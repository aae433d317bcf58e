"""What people can do with recipients and subscriptions: one place for the command line, the chat and the web.

Every function takes an engine and `now` (UTC), and raises ValueError with a sentence for the caller's mistakes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot import outbox
from bot.local_time import hour, zone
from bot.models import RHYTHMS, Delivery, Message, Recipient, Subscription
from bot.query import Query, document, matches, parse
from bot.store import outbox as outbox_store
from bot.store import people
from bot.store.engine import Engine, Session, lock_library, reading, writing
from bot.store.merging import resolve
from bot.store.records import load, sources_of
from scrapers.paper import Paper

CHANNELS = ("console", "webhook")


@dataclass(frozen=True)
class Subscribed:
    """A subscription as it was saved."""

    name: str
    text: str


@dataclass(frozen=True)
class Listed:
    """A subscription and where it goes."""

    recipient: Recipient
    subscription: Subscription


@dataclass(frozen=True)
class Why:
    """What a recipient was told of a paper: the deliveries with their messages, and, for each subscription, whether
    it asks for the paper now."""

    id: int
    paper: Paper
    told: tuple[tuple[Delivery, Message | None], ...]
    asks: tuple[tuple[Subscription, bool], ...]


def split_address(address: str) -> tuple[str, str]:
    """The channel and the place of `channel:place`."""
    channel, colon, place = address.partition(":")
    if not colon or channel not in CHANNELS:
        raise ValueError(f"{address!r} is not an address; write one of {', '.join(c + ':…' for c in CHANNELS)}")
    return channel, place.strip()


def check(
    engine: Engine,
    address: tuple[str, str],
    text: str,
    *,
    name: str | None,
    rhythm: str,
    at: str | None,
    zone_name: str | None,
) -> Query:
    """The query of a subscription that could be saved so. Raises what `subscribe` would."""
    query = parse(text)
    _check_rhythm(rhythm, at)
    if zone_name:
        zone(zone_name)
    with reading(engine) as session:
        if recipient := people.find_recipient(session, *address):
            _refuse_taken(session, recipient, _named(name, text))
    return query


def subscribe(
    engine: Engine,
    address: tuple[str, str],
    text: str,
    *,
    now: datetime,
    name: str | None = None,
    rhythm: str = "instant",
    at: str | None = None,
    zone_name: str | None = None,
    default_zone: str = "UTC",
) -> Subscribed:
    """Save a subscription; what it matches from now on is told. A zone is the recipient's, for all subscriptions.

    The name, by default the query, must be new for the recipient.
    """
    query = parse(text)
    _check_rhythm(rhythm, at)
    zone_key = zone(zone_name).key if zone_name else None
    name = _named(name, text)
    with writing(engine) as session:
        lock_library(session)
        recipient = _recipient(session, address, now, default_zone)
        _refuse_taken(session, recipient, name)
        recipient.zone = zone_key or recipient.zone
        sub = Subscription(
            recipient_id=recipient.id or 0,
            name=name,
            text=query.text,
            key=query.key,
            rhythm=rhythm,
            at=f"{hour(at):%H:%M}" if at else None,
            created_at=now,
        )
        people.mark_changed(session, sub)
        session.add(sub)
    return Subscribed(name, query.text)


def _named(name: str | None, text: str) -> str:
    return (name or text).strip()


def _refuse_taken(session: Session, recipient: Recipient, name: str) -> None:
    if people.find_subscription(session, recipient.id or 0, name):
        address = f"{recipient.channel}:{recipient.address}"
        raise ValueError(f"{address} has a subscription called {name!r} already; give this one a --name")


def _check_rhythm(rhythm: str, at: str | None) -> None:
    if rhythm not in RHYTHMS:
        raise ValueError(f"{rhythm!r} is not a rhythm; there are {', '.join(RHYTHMS)}")
    if at:
        hour(at)
        if rhythm == "instant":
            raise ValueError("an instant subscription has no hour; add --rhythm daily, or leave --at out")


def _recipient(session: Session, address: tuple[str, str], now: datetime, default_zone: str) -> Recipient:
    channel, place = address
    found = people.find_recipient(session, channel, place)
    if found:
        return found
    owner = people.person(session, *people.OPERATOR, now)
    recipient = Recipient(
        person_id=owner.id or 0, channel=channel, address=place, zone=default_zone, due_at=now, confirmed_at=now,
        created_at=now,
    )  # fmt: skip
    session.add(recipient)
    session.flush()
    return recipient


def list_all(engine: Engine, address: tuple[str, str] | None = None) -> list[Listed]:
    """All subscriptions, or those of one address."""
    with reading(engine) as session:
        session.expire_on_commit = False
        known = {r.id: r for r in people.recipients(session) if address in (None, (r.channel, r.address))}
        rows = [Listed(known[s.recipient_id], s) for s in people.subscriptions(session) if s.recipient_id in known]
        session.expunge_all()
        return rows


def _existing(session: Session, address: tuple[str, str]) -> Recipient:
    found = people.find_recipient(session, *address)
    if not found:
        raise ValueError(f"nobody is subscribed at {':'.join(address)}")
    return found


def _subscription(session: Session, address: tuple[str, str], name: str) -> Subscription:
    recipient = _existing(session, address)
    by_name = people.find_subscription(session, recipient.id or 0, name)
    if by_name:
        return by_name
    names = [s.name for s in people.subscriptions(session, recipient.id)]
    raise ValueError(f"{':'.join(address)} has no subscription called {name!r}; it has {', '.join(map(repr, names))}")


def edit(
    engine: Engine,
    address: tuple[str, str],
    name: str,
    *,
    text: str | None = None,
    new_name: str | None = None,
    rhythm: str | None = None,
    at: str | None = None,
) -> Subscription:
    """Change a subscription. What is queued for it and not asked for any more will not be sent."""
    query = parse(text) if text else None
    with writing(engine) as session:
        session.expire_on_commit = False
        lock_library(session)
        sub = _subscription(session, address, name)
        _check_rhythm(rhythm or sub.rhythm, at)
        if new_name and new_name != name and people.find_subscription(session, sub.recipient_id, new_name):
            raise ValueError(f"{':'.join(address)} has a subscription called {new_name!r} already")
        if query:
            sub.text, sub.key, sub.revision = query.text, query.key, sub.revision + 1
            people.mark_changed(session, sub)
        sub.name, sub.rhythm = new_name or sub.name, rhythm or sub.rhythm
        sub.at = None if sub.rhythm == "instant" else (f"{hour(at):%H:%M}" if at else sub.at)
        return sub


def mute(engine: Engine, address: tuple[str, str], name: str, until: datetime | None) -> Subscription:
    """Tell nothing for this subscription until then (None: from now on again); what matches meanwhile is not told
    later."""
    with writing(engine) as session:
        session.expire_on_commit = False
        sub = _subscription(session, address, name)
        sub.muted_until = until
        return sub


def pause(engine: Engine, address: tuple[str, str], now: datetime) -> None:
    """Tell the recipient nothing; what matches meanwhile waits, and comes as one digest at the return."""
    with writing(engine) as session:
        recipient = _existing(session, address)
        recipient.paused_at = recipient.paused_at or now


def resume(engine: Engine, address: tuple[str, str], now: datetime) -> int:
    """End a pause, and let a recipient that was disabled be tried again; how many papers waited."""
    with writing(engine) as session:
        recipient = _existing(session, address)
        if recipient.paused_at or recipient.disabled_at:
            recipient.returned_at, recipient.due_at = now, now
        recipient.paused_at = recipient.disabled_at = recipient.disabled_reason = None
        return len(outbox_store.due_deliveries(session, recipient.id or 0, now))


def unsubscribe(engine: Engine, address: tuple[str, str], name: str | None = None) -> list[str]:
    """Remove one subscription, or (None) the recipient with all of them and everything that is queued for it; the
    names of what was removed."""
    with writing(engine) as session:
        lock_library(session)
        if name is not None:
            session.delete(_subscription(session, address, name))
            return [name]
        recipient = _existing(session, address)
        names = [s.name for s in people.subscriptions(session, recipient.id)]
        people.erase_recipient(session, recipient)
        return names


def why(engine: Engine, address: tuple[str, str], paper_id: int, now: datetime) -> Why:
    """What the recipient was told of a paper, when and for which reasons, or why not."""
    with reading(engine) as session:
        session.expire_on_commit = False
        recipient = _existing(session, address)
        id = resolve(session, paper_id)
        paper = load(session, {id})[id]
        prepared = document(paper, sources_of(session, {id}).get(id, frozenset()))
        subs: Sequence[Subscription] = people.subscriptions(session, recipient.id)
        asks = tuple((s, matches(outbox.query_of(s.text), prepared, now)) for s in subs)
        told = tuple(outbox_store.told(session, recipient.id or 0, id))
        session.expunge_all()
        return Why(id, paper, told, asks)
