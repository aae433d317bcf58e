"""Who is told next: a recipient that is owed something is claimed, and the attempt of its message noted, before the
channel is called.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from bot import schedule
from bot.channels import Channel
from bot.composing import compose
from bot.desk import Desk
from bot.freezing import next_message, waits_until
from bot.local_time import zone
from bot.models import Message, Recipient
from bot.outcomes import Attempt
from bot.store import outbox as store
from bot.store import pace
from bot.store.engine import Clock, Engine, Session, current_time, writing

# The lease is longer than any channel's timeout (90 seconds), and much longer than its lock waits: with a lease as
# short as those, SQLite gave 5 to 12 doubled messages without any crash; with 30 s, none.
LEASE = timedelta(seconds=120)

Channels = Mapping[str, Channel]


class Claimed(NamedTuple):
    """A recipient with the message that is sent to it, and the turn: when, and from when on the next may be sent."""

    recipient: Recipient
    message: Message
    turn: tuple[datetime, datetime]


def claim(
    engine: Engine, channels: Channels, clock: Clock | None, sources: Collection[str] = (), most: int = 1
) -> list[Attempt]:
    """Claim recipients (`most` at most) that are owed something, and note the attempts of their next messages; in one
    transaction. Empty where nothing is owed.

    Recipients that turn out to be owed nothing now (quiet hours, lists not read, dropped), or whose place must wait,
    are released and others are tried. Nothing is claimed for channels that are not given, or whose lane has no turn
    soon. Claim one at a time where channels have a pace: places and lanes are locked in one order only.
    """
    while True:
        with writing(engine) as session:
            now = current_time(session, clock)
            going = set(channels) - set(pace.standing(session, list(channels), now))
            recipients = store.claim_recipients(session, now, LEASE, going, most)
            if not recipients:
                return []
            free_at = pace.free_at(session, [channels[one.channel].pace(one.address) for one in recipients], now)
            desk = Desk(session, recipients, now)
            found = (_claimed(desk, recipient, channels, sources, free_at) for recipient in recipients)
            claimed = [one for one in found if one]
            desk.put_down()
            if claimed:
                return _attempts(session, claimed, channels, now)


def _claimed(
    desk: Desk, recipient: Recipient, channels: Channels, sources: Collection[str], free_at: Mapping[str, datetime]
) -> Claimed | None:
    """What is sent to the recipient next, noted as being sent; None, and the recipient is released, where that is
    nothing now."""
    session, now, channel = desk.session, desk.now, channels[recipient.channel]
    quiet_until = schedule.quiet_until(now, recipient.quiet_from, recipient.quiet_until, zone(recipient.zone))
    place = channel.pace(recipient.address)
    if free_at[place.place] > now:
        recipient.due_at = free_at[place.place]
        return None
    is_still = bool(quiet_until or recipient.paused_at or recipient.disabled_at) or recipient.confirmed_at is None
    message = next_message(desk, recipient, channel, sources, only_notices=is_still)
    if message is None:
        recipient.due_at = quiet_until or waits_until(recipient, now) or now
        return None
    turn = _turn(session, recipient.channel, channel, now)
    if turn is None:
        recipient.due_at = now
        return None
    if message.attempt_started_at is not None:
        message.ambiguous += 1
    message.state, message.attempt_started_at, message.attempts = "sending", now, message.attempts + 1
    return Claimed(recipient, message, (turn, pace.take_place(session, place, turn, now)))


def _turn(session: Session, name: str, channel: Channel, now: datetime) -> datetime | None:
    """The lane's next turn, taken; None where others were faster, and it is too far ahead, or tomorrow."""
    if not pace.count_of_day(session, name, channel.a_day, now):
        return None
    if not channel.rate:
        return now
    return pace.take_turn_soon(session, name, now, timedelta(seconds=1 / channel.rate))


def _attempts(session: Session, claimed: Sequence[Claimed], channels: Channels, now: datetime) -> list[Attempt]:
    outgoing = compose(session, [(one.recipient, one.message) for one in claimed], now)
    return [
        Attempt(
            recipient_id=recipient.id or 0,
            claim=recipient.attempt,
            message_id=message.id or 0,
            channel=recipient.channel,
            address=recipient.address,
            outgoing=what,
            failures=recipient.failures,
            place=channels[recipient.channel].pace(recipient.address),
            rate=channels[recipient.channel].rate,
            claimed_at=now,
            wait=(turn - now).total_seconds(),
            next_at=next_at,
            repeats=message.ambiguous > 0,
        )
        for (recipient, message, (turn, next_at)), what in zip(claimed, outgoing, strict=True)
    ]
