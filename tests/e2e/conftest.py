"""The installed program in a subprocess, with a home of its own and fake sites on loopback."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from fakes.telegram import FakeTelegram
from farside.phones import TOKEN, Bot, lines, started
from farside.program import Program
from farside.site import Answer, Seen, Site


@pytest.fixture
def program(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Program]:
    """The program; of the kind that the module calls PROGRAM."""
    program: Program = getattr(request.module, "PROGRAM", Program)(tmp_path)
    yield program
    program.end()


@dataclass
class HuggingFace:
    """Hugging Face Papers on loopback: day lists by API, as they stand now."""

    site: Site
    days: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    broken: bool = False

    def __post_init__(self) -> None:
        self.site.route("/api/daily_papers", self.answer)

    def answer(self, seen: Seen) -> Answer:
        if self.broken:
            return 200, {"Content-Type": "text/html"}, b"<html><body>We are fixing things</body></html>"
        query = parse_qs(urlsplit(seen.path).query)
        day, page = query["date"][0], int(query.get("p", ["0"])[0])
        items = self.days.get(day, []) if page == 0 else []
        return 200, {"Content-Type": "application/json"}, json.dumps(items).encode()

    def add(self, number: int, title: str, day: date | None = None, **facts: Any) -> None:
        """List one more paper on that day (today)."""
        on = str(day or datetime.now(UTC).date())
        facts = {"summary": f"We invent {title} and measure it.", "upvotes": 3, **facts}
        paper = {
            "id": f"2611.{number:05}",
            "title": title,
            "authors": [{"name": "Ada Tester", "hidden": False}],
            "publishedAt": f"{on}T00:00:00.000Z",
            "submittedOnDailyAt": f"{on}T00:00:00.000Z",
            **facts,
        }
        item = {"paper": paper, "title": title, "summary": facts["summary"], "numComments": 1, "publishedAt": on}
        self.days.setdefault(on, []).append(item)


@pytest.fixture
def hugging_face(site: Site, program: Program) -> HuggingFace:
    program.env["PAPERWATCH_SOURCES__HF__BASE_URL"] = site.url()
    return HuggingFace(site)


@dataclass
class Hook:
    """A webhook on loopback that keeps what it is sent."""

    site: Site
    path: str = "/hook/secret-path"
    answers: list[Answer] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)
    headers: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site.route(self.path, self.take)

    def take(self, seen: Seen) -> Answer:
        self.got.append(json.loads(seen.body))
        self.headers.append(seen.headers)
        return self.answers.pop(0) if self.answers else (204, {}, b"")

    @property
    def address(self) -> str:
        return f"webhook:{self.site.url(self.path)}"

    @property
    def titles(self) -> list[str]:
        return [paper["title"] for message in self.got for paper in message["papers"]]


@pytest.fixture
def hook(site: Site, program: Program) -> Hook:
    program.env["PAPERWATCH_NETWORK__ALLOW_PRIVATE"] = '["127.0.0.1"]'
    return Hook(site)


@dataclass
class BotApi:
    """Telegram's Bot API on loopback: keeps what it is sent."""

    site: Site
    got: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site.route(f"/bot{TOKEN}/sendMessage", self.take)

    def take(self, seen: Seen) -> Answer:
        sent = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        self.got.append(sent)
        chat = {"id": int(sent["chat_id"]), "type": "private"}
        result = {"message_id": len(self.got), "date": 1, "chat": chat, "text": sent["text"]}
        return 200, {"Content-Type": "application/json"}, json.dumps({"ok": True, "result": result}).encode()


@pytest.fixture
def bot_api(site: Site, program: Program) -> BotApi:
    program.env |= {"PAPERWATCH_TELEGRAM__TOKEN": TOKEN, "PAPERWATCH_TELEGRAM__BASE_URL": site.url()}
    return BotApi(site)


@pytest.fixture(scope="module")
def bot(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bot]:
    """The program with papers in its library, on a Telegram where each tap must be answered."""
    with FakeTelegram(token=TOKEN) as api:
        program = started(
            api,
            tmp_path_factory.mktemp("bot"),
            PAPERWATCH_TELEGRAM__COMMANDS="1000",
            PAPERWATCH_TELEGRAM__GROUP_COMMANDS="1000",
        )
        bot = Bot(api, program)
        kettles = program.home / "kettles.jsonl"
        kettles.write_text(lines(*range(1, 13)))
        program("scrape", "--from", str(kettles), "--no-alert")
        program.start("run")
        yield bot
        api.wait_until(lambda: not _unanswered(api), 10, lambda: str(_unanswered(api)))
        program.end()


def _unanswered(api: FakeTelegram) -> list[str]:
    return [one for one in api.violations() if "callback" in one or "tap" in one]
