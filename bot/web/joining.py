"""Subscribing by the web: what is asked for, and the page that the mail about it leads to."""

from dataclasses import dataclass, replace

from starlette.background import BackgroundTask
from starlette.responses import Response

from bot import mailbox, opt_in, tokens, wording
from bot.links import MANAGED_FOR
from bot.models import RHYTHMS
from bot.opt_in import Wanted
from bot.query import parse
from bot.subscriptions import Rhythm
from bot.web.page import damaged, page, root, said
from bot.web.tried import Tried, tried
from bot.web.visit import Visit


@dataclass(frozen=True)
class _Form:
    """What was filled in, and what its query would find."""

    query: str = ""
    address: str = ""
    rhythm: str = "daily"
    found: Tried | None = None


def home(visit: Visit) -> Response:
    """The page to subscribe on; a query may come with its address."""
    if not visit.sends_mails:
        return said(visit, "Paperwatch", visit.tr("No mails are sent from here."))
    if not _is_open(visit):
        return page(visit, "link", form=_Form())
    return page(visit, "home", form=_Form(query=visit.asked.get("query", "")[:1_000]))


def _is_open(visit: Visit) -> bool:
    """Whether strangers may subscribe, and mails are sent at all."""
    return visit.web.settings.web.sign_up and visit.sends_mails


def ask(visit: Visit) -> Response:
    """Preview a query, or have its mail address asked. The answer is the same whether that is known or not."""
    if not _is_open(visit):
        return home(visit)
    form = visit.form
    filled = _Form(form.get("query", ""), form.get("address", ""), _rhythm(form.get("rhythm", "")))
    try:
        if form.get("do") == "preview":
            return page(visit, "home", form=replace(filled, found=tried(visit, filled.query)))
        place = _strangers(filled.address)
        wanted = Wanted(parse(filled.query).text, None, Rhythm(filled.rhythm))
    except ValueError as error:
        return page(visit, "home", 400, form=filled, problem=str(error))
    look = _look(visit, place)
    if not form.get("website"):  # which only programs fill in
        zone_name = visit.web.settings.zone
        look.background = BackgroundTask(
            opt_in.ask, visit.engine, place, wanted, now=visit.now, zone_name=zone_name, language=visit.tr.code
        )
    return look


def _strangers(text: str) -> str:
    """A mail address as anybody may write it: none on this machine. Raises ValueError."""
    place = mailbox.address(text)
    if place.endswith("@localhost"):
        raise ValueError(f"{text!r} is not one mail address; write it as me@example.org")
    return place


def _rhythm(name: str) -> str:
    return name if name in RHYTHMS else "daily"


def _look(visit: Visit, place: str) -> Response:
    """The answer to every request for a mail. What is done about it is done after the answer, whose time would tell
    whether the address is known."""
    tr = visit.tr
    return said(
        visit,
        tr("Look into your mailbox"),
        tr("If {address} is right, a mail is on its way there. Its link goes on from here.", address=place),
        tr("Nothing came after some minutes? Look among the spam. An address gets a few such mails a day at most."),
    )


def link(visit: Visit) -> Response:
    """The page to ask for a link to one's subscriptions."""
    if not visit.sends_mails:
        return home(visit)
    return page(visit, "link", form=_Form())


def mail_link(visit: Visit) -> Response:
    """Mail it."""
    if not visit.sends_mails:
        return home(visit)
    try:
        place = _strangers(visit.form.get("address", ""))
    except ValueError as error:
        return page(visit, "link", 400, form=_Form(address=visit.form.get("address", "")), problem=str(error))
    look = _look(visit, place)
    look.background = BackgroundTask(opt_in.ask_manage, visit.engine, place, visit.now)
    return look


def confirmation(visit: Visit) -> Response:
    """What a mail asked, with a button."""
    numbers = visit.read(tokens.CONFIRM, 1)
    if numbers is None:
        return damaged(visit)
    asked = opt_in.asked(visit.engine, numbers[0], visit.now)
    tr = visit.tr
    if asked is None:
        return _too_late(visit)
    return said(
        visit,
        tr("Shall these papers come to {address}?", address=asked.address),
        queries=[one.query for one in asked.wanted],
        buttons=[("confirm", tr("Yes, send them to me"), "main")],
    )


def _too_late(visit: Visit) -> Response:
    tr = visit.tr
    return said(
        visit,
        tr("This question is not open any more"),
        tr("It was asked more than a week ago, or was erased. You can ask again."),
        links=[(tr("New papers by mail"), f"{root(visit)}/")],
    )


def confirm(visit: Visit) -> Response:
    """The button."""
    numbers = visit.read(tokens.CONFIRM, 1)
    if numbers is None:
        return damaged(visit)
    tr = visit.tr
    try:
        asked = opt_in.confirm(visit.engine, numbers[0], most=visit.web.settings.web.subscriptions, now=visit.now)
    except ValueError as error:
        return said(visit, tr("That did not work"), str(error), status=400)
    if asked is None:
        return _too_late(visit)
    manage = [(tr("Change your subscriptions"), visit.addresses().manage(asked.recipient, visit.now + MANAGED_FOR))]
    if asked.is_done:
        return said(visit, tr("This was confirmed before"), links=manage)
    return said(
        visit,
        tr("You are subscribed"),
        *dict.fromkeys(f"{one.query}: {wording.rhythm(tr, one.rhythm.name)}" for one in asked.wanted),
        links=manage,
    )
