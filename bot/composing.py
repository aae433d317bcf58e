"""From a frozen message to what its channel is given: the papers as they are now, and why each is in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot import outbox
from bot.channels import Item, Outgoing, version_of
from bot.models import Delivery, Message, Recipient
from bot.preview import met
from bot.query import document, explain
from bot.store import notices
from bot.store import outbox as store
from bot.store.engine import Session
from bot.store.merging import resolve
from bot.store.records import Previous, load, previous_texts, sources_of
from scrapers.paper import Paper


def compose(
    session: Session, recipient: Recipient, message: Message, now: datetime, *, with_hidden: bool = False
) -> Outgoing:
    """The message as its channel gets it; or (`with_hidden`) with the papers that it only counts."""
    carried = [*store.carried_by(session, message.id or 0)]
    carried += store.hidden_in(session, message.id or 0) if with_hidden else []
    ids = {delivery.paper_id: resolve(session, delivery.paper_id) for delivery in carried}
    papers, sources = load(session, set(ids.values())), sources_of(session, set(ids.values()))
    previous = previous_texts(session, {ids[d.paper_id] for d in carried if version_of(d.kind)})
    return Outgoing(
        key=f"{message.recipient_id}-{message.id}",
        kind="digest" if message.kind == store.EMPTY else message.kind,
        slot=message.slot,
        part=message.part,
        parts=message.parts,
        total=store.papers_in_slot(session, message.recipient_id, message.slot),
        zone=recipient.zone,
        created_at=message.created_at,
        items=tuple(_item(d, ids[d.paper_id], papers, sources, previous, now) for d in carried),
        more=message.more,
        coverage=message.coverage or "",
        language=recipient.language,
        silent=recipient.silent,
        notice=notices.content(session, message),
        recipient=message.recipient_id,
        message=message.id or 0,
    )


def _item(
    delivery: Delivery,
    id: int,
    papers: Mapping[int, Paper],
    sources: Mapping[int, Any],
    previous: Mapping[int, Previous],
    now: datetime,
) -> Item:
    paper = papers[id]
    prepared = document(paper, sources.get(id, frozenset()))
    queries = (reason["query"] for reason in delivery.reasons)
    found = (mark for query in filter(None, queries) for mark in explain(outbox.query_of(query), prepared, now))
    marks = list(dict.fromkeys(found))
    names, asked = [tuple(reason[key] for reason in delivery.reasons) for key in ("name", "subscription")]
    before = _before(delivery.kind, paper, previous.get(id))
    return Item(id, paper, delivery.kind, names, tuple(marks), asked, tuple(met(marks, prepared)), before)


def _before(kind: str, paper: Paper, previous: Previous | None) -> tuple[str, str | None] | None:
    """Title and abstract before the version that is told; nobody knows them where there is a newer one by now."""
    if paper.version != version_of(kind) or not paper.version:
        return None
    return (previous.title, previous.abstract) if previous else (paper.title, paper.abstract)
