"""What comes of every answer of Telegram's, for alerts and for the parts of digests, on SQLite and on PostgreSQL."""

import json
import logging
import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import sqlalchemy as sa
from farside.site import Answer, Misbehaviour, Seen, Site, cut, raw, silent
from farside.world import NOON, World, paper

from bot import recipients, subscriptions
from bot.channels.telegram import TelegramChannel
from bot.deliver import Attempt, Stopped, claim, deliver_once, start_lanes
from bot.models import Delivery, Message, Pace, Recipient
from bot.store.engine import Engine, writing
from bot.subscriptions import Rhythm

TOKEN = "123456789:AAF-invented-token-of-a-bot"
TOPIC = ("telegram", "-100123/17")
NEW = ("telegram", "-1009/17")
EVENING = NOON + timedelta(hours=6)


def refused(code: int, description: str, **parameters: Any) -> Answer:
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return code, {"Content-Type": "application/json"}, json.dumps(body).encode()


@dataclass
class Telegram:
    """The Bot API: gives these answers one after the other, and then takes everything. `got` is what it took, or may
    have taken: the chat, and the numbers of the papers."""

    site: Site
    answers: list[Answer] = field(default_factory=list)
    got: list[tuple[str, list[int]]] = field(default_factory=list)
    asked: list[dict[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.site.route(f"/bot{TOKEN}/sendMessage", self.answer)

    def answer(self, seen: Seen) -> Answer:
        sent = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
        self.asked.append(sent)
        answer = self.answers.pop(0) if self.answers else None
        if answer is None or isinstance(answer, Misbehaviour) or answer[0] in (200, 500, 502):
            papers = [int(number) for number in re.findall(r"Test Number (\d+)", sent["text"])]
            self.got.append((sent["chat_id"], papers))
        if answer:
            return answer
        result = {"message_id": len(self.asked), "date": 1, "chat": {"id": 1, "type": "group"}, "text": "x"}
        return 200, {"Content-Type": "application/json"}, json.dumps({"ok": True, "result": result}).encode()

    @property
    def papers(self) -> Counter[int]:
        return Counter(number for _, papers in self.got for number in papers)


@pytest.fixture
def telegram(site: Site) -> Telegram:
    return Telegram(site)


@pytest.fixture
async def channel(site: Site) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(TOKEN, site.url(), timeout=4)  # a busy machine took more than one to connect
    yield channel
    await channel.close()


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


async def step(world: World, channel: TelegramChannel) -> Attempt | None:
    """Send one message that is due; the clock moves on while its turn is waited for."""

    async def sleep(seconds: float) -> None:
        world.wait(seconds=seconds)

    channels = {"telegram": channel, "test": world.channel}
    return await deliver_once(world.engine, channels, clock=world.clock, random=world.random, sleep=sleep)


def lane(world: World) -> Any:
    return next((row for row in world.rows(Pace) if row.name == "lane:telegram"), None)


def place(world: World) -> Any:
    return next(row for row in world.rows(Pace) if row.name == "telegram:-100123")


# Before the answer: an alert is due, or the first or the second part of a digest. What is returned is the part.


async def an_alert(world: World, channel: TelegramChannel) -> int:
    subscriptions.subscribe(world.engine, TOPIC, "source:hf", now=world.now)
    world.take_in(paper(1))
    return 0


async def a_first_part(world: World, channel: TelegramChannel) -> int:
    subscriptions.subscribe(world.engine, TOPIC, "source:hf", now=world.now, rhythm=Rhythm("daily", "18:00"))
    world.take_in(*(paper(number) for number in range(1, 13)))
    world.now = EVENING
    return 0


async def a_later_part(world: World, channel: TelegramChannel) -> int:
    await a_first_part(world, channel)
    assert await step(world, channel)
    world.wait(seconds=4)
    return 1


SHAPES = {"alert": an_alert, "first part": a_first_part, "later part": a_later_part}


@dataclass(frozen=True)
class Case:
    """An answer, or several, and what comes of it: how the message is then, whether the attempt counted, when the next
    one is (None: none), and what is logged."""

    answers: list[Answer]
    state: str = "ready"
    attempts: int = 1
    after: tuple[float, float] | None = None
    log: tuple[int, str] = (logging.WARNING, "")
    ambiguous: int = 0
    disabled: str = ""
    given_back: bool = False
    error: str | None = ""
    moved: bool = False
    lane: tuple[float, float] | None = None
    failures: int = 0


def unclear(*answers: Answer) -> Case:
    return Case(list(answers), after=(60, 120), ambiguous=1, error="nobody knows", failures=1, log=(30, "nobody knows"))


def gone(text: str) -> Case:
    answers = [refused(403, f"Forbidden: {text}")]
    return Case(answers, "dead", disabled=text, given_back=True, error=text, failures=1, log=(30, text))


def ours(text: str) -> Case:
    said = f"sent as plain text: {text.lower()}"
    return Case([refused(400, f"Bad Request: {text}")], "sent", error=said, log=(40, said))


def closed(text: str) -> Case:
    topic = f"{text.lower()}; reopen topic 17 and run: paperwatch subscription resume telegram:-100123/17"
    return Case([refused(400, f"Bad Request: {text}")], "sent", disabled=topic, error=None, log=(40, topic))


CASES = {
    "blocked": gone("bot was blocked by the user"),
    "deactivated": gone("user is deactivated"),
    "kicked": gone("bot was kicked from the supergroup chat"),
    "no member": gone("bot is not a member of the channel chat"),
    "never met": gone("bot can't initiate conversation with a user"),
    "not found": Case(
        [refused(400, "Bad Request: chat not found")], after=(3600, 3600), error="chat not found", failures=1,
        log=(30, "chat not found"),
    ),
    "migrated": Case(
        [refused(400, "Bad Request: group chat was upgraded to a supergroup chat", migrate_to_chat_id=-1009)],
        attempts=0, after=(0, 0), moved=True, error=None, log=(30, "the group is -1009 now"),
    ),
    "entities": ours("can't parse entities: Unsupported start tag \"p\" at byte offset 0"),
    "too long": ours("message is too long"),
    "buttons": ours("BUTTON_DATA_INVALID"),
    "no thread": closed("message thread not found"),
    "closed": closed("TOPIC_CLOSED"),
    "empty": Case(
        [refused(400, "Bad Request: message text is empty")], "dead", error="message text is empty", failures=1,
        log=(30, "message text is empty"),
    ),
    "429": Case(
        [refused(429, "Too Many Requests: retry after 9", retry_after=9)], attempts=0, after=(9, 10),
        error="asks to wait", log=(30, "asks to wait"),
    ),
    "long 429": Case(
        [refused(429, "Too Many Requests: retry after 100", retry_after=100)], attempts=0, after=(100, 110),
        lane=(100, 110), error="asks to wait", log=(30, "asks to wait"),
    ),
    "401": Case(
        [refused(401, "Unauthorized")], attempts=0, after=(0, 4), lane=(3600, 3600), error=None,
        log=(40, "correct telegram.token"),
    ),
    "404": Case(
        [refused(404, "Not Found")], attempts=0, after=(0, 4), lane=(3600, 3600), error=None,
        log=(40, "correct telegram.token"),
    ),
    "unreachable": Case([], attempts=0, after=(0, 4), lane=(5, 10), error=None, log=(30, "cannot be reached")),
    "500": unclear(refused(500, "Internal Server Error")),
    "502": unclear((502, {}, b"<html>Bad Gateway</html>")),
    "garbage": unclear((200, {}, b"garbage")),
    "silence": unclear(silent()),
    "cut": unclear(cut(b"", 10)),
    "hung up": unclear(raw(b"")),
}  # fmt: skip


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CASES)
async def test_every_answer_has_its_consequences_and_nothing_is_lost(
    world: World, telegram: Telegram, channel: TelegramChannel, caplog: pytest.LogCaptureFixture, name: str, shape: str
) -> None:
    case = CASES[name]
    part = await SHAPES[shape](world, channel)
    telegram.answers = list(case.answers)
    used = TelegramChannel(TOKEN, "http://127.0.0.1:1", 1.5) if name == "unreachable" else channel

    assert await step(world, used)

    message, (recipient,) = world.rows(Message)[part], world.rows(Recipient)
    check_message(world, case, message)
    check_recipient(world, case, recipient)
    check_lane(world, case)
    lines = [record for record in caplog.records if case.log[1].lower() in record.getMessage().lower()]
    assert [(line.levelno, line.name) for line in lines] == [(case.log[0], "bot.deliver")]
    assert TOKEN not in caplog.text
    if used is not channel:
        await used.close()
    await check_that_nothing_is_lost(world, telegram, channel, case, 1 if shape == "alert" else 12)


def check_message(world: World, case: Case, message: Message) -> None:
    assert (message.state, message.attempts, message.ambiguous) == (case.state, case.attempts, case.ambiguous)
    assert message.attempt_started_at is None
    assert (message.error is None) if case.error is None else (case.error in (message.error or ""))
    carried = [one for one in world.rows(Delivery) if one.message_id == message.id]
    assert bool(carried) is not case.given_back
    if message.kind == "digest" and case.given_back:  # the other part, where it is not sent yet, is given back too
        assert {one.state for one in world.rows(Message)} <= {"dead", "sent"}


def check_recipient(world: World, case: Case, recipient: Recipient) -> None:
    assert (recipient.address == NEW[1]) is case.moved
    assert (case.disabled in (recipient.disabled_reason or "")) if case.disabled else (recipient.disabled_at is None)
    assert bool(recipient.disabled_at) is bool(case.disabled)
    assert recipient.failures == case.failures
    assert recipient.paused_at is None
    if case.after:
        least, most = case.after
        assert least <= (recipient.due_at - world.now).total_seconds() <= most


def check_lane(world: World, case: Case) -> None:
    row = lane(world)
    if case.lane is None:
        assert (row.reason, row.failures) == (None, 0)
        assert row.next_at <= world.now + timedelta(seconds=1)
    else:
        assert row.reason
        assert case.lane[0] <= (row.next_at - world.now).total_seconds() <= case.lane[1]


async def check_that_nothing_is_lost(
    world: World, telegram: Telegram, channel: TelegramChannel, case: Case, papers: int
) -> None:
    """From now on everything is taken: each paper comes once, or twice where that is known."""
    if case.disabled:
        recipients.resume(world.engine, TOPIC, world.now)
    if case.moved:
        assert await step(world, channel)
        assert telegram.got[-1][0] == "-1009"
    for _ in range(10):
        world.wait(minutes=20)
        while await step(world, channel):
            pass
    given_up = {message.id for message in world.rows(Message) if message.state == "dead"}
    dead = {one.paper_id for one in world.rows(Delivery) if one.message_id in given_up}
    expected = set(range(1, papers + 1)) - dead
    assert set(telegram.papers) == expected
    twice = {number for number, times in telegram.papers.items() if times > 1}
    assert bool(twice) is bool(case.ambiguous)
    assert lane(world).reason is None


async def test_an_unknown_chat_is_gone_at_the_third_time(
    world: World, telegram: Telegram, channel: TelegramChannel
) -> None:
    await an_alert(world, channel)
    telegram.answers = [refused(400, "Bad Request: chat not found")] * 3
    for hour in range(3):
        assert world.rows(Recipient)[0].disabled_at is None
        assert await step(world, channel), hour
        assert await step(world, channel) is None
        world.wait(hours=1)

    (recipient,) = world.rows(Recipient)
    assert recipient.disabled_reason == "Telegram: chat not found"

    recipients.resume(world.engine, TOPIC, world.now)
    assert await step(world, channel)
    assert telegram.papers == {1: 1}
    assert place(world).failures == 0


async def test_an_alert_that_may_have_come_is_said_to_be_repeated(
    world: World, telegram: Telegram, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    await an_alert(world, channel)
    telegram.answers = [raw(b"")]
    attempt = await step(world, channel)
    assert attempt
    caplog.clear()
    world.wait(minutes=3)

    assert await step(world, channel)

    (record,) = caplog.records
    assert (record.levelno, record.getMessage()) == (
        logging.WARNING,
        f"alert:1 to telegram, message {attempt.message_id} is sent again: nobody knows whether it has arrived already",
    )


async def test_too_much_for_two_chats_stops_the_lane_and_for_one_all_its_topics(
    world: World, telegram: Telegram, channel: TelegramChannel
) -> None:
    addresses = ["-100123/17", "-100123/18", "42", "43"]
    for address in addresses:
        subscriptions.subscribe(world.engine, ("telegram", address), "source:hf", now=world.now)
    world.take_in(paper(1))
    telegram.answers = [refused(429, "Too Many Requests: retry after 9", retry_after=9)] * 2

    assert (await step(world, channel)).address == "-100123/17"
    limited = lane(world).reason
    assert (await step(world, channel)).address == "42"

    assert limited is None
    assert "asks to wait" in lane(world).reason
    assert await step(world, channel) is None
    assert len(telegram.asked) == 2
    world.wait(seconds=11)
    told = []
    for _ in range(9):
        while attempt := await step(world, channel):
            told.append(attempt.address)
        world.wait(seconds=1)
    assert sorted(told) == sorted(addresses)
    assert [row.attempts for row in world.rows(Message)] == [1, 1, 1, 1]


async def test_a_wrong_token_stops_telegram_only_until_another_process_starts(
    world: World, telegram: Telegram, channel: TelegramChannel
) -> None:
    await an_alert(world, channel)
    subscriptions.subscribe(world.engine, ("test", "other"), "source:hf", now=world.now)
    world.take_in(paper(2))
    telegram.answers = [refused(401, "Unauthorized")]
    assert await step(world, channel)

    assert (await step(world, channel)).channel == "test"
    assert await step(world, channel) is None
    start_lanes(world.engine, world.clock)
    world.wait(seconds=4)
    while await step(world, channel):
        world.wait(seconds=4)
    assert telegram.papers == {1: 1, 2: 1}


async def test_an_unreachable_telegram_is_asked_less_and_less_and_costs_no_attempts(
    world: World, telegram: Telegram, channel: TelegramChannel
) -> None:
    await an_alert(world, channel)
    nowhere, waits = TelegramChannel(TOKEN, "http://127.0.0.1:1", 1.5), []
    for _ in range(9):
        before = world.now
        while not await step(world, nowhere):
            world.wait(seconds=1)
        waits.append((world.now - before).total_seconds())
    await nowhere.close()

    assert waits[0] == 0
    assert waits[2] > waits[1] > 3
    assert 148 < max(waits) <= 300
    (message,) = world.rows(Message)
    assert (message.attempts, message.ambiguous, message.error) == (0, 0, None)
    world.wait(minutes=5)
    assert await step(world, channel)
    assert telegram.papers == {1: 1}


async def test_who_waits_for_its_turn_when_the_process_stops_gives_its_claim_back(
    world: World, telegram: Telegram, channel: TelegramChannel
) -> None:
    for number in range(3):
        subscriptions.subscribe(world.engine, ("telegram", f"{number + 1}"), "source:hf", now=world.now)
    world.take_in(paper(1))
    assert claim(world.engine, {"telegram": channel}, world.clock)

    async def stopped(seconds: float) -> None:
        assert 0 < seconds < 2
        raise Stopped

    channels = {"telegram": channel}
    sent = await deliver_once(world.engine, channels, clock=world.clock, random=world.random, sleep=stopped)

    assert sent is None
    assert telegram.asked == []
    message, recipient = world.rows(Message)[1], world.rows(Recipient)[1]
    assert (message.state, message.attempts, message.ambiguous, message.attempt_started_at) == ("ready", 0, 0, None)
    assert recipient.due_at <= world.now


async def test_a_claim_that_ran_short_while_its_turn_was_waited_for_is_not_used(
    world: World, telegram: Telegram, channel: TelegramChannel, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(2):
        subscriptions.subscribe(world.engine, ("telegram", f"{number + 1}"), "source:hf", now=world.now)
    world.take_in(paper(1))
    assert claim(world.engine, {"telegram": channel}, world.clock)

    async def overslept(seconds: float) -> None:
        world.wait(seconds=119.9)

    channels = {"telegram": channel}
    attempt = await deliver_once(world.engine, channels, clock=world.clock, random=world.random, sleep=overslept)

    assert attempt
    assert telegram.asked == []
    assert "its claim does not last" in caplog.text
    message = world.rows(Message)[1]
    assert (message.state, message.attempts, message.ambiguous) == ("ready", 0, 0)


async def test_what_was_blocked_while_its_turn_was_waited_for_is_not_sent(
    world: World, telegram: Telegram, channel: TelegramChannel
) -> None:
    for number in range(2):
        subscriptions.subscribe(world.engine, ("telegram", f"{number + 1}"), "source:hf", now=world.now)
    world.take_in(paper(1))
    assert claim(world.engine, {"telegram": channel}, world.clock)

    async def blocked(seconds: float) -> None:
        with writing(world.engine) as session:
            session.execute(sa.update(Recipient).values(disabled_at=world.now, disabled_reason="blocked"))

    channels = {"telegram": channel}
    await deliver_once(world.engine, channels, clock=world.clock, random=world.random, sleep=blocked)

    assert telegram.asked == []
