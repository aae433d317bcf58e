"""Pure: who is owed which paper, why and when; and what of it still holds when it is sent.

A delivery has a kind: `new` (once for ever), `version:N` (for those who asked for versions), `rise:SUBSCRIPTION` (a
condition on a number came true after the paper had been told for another reason; once), `reminder:DATE`.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from bot import schedule
from bot.channels import version_of
from bot.local_time import hour, zone
from bot.query import Document, Query, QueryError, depends_on_numbers, matches, parse
from bot.query.tree import Or
from scrapers.paper import Paper

Reason = dict[str, Any]
Key = tuple[int, int, str]  # recipient, paper, kind
NEW = "new"
_EVER = datetime.min.replace(tzinfo=UTC)


class Watch(NamedTuple):
    """A subscription with what is needed of its recipient: what it asks for, and when its matches are sent. `told_on`
    is the local date of its last digest; it was made at `since`."""

    id: int
    recipient_id: int
    name: str
    text: str
    key: str
    revision: int
    rhythm: str
    at: str
    zone: str
    weekday: int = 0
    told_on: date | None = None
    versions: bool = False
    muted_until: datetime | None = None
    since: datetime = _EVER

    @property
    def query(self) -> Query:
        return query_of(self.text)

    def is_muted(self, now: datetime) -> bool:
        return self.muted_until is not None and now < self.muted_until

    def reason(self) -> Reason:
        return {"subscription": self.id, "revision": self.revision, "name": self.name, "query": self.text}

    @property
    def times(self) -> tuple[Any, ...]:
        """All that says when its matches are sent."""
        return self.rhythm, self.at, self.zone, self.weekday, self.told_on

    def slot(self, now: datetime) -> schedule.Slot:
        times = schedule.Times(self.rhythm, hour(self.at), zone(self.zone), self.weekday)
        return schedule.slot(now, times, self.told_on)


NOTHING = Or(())  # no paper matches it


@lru_cache(maxsize=10_000)
def query_of(text: str) -> Query:
    """The parsed query of a stored subscription; where an older version took it and this one does not, its root is
    NOTHING."""
    try:
        return parse(text)
    except QueryError:
        return Query(text, NOTHING)


class Hit(NamedTuple):
    """A watch whose query became true for a paper (`kind` new), or that wants the paper's new version told."""

    watch: Watch
    paper_id: int
    kind: str = NEW


class Owed(NamedTuple):
    """What is owed, as it is or will be stored. `told`: it is part of a message, and can't be changed any more."""

    recipient_id: int
    paper_id: int
    kind: str
    reasons: tuple[Reason, ...]
    slot: schedule.Slot
    told: bool = False
    dropped: str | None = None

    @property
    def key(self) -> Key:
        return self.recipient_id, self.paper_id, self.kind


@dataclass(frozen=True)
class Seen:
    """A paper as it was and as it is, with the sources that listed it."""

    paper_id: int
    before: Paper | None
    after: Paper
    sources_before: frozenset[str] = frozenset()
    sources: frozenset[str] = frozenset()

    @property
    def new_version(self) -> int | None:
        """The paper's version, where it is a new one: higher than the one that was known; where none was, one that is
        not older than what was known."""
        if self.before is None or not self.after.version or self.after.version <= (self.before.version or 1):
            return None
        known, revised = self.before.updated or self.before.published, self.after.updated
        is_old = not self.before.version and known and revised and revised <= known
        return None if is_old else self.after.version


@dataclass(frozen=True)
class Answered:
    """The ids of the subscriptions whose query a paper answers: `fresh`, that it did not answer as it was before, and
    `still`, that it did."""

    seen: Seen
    fresh: list[int]
    still: list[int]

    @property
    def ids(self) -> list[int]:
        """Those that may alert."""
        return self.fresh + self.still if self.seen.new_version else self.fresh


def hits(answered: Iterable[Answered], watches: Mapping[int, Watch], now: datetime) -> Iterator[Hit]:
    """Which watches alert for which papers: the query was false on the old record, or the paper unknown, and is true
    on the new one. A muted watch alerts for nothing."""
    for one in answered:
        yield from _hits(one, watches, now)


def _hits(answered: Answered, watches: Mapping[int, Watch], now: datetime) -> Iterator[Hit]:
    seen, version, fresh = answered.seen, answered.seen.new_version, frozenset(answered.fresh)
    for id in sorted(answered.ids):
        watch = watches.get(id)
        if watch is None or watch.is_muted(now):
            continue
        if id in fresh:
            yield Hit(watch, seen.paper_id)
        elif watch.versions:
            yield Hit(watch, seen.paper_id, f"version:{version}")


