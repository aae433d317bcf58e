"""What digests promise, on SQLite and on PostgreSQL: when they come, what is in them, and what they say of it."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa
from farside.world import DAY, NOON, World, paper

from bot import recipients, subscriptions
from bot.channels import Outgoing
from bot.deliver import claim
from bot.freezing import rehearse
from bot.models import ListDay, Source
from bot.store import sources
from bot.store.engine import Engine, writing
from bot.subscriptions import Rhythm

ME, OTHER = ("test", "me"), ("test", "other")
EIGHT = datetime(2026, 11, 21, 8, tzinfo=UTC)
DAILY = Rhythm("daily")


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def subscribe(world: World, query: str = "source:hf", address: tuple[str, str] = ME, **options: object) -> None:
    values: dict[str, object] = {"rhythm": DAILY, **options}
    subscriptions.subscribe(world.engine, address, query, now=world.now, **values)  # type: ignore[arg-type]


def change(world: World, **values: object) -> None:
    recipients.change_settings(world.engine, ME, now=world.now, **values)  # type: ignore[arg-type]


def source_is(world: World, state: str, *, papers: int = 2, due_in: float = 30) -> None:
    """A list is open, growing or closed, and its source, that digests wait for, is read in so many minutes."""
    world.sources = ("hf",)
    with writing(world.engine) as session:
        source = sources.source_named(session, "hf", "huggingface", world.now)
        source.due_at, source.reading_since = world.now + timedelta(minutes=due_in), None
        session.merge(ListDay(source_id=source.id or 0, day=DAY, state=state, papers=papers, changed_at=world.now))


def set_source(world: World, **values: object) -> None:
    with writing(world.engine) as session:
        session.execute(sa.update(Source).values(**values))


async def deliver(world: World) -> list[Outgoing]:
    """What is sent now."""
    before = len(world.channel.sent)
    await world.deliver()
    return world.channel.sent[before:]


async def deliver_at(world: World, at: datetime) -> list[Outgoing]:
    world.now = at
    return await deliver(world)


def ids(messages: list[Outgoing]) -> list[list[int]]:
    return [[item.id for item in message.items] for message in messages]


def at(hour: int, minute: int = 0, day: int = 21) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


# Waiting for lists ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "last"), [(None, at(8, 44)), (10, at(8, 9)), (120, at(9, 59))])
async def test_a_digest_waits_for_an_open_list_as_long_as_wanted_and_says_what_is_missing(
    world: World, minutes: int | None, last: datetime
) -> None:
    subscribe(world)
    change(world, wait=minutes)
    world.take_in(paper(1))
    world.now = EIGHT
    source_is(world, "open", due_in=600)

    waited = [await deliver_at(world, moment) for moment in (EIGHT, EIGHT + timedelta(minutes=5), last)]
    (message,) = await deliver_at(world, last + timedelta(minutes=1))

    assert waited == [[], [], []]
    assert message.coverage == "Not read yet: hf of 20 Nov."


@pytest.mark.parametrize("state", ["due", "running"])
async def test_a_digest_waits_for_a_reading_that_is_due_or_runs(world: World, state: str) -> None:
    subscribe(world)
    world.take_in(paper(1))
    world.now = EIGHT
    source_is(world, "growing", due_in=0 if state == "due" else 30)
    set_source(world, reading_since=EIGHT if state == "running" else None)

    waits = await deliver(world)
    world.wait(minutes=3)
    set_source(world, reading_since=None, due_at=EIGHT + timedelta(minutes=30))
    (message,) = await deliver(world)

    assert waits == []
    assert message.coverage == "Read: hf: 2 so far on 20 Nov."


async def test_a_reading_that_does_not_end_is_named_after_the_wait(world: World) -> None:
    subscribe(world)
    world.take_in(paper(1))
    world.now = EIGHT
    source_is(world, "growing", due_in=0)

    assert await deliver(world) == []
    (message,) = await deliver_at(world, at(8, 45))

    assert message.coverage == "Read: hf: 2 so far on 20 Nov. Not read yet: hf since its last list."


@pytest.mark.parametrize("state", ["growing", "closed", "given_up"])
async def test_a_digest_does_not_wait_for_what_was_read_or_never_will_be(world: World, state: str) -> None:
    subscribe(world)
    world.take_in(paper(1))
    world.now = EIGHT
    source_is(world, state)

    (message,) = await deliver(world)

    assert "Not read yet" not in message.coverage


async def test_a_digest_does_not_wait_for_a_source_that_is_not_watched(world: World) -> None:
    subscribe(world)
    world.take_in(paper(1))
    world.now = EIGHT
    source_is(world, "open")
    world.sources = ("another",)

    assert len(await deliver(world)) == 1


async def test_alerts_do_not_wait_for_lists_also_while_a_digest_does(world: World) -> None:
    subscribe(world, "title:one")
    subscribe(world, "title:two", rhythm=Rhythm())
    world.take_in(paper(1, title="Number one of the Tests"))
    world.now = EIGHT
    source_is(world, "open")
    waits = await deliver(world)

    world.take_in(paper(2, title="Number two of the Tests"))
    world.wait(minutes=1)
    (alert,) = await deliver(world)
    (digest,) = await deliver_at(world, at(8, 45))

    assert waits == []
    assert (alert.kind, alert.items[0].id) == ("alert", 2)
    assert (digest.kind, ids([digest])) == ("digest", [[1]])


async def test_what_comes_while_a_digest_waits_is_in_it(world: World) -> None:
    subscribe(world, "title:one", name="first")
    subscribe(world, "title:two", name="had nothing before")
    subscribe(world, "title:three", name="evening", rhythm=Rhythm("daily", "18:00"))
    world.take_in(paper(1, title="Number one of the Tests"))
    world.now = EIGHT
    source_is(world, "open")
    assert await deliver(world) == []

    world.wait(minutes=10)
    titles = ("one again", "two", "three")
    world.take_in(*(paper(n, title=f"Number {title} of the Tests") for n, title in enumerate(titles, 2)))
    source_is(world, "growing", papers=4, due_in=1_000)
    (morning,) = await deliver(world)
    (evening,) = await deliver_at(world, at(18))

    assert (morning.slot, morning.total) == ("digest:2026-11-21 08:00", 3)
    assert ids([morning, evening]) == [[2, 1, 3], [4]]


async def test_an_alert_for_a_paper_of_a_digest_that_waits_comes_at_once(world: World) -> None:
    subscribe(world, name="daily")
    subscribe(world, "upvotes>=20", name="liked", rhythm=Rhythm())
    world.take_in(paper(1, upvotes=3), paper(2, upvotes=3))
    world.now = EIGHT
    source_is(world, "open")
    await deliver(world)

    world.take_in(paper(1, upvotes=30))
    world.wait(minutes=1)
    (alert,) = await deliver(world)
    (digest,) = await deliver_at(world, at(8, 45))

    assert (alert.kind, alert.items[0].reasons) == ("alert", ("daily", "liked"))
    assert ids([digest]) == [[2]]


async def test_a_wait_that_a_pause_ended_does_not_count_for_the_next_digest(world: World) -> None:
    subscribe(world)
    world.take_in(paper(1))
    world.now = EIGHT
    source_is(world, "open")
    await deliver(world)
    recipients.pause(world.engine, ME, world.now)
    world.now = at(12)
    recipients.resume(world.engine, ME, world.now)
    returned = await deliver(world)
    world.take_in(paper(2))

    waits = await deliver_at(world, at(8, day=22))
    (next_one,) = await deliver_at(world, at(8, 45, day=22))

    assert (ids(returned), waits, ids([next_one])) == ([[1]], [], [[2]])


# When ----------------------------------------------------------------------------------------------------------------


async def test_a_missed_digest_is_sent_once_on_return(world: World) -> None:
    subscribe(world)
    world.take_in(paper(1), paper(2))

    missed = await deliver_at(world, at(15, day=23))
    again = await deliver_at(world, at(16, day=23))

    assert [(one.slot, one.total) for one in missed] == [("digest:2026-11-21 08:00", 2)]
    assert again == []


async def test_a_week_has_one_digest_a_day_for_what_came_since_the_last(world: World) -> None:
    subscribe(world)
    for n in range(1, 8):
        world.take_in(paper(n))
        await deliver(world)
        world.wait(hours=20)
        await deliver(world)
        world.wait(hours=4)

    assert ids(world.channel.sent) == [[n] for n in range(1, 8)]
    assert [one.slot for one in world.channel.sent] == [f"digest:2026-11-{20 + n} 08:00" for n in range(1, 8)]


async def test_another_hour_and_zone_move_what_waits(world: World) -> None:
    subscribe(world)
    world.take_in(paper(1))
    change(world, at="18:00", zone_name="America/New_York")

    too_early = await deliver_at(world, NOON + timedelta(hours=10, minutes=59))
    (message,) = await deliver_at(world, NOON + timedelta(hours=11))

    assert too_early == []
    assert (message.slot, message.zone) == ("digest:2026-11-20 18:00", "America/New_York")


async def test_the_hour_changed_after_the_digest_gives_no_second_one_that_day(world: World) -> None:
    subscribe(world)
    world.take_in(paper(1))
    assert len(await deliver_at(world, EIGHT)) == 1
    world.take_in(paper(2))

    change(world, at="18:00")

    assert await deliver_at(world, at(23)) == []
    (message,) = await deliver_at(world, at(18, day=22))
    assert message.slot == "digest:2026-11-22 18:00"


async def test_a_subscription_with_an_hour_of_its_own_does_not_move_with_the_address(world: World) -> None:
    subscribe(world, rhythm=Rhythm("daily", "06:00"))
    world.take_in(paper(1))

    change(world, at="18:00")

    assert len(await deliver_at(world, at(6))) == 1


@pytest.mark.parametrize(
    ("rhythm", "options", "slot"),
    [
        ("instant", {}, None),
        ("weekdays", {}, "digest:2026-11-23 08:00"),
        ("weekly", {"weekday_name": "wed"}, "digest:2026-11-25 08:00"),
        ("daily", {"at": "23:30"}, "digest:2026-11-20 23:30"),
    ],
)
async def test_another_rhythm_moves_what_waits(
    world: World, rhythm: str, options: dict[str, str], slot: str | None
) -> None:
    subscribe(world, name="mine")
    world.take_in(paper(1))

    subscriptions.edit(world.engine, ME, "mine", now=world.now, rhythm=rhythm, **options)  # type: ignore[arg-type]

    if slot is None:
        assert [one.kind for one in await deliver(world)] == ["alert"]
        return
    when = datetime.fromisoformat(slot.removeprefix("digest:")).replace(tzinfo=UTC)
    assert await deliver_at(world, when - timedelta(minutes=1)) == []
    assert [one.slot for one in await deliver_at(world, when)] == [slot]


async def test_quiet_hours_that_are_switched_off_let_out_what_they_held(world: World) -> None:
    subscribe(world, rhythm=Rhythm())
    change(world, quiet="11:00-20:00")
    world.take_in(paper(1))
    held = await deliver(world)

    change(world, quiet="off")
    world.wait(minutes=3)

    assert held == []
    assert len(await deliver(world)) == 1


@pytest.mark.parametrize("what", ["settings", "a pause"])
async def test_what_is_changed_during_an_attempt_does_not_double_it(world: World, what: str) -> None:
    subscribe(world, rhythm=Rhythm())
    world.take_in(paper(1))
    channels = {"test": world.channel}

    assert claim(world.engine, channels, world.clock)
    if what == "settings":
        change(world, quiet="off")
    else:
        recipients.pause(world.engine, ME, world.now)
        recipients.resume(world.engine, ME, world.now)

    assert claim(world.engine, channels, world.clock) == []


# What ----------------------------------------------------------------------------------------------------------------


async def test_a_digest_shows_the_best_and_counts_the_rest(world: World) -> None:
    subscribe(world)
    change(world, most=3)
    world.take_in(*(paper(n, upvotes=n) for n in range(1, 11)))

    (message,) = await deliver_at(world, EIGHT)

    assert ids([message]) == [[10, 9, 8]]
    assert (message.total, message.more, message.parts) == (10, 7, 1)
    assert await deliver_at(world, at(8, day=22)) == []


async def test_the_last_part_counts_what_no_part_shows(world: World) -> None:
    subscribe(world)
    change(world, most=5)
    world.channel.papers_at_most = 2
    world.take_in(*(paper(n, upvotes=n) for n in range(1, 8)))

    parts = await deliver_at(world, EIGHT)

    assert ids(parts) == [[7, 6], [5, 4], [3]]
    assert [(one.part, one.parts, one.total, one.more) for one in parts] == [(1, 3, 7, 0), (2, 3, 7, 0), (3, 3, 7, 2)]


async def test_a_digest_goes_by_subscription_then_upvotes_then_newest(world: World) -> None:
    subscribe(world, "title:second", name="a second thing")
    subscribe(world, "title:first", name="a first thing")
    facts = [("first", 90, 19), ("second", 5, 18), ("second", 5, 19), ("second", 7, 1), ("second first", 1, 1)]
    for n, (word, upvotes, day) in enumerate(facts, 1):
        published = date(2026, 11, day)
        world.take_in(paper(n, title=f"Test {n} of the {word} sort", upvotes=upvotes, published=published))

    (message,) = await deliver_at(world, EIGHT)

    assert ids([message]) == [[4, 3, 2, 5, 1]]


async def test_subscriptions_that_overlap_give_each_paper_once_with_all_reasons(world: World) -> None:
    words = {"a": "apples", "b": "bricks", "c": "clocks"}
    for name, word in words.items():
        subscribe(world, f"title:{word}", name=name)
    groups = ["a", "b", "c", "ab", "ac", "bc", "abc", ""]
    for n, group in enumerate(groups, 1):
        world.take_in(paper(n, title=f"Test {n} of " + " and ".join([*(words[name] for name in group), "tests"])))

    (message,) = await deliver_at(world, EIGHT)

    found = {item.id: "".join(sorted(item.reasons)) for item in message.items}
    assert len(message.items) == message.total == 7
    assert found == {n: group for n, group in enumerate(groups, 1) if group}


async def test_a_reminder_comes_on_its_day_at_the_hour_of_digests(world: World) -> None:
    subscribe(world, rhythm=Rhythm())
    world.take_in(paper(1))
    await deliver(world)

    day = recipients.remind(world.engine, ME, 1, "monday", world.now)
    too_early = await deliver_at(world, at(7, 59, day=23))
    (message,) = await deliver_at(world, at(8, day=23))
    again = await deliver_at(world, at(8, day=24))

    assert day == date(2026, 11, 23)
    assert (too_early, again) == ([], [])
    assert (message.kind, message.items[0].kind, message.items[0].reasons) == (
        "digest", "reminder:2026-11-23", ("reminder",)
    )  # fmt: skip


async def test_a_reminder_moves_with_the_hour_and_is_one_however_often_it_is_asked_for(world: World) -> None:
    subscribe(world)
    world.take_in(paper(1), alert=False)
    for _ in range(3):
        recipients.remind(world.engine, ME, 1, "2d", world.now)

    change(world, at="20:15")

    assert await deliver_at(world, at(20, 14, day=22)) == []
    (message,) = await deliver_at(world, at(20, 15, day=22))
    assert [item.id for item in message.items] == [1]


# Rehearsal -----------------------------------------------------------------------------------------------------------


async def test_a_rehearsal_shows_what_is_then_sent_and_changes_nothing(world: World) -> None:
    subscribe(world, "upvotes>=5", name="liked")
    subscribe(world, name="all")
    change(world, most=3)
    world.channel.papers_at_most = 2
    world.take_in(*(paper(n, upvotes=n) for n in range(1, 9)))
    source_is(world, "growing", due_in=2_000)
    before = world.everything()

    shown = rehearse(world.engine, ME, world.channel.papers_at_most, ["hf"], None, world.now)
    after = world.everything()
    sent = await deliver_at(world, EIGHT)

    assert after == before
    assert [content(one) for one in shown] == [content(one) for one in sent]
    assert len(sent) == 2


async def test_a_digest_of_the_past_is_shown_as_it_was_sent(world: World) -> None:
    subscribe(world)
    world.take_in(paper(1))
    sent = await deliver_at(world, EIGHT)
    world.take_in(paper(2))
    world.wait(hours=1)

    of_today = rehearse(world.engine, ME, world.channel.papers_at_most, ["hf"], EIGHT.date(), world.now)
    next_one = rehearse(world.engine, ME, world.channel.papers_at_most, ["hf"], None, world.now)

    assert of_today == sent
    assert [one.slot for one in next_one] == ["digest:2026-11-22 08:00"]
    assert rehearse(world.engine, ME, world.channel.papers_at_most, ["hf"], date(2026, 1, 1), world.now) == []


def content(message: Outgoing) -> tuple[object, ...]:
    return message.slot, message.part, message.parts, message.total, message.more, message.coverage, message.items
