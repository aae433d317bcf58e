"""The loop that sends what is owed: claim a recipient, freeze a message, attempt it, record how it ended.

What is in a message is fixed, and the attempt noted, before the channel is called. So a crash loses nothing, and an
attempt whose outcome nobody knows is known to be one: it is repeated, and counted as ambiguous.
"""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import TypeVar

from bot import outbox
from bot.channels import NOTICES, Channel, ChannelError, Sent
from bot.claiming import LEASE, Channels, claim
from bot.outcomes import Attempt, finish, finish_sent, give_back
from bot.store import chats, notices, pace
from bot.store import outbox as store
from bot.store.engine import Clock, Engine, OperationalError, Session, current_time, said_by, writing

T = TypeVar("T")
log = logging.getLogger(__name__)

# Of what is sent at once, the outcomes of these seconds are recorded together: one far side may take its time.
_TOGETHER = 1.0
_AGAIN = 1.0  # seconds until the database is tried again
_RAN_OUT = "message %s: the claim ran out before its outcome was recorded"


class Stopped(Exception):
    """Raised by `sleep`: the process ends before the turn of a message has come."""


async def deliver_once(
    engine: Engine,
    channels: Channels,
    *,
    sources: Collection[str] = (),
    clock: Clock | None = None,
    random: Random,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    found: Callable[[], None] = lambda: None,
    told: Callable[[str, Sent | ChannelError], None] = lambda _channel, _result: None,
) -> Attempt | None:
    """Send one message that is due, when its turn comes; the attempt, whatever came of it, or None if nothing is due.

    Digests wait for these sources, and say what was read of them. `found` is called as soon as there is a message:
    there may be more; `told` with the channel and what came of the attempt. `sleep` waits some seconds (at most two),
    or raises Stopped.
    """
    attempts = await asyncio.to_thread(claim, engine, channels, clock, sources)
    if not attempts:
        return None
    found()
    (attempt,) = attempts
    channel = channels[attempt.channel]
    try:
        if attempt.wait > 0:
            await sleep(attempt.wait)
        wait = await _insist(_may_send, engine, attempt, channel.timeout, clock)
        if wait:
            await sleep(wait)
    except Stopped:
        await _insist(give_back, engine, attempt, clock)
        return None
    if wait is None:
        await _insist(_not_sent, engine, attempt, clock)
        return attempt
    result = await _send(channel, attempt)
    told(attempt.channel, result)
    if not await _insist(finish, engine, attempt, result, clock, random):
        log.warning(_RAN_OUT, attempt.message_id)
    return attempt


async def deliver_many(
    engine: Engine,
    channels: Channels,
    *,
    most: int,
    sources: Collection[str] = (),
    clock: Clock | None = None,
    random: Random,
    found: Callable[[], None] = lambda: None,
    told: Callable[[str, Sent | ChannelError], None] = lambda _channel, _result: None,
) -> int:
    """Send what is due to `most` recipients at once, by channels that have no pace; how many messages were attempted.
    All else is as with `deliver_once`: it is claimed together, and what arrived soon is recorded together."""
    attempts = await asyncio.to_thread(claim, engine, channels, clock, sources, most)
    if not attempts:
        return 0
    found()
    going = await _insist(_still_ours, engine, attempts, channels, clock)
    for attempt in attempts:
        if attempt not in going:
            await _insist(_not_sent, engine, attempt, clock)
    sending = {asyncio.create_task(_send(channels[one.channel], one)): one for one in going}
    while sending:
        done, _ = await asyncio.wait(sending, timeout=_TOGETHER)
        ended = [(sending.pop(task), task) for task in done]
        results = [(attempt, task.result()) for attempt, task in ended if task.exception() is None]
        for attempt, result in results:
            told(attempt.channel, result)
        await _insist(_finish, engine, results, clock, random)
        for _, task in ended:
            task.result()  # raises what is no ChannelError, after all others are recorded
    return len(attempts)


def has_no_pace(channel: Channel) -> bool:
    """Whether messages may go to all its places as fast as they come."""
    return not channel.rate and not channel.a_day


