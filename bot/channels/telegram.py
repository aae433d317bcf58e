"""Telegram: messages to private chats, groups, topics and channels, through the Bot API.

See https://core.telegram.org/bots/api. Addresses are the number of a chat, or @name of a channel, and after a stroke
the number of a topic: `telegram:123456`, `telegram:-1001234567890/42`, `telegram:@papers`.
"""

import os
import re
from datetime import timedelta
from functools import cached_property

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
from telegram.request import HTTPXRequest

from bot.channels.outgoing import ChannelError, Outgoing
from bot.channels.screen import Rows, Screen
from bot.channels.telegram_text import PAPERS, message

os.environ.setdefault("PTB_TIMEDELTA", "true")  # the library's future form of waiting times; without it, it warns
_ADDRESS = re.compile(r"(-?[0-9]{1,20}|@[A-Za-z][A-Za-z0-9_]{3,31})(?:/([0-9]{1,10}))?")
# One message a second to a person, 20 a minute to a group or channel: https://core.telegram.org/bots/faq
_GAP_PRIVATE, _GAP_MANY = 1.0, 3.0
_GENERAL = 1  # the topic that must not be named: https://github.com/tdlib/telegram-bot-api/issues/798
# The request did not leave this machine: only then an attempt may be repeated without a doubt.
_NOT_SENT = frozenset({"ConnectError", "ConnectTimeout", "PoolTimeout"})
_GONE = ("chat not found", "user not found", "group chat was deleted", "not enough rights", "chat_write_forbidden")
_TOPIC = ("message thread not found", "topic_closed", "topic_deleted")
_OPERATOR_WAITS = 3_600.0  # seconds until a wrong token is tried again


class TelegramChannel:
    """Sends messages as the bot of that token. `base_url` is the Bot API server; `timeout` seconds for an answer."""

    papers_at_most, alerts_at_most = PAPERS, 1

    def __init__(self, token: str, base_url: str, timeout: float) -> None:
        self._token, self._base_url, self._timeout = token, base_url, timeout

    @cached_property
    def _request(self) -> HTTPXRequest:
        most = self._timeout
        return HTTPXRequest(connect_timeout=most, read_timeout=most, write_timeout=most, pool_timeout=most)

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

    def gap(self, address: str) -> float:
        return _GAP_PRIVATE if address[0].isdecimal() else _GAP_MANY

    def render(self, outgoing: Outgoing) -> Screen:
        return message(outgoing)

    async def send(self, address: str, rendered: Screen) -> str | None:
        found = _ADDRESS.fullmatch(address)
        if not found:
            raise ChannelError("the address is no Telegram chat", rejected=True)
        topic = int(found[2]) if found[2] else None
        try:
            sent = await self._bot.send_message(
                chat_id=found[1],
                text=rendered.html,
                parse_mode=ParseMode.HTML,
                message_thread_id=None if topic == _GENERAL else topic,
                reply_markup=keyboard(rendered.rows),
                disable_notification=rendered.silent or None,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        except TelegramError as error:
            raise _failure(error) from None
        return str(sent.message_id)

    async def close(self) -> None:
        await self._request.shutdown()


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


def _failure(error: TelegramError) -> ChannelError:
    """What became of the message, by the Bot API's answer. Its text may be shown; the library's may hold the token."""
    said = error.message.lower()
    match error:
        case RetryAfter():
            return ChannelError("Telegram asks to wait", wait=seconds(error))
        case InvalidToken() | Conflict():
            return ChannelError("Telegram refuses the bot's token; correct telegram.token", wait=_OPERATOR_WAITS)
        case Forbidden():
            return ChannelError(f"Telegram: {error.message}", gone=True)
        case ChatMigrated():
            return ChannelError(
                f"the group is {error.new_chat_id} now; subscribe telegram:{error.new_chat_id}", gone=True
            )
        case BadRequest() if any(sign in said for sign in _GONE):
            return ChannelError(f"Telegram: {said}", gone=True)
        case BadRequest() if any(sign in said for sign in _TOPIC):
            return ChannelError(f"Telegram: {said}; the topic is closed or deleted", gone=True)
        case BadRequest():
            return ChannelError(f"Telegram: {said}", rejected=True)
        case NetworkError() if type(error.__cause__).__name__ in _NOT_SENT:
            return ChannelError("Telegram cannot be reached")
    return ChannelError("Telegram did not answer properly; nobody knows whether it got the message", sent=None)