def plan(found: Iterable[Hit], existing: Mapping[Key, Owed], now: datetime) -> list[Owed]:
    """What is to be stored for these hits, beside what is owed already.

    A further reason joins what is not yet in a message, and moves it to the earlier time.
    """
    planned: dict[Key, Owed] = {}
    slots: dict[tuple[Any, ...], schedule.Slot] = {}  # the same for thousands of subscriptions
    for hit in found:
        times = hit.watch.times
        slot = slots.get(times) or slots.setdefault(times, hit.watch.slot(now))
        owed = _owed(hit, existing, slot)
        earlier = planned.get(owed.key) or existing.get(owed.key)
        if earlier and earlier.told:
            continue
        planned[owed.key] = _join(earlier, owed) if earlier else owed
    return list(planned.values())


def _owed(hit: Hit, existing: Mapping[Key, Owed], slot: schedule.Slot) -> Owed:
    watch, kind = hit.watch, hit.kind
    first = existing.get((watch.recipient_id, hit.paper_id, NEW))
    if kind == NEW and first and first.told and depends_on_numbers(watch.query) and not _gave(first, watch):
        kind = f"rise:{watch.id}"
    return Owed(watch.recipient_id, hit.paper_id, kind, (watch.reason(),), slot)


def _gave(owed: Owed, watch: Watch) -> bool:
    return any(reason["subscription"] == watch.id for reason in owed.reasons)


def _join(waiting: Owed, further: Owed) -> Owed:
    if waiting.dropped:
        return further
    known = {reason["subscription"] for reason in further.reasons}
    reasons = (*(r for r in waiting.reasons if r["subscription"] not in known), *further.reasons)
    return waiting._replace(reasons=reasons, slot=min(waiting.slot, further.slot, key=_urgency))


def _urgency(slot: schedule.Slot) -> tuple[bool, datetime]:
    return slot.name != schedule.ALERT, slot.send_at  # a digest whose time has come may still wait for lists


REMINDED: Reason = {"subscription": 0, "revision": 0, "name": "reminder", "query": ""}


def reminder(day: date) -> str:
    """The kind of a delivery that tells a paper again on that day."""
    return f"reminder:{day.isoformat()}"


def reminder_day(kind: str) -> date | None:
    """The day of a reminder; None for another kind."""
    what, _, day = kind.partition(":")
    return date.fromisoformat(day) if what == "reminder" else None


def reslot(reasons: Iterable[Reason], watches: Mapping[int, Watch], now: datetime) -> schedule.Slot | None:
    """When what waits for these reasons is sent, after hours or zones were changed; None where none of them is left."""
    slots = [watches[id].slot(now) for id in (reason["subscription"] for reason in reasons) if id in watches]
    return min(slots, key=lambda slot: slot.send_at) if slots else None


def rank(reasons: Sequence[Reason], paper: Paper, id: int) -> tuple[int, ...]:
    """The place of a paper in a digest: by its first subscription, there the most upvotes first, then the newest."""
    first = min((reason["subscription"] for reason in reasons), default=0)
    return first, -(paper.upvotes or 0), -(paper.published or date.min).toordinal(), -id


def still_holds(kind: str, reason: Reason, watch: Watch | None, paper: Document, now: datetime) -> bool:
    """Whether a reason is still one when its message is made: the subscription is there, not muted, and if it was
    edited meanwhile, still asks for the paper, or for new versions."""
    if watch is None or watch.is_muted(now) or (version_of(kind) and not watch.versions):
        return False
    # SQLite gives the number of a removed subscription to the next one: it must ask for the same, too.
    is_same = (reason["revision"], reason["query"]) == (watch.revision, watch.text)
    return is_same or matches(watch.query, paper, now)


# A message is given up after a day and so many attempts: a machine that slept for a week has not tried it yet.
ALERT_LIVES = timedelta(hours=24)
TRIED_ENOUGH = 5
# How long what is owed to a disabled recipient waits for its return.
DISABLED_KEEPS = timedelta(days=7)
# So many papers in so many messages at once are alerts; more are a digest that says how many there are.
ALERTS_AT_ONCE, MESSAGES_AT_ONCE = 20, 5
