"""The page on which the owner of a mail address changes its subscriptions, by a link that is good for a week."""

import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from starlette.responses import Response

from bot import own_data, places, recipients, tokens, wording
from bot import subscriptions as subs
from bot.language import LANGUAGES, Language, language
from bot.links import Addresses
from bot.local_time import WEEKDAYS, zone
from bot.models import RHYTHMS, Recipient
from bot.opt_in import ask_manage
from bot.query import parse
from bot.subscriptions import Listed, Rhythm
from bot.web.page import damaged, headers, page, root, said, to
from bot.web.tried import Tried, tried
from bot.web.visit import Visit

_MUTED_FOR = timedelta(days=7)
_NAME = 200  # characters


@dataclass(frozen=True)
class _Form:
    """A subscription as the page shows it, or as it was filled in."""

    id: int = 0
    title: str = ""
    about: str = ""
    query: str = ""
    name: str = ""
    rhythm: str = "daily"
    at: str = ""
    weekday: int | None = None
    versions: bool = False
    feed: str = ""
    is_muted: bool = False
    is_open: bool = False
    found: Tried | None = None


def _done(tr: Language) -> dict[str, str]:
    """What is said after a change, by the word for it in the address."""
    return {
        "saved": tr("Saved."),
        "gone": tr("Unsubscribed."),
        "muted": tr("Muted for a week."),
        "loud": tr("It goes on."),
        "paused": tr("Paused."),
        "resumed": tr("It goes on."),
    }


def show(visit: Visit) -> Response:
    """The page as it stands."""
    recipient = _whose(visit)
    if isinstance(recipient, Response):
        return recipient
    return _page(_in_their_language(visit, recipient), recipient)


def _whose(visit: Visit) -> Recipient | Response:
    """Whose page the link shows, or what it shows instead."""
    numbers = visit.read(tokens.MANAGE, 2)
    if numbers is None:
        return damaged(visit)
    tr, recipient = visit.tr, recipients.numbered(visit.engine, numbers[0])
    if recipient is None:
        return said(visit, tr("Nothing is kept here any more"), tr("This address has no subscriptions."))
    if visit.now.timestamp() < numbers[1]:
        return recipient
    renew = [("renew", tr("Mail me the link"), "main")]
    return said(visit, tr("This link is too old"), tr("A new one comes by mail."), buttons=renew, status=410)


def _in_their_language(visit: Visit, recipient: Recipient) -> Visit:
    return replace(visit, tr=language(recipient.language))


def change(visit: Visit) -> Response:
    """One of the buttons."""
    numbers = visit.read(tokens.MANAGE, 2)
    if numbers and visit.form.get("do") == "renew":
        return _renew(visit, numbers[0])
    recipient = _whose(visit)
    if isinstance(recipient, Response):
        return recipient
    visit = _in_their_language(visit, recipient)
    try:
        return _changed(visit, recipient)
    except ValueError as error:
        return _page(visit, recipient, status=400, problem=str(error))


def _renew(visit: Visit, recipient_id: int) -> Response:
    if recipient := recipients.numbered(visit.engine, recipient_id):
        ask_manage(visit.engine, recipient.address, visit.now)
    return said(visit, visit.tr("Look into your mailbox"))


def _changed(visit: Visit, recipient: Recipient) -> Response:
    """Do what the button says. Raises ValueError."""
    address, engine, now, form = (recipient.channel, recipient.address), visit.engine, visit.now, visit.form
    match form.get("do"):
        case "preview":
            return _page(visit, recipient, shows=tried(visit, form.get("query", "")))
        case "save":
            _edit(visit, address)
        case "add":
            subs.subscribe(
                engine, address, form.get("query", ""), now=now, name=_name(form), rhythm=_rhythm(form),
                most=visit.web.settings.web.subscriptions, versions="versions" in form,
            )  # fmt: skip
        case "delete":
            subs.unsubscribe(engine, address, _listed(visit, recipient).subscription.name)
            return _back(visit, "gone")
        case "mute":
            subs.mute(engine, address, _listed(visit, recipient).subscription.name, now + _MUTED_FOR)
            return _back(visit, "muted")
        case "unmute":
            subs.mute(engine, address, _listed(visit, recipient).subscription.name, None)
            return _back(visit, "loud")
        case "settings":
            recipients.change_settings(engine, address, now=now, **_settings(visit))
        case "pause":
            recipients.pause(engine, address, now)
            return _back(visit, "paused")
        case "resume":
            recipients.resume(engine, address, now)
            return _back(visit, "resumed")
        case "forget":
            return _ask_forget(visit)
        case "erase":
            subs.unsubscribe(engine, address)
            return said(visit, visit.tr("Erased"), visit.tr("Nothing is kept of this address any more."))
        case _:
            return _page(visit, recipient)
    return _back(visit, "saved")


