"""What people can do with recipients and subscriptions: one place for the command line, the chat and the web.

Every function takes an engine and `now` (UTC), and raises ValueError with a sentence for the caller's mistakes.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any, NamedTuple

from bot import outbox
from bot.local_time import coming_day, hour, instant, quiet_hours, weekday, zone
from bot.models import RHYTHMS, Delivery, Message, Person, Recipient, Subscription
from bot.outbox import Owed
from bot.query import Query, document, matches, parse
from bot.schedule import Slot, digest_slot
from bot.store import chats, pace, people
from bot.store import outbox as outbox_store
from bot.store.engine import Engine, Session, lock_library, reading, writing
from bot.store.merging import resolve
from bot.store.records import load, sources_of
from scrapers.paper import Paper

CHANNELS = ("console", "webhook", "telegram", "email")


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
) -> Subscribed:
    """Save a subscription; what it matches from now on is told. A zone is the recipient's, for all subscriptions.

    The name, by default the query, must be new for the recipient. The owner, a person by kind and account, may have
    `most` subscriptions. A new recipient speaks `language`.
    """
    zone_key = zone(zone_name).key if zone_name else None
    with writing(engine) as session:
        lock_library(session)
        recipient = introduced(session, address, owner, now, default_zone, language)
        saved = add(session, recipient, text, now=now, name=name, rhythm=rhythm, most=most)
        if zone_key and zone_key != recipient.zone:
            recipient.zone = zone_key
            _move_waiting(session, recipient, now)
    return saved


def add(
    session: Session, recipient: Recipient, text: str, *, now: datetime, name: str | None, rhythm: Rhythm,
    most: int | None,
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


def introduced(
    session: Session, address: tuple[str, str], owner: tuple[str, str], now: datetime, default_zone: str,
    language: str, *, is_confirmed: bool = True,
) -> Recipient:  # fmt: skip
    """The recipient of that address, made where there is none; nothing is told to one that is not confirmed."""
    channel, place = address
    found = people.find_recipient(session, channel, place)
    if found:
        return found
    person = people.person(session, *owner, now)
    # A topic lives where its group does.
    chat = people.recipients_at(session, channel, place.partition("/")[0]) if channel == "telegram" else ()
    zone_key, code = next(((one.zone, one.language) for one in chat), (default_zone, language))
    recipient = Recipient(
        person_id=person.id or 0, channel=channel, address=place, zone=zone_key, language=code, due_at=now,
        confirmed_at=now if is_confirmed else None, created_at=now,
    )  # fmt: skip
    session.add(recipient)
    session.flush()
    return recipient


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


def numbered(engine: Engine, id: int) -> Recipient | None:
    """The recipient of that id, if there is one."""
    with reading(engine) as session:
        session.expire_on_commit = False
        found = session.get(Recipient, id)
        session.expunge_all()
        return found


def recipient(engine: Engine, address: tuple[str, str]) -> Recipient | None:
    """The recipient of that address, if it is known."""
    with reading(engine) as session:
        session.expire_on_commit = False
        found = people.find_recipient(session, *address)
        session.expunge_all()
        return found


def mail_addresses(engine: Engine, owner: tuple[str, str]) -> list[Recipient]:
    """The mail addresses that were proved to be a person's."""
    with reading(engine) as session:
        session.expire_on_commit = False
        known = people.find_person(session, *owner)
        found = [one for one in people.places_of(session, known.id or 0) if one.channel == "email"] if known else []
        session.expunge_all()
        return found


def count(engine: Engine, owner: tuple[str, str]) -> int:
    """How many subscriptions a person has, at all addresses."""
    with reading(engine) as session:
        known = people.find_person(session, *owner)
        return people.count_subscriptions(session, known.id or 0) if known else 0


def introduce(
    engine: Engine, address: tuple[str, str], owner: tuple[str, str], *, now: datetime, zone_name: str, language: str
) -> Recipient:
    """The recipient of that address, made where there is none."""
    with writing(engine) as session:
        session.expire_on_commit = False
        return introduced(session, address, owner, now, zone_name, language)


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
) -> Subscription:
    """Change a subscription. What is queued for it and not asked for any more will not be sent, and what waits comes at
    the new time. An hour and a weekday that are not given stay, or (`as_usual`) are the recipient's."""
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
        hour_kept, day_kept = (None, None) if as_usual else (sub.at, sub.weekday)
        sub.at = None if wanted.name == "instant" else wanted.at or hour_kept
        sub.weekday = None if wanted.name != "weekly" else day_kept if wanted.day is None else wanted.day
        session.flush()
        _move_waiting(session, session.get_one(Recipient, sub.recipient_id), now)
        return sub


