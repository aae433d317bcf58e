"""The loop that sends what is owed: claim a recipient, freeze a message, attempt it, record how it ended.

What is in a message is fixed, and the attempt noted, before the channel is called. So a crash loses nothing, and an
attempt whose outcome nobody knows is known to be one: it is repeated, and counted as ambiguous.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

from bot import outbox, schedule
from bot.channels import NOTICES, Channel, ChannelError, Item, Outgoing, Sent
from bot.coverage import Covered, sentence
from bot.language import language
from bot.local_time import hour, zone
from bot.models import Delivery, Message, Recipient
from bot.outcomes import Attempt, finish, give_back
from bot.preview import met
from bot.query import document, explain
from bot.store import chats, notices, pace, people
from bot.store import outbox as store
from bot.store import sources as read
from bot.store.engine import Clock, Engine, Session, current_time, trying, writing
from bot.store.merging import resolve
from bot.store.records import load, sources_of

log = logging.getLogger(__name__)

# The lease is longer than any channel's timeout (90 seconds), and much longer than its lock waits: with a lease as
# short as those, SQLite gave 5 to 12 doubled messages without any crash; with 30 s, none.
LEASE = timedelta(seconds=120)
# How often it is looked whether a list came that digests wait for.
LOOK_AGAIN = timedelta(minutes=1)
DAY = timedelta(days=1)

Channels = Mapping[str, Channel]


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
) -> Attempt | None:
    """Send one message that is due, when its turn comes; the attempt, whatever came of it, or None if nothing is due.

    Digests wait for these sources, and say what was read of them. `found` is called as soon as there is a message:
    there may be more. `sleep` waits some seconds (at most two), or raises Stopped.
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


def claim(engine: Engine, channels: Channels, clock: Clock | None, sources: Collection[str] = ()) -> Attempt | None:
    """Claim a recipient that is owed something, and note the attempt of its next message; in one transaction.

    Recipients that turn out to be owed nothing now (quiet hours, lists not read, dropped), or whose place must wait,
    are released and the next is tried. Nothing is claimed for channels whose lane has no turn soon.
    """
    while True:
        with writing(engine) as session:
            now = current_time(session, clock)
            recipient = store.claim_recipient(session, now, LEASE, pace.standing(session, list(channels), now))
            if recipient is None:
                return None
            attempt = _prepare(session, recipient, channels, sources, now)
            if attempt:
                return attempt


def _prepare(
    session: Session, recipient: Recipient, channels: Channels, sources: Collection[str], now: datetime
) -> Attempt | None:
    channel = channels.get(recipient.channel)
    if channel is None:
        _release(session, recipient, now + timedelta(hours=1))
        return None
    quiet_until = schedule.quiet_until(now, recipient.quiet_from, recipient.quiet_until, zone(recipient.zone))
    place = channel.pace(recipient.address)
    if (free_at := pace.free_at(session, place, now)) > now:
        _release(session, recipient, free_at)
        return None
    is_still = bool(quiet_until or recipient.paused_at or recipient.disabled_at) or recipient.confirmed_at is None
    message = _next_message(session, recipient, channel, sources, now, only_notices=is_still)
    if message is None:
        _release(session, recipient, quiet_until or _waits_until(recipient, now) or now)
        return None
    turn = _turn(session, recipient.channel, channel.rate, now)
    if turn is None:
        _release(session, recipient, now)
        return None
    next_at = pace.take_place(session, place, turn, now)
    return _attempt(session, recipient, message, channel, (turn, next_at), now)


def _turn(session: Session, channel: str, rate: float, now: datetime) -> datetime | None:
    """The lane's next turn, taken; None where others were faster, and it is too far ahead."""
    if not rate:
        return now
    return pace.take_turn_soon(session, channel, now, timedelta(seconds=1 / rate))


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


def _next_message(
    session: Session, recipient: Recipient, channel: Channel, sources: Collection[str], now: datetime, *,
    only_notices: bool,
) -> Message | None:  # fmt: skip
    """The message that is sent next: one frozen earlier, or the first of those frozen now. Too old ones are dead, and
    those of which nothing is asked for any more. Whoever wants no papers now gets the mails that they asked for."""
    while message := store.open_message(session, recipient.id or 0, now, only_notices=only_notices):
        is_old = message.attempts >= outbox.TRIED_ENOUGH and now - message.created_at >= outbox.ALERT_LIVES
        if not is_old and _is_wanted(session, recipient, message, now):
            return message
        given_up = f"given up after {message.attempts} attempts: {message.error or '?'}"
        message.state, message.error = "dead", given_up if is_old else "nothing of it is asked for any more"
        session.flush()
    if only_notices:
        return None
    frozen = _freeze(session, recipient, channel, sources, now)
    return frozen[0] if frozen else None


