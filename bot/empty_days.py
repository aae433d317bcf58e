"""Digests of days on which nothing was found, for those who want to hear of that too: silence may mean anything."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from bot.covered import Covered, sentence
from bot.language import language
from bot.models import Recipient
from bot.outbox import Watch
from bot.schedule import Slot, day_of
from bot.store import outbox, people
from bot.store import sources as read
from bot.store.engine import Clock, Engine, Session, current_time, lock_library, writing

_LATE = timedelta(hours=2)  # so long after its hour a day without papers is still told of
_DAY = timedelta(days=1)


def tell(engine: Engine, sources: Collection[str], clock: Clock | None = None) -> int:
    """Owe a digest without papers to everybody who wants one, whose hour has come, and for whom nothing was found; how
    many. It says what was read of these sources."""
    with writing(engine) as session:
        now = current_time(session, clock)
        wanting = people.wanting_empty_days(session)
        if wanting:
            lock_library(session)  # what is found at this moment comes before, or after
        return sum(_tell(session, recipient, sources, now) for recipient in wanting)


def _tell(session: Session, recipient: Recipient, sources: Collection[str], now: datetime) -> int:
    watches = people.watches(session, recipient.id or 0)
    slots = {slot.name: slot for slot in _due(recipient, watches, now)}
    open_ = [one for one in slots.values() if not outbox.has_slot(session, recipient.id or 0, one.name)]
    if not open_:
        return 0
    covered = read.covered(session, sources, now, outbox.last_digest(session, recipient.id or 0) or now - _DAY)
    due = [slot for slot in open_ if not _waits(recipient, covered, slot, now)]
    said = sentence(covered, language(recipient.language))
    for slot in due:
        outbox.owe_empty(session, recipient.id or 0, slot.name, said, now)
        told = [watch.id for watch in watches if _slot(recipient, watch, now) == slot]
        people.mark_told(session, told, day_of(slot.name) or now.date())
    return len(due)


def _due(recipient: Recipient, watches: Sequence[Watch], now: datetime) -> Iterator[Slot]:
    """The digests whose hour came a short time ago."""
    for watch in watches:
        if watch.rhythm != "instant" and not watch.is_muted(now):
            slot = _slot(recipient, watch, now)
            if watch.since <= slot.send_at <= now:
                yield slot


def _slot(recipient: Recipient, watch: Watch, now: datetime) -> Slot:
    """The first digest that is not older than all that may still be told."""
    return watch.slot(now - _LATE - timedelta(minutes=recipient.digest_wait))


def _waits(recipient: Recipient, covered: Sequence[Covered], slot: Slot, now: datetime) -> bool:
    """Whether lists are missing that may bring something yet."""
    patience = timedelta(minutes=recipient.digest_wait)
    return now < slot.send_at + patience and any(one.is_missing for one in covered)
