"""From a frozen message to what its channel is given: the papers as they are now, and why each is in it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from bot import outbox
from bot.channels import Item, Outgoing, version_of
from bot.models import Delivery, Message, Recipient
from bot.preview import met
from bot.query import Document, document, explain
from bot.store import notices
from bot.store import outbox as store
from bot.store.engine import Session
from bot.store.merging import resolved
from bot.store.records import Previous, load, previous_texts, sources_of
from scrapers.paper import Paper


def compose(
    session: Session, messages: Sequence[tuple[Recipient, Message]], now: datetime, *, with_hidden: bool = False
) -> list[Outgoing]:
    """The messages as their channels get them; or (`with_hidden`) with the papers that they only count."""
    carried = store.carried_by(session, [one.id or 0 for _, one in messages])
    if with_hidden:
        carried = {one.id or 0: [*carried[one.id or 0], *store.hidden_in(session, one.id or 0)] for _, one in messages}
    told = [delivery for some in carried.values() for delivery in some]
    ids = resolved(session, {delivery.paper_id for delivery in told})
    papers = _Papers(
        ids, load(session, set(ids.values())), sources_of(session, set(ids.values())),
        previous_texts(session, {ids[one.paper_id] for one in told if version_of(one.kind)}), {},
    )  # fmt: skip
    totals = store.papers_in_slots(session, [one for _, one in messages])
    return [
        Outgoing(
            key=f"{message.recipient_id}-{message.id}",
            kind="digest" if message.kind == store.EMPTY else message.kind,
            slot=message.slot,
            part=message.part,
            parts=message.parts,
            total=totals.get((message.recipient_id, message.slot), 0),
            zone=recipient.zone,
            created_at=message.created_at,
            items=tuple(_item(one, papers, now) for one in carried.get(message.id or 0, ())),
            more=message.more,
            coverage=message.coverage or "",
            language=recipient.language,
            silent=recipient.silent,
            notice=notices.content(session, message),
            recipient=message.recipient_id,
            message=message.id or 0,
        )
        for recipient, message in messages
    ]


class _Papers(NamedTuple):
    """The papers of some messages: the ids under which they are now, and by these what is known of them."""

    ids: Mapping[int, int]
    papers: Mapping[int, Paper]
    sources: Mapping[int, frozenset[str]]
    previous: Mapping[int, Previous]
    documents: dict[int, Document]

    def document(self, id: int) -> Document:
        if id not in self.documents:
            self.documents[id] = document(self.papers[id], self.sources.get(id, frozenset()))
        return self.documents[id]


def _item(delivery: Delivery, papers: _Papers, now: datetime) -> Item:
    id = papers.ids[delivery.paper_id]
    paper, prepared = papers.papers[id], papers.document(id)
    queries = (reason["query"] for reason in delivery.reasons)
    found = (mark for query in filter(None, queries) for mark in explain(outbox.query_of(query), prepared, now))
    marks = list(dict.fromkeys(found))
    names, asked = [tuple(reason[key] for reason in delivery.reasons) for key in ("name", "subscription")]
    before = _before(delivery.kind, paper, papers.previous.get(id))
    return Item(id, paper, delivery.kind, names, tuple(marks), asked, tuple(met(marks, prepared)), before)


def _before(kind: str, paper: Paper, previous: Previous | None) -> tuple[str, str | None] | None:
    """Title and abstract before the version that is told; nobody knows them where there is a newer one by now."""
    if paper.version != version_of(kind) or not paper.version:
        return None
    return (previous.title, previous.abstract) if previous else (paper.title, paper.abstract)
