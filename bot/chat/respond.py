"""From what is heard to what is said: whose it is, whether they may, and who answers."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot import presence, recipients
from bot import subscriptions as subs
from bot.channels.telegram_text import safe
from bot.chat import asking, inline, pasting, settings
from bot.chat.admin import refuse
from bot.chat.commands import BY_NAME, TAPS, Tap, answered, values_of
from bot.chat.heard import Asked, Heard, Moved, Place, Said, Standing, Tapped, Who, chat_of
from bot.chat.limits import Limits
from bot.chat.said import Reply, Results, Toast, show
from bot.chat.subscribing import mistake
from bot.chat.talk import Desk, Talk
from bot.language import language, nearest_language
from bot.limit import Limit
from bot.models import Draft, Message, Recipient
from bot.query import QueryError
from bot.store.engine import reading

log = logging.getLogger(__name__)

_COMMAND = re.compile(r"/([A-Za-z0-9_]{1,32})(?:@(\w+))?(?:\s+|$)")
_ELSEWHERE = re.compile(r"(@[A-Za-z]\w{3,31}|-\d{5,20})(?:\s+|$)")
_OUT, _IN = ("kicked", "left"), ("member", "administrator", "creator", "restricted")


async def respond(desk: Desk, limits: Limits, heard: Heard, now: datetime) -> AsyncIterator[Reply]:
    """What is said to it, as soon as it is known. What goes wrong is said in a sentence."""
    try:
        async for reply in _answering(desk, limits, heard, now):
            yield reply
    except _Refused as refused:
        for reply in refused.replies:
            yield reply
    except QueryError as error:
        yield show(mistake(error))
    except ValueError as error:
        yield Toast(str(error)[:200], alarm=True) if isinstance(heard, Tapped) else show(safe(str(error)))


def _answering(desk: Desk, limits: Limits, heard: Heard, now: datetime) -> AsyncIterator[Reply]:
    match heard:
        case Said():
            return _to_said(desk, limits, heard, now)
        case Tapped():
            return _to_tap(desk, limits, heard, now)
        case Asked():
            return _to_asked(desk, limits, heard, now)
        case Standing() | Moved():
            return _to_change(desk, heard, now)


async def _to_said(desk: Desk, limits: Limits, said: Said, now: datetime) -> AsyncIterator[Reply]:
    spoken = _command(said.text, desk.name)
    talk = await asyncio.to_thread(_talk, desk, said.place, said.who, said.place.address, now, said.reply_to)
    if talk.is_gone:
        # Whoever writes can be written to again, also where the news of it was lost.
        await asyncio.to_thread(presence.back, desk.engine, _chat(said.place.chat), now)
    question = None
    if spoken:
        await asyncio.to_thread(asking.forget, talk)
    elif said.place.is_private or said.reply_to:
        may_change = said.place.is_private or await _may_change(talk)
        question = await asyncio.to_thread(lambda: asking.answered(talk, may_change=may_change))
    # In groups only commands and answers are for us; with its privacy mode off a bot hears everything.
    if not (spoken or question or said.place.is_private):
        return
    _admit(talk, limits.commands, limits)
    if spoken:
        replies = _to_command(talk, limits, *spoken)
    elif question and _is_answer(question, said):
        replies = _to_answer(talk.about(question["target"]), question, said)
    else:
        replies = _to_words(talk, said)
    async for reply in replies:
        yield reply


def _is_answer(question: dict[str, Any], said: Said) -> bool:
    """Whether it can be what was asked for: a link or a list is read for what it is, whatever was asked before."""
    if question["what"] in ("import", "feedback"):
        return not said.is_other
    if said.location or said.file or said.is_other:
        return bool(said.location) and question["what"] == "zone"
    return not pasting.is_link_or_list(said.text)


async def _to_words(talk: Talk, said: Said) -> AsyncIterator[Reply]:
    """What is said in a private chat without a command: a place, a file, a list, a link, a query."""
    if where := said.location:
        for reply in await asyncio.to_thread(lambda: list(settings.zone_by_location(talk, *where))):
            yield reply
    elif said.file:
        async for reply in pasting.read_file(talk, said.file):
            yield reply
    elif said.is_other:
        yield show(talk.tr("I read texts, links and files. /help says what I can do."))
    elif said.text.startswith("/"):
        yield show(talk.tr("I do not know /{name}. /help says what I can do.", name=safe(said.text[1:33])))
    elif said.text:
        async for reply in pasting.read_text(talk, said.text, said.links):
            yield reply


def _command(text: str, name: str) -> tuple[str, str] | None:
    """The name of a command and what follows it; None where there is none, or it is another bot's."""
    found = _COMMAND.match(text)
    if not found or (found[2] and found[2].casefold() != name.casefold()):
        return None
    return found[1].lower(), text[found.end() :].strip()


