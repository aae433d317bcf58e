"""Mails for those who have a chat: an address is proved by a code, and gets the chat's subscriptions if they like."""

from collections.abc import Iterable

from bot import mailbox, opt_in, own_data, recipients
from bot import subscriptions as subs
from bot.channels.screen import Button, Screen, rows
from bot.channels.telegram_text import safe
from bot.chat import asking
from bot.chat.said import Reply, Show, Toast, show
from bot.chat.settings import introduced
from bot.chat.subscribing import code
from bot.chat.talk import Talk
from bot.local_time import WEEKDAYS
from bot.models import Recipient
from bot.own_data import Imported, imported

ADDRESS, CODE = "email", "email-code"  # what is asked


def email(talk: Talk, text: str) -> Iterable[Reply]:
    """`/email ADDRESS`: have a code mailed there; without one, the addresses that are proved."""
    tr = talk.tr
    if talk.desk.settings.email.smtp_url is None:
        return [show(tr("No mails are sent from here."))]
    if not talk.place.is_private:
        return [show(tr("Mails are for one person: please write to me in private."))]
    if text:
        return [_mail_code(talk, text)]
    if known := recipients.mail_addresses(talk.engine, talk.me):
        return [_known(talk, one) for one in known]
    return [_ask_address(talk)]


def _ask_address(talk: Talk) -> Show:
    return asking.ask(talk, ADDRESS, talk.tr("Which address shall get mails? Write it, such as me@example.org."))


def other(talk: Talk) -> Iterable[Reply]:
    """The button for another address."""
    return [_ask_address(talk)]


def _mail_code(talk: Talk, text: str) -> Show:
    tr = talk.tr
    try:
        place = mailbox.address(text)
    except ValueError as error:
        return asking.ask(talk, ADDRESS, safe(str(error)))
    chat = introduced(talk)
    is_asked = opt_in.ask_code(
        talk.engine, place, talk.account, now=talk.now, zone_name=chat.zone, language=chat.language
    )
    if not is_asked:
        return show(tr("That address was sent enough mails today. Please try again tomorrow."))
    question = tr("A code is on its way to {address}. Type it here; it is good for an hour.", address=code(place))
    return asking.ask(talk, CODE, question, place=place)


def take_code(talk: Talk, text: str, place: str) -> Iterable[Reply]:
    """The code that was typed."""
    tr = talk.tr
    try:
        verdict = opt_in.check_code(talk.engine, place, talk.me, "".join(text.split()), talk.now)
    except ValueError as error:
        return [show(safe(str(error)))]
    if verdict == "wrong":
        return [asking.ask(talk, CODE, tr("That is not the code. Please look again."), place=place)]
    if verdict == "over":
        return [show(tr("That code is not good any more; /email sends a new one."))]
    chat = introduced(talk)
    proved = recipients.change_settings(
        talk.engine, ("email", place), now=talk.now, zone_name=chat.zone, at=chat.digest_at,
        weekday_name=WEEKDAYS[chat.digest_weekday], language=chat.language,
    )  # fmt: skip
    return [show("✅ " + tr("{address} is yours.", address=code(place))), _known(talk, proved)]


def _known(talk: Talk, mail: Recipient) -> Show:
    """An address with what can be done about it."""
    tr = talk.tr
    count = tr.plural("{n} subscription", "{n} subscriptions", len(subs.list_all(talk.engine, ("email", mail.address))))
    lines = [f"✉️ {code(mail.address)}: {count}"]
    if mail.disabled_at:
        lines.append(safe(tr("Nothing is sent there: {reason}", reason=mail.disabled_reason or "")))
    copying = []
    if subs.list_all(talk.engine, talk.address):
        lines.append(tr("Shall the subscriptions of this chat come by mail too?"))
        copying = [Button(tr("As they are"), f"mail:{mail.id}:same"), Button(tr("Once a day"), f"mail:{mail.id}:daily")]
    ends = [Button(tr("Another address"), "mail-other"), Button(tr("No more mails"), f"mail-end:{mail.id}")]
    return Show(Screen("\n".join(lines), rows(copying, ends)))


def copy(talk: Talk, id: int, rhythm: str) -> Iterable[Reply]:
    """Subscribe the address to what the chat is subscribed to."""
    tr, mail = talk.tr, _own(talk, id)
    if mail is None:
        return [Toast(tr("That address is not yours any more."), alarm=True)]
    there = [one.subscription for one in subs.list_all(talk.engine, talk.address)]
    same = rhythm == "same"
    copied = [
        imported(one.text, one.name, one.rhythm, one.at, one.weekday, versions=one.versions)
        if same
        else Imported(one.text, one.name, "daily", versions=one.versions)
        for one in there
    ]
    done = own_data.take_import(
        talk.engine, ("email", mail.address), copied, now=talk.now, owner=talk.me,
        most=talk.desk.settings.telegram.subscriptions, zone_name=mail.zone,
    )  # fmt: skip
    lines = [tr.plural("{n} subscription comes by mail now.", "{n} subscriptions come by mail now.", done.new)]
    lines += [tr.plural("{n} was there already.", "{n} were there already.", done.known)] if done.known else []
    lines += [tr("There are too many subscriptions.")] if done.refused else []
    return [show(" ".join(lines), edits=talk.message)]


def end(talk: Talk, id: int) -> Iterable[Reply]:
    """Erase the address with its subscriptions."""
    mail = _own(talk, id)
    if mail is None:
        return [Toast(talk.tr("That address is not yours any more."), alarm=True)]
    subs.unsubscribe(talk.engine, ("email", mail.address))
    ended = talk.tr("No more mails come to {address}, and nothing is kept of it.", address=code(mail.address))
    return [show(ended, edits=talk.message)]


def _own(talk: Talk, id: int) -> Recipient | None:
    """The speaker's proved address of that number. (Whoever taps may send any number.)"""
    return next((one for one in recipients.mail_addresses(talk.engine, talk.me) if one.id == id), None)