def _is_wanted(session: Session, recipient: Recipient, message: Message, now: datetime) -> bool:
    """Whether anything still holds of what a frozen message carries; what does not is left out of it. Where the message
    may have arrived, its papers stay told."""
    if message.kind in NOTICES:
        return notices.content(session, message) is not None
    shown = store.carried_by(session, message.id or 0)
    holding = _holding(session, recipient, shown, now)
    may_be_told = message.ambiguous or message.attempt_started_at
    for delivery in shown if holding else [*shown, *store.hidden_in(session, message.id or 0)]:
        if delivery not in holding:
            delivery.rank, delivery.message_id = None, message.id if may_be_told else None
            delivery.dropped = _NOT_ASKED
    session.flush()
    return bool(holding)


def _freeze(
    session: Session, recipient: Recipient, channel: Channel, sources: Collection[str], now: datetime
) -> list[Message]:
    """Make messages of what is owed now and still holds: a digest for each slot, and alerts. Digests wait while lists
    are not read, as long as the recipient wants."""
    _take_along(session, recipient, now)
    due = _holding(session, recipient, store.waiting(session, recipient.id or 0, now), now)
    size = channel.papers_at_most
    covered = read.covered(session, sources, now, store.last_digest(session, recipient.id or 0) or now - DAY)
    if recipient.returned_at:
        # Back from a pause: everything that waited comes as one digest.
        recipient.returned_at = recipient.waits_since = None
        return _freeze_digest(session, recipient, size, f"return:{now:%Y-%m-%dT%H:%M}", due, covered, now)
    by_slot = {slot: list(group) for slot, group in groupby(sorted(due, key=_by_slot), key=lambda one: one.slot)}
    alerts = by_slot.pop(schedule.ALERT, [])
    frozen = _freeze_alerts(session, recipient, channel, alerts, covered, now)
    if by_slot and _waits(recipient, covered, now):
        return frozen
    recipient.waits_since = None
    for slot, group in by_slot.items():
        frozen += _freeze_digest(session, recipient, size, slot, group, covered, now)
    return frozen


def _take_along(session: Session, recipient: Recipient, now: datetime) -> None:
    """Put what came while digests waited for it into them, and not into the next ones."""
    if recipient.waits_since is None:
        return
    watches = {watch.id: watch for watch in people.watches(session, recipient.id or 0)}
    waiting = store.waiting(session, recipient.id or 0)
    late = {schedule.Slot(one.slot, one.send_at) for one in waiting if one.send_at <= now}
    for one in waiting:
        if one.send_at <= now or one.queued_at < recipient.waits_since:
            continue
        for slot in late:
            if outbox.reslot(one.reasons, watches, slot.send_at - timedelta(seconds=1)) == slot:
                one.slot, one.send_at = slot.name, slot.send_at
    session.flush()


def _by_slot(delivery: Delivery) -> tuple[str, int]:
    return delivery.slot, delivery.id or 0


def _waits(recipient: Recipient, covered: Sequence[Covered], now: datetime) -> bool:
    """Whether digests wait for what should have been read by now; from now on, if they did not yet."""
    if not any(one.missing() for one in covered):
        return False
    recipient.waits_since = recipient.waits_since or now
    return now < recipient.waits_since + timedelta(minutes=recipient.digest_wait)


def _waits_until(recipient: Recipient, now: datetime) -> datetime | None:
    """When it is looked again whether the lists were read; None where nothing waits."""
    if recipient.waits_since is None:
        return None
    return min(now + LOOK_AGAIN, recipient.waits_since + timedelta(minutes=recipient.digest_wait))


def _freeze_alerts(
    session: Session, recipient: Recipient, channel: Channel, due: Sequence[Delivery], covered: Sequence[Covered],
    now: datetime,
) -> list[Message]:  # fmt: skip
    """Alerts; too many at once are a digest."""
    if len(due) > min(outbox.ALERTS_AT_ONCE, outbox.MESSAGES_AT_ONCE * channel.alerts_at_most):
        slot = f"many:{due[0].id}"
        return _freeze_digest(session, recipient, channel.papers_at_most, slot, due, covered, now)
    parts = _parts(due, channel.alerts_at_most)
    return store.freeze(session, recipient.id or 0, "alert", f"alert:{due[0].id}", parts, now) if due else []


def _freeze_digest(
    session: Session, recipient: Recipient, size: int, slot: str, due: Sequence[Delivery],
    covered: Sequence[Covered], now: datetime,
) -> list[Message]:  # fmt: skip
    """The parts of a digest: as many papers as the recipient wants, by subscription, the best first."""
    if not due:
        return []
    papers = load(session, {delivery.paper_id for delivery in due})
    best = sorted(due, key=lambda one: outbox.rank(one.reasons, papers[one.paper_id], one.paper_id))
    shown, more = best[: recipient.digest_most], best[recipient.digest_most :]
    if day := schedule.day_of(slot):
        people.mark_told(session, _whose_digest(session, recipient, slot, day, due), day)
    return store.freeze(
        session,
        recipient.id or 0,
        "digest",
        slot,
        _parts(shown, size),
        now,
        more=more,
        coverage=sentence(covered, language(recipient.language)),
    )


