"""Chats that block us, return and move, and dead letters: on SQLite and on PostgreSQL."""

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from farside.world import World, paper

from bot import bookmarks, presence, subscriptions
from bot.channels import ChannelError
from bot.deliver import claim, drop_expired, finish
from bot.models import Delivery, Message, Person, Recipient, Saved, Subscription
from bot.store import backlog
from bot.store.engine import Engine, reading, writing
from bot.subscriptions import Rhythm

OLD, NEW = ("test", "-100"), ("test", "-200")


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def subscribe(world: World, address: str, query: str = "source:hf", **facts: Any) -> None:
    subscriptions.subscribe(world.engine, ("test", address), query, now=world.now, **facts)


def told(world: World) -> Counter[int]:
    return Counter(item.id for message in world.channel.sent for item in message.items)


# Blocked, and back ----------------------------------------------------------------------------------------------------


async def test_what_a_blocked_chat_is_owed_comes_as_one_digest_when_it_is_back(world: World) -> None:
    for address in ("-100", "-100/7", "-1001"):
        subscribe(world, address)
    world.take_in(paper(1))

    assert presence.gone(world.engine, OLD, "blocked by the user", world.now) == 2
    assert presence.gone(world.engine, OLD, "blocked again", world.now) == 0
    assert [attempt.address for attempt in await world.deliver()] == ["-1001"]
    world.wait(days=1)
    world.take_in(paper(2))
    assert [one.disabled_reason for one in world.rows(Recipient)] == ["blocked by the user"] * 2 + [None]

    assert presence.back(world.engine, OLD, world.now) == 4
    world.channel.sent.clear()
    await world.deliver()
    assert sorted((one.kind, one.total) for one in world.channel.sent) == [("alert", 1), ("digest", 2), ("digest", 2)]
    assert presence.back(world.engine, OLD, world.now) == 0


async def test_a_message_that_waits_for_its_next_attempt_is_given_back_unless_it_may_have_come(world: World) -> None:
    for address, sent in (("-100", False), ("-200", None)):
        subscribe(world, address)
        world.channel.failures.append(ChannelError("no", sent=sent))
    world.take_in(paper(1))
    await world.deliver()

    for chat in (OLD, NEW):
        presence.gone(world.engine, chat, "blocked", world.now)

    assert [row.state for row in world.rows(Message)] == ["dead", "ready"]
    world.wait(minutes=5)
    for chat in (OLD, NEW):
        presence.back(world.engine, chat, world.now)
    await world.deliver()
    assert [(one.kind, one.key) for one in world.channel.sent] == [
        ("alert", "2-2"),
        ("digest", "1-3"),
        ("alert", "2-2"),
    ]


async def test_what_may_have_come_to_a_chat_that_stays_away_is_given_up(world: World) -> None:
    subscribe(world, "-100")
    world.channel.failures = [ChannelError("no", sent=None)]
    world.take_in(paper(1))
    await world.deliver()
    presence.gone(world.engine, OLD, "blocked", world.now)

    world.wait(days=8)
    drop_expired(world.engine, world.clock)

    (message,) = world.rows(Message)
    assert (message.state, message.error) == ("dead", "the recipient was disabled for more than 7 days")


# Moved ----------------------------------------------------------------------------------------------------------------


async def test_a_chat_moves_with_its_topics_and_twice_is_once(world: World) -> None:
    for address in ("-100", "-100/7", "-1001"):
        subscribe(world, address)
    world.take_in(paper(1))

    assert presence.moved(world.engine, OLD, NEW, world.now) == 2
    assert presence.moved(world.engine, OLD, NEW, world.now) == 0

    assert [one.address for one in world.rows(Recipient)] == ["-200", "-200/7", "-1001"]
    assert sorted(one.address for one in await world.deliver()) == ["-1001", "-200", "-200/7"]


async def test_a_chat_that_moves_onto_itself_changes_nothing(world: World) -> None:
    subscribe(world, "-100")

    presence.moved(world.engine, OLD, OLD, world.now)

    assert [one.address for one in world.rows(Recipient)] == ["-100"]


async def unite(world: World, *, tell_old: bool = False, tell_new: bool = False, fail_old: bool = False) -> None:
    """Both are owed paper 1; it is told to one of them, or frozen for it; then they are united."""
    subscribe(world, "-100", name="mine")
    subscribe(world, "-200", name="mine")
    world.take_in(paper(1))
    both = {"-100": tell_old or fail_old, "-200": tell_new}
    for address, tells in both.items():
        if not tells:
            with writing(world.engine) as session:
                later = world.now + timedelta(hours=1)
                session.execute(sa.update(Recipient).where(Recipient.address == address).values(due_at=later))
    if fail_old:
        world.channel.failures = [ChannelError("refused", sent=False)]
    if any(both.values()):
        assert len(await world.deliver()) == sum(both.values())
    world.take_in(paper(2))
    presence.moved(world.engine, OLD, NEW, world.now)


@pytest.mark.parametrize(
    "done",
    [{}, {"tell_old": True}, {"tell_new": True}, {"fail_old": True}, {"fail_old": True, "tell_new": True},
     {"tell_old": True, "tell_new": True}],
)  # fmt: skip
async def test_two_recipients_that_are_one_chat_are_told_once(world: World, done: dict[str, bool]) -> None:
    await unite(world, **done)

    world.wait(hours=2)
    await world.deliver()

    assert told(world) == {1: 1 + (done == {"tell_old": True, "tell_new": True}), 2: 1}
    assert [one.address for one in world.rows(Recipient)] == ["-200"]
    assert [one.name for one in world.rows(Subscription)] == ["mine"]
    papers = Counter((one.paper_id, one.kind) for one in world.rows(Delivery))
    assert set(papers.values()) == {1}
    assert not {one.state for one in world.rows(Message)} - {"sent"}


