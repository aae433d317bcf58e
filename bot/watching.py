"""Watching: all subscriptions in one index, kept up to date with the database, one in each process that ingests.

Every subscription carries the number of the change that made it what it is; the index asks for those with a higher
number than it knows. Changes are numbered under the library's lock, so none can come in between. Removed subscriptions
are not told of: they are found missing when a paper next meets them.
"""

import gc
import logging
from collections.abc import Iterable, Sequence
from datetime import datetime
from threading import Lock

from bot.outbox import NOTHING, Answered, Seen, query_of
from bot.query import document
from bot.query.bits import places_in
from bot.query.matcher import Matcher
from bot.store import people
from bot.store.engine import Engine, Session, reading

log = logging.getLogger(__name__)

# After so many, the collector of cycles passes over the index from then on, and comes less often: to walk through all
# of it again and again took half of the time of making it, and a third of that of queueing a day's papers (100,000
# subscriptions).
MANY, _SELDOM = 10_000, 50_000
# Terms that nobody asks for any more stay in the index until it is made anew: after so many changes, and one more for
# each subscription that there was. One chat that changed one query 5,000 times had cost every paper 125 ms.
WORN = 2_000


def settle() -> None:
    """What is there now is passed over by the collector of cycles from here on, which comes less often."""
    gc.freeze()
    gc.set_threshold(_SELDOM)


class Watching:
    """The index of all subscriptions of one database."""

    def __init__(self) -> None:
        self._matcher = Matcher()
        self._change = -1  # the last one that is known
        self._left = 0  # changes until the index is to be made anew
        self._lock = Lock()

    def prepare(self, engine: Engine) -> None:
        """Read what is new without holding up anybody; the first time, and where the index is worn, everything."""
        with reading(engine) as session:
            if self._left < 0:
                self._renew(session)
            self.follow(session)

    def _renew(self, session: Session) -> None:
        fresh = Watching()
        fresh.follow(session)
        with self._lock:
            self._matcher, self._change, self._left = fresh._matcher, fresh._change, fresh._left

    def follow(self, session: Session) -> None:
        """Read the subscriptions that are new or were changed since the last time."""
        with self._lock:
            count, newest = 0, self._change
            for count, (id, text, change) in enumerate(people.changed_since(session, self._change), 1):
                self._add(id, text)
                newest = change
                if count % MANY == 0:
                    settle()
            self._left = WORN + count if self._change < 0 else self._left - count
            self._change = newest  # only now: several may have one number, and a reading may fail between them

    def _add(self, id: int, text: str) -> None:
        query = query_of(text)
        if query.root is NOTHING:  # a query of an older version, or of another hand
            log.warning("subscription %s matches nothing, since its query %r is refused", id, text)
            self._matcher.remove(id)
        else:
            self._matcher.add(id, query)

    def forget(self, ids: Iterable[int]) -> None:
        """These subscriptions are gone."""
        with self._lock:
            for id in ids:
                self._matcher.remove(id)

    def answered(self, seen: Sequence[Seen], now: datetime) -> list[Answered]:
        """For each paper the subscriptions that it answers now. Call it under the library's lock, after `follow`."""
        ordered = sorted(seen, key=lambda one: one.before is None)  # so that those known before have the same places
        with self._lock:
            after = self._matcher.match_batch([document(one.after, one.sources) for one in ordered], now)
            before = self._matcher.match_batch(
                [document(one.before, one.sources_before) for one in ordered if one.before], now
            )
            found = [Answered(one, [], []) for one in ordered]
            for number, papers in after.items():
                told = before.get(number, 0)
                subscribers = self._matcher.subscribers(number)
                for place in places_in(papers & ~told):
                    found[place].fresh.extend(subscribers)
                for place in places_in(papers & told):
                    found[place].still.extend(subscribers)
        return found
