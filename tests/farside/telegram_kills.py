"""Workers that deliver to the fake Bot API, and are killed at each step of a call; and the chats that they send to."""

import asyncio
from collections.abc import Iterable
from random import Random
from typing import Any

from fakes.telegram import TOKEN, Chat, FakeTelegram
from farside.kills import Account, Telling, deliver, kill
from farside.worker import Fate
from telegram.request import HTTPXRequest

from bot.channels.telegram import TelegramChannel
from bot.store.engine import Engine

# Where a worker is killed, and how often it gets there at the most: in the transaction that claims, after it, before
# the call, when all of the request was written, when its answer was read, in one of the transactions after the claim.
ENDS = {"claiming": 12, "claimed": 5, "calling": 5, "flying": 5, "answered": 5, "recording": 8}
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


class _Channel(Telling, TelegramChannel):
    pass


def work(database_url: str, api_url: str, fate: Fate) -> None:
    """What a worker does."""
    asyncio.run(_deliver(database_url, api_url, fate))


async def _deliver(database_url: str, api_url: str, fate: Fate) -> None:
    await deliver(database_url, "telegram", _Channel(TOKEN, api_url, 20, _Line(fate)), fate)


class Chats:
    """Private chats and topics of a group; people block the bot, and let it in again."""

    channel = "telegram"

    def __init__(self, api: FakeTelegram) -> None:
        self.api, self.url = api, api.url()
        people = [api.private(api.user()) for _ in range(PEOPLE)]
        forum = api.forum("Group", api.user())
        self.chats = {str(chat.id): chat for chat in people}
        self.chats |= {f"{forum.id}/{forum.topic(f'Topic {number}')}": forum for number in range(TOPICS)}

    @property
    def addresses(self) -> Iterable[str]:
        return self.chats

    def let_go_wrong(self, random: Random) -> None:
        for fault in random.sample(FAULTS, random.randint(0, 3)):
            self.api.fault("sendMessage", **fault)
        if random.random() < 0.3:
            random.choice([chat for chat in self.chats.values() if chat.private]).block()

    def let_everybody_back(self) -> None:
        for chat in self.chats.values():
            if chat.state == "blocked":
                chat.unblock()

    def mend(self) -> None:
        self.api.cancel_faults()

    def arrived(self) -> list[tuple[str, str]]:
        return [(address, one.text) for address, chat in self.chats.items() for one in _in(chat, address)]


def _in(chat: Chat, address: str) -> list[Any]:
    """The messages of the chat, or of its topic."""
    topic = address.partition("/")[2]
    return [one for one in chat.messages if not topic or one.thread == int(topic)]


def kill_senders(engine: Engine, database_url: str, kills: int, seed: int, say: Any) -> Account:
    """The account of so many kills of processes that send to Telegram."""
    with FakeTelegram() as api:
        return kill(engine, database_url, Chats(api), (work, ENDS), kills, seed, say)
