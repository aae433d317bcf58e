"""The database fails while a message is on its way, on SQLite and on PostgreSQL: what came of it is recorded when the
database is back, so nothing is sent twice for it."""

import logging
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from farside.world import Remembering, World, paper

from bot import deliver, subscriptions
from bot.channels import ChannelError, Outgoing, Sent
from bot.deliver import deliver_many, deliver_once
from bot.models import Message
from bot.models import Pace as StoredPace
from bot.store.engine import Engine, OperationalError


@dataclass
class Outage:
    """Lets so many statements fail, as those of a database that is restarted."""

    left: int = 0

    def __call__(self, *_: Any) -> None:
        if self.left:
            self.left -= 1
            raise OperationalError("select", {}, Exception("the connection is lost"))


@dataclass
class Cutting(Remembering):
    """While it sends, the database fails for `statements`."""

    outage: Outage = field(default_factory=Outage)
    statements: int = 0

    async def send(self, address: str, rendered: Outgoing) -> Sent:
        self.outage.left = self.statements
        return await super().send(address, rendered)


@pytest.fixture
def outage(engine: Engine) -> Iterator[Outage]:
    outage = Outage()
    sa.event.listen(engine, "before_cursor_execute", outage)
    yield outage
    sa.event.remove(engine, "before_cursor_execute", outage)


@pytest.fixture
def channel(outage: Outage) -> Cutting:
    return Cutting(outage=outage)


@pytest.fixture
def world(engine: Engine, channel: Cutting, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setattr(deliver, "_AGAIN", 0.0)
    world = World(engine, channel=channel)
    subscriptions.subscribe(engine, ("test", "me"), "invented", now=world.now)
    world.take_in(paper(1))
    return world


def nothing() -> None:
    pass


async def one(world: World, found: Callable[[], None] = nothing) -> None:
    await deliver_once(world.engine, {"test": world.channel}, clock=lambda: world.now, random=world.random, found=found)


async def many(world: World, found: Callable[[], None] = nothing) -> None:
    await deliver_many(
        world.engine, {"test": world.channel}, most=3, clock=lambda: world.now, random=world.random, found=found
    )


WAYS = pytest.mark.parametrize("send", [one, many])
Send = Callable[..., Awaitable[None]]


@WAYS
async def test_what_was_sent_is_recorded_when_the_database_is_back(
    world: World, channel: Cutting, send: Send, caplog: pytest.LogCaptureFixture
) -> None:
    channel.statements = 3

    await send(world)

    (message,) = world.rows(Message)
    assert (message.state, message.attempts, message.ambiguous) == ("sent", 1, 0)
    assert caplog.text.count("the database failed: the connection is lost; what came of a message waits") == 3
    world.now += timedelta(hours=1)
    await send(world)
    assert len(channel.sent) == 1


@WAYS
async def test_a_wish_for_peace_is_kept_when_the_database_is_back(world: World, channel: Cutting, send: Send) -> None:
    channel.statements, channel.failures = 2, [ChannelError("wait", wait=40, sent=False)]

    await send(world)

    (message,) = world.rows(Message)
    assert (message.state, message.attempts, message.ambiguous) == ("ready", 0, 0)
    (place,) = [row for row in world.rows(StoredPace) if row.name == "test:me"]
    assert place.next_at >= world.now + timedelta(seconds=40)


@WAYS
async def test_what_was_claimed_is_sent_when_the_database_is_back(
    world: World, channel: Cutting, outage: Outage, send: Send
) -> None:
    def fail() -> None:
        outage.left = 2

    await send(world, fail)

    (message,) = world.rows(Message)
    assert (message.state, message.attempts, message.ambiguous) == ("sent", 1, 0)
    assert len(channel.sent) == 1


@WAYS
async def test_a_database_that_stays_away_for_longer_than_claims_last_is_an_error(
    world: World, channel: Cutting, send: Send, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(deliver, "LEASE", timedelta(0))
    channel.statements = 1

    with pytest.raises(OperationalError, match="the connection is lost"):
        await send(world)

    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []
    (message,) = world.rows(Message)
    assert (message.state, message.attempts) == ("sending", 1)