def _back(visit: Visit, done: str) -> Response:
    """Show the page anew, so that going back or reloading repeats nothing."""
    return to(visit, f"{root(visit)}/m/{visit.token}?done={done}")


def _ask_forget(visit: Visit) -> Response:
    tr = visit.tr
    return said(
        visit,
        tr("Erase everything?"),
        tr("All that is kept of this address goes: subscriptions, settings, what was told. It cannot be undone."),
        buttons=[("erase", tr("Erase everything"), "bad"), ("keep", tr("Keep it"), "")],
    )


def export(visit: Visit) -> Response:
    """All that is kept of the address, as a file."""
    recipient = _whose(visit)
    if isinstance(recipient, Response):
        return recipient
    data = json.dumps(own_data.export_address(visit.engine, recipient.id or 0), ensure_ascii=False, indent=1)
    attached = {"Content-Disposition": 'attachment; filename="paperwatch.json"'}
    return Response(data, media_type="application/json", headers={**headers(visit.web.base), **attached})


# What was filled in ---------------------------------------------------------------------------------------------------


def _listed(visit: Visit, recipient: Recipient) -> Listed:
    """The recipient's subscription that the form is of. Raises ValueError."""
    number = visit.form.get("id", "")
    found = subs.named(visit.engine, int(number)) if number.isdecimal() and len(number) < 10 else None
    if found is None or found.recipient.id != recipient.id:
        raise ValueError(visit.tr("That subscription is gone."))
    return found


def _edit(visit: Visit, address: tuple[str, str]) -> None:
    recipient = recipients.find(visit.engine, address)
    if recipient is None:
        raise ValueError(visit.tr("That subscription is gone."))
    sub, rhythm = _listed(visit, recipient).subscription, _rhythm(visit.form)
    query = parse(visit.form.get("query", "")).text.strip()
    subs.edit(
        visit.engine, address, sub.name, now=visit.now, text=query if query != sub.text else None,
        new_name=_name(visit.form), rhythm=rhythm.name, at=rhythm.at, weekday_name=rhythm.weekday, as_usual=True,
        versions="versions" in visit.form,
    )  # fmt: skip


def _name(form: Any) -> str | None:
    name = " ".join(form.get("name", "").split())
    return name[:_NAME] or None


def _rhythm(form: Any) -> Rhythm:
    """The rhythm with what of the form is its own: an instant one has no hour, and only a weekly one a day."""
    name, weekday = form.get("rhythm", ""), form.get("weekday", "")
    at = form.get("at") or None
    day = WEEKDAYS[int(weekday)] if weekday in tuple("0123456") and name == "weekly" else None
    return Rhythm(name if name in RHYTHMS else "daily", None if name == "instant" else at, day)


def _settings(visit: Visit) -> dict[str, Any]:
    """What the settings were changed to. Raises ValueError."""
    form, tr = visit.form, visit.tr
    begin, end, most = form.get("quiet_from", ""), form.get("quiet_until", ""), form.get("most", "")
    if not (most.isascii() and most.isdecimal() and len(most) < 5 and 1 <= int(most) <= 1_000):
        raise ValueError(tr("Write a number of papers from 1 to 1000."))
    code, weekday = form.get("language", ""), form.get("weekday", "")
    return {
        "zone_name": _zone(visit, form.get("zone", "")),
        "at": form.get("at", ""),
        "weekday_name": WEEKDAYS[int(weekday)] if weekday in tuple("0123456") else None,
        "quiet": f"{begin}-{end}" if begin or end else "off",
        "most": int(most),
        "language": code if code in LANGUAGES else None,
        "empty": "empty" in form,
    }


