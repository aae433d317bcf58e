"""From what is owed to messages, which stay as they are: a digest for each slot, and alerts.

What is not asked for any more is left out, and digests wait for lists that are not read yet.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from bot import outbox, schedule
from bot.channels import NOTICES, Channel, Outgoing
from bot.composing import compose
from bot.covered import Covered, sentence
from bot.desk import Desk, desk_of
from bot.language import language
from bot.local_time import hour
from bot.models import Delivery, Message, Recipient
from bot.store import notices, people
from bot.store import outbox as store
from bot.store import sources as read
from bot.store.engine import Engine, trying

# How often it is looked whether a list came that digests wait for.
_LOOK_AGAIN = timedelta(minutes=1)
_DAY = timedelta(days=1)
_NOT_ASKED = "no subscription asks for it any more (unsubscribed, muted or edited)"


def next_message(
    desk: Desk, recipient: Recipient, channel: Channel, sources: Collection[str], *, only_notices: bool
) -> Message | None:
    """The message that is sent next: one frozen earlier, or the first of those frozen now. Too old ones are dead, and
    those of which nothing is asked for any more. Whoever wants no papers now gets the mails that they asked for."""
    for message in desk.open_messages(recipient):
        if only_notices and message.kind not in NOTICES:
            continue
        is_old = message.attempts >= outbox.TRIED_ENOUGH and desk.now - message.created_at >= outbox.ALERT_LIVES
        if not is_old and _is_wanted(desk, recipient, message):
            return message
        given_up = f"given up after {message.attempts} attempts: {message.error or '?'}"
        message.state, message.error = "dead", given_up if is_old else "nothing of it is asked for any more"
    if only_notices:
        return None
    frozen = _freeze(desk, recipient, channel, sources)
    return frozen[0] if frozen else None


def _is_wanted(desk: Desk, recipient: Recipient, message: Message) -> bool:
    """Whether anything still holds of what a frozen message carries; what does not is left out of it. Where the message
    may have arrived, its papers stay told."""
    if message.kind in NOTICES:
        return notices.content(desk.session, message) is not None
    if message.kind == store.EMPTY:
        return recipient.digest_empty
    id = message.id or 0
    shown = store.carried_by(desk.session, [id]).get(id, [])
    holding = _holding(desk, recipient, shown)
    may_be_told = message.ambiguous or message.attempt_started_at
    for delivery in shown if holding else [*shown, *store.hidden_in(desk.session, id)]:
        if delivery not in holding:
            delivery.rank, delivery.message_id = None, message.id if may_be_told else None
            delivery.dropped = _NOT_ASKED
    return bool(holding)


def _freeze(desk: Desk, recipient: Recipient, channel: Channel, sources: Collection[str]) -> list[Message]:
    """Make messages of what is owed now and still holds: a digest for each slot, and alerts. Digests wait while lists
    are not read, as long as the recipient wants."""
    due = _holding(desk, recipient, _due(desk, recipient))
    alone = [one for one in due if one.slot == schedule.ALERT]
    if len(alone) == len(due) <= _at_once(channel) and not recipient.returned_at:
        recipient.waits_since = None
        return _freeze_alerts(desk, recipient, channel, alone)
    since = store.last_digest(desk.session, recipient.id or 0) or desk.now - _DAY
    covered = read.covered(desk.session, sources, desk.now, since)
    size = channel.papers_at_most
    if recipient.returned_at:
        # Back from a pause: everything that waited comes as one digest.
        recipient.returned_at = recipient.waits_since = None
        return _freeze_digest(desk, recipient, size, f"return:{desk.now:%Y-%m-%dT%H:%M}", due, covered)
    by_slot = {slot: list(group) for slot, group in groupby(sorted(due, key=_by_slot), key=lambda one: one.slot)}
    alerts = by_slot.pop(schedule.ALERT, [])
    if len(alerts) > _at_once(channel):
        frozen = _freeze_digest(desk, recipient, size, f"many:{alerts[0].id}", alerts, covered)
    else:
        frozen = _freeze_alerts(desk, recipient, channel, alerts)
    if by_slot and _waits(recipient, covered, desk.now):
        return frozen
    recipient.waits_since = None
    for slot, group in by_slot.items():
        frozen += _freeze_digest(desk, recipient, size, slot, group, covered)
    return frozen


def _due(desk: Desk, recipient: Recipient) -> Sequence[Delivery]:
    """What is owed to the recipient by now; with what came while digests waited for it."""
    if recipient.waits_since is None:
        return desk.due(recipient)
    _take_along(desk, recipient)
    return store.waiting(desk.session, recipient.id or 0, desk.now)


def _take_along(desk: Desk, recipient: Recipient) -> None:
    """Put what came while digests waited for it into them, and not into the next ones."""
    if recipient.waits_since is None:
        return
    waiting = store.waiting(desk.session, recipient.id or 0)
    late = {schedule.Slot(one.slot, one.send_at) for one in waiting if one.send_at <= desk.now}
    for one in waiting:
        if one.send_at <= desk.now or one.queued_at < recipient.waits_since:
            continue
        for slot in late:
            if outbox.reslot(one.reasons, desk.watches(recipient), slot.send_at - timedelta(seconds=1)) == slot:
                one.slot, one.send_at = slot.name, slot.send_at
    desk.session.flush()


def _by_slot(delivery: Delivery) -> tuple[str, int]:
    return delivery.slot, delivery.id or 0


def _waits(recipient: Recipient, covered: Sequence[Covered], now: datetime) -> bool:
    """Whether digests wait for what should have been read by now; from now on, if they did not yet."""
    if not any(one.is_missing for one in covered):
        return False
    recipient.waits_since = recipient.waits_since or now
    return now < recipient.waits_since + timedelta(minutes=recipient.digest_wait)


def waits_until(recipient: Recipient, now: datetime) -> datetime | None:
    """When it is looked again whether the lists were read; None where nothing waits."""
    if recipient.waits_since is None:
        return None
    return min(now + _LOOK_AGAIN, recipient.waits_since + timedelta(minutes=recipient.digest_wait))


def _at_once(channel: Channel) -> int:
    """So many papers come as alerts; more are a digest."""
    return min(outbox.ALERTS_AT_ONCE, outbox.MESSAGES_AT_ONCE * channel.alerts_at_most)


def _freeze_alerts(desk: Desk, recipient: Recipient, channel: Channel, due: Sequence[Delivery]) -> list[Message]:
    if not due:
        return []
    parts = _parts(due, channel.alerts_at_most)
    return desk.freeze(store.freeze(recipient.id or 0, "alert", f"alert:{due[0].id}", parts, desk.now))


def _freeze_digest(
    desk: Desk, recipient: Recipient, size: int, slot: str, due: Sequence[Delivery], covered: Sequence[Covered]
) -> list[Message]:
    """The parts of a digest: as many papers as the recipient wants, by subscription, the best first."""
    if not due:
        return []
    papers = desk.papers(delivery.paper_id for delivery in due)
    best = sorted(due, key=lambda one: outbox.rank(one.reasons, papers[one.paper_id], one.paper_id))
    shown, more = best[: recipient.digest_most], best[recipient.digest_most :]
    if day := schedule.day_of(slot):
        people.mark_told(desk.session, _whose_digest(desk, recipient, slot, day, due), day)
    coverage = sentence(covered, language(recipient.language))
    frozen = store.freeze(
        recipient.id or 0, "digest", slot, _parts(shown, size), desk.now, more=more, coverage=coverage
    )
    return desk.freeze(frozen)


def _whose_digest(desk: Desk, recipient: Recipient, slot: str, day: date, due: Sequence[Delivery]) -> set[int]:
    """The subscriptions whose hour this was, or was when it was queued. Another one, whose paper came early because it
    was asked for twice, still has its own digest on this day."""
    given = {reason["subscription"] for one in due for reason in one.reasons}
    alone = {one.reasons[0]["subscription"] for one in due if len(one.reasons) == 1}
    watches = desk.watches(recipient).values()
    return alone | {w.id for w in watches if w.id in given and schedule.digest_slot(day, hour(w.at)) == slot}


def _parts(due: Sequence[Delivery], size: int) -> list[Sequence[Delivery]]:
    return [due[start : start + size] for start in range(0, len(due), size)]


def _holding(desk: Desk, recipient: Recipient, due: Sequence[Delivery]) -> list[Delivery]:
    """What still holds of what is due; the rest is dropped, with the reason."""
    watches = desk.watches(recipient)
    desk.papers(delivery.paper_id for delivery in due)
    holding = []
    for delivery in due:
        paper = desk.document(delivery.paper_id)
        reasons = [
            reason
            for reason in delivery.reasons
            if outbox.reminder_day(delivery.kind)
            or outbox.still_holds(delivery.kind, reason, watches.get(reason["subscription"]), paper, desk.now)
        ]
        if reasons:
            delivery.reasons = reasons
            holding.append(delivery)
        else:
            delivery.dropped = _NOT_ASKED
    return holding


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
        desk = desk_of(session, recipient, now)
        _take_along(desk, recipient)
        waiting = [one for one in store.waiting(session, recipient.id or 0) if schedule.day_of(one.slot)]
        day = day or min((found for one in waiting if (found := schedule.day_of(one.slot))), default=None)
        due = _holding(desk, recipient, [one for one in waiting if schedule.day_of(one.slot) == day])
        covered = read.covered(session, sources, now, store.last_digest(session, recipient.id or 0) or now - _DAY)
        for slot, group in groupby(sorted(due, key=_by_slot), key=lambda one: one.slot):
            _freeze_digest(desk, recipient, size, slot, list(group), covered)
        desk.put_down()
        messages = store.messages_of_day(session, recipient.id or 0, day) if day else []
        return compose(session, [(recipient, message) for message in messages], now)
