"""Many alerts to many chats, through the fake Bot API in virtual time: by the product, and by python-telegram-bot's own
rate limiter."""

import asyncio
import json
import logging
from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from random import Random
from typing import Any

from fakes.telegram import TOKEN, Call, FakeTelegram
from farside.virtual import Virtual
from farside.world import NOON, World, paper
from telegram.error import TelegramError
from telegram.ext import AIORateLimiter, ExtBot
from telegram.request import BaseRequest, RequestData

from bot import subscriptions
from bot.channels.telegram import TelegramChannel
from bot.deliver import deliver_once
from bot.run import DELIVER_EVERY, SENDERS
from bot.store.engine import Engine

TOPICS = 4
LATENCY = 0.06  # seconds that a call takes in the middle; a half of it there, between a third and five thirds of it


@dataclass(frozen=True)
class Crowd:
    """Who is written to: so many private chats, and groups with `TOPICS` topics each; and the alerts for each."""

    people: int
    groups: int
    alerts: int = 2

    @property
    def addresses(self) -> int:
        return self.people + self.groups * TOPICS

    @property
    def messages(self) -> int:
        return self.addresses * self.alerts

    def join(self, api: FakeTelegram) -> list[str]:
        """Let all of them know the bot; their addresses, mixed."""
        people = [str(api.private(api.user(f"Reader {number}")).id) for number in range(self.people)]
        creator = api.user("Creator")
        forums = [api.forum(f"Group {number}", creator) for number in range(self.groups)]
        topics = [f"{forum.id}/{forum.topic(f'Topic {number}')}" for forum in forums for number in range(TOPICS)]
        return Random(3).sample(people + topics, self.addresses)

    def owe(self, engine: Engine, addresses: Iterable[str], **times: Any) -> None:
        """Queue the alerts for all of them at once."""
        world = World(engine, **times)
        for address in addresses:
            subscriptions.subscribe(engine, ("telegram", address), "source:hf", now=world.now)
        world.take_in(*(paper(number) for number in range(1, self.alerts + 1)))


class Line(BaseRequest):
    """The line to the fake without a socket, for python-telegram-bot: each call takes a while in the loop's time."""

    read_timeout = 30.0

    def __init__(self, api: FakeTelegram) -> None:
        self._api, self._random = api, Random(5)

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **_timeouts: Any
    ) -> tuple[int, bytes]:
        token, _, name = url.rpartition("/bot")[2].partition("/")
        await self._travel()
        status, body = self._api.call(token, name, request_data.json_parameters if request_data else None)
        await self._travel()
        return status, json.dumps(body).encode()

    async def _travel(self) -> None:
        await asyncio.sleep(LATENCY / 2 * self._random.uniform(1 / 3, 5 / 3))


@dataclass
class Bulk:
    """What came of it: the fake, the time when it began, and how many messages there were to be."""

    api: FakeTelegram
    began: float
    messages: int
    gave_up: int = 0
    sent: Sequence[Call] = field(init=False)

    def __post_init__(self) -> None:
        self.sent = [call for call in self.api.calls if call.method == "sendMessage" and call.ok]

    @property
    def refused(self) -> int:
        """How often the fake answered 429."""
        return sum(call.status == 429 for call in self.api.calls)

    @property
    def _copies(self) -> Counter[tuple[Any, ...]]:
        names = ("chat_id", "message_thread_id", "text")
        return Counter(tuple(call.parameters.get(name) for name in names) for call in self.sent)

    @property
    def lost(self) -> int:
        return self.messages - len(self._copies)

    @property
    def doubled(self) -> int:
        return len(self.sent) - len(self._copies)

    @property
    def worst_second(self) -> int:
        """How many messages were accepted in that second that saw the most."""
        return most_within([call.at for call in self.sent], 1.0)

    @property
    def longest_wait(self) -> float:
        return max(call.at for call in self.sent) - self.began

    def rate(self, few: int) -> float:
        """Messages a second, from the first one until only `few` chats were owed anything."""
        last = {call.parameters["chat_id"]: call.at for call in self.sent}
        until = sorted(last.values())[-few - 1]
        times = [call.at for call in self.sent if call.at <= until]
        return (len(times) - 1) / (max(times) - min(times))


