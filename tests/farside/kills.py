"""Processes that deliver by the real Telegram channel to the fake Bot API and are killed at each step of it; and the
account afterwards: what the fake accepted, beside what the database says."""

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import sqlalchemy as sa
from fakes.telegram import TOKEN, Chat, FakeTelegram
from farside.worker import IDLE, Fate, Workers, working
from farside.world import World, paper
from telegram.request import HTTPXRequest

from bot import presence, subscriptions
from bot.channels import ChannelError, Sent
from bot.channels.telegram import TelegramChannel
from bot.deliver import deliver_once
from bot.models import Delivery, Message, Recipient
from bot.store.engine import Engine, make_engine, reading

# Where a worker is killed, and how often it gets there at the most: in the transaction that claims, after it, before
# the call, when all of the request was written, when its answer was read, in one of the transactions after the claim.
ENDS = {"claiming": 12, "claimed": 5, "calling": 5, "flying": 5, "answered": 5, "recording": 8}
# After these, nobody knows whether the message arrived; nor after an answer that says nothing.
UNCLEAR, IN_DOUBT = "unclear", [*ENDS][1:]
PEOPLE, TOPICS = 6, 2
# What goes wrong with a call, apart from kills.
FAULTS: tuple[dict[str, Any], ...] = (
    {"status": 429, "retry_after": 3},
    {"status": 500},
    {"status": 502},
    {"cut": "before"},
    {"cut": "after"},
    {"garbage": True},
)


class _Line(HTTPXRequest):
    """The way to the fake, with the steps of a call."""

    def __init__(self, fate: Fate) -> None:
        self._fate = fate
        super().__init__(httpx_kwargs={"trust_env": False, "verify": False, "event_hooks": {"request": [self._trace]}})

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        self._fate.reached("calling")
        try:
            return await super().do_request(*args, **kwargs)
        finally:
            self._fate.reached("answered")

    async def _trace(self, request: Any) -> None:
        async def trace(event: str, _: Any) -> None:
            if event == "http11.send_request_body.complete":
                self._fate.reached("flying")

        request.extensions["trace"] = trace


class _Telling(TelegramChannel):
    """Remembers whether the last answer left it open what became of the message."""

    unclear = False

    async def send(self, address: str, rendered: Any) -> Sent:
        try:
            return await super().send(address, rendered)
        except ChannelError as error:
            self.unclear = error.sent is None
            raise


def work(database_url: str, api_url: str, fate: Fate) -> None:
    """What a worker does."""
    asyncio.run(_deliver(database_url, api_url, fate))


async def _deliver(database_url: str, api_url: str, fate: Fate) -> None:
    engine, channel, random = make_engine(database_url), _Telling(TOKEN, api_url, 20, _Line(fate)), Random(1)
    writing = "claiming"

    def after_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "WITH")):
            fate.reached(writing)

    def found() -> None:
        nonlocal writing
        writing = "recording"
        fate.reached("claimed")

    async def sleep(seconds: float) -> None:
        fate.wait(seconds)

    sa.event.listen(engine, "after_cursor_execute", after_statement)
    while True:
        fate.next_time()
        while await deliver_once(
            engine, {"telegram": channel}, clock=fate.clock, random=random, sleep=sleep, found=found
        ):
            writing = "claiming"
            if channel.unclear:
                channel.unclear = False
                fate.parent.send(UNCLEAR)
        fate.parent.send(IDLE)


