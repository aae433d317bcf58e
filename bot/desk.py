"""What claimed recipients are owed and ask for, read for all of them at once: that costs little more than for one."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bot.models import Delivery, Message, Recipient
from bot.outbox import Watch
from bot.query import Document, document
from bot.store import outbox as store
from bot.store import people
from bot.store.engine import Session
from bot.store.outbox import Frozen
from bot.store.records import load, sources_of
from scrapers.paper import Paper


class Desk:
    """The recipients of one transaction at the time `now`; and the messages that were made for them, which are `frozen`
    and not stored before `put_down`."""

    def __init__(self, session: Session, recipients: Sequence[Recipient], now: datetime) -> None:
        ids = [one.id or 0 for one in recipients]
        self.session, self.now = session, now
        self.frozen: list[Frozen] = []
        self._open = store.open_messages(session, ids, now)
        self._watches = people.watches_by_recipient(session, ids)
        self._waiting = store.waiting_by_recipient(session, ids, now)
        self._papers: dict[int, Paper] = {}
        self._sources: dict[int, frozenset[str]] = {}
        self._documents: dict[int, Document] = {}
        self.papers(one.paper_id for some in self._waiting.values() for one in some)

    def open_messages(self, recipient: Recipient) -> Sequence[Message]:
        """The messages frozen earlier whose time has come; those that somebody waits for come first."""
        return self._open.get(recipient.id or 0, [])

    def watches(self, recipient: Recipient) -> Mapping[int, Watch]:
        """What the recipient asks for, by the ids of subscriptions."""
        return self._watches.get(recipient.id or 0, {})

    def due(self, recipient: Recipient) -> Sequence[Delivery]:
        """What is owed to the recipient by now and is in no message yet, earliest first."""
        return self._waiting.get(recipient.id or 0, [])

    def papers(self, ids: Iterable[int]) -> Mapping[int, Paper]:
        """These papers, and others."""
        new = set(ids) - self._papers.keys()
        if new:
            self._papers.update(load(self.session, new))
            self._sources.update(sources_of(self.session, new))
        return self._papers

    def document(self, id: int) -> Document:
        """The paper as queries are matched with it."""
        if id not in self._documents:
            paper = self.papers([id])[id]
            self._documents[id] = document(paper, self._sources.get(id, frozenset()))
        return self._documents[id]

    def freeze(self, frozen: Frozen) -> list[Message]:
        """Keep what was made into messages; these."""
        self.frozen.append(frozen)
        return [*frozen.messages]

    def put_down(self) -> None:
        """Store what was frozen."""
        store.put(self.session, self.frozen)
        self.frozen = []


def desk_of(session: Session, recipient: Recipient, now: datetime) -> Desk:
    """The desk of one recipient."""
    return Desk(session, [recipient], now)
