"""The bot's connection with Telegram: one process at a time asks for updates, answers them, and only then asks for the
next, so that a crash loses no command.

Long polling by default; by configuration Telegram posts to a webhook. See https://core.telegram.org/bots/api.
"""

import asyncio
import logging
import os
import uuid
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from telegram import (
    Bot,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    ForceReply,
    InlineQueryResultArticle,
    InputTextMessageContent,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
    Update,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import Updater
from telegram.request import HTTPXRequest

from bot.channels.screen import Screen
from bot.channels.telegram import RATE, keyboard, pace_of, seconds
from bot.chat.commands import COMMANDS, descriptions
from bot.chat.heard import Asked, File, Heard, Moved, Place, Said, Standing, Tapped
from bot.chat.respond import Limits, respond
from bot.chat.said import Attach, Reply, Results, Show, Tell, Toast
from bot.chat.talk import Desk
from bot.chat.updates import WANTED, heard
from bot.config import Settings, TelegramWebhook
from bot.language import LANGUAGES, language, nearest_language
from bot.store import chats, pace
from bot.store.engine import DatabaseError, Engine, writing
from scrapers.crawl import Fetch

os.environ.setdefault("PTB_TIMEDELTA", "true")
log = logging.getLogger(__name__)

LEASE = "telegram:updates"
_HELD, _WAITS = timedelta(seconds=20), 4.0  # a killed process is followed by another so soon; it is renewed as often
_POLL = 25  # seconds; Telegram takes 50
_SLOW = 1.0  # seconds until the next updates are asked for although one is still being answered
_SAY_TYPING = 0.7  # seconds until people see that something is being done
_ADMIN_FOR = timedelta(seconds=60)  # so long an administrator is taken for one without asking again
_MANY = 10_000  # administrators that are remembered
_FINISH = 3.0  # seconds that answers may still take when the program stops
_PATIENCE = 10.0  # seconds that an answer waits where Telegram asks to; then it is not given
_BACKOFF = (1.0, 60.0)  # seconds after a failure, doubled each time
_LASTING = timedelta(minutes=5)  # what worked so long begins anew
_OPERATOR_WAITS = 600.0  # seconds until a wrong token is tried again
_UNREADABLE = (
    TypeError,
    ValueError,
    KeyError,
    AttributeError,
)  # what the library raises for an update it does not know
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Clock = Callable[[], datetime]


@dataclass
class Telegram:
    """What must be asked of Telegram itself, for those who answer."""

    bot: Bot
    clock: Clock
    _admins: dict[tuple[int, int], tuple[datetime, bool]] = field(default_factory=dict)

    async def is_admin(self, chat: int, who: int) -> bool:
        known = self._admins.get((chat, who))
        if known and self.clock() - known[0] < _ADMIN_FOR:
            return known[1]
        try:
            member = await self.bot.get_chat_member(chat, who)
        except BadRequest:
            return False  # "member not found", "chat not found"
        except TelegramError:
            raise ValueError("Telegram did not say who administers this chat; please try again") from None
        found = member.status in ("creator", "administrator")
        if len(self._admins) > _MANY:
            self._admins.clear()
        if found:
            self._admins[chat, who] = (self.clock(), found)
        return found

    async def find(self, name: str) -> Place:
        try:
            chat = await self.bot.get_chat(name)
        except TelegramError:
            raise ValueError(f"I cannot see {name}; make me an administrator there first") from None
        return Place(chat.id, str(chat.type), 0, chat.title or "")

    async def download(self, file: File) -> bytes:
        try:
            found = await self.bot.get_file(file.id)
            return bytes(await found.download_as_bytearray())
        except TelegramError:
            raise ValueError("the file could not be had from Telegram; please send it again") from None


async def talk(engine: Engine, settings: Settings, fetch: Fetch, stop: asyncio.Event, clock: Clock) -> None:
    """Answer people until `stop`, whenever this process has the lease; come back after every failure."""
    holder, wait = str(uuid.uuid4()), _BACKOFF[0]
    while not stop.is_set():
        begin = clock()
        try:
            if await asyncio.to_thread(_hold, engine, holder, clock):
                async with _connected(settings) as bot:
                    await _answer(bot, engine, settings, fetch, stop, clock, holder)
            wait, pause = _BACKOFF[0], _WAITS
        except InvalidToken:
            log.error("Telegram refuses the bot's token; correct telegram.token")  # noqa: TRY400 - it holds the token
            pause = _OPERATOR_WAITS
        except Conflict:
            log.error("another program asks for this bot's updates, too; stop it, or take another token")  # noqa: TRY400
            pause = _BACKOFF[1]
        except TelegramError as error:
            log.warning("Telegram cannot be asked for updates: %s; again in %.0f seconds", type(error).__name__, wait)
            pause = wait
        except Exception:
            # The bot must outlive anything: a database that is locked, an update that nobody can read.
            log.exception("listening on Telegram failed; again in %.0f seconds", wait)
            pause = wait
        if not stop.is_set():
            await _sleep(pause, stop)
        wait = _BACKOFF[0] if clock() - begin > _LASTING else min(2 * wait, _BACKOFF[1])
    with suppress(DatabaseError):
        await asyncio.to_thread(_let_go, engine, holder)


def _hold(engine: Engine, holder: str, clock: Clock) -> bool:
    with writing(engine) as session:
        return chats.hold(session, LEASE, holder, clock(), _HELD)


async def _keep(engine: Engine, holder: str, clock: Clock) -> None:
    """Renew the lease until somebody else has it."""
    is_ours = True
    while is_ours:
        await asyncio.sleep(_WAITS)
        is_ours = await asyncio.to_thread(_hold, engine, holder, clock)


def _let_go(engine: Engine, holder: str) -> None:
    with writing(engine) as session:
        chats.let_go(session, LEASE, holder)


async def _sleep(seconds: float, stop: asyncio.Event) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


@asynccontextmanager
async def _connected(settings: Settings) -> AsyncIterator[Bot]:
    telegram = settings.telegram
    token = telegram.token.get_secret_value() if telegram.token else ""
    most = telegram.timeout
    # The poll is a call like others: in a pool of its own, one that was torn down may keep its place for ever
    # (https://github.com/python-telegram-bot issue 3087).
    calls = HTTPXRequest(32, connect_timeout=10, read_timeout=most, write_timeout=most, pool_timeout=10)
    base_url, files = f"{telegram.base_url}/bot", f"{telegram.base_url}/file/bot"
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)  # it logs what people wrote, and a trace for each 502
    bot = Bot(token, base_url=base_url, base_file_url=files, request=calls, get_updates_request=calls)
    async with bot:
        yield bot


