"""Which methods of the Bot API there are."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from fakes.telegram import methods, settings, updates
from fakes.telegram.model import Params

if TYPE_CHECKING:
    from fakes.telegram.server import FakeTelegram

Method = Callable[["FakeTelegram", Params], Any]

METHODS: dict[str, Method] = {
    "getUpdates": updates.get_updates,
    "setWebhook": updates.set_webhook,
    "deleteWebhook": updates.delete_webhook,
    "getWebhookInfo": updates.get_webhook_info,
    "sendMessage": methods.send_message,
    "sendRichMessage": methods.send_rich_message,
    "sendDocument": methods.send_document,
    "sendPhoto": methods.send_photo,
    "sendChatAction": methods.send_chat_action,
    "editMessageText": methods.edit_message_text,
    "editMessageCaption": methods.edit_message_caption,
    "editMessageReplyMarkup": methods.edit_message_reply_markup,
    "deleteMessage": methods.delete_message,
    "answerCallbackQuery": methods.answer_callback_query,
    "answerInlineQuery": methods.answer_inline_query,
    "getFile": methods.get_file,
    "leaveChat": methods.leave_chat,
    "getMe": settings.get_me,
    "setMyCommands": settings.set_my_commands,
    "getMyCommands": settings.get_my_commands,
    "deleteMyCommands": settings.delete_my_commands,
    "setMyName": partial(settings.set_words, what="name"),
    "getMyName": partial(settings.get_words, what="name"),
    "setMyDescription": partial(settings.set_words, what="description"),
    "getMyDescription": partial(settings.get_words, what="description"),
    "setMyShortDescription": partial(settings.set_words, what="shortdescription"),
    "getMyShortDescription": partial(settings.get_words, what="shortdescription"),
    "getChat": settings.get_chat,
    "getChatMember": settings.get_chat_member,
    "getChatAdministrators": settings.get_chat_administrators,
    "getChatMemberCount": settings.get_chat_member_count,
    "logOut": settings.log_out,
    "close": settings.close,
}
BY_NAME = {name.lower(): (name, method) for name, method in METHODS.items()}
