"""The pages for a person with a browser: the list of chats, and each chat as a phone shows it, to write and tap in."""

from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from fakes.telegram.chats import Chat
from fakes.telegram.model import Message, Person, Upload
from fakes.telegram.parse import Entity

if TYPE_CHECKING:
    from fakes.telegram.server import FakeTelegram

Page = tuple[int, dict[str, str], str]

_TAGS = {
    "bold": "b", "italic": "i", "underline": "u", "strikethrough": "s", "code": "code", "pre": "pre",
    "spoiler": "span class=spoiler",
}  # fmt: skip
_FRAME = (Path(__file__).parent / "frame.html").read_text(encoding="utf-8")
_CLIP, _PAPER, _PIN = (
    f'<svg viewBox="0 0 24 24"><path d="{path}"/></svg>'
    for path in (
        "M19 11l-7.5 7.5a4.6 4.6 0 0 1-6.5-6.5L13 4a3 3 0 0 1 4.3 4.3L9.5 16a1.4 1.4 0 0 1-2-2L14 7.5",
        "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
        "M12 21c-4-5-6-8-6-11a6 6 0 0 1 12 0c0 3-2 6-6 11zM12 8v4M10 10h4",
    )
)
_COLOURS = ("#3390ec", "#e17076", "#7bc862", "#a695e7", "#ee7aae", "#6ec9cb", "#faa774")


def serve(api: "FakeTelegram", path: str, values: dict[str, Any]) -> Page:
    """The answer to a path; doing something leads back to the chat."""
    parts = path.strip("/").split("/")
    if parts == [""]:
        return 200, {}, _list(api)
    if parts[0] != "chat" or not parts[1:] or not parts[1].lstrip("-").isdecimal():
        return 404, {}, "not found"
    chat = api.chats.get(int(parts[1]))
    if not chat:
        return 404, {}, "not found"
    who = _who(api, chat, values)
    if parts[2:]:
        error = _act(chat, who, parts[2], values)
        address = f"/chat/{chat.id}?person={who.id}&topic={values.get('topic', '')}"
        return (400, {}, escape(error)) if error else (303, {"Location": address}, "")
    with api.changed:
        return 200, {}, _chat(api, chat, who, str(values.get("topic", "")), int(values.get("last", 0)))


def _who(api: "FakeTelegram", chat: Chat, values: dict[str, Any]) -> Person:
    asked = str(values.get("person", ""))
    return api.people.get(int(asked) if asked.isdecimal() else 0) or chat.person or next(iter(api.people.values()))


def _act(chat: Chat, who: Person, act: str, values: dict[str, Any]) -> str:
    topic = str(values.get("topic", ""))
    thread = int(topic) if topic.isdecimal() and int(topic) in chat.topics else None
    upload = values.get("file")
    match act:
        case "say" if isinstance(upload, Upload) and upload.name:
            chat.send_file(who, upload.name, upload.data, str(values.get("text", "")), thread=thread)
        case "say" if values.get("text"):
            chat.say(who, str(values["text"]), thread=thread)
        case "press":
            chat.press(who, str(values.get("label", "")))
        case "tap":
            message = chat.find(int(values.get("message", 0)))
            if not message:
                return "this message is gone"
            chat.tap_data(who, message, str(values.get("data", "")))
        case "block":
            chat.unblock(who) if chat.state == "blocked" else chat.block(who)
    return ""


def _list(api: "FakeTelegram") -> str:
    rows = []
    for chat in api.chats.values():
        last = next((one for one in reversed(chat.history) if not one.deleted), None)
        said = escape(_summary(last)) if last else ""
        rows.append(
            f'<a class=row href="/chat/{chat.id}">{_avatar(chat)}<div><b>{escape(_title(chat))}</b>'
            f"<small>{_kind(chat)}</small><p>{said}</p></div></a>"
        )
    return _page("Chats", f"<header><h1>{escape(api.me['first_name'])}</h1></header><nav>{''.join(rows)}</nav>", 3)


