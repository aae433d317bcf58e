"""The methods of the Bot API that send, change and delete messages, and answer people: what they check, and in what
words they refuse. The words are those of telegram-bot-api/Client.cpp (https://github.com/tdlib/telegram-bot-api)."""

import re
from typing import TYPE_CHECKING, Any

from fakes.telegram.chats import Chat
from fakes.telegram.entities import clean, finish
from fakes.telegram.markup import keyboard_of, reply_markup
from fakes.telegram.model import InlineAnswer, Json, Message, Params, bad
from fakes.telegram.parse import Entity, ParseError, parse_html, utf16

if TYPE_CHECKING:
    from fakes.telegram.server import FakeTelegram

_RAW, _TEXT, _CAPTION, _RICH = 32_768, 4_096, 1_024, 32_768
_CALLBACK_LIVES, _INLINE_LIVES, _DELETABLE = 900, 30, 172_800
_TOO_OLD = "query is too old and response timeout expired or query ID is invalid"
_UNCHANGED = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content"
    " and reply markup of the message"
)
_ACTIONS = (
    "typing upload_photo record_video upload_video record_voice upload_voice upload_document choose_sticker"
    " find_location record_video_note upload_video_note"
).split()


def formatted(params: Params, name: str, entities: str = "entities") -> tuple[str, list[Entity]]:
    """A text parameter as it will be shown, with its entities; it may be empty."""
    raw = params.text(name)
    if len(raw.encode("utf-8", "surrogatepass")) > _RAW:
        raise bad("text is too long")
    mode, given = params.text("parse_mode"), params.json(entities, "entities")
    if not mode or mode.lower() == "none":
        return finish(clean(raw), [_checked(one, raw) for one in given or []])
    if mode.lower() != "html":
        raise bad("unsupported parse_mode")
    try:
        return finish(*parse_html(clean(raw)))
    except ParseError as error:
        raise bad(f"can't parse entities: {error}") from None


def _checked(entity: Any, text: str) -> Entity:
    if not isinstance(entity, dict) or not {"type", "offset", "length"} <= set(entity):
        raise bad("can't parse MessageEntity: expected an Object with type, offset and length")
    if entity["offset"] < 0 or entity["length"] < 0 or entity["offset"] + entity["length"] > utf16(text):
        raise bad(f"entity beginning at UTF-16 offset {entity['offset']} ends after the end of the text")
    return entity


def message_text(params: Params, name: str = "text") -> tuple[str, list[Entity]]:
    """The text of a message: neither empty nor too long."""
    text, entities = formatted(params, name)
    if not text:
        raise bad("message text is empty")
    if len(text) > _TEXT:
        raise bad("message is too long")
    return text, entities


def caption(params: Params) -> tuple[str, list[Entity]]:
    text, entities = formatted(params, "caption", "caption_entities")
    if len(text) > _CAPTION:
        raise bad("message caption is too long")
    return text, entities


def send_message(api: "FakeTelegram", params: Params) -> Json:
    text, entities = message_text(params)
    preview = params.json("link_preview_options", "link preview options") or {}
    return _send(api, params, text=text, entities=entities, html=params.text("text"), preview=preview)


def send_rich_message(api: "FakeTelegram", params: Params) -> Json:
    """Kept as it came: what it looks like in the end is not modelled."""
    rich = params.json("rich_message", "rich message")
    if not isinstance(rich, dict) or sum(name in rich for name in ("html", "markdown", "blocks")) != 1:
        raise bad("rich message must have exactly one of html, markdown and blocks")
    html = str(rich.get("html") or rich.get("markdown") or "")
    if len(html) > _RICH:
        raise bad("rich message is too long")
    return _send(api, params, rich=rich, text=re.sub(r"<[^>]*>", "", html), html=html)


def send_document(api: "FakeTelegram", params: Params) -> Json:
    return _send_file(api, params, "document")


