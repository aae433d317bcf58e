"""The places that are told things, and what their owners set there: when, in which language, or nothing for a while."""

from datetime import date, datetime

from bot import outbox
from bot.local_time import coming_day, hour, instant, quiet_hours, weekday, zone
from bot.models import Person, Recipient
from bot.outbox import Owed
from bot.schedule import Slot, digest_slot
from bot.store import outbox as outbox_store
from bot.store import owed as owed_store
from bot.store import pace, people
from bot.store.engine import Engine, Session, lock_library, reading, writing
from bot.store.merging import resolve

Owner = tuple[str, str]  # a person, by kind and account
CHANNELS = ("console", "webhook", "telegram", "email")


def split_address(address: str) -> tuple[str, str]:
    """The channel and the place of `channel:place`."""
    channel, colon, place = address.partition(":")
    if not colon or channel not in CHANNELS:
        raise ValueError(f"{address!r} is not an address; write one of {', '.join(c + ':…' for c in CHANNELS)}")
    return channel, place.strip()


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


def introduce(
    engine: Engine, address: tuple[str, str], owner: tuple[str, str], *, now: datetime, zone_name: str, language: str
) -> Recipient:
    """The recipient of that address, made where there is none."""
    with writing(engine) as session:
        session.expire_on_commit = False
        return introduced(session, address, owner, now, zone_name, language)


def numbered(engine: Engine, id: int) -> Recipient | None:
    """The recipient of that id, if there is one."""
    with reading(engine) as session:
        session.expire_on_commit = False
        found = session.get(Recipient, id)
        session.expunge_all()
        return found


def find(engine: Engine, address: tuple[str, str]) -> Recipient | None:
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


def owner_of(engine: Engine, address: tuple[str, str]) -> Owner:
    """Whose recipient that address is. Raises ValueError where nobody is known there."""
    with reading(engine) as session:
        person = session.get_one(Person, people.existing_recipient(session, *address).person_id)
        return person.kind, person.account


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
    empty: bool | None = None,
) -> Recipient:
    """Change where and when a recipient is told: zone, hour and weekday of digests, quiet hours ("22:00-07:00", "off"),
    the papers of a digest at most, how many minutes it waits for lists, in which language, whether without a sound, and
    whether digests come on days without papers too.
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
        recipient.digest_empty = recipient.digest_empty if empty is None else empty
        if quiet and recipient.failures == 0:
            outbox_store.let_go(session, recipient, now)
        session.flush()
        move_waiting(session, recipient, now)
        return recipient


def move_waiting(session: Session, recipient: Recipient, now: datetime) -> None:
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
        owed_store.queue(session, [Owed(recipient.id or 0, id, kind, (outbox.REMINDED,), slot)], now)
        return found


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