async def _to_command(talk: Talk, limits: Limits, name: str, text: str) -> AsyncIterator[Reply]:
    command = BY_NAME.get(name)
    if command is None:
        if talk.place.is_private:
            yield show(talk.tr("I do not know /{name}. /help says what I can do.", name=safe(name)))
        return
    if talk.place.is_private and (found := _ELSEWHERE.match(text)):
        place = await talk.desk.chats.find(found[1])
        talk, text = talk.about(place.address), text[found.end() :].strip()
        if not await _may_change(talk):
            raise ValueError(talk.tr("Only administrators of {chat} can do that.", chat=found[1]))
    elif command.changes and not await _may_change(talk):
        yield show(
            talk.tr("Only administrators can change things here. In a private chat with me everything is yours.")
        )
        return
    if command.is_export and text:
        _admit(talk, limits.exports, limits)
    async for reply in _threaded(lambda: command.answer(talk, text)):
        yield reply


async def _to_answer(talk: Talk, question: dict[str, Any], said: Said) -> AsyncIterator[Reply]:
    """What was asked is answered; the right to ask was checked when it was asked, and is again."""
    if question["what"] != "search" and not await _may_change(talk):
        return
    text = said.text.strip()
    if question["what"] == "zone" and said.location:
        where = said.location
        replies: Callable[[], Iterable[Reply]] = lambda: settings.zone_by_location(talk, *where)  # noqa: E731
    elif said.file:
        data = await pasting.downloaded(talk, said.file)
        replies = lambda: answered(talk, question, data.decode("utf-8-sig", "replace"))  # noqa: E731
    else:
        replies = lambda: answered(talk, question, text)  # noqa: E731
    async for reply in _threaded(replies):
        yield reply


async def _to_tap(desk: Desk, limits: Limits, tapped: Tapped, now: datetime) -> AsyncIterator[Reply]:
    verb, *values = tapped.data.split(":")
    talk = await asyncio.to_thread(_talk, desk, tapped.place, tapped.who, tapped.place.address, now, tapped.message)
    try:
        _admit(talk, limits.commands, limits)
    except _Refused:
        yield Toast(talk.tr("That is too much at once; I answer again in a while."))
        return
    tap = TAPS.get(verb)
    named = await asyncio.to_thread(_named, talk, tap, values) if tap else None
    if tap is None or named is None:
        yield Toast(talk.tr("This button is too old; the command again makes a new one."), alarm=True)
        return
    here, talk = talk, talk.about(named.target)
    needs = [here] if _disturbs(tap, tapped) else []
    needs += [talk] if tap.changes or named.is_shared or chat_of(named.target) != tapped.place.chat else []
    for one in needs:
        if not await _may_change(one):
            yield Toast(talk.tr("Only administrators can do that."), alarm=True)
            return
    if tap.is_export:
        _admit(talk, limits.exports, limits)
    async for reply in _threaded(lambda: tap.answer(talk, *named.values)):
        yield reply


def _disturbs(tap: Tap, tapped: Tapped) -> bool:
    """Whether an answer to this tap is more than its sender may have, unless they administer the chat: in a channel
    every message, in a group what takes the place of a message that is not for them. (What a tap says need not be on
    the message: clients can be made to send anything.)"""
    if tapped.place.is_private or tap.shows == "words":
        return False
    return tapped.place.kind == "channel" or (tap.shows == "in place" and tapped.answered != tapped.who.id)


@dataclass(frozen=True)
class _Named:
    """Where a button acts, and what its answer is given. `is_shared`: it was made by an administrator without a name,
    or by the channel itself."""

    target: str
    values: tuple[Any, ...]
    is_shared: bool = False