def _whose_digest(session: Session, recipient: Recipient, slot: str, day: date, due: Sequence[Delivery]) -> set[int]:
    """The subscriptions whose hour this was, or was when it was queued. Another one, whose paper came early because it
    was asked for twice, still has its own digest on this day."""
    given = {reason["subscription"] for one in due for reason in one.reasons}
    alone = {one.reasons[0]["subscription"] for one in due if len(one.reasons) == 1}
    watches = people.watches(session, recipient.id or 0)
    return alone | {w.id for w in watches if w.id in given and schedule.digest_slot(day, hour(w.at)) == slot}


def _parts(due: Sequence[Delivery], size: int) -> list[Sequence[Delivery]]:
    return [due[start : start + size] for start in range(0, len(due), size)]


_NOT_ASKED = "no subscription asks for it any more (unsubscribed, muted or edited)"


def _holding(session: Session, recipient: Recipient, due: Sequence[Delivery], now: datetime) -> list[Delivery]:
    """What still holds of what is due; the rest is dropped, with the reason."""
    watches = {watch.id: watch for watch in people.watches(session, recipient.id or 0)}
    ids = {delivery.paper_id for delivery in due}
    papers, sources = load(session, ids), sources_of(session, ids)
    holding = []
    for delivery in due:
        paper = document(papers[delivery.paper_id], sources.get(delivery.paper_id, frozenset()))
        reasons = [
            reason
            for reason in delivery.reasons
            if outbox.reminder_day(delivery.kind)
            or outbox.still_holds(reason, watches.get(reason["subscription"]), paper, now)
        ]
        if reasons:
            delivery.reasons = reasons
            holding.append(delivery)
        else:
            delivery.dropped = _NOT_ASKED
    session.flush()
    return holding


def compose(
    session: Session, recipient: Recipient, message: Message, now: datetime, *, with_hidden: bool = False
) -> Outgoing:
    """The message as its channel gets it; or (`with_hidden`) with the papers that it only counts."""
    carried = [*store.carried_by(session, message.id or 0)]
    carried += store.hidden_in(session, message.id or 0) if with_hidden else []
    ids = {delivery.paper_id: resolve(session, delivery.paper_id) for delivery in carried}
    papers, sources = load(session, set(ids.values())), sources_of(session, set(ids.values()))
    return Outgoing(
        key=f"{message.recipient_id}-{message.id}",
        kind=message.kind,
        slot=message.slot,
        part=message.part,
        parts=message.parts,
        total=store.papers_in_slot(session, message.recipient_id, message.slot),
        zone=recipient.zone,
        created_at=message.created_at,
        items=tuple(_item(d, ids[d.paper_id], papers, sources, now) for d in carried),
        more=message.more,
        coverage=message.coverage or "",
        language=recipient.language,
        silent=recipient.silent,
        notice=notices.content(session, message),
        recipient=message.recipient_id,
        message=message.id or 0,
    )


def _item(delivery: Delivery, id: int, papers: Mapping[int, Any], sources: Mapping[int, Any], now: datetime) -> Item:
    paper = papers[id]
    prepared = document(paper, sources.get(id, frozenset()))
    queries = (reason["query"] for reason in delivery.reasons)
    found = (mark for query in filter(None, queries) for mark in explain(outbox.query_of(query), prepared, now))
    marks = list(dict.fromkeys(found))
    names, ids = [tuple(reason[key] for reason in delivery.reasons) for key in ("name", "subscription")]
    return Item(id, paper, delivery.kind, names, tuple(marks), ids, tuple(met(marks, prepared)))


def rehearse(
    engine: Engine,
    address: tuple[str, str],
    size: int,
    sources: Collection[str],
    day: date | None,
    now: datetime,
) -> list[Outgoing]:
    """What the recipient's digest of that local date carries: as it was sent, or as it would be made now of what waits
    for it (None: the next one), in parts of `size` papers. Nothing is changed. Raises ValueError where nobody is known
    there."""
    with trying(engine) as session:
        recipient = people.existing_recipient(session, *address)
        _take_along(session, recipient, now)
        waiting = [one for one in store.waiting(session, recipient.id or 0) if schedule.day_of(one.slot)]
        day = day or min((found for one in waiting if (found := schedule.day_of(one.slot))), default=None)
        due = _holding(session, recipient, [one for one in waiting if schedule.day_of(one.slot) == day], now)
        covered = read.covered(session, sources, now, store.last_digest(session, recipient.id or 0) or now - DAY)
        for slot, group in groupby(sorted(due, key=_by_slot), key=lambda one: one.slot):
            _freeze_digest(session, recipient, size, slot, list(group), covered, now)
        messages = store.messages_of_day(session, recipient.id or 0, day) if day else []
        return [compose(session, recipient, message, now) for message in messages]


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
