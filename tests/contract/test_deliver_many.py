"""Many recipients at once, on SQLite and on PostgreSQL: all is as if each had been told alone."""

import asyncio
import shutil
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from farside.program import wait_until
from farside.world import NOON, Remembering, World, paper

from bot import deliver, subscriptions
from bot.channels import ChannelError, Outgoing, Sent
from bot.claiming import LEASE
from bot.deliver import deliver_many
from bot.models import Delivery, Message, Recipient
from bot.store.engine import Engine, make_engine
from bot.subscriptions import Rhythm

PEOPLE = [f"reader{number}" for number in range(1, 8)]
QUERIES = ("invented", '"test number"', "author:tester1 OR author:tester2", "nothing", "invented -source:hf")


@dataclass
class Addressed(Remembering):
    """Does to each address what is said for it."""

    doing: dict[str, Any] = field(default_factory=dict)

    async def send(self, address: str, rendered: Outgoing) -> Sent:
        if what := self.doing.get(address):
            await what()
        return await super().send(address, rendered)


@pytest.fixture
def channel() -> Addressed:
    return Addressed(papers_at_most=3)


@pytest.fixture
def world(engine: Engine, channel: Addressed) -> World:
    return World(engine, channel=channel)


def ask(world: World) -> None:
    """Everybody asks for several things, at different times."""
    random = Random(11)
    for address in PEOPLE:
        for number, text in enumerate(random.sample(QUERIES, 3)):
            rhythm = Rhythm("daily", "13:00") if random.random() < 0.4 else Rhythm()
            subscriptions.subscribe(
                world.engine, ("test", address), text, now=world.now, name=f"s{number}", rhythm=rhythm
            )


def owe_all(world: World) -> None:
    """Let an alert be owed to everybody."""
    for address in PEOPLE:
        subscriptions.subscribe(world.engine, ("test", address), "invented", now=world.now)
    world.take_in(paper(1))


async def send_all(world: World, most: int) -> list[int]:
    """Send all that is due; how many at a time."""
    found: list[int] = []
    while number := await deliver_many(
        world.engine, {"test": world.channel}, most=most, sources=world.sources, clock=world.clock, random=world.random
    ):
        found.append(number)
    return found


async def told(world: World, most: int) -> tuple[Any, ...]:
    """Three days with papers, alerts and digests: what was sent to each, and what is remembered of it."""
    ask(world)
    for number in range(3):
        world.take_in(*(paper(10 * number + n) for n in range(1, 6)))
        await send_all(world, most)
        world.wait(hours=12)
        await send_all(world, most)
        world.wait(hours=12)
    by_address: dict[int, list[Any]] = {}
    for one in world.channel.sent:
        items = [(item.id, item.kind, item.reasons, item.marks) for item in one.items]
        by_address.setdefault(one.recipient, []).append((one.kind, one.slot, one.part, one.parts, one.total, items))
    rows = [(one.recipient_id, one.paper_id, one.rank, one.dropped, one.slot) for one in world.rows(Delivery)]
    sent = {
        (one.recipient_id, one.slot, one.part, one.state, one.attempts, one.ambiguous) for one in world.rows(Message)
    }
    return by_address, sorted(rows, key=str), sent, [one.failures for one in world.rows(Recipient)]


async def test_it_is_as_if_each_was_told_alone(world: World, sqlite_template: Path, tmp_path: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "alone.db")
    alone = World(make_engine(f"sqlite:///{tmp_path / 'alone.db'}"), channel=Remembering(papers_at_most=3))

    assert await told(world, 4) == await told(alone, 1)
    alone.engine.dispose()
    assert len(world.channel.sent) > 20


async def test_as_many_are_claimed_as_wanted(world: World) -> None:
    owe_all(world)

    assert await send_all(world, 3) == [3, 3, 1]


async def test_each_outcome_is_recorded_for_itself(world: World, channel: Addressed) -> None:
    owe_all(world)
    channel.failures = [
        None, ChannelError("refused", sent=False), ChannelError("no answer", sent=None), None,
        ChannelError("gone", gone=True), ChannelError("bad", rejected=True), ChannelError("wait", sent=False, wait=40),
    ]  # fmt: skip

    assert await send_all(world, 7) == [7]
    messages, readers = world.rows(Message), world.rows(Recipient)
    by_recipient = {one.recipient_id: one for one in messages}
    states = sorted((one.state, one.attempts, one.ambiguous, one.error) for one in messages if one.state != "sent")
    assert sum(one.state == "sent" for one in messages) == 2
    assert states == [
        ("dead", 1, 0, "bad"), ("dead", 1, 0, "gone"), ("ready", 0, 0, "wait"), ("ready", 1, 0, "refused"),
        ("ready", 1, 1, "no answer"),
    ]  # fmt: skip
    assert all(one.attempt_started_at is None for one in messages)
    assert sorted(one.failures for one in readers) == [0, 0, 0, 1, 1, 1, 1]
    for reader in readers:
        again = {"ready": world.now + timedelta(seconds=1), "sent": world.now}.get(by_recipient[reader.id].state)
        assert again is None or reader.due_at >= again


async def test_one_that_takes_its_time_does_not_hold_up_what_others_were_told(
    world: World, channel: Addressed, monkeypatch: pytest.MonkeyPatch
) -> None:
    owe_all(world)
    slow = asyncio.Event()
    channel.doing["reader3"] = slow.wait
    monkeypatch.setattr(deliver, "_TOGETHER", 0.05)

    sending = asyncio.create_task(send_all(world, 7))
    await asyncio.to_thread(wait_until, lambda: sum(one.state == "sent" for one in world.rows(Message)) == 6)
    assert not sending.done()
    slow.set()
    await sending

    assert {one.state for one in world.rows(Message)} == {"sent"}


async def test_a_mistake_of_ours_with_one_is_none_with_the_others(world: World, channel: Addressed) -> None:
    owe_all(world)

    async def broken() -> None:
        raise RuntimeError("a bug")

    channel.doing["reader2"] = broken
    with pytest.raises(RuntimeError, match="a bug"):
        await send_all(world, 7)

    assert sorted(one.state for one in world.rows(Message)) == ["sending", *["sent"] * 6]
    del channel.doing["reader2"]
    world.now += LEASE
    await send_all(world, 7)
    assert sorted(one.ambiguous for one in world.rows(Message)) == [0, 0, 0, 0, 0, 0, 1]
    assert len(world.channel.sent) == 7


async def test_what_is_claimed_no_longer_is_not_sent(
    world: World, channel: Addressed, caplog: pytest.LogCaptureFixture
) -> None:
    owe_all(world)
    times = iter([NOON, *[NOON + LEASE - timedelta(seconds=channel.timeout - 1)] * 20])

    number = await deliver_many(world.engine, {"test": channel}, most=7, clock=lambda: next(times), random=world.random)

    assert number == 7
    assert channel.sent == []
    assert caplog.text.count("its claim does not last") == 7
    assert {(one.state, one.attempts, one.ambiguous) for one in world.rows(Message)} == {("ready", 0, 0)}
