"""The one path into the library: what was listed is stored, matched, and queued for those who asked for it.

A scheduled run, a manual scrape, a back-fill and a paste differ in whether they alert; they all end here.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from bot import outbox
from bot.identity import own_names
from bot.outbox import Answered, Key, Owed
from bot.store import owed as owed_store
from bot.store import people, sources
from bot.store.engine import Engine, Session, lock_library, reading, writing
from bot.store.papers import REPLACED, Change, store_listed
from bot.watching import Watching
from scrapers.paper import Paper
from scrapers.request import Listed

# The lock that serialises matching is held for so many papers at a time, and for fewer where they are owed to many:
# with 12,000 deliveries (0.6 s on PostgreSQL) a new subscription never waits long. What is only stored goes in larger
# pieces.
MATCHED_AT_FIRST, MATCHED_AT_ONCE, OWED_AT_ONCE, STORED_AT_ONCE = 4, 50, 12_000, 500
LOOKED_UP_AT_ONCE = 1_000  # subscriptions
_LATE = timedelta(days=30)  # so long arXiv holds back submissions that it looks at


@dataclass(frozen=True)
class Taken:
    """What a reading brought: the listed papers with what changed, and by the ids of papers those of the recipients
    that are owed them."""

    changes: tuple[Change, ...] = ()
    owed: Mapping[int, Sequence[int]] = field(default_factory=dict)

    @property
    def new(self) -> int:
        return sum(change.is_new for change in self.changes)

    @property
    def alerts(self) -> int:
        return sum(map(len, self.owed.values()))


def take_in(
    engine: Engine,
    source: str,
    scraper: str,
    listed: Sequence[Listed],
    *,
    day: date,
    alert: bool,
    now: datetime,
    watching: Watching | None = None,
    completing: bool = False,
) -> Taken:
    """Store what a source listed, match it, and queue what is owed for it, some papers a transaction.

    Repeating it changes nothing. `day` is the list day of papers that state none. `watching` is the index of all
    subscriptions, if the caller keeps one; else one is made for these papers. `completing`: what is listed is what was
    `found_later`, and changes nothing of what the lists said.
    """
    watching = watching or Watching()
    if alert:
        watching.prepare(engine)
    changes: list[Change] = []
    owed = defaultdict[int, list[int]](list)
    left, at_once = listed, MATCHED_AT_FIRST if alert else STORED_AT_ONCE
    while left:
        pieces, left = left[:at_once], left[at_once:]
        with writing(engine) as session:
            lock_library(session)
            row = sources.source_named(session, source, scraper, now)
            some = store_listed(session, row, pieces, day=day, now=now, only_add=completing)
            queued = _owe(engine, session, watching, told(some, pieces), now) if alert else []
        changes.extend(some)
        for one in queued:
            owed[one.paper_id].append(one.recipient_id)
        at_once = _next_size(len(pieces), len(queued)) if alert else STORED_AT_ONCE
    return Taken(tuple(changes), dict(owed))


def _next_size(papers: int, owed: int) -> int:
    """How many papers are matched next, after so many that were owed to so many."""
    return max(1, min(MATCHED_AT_ONCE, papers * OWED_AT_ONCE // (owed or 1)))


def found_later(listed: Sequence[Listed], day: date) -> list[Listed]:
    """What completes the lists of a day, as it is announced: as replaced, where it is no new paper. Old records are
    edited by hundreds on some days."""
    return [replace(one, announced=None if _is_new(one.paper, day) else REPLACED) for one in listed]


def _is_new(paper: Paper, day: date) -> bool:
    return (paper.version or 1) == 1 and paper.published is not None and day - paper.published <= _LATE


def told(changes: Sequence[Change], listed: Sequence[Listed]) -> list[Change]:
    """The changes that may alert: a paper that is seen for the first time as replaced is no new one."""
    replaced = {name for one in listed if one.announced == REPLACED for name in own_names(one.paper)}
    return [one for one in changes if not (one.is_new and replaced.intersection(own_names(one.after)))]


def _seen(change: Change) -> outbox.Seen:
    if change.is_announced_first:
        return outbox.Seen(change.id, None, change.after, frozenset(), change.sources)
    return outbox.Seen(change.id, change.before, change.after, change.sources_before, change.sources)


def _owe(
    engine: Engine, session: Session, watching: Watching, changes: Sequence[Change], now: datetime
) -> list[Owed]:  # fmt: skip
    """Queue what is owed for these changes."""
    watching.follow(session)
    seen = [_seen(change) for change in changes if change.says_more]
    answered = watching.answered(seen, now)
    new = {change.id for change in changes if change.is_new}  # of which nothing is owed yet
    matched = {one.seen.paper_id for one in answered if one.ids}
    if not matched:
        return []
    existing = owed_store.owed_for(session, matched - new)
    # By a connection of its own: the other one stores meanwhile, and holds the lock without which no query changes.
    with reading(engine) as beside:
        return owed_store.queue_all(session, _planned(beside, watching, answered, existing, now), now)


def _together(answered: Iterable[Answered]) -> Iterator[list[Answered]]:
    """The papers in groups that are answered by a thousand subscriptions or a few more; those that some answer."""
    some: list[Answered] = []
    for one in answered:
        if one.ids:
            some.append(one)
        if sum(len(each.ids) for each in some) >= LOOKED_UP_AT_ONCE:
            yield some
            some = []
    if some:
        yield some


def _planned(
    session: Session, watching: Watching, answered: Iterable[Answered], existing: Mapping[Key, Owed], now: datetime
) -> Iterator[list[Owed]]:
    """What is to be stored, paper by paper."""
    for some in _together(answered):
        asked = {id for one in some for id in one.ids}
        watches = people.watches_of(session, asked)
        watching.forget(asked - watches.keys())
        for one in some:
            yield outbox.plan(outbox.hits([one], watches, now), existing, now)