def change_settings(
    engine: Engine,
    address: tuple[str, str],
    *,
    now: datetime,
    zone_name: str | None = None,
    at: str | None = None,
    weekday_name: str | None = None,
    quiet: str | None = None,
    most: int | None = None,
    wait: int | None = None,
    language: str | None = None,
    silent: bool | None = None,
) -> Recipient:
    """Change where and when a recipient is told: zone, hour and weekday of digests, quiet hours ("22:00-07:00", "off"),
    the papers of a digest at most, how many minutes it waits for lists, in which language, and whether without a sound.
    What waits comes at the new time."""
    with writing(engine) as session:
        session.expire_on_commit = False
        recipient = people.existing_recipient(session, *address)
        recipient.zone = zone(zone_name).key if zone_name else recipient.zone
        recipient.digest_at = f"{hour(at):%H:%M}" if at else recipient.digest_at
        recipient.digest_weekday = weekday(weekday_name) if weekday_name else recipient.digest_weekday
        if quiet:
            recipient.quiet_from, recipient.quiet_until = quiet_hours(quiet) or (None, None)
        recipient.digest_most = recipient.digest_most if most is None else most
        recipient.digest_wait = recipient.digest_wait if wait is None else wait
        recipient.language = language or recipient.language
        recipient.silent = recipient.silent if silent is None else silent
        if quiet and recipient.failures == 0:
            outbox_store.let_go(session, recipient, now)
        session.flush()
        _move_waiting(session, recipient, now)
        return recipient


def _move_waiting(session: Session, recipient: Recipient, now: datetime) -> None:
    """Give what waits for a later time its time anew, after hours, zone or rhythm were changed."""
    watches = {watch.id: watch for watch in people.watches(session, recipient.id or 0)}
    for delivery in outbox_store.waiting(session, recipient.id or 0):
        if delivery.send_at <= now:
            continue
        day = outbox.reminder_day(delivery.kind)
        slot = _reminder_slot(recipient, day) if day else outbox.reslot(delivery.reasons, watches, now)
        if slot:
            delivery.slot, delivery.send_at = slot.name, slot.send_at


def _reminder_slot(recipient: Recipient, day: date) -> Slot:
    at = hour(recipient.digest_at)
    return Slot(digest_slot(day, at), instant(day, at, zone(recipient.zone)))


def remind(engine: Engine, address: tuple[str, str], paper_id: int, day: str, now: datetime) -> date:
    """Tell the recipient of the paper again on that day (`monday`, `3d`, `2026-11-23`), at the hour of its digests; the
    day."""
    with writing(engine) as session:
        lock_library(session)
        recipient = people.existing_recipient(session, *address)
        found = coming_day(day, now.astimezone(zone(recipient.zone)).date())
        kind, slot = outbox.reminder(found), _reminder_slot(recipient, found)
        id = resolve(session, paper_id)
        outbox_store.queue(session, [Owed(recipient.id or 0, id, kind, (outbox.REMINDED,), slot)], now)
        return found


Owner = tuple[str, str]  # a person, by kind and account


def owner_of(engine: Engine, address: tuple[str, str]) -> Owner:
    """Whose recipient that address is. Raises ValueError where nobody is known there."""
    with reading(engine) as session:
        person = session.get_one(Person, people.existing_recipient(session, *address).person_id)
        return person.kind, person.account


def save(engine: Engine, owner: Owner, paper_id: int, now: datetime) -> bool:
    """Bookmark a paper for a person; whether it was not yet."""
    with writing(engine) as session:
        person = people.person(session, *owner, now)
        return people.save_paper(session, person.id or 0, resolve(session, paper_id), now)


def unsave(engine: Engine, owner: Owner, paper_id: int) -> bool:
    """Remove a bookmark; whether there was one."""
    with writing(engine) as session:
        person = people.find_person(session, *owner)
        return person is not None and people.unsave_paper(session, person.id or 0, resolve(session, paper_id))


def saved(engine: Engine, owner: Owner) -> list[tuple[int, Paper]]:
    """The papers that a person bookmarked, the last first."""
    with reading(engine) as session:
        person = people.find_person(session, *owner)
        ids = people.saved_papers(session, person.id or 0) if person else []
        papers = load(session, ids)
        return [(id, papers[id]) for id in ids]


def clip(engine: Engine, owner: Owner, paper: Paper, now: datetime) -> bool:
    """Keep a paper that the library does not have, for a person only; whether they did not have it."""
    with writing(engine) as session:
        return chats.clip(session, people.person(session, *owner, now).id or 0, paper, now)


def clippings(engine: Engine, owner: Owner) -> list[tuple[int, Paper]]:
    """The papers that a person keeps so, with their ids, the last first."""
    with reading(engine) as session:
        person = people.find_person(session, *owner)
        return [(id, paper) for id, _, paper in chats.clippings(session, person.id or 0)] if person else []


