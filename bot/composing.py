"""From a frozen message to what its channel is given: the papers as they are now, and why each is in it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bot import outbox
from bot.channels import Item, Outgoing
from bot.models import Delivery, Message, Recipient
from bot.preview import met
from bot.query import document, explain
from bot.store import notices
from bot.store import outbox as store
from bot.store.engine import Session
from bot.store.merging import resolve
from bot.store.records import load, previous_texts, sources_of


def compose(
    session: Session, recipient: Recipient, message: Message, now: datetime, *, with_hidden: bool = False
) -> Outgoing:
    """The message as its channel gets it; or (`with_hidden`) with the papers that it only counts."""
    carried = [*store.carried_by(session, message.id or 0)]
    carried += store.hidden_in(session, message.id or 0) if with_hidden else []
    ids = {delivery.paper_id: resolve(session, delivery.paper_id) for delivery in carried}
    papers, sources = load(session, set(ids.values())), sources_of(session, set(ids.values()))
    before = previous_texts(session, {ids[d.paper_id] for d in carried if d.kind.startswith("version")})
    return Outgoing(
        key=f"{message.recipient_id}-{message.id}",
        kind="digest" if message.kind == store.EMPTY else message.kind,
        slot=message.slot,
        part=message.part,
        parts=message.parts,
        total=store.papers_in_slot(session, message.recipient_id, message.slot),
        zone=recipient.zone,
        created_at=message.created_at,
        items=tuple(_item(d, ids[d.paper_id], papers, sources, before, now) for d in carried),
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
    papers: Mapping[int, Any],
    sources: Mapping[int, Any],
    before: Mapping[int, tuple[str, str | None]],
    now: datetime,
) -> Item:
    paper = papers[id]
    prepared = document(paper, sources.get(id, frozenset()))
    queries = (reason["query"] for reason in delivery.reasons)
    found = (mark for query in filter(None, queries) for mark in explain(outbox.query_of(query), prepared, now))
    marks = list(dict.fromkeys(found))
    names, asked = [tuple(reason[key] for reason in delivery.reasons) for key in ("name", "subscription")]
    was = before.get(id) if delivery.kind.startswith("version") else None
    return Item(id, paper, delivery.kind, names, tuple(marks), asked, tuple(met(marks, prepared)), was)