def _zone(visit: Visit, text: str) -> str:
    """The zone of that name, or of the largest city of that name. Raises ValueError."""
    if found := places.find(text):
        return found[0].zone
    raise ValueError(
        visit.tr(
            "I do not know {city}. Write a larger city near you, or a zone such as Europe/Berlin.", city=text[:100]
        )
    )


# What is shown --------------------------------------------------------------------------------------------------------


def _page(
    visit: Visit, recipient: Recipient, *, status: int = 200, problem: str = "", shows: Tried | None = None
) -> Response:
    """The page. What was filled in stays where something is wrong with it, or where it is only tried."""
    tr, filled = visit.tr, visit.form if problem or shows else {}
    addresses = visit.addresses()
    forms = [
        _form(one, visit.now, tr, addresses)
        for one in subs.list_all(visit.engine, (recipient.channel, recipient.address))
    ]
    is_new = bool(filled) and "query" in filled and "id" not in filled
    return page(
        visit,
        "manage",
        status,
        recipient=recipient,
        forms=[_filled(one, filled, shows) if str(one.id) == filled.get("id") else one for one in forms],
        new=_filled(_Form(), filled, shows) if is_new else _Form(is_open=not forms),
        settings=_shown_settings(recipient, tr, visit.now, filled),
        languages=LANGUAGES.items(),
        problem=problem,
        done=_done(tr).get(visit.asked.get("done", ""), ""),
        here=f"{root(visit)}/m/{visit.token}",
        until=_until(visit, recipient),
    )


def _form(one: Listed, now: datetime, tr: Language, addresses: Addresses) -> _Form:
    sub, until = one.subscription, one.subscription.muted_until
    is_muted = until is not None and until > now
    about = tr("muted") if is_muted else wording.when_told(tr, sub, one.recipient)
    return _Form(
        id=sub.id or 0, title=sub.name, about=about, query=sub.text, name=sub.name, rhythm=sub.rhythm,
        at=sub.at or "", weekday=sub.weekday, versions=sub.versions, feed=addresses.feed(sub.id or 0),
        is_muted=is_muted,
    )  # fmt: skip


def _filled(form: _Form, filled: Any, shows: Tried | None) -> _Form:
    weekday = filled.get("weekday", "")
    return replace(
        form, query=filled.get("query", ""), name=filled.get("name", ""), rhythm=filled.get("rhythm", ""),
        at=filled.get("at", ""), weekday=int(weekday) if weekday in tuple("0123456") else None, is_open=True,
        versions="versions" in filled, found=shows,
    )  # fmt: skip


def _shown_settings(recipient: Recipient, tr: Language, now: datetime, filled: Any) -> dict[str, Any]:
    here = now.astimezone(zone(recipient.zone))
    known = {
        "zone": recipient.zone,
        "at": recipient.digest_at,
        "most": str(recipient.digest_most),
        "quiet_from": recipient.quiet_from or "",
        "quiet_until": recipient.quiet_until or "",
    }
    is_filled = "quiet_from" in filled
    return {
        **(known | {key: filled.get(key, "") for key in known} if is_filled else known),
        "weekday": recipient.digest_weekday,
        "empty": "empty" in filled if is_filled else recipient.digest_empty,
        "is_open": is_filled,
        "about": tr("Time zone: {zone} (it is {time} there)", zone=recipient.zone, time=f"{here:%H:%M}"),
    }


def _until(visit: Visit, recipient: Recipient) -> str:
    numbers = visit.read(tokens.MANAGE, 2)
    until = datetime.fromtimestamp(numbers[1] if numbers else 0, UTC)
    return visit.tr.full_day(until.astimezone(zone(recipient.zone)).date())
