"""Mails that somebody asked for go out whatever becomes of papers; on SQLite and on PostgreSQL."""

from collections.abc import Callable

import pytest
from farside.world import World, paper

from bot import opt_in, recipients
from bot import subscriptions as subs
from bot.channels import ChannelError
from bot.models import Delivery, Message, Recipient
from bot.store import chats
from bot.store.engine import Engine, writing

PLACE = "ada@example.org"
ADA = "email", PLACE


@pytest.fixture
def world(engine: Engine) -> World:
    world = World(engine, name="email")
    subs.subscribe(engine, ADA, "source:hf", now=world.now)
    return world


def disable(world: World) -> None:
    with writing(world.engine) as session:
        recipient = session.get_one(Recipient, 1)
        recipient.disabled_at, recipient.disabled_reason = world.now, "no such user"


def doubt(world: World) -> None:
    with writing(world.engine) as session:
        session.get_one(Recipient, 1).confirmed_at = None


def ask(world: World) -> None:
    asked = opt_in.Wanted("kettles")
    assert opt_in.ask(world.engine, PLACE, asked, now=world.now, zone_name="UTC", language="en")


def kinds(world: World) -> list[str]:
    return [one.kind for one in world.channel.sent]


STILL = pytest.mark.parametrize(
    "still",
    [
        lambda world: recipients.pause(world.engine, ADA, world.now),
        lambda world: recipients.change_settings(world.engine, ADA, now=world.now, quiet="10:00-20:00"),
        disable,
        doubt,
    ],
    ids=["paused", "quiet hours", "disabled", "unconfirmed"],
)


@STILL
async def test_who_wants_no_papers_now_gets_what_was_asked(world: World, still: Callable[[World], object]) -> None:
    world.take_in(paper(1))
    still(world)
    world.take_in(paper(2))
    assert await world.deliver() == []

    ask(world)
    await world.deliver()
    world.wait(minutes=5)
    assert await world.deliver() == []

    assert kinds(world) == ["confirm"]
    assert [(one.kind, one.state) for one in world.rows(Message)] == [("confirm", "sent")]
    assert [(one.message_id, one.dropped) for one in world.rows(Delivery)] == [(None, None)] * 2


async def test_a_frozen_message_waits_for_its_recipient_while_notices_pass(world: World) -> None:
    world.take_in(paper(1))
    world.channel.failures.append(ChannelError("not now", again=60))
    await world.deliver()
    recipients.pause(world.engine, ADA, world.now)
    world.wait(hours=1)

    ask(world)
    await world.deliver()
    assert kinds(world) == ["confirm"]

    recipients.resume(world.engine, ADA, world.now)
    await world.deliver()
    assert kinds(world) == ["confirm", "alert"]


async def test_notices_come_before_papers(world: World) -> None:
    world.take_in(paper(1))
    world.channel.failures.append(ChannelError("not now", again=60))
    await world.deliver()  # a frozen message waits
    world.take_in(paper(2))  # and what is not frozen yet
    world.wait(hours=1)
    opt_in.ask_manage(world.engine, PLACE, world.now)

    await world.deliver()

    assert kinds(world) == ["manage", "alert", "alert"]


async def test_a_notice_does_not_wait_behind_what_failed(world: World) -> None:
    world.take_in(paper(1))
    world.channel.failures.append(ChannelError("not now", again=3600))
    await world.deliver()
    ask(world)

    await world.deliver()

    assert kinds(world) == ["confirm"]


@STILL
async def test_what_is_forgotten_is_not_sent_nor_papers_instead(world: World, still: Callable[[World], object]) -> None:
    world.take_in(paper(1))
    still(world)
    ask(world)
    with writing(world.engine) as session:
        chats.forget_account(session, PLACE)

    assert await world.deliver() == []

    (message,) = world.rows(Message)
    assert (message.state, message.error) == ("dead", "nothing of it is asked for any more")


async def test_a_notice_that_was_not_taken_is_sent_again(world: World) -> None:
    ask(world)
    world.channel.failures += [ChannelError("greylisted", again=300)]
    await world.deliver()
    assert kinds(world) == []

    world.wait(minutes=10)
    await world.deliver()
    assert [one.notice and one.notice.queries for one in world.channel.sent] == [("kettles",)]


async def test_a_refused_notice_does_not_make_a_paused_address_get_papers(world: World) -> None:
    recipients.pause(world.engine, ADA, world.now)
    world.take_in(paper(1))
    ask(world)
    world.channel.failures += [ChannelError("no such user", gone=True, rejected=True)]
    await world.deliver()
    world.wait(days=1)
    await world.deliver()

    assert "alert" not in kinds(world)
