"""The loop that sends what is owed: claim a recipient, freeze a message, attempt it, record how it ended.

What is in a message is fixed, and the attempt noted, before the channel is called. So a crash loses nothing, and an
attempt whose outcome nobody knows is known to be one: it is repeated, and counted as ambiguous.
"""

import asyncio
import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from random import Random
from typing import Any

from bot import outbox, schedule
from bot.channels import Channel, ChannelError, Item, Outgoing
from bot.coverage import Covered, sentence
from bot.language import language
from bot.local_time import hour, zone
from bot.models import Delivery, Message, Recipient
from bot.preview import met
from bot.query import document, explain
from bot.store import outbox as store
from bot.store import people
from bot.store import sources as read
from bot.store.engine import Clock, Engine, Session, current_time, trying, writing
from bot.store.merging import resolve
from bot.store.records import load, sources_of

log = logging.getLogger(__name__)

# The lease is much longer than any channel's timeout: with a lease as short as its lock waits, SQLite gave 5 to 12
# doubled messages without any crash; with 30 s, none.
LEASE = timedelta(seconds=120)
# Seconds until the next attempt, doubled each time: after a failure, and where nobody knows whether it was one.
RETRY_BASE, RETRY_CAP = 2.0, 900.0
AMBIGUOUS_BASE, AMBIGUOUS_CAP = 120.0, 21_600.0

# How often it is looked whether a list came that digests wait for.
LOOK_AGAIN = timedelta(minutes=1)
DAY = timedelta(days=1)

Channels = Mapping[str, Channel]


@dataclass(frozen=True)
class Attempt:
    """A claimed message on its way: whose it is, the claim's number, what to send where, and how many seconds must pass
    before the next one goes there."""

    recipient_id: int
    claim: int
    message_id: int
    channel: str
    address: str
    outgoing: Outgoing
    failures: int
    gap: float = 0


async def deliver_once(
    engine: Engine, channels: Channels, *, sources: Collection[str] = (), clock: Clock | None = None, random: Random
) -> Attempt | None:
    """Send one message that is due; the attempt, whatever came of it, or None if nothing is due.

    Digests wait for these sources, and say what was read of them.
    """
    attempt = await asyncio.to_thread(claim, engine, channels, clock, sources)
    if attempt is None:
        return None
    result = await _send(channels[attempt.channel], attempt)
    if not await asyncio.to_thread(finish, engine, attempt, result, clock, random):
        log.warning("message %s: the claim ran out before its outcome was recorded", attempt.message_id)
    return attempt


async def _send(channel: Channel, attempt: Attempt) -> str | ChannelError | None:
    try:
        return await channel.send(attempt.address, channel.render(attempt.outgoing))
    except ChannelError as error:
        log.warning("%s to %s: %s", attempt.outgoing.slot, attempt.channel, error)
        return error


def claim(engine: Engine, channels: Channels, clock: Clock | None, sources: Collection[str] = ()) -> Attempt | None:
    """Claim a recipient that is owed something, and note the attempt of its next message; in one transaction.

    Recipients that turn out to be owed nothing now (quiet hours, lists not read, dropped) are released and the next is
    tried.
    """
    while True:
        with writing(engine) as session:
            now = current_time(session, clock)
            recipient = store.claim_recipient(session, now, LEASE)
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
    if until := schedule.quiet_until(now, recipient.quiet_from, recipient.quiet_until, zone(recipient.zone)):
        _release(session, recipient, until)
        return None
    message = _next_message(session, recipient, channel, sources, now)
    if message is None:
        _release(session, recipient, _waits_until(recipient, now) or now)
        return None
    if message.attempt_started_at is not None:
        message.ambiguous += 1
    message.state, message.attempt_started_at, message.attempts = "sending", now, message.attempts + 1
    outgoing = compose(session, recipient, message, now)
    return Attempt(
        recipient.id or 0, recipient.attempt, message.id or 0, recipient.channel, recipient.address, outgoing,
        recipient.failures, channel.gap(recipient.address),
    )  # fmt: skip


def _release(session: Session, recipient: Recipient, due_at: datetime) -> None:
    store.release_recipient(session, recipient.id or 0, recipient.attempt, due_at, recipient.failures)


def _next_message(
    session: Session, recipient: Recipient, channel: Channel, sources: Collection[str], now: datetime
) -> Message | None:
    """The message that is sent next: one frozen earlier, or the first of those frozen now. Too old ones are dead."""
    while message := store.open_message(session, recipient.id or 0, now):
        if message.attempts < outbox.TRIED_ENOUGH or now - message.created_at < outbox.ALERT_LIVES:
            return message
        message.state, message.error = "dead", f"given up after {message.attempts} attempts: {message.error or '?'}"
        session.flush()
    frozen = _freeze(session, recipient, channel, sources, now)
    return frozen[0] if frozen else None


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
            delivery.dropped = "no subscription asks for it any more (unsubscribed, muted or edited)"
    session.flush()
    return holding


def compose(session: Session, recipient: Recipient, message: Message, now: datetime) -> Outgoing:
    """The message as its channel gets it."""
    carried = store.carried_by(session, message.id or 0)
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


def finish(
    engine: Engine, attempt: Attempt, result: str | ChannelError | None, clock: Clock | None, random: Random
) -> bool:
    """Record how an attempt ended (the far side's id of the message, or the error) and release the recipient; in one
    transaction. False, and nothing is recorded, where the claim had run out: somebody else has the message now.
    """
    with writing(engine) as session:
        now = current_time(session, clock)
        next_at = now + timedelta(seconds=attempt.gap)
        if not store.release_recipient(session, attempt.recipient_id, attempt.claim, next_at, attempt.failures):
            return False
        message = session.get_one(Message, attempt.message_id)
        recipient = session.get_one(Recipient, attempt.recipient_id)
        message.attempt_started_at = None
        if isinstance(result, ChannelError):
            recipient.failures += 1
            _failed(session, message, recipient, result, now, random)
        else:
            recipient.failures = 0
            message.state, message.sent_at, message.remote_id, message.error = "sent", now, result, None
        return True


def _failed(
    session: Session, message: Message, recipient: Recipient, error: ChannelError, now: datetime, random: Random
) -> None:
    message.state, message.error = "ready", str(error)
    if error.rejected:
        message.state = "dead"
    elif error.gone:
        recipient.disabled_at, recipient.disabled_reason = now, str(error)
        store.unfreeze(session, message)
    else:
        message.ambiguous += error.sent is None
        message.send_at = recipient.due_at = now + max(timedelta(seconds=error.wait), _wait(message, error, random))


def _wait(message: Message, error: ChannelError, random: Random) -> timedelta:
    """How long until the next attempt: soon where it was certainly not sent; rarer and rarer where it may have been,
    for each repetition may be one too many."""
    base, cap = (AMBIGUOUS_BASE, AMBIGUOUS_CAP) if error.sent is None else (RETRY_BASE, RETRY_CAP)
    return schedule.backoff(message.attempts, base=base, cap=cap, random=random)


def drop_expired(engine: Engine, clock: Clock | None = None) -> int:
    """Drop what has waited too long for recipients that stay disabled; how much that was."""
    with writing(engine) as session:
        return store.drop_for_disabled(session, current_time(session, clock) - outbox.DISABLED_KEEPS)
