"""A person and the bot without a network: what is said goes to `respond`, and each answer through a fake Bot API that
refuses what Telegram would refuse."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from typing import Any

from fakes.telegram import FakeTelegram
from fakes.telegram.server import TOKEN
from farside.world import NOON

from bot.channels.screen import Rows, Screen
from bot.channels.telegram import keyboard
from bot.chat.heard import Asked, File, Heard, Place, Said, Tapped, Who
from bot.chat.limits import Limits
from bot.chat.respond import respond
from bot.chat.said import Attach, Results, Show, Tell, Toast
from bot.chat.talk import Desk
from bot.config import Settings
from bot.sections import Telegram
from bot.store.engine import Engine
from scrapers.request import Request, Response

_NUMBERS = count(1)
ADA, PRIVATE = Who(1001, "Ada", "en"), Place(1001)


@dataclass
class Shown:
    """A message of the bot as Telegram took it: its text, the entities in it, and its buttons."""

    text: str
    entities: list[dict[str, Any]]
    rows: Rows

    def data(self, label: str) -> str:
        """What the button with this label sends."""
        (found,) = [one.data for row in self.rows for one in row if label in one.text]
        return found

    def marked(self) -> list[tuple[str, str]]:
        """Each entity with the text that it marks (offsets are in UTF-16)."""
        raw = self.text.encode("utf-16-le")
        return [
            (one["type"], raw[2 * one["offset"] : 2 * (one["offset"] + one["length"])].decode("utf-16-le"))
            for one in self.entities
        ]


@dataclass
class Talking:
    """The bot on a database, and the person `who` with it in `place`."""

    engine: Engine
    now: datetime = NOON
    place: Place = PRIVATE
    who: Who | None = ADA
    telegram: Telegram = field(default_factory=lambda: Telegram(commands=10_000, group_commands=10_000))
    email: dict[str, str] = field(default_factory=dict)
    admins: set[tuple[int, int]] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)
    pages: dict[str, bytes] = field(default_factory=dict)
    toasts: list[str] = field(default_factory=list)
    attached: list[Attach] = field(default_factory=list)
    told: list[Tell] = field(default_factory=list)
    results: list[Results] = field(default_factory=list)
    shown: list[Shown] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.api = FakeTelegram(listen=False)
        self.chat = self.api.private(self.api.user(id=1001))
        given: dict[str, Any] = {"sources": {"hf": {"scraper": "huggingface"}}, "email": self.email}
        settings = Settings(telegram=self.telegram, **given)
        self.desk = Desk(self.engine, settings, self, self.fetch, "invented_bot")
        self.limits = Limits.of(self.telegram)

    async def is_admin(self, chat: int, who: int) -> bool:
        return (chat, who) in self.admins

    async def find(self, name: str) -> Place:
        return Place(-1007, "channel", 0, name)

    async def download(self, file: File) -> bytes:
        return self.files[file.id]

    async def fetch(self, request: Request) -> Response:
        body = self.pages.get(request.url)
        return Response(request, request.url, 200 if body is not None else 404, body or b"")

    async def hear(self, heard: Heard) -> list[Shown]:
        """What is shown for it; other answers are kept aside."""
        shown = []
        async for reply in respond(self.desk, self.limits, heard, self.now):
            match reply:
                case Show():
                    shown.append(self.take(reply.screen))
                case Toast():
                    self.toasts.append(reply.text)
                case Attach():
                    self.attached.append(reply)
                case Tell():
                    self.told.append(reply)
                case Results():
                    self.results.append(reply)
        self.shown += shown
        return shown

    def take(self, screen: Screen) -> Shown:
        """Hand a screen to the Bot API, which must take it."""
        markup = keyboard(screen.rows)
        values = {"chat_id": self.chat.id, "text": screen.html, "parse_mode": "HTML"}
        if markup:
            values["reply_markup"] = json.dumps(markup.to_dict())
        status, body = self.api.call(TOKEN, "sendMessage", values)
        assert status == 200, (body, screen.html)
        return Shown(body["result"]["text"], body["result"].get("entities", []), screen.rows)

    async def say(self, text: str, **more: Any) -> Shown:
        """Write something; the last message that comes."""
        return (await self.hear(Said(self.place, self.who, next(_NUMBERS), text, **more)))[-1]

    async def tap(self, data: str) -> list[Shown]:
        """Press a button that sends this."""
        assert self.who
        return await self.hear(Tapped(self.place, self.who, 1, "q", data))

    async def ask(self, query: str, offset: str = "") -> Results:
        """Write `@bot query`."""
        assert self.who
        await self.hear(Asked(self.who, "i", query, offset))
        return self.results[-1]