def _named(talk: Talk, tap: Tap, written: list[str]) -> _Named | None:
    """What the button's first value names; None where there is none (any more), or it is somebody else's."""
    values = values_of(tap, written)
    if values is None:
        return None
    if not tap.names:
        return _Named(talk.target, tuple(values))
    id, *rest = values
    if tap.names == "subscription":
        found = subs.named(talk.engine, int(id))
        return _Named(found.recipient.address, (found, *rest)) if found and _is_ours(found.recipient) else None
    with reading(talk.engine) as session:
        session.expire_on_commit = False
        draft = session.get(Draft, id) if tap.names not in ("message", "recipient") else None
        message = session.get(Message, id) if tap.names == "message" else None
        owner = message.recipient_id if message else id if tap.names == "recipient" else None
        recipient = session.get(Recipient, owner) if owner is not None else None
        session.expunge_all()
    if draft:
        is_shared = draft.account == str(talk.place.chat) != talk.account
        is_ours = draft.account == talk.account or is_shared
        return _Named(draft.place, (draft, *rest), is_shared) if is_ours and draft.kind == tap.names else None
    if recipient is None or not _is_ours(recipient):
        return None
    return _Named(recipient.address, (message, *rest) if message else tuple(rest))


def _is_ours(recipient: Recipient) -> bool:
    return recipient.channel == "telegram"


async def _to_asked(desk: Desk, limits: Limits, asked: Asked, now: datetime) -> AsyncIterator[Reply]:
    place = Place(asked.who.id)
    talk = await asyncio.to_thread(_talk, desk, place, asked.who, place.address, now, 0)
    if not _is_allowed(talk) or limits.inline.ask(talk.account, now) != "yes":
        yield Results(())
        return
    async for reply in _threaded(lambda: inline.find(talk, asked.query, asked.offset)):
        yield reply


async def _to_change(desk: Desk, change: Standing | Moved, now: datetime) -> AsyncIterator[Reply]:
    """The bot was blocked, let in or put out, or a group has another number now."""
    if isinstance(change, Moved):
        await asyncio.to_thread(presence.moved, desk.engine, _chat(change.old), _chat(change.new), now)
        return
    chat = change.place.chat
    if change.status in _OUT:
        reason = "the bot was blocked" if change.place.is_private else "the bot was removed from the chat"
        await asyncio.to_thread(presence.gone, desk.engine, _chat(chat), reason, now)
    elif change.status in _IN:
        await asyncio.to_thread(presence.back, desk.engine, _chat(chat), now)
        talk = await asyncio.to_thread(_talk, desk, change.place, change.who, change.place.address, now, 0)
        is_new = change.before in _OUT and not await asyncio.to_thread(subs.count, desk.engine, talk.owner)
        if change.place.kind in ("group", "supergroup") and is_new and _is_allowed(talk):
            yield show(
                talk.tr(
                    "Hello! Administrators make a subscription with /sub, in the topic where its alerts shall come."
                    " /help says the rest."
                )
            )


def _chat(number: int) -> tuple[str, str]:
    return "telegram", str(number)


# Who may --------------------------------------------------------------------------------------------------------------


def _talk(desk: Desk, place: Place, who: Who | None, target: str, now: datetime, message: int) -> Talk:
    """In the language that was chosen in this chat, else in the user's own."""
    known = recipients.find(desk.engine, ("telegram", place.address))
    code = known.language if known else nearest_language(who.language if who else "")
    return Talk(desk, place, who, language(code), now, target, message, is_gone=bool(known and known.disabled_at))


async def _may_change(talk: Talk) -> bool:
    """Whether the speaker may change things of the recipient that it is about."""
    chat = chat_of(talk.target)
    if talk.who is None:
        return chat == talk.place.chat
    return chat == talk.who.id or await talk.desk.chats.is_admin(chat, talk.who.id)


def _is_allowed(talk: Talk) -> bool:
    allowed = talk.desk.settings.telegram.allow
    return not allowed or talk.is_admin or int(talk.account) in allowed or talk.place.chat in allowed


class _Refused(Exception):
    """The speaker may not go on: these replies say so, or nothing does."""

    def __init__(self, *replies: Reply) -> None:
        super().__init__()
        self.replies = replies


def _admit(talk: Talk, limit: Limit, limits: Limits) -> None:
    """Let the speaker go on, as often as the limit allows. Raises _Refused."""
    if not _is_allowed(talk):
        raise _Refused(*(refuse(talk) if limits.refusals.ask(talk.account, talk.now) == "yes" else ()))
    if not talk.place.is_private and limits.groups.ask(str(talk.place.chat), talk.now) != "yes":
        raise _Refused
    verdict = "yes" if talk.is_admin else limit.ask(talk.account, talk.now)
    if verdict == "told":
        raise _Refused(show(talk.tr("That is too much at once; I answer again in a while.")))
    if verdict == "no":
        raise _Refused


async def _threaded(answer: Callable[[], Iterable[Reply]]) -> AsyncIterator[Reply]:
    """What works on the database runs in a thread."""
    for reply in await asyncio.to_thread(lambda: list(answer())):
        yield reply