def _chat(api: "FakeTelegram", chat: Chat, who: Person, topic: str, last: int) -> str:
    """The chat, or only the last messages of it."""
    shown = [one for one in chat.history if not one.deleted and _in_topic(one, topic)][-last:]
    bubbles = []
    for before, one in pairwise([None, *shown]):
        assert one
        if (
            not topic
            and one.thread in chat.topics
            and not _service(one)
            and (not before or before.thread != one.thread)
        ):
            bubbles.append(f"<div class=service><span># {escape(chat.topics[one.thread].name)}</span></div>")
        bubbles.append(_bubble(api, chat, one, who, topic))
    head = (
        f'<header><a class=back href="/">‹</a>{_avatar(chat)}<div><h1>{escape(_title(chat))}</h1>'
        f"<small>{_kind(chat)}</small></div></header>"
    )
    return _page(
        _title(chat), f"{head}{_tabs(chat, who, topic)}<main>{''.join(bubbles)}</main>{_form(api, chat, who, topic)}", 2
    )


def _in_topic(message: Message, topic: str) -> bool:
    return not topic or str(message.thread or "general") == topic


def _tabs(chat: Chat, who: Person, topic: str) -> str:
    if not chat.topics:
        return ""
    tabs = {"": "All", "general": "General", **{str(one.thread): one.name for one in chat.topics.values()}}
    links = [
        f'<a class="{"on" if key == topic else ""}" href="?person={who.id}&topic={key}">{escape(name)}</a>'
        for key, name in tabs.items()
    ]
    return f"<div class=tabs>{''.join(links)}</div>"


def _bubble(api: "FakeTelegram", chat: Chat, message: Message, who: Person, topic: str) -> str:
    service = _service(message)
    if service:
        return f"<div class=service><span>{escape(service)}</span></div>"
    mine = message.sender is not None and message.sender["id"] == who.id
    by = message.sender_chat or message.sender or {}
    author = "" if mine or chat.private else by.get("title") or by.get("first_name", "")
    head = f"<div class=author>{escape(author)}</div>" if author else ""
    quoted = message.reply_to
    reply = ""
    if quoted and "forum_topic_created" not in quoted.media:
        reply = f"<div class=reply>{escape(_summary(quoted))}</div>"
    minute = _minute(message)
    edited = "edited " if message.edited_at else ""
    file = _file(message)
    text = f"{render(message.text, message.entities)}<time>{edited}{minute}</time>"
    body = f"{head}{reply}{file}<div class=text>{text}</div>"
    return (
        f'<div class="line {"mine" if mine else "theirs"}"><div class=stack><div class=bubble>{body}</div>'
        f"{_buttons(chat, message, who, topic)}</div></div>"
    )


def _minute(message: Message) -> str:
    seconds = int(message.at) % 86_400
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _file(message: Message) -> str:
    if message.document:
        size = len(message.document.data)
        return (
            f"<div class=file>{_PAPER}<div><b>{escape(message.document.name)}</b><br>"
            f"<small>{size:,} bytes</small></div></div>"
        )
    if "location" in message.media:
        place = message.media["location"]
        return f"<div class=file>{_PIN}<div>{place['latitude']}, {place['longitude']}</div></div>"
    return ""


def _buttons(chat: Chat, message: Message, who: Person, topic: str) -> str:
    rows = []
    for row in (message.markup or {}).get("inline_keyboard", []):
        cells = [_button(chat, message, who, topic, one) for one in row]
        rows.append(f"<div class=keys>{''.join(cells)}</div>")
    return "".join(rows)


def _button(chat: Chat, message: Message, who: Person, topic: str, button: dict[str, Any]) -> str:
    label = escape(button["text"])
    if "url" in button:
        return f'<a class=key href="{escape(button["url"])}" target=_blank>{label}<sup>↗</sup></a>'
    if "callback_data" not in button:
        return f"<span class=key>{label}</span>"
    hidden = {"message": message.id, "data": button["callback_data"], "person": who.id, "topic": topic}
    return f'<form method=post action="/chat/{chat.id}/tap">{_hidden(hidden)}<button class=key>{label}</button></form>'


def _hidden(values: dict[str, Any]) -> str:
    return "".join(f'<input type=hidden name={key} value="{escape(str(value))}">' for key, value in values.items())


