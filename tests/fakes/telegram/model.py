"""The plain things of the fake: people, messages, files, calls and refusals, and their form in the Bot API's JSON."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fakes.telegram.parse import Entity

if TYPE_CHECKING:
    from fakes.telegram.chats import Chat
    from fakes.telegram.server import FakeTelegram

Json = dict[str, Any]

GROUP_ANONYMOUS_BOT: Json = {
    "id": 1087968824,
    "is_bot": True,
    "first_name": "Group",
    "username": "GroupAnonymousBot",
}


class Refusal(Exception):
    """An error that the Bot API answers."""

    def __init__(self, status: int, description: str, **parameters: Any) -> None:
        super().__init__(description)
        self.status, self.description, self.parameters = status, description, parameters

    def body(self) -> Json:
        body = {"ok": False, "error_code": self.status, "description": self.description}
        return {**body, "parameters": self.parameters} if self.parameters else body


def bad(description: str, **parameters: Any) -> Refusal:
    return Refusal(400, f"Bad Request: {description}", **parameters)


@dataclass(frozen=True)
class Upload:
    """A file as it came or is kept."""

    name: str
    data: bytes = field(repr=False)
    type: str = "application/octet-stream"


@dataclass(frozen=True)
class Call:
    """A call of the bot and what it was answered; `status` 0 stands for a connection that was cut."""

    method: str
    parameters: Mapping[str, Any]
    at: float
    status: int
    answer: Any

    @property
    def ok(self) -> bool:
        return self.status == 200


@dataclass(frozen=True)
class Person:
    """Somebody with Telegram in hand."""

    id: int
    first_name: str
    username: str
    language: str
    api: "FakeTelegram" = field(repr=False, compare=False)

    def json(self) -> Json:
        facts: Json = {"id": self.id, "is_bot": False, "first_name": self.first_name}
        if self.username:
            facts["username"] = self.username
        return {**facts, "language_code": self.language} if self.language else facts

    def inline(self, query: str, offset: str = "", timeout: float = 10) -> "InlineAnswer":
        """Type `@bot query` somewhere and wait for the bot's results."""
        return self.api.inline(self, query, offset, timeout)


class InlineAnswer(list[Json]):
    """The results of an inline query as the bot gave them; an article's parsed text is under "parsed"."""

    next_offset: str = ""
    cache_time: int = 300
    is_personal: bool = False
    button: Json | None = None


@dataclass
class Message:
    """A message as it stands now. `html` is the text as the bot sent it, `edits` are the texts that it had before."""

    id: int
    chat: "Chat" = field(repr=False)
    at: float
    text: str = ""
    html: str = ""
    entities: list[Entity] = field(default_factory=list)
    sender: Json | None = None
    sender_chat: Json | None = None
    by_bot: bool = False
    thread: int | None = None
    in_topic: bool = False
    reply_to: "Message | None" = None
    markup: Json | None = None
    silent: bool = False
    document: Upload | None = None
    media: Json = field(default_factory=dict)  # the fields of the JSON for a file, photo, location or service message
    rich: Json | None = None
    preview: Json = field(default_factory=dict)
    edits: list[str] = field(default_factory=list)
    edited_at: float | None = None
    deleted: bool = False

    @property
    def is_text(self) -> bool:
        return not self.media and self.rich is None

    @property
    def buttons(self) -> list[list[tuple[str, str]]]:
        """Rows of labels with what each sends, or the address that it opens."""
        rows = (self.markup or {}).get("inline_keyboard", [])
        return [[(one["text"], one.get("callback_data", one.get("url", ""))) for one in row] for row in rows]

    @property
    def labels(self) -> list[str]:
        return [label for row in self.buttons for label, _ in row]

    def json(self, *, with_reply: bool = True) -> Json:
        facts: Json = {"message_id": self.id, "date": int(self.at), "chat": self.chat.json()}
        optional = {
            "from": self.sender,
            "sender_chat": self.sender_chat,
            "message_thread_id": self.thread,
            "is_topic_message": self.in_topic or None,
            "edit_date": int(self.edited_at) if self.edited_at else None,
            "reply_to_message": self.reply_to.json(with_reply=False) if self.reply_to and with_reply else None,
            "text": self.text if self.is_text else None,
            "entities": self.entities or None if self.is_text else None,
            "caption": self.text or None if not self.is_text and self.rich is None else None,
            "caption_entities": self.entities or None if not self.is_text and self.rich is None else None,
            "rich_message": self.rich,
            "link_preview_options": self.preview or None,
            "reply_markup": self.markup if self.markup and "inline_keyboard" in self.markup else None,
        }
        return {**facts, **{name: value for name, value in optional.items() if value is not None}, **self.media}


class Params:
    """The parameters of a call, whichever way they came: typed, as text, or as JSON inside text."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values = values

    def __contains__(self, name: str) -> bool:
        return self.values.get(name) not in (None, "")

    def text(self, name: str, default: str = "") -> str:
        value = self.values.get(name)
        if isinstance(value, Upload):
            return value.data.decode("utf-8", "replace")
        if value is None:
            return default
        return value if isinstance(value, str) else json.dumps(value)

    def number(self, name: str, default: int = 0) -> int:
        try:
            return int(self.values.get(name) or default)
        except (TypeError, ValueError):
            return default

    def flag(self, name: str) -> bool:
        return str(self.values.get(name, "")).lower() in ("true", "yes", "1")

    def json(self, name: str, what: str) -> Any:
        """A structure; None if it is not there. `what` is how a refusal calls it."""
        value = self.values.get(name)
        if value in (None, "") or not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise bad(f"can't parse {what} JSON object") from None

    def upload(self, name: str) -> Upload | str:
        """A file that came along, or the text in its stead."""
        value = self.values.get(name, "")
        if isinstance(value, bytes):
            return Upload(name, value)
        if isinstance(value, str) and value.startswith("attach://"):
            value = self.values.get(value.removeprefix("attach://"), "")
        return value if isinstance(value, Upload) else str(value)
