"""Telegram: messages to private chats, groups, topics and channels, through the Bot API.

See https://core.telegram.org/bots/api. Addresses are the number of a chat, or @name of a channel, and after a stroke
the number of a topic: `telegram:123456`, `telegram:-1001234567890/42`, `telegram:@papers`.
"""

import asyncio
import os
import re
from collections.abc import Awaitable
from datetime import timedelta
from functools import cached_property
from html import unescape
from typing import TypeVar

from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ParseMode
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)
from telegram.request import BaseRequest, HTTPXRequest

from bot.channels.outgoing import ChannelError, Outgoing, Pace, Sent
from bot.channels.screen import Rows, Screen
from bot.channels.telegram_text import MOST, PAPERS, message
from bot.redaction import redacted

os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library's future form of waiting times; without it, it warns
_T = TypeVar("_T")
_ADDRESS = re.compile(r"(-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})(?:/([0-9]{1,10}))?")
# "Avoid sending more than one message per second" to a chat, "not more than 20 messages per minute" to a group, "about
# 30 messages per second" to all: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
# With a little less nobody is ever told to wait.
_GAP_PRIVATE, _GAP_MANY, RATE = 1.0, 60 / 18, 25.0
_GENERAL = 1  # the topic that must not be named: https://github.com/tdlib/telegram-bot-api/issues/798
# The request did not leave this machine: only then an attempt may be repeated without a doubt.
_NO_CONNECTION = frozenset({"ConnectError", "ConnectTimeout"})
_NOT_SENT = _NO_CONNECTION | {"PoolTimeout"}
_UNCLEAR = "Telegram did not answer properly; nobody knows whether it got the message"
_CLOSED = (
    "Telegram: {said}; reopen topic {topic} and run: paperwatch subscription resume telegram:{chat}/{topic} - or"
    " subscribe telegram:{chat} instead"
)
# What it says about chats, topics and messages: https://github.com/tdlib/telegram-bot-api, Client.cpp. Of what looks as
# if it was not there, it may only not know yet.
_UNKNOWN = ("chat not found", "user not found", "peer_id_invalid")
_GONE = (
    "group chat was deleted", "not enough rights", "have no rights", "chat_write_forbidden",
    "need administrator rights", "user_is_blocked", "input_user_deactivated",
)  # fmt: skip
_TOPIC = ("message thread not found", "topic_closed", "topic_deleted")
_OURS = ("can't parse entities", "message is too long", "text is too long", "button_data_invalid")
_ASK_AGAIN = 3_600.0  # seconds until an unknown chat is asked for again
_OPERATOR_WAITS = 3_600.0  # seconds until a wrong token is tried again