def _form(api: "FakeTelegram", chat: Chat, who: Person, topic: str) -> str:
    last = next((one for one in reversed(list(api.taps.values())) if one.chat is chat and one.answers), None)
    told = str(last.answers[-1].get("text", "")) if last else ""
    toast = f"<div class=toast>{escape(told)}</div>" if told else ""
    people = [api.people[id] for id in chat.members if id in api.people]
    options = "".join(
        f"<option value={one.id}{' selected' if one is who else ''}>{escape(one.first_name)}</option>" for one in people
    )
    keys = "".join(
        f'<form method=post action="/chat/{chat.id}/press">{_hidden({"label": key, "person": who.id, "topic": topic})}'
        f"<button class=key>{escape(key)}</button></form>"
        for row in chat.keyboard
        for key in row
    )
    block = "Unblock the bot" if chat.state == "blocked" else "Block the bot"
    blocking = f'<button class=plain formaction="/chat/{chat.id}/block">{block}</button>' if chat.private else ""
    return (
        f'<footer>{toast}<form method=post enctype="multipart/form-data" action="/chat/{chat.id}/say">'
        f"{_hidden({'topic': topic})}<div class=write>"
        f"<label class=clip title=File>{_CLIP}<input type=file name=file></label>"
        f"<input name=text placeholder=Message autocomplete=off autofocus><button class=send>➤</button></div>"
        f"<div class=as>as <select name=person>{options}</select>{blocking}</div></form>"
        f"{f'<div class=keys>{keys}</div>' if keys else ''}</footer>"
    )


def render(text: str, entities: list[Entity]) -> str:
    """The text with its entities as HTML, cut where any of them begins or ends."""
    units = text.encode("utf-16-le")
    cuts = {0, len(units) // 2}
    for one in entities:
        cuts |= {one["offset"], one["offset"] + one["length"]}
    pieces, blocks = [], [one for one in entities if "blockquote" in one["type"]]
    for start, end in pairwise(sorted(cuts)):
        piece = escape(units[2 * start : 2 * end].decode("utf-16-le", "replace"))
        for one in entities:
            if one["offset"] <= start and end <= one["offset"] + one["length"] and one not in blocks:
                piece = _wrapped(piece, one)
        for one in blocks:
            if one["offset"] == start:
                more = " class=expandable tabindex=0" if one["type"] == "expandable_blockquote" else ""
                piece = f"<blockquote{more}>{piece}"
            if one["offset"] + one["length"] == end:
                piece += "</blockquote>"
        pieces.append(piece)
    return "".join(pieces).replace("</blockquote>\n", "</blockquote>").replace("</pre>\n", "</pre>")


def _wrapped(piece: str, entity: Entity) -> str:
    kind = entity["type"]
    if kind == "text_link":
        return f'<a href="{escape(entity["url"])}" target=_blank>{piece}</a>'
    if kind in _TAGS:
        return f"<{_TAGS[kind]}>{piece}</{_TAGS[kind].split()[0]}>"
    return f"<a>{piece}</a>" if kind not in ("custom_emoji", "date_time") else piece


def _service(message: Message) -> str:
    media = message.media
    if "forum_topic_created" in media:
        return f"Topic “{media['forum_topic_created']['name']}” was created"
    if "new_chat_members" in media:
        return "The bot joined the group"
    return "The group became a supergroup" if any("migrate" in name for name in media) else ""


def _summary(message: Message) -> str:
    return (_service(message) or message.text or "File").replace("\n", " ")[:80]


def _title(chat: Chat) -> str:
    return chat.title or chat.api.me["first_name"]


def _kind(chat: Chat) -> str:
    people = sum(one.status in ("creator", "administrator", "member") for one in chat.members.values())
    kind = f"bot, on the phone of {chat.person.first_name}" if chat.person else f"{chat.kind}, {people} members"
    return kind if chat.state == "ok" else f"{kind} ({chat.state.replace('_', ' ')})"


def _avatar(chat: Chat) -> str:
    return (
        f'<span class=avatar style="background:{_COLOURS[chat.id % len(_COLOURS)]}">{escape(_title(chat)[:1])}</span>'
    )


def _page(title: str, body: str, seconds: int) -> str:
    return _FRAME.replace("TITLE", escape(title)).replace("SECONDS", str(seconds * 1000)).replace("BODY", body)