def unclip(engine: Engine, owner: Owner, id: int) -> bool:
    """Let such a paper go; whether there was one."""
    with writing(engine) as session:
        person = people.find_person(session, *owner)
        return person is not None and chats.drop_clipping(session, person.id or 0, id)


def export(engine: Engine, owner: Owner) -> dict[str, Any]:
    """Everything that is kept of a person, as plain values: all their addresses with settings and subscriptions, what
    was told and is owed there, and their bookmarks."""
    with reading(engine) as session:
        person = people.find_person(session, *owner)
        return people.everything_of(session, person.id or 0) if person else {}


def export_address(engine: Engine, recipient_id: int) -> dict[str, Any]:
    """Everything that is kept of one address, as plain values."""
    with reading(engine) as session:
        return people.everything_at(session, recipient_id)


class Imported(NamedTuple):
    """A subscription as a file has it."""

    query: str
    name: str | None = None
    rhythm: str = "instant"
    at: str | None = None


class Import(NamedTuple):
    """What a file has: subscriptions, and a sentence for each that cannot be read."""

    good: list[Imported]
    bad: list[str]


class ImportDone(NamedTuple):
    """How many subscriptions of an import are new, were there already, and are too many."""

    new: int
    known: int
    refused: int


def read_import(text: str, most: int) -> Import:
    """The subscriptions of a file that `export` made, or of lines with a query each. Raises ValueError where there are
    none, or more than so many."""
    good, bad = list[Imported](), list[str]()
    for number, one in enumerate(_records(text)):
        if number == most:
            raise ValueError(f"that are more than {most:,} queries; send those that you need")
        try:
            parse(one.query)
            Rhythm(one.rhythm, None if one.rhythm == "instant" else one.at)
        except ValueError as error:
            bad.append(str(error))
        else:
            good.append(one)
    if not good and not bad:
        raise ValueError("there is no query in it; send the file of an export, or queries, one on each line")
    return Import(good, bad)


def _records(text: str) -> Iterator[Imported]:
    if not text.lstrip().startswith("{"):
        yield from (Imported(line.strip()) for line in text.splitlines() if line.strip() and not line.startswith("#"))
        return
    try:
        places = json.loads(text)["recipients"]
        rows = [sub for place in places for sub in place["subscriptions"]]
        yield from [
            Imported(str(row["text"]), str(row["name"]), str(row["rhythm"]), str(row["at"]) if row["at"] else None)
            for row in rows
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ValueError("this is no export of paperwatch, or a damaged one; send the whole file") from None


def take_import(
    engine: Engine,
    address: tuple[str, str],
    all_: Sequence[Imported],
    *,
    now: datetime,
    owner: Owner,
    most: int | None,
    zone_name: str,
) -> ImportDone:
    """Subscribe an address to what was read; what is there already is left alone."""
    there = {one.subscription.text: one.subscription.name for one in list_all(engine, address)}
    new = refused = 0
    for one in all_:
        if one.query in there or (one.name or one.query) in there.values():
            continue
        if refused or (most is not None and count(engine, owner) >= most):
            refused += 1
            continue
        rhythm = Rhythm(one.rhythm, None if one.rhythm == "instant" else one.at)
        made = subscribe(
            engine, address, one.query, now=now, name=one.name, rhythm=rhythm, default_zone=zone_name, owner=owner
        )
        there[made.text] = made.name
        new += 1
    return ImportDone(new, len(all_) - new - refused, refused)


def forget(engine: Engine, owner: Owner) -> None:
    """Erase all that is kept of a person."""
    with writing(engine) as session:
        lock_library(session)
        chats.forget_account(session, owner[1])
        if person := people.find_person(session, *owner):
            for place in people.places_of(session, person.id or 0):
                if place.channel == "email":
                    chats.forget_account(session, place.address)
            people.erase_person(session, person)


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


def pause(engine: Engine, address: tuple[str, str], now: datetime) -> None:
    """Tell the recipient nothing; what matches meanwhile waits, and comes as one digest at the return."""
    with writing(engine) as session:
        recipient = people.existing_recipient(session, *address)
        recipient.paused_at = recipient.paused_at or now


def resume(engine: Engine, address: tuple[str, str], now: datetime) -> int:
    """End a pause, and let a recipient that was disabled be tried again; how many papers waited."""
    with writing(engine) as session:
        recipient = people.existing_recipient(session, *address)
        if recipient.paused_at or recipient.disabled_at:
            recipient.returned_at = now
            outbox_store.let_go(session, recipient, now)
        pace.start_anew(session, recipient.channel, recipient.address.partition("/")[0], now)
        recipient.paused_at = recipient.disabled_at = recipient.disabled_reason = None
        return len(outbox_store.waiting(session, recipient.id or 0, now))


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
