"""Two stored records that turn out to be one paper become one, and can be taken apart again.

The record that goes stays as a row with `merged_into`, so that old links and buttons find the paper, and with what
is needed to undo it in `before_merge`.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from pydantic_core import to_jsonable_python
from sqlmodel import Session, col, select

from bot import identity
from bot.models import Delivery, Listing, Saved, StoredIdentifier, StoredPaper
from bot.store import fulltext
from bot.store.records import load, to_row


def resolve(session: Session, id: int) -> int:
    """The id under which the paper is now."""
    row = session.get(StoredPaper, id)
    return resolve(session, row.merged_into) if row and row.merged_into else id


def resolved(session: Session, ids: Collection[int]) -> dict[int, int]:
    """For each of these papers the id under which it is now."""
    merged = sa.select(col(StoredPaper.id)).where(
        col(StoredPaper.id).in_(ids), col(StoredPaper.merged_into).is_not(None)
    )
    gone = set(session.execute(merged).scalars())
    return {id: resolve(session, id) if id in gone else id for id in ids}


def merge_records(session: Session, keep: int, drop: int) -> None:
    """Make `drop` part of `keep`: identifiers, listings, bookmarks and what is owed move over.

    Where both were owed to one recipient, sent beats waiting, and the reasons of two waiting ones are united.
    """
    papers = load(session, {keep, drop})
    winner, loser = session.get_one(StoredPaper, keep), session.get_one(StoredPaper, drop)
    merged = identity.merge(papers[keep], papers[drop])
    undo: dict[str, Any] = {"winner": winner.model_dump()}
    undo["identifiers"] = _move(session, StoredIdentifier, StoredIdentifier.value, keep, drop, ())
    undo["listings"] = _move(session, Listing, Listing.id, keep, drop, ("source_id", "part", "day"))
    undo["saved"] = _move(session, Saved, Saved.person_id, keep, drop, ("person_id",))
    undo["deliveries"] = _move(session, Delivery, Delivery.id, keep, drop, ("recipient_id", "kind"))
    _settle_deliveries(session, keep, drop)
    _apply(winner, to_row(keep, merged, winner.first_seen_at, winner.changed_at))
    winner.first_seen_at = min(winner.first_seen_at, loser.first_seen_at)
    loser.merged_into, loser.before_merge = keep, to_jsonable_python(undo)
    session.flush()
    fulltext.put(session, {keep: merged})


def undo_merge(session: Session, dropped: int) -> int:
    """Take a merged record out again, as it was, and give its former partner back its own facts.

    Returns the id of that partner. Raises ValueError where the paper was never merged.
    """
    loser = session.get(StoredPaper, dropped)
    if not loser or not loser.merged_into or not loser.before_merge:
        raise ValueError(f"paper {dropped} was not merged with another")
    undo, keep = loser.before_merge, loser.merged_into
    for table, name, key in (
        (StoredIdentifier, "identifiers", StoredIdentifier.value),
        (Listing, "listings", Listing.id),
        (Saved, "saved", Saved.person_id),
        (Delivery, "deliveries", Delivery.id),
    ):
        mine = sa.update(table).where(col(table.paper_id) == keep, col(key).in_(undo[name]))
        session.execute(mine.values(paper_id=dropped))
    _apply(session.get_one(StoredPaper, keep), StoredPaper.model_validate(undo["winner"]).model_dump())
    loser.merged_into, loser.before_merge = None, None
    session.flush()
    fulltext.put(session, load(session, {keep}))
    return keep


def _move(session: Session, table: Any, key: Any, keep: int, drop: int, unique: tuple[str, ...]) -> list[Any]:
    """Give `keep` the rows of `drop`, but for those that it has already; the keys of the moved rows."""
    twin = sa.orm.aliased(table)
    has_twin = sa.select(twin.paper_id).where(
        twin.paper_id == keep, *(getattr(twin, name) == getattr(table, name) for name in unique)
    )
    movable = sa.select(key).where(table.paper_id == drop, ~has_twin.exists() if unique else sa.true())
    keys = list(session.execute(movable).scalars())
    session.execute(sa.update(table).where(table.paper_id == drop, col(key).in_(keys)).values(paper_id=keep))
    return keys


def _settle_deliveries(session: Session, keep: int, drop: int) -> None:
    """What stayed with `drop` is owed for `keep` too: one of the two remains."""
    for theirs in session.exec(select(Delivery).where(Delivery.paper_id == drop)).all():
        ours = session.exec(
            select(Delivery).where(
                Delivery.paper_id == keep, Delivery.recipient_id == theirs.recipient_id, Delivery.kind == theirs.kind
            )
        ).one()
        if theirs.is_told and not ours.is_told:
            ours.dropped = "told before, under another record of the same paper"
        elif not theirs.is_told and theirs.dropped is None:
            theirs.dropped = "part of another record of the same paper now"
            if not ours.is_told:
                ours.reasons = [*ours.reasons, *(r for r in theirs.reasons if r not in ours.reasons)]
                ours.send_at = min(ours.send_at, theirs.send_at)


def _apply(row: StoredPaper, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, list(value) if isinstance(value, tuple) else value)
