"""How the bot says its replies to Telegram, shows that it is at work, and which commands its menu has.

See https://core.telegram.org/bots/api#available-methods.
"""

import asyncio
from contextlib import suppress

from telegram import (
    Bot,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    ForceReply,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
    KeyboardButton,
    LinkPreviewOptions,
    Message,
    ReplyKeyboardMarkup,
    ReplyKeyboardRemove,
    ReplyParameters,
)
from telegram.constants import ChatAction, ParseMode
from telegram.error import BadRequest, RetryAfter, TelegramError

from bot.channels.telegram import keyboard, seconds
from bot.chat.commands import COMMANDS, descriptions
from bot.chat.heard import Asked, Heard, Said, Standing, Tapped
from bot.chat.said import Attach, Reply, Results, Show, Tell, Toast
from bot.language import LANGUAGES, language

_SAY_TYPING = 0.7  # seconds until people see that something is being done
_PATIENCE = 10.0  # seconds that an answer waits where Telegram asks to; then it is not given
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)

Markup = InlineKeyboardMarkup | ReplyKeyboardMarkup | ReplyKeyboardRemove | ForceReply


async def introduce(bot: Bot) -> None:
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


async def show_typing(bot: Bot, said: Heard) -> None:
    """Show that something is being done, where it takes longer."""
    if isinstance(said, Said | Tapped):
        await asyncio.sleep(_SAY_TYPING)
        with suppress(TelegramError):
            await bot.send_chat_action(said.place.chat, ChatAction.TYPING, message_thread_id=said.place.topic or None)


async def say_patiently(bot: Bot, said: Heard, reply: Reply) -> None:
    """Say it, once more where Telegram asks to wait a little."""
    try:
        await say(bot, said, reply)
    except RetryAfter as error:
        wait = seconds(error)
        if wait > _PATIENCE:
            raise
        await asyncio.sleep(wait)
        await say(bot, said, reply)


async def say(bot: Bot, said: Heard, reply: Reply) -> None:
    """Say it where it was asked; what cannot be said there, nowhere."""
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
    return await bot.send_message(
        place.chat, shown.screen.html, parse_mode=ParseMode.HTML, message_thread_id=place.topic or None,
        reply_markup=_markup(said, shown), reply_parameters=answers, link_preview_options=_NO_PREVIEW,
    )  # fmt: skip


def _markup(said: Said | Tapped | Standing, shown: Show) -> Markup | None:
    """What stands below a message: its own buttons, or what takes the place of the keyboard on the screen."""
    if shown.ends_keyboard:
        return ReplyKeyboardRemove()
    if shown.wants_location:
        button = KeyboardButton(shown.wants_location, request_location=True)
        return ReplyKeyboardMarkup([[button]], one_time_keyboard=True, resize_keyboard=True)
    if shown.asks:
        return ForceReply(selective=isinstance(said, Said) and not said.place.is_private)
    return keyboard(shown.screen.rows)


def _articles(found: Results) -> list[InlineQueryResultArticle]:
    return [
        InlineQueryResultArticle(
            one.id, one.title, InputTextMessageContent(one.html, ParseMode.HTML, link_preview_options=_NO_PREVIEW),
            description=one.about,
        )
        for one in found.results
    ]  # fmt: skip