def send_photo(api: "FakeTelegram", params: Params) -> Json:
    return _send_file(api, params, "photo")


def _send_file(api: "FakeTelegram", params: Params, kind: str) -> Json:
    upload = params.upload(kind)
    if not upload:
        raise bad(f"there is no {kind} in the request")
    if isinstance(upload, str):
        upload = api.files.by_id(upload)
    if not upload.data:
        raise bad("file must be non-empty")
    text, entities = caption(params)
    facts = api.files.keep(upload)
    if kind == "photo":
        sizes = [{name: value for name, value in facts.items() if name != "file_name"} | {"width": 800, "height": 600}]
        return _send(api, params, text=text, entities=entities, html=params.text("caption"), document=upload,
                     media={"photo": sizes})  # fmt: skip
    return _send(api, params, text=text, entities=entities, html=params.text("caption"), document=upload,
                 media={"document": facts})  # fmt: skip


def _send(api: "FakeTelegram", params: Params, **facts: Any) -> Json:
    markup = reply_markup(params)
    chat = api.chat_for(params, to_write=True)
    if markup and chat.kind == "channel" and "inline_keyboard" not in markup:
        raise bad("inline keyboard expected")
    thread = _thread(chat, params)
    reply_to = _reply(chat, params)
    api.admit(chat)
    author = {"sender_chat": chat.json()} if chat.kind == "channel" else {"sender": api.me}
    message = chat.add(
        **facts, **author, by_bot=True, markup=markup, thread=thread, in_topic=thread in chat.topics,
        reply_to=reply_to, silent=params.flag("disable_notification"),
    )  # fmt: skip
    if markup and "inline_keyboard" not in markup:
        chat.keyboard = keyboard_of(markup, chat.keyboard)
    api.sent(message)
    return message.json()


def _thread(chat: Chat, params: Params) -> int | None:
    thread = params.number("message_thread_id")
    if not thread:
        return None
    topic = chat.topics.get(thread)
    in_discussion = chat.kind == "supergroup" and not chat.is_forum and chat.find(thread)
    if not in_discussion and (not topic or topic.deleted):
        raise bad("message thread not found")
    if topic and topic.closed and chat.bot.status != "administrator":
        raise bad("TOPIC_CLOSED")
    return thread


def _reply(chat: Chat, params: Params) -> Message | None:
    asked = params.json("reply_parameters", "reply parameters") or {}
    number = int(asked.get("message_id", 0)) or params.number("reply_to_message_id")
    lenient = asked.get("allow_sending_without_reply") or params.flag("allow_sending_without_reply")
    found = chat.find(number) if number else None
    if number and not found and not lenient:
        raise bad("message to be replied not found")
    return found


def edit_message_text(api: "FakeTelegram", params: Params) -> Json:
    text, entities = message_text(params)
    return _edit(api, params, "text", text=text, entities=entities, html=params.text("text"))


def edit_message_caption(api: "FakeTelegram", params: Params) -> Json:
    text, entities = caption(params)
    return _edit(api, params, "caption", text=text, entities=entities, html=params.text("caption"))


def edit_message_reply_markup(api: "FakeTelegram", params: Params) -> Json:
    return _edit(api, params, "")


def _edit(api: "FakeTelegram", params: Params, what: str, **facts: Any) -> Json:
    markup = reply_markup(params)
    message = _own(api, params, "edit")
    if what and message.is_text != (what == "text"):
        raise bad(f"there is no {what} in the message to edit")
    before = (message.text, message.entities, message.markup)
    if (facts.get("text", message.text), facts.get("entities", message.entities), markup) == before:
        raise bad(_UNCHANGED)
    if what:
        message.edits.append(message.text)
    for name, value in facts.items():
        setattr(message, name, value)
    message.markup, message.edited_at = markup, api.clock()
    message.chat.show(message)
    return message.json()


