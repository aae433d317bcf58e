"""The loop that sends what is owed: claim a recipient, freeze a message, attempt it, record how it ended.

What is in a message is fixed, and the attempt noted, before the channel is called. So a crash loses nothing, and an
attempt whose outcome nobody knows is known to be one: it is repeated, and counted as ambiguous.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from datetime import timedelta
from random import Random

from bot import outbox
from bot.channels import NOTICES, Channel, ChannelError, Sent
from bot.claiming import Channels, claim
from bot.outcomes import Attempt, finish, give_back
from bot.store import chats, notices, pace
from bot.store import outbox as store
from bot.store.engine import Clock, Engine, current_time, writing

log = logging.getLogger(__name__)


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
    attempt = await asyncio.to_thread(claim, engine, channels, clock, sources)
    if attempt is None:
        return None
    found()
    channel = channels[attempt.channel]
    try:
        if attempt.wait > 0:
            await sleep(attempt.wait)
        wait = await asyncio.to_thread(_may_send, engine, attempt, channel.timeout, clock)
        if wait:
            await sleep(wait)
    except Stopped:
        await asyncio.to_thread(give_back, engine, attempt, clock)
        return None
    if wait is None:
        log.warning("message %s: its claim does not last until it would be sent", attempt.message_id)
        await asyncio.to_thread(give_back, engine, attempt, clock)
        return attempt
    result = await _send(channel, attempt)
    told(attempt.channel, result)
    if not await asyncio.to_thread(finish, engine, attempt, result, clock, random):
        log.warning("message %s: the claim ran out before its outcome was recorded", attempt.message_id)
    return attempt


def _may_send(engine: Engine, attempt: Attempt, timeout: float, clock: Clock | None) -> float | None:
    """In how many seconds it may be sent; None where somebody else may get the message before its outcome is known: the
    machine may have slept since the claim."""
    with writing(engine) as session:
        now = current_time(session, clock)
        at = pace.pass_gate(session, attempt.channel, now, attempt.rate)
        until, is_notice = at + timedelta(seconds=timeout), attempt.outgoing.kind in NOTICES
        if store.holds_claim(session, attempt.recipient_id, attempt.claim, until, even_if_still=is_notice):
            return (at - now).total_seconds()
    return None


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
