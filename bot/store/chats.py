"""What dialogs remember, papers that people keep for themselves, and leases."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.models import Clipping, Draft, Lease
from bot.store.engine import upsert
from bot.store.records import title_key
from scrapers.json_lines import from_dict, to_dict
from scrapers.paper import Paper

MOST = 50  # drafts of an account
KEPT = timedelta(days=7)  # as long as somebody may still tap an old message
_QUESTION = "question"
_ANSWERED_WITHIN = timedelta(hours=1)  # what is written later is no answer any more


def new_draft(session: Session, place: str, account: str, kind: str, data: Mapping[str, Any], now: datetime) -> int:
    """Remember something; its id."""
    draft = Draft(place=place, account=account, kind=kind, data=dict(data), made_at=now)
    session.add(draft)
    session.flush()
    old = sa.select(col(Draft.id)).where(col(Draft.account) == account).order_by(col(Draft.id).desc()).offset(MOST)
    session.execute(sa.delete(Draft).where(col(Draft.id).in_(old)))
    return draft.id or 0


def find_draft(session: Session, id: int) -> Draft | None:
    """What is remembered under that id."""
    return session.get(Draft, id)


def ask(session: Session, place: str, account: str, data: Mapping[str, Any], now: datetime) -> None:
    """Remember what an account was asked in a place; an earlier question there is forgotten."""
    take_question(session, place, [account], now)
    new_draft(session, place, account, _QUESTION, data, now)


def take_question(session: Session, place: str, accounts: Sequence[str] | None, now: datetime) -> dict[str, Any] | None:
    """What one of the accounts (None: anybody) was asked there last, within an hour; it is forgotten now."""
    whose = sa.true() if accounts is None else col(Draft.account).in_(accounts)
    mine = col(Draft.place) == place, whose, col(Draft.kind) == _QUESTION
    asked = session.exec(select(Draft).where(*mine).order_by(col(Draft.id).desc())).first()
    session.execute(sa.delete(Draft).where(*mine))
    return asked.data if asked and now - asked.made_at < _ANSWERED_WITHIN else None


def drop_drafts(session: Session, now: datetime) -> None:
    """Forget what nobody comes back to."""
    session.execute(sa.delete(Draft).where(col(Draft.made_at) < now - KEPT))


def forget_account(session: Session, account: str) -> None:
    """Forget all that dialogs remember of an account."""
    session.execute(sa.delete(Draft).where(col(Draft.account) == account))


def clip(session: Session, person_id: int, paper: Paper, now: datetime) -> bool:
    """Keep a paper for a person only; whether they did not have it."""
    values = {"person_id": person_id, "fingerprint": title_key(paper.title), "paper": to_dict(paper), "saved_at": now}
    insert = upsert(session, Clipping).values(**values).on_conflict_do_nothing()
    return session.execute(insert.returning(col(Clipping.id))).scalar() is not None


def clippings(session: Session, person_id: int) -> Sequence[tuple[int, datetime, Paper]]:
    """The papers that a person keeps, with their ids and since when, the last first."""
    query = select(Clipping).where(Clipping.person_id == person_id).order_by(col(Clipping.id).desc())
    return [(row.id or 0, row.saved_at, from_dict(row.paper).paper) for row in session.exec(query)]


def drop_clipping(session: Session, person_id: int, id: int) -> bool:
    """Let a kept paper go; whether there was one."""
    gone = sa.delete(Clipping).where(col(Clipping.person_id) == person_id, col(Clipping.id) == id)
    return bool(session.execute(gone).rowcount)  # type: ignore[attr-defined]


def hold(session: Session, name: str, holder: str, now: datetime, length: timedelta) -> bool:
    """Take or keep the lease of that name until `now + length`; False where somebody else has it. A library in a file
    has one process, and the lock of the file is its lease."""
    if session.get_bind().dialect.name == "sqlite":
        return True
    insert = upsert(session, Lease).values(name=name, holder=holder, until=now + length)
    taken = insert.on_conflict_do_update(
        index_elements=["name"],
        set_={"holder": holder, "until": now + length},
        where=sa.or_(col(Lease.holder) == holder, col(Lease.until) <= now),
    )
    return session.execute(taken.returning(col(Lease.name))).scalar() is not None


def let_go(session: Session, name: str, holder: str) -> None:
    """Give a lease back."""
    session.execute(sa.delete(Lease).where(col(Lease.name) == name, col(Lease.holder) == holder))