def _own(api: "FakeTelegram", params: Params, verb: str) -> Message:
    chat = api.chat_for(params, to_write=True)
    message = chat.find(params.number("message_id"))
    if not message:
        raise bad(f"message to {verb} not found")
    if not message.by_bot:
        raise bad(f"message can't be {verb}ed")
    return message


def delete_message(api: "FakeTelegram", params: Params) -> bool:
    chat = api.chat_for(params)
    message = chat.find(params.number("message_id"))
    if not message:
        raise bad("message to delete not found")
    others = not message.by_bot and not chat.private and chat.bot.status != "administrator"
    if others or api.clock() - message.at > _DELETABLE:
        raise bad("message can't be deleted for everyone")
    message.deleted = True
    api.changed.notify_all()
    return True


def send_chat_action(api: "FakeTelegram", params: Params) -> bool:
    if params.text("action").lower() not in _ACTIONS:
        raise bad("wrong parameter action in request")
    api.chat_for(params, to_write=True).actions.append(params.text("action"))
    return True


def answer_callback_query(api: "FakeTelegram", params: Params) -> bool:
    tap = api.taps.get(params.text("callback_query_id"))
    if not tap or api.clock() - tap.at > _CALLBACK_LIVES:
        raise bad(_TOO_OLD)
    if len(params.text("text")) > 200:
        raise bad("MESSAGE_TOO_LONG")
    if "url" in params and not params.text("url").startswith(("https://t.me/", "tg://")):
        raise bad("URL_INVALID")
    answer = {"text": params.text("text"), "show_alert": params.flag("show_alert"), "url": params.text("url")}
    tap.answers.append(answer)
    api.changed.notify_all()
    return True


def answer_inline_query(api: "FakeTelegram", params: Params) -> bool:
    id = params.text("inline_query_id")
    asked = api.inline_asked.get(id)
    if asked is None or api.clock() - asked > _INLINE_LIVES:
        raise bad(_TOO_OLD)
    results = params.json("results", "inline query results")
    if not isinstance(results, list):
        raise bad("results must be an Array")
    if len(results) > 50:
        raise bad("RESULTS_TOO_MUCH")
    answer = InlineAnswer(_result(one) for one in results)
    ids = [one["id"] for one in answer]
    if len(set(ids)) < len(ids):
        raise bad("RESULT_ID_DUPLICATE")
    if len(params.text("next_offset").encode()) > 64:
        raise bad("NEXT_OFFSET_INVALID")
    answer.next_offset, answer.is_personal = params.text("next_offset"), params.flag("is_personal")
    answer.cache_time = params.number("cache_time", 300) if params.text("cache_time") != "0" else 0
    answer.button = params.json("button", "button")
    api.inline_answers[id] = answer
    api.changed.notify_all()
    return True


def _result(result: Any) -> Json:
    if not isinstance(result, dict) or not result.get("type"):
        raise bad("can't parse inline query result: expected an Object with a type")
    id = str(result.get("id", ""))
    if not 1 <= len(id.encode()) <= 64:
        raise bad("RESULT_ID_INVALID")
    content = result.get("input_message_content")
    if result["type"] == "article" and not (content and result.get("title")):
        raise bad("can't parse inline query result: article must have a title and a content")
    markup = reply_markup(Params(result))
    parsed = {}
    if content and "message_text" in content:
        text, entities = message_text(Params(content), "message_text")
        parsed = {"parsed": {"text": text, "entities": entities, "html": content["message_text"]}}
    return {**result, "id": id, "reply_markup": markup, **parsed}


def get_file(api: "FakeTelegram", params: Params) -> Json:
    id = params.text("file_id")
    if len(api.files.by_id(id).data) > 20_000_000:
        raise bad("file is too big")
    return api.files.facts(id)


def leave_chat(api: "FakeTelegram", params: Params) -> bool:
    chat = api.chat_for(params, to_write=True)
    if chat.private:
        raise bad("chat member status can't be changed in private chats")
    chat.set_bot("left")
    return True
