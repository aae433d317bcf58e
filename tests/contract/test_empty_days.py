"""Days without papers, for those who want to hear of them, on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
from farside.world import DAY, NOON, World, paper

from bot import empty_days, recipients, subscriptions
from bot.models import ListDay, Message, Source
from bot.store.engine import Engine, writing
from bot.subscriptions import Rhythm

ADA = ("test", "ada")


@pytest.fixture
def world(engine: Engine) -> World:
    """It is noon; a digest comes every day at 18:00 (UTC)."""
    world = World(engine)
    world.take_in(paper(1), alert=False)
    subscriptions.subscribe(engine, ADA, "kettles", now=NOON, name="tea", rhythm=Rhythm("daily", "18:00"))
    recipients.change_settings(engine, ADA, now=NOON, empty=True)
    return world


async def told(world: World, **time: float) -> list[tuple[str, int]]:
    """The digests after so much time: their slots, and how many papers they have."""
    world.wait(**time)
    empty_days.tell(world.engine, world.sources, world.clock)
    await world.deliver()
    return [(one.slot, one.total) for one in world.channel.sent]


async def test_a_day_without_papers_is_told_once_with_what_was_read(world: World) -> None:
    assert await told(world, hours=5) == []
    assert await told(world, hours=2) == [("digest:2026-11-20 18:00", 0)]
    assert await told(world, minutes=5) == [("digest:2026-11-20 18:00", 0)]
    assert await told(world, hours=24) == [("digest:2026-11-20 18:00", 0), ("digest:2026-11-21 18:00", 0)]
    assert world.channel.sent[0].kind == "digest"


async def test_who_does_not_want_it_hears_nothing(world: World) -> None:
    recipients.change_settings(world.engine, ADA, now=NOON, empty=False)

    assert await told(world, hours=7) == []


async def test_a_day_with_papers_has_its_digest_only(world: World) -> None:
    world.take_in(paper(2, title="Kettles that Sing"))

    assert await told(world, hours=7) == [("digest:2026-11-20 18:00", 1)]
    assert await told(world, minutes=1) == [("digest:2026-11-20 18:00", 1)]


async def test_what_comes_after_the_hour_is_in_the_next_digest(world: World) -> None:
    assert await told(world, hours=7) == [("digest:2026-11-20 18:00", 0)]
    world.take_in(paper(2, title="Kettles that Sing"))

    assert await told(world, hours=24) == [("digest:2026-11-20 18:00", 0), ("digest:2026-11-21 18:00", 1)]


async def test_an_hour_before_the_subscription_was_made_is_not_told(world: World) -> None:
    later = Rhythm("daily", "11:00")
    subscriptions.subscribe(world.engine, ("test", "ben"), "kettles", now=NOON, rhythm=later)
    recipients.change_settings(world.engine, ("test", "ben"), now=NOON, empty=True)

    assert await told(world, minutes=5) == []


@pytest.mark.parametrize("how", ["mute", "pause", "instant"])
async def test_who_wants_no_digest_now_hears_nothing(world: World, how: str) -> None:
    if how == "mute":
        subscriptions.mute(world.engine, ADA, "tea", NOON + timedelta(days=2))
    elif how == "pause":
        recipients.pause(world.engine, ADA, NOON)
    else:
        subscriptions.edit(world.engine, ADA, "tea", now=NOON, rhythm="instant")

    assert await told(world, hours=7) == []


async def test_it_waits_for_lists_that_are_not_read_as_long_as_a_digest_does(world: World) -> None:
    world.sources = ("hf",)
    with writing(world.engine) as session:
        source = session.get_one(Source, 1)
        session.merge(ListDay(source_id=source.id or 0, day=DAY, state="open", papers=0, changed_at=NOON))
        source.due_at = NOON + timedelta(days=3)

    assert await told(world, hours=6, minutes=40) == []
    assert await told(world, minutes=10) == [("digest:2026-11-20 18:00", 0)]
    assert "hf" in world.channel.sent[0].coverage


async def test_a_machine_that_slept_for_long_tells_only_of_the_last_day(world: World) -> None:
    assert await told(world, days=3, hours=5) == []
    assert await told(world, hours=2) == [("digest:2026-11-23 18:00", 0)]


async def test_who_changes_their_mind_before_it_is_sent_hears_nothing(world: World) -> None:
    world.wait(hours=7)
    assert empty_days.tell(world.engine, (), world.clock) == 1
    recipients.change_settings(world.engine, ADA, now=world.now, empty=False)

    await world.deliver()

    assert world.channel.sent == []
    assert [one.state for one in world.rows(Message)] == ["dead"]
