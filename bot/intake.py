"""The one path into the library: what was listed is stored, matched, and queued for those who asked for it.

A scheduled run, a manual scrape, a back-fill and a paste differ in whether they alert; they all end here.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from bot import outbox
from bot.identity import own_names
from bot.outbox import Owed
from bot.store import outbox as outbox_store
from bot.store import people, sources
from bot.store.engine import Engine, Session, lock_library, writing
from bot.store.papers import REPLACED, Change, store_listed
from bot.watching import Watching
from scrapers.paper import Paper
from scrapers.request import Listed

# The lock that serialises matching is held for so many papers at a time, so that a new subscription never waits long;
# what is only stored goes in larger pieces.
MATCHED_AT_ONCE, STORED_AT_ONCE = 50, 500
_LATE = timedelta(days=30)  # so long arXiv holds back submissions that it looks at


@dataclass(frozen=True)
class Taken:
    """What a reading brought: the listed papers with what changed, and what is owed for them."""

    changes: tuple[Change, ...] = ()
    owed: tuple[Owed, ...] = ()

    @property
    def new(self) -> int:
        return sum(change.is_new for change in self.changes)


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
    owed: list[Owed] = []
    at_once = MATCHED_AT_ONCE if alert else STORED_AT_ONCE
    for start in range(0, len(listed), at_once):
        with writing(engine) as session:
            lock_library(session)
            row = sources.source_named(session, source, scraper, now)
            pieces = listed[start : start + at_once]
            some = store_listed(session, row, pieces, day=day, now=now, only_add=completing)
            if alert:
                owed.extend(_owe(session, watching, told(some, pieces), now))
            changes.extend(some)
    return Taken(tuple(changes), tuple(owed))


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


def _owe(session: Session, watching: Watching, changes: Sequence[Change], now: datetime) -> list[Owed]:
    """Queue what is owed for these changes."""
    watching.follow(session)
    seen = [_seen(change) for change in changes if change.says_more]
    answered = watching.answered(seen, now)
    asked = {id for one in answered for id in one.ids}
    watches = people.watches_of(session, asked)
    watching.forget(asked - watches.keys())
    if not watches:
        return []
    new = {change.id for change in changes if change.is_new}  # of which nothing is owed yet
    matched = {one.seen.paper_id for one in answered if one.ids}
    existing = outbox_store.owed_for(session, matched - new)
    owed = outbox.plan(outbox.hits(answered, watches, now), existing, now)
    outbox_store.queue(session, owed, now)
    return owed