async def _answer(
    bot: Bot, engine: Engine, settings: Settings, fetch: Fetch, stop: asyncio.Event, clock: Clock, holder: str
) -> None:
    """Take updates and answer them, until `stop`, or until the lease is somebody else's."""
    desk = Desk(engine, settings, Telegram(bot, clock), fetch, bot.username)
    limits = Limits.of(settings.telegram)
    log.info("listening on Telegram as @%s", bot.username)
    await _introduce(bot)
    answering = set[asyncio.Task[None]]()
    taken: int | None = None
    holding = asyncio.create_task(_keep(engine, holder, clock))
    try:
        async with _updates(bot, settings.telegram.webhook) as following:
            while not stop.is_set() and not holding.done():
                updates = await _unless(stop, following(taken))
                new = {
                    asyncio.create_task(_answer_in_turn(bot, desk, limits, some, clock)) for some in _by_chat(updates)
                }
                slow = (await asyncio.wait(new, timeout=_SLOW))[1] if new else set()
                answering = {one for one in answering if not one.done()} | slow
                taken = updates[-1].update_id + 1 if updates else taken
                limits.tidy(clock())
    finally:
        holding.cancel()
        if answering:
            await asyncio.wait(answering, timeout=_FINISH)
    if taken is not None and settings.telegram.webhook is None:
        with suppress(TelegramError):
            await bot.get_updates(offset=taken, limit=1, timeout=0)  # what was answered is not given out again


Following = Callable[[int | None], Awaitable[Sequence[Update]]]  # the updates from that number on


@asynccontextmanager
async def _updates(bot: Bot, webhook: TelegramWebhook | None) -> AsyncIterator[Following]:
    """Where updates come from."""
    if webhook is None:
        await bot.delete_webhook()
        yield lambda taken: _polled(bot, taken)
        return
    queue: asyncio.Queue[object] = asyncio.Queue()
    host, _, port = webhook.listen.rpartition(":")
    async with Updater(bot, queue) as updater:
        await updater.start_webhook(
            host, int(port), urlsplit(webhook.url).path.lstrip("/"), webhook_url=webhook.url, allowed_updates=WANTED,
            secret_token=webhook.secret.get_secret_value(),
        )  # fmt: skip
        try:
            yield lambda taken: _posted(queue, taken)
        finally:
            await updater.stop()


