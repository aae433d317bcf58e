"""What people can do with subscriptions: one place for the command line, the chat and the web.

Every function takes an engine and `now` (UTC), and raises ValueError with a sentence for the caller's mistakes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from bot import outbox
from bot.local_time import hour, instant, weekday, zone
from bot.models import RHYTHMS, Delivery, Message, Recipient, Subscription
from bot.query import Query, document, matches, parse
from bot.recipients import introduced, move_waiting
from bot.store import chats, people
from bot.store import outbox as outbox_store
from bot.store.engine import Engine, Session, lock_library, reading, writing
from bot.store.merging import resolve
from bot.store.records import load, sources_of
from scrapers.paper import Paper


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


@dataclass(frozen=True)
class Rhythm:
    """When a subscription is told: instant, daily, weekdays or weekly, with an hour (HH:MM) and a weekday of its own,
    or (None) the recipient's. Raises ValueError."""

    name: str = "instant"
    at: str | None = None
    weekday: str | None = None

    def __post_init__(self) -> None:
        if self.name not in RHYTHMS:
            raise ValueError(f"{self.name!r} is not a rhythm; there are {', '.join(RHYTHMS)}")
        if self.name == "instant" and self.at:
            raise ValueError("an instant subscription has no hour; add --rhythm daily, or leave --at out")
        if self.name != "weekly" and self.weekday:
            raise ValueError("only a weekly subscription has a weekday; add --rhythm weekly, or leave --weekday out")
        object.__setattr__(self, "at", f"{hour(self.at):%H:%M}" if self.at else None)

    @property
    def day(self) -> int | None:
        """The weekday; Monday is 0."""
        return weekday(self.weekday) if self.weekday else None


def check(engine: Engine, address: tuple[str, str], text: str, *, name: str | None, zone_name: str | None) -> Query:
    """The query of a subscription that could be saved so. Raises what `subscribe` would."""
    query = parse(text)
    if zone_name:
        zone(zone_name)
    with reading(engine) as session:
        if recipient := people.find_recipient(session, *address):
            _refuse_taken(session, recipient, _named(name, text))
    return query


INSTANT = Rhythm()


def subscribe(
    engine: Engine,
    address: tuple[str, str],
    text: str,
    *,
    now: datetime,
    name: str | None = None,
    rhythm: Rhythm = INSTANT,
    zone_name: str | None = None,
    default_zone: str = "UTC",
    owner: tuple[str, str] = people.OPERATOR,
    most: int | None = None,
    language: str = "en",
    versions: bool = False,
) -> Subscribed:
    """Save a subscription; what it matches from now on is told. A zone is the recipient's, for all subscriptions.

    The name, by default the query, must be new for the recipient. The owner, a person by kind and account, may have
    `most` subscriptions. A new recipient speaks `language`. `versions`: new versions of papers are told too.
    """
    zone_key = zone(zone_name).key if zone_name else None
    with writing(engine) as session:
        lock_library(session)
        recipient = introduced(session, address, owner, now, default_zone, language)
        saved = add(session, recipient, text, now=now, name=name, rhythm=rhythm, most=most, versions=versions)
        if zone_key and zone_key != recipient.zone:
            recipient.zone = zone_key
            move_waiting(session, recipient, now)
    return saved


