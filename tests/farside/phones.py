"""People with phones, and the program that they talk to on a fake Telegram."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from fakes.telegram import Chat, FakeTelegram, Message, Person
from farside.program import Program

from bot.intake import take_in
from bot.store.engine import make_engine
from scrapers import saved

TOKEN = "123456789:AAF-invented-token-of-a-bot"
BOSS = 424242
DAY = date(2026, 11, 20)


def lines(*numbers: int, words: str = "kettles") -> str:
    """Papers as JSON lines."""
    return "\n".join(
        json.dumps({
            "title": f"Invented {words.title()} of Kind {n}",
            "identifiers": {"arxiv": f"2611.{n:05}"},
            "abstract": f"We invent {words} number {n}, heat water in them, and measure it.",
            "authors": ["Ada Tester", "Ben Checker"],
            "categories": ["cs.CL"],
            "published": "2026-11-20",
            "upvotes": n,
            "url": f"https://huggingface.co/papers/2611.{n:05}",
        })
        for n in numbers
    )  # fmt: skip


@dataclass
class Bot:
    """The program, running, with papers in its library, and the Telegram that it is on."""

    api: FakeTelegram
    program: Program

    def read(self, text: str, *, alert: bool = True) -> None:
        """A list comes into the library, as by `scrape` beside the program, but without a second process."""
        engine = make_engine(f"sqlite:///{self.program.home / 'data' / 'paperwatch' / 'paperwatch.db'}")
        now, page = datetime.now(UTC), saved.read(text.encode(), today=DAY)
        take_in(engine, "pasted", "pasted", page.listed, day=DAY, alert=alert, now=now)
        engine.dispose()

    def person(self, language: str = "en", **facts: object) -> "Phone":
        person = self.api.user(first_name="Ada", language=language, **facts)  # type: ignore[arg-type]
        return Phone(self.api.private(person), person)


@dataclass
class Phone:
    """A person in a chat (in a topic of it)."""

    chat: Chat
    person: Person
    thread: int | None = None

    def say(self, text: str, wanted: str = "", **how: object) -> Message:
        """Write; the answer that has the wanted words."""
        self.chat.say(self.person, text, thread=self.thread, **how)  # type: ignore[arg-type]
        return self.hear(wanted)

    def hear(self, wanted: str) -> Message:
        return self.chat.wait(lambda message: wanted in message.text)

    def tap(self, message: Message, label: str, wanted: str) -> Message:
        """Press a button; the message with the wanted words that comes, or that this one becomes."""
        self.chat.tap(self.person, message, label)
        return self.hear(wanted)

    def press(self, message: Message, label: str) -> str:
        """Press a button; the words that flash up."""
        return self.chat.tap(self.person, message, label).answer

    def subscribe(self, query: str, rhythm: str = "At once") -> None:
        preview = self.say(f"/sub {query}", "in the last 30 days")
        if f"● {rhythm}" not in preview.labels:
            self.tap(preview, rhythm, "in the last 30 days")
        self.tap(preview, "Save", "Subscribed.")


def started(api: FakeTelegram, home: Path, **settings: str) -> Program:
    """The program, running, as soon as it answers."""
    program = Program(home)
    program.env = {
        "PAPERWATCH_TELEGRAM__TOKEN": TOKEN,
        "PAPERWATCH_TELEGRAM__BASE_URL": api.url(),
        "PAPERWATCH_TELEGRAM__ADMINS": f"[{BOSS}]",
        "PAPERWATCH_SOURCES__HF__ENABLED": "false",
        "PAPERWATCH_NETWORK__ALLOW_PRIVATE": '["127.0.0.1"]',
        **settings,
    }
    return program