async def _polled(bot: Bot, taken: int | None) -> Sequence[Update]:
    """What Telegram has. An update that cannot be read is left out: it must not hold up all that come after it."""
    try:
        return await bot.get_updates(offset=taken, timeout=_POLL, allowed_updates=WANTED)
    except _UNREADABLE:
        asked = {"timeout": 0, **({"offset": taken} if taken is not None else {})}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the library would rather be asked by the method that has just failed
            raw = await bot.do_api_request("getUpdates", api_kwargs=asked)
    return [_read(bot, one) for one in raw]


def _read(bot: Bot, raw: dict[str, Any]) -> Update:
    try:
        return Update.de_json(raw, bot)
    except _UNREADABLE:
        log.warning("update %s cannot be read, and is left out", raw["update_id"])
        return Update(raw["update_id"])


async def _posted(queue: "asyncio.Queue[object]", taken: int | None) -> Sequence[Update]:
    """What was posted since, without what Telegram posted again."""
    found = list[object]()
    with suppress(TimeoutError):
        found.append(await asyncio.wait_for(queue.get(), _POLL))
    while not queue.empty():
        found.append(queue.get_nowait())
    updates = {one.update_id: one for one in found if isinstance(one, Update) and one.update_id >= (taken or 0)}
    return [updates[number] for number in sorted(updates)]


