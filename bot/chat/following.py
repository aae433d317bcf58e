"""Where updates come from: by long polling, or posted by Telegram to a webhook; and in which order they are answered.

See https://core.telegram.org/bots/api#getting-updates.
"""

import asyncio
import logging
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlsplit

from telegram import Bot, Update

from bot.chat.updates import WANTED
from bot.sections import TelegramWebhook

log = logging.getLogger(__name__)

_POLL = 25  # seconds; Telegram takes 50
# What the library raises for an update that it does not know.
_UNREADABLE = (TypeError, ValueError, KeyError, AttributeError)

Following = Callable[[int | None], Awaitable[Sequence[Update]]]  # the updates from that number on


@asynccontextmanager
async def updates_from(bot: Bot, webhook: TelegramWebhook | None) -> AsyncIterator[Following]:
    """Where updates come from."""
    if webhook is None:
        await bot.delete_webhook()
        yield lambda taken: _polled(bot, taken)
        return
    from telegram.ext import Updater  # imported here: 6 MB, which polling does not need

    queue: asyncio.Queue[object] = asyncio.Queue()
    host, _, port = webhook.listen.rpartition(":")
    async with Updater(bot, queue) as updater:
        await updater.start_webhook(
            host.strip("[]"), int(port), urlsplit(webhook.url).path.lstrip("/"), webhook_url=webhook.url,
            allowed_updates=WANTED, secret_token=webhook.secret.get_secret_value(),
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


async def unless(stop: asyncio.Event, asked: Awaitable[Sequence[Update]]) -> Sequence[Update]:
    """What was asked for; nothing at a stop."""
    answer, stopping = asyncio.ensure_future(asked), asyncio.create_task(stop.wait())
    await asyncio.wait({answer, stopping}, return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if answer.done():
        return answer.result()
    answer.cancel()
    return ()


def by_chat(updates: Sequence[Update]) -> list[list[Update]]:
    """What was said in one chat is answered in order; the chats do not wait for each other."""
    found: dict[int, list[Update]] = {}
    for update in updates:
        whose = update.effective_chat or update.effective_user
        found.setdefault(whose.id if whose else 0, []).append(update)
    return list(found.values())