@dataclass
class Story:
    """Alerts for some chats, in rounds of five minutes, until so many workers were killed; then all that is left."""

    world: World
    api: FakeTelegram
    workers: Workers
    random: Random
    chats: dict[str, Chat] = field(default_factory=dict)
    papers: int = 0

    def __post_init__(self) -> None:
        people = [self.api.private(self.api.user()) for _ in range(PEOPLE)]
        forum = self.api.forum("Group", self.api.user())
        self.chats = {str(chat.id): chat for chat in people}
        self.chats |= {f"{forum.id}/{forum.topic(f'Topic {number}')}": forum for number in range(TOPICS)}
        for address in self.chats:
            subscriptions.subscribe(self.world.engine, ("telegram", address), "source:hf", now=self.world.now)

    @property
    def killed(self) -> int:
        return sum(self.workers.ended[step] for step in ENDS)

    def live(self, kills: int, say: Callable[[str], None]) -> None:
        while self.killed < kills:
            self.papers += 1
            self.world.take_in(paper(self.papers))
            self._let_go_wrong()
            self._deliver()
            if self.papers % 10 == 0:
                say(f"{self.killed} killed, {self.papers} papers")
        self.api.cancel_faults()
        self._let_everybody_back()
        for _ in range(200):
            if not _owed(self.world.engine):
                return
            self._deliver(minutes=30)
        raise AssertionError("what is owed is never sent")

    def _deliver(self, minutes: int = 5) -> None:
        self.workers.deliver(self.world.now)
        self.world.wait(minutes=minutes)

    def _let_go_wrong(self) -> None:
        """Some calls of this round fail, and somebody blocks the bot or lets it in again."""
        for fault in self.random.sample(FAULTS, self.random.randint(0, 3)):
            self.api.fault("sendMessage", **fault)
        chat = self.random.choice([chat for chat in self.chats.values() if chat.private])
        if self.random.random() < 0.3:
            chat.block()
        elif self.random.random() < 0.3:
            self._let_everybody_back()

    def _let_everybody_back(self) -> None:
        for chat in self.chats.values():
            if chat.state == "blocked":
                chat.unblock()
            presence.back(self.world.engine, ("telegram", str(chat.id)), self.world.now)


def _owed(engine: Engine) -> int:
    """How much is in no message that was sent."""
    sent = sa.exists().where(Message.id == Delivery.message_id, Message.state == "sent")
    with reading(engine) as session:
        return int(session.execute(sa.select(sa.func.count()).select_from(Delivery).where(~sent)).scalar_one())


@dataclass
class Account:
    """What the fake accepted and the database knows: of each message that was sent, how often it came and how often it
    was in doubt. A long digest only tells how many papers it does not show: these, and what it tells, are
    `not_shown`."""

    alerts: int
    lost: list[tuple[str, int]]
    not_shown: tuple[int, int]
    copies: dict[int, int]
    ambiguous: dict[int, int]
    accepted: int
    ended: Counter[str]

    @property
    def doubled(self) -> int:
        return sum(copies - 1 for copies in self.copies.values() if copies)

    @property
    def doubled_without_doubt(self) -> list[int]:
        """The messages that came more often than was in doubt."""
        return [id for id, copies in self.copies.items() if copies - 1 > self.ambiguous[id]]

    @property
    def in_doubt(self) -> int:
        """How many attempts ended, as far as the processes know, so that nobody knows what became of them."""
        return self.ended[UNCLEAR] + sum(self.ended[step] for step in IN_DOUBT)


def account(story: Story) -> Account:
    came: Counter[tuple[str, int]] = Counter()
    accepted = [(address, message) for address, chat in story.chats.items() for message in _in(chat, address)]
    came.update((address, int(number)) for address, one in accepted for number in set(_numbers(one.text)))
    with reading(story.world.engine) as session:
        rows = session.execute(
            sa.select(Recipient.address, Delivery)
            .join(Recipient, Recipient.id == Delivery.recipient_id)
            .order_by(Delivery.id)
        ).all()
        messages = {one.id or 0: one for one in session.execute(sa.select(Message)).scalars()}
        session.expunge_all()
    shown = [(address, one) for address, one in rows if one.rank]
    lost = [(to, one.paper_id) for to, one in shown if not came[to, one.paper_id]]
    lost += [(to, one.paper_id) for to, one in rows if messages[one.message_id].state != "sent"]
    copies = {one.message_id: came[address, one.paper_id] for address, one in shown}
    ambiguous = {id: one.ambiguous for id, one in messages.items()}
    not_shown = len(rows) - len(shown), sum(messages[id].more for id in copies)
    return Account(len(rows), lost, not_shown, copies, ambiguous, len(accepted), story.workers.ended)


def _in(chat: Chat, address: str) -> list[Any]:
    """The messages of the chat, or of its topic."""
    topic = address.partition("/")[2]
    return [one for one in chat.messages if not topic or one.thread == int(topic)]


def _numbers(text: str) -> list[str]:
    return re.findall(r"Test Number (\d+)", text)


def kill(engine: Engine, database_url: str, kills: int, seed: int, say: Callable[[str], None]) -> Account:
    """Let two workers deliver until so many were killed, and then the rest; the account of it."""
    say(f"seed {seed}")
    with FakeTelegram() as api:
        workers = Workers(database_url, api.url(), Random(seed), work, ENDS)
        story = Story(World(engine), api, workers, Random(seed))
        with working(2, workers):
            story.live(kills, say)
        return account(story)
