"""Whose a mail address is, is proved before anything is sent to it: by a link in a mail, or by a code that is typed.

Until then the address has no subscription; what was asked for it is remembered for a week. Nobody learns from the
answer to a request whether an address is known, and nobody can have one mailed more than a few times a day.
"""

import logging
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple

from bot import recipients
from bot import subscriptions as subs
from bot.models import Draft, Person, Recipient
from bot.query import parse
from bot.store import notices, people
from bot.store.engine import Engine, Session, lock_library, reading, writing
from bot.subscriptions import Rhythm

log = logging.getLogger(__name__)

MOST = 3  # mails of a kind a day that may be asked for one mailbox
# Mails an hour that may be asked for all of them: strangers must not fill the queue that alerts wait in.
MOST_OF_ALL = 120
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_CODE_LIVES, _TRIES, _DIGITS = timedelta(hours=1), 5, 6


class Wanted(NamedTuple):
    """A subscription that was asked for."""

    query: str
    name: str | None = None
    rhythm: Rhythm = subs.INSTANT
    versions: bool = False


@dataclass(frozen=True)
class Asked:
    """What was asked for an address and its recipient, in which language, and whether that is saved already."""

    recipient: int
    address: str
    wanted: tuple[Wanted, ...]
    language: str
    is_done: bool


def ask(engine: Engine, place: str, wanted: Wanted, *, now: datetime, zone_name: str, language: str) -> bool:
    """Have a mail address asked whether it wants that subscription; False where it was asked too often today. A new
    address has that zone and language. Raises ValueError."""
    data = {"wanted": [_data(wanted)]}
    with writing(engine) as session:
        return _post(session, place, "confirm", data, now, zone_name, language)


def ask_for_operator(engine: Engine, place: str, wanted: Wanted, *, now: datetime, zone_name: str) -> bool:
    """The same; but what the operator wants for an address is one question, however much it is. False where that was
    asked already."""
    data = _data(wanted)
    with writing(engine) as session:
        lock_library(session)  # else two processes that start at once would ask one question each
        for draft in notices.open_questions(session, place, now):
            if "by_operator" in draft.data and "is_done" not in draft.data:
                if is_new := data not in draft.data["wanted"]:
                    draft.data = {**draft.data, "wanted": [*draft.data["wanted"], data]}
                return is_new
        return _post(session, place, "confirm", {"wanted": [data], "by_operator": True}, now, zone_name, "en")


def _data(wanted: Wanted) -> dict[str, Any]:
    rhythm = wanted.rhythm
    when = {"rhythm": rhythm.name, "at": rhythm.at, "weekday": rhythm.weekday, "versions": wanted.versions}
    return {"query": parse(wanted.query).text.strip(), "name": (wanted.name or "").strip() or None, **when}


def ask_code(engine: Engine, place: str, account: str, *, now: datetime, zone_name: str, language: str) -> bool:
    """Have a code mailed there that `account` shall type; False where that was asked too often today."""
    code = f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}"
    data = {"code": code, "account": account, "tries": 0}
    with writing(engine) as session:
        return _post(session, place, "code", data, now, zone_name, language)


def ask_manage(engine: Engine, place: str, now: datetime) -> None:
    """Have a link to its subscriptions mailed to the address, if it is known and was not asked too often."""
    with writing(engine) as session:
        lock_library(session)
        found = people.find_recipient(session, "email", place)
        if found and found.confirmed_at and not _is_too_often(session, found, "manage", now):
            notices.post(session, found, "manage", {}, now)


def _post(
    session: Session, place: str, kind: str, data: dict[str, Any], now: datetime, zone_name: str, language: str
) -> bool:
    """Owe the address that mail, unless it was asked too often. Under the library's lock: else those who ask at the
    same time would not see each other."""
    lock_library(session)
    mail = "email", place
    recipient = recipients.introduced(session, mail, mail, now, zone_name, language, is_confirmed=False)
    if _is_too_often(session, recipient, kind, now):
        return False
    notices.post(session, recipient, kind, data, now)
    return True


def _is_too_often(session: Session, recipient: Recipient, kind: str, now: datetime) -> bool:
    if notices.asked_since(session, recipient, kind, now - _DAY) >= MOST:
        log.info("a mail was asked too often today for one address, and is not sent")
        return True
    if notices.asked_by_strangers(session, now - _HOUR) >= MOST_OF_ALL:
        log.warning("%s mails were asked for within an hour; what is asked more is not sent", MOST_OF_ALL)
        return True
    return False


