"""From the Bot API's updates to what was heard; pure. See https://core.telegram.org/bots/api#update."""

from telegram import Chat, Document, Message, Update, User
from telegram.constants import ChatType, MessageEntityType

from bot.chat.heard import Asked, File, Heard, Moved, Place, Said, Standing, Tapped, Who

# Named in each poll: Telegram remembers the last ones asked for.
WANTED = ("message", "channel_post", "callback_query", "inline_query", "my_chat_member")
_GENERAL = 1  # the topic that is written without its number


def heard(update: Update) -> Heard | None:
    """What the update says; None for what is none of our business."""
    if update.callback_query:
        query = update.callback_query
        if query.message is None or query.data is None:
            return None
        shown = query.message if isinstance(query.message, Message) else None
        asked = shown.reply_to_message.from_user if shown and shown.reply_to_message else None
        return Tapped(
            _place(query.message.chat, shown), _who(query.from_user), query.message.message_id, query.id, query.data,
            asked.id if asked else 0,
        )  # fmt: skip
    if update.inline_query:
        inline = update.inline_query
        return Asked(_who(inline.from_user), inline.id, inline.query, inline.offset)
    if update.my_chat_member:
        member = update.my_chat_member
        statuses = member.new_chat_member.status, member.old_chat_member.status
        return Standing(_place(member.chat, None), _who(member.from_user), *statuses)
    message = update.message or update.channel_post
    return _message(message) if message else None


def _message(message: Message) -> Heard | None:
    if message.migrate_to_chat_id:
        return Moved(message.chat.id, message.migrate_to_chat_id)
    if message.migrate_from_chat_id:
        return Moved(message.migrate_from_chat_id, message.chat.id)
    is_chat = message.sender_chat is not None and message.sender_chat.id == message.chat.id
    if not is_chat and (message.sender_chat is not None or message.from_user is None or message.from_user.is_bot):
        return None
    return Said(
        place=_place(message.chat, message),
        who=None if is_chat or message.from_user is None else _who(message.from_user),
        message=message.message_id,
        text=message.text or message.caption or "",
        reply_to=_reply_to(message),
        file=_file(message.document),
        location=(message.location.latitude, message.location.longitude) if message.location else None,
        links=_links(message),
        is_other=not (message.text or message.document or message.location),
    )


def _place(chat: Chat, message: Message | None) -> Place:
    # A reply in an ordinary group has a thread, too: only a topic's messages say that they are one.
    topic = message.message_thread_id if message and message.is_topic_message else None
    kind = "private" if chat.type == ChatType.PRIVATE else str(chat.type)
    return Place(chat.id, kind, topic if topic and topic != _GENERAL else 0, chat.title or "")


def _who(user: User) -> Who:
    return Who(user.id, user.first_name, user.language_code or "")


def _reply_to(message: Message) -> int:
    """The number of the bot's message that it answers, else 0."""
    answered = message.reply_to_message
    is_ours = answered and (answered.from_user or answered.sender_chat) and _is_bots(answered)
    return answered.message_id if answered and is_ours else 0


def _is_bots(message: Message) -> bool:
    # In a channel the bot's messages are the channel's.
    if message.from_user is None:
        return message.sender_chat is not None and message.sender_chat.id == message.chat.id
    return message.from_user.id == message.get_bot().id


def _file(document: Document | None) -> File | None:
    return File(document.file_id, document.file_name or "", document.file_size or 0) if document else None


def _links(message: Message) -> tuple[str, ...]:
    entities = [*message.entities, *message.caption_entities]
    return tuple(one.url for one in entities if one.type == MessageEntityType.TEXT_LINK and one.url)
