"""What comes of an attempt: the message was sent, or why not and when it is tried again; recorded in one transaction.

See https://core.telegram.org/bots/api#making-requests for what may be answered; the channels say it as `Sent` or
`ChannelError`. Only what may have arrived, or was refused for reasons of its own, counts as an attempt. That a far side
is not there, wants peace or has moved a chat is no fault of the message.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bot import schedule
from bot.channels import NOTICES, ChannelError, Outgoing, Pace, Sent
from bot.models import Message, Recipient
from bot.store import moving, pace
from bot.store import outbox as store
from bot.store.engine import Clock, Engine, Session, current_time, lock_library, writing

log = logging.getLogger(__name__)

# Seconds until the next attempt, doubled each time: after a failure, and where nobody knows whether it was one.
RETRY_BASE, RETRY_CAP = 2.0, 900.0
AMBIGUOUS_BASE, AMBIGUOUS_CAP = 120.0, 21_600.0
AGAIN_CAP = 14_400.0  # where the far side refused for now, it says what the first wait is
# A place of which it was said so often in a row that it may be gone is gone.
GONE_AT_LAST = 3
# Where so many places refuse one after the other, for a reason that may be ours, nothing is sent for a time.
REFUSED_BY = 3


@dataclass(frozen=True)
class Attempt:
    """A claimed message on its way: whose it is, the claim's number, what to send where.

    Its turn is in `wait` seconds; the next one to its place may be sent from `next_at` on. `repeats`: nobody knows
    whether it arrived already. `rate` is the channel's.
    """

    recipient_id: int
    claim: int
    message_id: int
    channel: str
    address: str
    outgoing: Outgoing
    failures: int
    place: Pace
    rate: float
    claimed_at: datetime
    wait: float
    next_at: datetime
    repeats: bool = False

    @property
    def chat(self) -> str:
        """The address without the topic."""
        return self.place.place.removeprefix(f"{self.channel}:")


Result = Sent | ChannelError


def finish(engine: Engine, attempt: Attempt, result: Result, clock: Clock | None, random: Random) -> bool:
    """Record how an attempt ended and release the recipient; in one transaction. False, and no more is recorded than
    that the far side wants peace, where the claim had run out: somebody else has the message now.
    """
    if isinstance(result, Sent):
        return bool(finish_sent(engine, [(attempt, result)], clock))
    with writing(engine) as session:
        if result.moved_to:
            lock_library(session)
        now = current_time(session, clock)
        for _, message, recipient in _released(session, [attempt], now):
            _failed(session, attempt, message, recipient, result, now, random)
            return True
        if result.lane:
            _stop_lane(session, attempt, result, result.wait, now, random)
        elif result.wait and not result.gone:
            _wait_for_place(session, attempt, result, now, random)
    return False


def finish_sent(engine: Engine, sent: Sequence[tuple[Attempt, Sent]], clock: Clock | None) -> set[int]:
    """Record that messages were sent and release their recipients; in one transaction. The messages of which it is
    recorded: not of those whose claims had run out."""
    said = {attempt.message_id: one for attempt, one in sent}
    with writing(engine) as session:
        now = current_time(session, clock)
        released = _released(session, [attempt for attempt, _ in sent], now)
        for attempt, message, recipient in released:
            _sent(session, message, recipient, said[attempt.message_id], now)
        pace.went_well(session, [(attempt.channel, attempt.place) for attempt, *_ in released])
    return {attempt.message_id for attempt, *_ in released}


def give_back(engine: Engine, attempt: Attempt, clock: Clock | None) -> None:
    """End a claim whose message was not attempted after all, as if it had never been claimed."""
    with writing(engine) as session:
        now = current_time(session, clock)
        for _, message, recipient in _released(session, [attempt], now):
            recipient.due_at = now
            _untried(message)


def _released(session: Session, attempts: Sequence[Attempt], now: datetime) -> list[tuple[Attempt, Message, Recipient]]:
    """The messages of those whose claims had not run out, with their recipients, which are released."""
    recipients = store.claimed(session, {one.recipient_id for one in attempts})
    mine = [
        one for one in attempts if (recipient := recipients.get(one.recipient_id)) and recipient.attempt == one.claim
    ]
    messages = store.messages(session, {one.message_id for one in mine})
    found = []
    for one in mine:
        recipient, message = recipients[one.recipient_id], messages[one.message_id]
        recipient.due_at, recipient.failures = max(now, one.next_at), one.failures
        message.attempt_started_at = None
        found.append((one, message, recipient))
    return found


def _untried(message: Message) -> None:
    """Let the attempt not count."""
    message.state, message.attempts = "ready", message.attempts - 1


def _sent(session: Session, message: Message, recipient: Recipient, sent: Sent, now: datetime) -> None:
    recipient.failures = 0
    message.state, message.sent_at, message.remote_id = "sent", now, sent.remote_id
    message.error = sent.note or None
    if sent.disable:
        store.disable(session, [recipient], sent.disable, now)


def _failed(
    session: Session, attempt: Attempt, message: Message, recipient: Recipient, error: ChannelError, now: datetime,
    random: Random,
) -> None:  # fmt: skip
    is_about_us = error.maybe_ours and message.kind not in NOTICES and _is_about_us(session, attempt, now)
    if error.lane or is_about_us:
        _untried(message)
        if is_about_us:
            message.send_at = recipient.due_at = now + _backoff(message, error, random)
        _stop_lane(session, attempt, error, error.again if is_about_us else error.wait, now, random)
    elif error.moved_to:
        _untried(message)
        recipient.due_at = now
        moving.move_chat(session, attempt.channel, attempt.chat, error.moved_to, now)
    elif error.wait and not error.gone:
        _untried(message)
        message.send_at = recipient.due_at = _wait_for_place(session, attempt, error, now, random)
        message.error = str(error)
    else:
        recipient.failures += 1
        message.state, message.error = ("dead" if error.rejected else "ready"), str(error)
        if error.gone:
            _gone(session, attempt, message, recipient, error, now)
        elif not error.rejected:
            message.ambiguous += error.sent is None
            message.send_at = recipient.due_at = now + _backoff(message, error, random)


def _stop_lane(
    session: Session, attempt: Attempt, error: ChannelError, wait: float, now: datetime, random: Random
) -> None:
    pace.stop(session, attempt.channel, str(error), wait, claimed_at=attempt.claimed_at, now=now, random=random)


def _wait_for_place(session: Session, attempt: Attempt, error: ChannelError, now: datetime, random: Random) -> datetime:
    wait = error.wait + random.random() * max(1.0, error.wait / 10)
    return pace.limit(session, attempt.channel, attempt.place, attempt.rate, str(error), wait, now)


def _is_about_us(session: Session, attempt: Attempt, now: datetime) -> bool:
    """Whether so many places in a row have refused us that it is about us, and not about them. (One place alone must
    not keep mails from all others: anybody may have a mail sent there.)"""
    return pace.is_refused_by_several(session, attempt.channel, attempt.place, REFUSED_BY, now)


def _gone(
    session: Session, attempt: Attempt, message: Message, recipient: Recipient, error: ChannelError, now: datetime
) -> None:
    """Disable the recipient, or (where it is not sure that the place is gone) ask again later."""
    until = now + timedelta(seconds=error.wait)
    if error.wait and pace.count_failure(session, attempt.place, until, now) < GONE_AT_LAST:
        message.send_at = recipient.due_at = until
    else:
        store.disable(session, [recipient], str(error), now)


def _backoff(message: Message, error: ChannelError, random: Random) -> timedelta:
    """How long until the next attempt: soon where it was certainly not sent, unless it was refused for now; rarer and
    rarer where it may have been, for each repetition may be one too many."""
    base, cap = (AMBIGUOUS_BASE, AMBIGUOUS_CAP) if error.sent is None else (RETRY_BASE, RETRY_CAP)
    if error.again:
        base, cap = error.again, AGAIN_CAP
    return schedule.backoff(message.attempts, base=base, cap=cap, random=random)
