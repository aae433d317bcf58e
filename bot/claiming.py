"""Who is told next: a recipient that is owed something is claimed, and the attempt of its message noted, before the
channel is called.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from bot import schedule
from bot.channels import Channel
from bot.composing import compose
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


def claim(engine: Engine, channels: Channels, clock: Clock | None, sources: Collection[str] = ()) -> Attempt | None:
    """Claim a recipient that is owed something, and note the attempt of its next message; in one transaction.

    Recipients that turn out to be owed nothing now (quiet hours, lists not read, dropped), or whose place must wait,
    are released and the next is tried. Nothing is claimed for channels that are not
    given, or whose lane has no turn soon.
    """
    while True:
        with writing(engine) as session:
            now = current_time(session, clock)
            going = set(channels) - set(pace.standing(session, list(channels), now))
            recipient = store.claim_recipient(session, now, LEASE, going)
            if recipient is None:
                return None
            attempt = _prepare(session, recipient, channels, sources, now)
            if attempt:
                return attempt


def _prepare(
    session: Session, recipient: Recipient, channels: Channels, sources: Collection[str], now: datetime
) -> Attempt | None:
    channel = channels[recipient.channel]
    quiet_until = schedule.quiet_until(now, recipient.quiet_from, recipient.quiet_until, zone(recipient.zone))
    place = channel.pace(recipient.address)
    if (free_at := pace.free_at(session, place, now)) > now:
        _release(session, recipient, free_at)
        return None
    is_still = bool(quiet_until or recipient.paused_at or recipient.disabled_at) or recipient.confirmed_at is None
    message = next_message(session, recipient, channel, sources, now, only_notices=is_still)
    if message is None:
        _release(session, recipient, quiet_until or waits_until(recipient, now) or now)
        return None
    turn = _turn(session, recipient.channel, channel, now)
    if turn is None:
        _release(session, recipient, now)
        return None
    next_at = pace.take_place(session, place, turn, now)
    return _attempt(session, recipient, message, channel, (turn, next_at), now)


def _turn(session: Session, name: str, channel: Channel, now: datetime) -> datetime | None:
    """The lane's next turn, taken; None where others were faster, and it is too far ahead, or tomorrow."""
    if not pace.count_of_day(session, name, channel.a_day, now):
        return None
    if not channel.rate:
        return now
    return pace.take_turn_soon(session, name, now, timedelta(seconds=1 / channel.rate))


def _attempt(
    session: Session, recipient: Recipient, message: Message, channel: Channel, turn: tuple[datetime, datetime],
    now: datetime,
) -> Attempt:  # fmt: skip
    """Note that the message is being sent, at its turn."""
    if message.attempt_started_at is not None:
        message.ambiguous += 1
    message.state, message.attempt_started_at, message.attempts = "sending", now, message.attempts + 1
    return Attempt(
        recipient_id=recipient.id or 0,
        claim=recipient.attempt,
        message_id=message.id or 0,
        channel=recipient.channel,
        address=recipient.address,
        outgoing=compose(session, recipient, message, now),
        failures=recipient.failures,
        place=channel.pace(recipient.address),
        rate=channel.rate,
        claimed_at=now,
        wait=(turn[0] - now).total_seconds(),
        next_at=turn[1],
        repeats=message.ambiguous > 0,
    )


def _release(session: Session, recipient: Recipient, due_at: datetime) -> None:
    store.release_recipient(session, recipient.id or 0, recipient.attempt, due_at, recipient.failures)