async def _unless(stop: asyncio.Event, asked: Awaitable[Sequence[Update]]) -> Sequence[Update]:
    """What was asked for; nothing at a stop."""
    answer, stopping = asyncio.ensure_future(asked), asyncio.create_task(stop.wait())
    await asyncio.wait({answer, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if answer.done():
        return answer.result()
    answer.cancel()
    return ()


def _by_chat(updates: Sequence[Update]) -> list[list[Update]]:
    """What was said in one chat is answered in order; the chats do not wait for each other."""
    found: dict[int, list[Update]] = {}
    for update in updates:
        whose = update.effective_chat or update.effective_user
        found.setdefault(whose.id if whose else 0, []).append(update)
    return list(found.values())


async def _answer_in_turn(bot: Bot, desk: Desk, limits: Limits, updates: Sequence[Update], clock: Clock) -> None:
    for update in updates:
        said = heard(update)
        if said is None:
            continue
        try:
            await _answer_one(bot, desk, limits, said, clock)
        except TelegramError as error:
            log.warning("an answer could not be given: %s", type(error).__name__)
        except Exception:
            # The bot must outlive anything; whoever asked is told.
            log.exception("an update could not be answered")
            with suppress(TelegramError):
                await _say(bot, said, Show(Screen(_failed(said))))


def _failed(said: Heard) -> str:
    who = None if isinstance(said, Moved) else said.who
    tr = language(nearest_language(who.language if who else ""))
    return tr("Something went wrong here; please try again later.")


async def _answer_one(bot: Bot, desk: Desk, limits: Limits, said: Heard, clock: Clock) -> None:
    typing = asyncio.create_task(_typing(bot, said))
    toasted = False
    try:
        async for reply in respond(desk, limits, said, clock()):
            typing.cancel()
            toasted = toasted or isinstance(reply, Toast)
            if isinstance(reply, Attach) or (isinstance(reply, Show) and not reply.edits):
                await asyncio.to_thread(_count, desk.engine, said, clock())
            await _patiently(bot, said, reply)
    finally:
        typing.cancel()
        if isinstance(said, Tapped) and not toasted:
            with suppress(TelegramError):
                await bot.answer_callback_query(said.id)  # else the button goes on turning


def _count(engine: Engine, said: Heard, now: datetime) -> None:
    """Answers never wait for their turn, but alerts wait for them."""
    if isinstance(said, Said | Tapped):
        with writing(engine) as session:
            pace.note_sent(session, "telegram", pace_of(str(said.place.chat)), RATE, now)


async def _typing(bot: Bot, said: Heard) -> None:
    """Show that something is being done, where it takes longer."""
    if isinstance(said, Said | Tapped):
        await asyncio.sleep(_SAY_TYPING)
        with suppress(TelegramError):
            await bot.send_chat_action(said.place.chat, ChatAction.TYPING, message_thread_id=said.place.topic or None)


async def _patiently(bot: Bot, said: Heard, reply: Reply) -> None:
    """Say it, once more where Telegram asks to wait a little."""
    try:
        await _say(bot, said, reply)
    except RetryAfter as error:
        wait = seconds(error)
        if wait > _PATIENCE:
            raise
        await asyncio.sleep(wait)
        await _say(bot, said, reply)


# Saying ---------------------------------------------------------------------------------------------------------------


async def _say(bot: Bot, said: Heard, reply: Reply) -> None:
    match reply:
        case Toast() if isinstance(said, Tapped):
            with suppress(BadRequest):  # "query is too old": what was tapped while the bot was off is done all the same
                await bot.answer_callback_query(said.id, reply.text[:200], show_alert=reply.alarm)
        case Results() if isinstance(said, Asked):
            await bot.answer_inline_query(
                said.id, _articles(reply), next_offset=reply.next_offset, cache_time=60, is_personal=True
            )
        case Tell():
            with suppress(TelegramError):
                await bot.send_message(reply.chat, reply.screen.html, parse_mode=ParseMode.HTML)
        case Attach() if isinstance(said, Said | Tapped):
            await bot.send_document(
                said.place.chat, reply.data, filename=reply.name, caption=reply.caption,
                message_thread_id=said.place.topic or None,
            )  # fmt: skip
        case Show() if isinstance(said, Said | Tapped | Standing):
            await _show(bot, said, reply)


async def _show(bot: Bot, said: Said | Tapped | Standing, shown: Show) -> None:
    screen = shown.screen
    if shown.edits:
        try:
            await bot.edit_message_text(
                screen.html, chat_id=said.place.chat, message_id=shown.edits, parse_mode=ParseMode.HTML,
                reply_markup=keyboard(screen.rows), link_preview_options=_NO_PREVIEW,
            )  # fmt: skip
        except BadRequest as error:
            if "not modified" in error.message.lower():
                return
            if "to edit not found" not in error.message.lower() and "can't be edited" not in error.message.lower():
                raise
        else:
            return
    await _send(bot, said, shown)


async def _send(bot: Bot, said: Said | Tapped | Standing, shown: Show) -> Message:
    place = said.place
    # In a group an answer shows whose question it is for; then a forced reply is for that person only.
    answers = ReplyParameters(said.message, allow_sending_without_reply=True) if (
        isinstance(said, Said) and not place.is_private
    ) else None  # fmt: skip
    markup = (
        ReplyKeyboardRemove()
        if shown.ends_keyboard
        else ReplyKeyboardMarkup(
            [[KeyboardButton(shown.wants_location, request_location=True)]],
            one_time_keyboard=True,
            resize_keyboard=True,
        )
        if shown.wants_location
        else ForceReply(selective=isinstance(said, Said) and not place.is_private)
        if shown.asks
        else keyboard(shown.screen.rows)
    )
    return await bot.send_message(
        place.chat, shown.screen.html, parse_mode=ParseMode.HTML, message_thread_id=place.topic or None,
        reply_markup=markup, reply_parameters=answers, link_preview_options=_NO_PREVIEW,
    )  # fmt: skip


def _articles(found: Results) -> list[InlineQueryResultArticle]:
    return [
        InlineQueryResultArticle(
            one.id, one.title, InputTextMessageContent(one.html, ParseMode.HTML, link_preview_options=_NO_PREVIEW),
            description=one.about,
        )
        for one in found.results
    ]  # fmt: skip


async def _introduce(bot: Bot) -> None:
    """The menu of commands: in private chats all, in groups those for everybody, for their administrators all."""
    everybody = [one.name for one in COMMANDS if one.menu and not one.changes]
    all_ = [one.name for one in COMMANDS if one.menu]
    scopes = (
        (BotCommandScopeAllPrivateChats(), all_),
        (BotCommandScopeAllGroupChats(), everybody),
        (BotCommandScopeAllChatAdministrators(), all_),
    )
    for code in LANGUAGES:
        said = descriptions(language(code))
        for scope, names in scopes:
            await bot.set_my_commands(
                [(name, said[name]) for name in names], scope=scope, language_code=None if code == "en" else code
            )