async def _insist(step: Callable[..., T], *arguments: object) -> T:
    """What the step gives. While the database fails it is tried again, for as long as claims last: only this process
    knows what came of its attempts. Raises the OperationalError after that."""
    until = time.monotonic() + LEASE.total_seconds()
    while True:
        try:
            return await asyncio.to_thread(step, *arguments)
        except OperationalError as error:
            if time.monotonic() >= until:
                raise
            log.warning("the database failed: %s; what came of a message waits for it", said_by(error))
        await asyncio.sleep(_AGAIN)


def _finish(
    engine: Engine, results: Sequence[tuple[Attempt, Sent | ChannelError]], clock: Clock | None, random: Random
) -> None:
    """Record how these attempts ended."""
    sent = [(attempt, result) for attempt, result in results if isinstance(result, Sent)]
    recorded = finish_sent(engine, sent, clock) if sent else set()
    for attempt, result in results:
        if isinstance(result, ChannelError) and finish(engine, attempt, result, clock, random):
            recorded.add(attempt.message_id)
    for attempt, _ in results:
        if attempt.message_id not in recorded:
            log.warning(_RAN_OUT, attempt.message_id)


def _not_sent(engine: Engine, attempt: Attempt, clock: Clock | None) -> None:
    log.warning("message %s: its claim does not last until it would be sent", attempt.message_id)
    give_back(engine, attempt, clock)


def _may_send(engine: Engine, attempt: Attempt, timeout: float, clock: Clock | None) -> float | None:
    """In how many seconds it may be sent; None where somebody else may get the message before its outcome is known: the
    machine may have slept since the claim."""
    with writing(engine) as session:
        now = current_time(session, clock)
        at = pace.pass_gate(session, attempt.channel, now, attempt.rate)
        is_ours = _held(session, [attempt], at + timedelta(seconds=timeout))
        return (at - now).total_seconds() if is_ours else None


def _still_ours(engine: Engine, attempts: Sequence[Attempt], channels: Channels, clock: Clock | None) -> list[Attempt]:
    """Those that may be sent now."""
    with writing(engine) as session:
        timeout = max(channels[one.channel].timeout for one in attempts)
        return _held(session, attempts, current_time(session, clock) + timedelta(seconds=timeout))


def _held(session: Session, attempts: Sequence[Attempt], until: datetime) -> list[Attempt]:
    """Those whose claims last until then, and that are still wanted."""
    asked = {one.recipient_id for one in attempts if one.outgoing.kind in NOTICES}
    claims = {one.recipient_id: one.claim for one in attempts}
    held = store.holding(session, claims, until, even_if_still=asked)
    return [one for one in attempts if one.recipient_id in held]


async def _send(channel: Channel, attempt: Attempt) -> Sent | ChannelError:
    slot, where = attempt.outgoing.slot, f"{attempt.channel}, message {attempt.message_id}"
    if attempt.repeats:
        log.warning("%s to %s is sent again: nobody knows whether it has arrived already", slot, where)
    try:
        sent = await channel.send(attempt.address, channel.render(attempt.outgoing))
    except ChannelError as error:
        # What stops a lane for a known time waits for the operator; for an unknown one, for the network.
        log.log(logging.ERROR if error.lane and error.wait else logging.WARNING, "%s to %s: %s", slot, where, error)
        return error
    for what in filter(None, (sent.note, sent.disable)):
        log.error("%s to %s: %s", slot, where, what)
    return sent


def drop_expired(engine: Engine, clock: Clock | None = None) -> int:
    """Drop what has waited too long for recipients that stay disabled, and forget old paces; how much was dropped."""
    with writing(engine) as session:
        now = current_time(session, clock)
        pace.forget(session, now)
        chats.drop_drafts(session, now)
        notices.drop_unconfirmed(session, now)
        return store.drop_for_disabled(session, now - outbox.DISABLED_KEEPS)


def start_lanes(engine: Engine, clock: Clock | None = None) -> None:
    """Let the channels that could not be used at all be tried again: this process may be set up better."""
    with writing(engine) as session:
        pace.start(session, current_time(session, clock))