async def test_different_subscriptions_of_the_same_name_are_both_kept(world: World) -> None:
    subscribe(world, "-100", "invented", name="mine")
    subscribe(world, "-200", "source:hf", name="mine", rhythm=Rhythm("daily", "18:00"))
    world.take_in(paper(1))

    presence.moved(world.engine, OLD, NEW, world.now)
    await world.deliver()

    assert sorted((one.name, one.text) for one in world.rows(Subscription)) == [
        ("mine", "source:hf"), ("mine (2)", "invented")
    ]  # fmt: skip
    (message,) = world.channel.sent
    assert sorted(message.items[0].reasons) == ["mine", "mine"]
    assert message.kind == "alert"


async def test_digests_of_the_same_day_keep_their_parts_together(world: World) -> None:
    for address in ("-100", "-200"):
        subscribe(world, address, "source:hf", rhythm=Rhythm("daily", "18:00"))
    world.channel.papers_at_most = 2
    world.take_in(*(paper(number) for number in range(1, 6)))
    world.wait(hours=6)
    await world.deliver()

    presence.moved(world.engine, OLD, NEW, world.now)

    slots = Counter((one.recipient_id, one.slot.partition(" from ")[0]) for one in world.rows(Message))
    assert slots == {(2, "digest:2026-11-20 18:00"): 6}
    assert len({(one.slot, one.part) for one in world.rows(Message)}) == 6


async def test_an_owner_without_addresses_and_bookmarks_goes_and_one_with_bookmarks_stays(world: World) -> None:
    for number, saves in enumerate((False, True)):
        owner = ("telegram", f"{number}")
        subscribe(world, f"-10{number}", owner=owner)
        if saves:
            world.take_in(paper(1))
            bookmarks.save(world.engine, owner, 1, world.now)
    subscribe(world, "-200")

    for number in range(2):
        presence.moved(world.engine, ("test", f"-10{number}"), NEW, world.now)

    assert sorted(one.kind for one in world.rows(Person)) == ["operator", "telegram"]
    assert [one.paper_id for one in world.rows(Saved)] == [1]


def test_a_chat_that_moved_while_a_message_was_sent_to_it_is_sent_it_again_at_once(world: World) -> None:
    for address in ("-100/7", "-200/7"):
        subscribe(world, address)
    world.take_in(paper(1))
    channels = {"test": world.channel}
    (attempt,) = claim(world.engine, channels, world.clock)
    assert attempt
    assert attempt.address == "-100/7"

    assert finish(world.engine, attempt, ChannelError("moved", moved_to="-200"), world.clock, world.random)

    (again,) = claim(world.engine, channels, world.clock)
    assert again
    assert (again.address, [item.id for item in again.outgoing.items]) == ("-200/7", [1])
    assert claim(world.engine, channels, world.clock) == []
    assert [(one.state, one.attempts) for one in world.rows(Message)] == [("sending", 1)]


# Dead letters ---------------------------------------------------------------------------------------------------------


async def a_dead_letter(world: World) -> int:
    subscribe(world, "-100")
    world.channel.failures = [ChannelError("the message text is empty", rejected=True)]
    world.take_in(paper(1), paper(2))
    await world.deliver()
    with reading(world.engine) as session:
        ((message, recipient, papers),) = backlog.dead_letters(session, 10)
        assert (message.error, recipient.address, papers) == ("the message text is empty", "-100", 2)
        assert backlog.depth(session, world.now)["dead"] == 1
        return message.id or 0


async def test_a_dead_letter_is_sent_again_as_it_was(world: World) -> None:
    id = await a_dead_letter(world)
    world.wait(days=3)
    world.take_in(paper(3))

    with writing(world.engine) as session:
        backlog.retry_dead(session, id, world.now)
    await world.deliver()

    assert [[item.id for item in one.items] for one in world.channel.sent] == [[1, 2], [3]]
    assert [(one.state, one.attempts, one.error) for one in world.rows(Message)] == [("sent", 1, None)] * 2


async def test_a_dropped_dead_letter_is_never_sent_and_says_why(world: World) -> None:
    id = await a_dead_letter(world)

    with writing(world.engine) as session:
        backlog.drop_dead(session, id)
    world.wait(days=3)

    assert await world.deliver() == []
    assert world.rows(Message) == []
    assert {one.dropped for one in world.rows(Delivery)} == {"given up: the message text is empty"}


async def test_what_is_no_dead_letter_is_refused(world: World) -> None:
    subscribe(world, "-100")
    world.channel.failures = [ChannelError("blocked", gone=True)]
    world.take_in(paper(1))
    await world.deliver()
    (given_back,) = world.rows(Message)
    assert given_back.state == "dead"

    with writing(world.engine) as session:
        for change in (
            lambda id: backlog.retry_dead(session, id, world.now),
            lambda id: backlog.drop_dead(session, id),
        ):
            for id in (given_back.id, 99):
                with pytest.raises(ValueError, match=f"no dead letter with the number {id}"):
                    change(id)
        assert backlog.dead_letters(session, 10) == []
        assert backlog.depth(session, world.now)["dead"] == 0
