"""Mails without papers: what somebody asked for, which is remembered as a draft, and the message that says it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.channels import NOTICES, Notice
from bot.mailbox import same_box
from bot.models import Draft, Message, Person, Recipient
from bot.store import chats, outbox

KEPT = chats.KEPT  # so long an address may be confirmed


def post(session: Session, recipient: Recipient, kind: str, data: Mapping[str, Any], now: datetime) -> int:
    """Remember what was asked for that address, and owe the mail that says it; the number under which it is
    remembered."""
    draft = chats.new_draft(session, place_of(recipient), recipient.address, kind, data, now)
    session.add(Message(recipient_id=recipient.id or 0, kind=kind, slot=f"{kind}:{draft}", send_at=now, created_at=now))
    outbox.let_go(session, recipient, now)
    return draft


def place_of(recipient: Recipient) -> str:
    """Where drafts of that recipient are."""
    return f"{recipient.channel}:{recipient.address}"


def content(session: Session, message: Message) -> Notice | None:
    """What a notice says; None where it is none, or what was asked is forgotten."""
    if message.kind not in NOTICES:
        return None
    draft = session.get(Draft, int(message.slot.partition(":")[2]))
    if draft is None:
        return None
    queries = tuple(one["query"] for one in draft.data.get("wanted", ()))
    return Notice(draft.id or 0, queries, draft.data.get("code", ""), draft.data.get("text", ""))


def asked_since(session: Session, recipient: Recipient, kind: str, since: datetime) -> int:
    """How many such mails were asked for since then for the mailbox of that address."""
    domain = recipient.address.rpartition("@")[2]
    there = col(Draft.account).endswith(f"@{domain}", autoescape=True)
    asked = session.exec(select(Draft.account).where(Draft.kind == kind, Draft.made_at > since, there))
    return sum(same_box(account) == same_box(recipient.address) for account in asked)


def asked_by_strangers(session: Session, since: datetime) -> int:
    """How many such mails were asked for since then, for all addresses together."""
    asked = select(sa.func.count()).select_from(Draft).where(col(Draft.kind).in_(NOTICES), col(Draft.made_at) > since)
    return session.exec(asked).one()


def open_questions(session: Session, place: str, now: datetime) -> list[Draft]:
    """What the mail address was asked to confirm, and still may."""
    mine = select(Draft).where(Draft.place == f"email:{place}", Draft.kind == "confirm")
    return list(session.exec(mine.where(col(Draft.made_at) > now - KEPT)))


def last_code(session: Session, place: str, account: str) -> Draft | None:
    """The last code that was mailed to the address for that account."""
    mine = select(Draft).where(Draft.place == f"email:{place}", Draft.kind == "code").order_by(col(Draft.id).desc())
    return next((draft for draft in session.exec(mine) if draft.data["account"] == account), None)


def drop_unconfirmed(session: Session, now: datetime) -> None:
    """Forget the addresses that nobody has confirmed in time, and the people who only had those."""
    asked = sa.exists().where(col(Draft.account) == Recipient.address, col(Draft.kind).in_(NOTICES))
    never = sa.delete(Recipient).where(
        col(Recipient.confirmed_at).is_(None), col(Recipient.created_at) < now - KEPT, ~asked
    )
    if session.execute(never).rowcount:  # type: ignore[attr-defined]
        has_place = sa.exists().where(col(Recipient.person_id) == Person.id)
        session.execute(sa.delete(Person).where(col(Person.kind) == "email", ~has_place))