def most_within(times: Iterable[float], seconds: float) -> int:
    """The most of these times that lie within so many seconds."""
    window, most = deque[float](), 0
    for at in sorted(times):
        window.append(at)
        while window[0] <= at - seconds:
            window.popleft()
        most = max(most, len(window))
    return most


@dataclass(frozen=True)
class Machine:
    """How many senders there are, and how many seconds of every three the machine stands still."""

    senders: int = SENDERS
    stands: float = 0

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        rest = 3 - asyncio.get_running_loop().time() % 3
        if rest < self.stands:
            await asyncio.sleep(rest)


def deliver(
    engine: Engine, crowd: Crowd, say: Callable[[str], None] = lambda _: None, machine: Machine | None = None
) -> Bulk:
    """Queue the alerts and let the product's senders deliver them, in virtual time."""
    time = Virtual(NOON)
    with FakeTelegram(clock=time.seconds, real_limits=True, listen=False) as api:
        crowd.owe(engine, crowd.join(api), now=time.now())
        say(f"{crowd.messages:,} alerts are queued")
        began = time.seconds()
        time.run(_deliver(engine, time, api, crowd.messages, machine or Machine()))
        return Bulk(api, began, crowd.messages)


async def _deliver(engine: Engine, time: Virtual, api: FakeTelegram, messages: int, machine: Machine) -> None:
    channel, random = TelegramChannel(TOKEN, "https://invented.test", 30, request=Line(api)), Random(1)
    latest = time.now() + timedelta(seconds=60 + messages / channel.rate * 2)

    async def send() -> None:
        """As the senders of bot.run; each looks by itself whether something is due."""
        idle = 0
        while idle < 10 and time.now() < latest:
            attempt = await deliver_once(
                engine, {"telegram": channel}, clock=time.now, random=random, sleep=machine.sleep
            )
            idle = 0 if attempt else idle + 1
            if attempt is None:
                await asyncio.sleep(DELIVER_EVERY)

    await asyncio.gather(*(send() for _ in range(machine.senders)))
    await channel.close()


def deliver_by_peer(crowd: Crowd, wanted: Sequence[Call]) -> Bulk:
    """Send the same messages by python-telegram-bot with its own rate limiter, all at once, in virtual time."""
    time, gave_up = Virtual(NOON), list[TelegramError]()
    with FakeTelegram(clock=time.seconds, real_limits=True, listen=False) as api:
        crowd.join(api)
        began = time.seconds()
        logging.getLogger("telegram.ext").setLevel(logging.CRITICAL)  # a traceback for each message that is given up
        time.run(_gather(api, wanted, gave_up))
        logging.getLogger("telegram.ext").setLevel(logging.NOTSET)
        return Bulk(api, began, len(wanted), len(gave_up))


async def _gather(api: FakeTelegram, wanted: Sequence[Call], gave_up: list[TelegramError]) -> None:
    line = Line(api)
    bot = ExtBot(TOKEN, request=line, get_updates_request=line, rate_limiter=AIORateLimiter(max_retries=3))
    bot_sends = (bot.send_message(**_parameters(call)) for call in wanted)
    for result in await asyncio.gather(*bot_sends, return_exceptions=True):
        if isinstance(result, TelegramError):
            gave_up.append(result)
        elif isinstance(result, BaseException):
            raise result


def _parameters(call: Call) -> dict[str, Any]:
    topic = call.parameters.get("message_thread_id")
    names = ("text", "parse_mode")
    kept = {name: call.parameters[name] for name in names if name in call.parameters}
    return {"chat_id": int(call.parameters["chat_id"]), "message_thread_id": int(topic) if topic else None, **kept}
