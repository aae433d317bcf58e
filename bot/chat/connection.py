"""The bot's connection with Telegram: one process at a time asks for updates, answers them, and only then asks for the
next, so that a crash loses no command.

See https://core.telegram.org/bots/api.
"""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta

from telegram import Bot, Update
from telegram.error import Conflict, InvalidToken, TelegramError
from telegram.request import HTTPXRequest

from bot.channels.screen import Screen
from bot.channels.telegram import RATE, pace_of
from bot.chat.following import by_chat, unless, updates_from
from bot.chat.heard import Heard, Moved, Said, Tapped
from bot.chat.limits import Limits
from bot.chat.respond import respond
from bot.chat.said import Attach, Show, Toast
from bot.chat.saying import introduce, say, say_patiently, show_typing
from bot.chat.talk import Desk
from bot.chat.telegram_chats import TelegramChats
from bot.chat.updates import heard
from bot.config import Settings
from bot.language import language, nearest_language
from bot.store import chats, pace
from bot.store.engine import DatabaseError, Engine, OperationalError, current_time, said_by, writing
from scrapers.crawl import Fetch

log = logging.getLogger(__name__)

LEASE = "telegram:updates"
_HELD, _WAITS = timedelta(seconds=20), 4.0  # a killed process is followed by another so soon; it is renewed as often
_SLOW = 1.0  # seconds until the next updates are asked for although one is still being answered
_FINISH = 3.0  # seconds that answers may still take when the program stops
_BACKOFF = (1.0, 60.0)  # seconds after a failure, doubled each time
_LASTING = timedelta(minutes=5)  # what worked so long begins anew
_OPERATOR_WAITS = 600.0  # seconds until a wrong token is tried again

Clock = Callable[[], datetime]


async def talk(engine: Engine, settings: Settings, fetch: Fetch, stop: asyncio.Event, clock: Clock) -> None:
    """Answer people until `stop`, whenever this process has the lease; come back after every failure."""
    holder, wait = str(uuid.uuid4()), 0.0
    while not stop.is_set():
        begin = clock()
        try:
            if await asyncio.to_thread(_hold, engine, holder):
                async with _connected(settings) as bot:
                    await _answer(bot, engine, settings, fetch, stop, clock, holder)
            wait, pause = 0.0, _WAITS
        except InvalidToken:
            log.error("Telegram refuses the bot's token; correct telegram.token")  # noqa: TRY400 - it holds the token
            pause = _OPERATOR_WAITS
        except Conflict:
            log.error("another program asks for this bot's updates, too; stop it, or take another token")  # noqa: TRY400
            pause = _BACKOFF[1]
        except TelegramError as error:
            pause = wait = longer(wait, clock() - begin)
            log.warning("Telegram cannot be asked for updates: %s; again in %.0f seconds", type(error).__name__, wait)
        except OperationalError as error:
            pause = wait = longer(wait, clock() - begin)
            log.error("the database failed: %s; listening again in %.0f seconds", said_by(error), wait)  # noqa: TRY400
        except Exception:
            # The bot must outlive anything, such as an update that nobody can read.
            pause = wait = longer(wait, clock() - begin)
            log.exception("listening on Telegram failed; again in %.0f seconds", wait)
        if not stop.is_set():
            await _sleep(pause, stop)
    with suppress(DatabaseError):
        await asyncio.to_thread(_let_go, engine, holder)


def longer(wait: float, worked: timedelta) -> float:
    """How many seconds to wait after a failure, where the last one was followed by `wait` (0: there was none), and the
    connection has worked since for so long."""
    least, most = _BACKOFF
    return least if worked > _LASTING else min(max(2 * wait, least), most)


def _hold(engine: Engine, holder: str) -> bool:
    with writing(engine) as session:
        return chats.hold(session, LEASE, holder, current_time(session, None), _HELD)


async def _keep(engine: Engine, holder: str) -> None:
    """Renew the lease until somebody else has it."""
    is_ours = True
    while is_ours:
        await asyncio.sleep(_WAITS)
        is_ours = await asyncio.to_thread(_hold, engine, holder)


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
    bot = Bot(token, base_url=base_url, base_file_url=files, request=calls, get_updates_request=calls)
    async with bot:
        yield bot


async def _answer(
    bot: Bot, engine: Engine, settings: Settings, fetch: Fetch, stop: asyncio.Event, clock: Clock, holder: str
) -> None:
    """Take updates and answer them, until `stop`, or until the lease is somebody else's."""
    desk = Desk(engine, settings, TelegramChats(bot, clock), fetch, bot.username)
    limits = Limits.of(settings.telegram)
    log.info("listening on Telegram as @%s", bot.username)
    await introduce(bot)
    answering = set[asyncio.Task[None]]()
    taken: int | None = None
    holding = asyncio.create_task(_keep(engine, holder))
    try:
        async with updates_from(bot, settings.telegram.webhook) as following:
            while not stop.is_set() and not holding.done():
                updates = await unless(stop, following(taken))
                new = {
                    asyncio.create_task(_answer_in_turn(bot, desk, limits, some, clock)) for some in by_chat(updates)
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


async def _answer_in_turn(bot: Bot, desk: Desk, limits: Limits, updates: Sequence[Update], clock: Clock) -> None:
    for update in updates:
        said = heard(update)
        if said is None:
            continue
        try:
            await _answer_one(bot, desk, limits, said, clock)
        except TelegramError as error:
            log.warning("an answer could not be given: %s", type(error).__name__)
        except Exception as error:
            # The bot must outlive anything; whoever asked is told.
            if isinstance(error, OperationalError):
                log.error("an update could not be answered, the database failed: %s", said_by(error))  # noqa: TRY400
            else:
                log.exception("an update could not be answered")
            with suppress(TelegramError):
                await say(bot, said, Show(Screen(_failed(said))))


def _failed(said: Heard) -> str:
    who = None if isinstance(said, Moved) else said.who
    tr = language(nearest_language(who.language if who else ""))
    return tr("Something went wrong here; please try again later.")


async def _answer_one(bot: Bot, desk: Desk, limits: Limits, said: Heard, clock: Clock) -> None:
    typing = asyncio.create_task(show_typing(bot, said))
    toasted = False
    try:
        async for reply in respond(desk, limits, said, clock()):
            typing.cancel()
            toasted = toasted or isinstance(reply, Toast)
            if isinstance(reply, Attach) or (isinstance(reply, Show) and not reply.edits):
                await asyncio.to_thread(_count, desk.engine, said, clock())
            await say_patiently(bot, said, reply)
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
