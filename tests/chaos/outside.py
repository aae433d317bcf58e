"""All that is outside of the program: sites that list papers, the Bot API, a mail server, webhooks; each behind a line
that can fail, and each with an account of what it took."""

import json
import re
import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

from chaos.clock import Clock
from chaos.line import Line
from fakes.telegram import TOKEN, Chat, FakeTelegram
from farside import site
from farside.arxiv_ledger import Invented
from farside.arxiv_site import ArxivSite
from farside.fake_web import FakeSite
from farside.hf_site import HuggingFaceSite
from farside.mail import Arrived, MailServer, mail_server, read

HOST = "127.0.0.1"
# The world begins on a Thursday, some minutes before arXiv's list of the day opens and an hour before Hugging Face's.
START = datetime.fromisoformat("2026-11-19T00:55:00+00:00")
TODAY = START.date()
HF_DAYS = tuple(TODAY - timedelta(days=n) for n in (3, 2, 1))  # the first is closed by the next reading
PARTS = ("cs.CL", "cs.LG")
WORDS = ("kettles", "clocks", "lanterns", "bridges", "violins", "anchors")
WEBHOOK_SECRET, HOOK_PATH = "an-invented-signing-secret", "/hook/invented-path"
NUMBER = re.compile(r"Number\s+(\d{5})")


@dataclass(frozen=True)
class Paper:
    """A paper that was listed, from when on (time.monotonic; None: when arXiv's next list opens), and where."""

    number: int
    word: str
    day: date
    source: str
    part: str
    listed: float | None
    shown: Invented

    @property
    def names(self) -> tuple[str, str, date]:
        return self.source, self.part, self.day


@dataclass(frozen=True)
class Got:
    """A message that was accepted: where, when (time.monotonic), with which papers, under which key."""

    address: tuple[str, str]
    at: float
    numbers: frozenset[int]
    key: str = ""


@dataclass(frozen=True)
class Request:
    """A request for a list: when it came and when it was answered (time.monotonic, and by the clock)."""

    came: float
    answered: float
    shown: float


class Dated(list[Arrived]):
    """Mails, and when each came."""

    def __init__(self) -> None:
        super().__init__()
        self.times: list[float] = []

    def append(self, one: Arrived) -> None:
        self.times.append(time.monotonic())
        super().append(one)