def add(
    session: Session, recipient: Recipient, text: str, *, now: datetime, name: str | None, rhythm: Rhythm,
    most: int | None, versions: bool = False,
) -> Subscribed:  # fmt: skip
    """Save a subscription, as `subscribe` does; under the library's lock."""
    query, name = parse(text), _named(name, text)
    _refuse_taken(session, recipient, name)
    if most is not None and people.count_subscriptions(session, recipient.person_id) >= most:
        raise ValueError(f"there are {most} subscriptions already, and no more can be had; remove one first")
    sub = Subscription(
        recipient_id=recipient.id or 0,
        name=name,
        text=query.text,
        key=query.key,
        rhythm=rhythm.name,
        at=rhythm.at,
        weekday=rhythm.day,
        versions=versions,
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
        raise ValueError(f"{address} has a subscription called {name!r} already; give this one another --name")


def list_all(engine: Engine, address: tuple[str, str] | None = None) -> list[Listed]:
    """All subscriptions, or those of one address."""
    with reading(engine) as session:
        session.expire_on_commit = False
        if address:
            one = people.find_recipient(session, *address)
            known = {one.id: one} if one else {}
        else:
            known = {each.id: each for each in people.recipients(session)}
        only = next(iter(known), None) if address else None
        rows = people.subscriptions(session, only) if known else []
        listed = [Listed(known[sub.recipient_id], sub) for sub in rows]
        session.expunge_all()
        return listed


def elsewhere(engine: Engine, address: tuple[str, str]) -> int:
    """How many subscriptions the other topics of that address's chat have."""
    channel, place = address
    with reading(engine) as session:
        here = people.at_chat(session, channel, place.partition("/")[0])
        return sum(len(people.subscriptions(session, one.id)) for one in here if one.address != place)


def named(engine: Engine, id: int) -> Listed | None:
    """The subscription of that id, with its recipient."""
    with reading(engine) as session:
        session.expire_on_commit = False
        sub = session.get(Subscription, id)
        found = Listed(session.get_one(Recipient, sub.recipient_id), sub) if sub else None
        session.expunge_all()
        return found


def count(engine: Engine, owner: tuple[str, str]) -> int:
    """How many subscriptions a person has, at all addresses."""
    with reading(engine) as session:
        known = people.find_person(session, *owner)
        return people.count_subscriptions(session, known.id or 0) if known else 0


def _subscription(session: Session, address: tuple[str, str], name: str) -> Subscription:
    recipient = people.existing_recipient(session, *address)
    by_name = people.find_subscription(session, recipient.id or 0, name)
    if by_name:
        return by_name
    names = ", ".join(repr(s.name) for s in people.subscriptions(session, recipient.id))
    raise ValueError(f"{':'.join(address)} has no subscription called {name!r}; it has {names or 'none'}")


def edit(
    engine: Engine,
    address: tuple[str, str],
    name: str,
    *,
    now: datetime,
    text: str | None = None,
    new_name: str | None = None,
    rhythm: str | None = None,
    at: str | None = None,
    weekday_name: str | None = None,
    as_usual: bool = False,
    versions: bool | None = None,
) -> Subscription:
    """Change a subscription. What is queued for it and not asked for any more will not be sent, and what waits comes at
    the new time. An hour and a weekday that are not given stay, or (`as_usual`) are the recipient's. `versions` says
    whether new versions are told from now on."""
    query = parse(text) if text else None
    with writing(engine) as session:
        session.expire_on_commit = False
        lock_library(session)
        sub = _subscription(session, address, name)
        wanted = Rhythm(rhythm or sub.rhythm, at, weekday_name)
        if new_name and new_name != name:
            _refuse_taken(session, session.get_one(Recipient, sub.recipient_id), new_name)
        if query:
            sub.text, sub.key, sub.revision = query.text, query.key, sub.revision + 1
            people.mark_changed(session, sub)
        sub.name, sub.rhythm = new_name or sub.name, wanted.name
        sub.versions = sub.versions if versions is None else versions
        hour_kept, day_kept = (None, None) if as_usual else (sub.at, sub.weekday)
        sub.at = None if wanted.name == "instant" else wanted.at or hour_kept
        sub.weekday = None if wanted.name != "weekly" else day_kept if wanted.day is None else wanted.day
        session.flush()
        move_waiting(session, session.get_one(Recipient, sub.recipient_id), now)
        return sub


def mute(engine: Engine, address: tuple[str, str], name: str, until: datetime | date | None) -> Subscription:
    """Tell nothing for this subscription until then (a date: until it begins where the recipient is; None: from now on
    again); what matches meanwhile is not told later."""
    with writing(engine) as session:
        session.expire_on_commit = False
        sub = _subscription(session, address, name)
        if until is None or isinstance(until, datetime):
            sub.muted_until = until
        else:
            sub.muted_until = instant(until, time(), zone(session.get_one(Recipient, sub.recipient_id).zone))
        return sub


def unsubscribe(engine: Engine, address: tuple[str, str], name: str | None = None) -> list[str]:
    """Remove one subscription, or (None) the recipient with all of them and everything that is queued for it; the
    names of what was removed."""
    with writing(engine) as session:
        lock_library(session)
        if name is not None:
            session.delete(_subscription(session, address, name))
            return [name]
        recipient = people.existing_recipient(session, *address)
        names = [s.name for s in people.subscriptions(session, recipient.id)]
        if recipient.channel == "email":
            chats.forget_account(session, recipient.address)
        people.erase_recipient(session, recipient)
        return names


def end(engine: Engine, id: int) -> None:
    """Remove the subscription of that id, if it is there still."""
    with writing(engine) as session:
        lock_library(session)
        if sub := session.get(Subscription, id):
            session.delete(sub)


def why(engine: Engine, address: tuple[str, str], paper_id: int, now: datetime) -> Why:
    """What the recipient was told of a paper, when and for which reasons, or why not."""
    with reading(engine) as session:
        session.expire_on_commit = False
        recipient = people.existing_recipient(session, *address)
        id = resolve(session, paper_id)
        paper = load(session, {id})[id]
        prepared = document(paper, sources_of(session, {id}).get(id, frozenset()))
        subs: Sequence[Subscription] = people.subscriptions(session, recipient.id)
        asks = tuple((s, matches(outbox.query_of(s.text), prepared, now)) for s in subs)
        told = tuple(outbox_store.told(session, recipient.id or 0, id))
        session.expunge_all()
        return Why(id, paper, told, asks)