def asked(engine: Engine, number: int, now: datetime) -> Asked | None:
    """What the mail asked whose draft has that number; None where that is more than a week ago, or was erased."""
    with reading(engine) as session:
        draft = _draft(session, number, now)
        return _asked(session, draft) if draft else None


def confirm(engine: Engine, number: int, *, most: int | None, now: datetime) -> Asked | None:
    """Save what that mail asked for, the first time; what it was. Raises ValueError where the address has too many
    subscriptions already."""
    with writing(engine) as session:
        lock_library(session)
        draft = _draft(session, number, now)
        if draft is None:
            return None
        asked, recipient = _asked(session, draft), people.existing_recipient(session, "email", draft.account)
        prove(recipient, now)
        for one in () if asked.is_done else asked.wanted:
            _save(session, recipient, one, most, now)
        draft.data = {**draft.data, "is_done": True}
        return asked


def _save(session: Session, recipient: Recipient, wanted: Wanted, most: int | None, now: datetime) -> None:
    """Save the subscription, or tell the one that there is in the rhythm that is wanted now. A name that another query
    has stays with it."""
    for name in dict.fromkeys([wanted.name or wanted.query, wanted.query]):
        there = people.find_subscription(session, recipient.id or 0, name)
        if there is None:
            subs.add(
                session, recipient, wanted.query, now=now, name=name, rhythm=wanted.rhythm, most=most,
                versions=wanted.versions,
            )  # fmt: skip
            return
        if there.text == parse(wanted.query).text:
            there.rhythm, there.at, there.weekday = wanted.rhythm.name, wanted.rhythm.at, wanted.rhythm.day
            there.versions = there.versions or wanted.versions  # who asks anew on the web cannot say it
            session.flush()
            recipients.move_waiting(session, recipient, now)
            return


def take_over(engine: Engine, place: str, *, now: datetime, zone_name: str) -> None:
    """Take the operator's word that the owner of the address wants mail."""
    mail = "email", place
    with writing(engine) as session:
        prove(recipients.introduced(session, mail, mail, now, zone_name, "en"), now)


def is_proved(engine: Engine, place: str) -> bool:
    """Whether the owner of the address wants mail."""
    found = recipients.find(engine, ("email", place))
    return found is not None and found.confirmed_at is not None


def prove(recipient: Recipient, now: datetime) -> None:
    """Note that the owner of the address wants mail: it works (again)."""
    recipient.confirmed_at = recipient.confirmed_at or now
    recipient.disabled_at = recipient.disabled_reason = None


def _draft(session: Session, number: int, now: datetime) -> Draft | None:
    draft = session.get(Draft, number, populate_existing=True)
    is_good = draft is not None and draft.kind == "confirm" and now - draft.made_at < notices.KEPT
    return draft if is_good else None


def _asked(session: Session, draft: Draft) -> Asked:
    recipient = people.existing_recipient(session, "email", draft.account)
    wanted = tuple(
        Wanted(one["query"], one["name"], Rhythm(one["rhythm"], one["at"], one["weekday"]), one.get("versions", False))
        for one in draft.data["wanted"]
    )
    return Asked(recipient.id or 0, draft.account, wanted, recipient.language, "is_done" in draft.data)


def check_code(
    engine: Engine, place: str, owner: tuple[str, str], typed: str, now: datetime
) -> Literal["right", "wrong", "over"]:
    """Whether that is the code that was mailed to the address for this person, who gets the address then; `over`: it
    is too late, or was tried too often. Raises ValueError where the address is somebody else's already."""
    with writing(engine) as session:
        lock_library(session)  # else tries at the same time would count as one
        draft = notices.last_code(session, place, owner[1])
        if draft is None or now - draft.made_at >= _CODE_LIVES or draft.data["tries"] >= _TRIES:
            return "over"
        if not secrets.compare_digest(typed.encode(), draft.data["code"].encode()):
            draft.data = {**draft.data, "tries": draft.data["tries"] + 1}
            return "wrong"
        session.delete(draft)
        recipient = people.existing_recipient(session, "email", place)
        prove(recipient, now)
        _hand_over(session, recipient, owner, now)
        return "right"


def _hand_over(session: Session, recipient: Recipient, owner: tuple[str, str], now: datetime) -> None:
    """Make the address one of that person's, who can read what is sent there."""
    before, person = session.get_one(Person, recipient.person_id), people.person(session, *owner, now)
    if before.id == person.id:
        return
    if before.kind not in ("email", people.OPERATOR[0]):
        raise ValueError(f"{recipient.address} belongs to another chat already; unsubscribe it there first")
    recipient.person_id = person.id or 0
    session.flush()
    if before.kind == "email":
        people.erase_person(session, before)