@dataclass
class Outside:
    """The far sides; `answers` are what the webhooks answer next, instead of taking what they get."""

    clock: Clock
    stack: ExitStack
    papers: list[Paper] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    hooked: list[Got] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        enter = self.stack.enter_context
        self.hf, self.arxiv = HuggingFaceSite(self.clock.now), ArxivSite(self.clock.now)
        self.api = enter(FakeTelegram(clock=self.clock.time))
        self.mails: MailServer = enter(mail_server())
        self.mails.got = self._mailed = Dated()
        self._lists, self._hooks = enter(site.Site()), enter(site.Site())
        self._lists.answer = self._list  # type: ignore[method-assign] - its routes have no patterns
        self._hooks.answer = self._hook  # type: ignore[method-assign]
        ports = {"sites": self._lists.port, "api": self._api_port, "mail": self.mails.port, "hooks": self._hooks.port}
        self.lines = {name: enter(Line(port)) for name, port in ports.items()}
        self._lock = threading.Lock()

    @property
    def _api_port(self) -> int:
        return int(self.api.url().rpartition(":")[2])

    def url(self, name: str) -> str:
        return f"http://{HOST}:{self.lines[name].port}"

    def settings(self) -> dict[str, str]:
        """What the program needs to know of all this."""
        names = {
            "SOURCES__HF__BASE_URL": self.url("sites"),
            "SOURCES__HF__EVERY": "2s",
            "SOURCES__ARXIV__SCRAPER": "arxiv",
            "SOURCES__ARXIV__BASE_URL": self.url("sites"),
            "SOURCES__ARXIV__PARTS": json.dumps(PARTS),
            "SOURCES__ARXIV__EVERY": "3s",
            "NETWORK__ALLOW_PRIVATE": json.dumps([HOST]),
            "NETWORK__GAPS": json.dumps({HOST: GAP}),
            "NETWORK__TIMEOUT": "4",
            "NETWORK__DEADLINE": "6",
            "WEBHOOK__SECRET": WEBHOOK_SECRET,
            "WEBHOOK__TIMEOUT": "3",
            "TELEGRAM__TOKEN": TOKEN,
            "TELEGRAM__BASE_URL": self.url("api"),
            "TELEGRAM__TIMEOUT": "4",
            "EMAIL__SMTP_URL": f"smtp://{HOST}:{self.lines['mail'].port}",
            "EMAIL__FROM": "Paperwatch <alerts@papers.test>",
            "EMAIL__PER_MINUTE": "6000",
            "EMAIL__TIMEOUT": "5",
        }
        return {f"PAPERWATCH_{name}": value for name, value in names.items()}

    # Papers.

    def list_paper(self, number: int, word: str, source: str, day: date, part: str = "") -> None:
        """List a paper from now on; on arXiv, when the list of that day opens."""
        shown = Invented(f"2611.{number:05}", f"Number {number:05} of {word}", f"We measure it {number} times.")
        with self._lock:
            if source == "hf":
                self.hf.show(day, shown, at=self.clock.now(), upvotes=number % 7)
            else:
                self.arxiv.announce(day, part, new=[shown])
            is_open = source == "hf" or day < TODAY
            listed = time.monotonic() if is_open else None
            self.papers.append(Paper(number, word, day, source, part, listed, shown))

    def _list(self, seen: site.Seen) -> site.Answer:
        came, url = time.monotonic(), urlsplit(seen.path)
        shown, query = self.clock.time(), dict(parse_qsl(url.query, keep_blank_values=True))
        fake: FakeSite = self.hf if url.path.startswith(("/api/daily", "/papers")) else self.arxiv
        asked = fake.understood("arxiv.org" if fake is self.arxiv else "huggingface.co", url.path, query)
        with self._lock:
            answer = fake.answer(asked)
            for fault in fake.faults(asked):
                answer = fault.answered(asked, answer) if fault.answered else answer
        self.requests.append(Request(came, time.monotonic(), shown))
        return answer.status, answer.headers, answer.body.encode()

    # What was accepted.

    @property
    def has_taken(self) -> bool:
        """Whether anything has arrived."""
        return bool(self.hooked or self._mailed or self.api.calls_of("sendMessage"))

    def _hook(self, seen: site.Seen) -> site.Answer:
        status = self.answers.pop(0) if self.answers else 204
        if status < 300:
            said = json.loads(seen.body)
            numbers = _numbers(" ".join(paper["title"] for paper in said["papers"]))
            self.hooked.append(Got(("webhook", self.url("hooks") + seen.path), seen.at, numbers, said["id"]))
        return status, {}, b""

    def got(self) -> list[Got]:
        """Everything that tells of papers."""
        return [one for one in (*self.hooked, *self._mail(), *self._messages()) if one.numbers]

    def _mail(self) -> list[Got]:
        found = []
        for mail, at in zip(self._mailed, self._mailed.times, strict=True):
            message = read(mail)
            body = message.get_body(("plain",))
            said = f"{message['Subject']} {body.get_content() if body else ''}"
            found.append(Got(("email", mail.to), at, _numbers(said), str(message["Message-ID"])))
        return found

    def _messages(self) -> list[Got]:
        return [
            Got(("telegram", _address(chat, one.thread)), self.clock.monotonic(one.at), _numbers(one.text))
            for chat in list(self.api.chats.values())
            for one in list(chat.history)
            if one.by_bot
        ]

    # Faults.

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self.api.cancel_faults()
        self.answers.clear()
        for answers in self.mails.answers.values():
            answers.clear()
        for fake in (self.hf, self.arxiv):
            fake.mend()
        for line in self.lines.values():
            line.listen()


GAP = 0.25  # seconds between two requests to the sites


def _address(chat: Chat, thread: int | None) -> str:
    return f"{chat.id}/{thread}" if thread in chat.topics else str(chat.id)


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(found) for found in NUMBER.findall(text))