class TelegramChannel:
    """Sends messages as the bot of that token. `base_url` is the Bot API server; `timeout` seconds for an answer;
    `request` another way to call it than python-telegram-bot's."""

    papers_at_most, alerts_at_most = PAPERS, 1
    a_day = 0
    rate = RATE

    def __init__(self, token: str, base_url: str, timeout: float, request: BaseRequest | None = None) -> None:
        self._token, self._base_url, self._patience, self._given = token, base_url, timeout, request
        self.timeout = 1.5 * timeout  # connecting may take half of it

    def __repr__(self) -> str:
        return f"TelegramChannel({self._base_url!r})"

    @cached_property
    def _request(self) -> BaseRequest:
        if self._given:
            return self._given
        most = self._patience
        return HTTPXRequest(connect_timeout=most / 2, read_timeout=most, write_timeout=most, pool_timeout=most / 2)

    @cached_property
    def _bot(self) -> Bot:
        base_url = f"{self._base_url}/bot"
        return Bot(self._token, base_url=base_url, request=self._request, get_updates_request=self._request)

    def check(self, address: str) -> str:
        if not _ADDRESS.fullmatch(address.strip()):
            raise ValueError(
                f"{address!r} is no Telegram chat; write its number, or @name of a channel, such as telegram:123456 or"
                " telegram:-1001234567890/42 for a topic"
            )
        return address.strip()

    def pace(self, address: str) -> Pace:
        return pace_of(address)

    def render(self, outgoing: Outgoing) -> Screen:
        return message(outgoing)

    async def send(self, address: str, rendered: Screen) -> Sent:
        """Send it; where its topic is closed, without the topic, and where it is refused, as plain text."""
        found = _ADDRESS.fullmatch(address)
        if not found:
            raise ChannelError("the address is no Telegram chat", rejected=True)
        try:
            async with asyncio.timeout(self.timeout):
                return await self._send(found[1], int(found[2]) if found[2] else None, rendered)
        except TimeoutError:
            raise ChannelError(_UNCLEAR, sent=None) from None

    async def _send(self, chat: str, topic: int | None, rendered: Screen) -> Sent:
        note = disable = ""
        while True:
            try:
                id = await (self._plainly if note else self._formatted)(chat, topic, rendered)
            except TelegramError as error:
                said = error.message.lower()
                if topic and not disable and _says(error, _TOPIC):
                    disable = _CLOSED.format(said=redacted(said), chat=chat, topic=topic)
                    topic = None
                elif not note and _says(error, _OURS):
                    note = f"sent as plain text: {redacted(said)}"
                else:
                    raise _failure(error) from None
            else:
                return Sent(str(id), note, disable)

    async def _formatted(self, chat: str, topic: int | None, rendered: Screen) -> int:
        """Send it as it is; its number."""
        sent = await self._bot.send_message(
            chat_id=chat,
            text=rendered.html,
            parse_mode=ParseMode.HTML,
            message_thread_id=None if topic == _GENERAL else topic,
            reply_markup=keyboard(rendered.rows),
            disable_notification=rendered.silent or None,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        return sent.message_id

    async def _plainly(self, chat: str, topic: int | None, rendered: Screen) -> int:
        """Send its text, without markup and buttons; its number."""
        sent = await self._bot.send_message(
            chat_id=chat,
            text=_plain(rendered.html),
            message_thread_id=None if topic == _GENERAL else topic,
            link_preview_options=LinkPreviewOptions(is_disabled=True),
        )
        return sent.message_id

    async def probe(self) -> str:
        return f"@{(await self._ask(self._bot.get_me())).username}"

    async def posts_to(self) -> str:
        """The address that Telegram posts the bot's updates to; empty where it waits to be asked. Raises
        ChannelError."""
        return (await self._ask(self._bot.get_webhook_info())).url

    async def _ask(self, asked: Awaitable[_T]) -> _T:
        """What is answered to a question that may be asked twice."""
        try:
            async with asyncio.timeout(self.timeout):
                return await asked
        except TimeoutError:
            raise ChannelError("Telegram does not answer", lane=True) from None
        except TelegramError as error:
            failure = _failure(error)
            if failure.sent is None:
                raise ChannelError("Telegram does not answer properly", lane=True) from None
            raise failure from None

    async def close(self) -> None:
        await self._request.shutdown()


def pace_of(address: str) -> Pace:
    """How fast a chat may be written to; its topics are one chat."""
    chat = address.partition("/")[0].lower()
    return Pace(f"telegram:{chat}", _GAP_PRIVATE if chat[:1].isdecimal() else _GAP_MANY)


def keyboard(rows: Rows) -> InlineKeyboardMarkup | None:
    """The buttons as Telegram takes them."""
    lines = [
        [InlineKeyboardButton(one.text, url=one.url or None, callback_data=one.data or None) for one in row]
        for row in rows
    ]
    return InlineKeyboardMarkup(lines) if lines else None


def seconds(error: RetryAfter) -> float:
    """How long Telegram asks to wait."""
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


def _says(error: TelegramError, signs: tuple[str, ...]) -> bool:
    return isinstance(error, BadRequest) and any(sign in error.message.lower() for sign in signs)


def _plain(rendered: str) -> str:
    """The text of a message, with the addresses that it links, and not too long."""
    linked = re.sub(r'<a href="([^"]*)">(.*?)</a>', r"\2 \1", rendered, flags=re.DOTALL)
    return unescape(re.sub(r"</?[a-z][^<>]*>", "", linked))[:MOST]


def _failure(error: TelegramError) -> ChannelError:
    """What became of the message, by the Bot API's answer. Its text may be shown; the library's may hold the token."""
    said = redacted(error.message.lower())
    match error:
        case RetryAfter():
            return ChannelError("Telegram asks to wait", wait=max(seconds(error), 1.0))
        case InvalidToken():
            return ChannelError(
                "Telegram refuses the bot's token; correct telegram.token (PAPERWATCH_TELEGRAM__TOKEN) and start again",
                wait=_OPERATOR_WAITS, lane=True,
            )  # fmt: skip
        case Forbidden():
            return ChannelError(f"Telegram: {redacted(error.message)}", gone=True)
        case ChatMigrated():
            return ChannelError(f"the group is {error.new_chat_id} now", moved_to=str(error.new_chat_id))
        case BadRequest() if _says(error, _UNKNOWN):
            return ChannelError(f"Telegram: {said}", gone=True, wait=_ASK_AGAIN)
        case BadRequest() if _says(error, _GONE):
            return ChannelError(f"Telegram: {said}", gone=True)
        case BadRequest() if _says(error, _TOPIC):
            return ChannelError(f"Telegram: {said}; open the topic, and resume", gone=True)
        case BadRequest():
            return ChannelError(f"Telegram: {said}", rejected=True)
        case Conflict():
            return ChannelError(f"Telegram: {said}")
        case NetworkError() if type(error.__cause__).__name__ in _NO_CONNECTION:
            return ChannelError("Telegram cannot be reached", lane=True)
        case NetworkError() if type(error.__cause__).__name__ in _NOT_SENT:
            return ChannelError("there was no free connection to Telegram")
    return ChannelError(_UNCLEAR, sent=None)
