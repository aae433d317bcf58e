"""What the outbox promises, on SQLite and on PostgreSQL: who is told what, when, once."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
import sqlalchemy as sa
from farside.world import NOON, World, paper

from bot import recipients, subscriptions
from bot.channels import ChannelError, Sent
from bot.claiming import LEASE
from bot.deliver import claim, drop_expired, finish
from bot.models import Delivery, Message, Person, Recipient, Subscription
from bot.store import backlog, people
from bot.store.engine import Engine, reading, writing
from bot.subscriptions import Rhythm

ME = ("test", "me")


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def subscribe(world: World, query: str, address: tuple[str, str] = ME, **options: str) -> None:
    subscriptions.subscribe(world.engine, address, query, now=world.now, **options)  # type: ignore[arg-type]


def change_recipient(world: World, **values: object) -> None:
    with writing(world.engine) as session:
        recipient = people.find_recipient(session, *ME)
        for name, value in values.items():
            setattr(recipient, name, value)


async def test_a_paper_is_told_once_with_every_reason(world: World) -> None:
    subscribe(world, "invented", name="first")
    subscribe(world, "source:hf", name="second")
    subscribe(world, "nothing-like-it", name="third")

    for _ in range(3):
        world.take_in(paper(1))
        await world.deliver()
        world.wait(hours=1)

    (message,) = world.channel.sent
    (item,) = message.items
    assert sorted(item.reasons) == ["first", "second"]


async def test_a_later_reason_joins_what_waits_and_moves_it_to_the_earlier_time(world: World) -> None:
    subscribe(world, "source:hf", name="daily", rhythm=Rhythm("daily", "18:00"))
    subscribe(world, "upvotes>=20", name="now")

    world.take_in(paper(1, upvotes=3))
    assert await world.deliver() == []
    world.take_in(paper(1, upvotes=20))
    await world.deliver()
    world.wait(days=2)
    await world.deliver()

    (message,) = world.channel.sent
    assert sorted(message.items[0].reasons) == ["daily", "now"]


async def test_a_threshold_fires_on_the_day_when_it_is_crossed_and_once(world: World) -> None:
    subscribe(world, "upvotes>=20")

    for upvotes in (3, 19, 20, 25, 18, 21):
        world.take_in(paper(1, upvotes=upvotes))
        await world.deliver()
        world.wait(days=1)

    (message,) = world.channel.sent
    assert message.items[0].paper.upvotes == 20
    assert message.items[0].kind == "new"


async def test_a_threshold_crossed_after_the_paper_was_told_is_told_as_rising_once(world: World) -> None:
    subscribe(world, "invented", name="words")
    subscribe(world, "upvotes>=20", name="liked")

    for upvotes in (3, 30, 10, 40):
        world.take_in(paper(1, upvotes=upvotes))
        await world.deliver()
        world.wait(days=1)

    kinds = [(item.kind.split(":")[0], item.reasons) for message in world.channel.sent for item in message.items]
    assert kinds == [("new", ("words",)), ("rise", ("liked",))]


async def test_new_versions_are_told_to_those_who_asked_for_them(world: World) -> None:
    subscribe(world, "invented", name="with versions")
    with writing(world.engine) as session:
        session.execute(sa.update(Subscription).values(versions=True))
    subscribe(world, "invented", address=("test", "other"), name="without")

    for version in (1, 2, 2):
        world.take_in(paper(1, version=version))
        await world.deliver()
        world.wait(hours=1)

    assert [item.kind for message in world.channel.sent for item in message.items] == ["new", "new", "version:2"]


async def test_first_readings_and_files_fill_the_library_without_alerting(world: World) -> None:
    subscribe(world, "source:hf")

    taken = world.take_in(paper(1), alert=False)
    world.take_in(paper(1, upvotes=6))

    assert taken.owed == {}
    assert await world.deliver() == []


async def test_two_addresses_of_one_person_are_told_each(world: World) -> None:
    subscribe(world, "source:hf")
    subscribe(world, "source:hf", address=("test", "second"))

    world.take_in(paper(1))

    assert len(await world.deliver()) == 2


async def test_many_alerts_at_once_come_as_parts_of_one_digest_that_says_how_many(world: World) -> None:
    subscribe(world, "source:hf")
    world.channel.papers_at_most = 10

    world.take_in(*(paper(n) for n in range(1, 36)))
    await world.deliver()

    assert [(m.kind, m.part, m.parts, m.total, len(m.items)) for m in world.channel.sent] == [
        ("digest", 1, 4, 35, 10), ("digest", 2, 4, 35, 10), ("digest", 3, 4, 35, 10), ("digest", 4, 4, 35, 5),
    ]  # fmt: skip
    assert len(set(world.channel.titles)) == 35


async def test_a_digest_comes_once_at_its_hour_also_when_the_program_was_off(world: World) -> None:
    subscribe(world, "source:hf", rhythm=Rhythm("daily", "08:00"), zone_name="Europe/Berlin")

    world.take_in(paper(1))
    world.take_in(paper(2))
    before = await world.deliver()
    world.now = datetime.fromisoformat("2026-11-24T09:00:00+00:00")
    await world.deliver()

    assert before == []
    (message,) = world.channel.sent
    assert message.slot == "digest:2026-11-21 08:00"
    assert len(message.items) == 2


async def test_a_paper_that_came_earlier_for_another_reason_does_not_use_up_a_digest(world: World) -> None:
    subscribe(world, "source:hf", name="mornings", rhythm=Rhythm("daily", "08:00"))
    subscribe(world, "upvotes>=20", name="evenings", rhythm=Rhythm("daily", "18:00"))
    world.now = datetime.fromisoformat("2026-11-21T07:00:00+00:00")

    world.take_in(paper(1, upvotes=30))
    for hour in ("08:00", "12:00", "18:00"):
        world.now = datetime.fromisoformat(f"2026-11-21T{hour}:00+00:00")
        if hour == "12:00":
            world.take_in(paper(2, upvotes=30))
        await world.deliver()

    assert [message.slot for message in world.channel.sent] == ["digest:2026-11-21 08:00", "digest:2026-11-21 18:00"]


# The table of mute, pause, quiet hours, disabled, erased -----------------------------------------------------------


async def test_a_muted_subscription_gives_no_reason_then_or_later(world: World) -> None:
    subscribe(world, "source:hf", name="muted")
    subscriptions.mute(world.engine, ME, "muted", world.now + timedelta(days=1))

    world.take_in(paper(1))
    world.wait(days=2)
    world.take_in(paper(1, upvotes=7))

    assert await world.deliver() == []


async def test_what_waits_is_dropped_when_its_subscription_is_muted_edited_or_removed(world: World) -> None:
    for name in ("muted", "edited", "removed", "kept"):
        subscribe(world, "source:hf", address=("test", name), name=name)
    world.take_in(paper(1))

    subscriptions.mute(world.engine, ("test", "muted"), "muted", world.now + timedelta(days=1))
    subscriptions.edit(world.engine, ("test", "edited"), "edited", now=world.now, text="something else")
    subscriptions.unsubscribe(world.engine, ("test", "removed"), "removed")
    attempts = await world.deliver()

    assert [attempt.address for attempt in attempts] == ["kept"]
    dropped = [row.dropped for row in world.rows(Delivery) if row.dropped]
    assert len(dropped) == 3


@pytest.mark.parametrize("may_have_come", [False, True])
async def test_what_failed_is_not_sent_again_after_an_unsubscribe(world: World, may_have_come: bool) -> None:
    subscribe(world, "source:hf", name="mine")
    subscribe(world, "nothing", address=("test", "other"))
    world.take_in(paper(1))
    world.channel.failures = [ChannelError("try later", sent=None if may_have_come else False)]
    await world.deliver()

    subscriptions.unsubscribe(world.engine, ME, "mine")
    world.wait(hours=1)
    await world.deliver()

    assert world.channel.tried == 1
    (message,) = world.rows(Message)
    (delivery,) = world.rows(Delivery)
    assert (message.state, message.error) == ("dead", "nothing of it is asked for any more")
    assert delivery.dropped
    with reading(world.engine) as session:
        assert backlog.dead_letters(session, 9) == []
    # Asked for anew, it is told only if it certainly was not.
    subscribe(world, "upvotes>=9", name="again")
    world.take_in(paper(1, upvotes=10))
    await world.deliver()
    assert [one.kind for one in world.rows(Delivery) if one.message_id] == (["new"] if not may_have_come else [
        "new", "rise:3"
    ])  # fmt: skip


async def test_a_subscription_that_gets_the_number_of_a_removed_one_gets_nothing_of_it(world: World) -> None:
    subscribe(world, "source:hf", name="mine")
    world.take_in(paper(1))

    subscriptions.unsubscribe(world.engine, ME, "mine")
    subscribe(world, "something else")

    assert await world.deliver() == []


async def test_a_part_of_a_digest_leaves_out_what_is_not_asked_for_any_more(world: World) -> None:
    world.channel.papers_at_most = 10
    for name, query in (("mine", "upvotes>=5"), ("other", "title:kettles")):
        subscribe(world, query, name=name, rhythm=Rhythm("daily"))
    kettles = [paper(n, title=f"Kettles Number {n} of a Long Title", upvotes=1) for n in (3, 4)]
    world.take_in(paper(1), paper(2), *kettles)
    world.wait(days=1)
    world.channel.failures = [ChannelError("try later")]
    await world.deliver()

    subscriptions.mute(world.engine, ME, "other", world.now + timedelta(days=2))
    world.wait(hours=1)
    await world.deliver()

    assert world.channel.tried == 2
    assert sorted(world.channel.titles) == sorted(one.title for one in (paper(1), paper(2)))


async def test_an_edit_that_still_asks_for_the_paper_keeps_it(world: World) -> None:
    subscribe(world, "source:hf", name="mine")
    world.take_in(paper(1))

    subscriptions.edit(world.engine, ME, "mine", now=world.now, text="invented")
    await world.deliver()

    assert len(world.channel.sent) == 1


async def test_what_matches_in_a_pause_comes_as_one_digest_at_the_return(world: World) -> None:
    subscribe(world, "source:hf")
    recipients.pause(world.engine, ME, world.now)
    for n in range(1, 4):
        world.take_in(paper(n))
        world.wait(days=1)
    in_the_pause = await world.deliver()

    waited = recipients.resume(world.engine, ME, world.now)
    await world.deliver()

    assert (in_the_pause, waited) == ([], 3)
    (message,) = world.channel.sent
    assert (message.kind, message.total) == ("digest", 3)


async def test_quiet_hours_hold_until_their_end(world: World) -> None:
    subscribe(world, "source:hf", zone_name="Europe/Berlin")
    change_recipient(world, quiet_from="12:00", quiet_until="14:30")

    world.take_in(paper(1))
    held = await world.deliver()
    world.now = NOON + timedelta(hours=1, minutes=29)
    still_held = await world.deliver()
    world.now = NOON + timedelta(hours=1, minutes=30)
    await world.deliver()

    assert (held, still_held) == ([], [])
    assert len(world.channel.sent) == 1


async def test_a_gone_address_is_disabled_keeps_for_a_week_and_can_return(world: World) -> None:
    subscribe(world, "source:hf")
    world.channel.failures = [ChannelError("blocked by the user", gone=True)]
    world.take_in(paper(1))
    await world.deliver()
    world.wait(days=6)
    world.take_in(paper(2))
    assert drop_expired(world.engine, world.clock) == 0
    assert await world.deliver() == []

    recipients.resume(world.engine, ME, world.now)
    await world.deliver()

    assert len(world.channel.titles) == 2


async def test_what_waits_for_a_gone_address_is_dropped_after_a_week(world: World) -> None:
    subscribe(world, "source:hf")
    world.channel.failures = [ChannelError("blocked by the user", gone=True)]
    world.take_in(paper(1))
    await world.deliver()

    world.wait(days=8)
    dropped = drop_expired(world.engine, world.clock)
    recipients.resume(world.engine, ME, world.now)

    assert dropped == 1
    assert await world.deliver() == []


async def test_an_erased_recipient_leaves_nothing(world: World) -> None:
    subscribe(world, "source:hf")
    world.take_in(paper(1))
    await world.deliver()
    world.take_in(paper(2))

    subscriptions.unsubscribe(world.engine, ME)

    assert await world.deliver() == []
    assert [world.rows(table) for table in (Recipient, Subscription, Delivery, Message, Person)] == [[]] * 5


# Attempts ------------------------------------------------------------------------------------------------------------


async def test_a_failure_that_was_certainly_not_sent_is_retried_with_the_same_content(world: World) -> None:
    subscribe(world, "source:hf")
    world.channel.failures = [ChannelError("connection refused", sent=False)] * 3
    world.take_in(paper(1))

    waits = []
    for _ in range(4):
        before = world.now
        while not await world.deliver():
            world.wait(seconds=0.25)
        waits.append((world.now - before).total_seconds())
        world.take_in(paper(2))

    assert [item.id for item in world.channel.sent[0].items] == [1]
    assert all(later > earlier for earlier, later in pairwise(waits[1:]))
    assert next(row.ambiguous for row in world.rows(Message)) == 0


async def test_an_unknown_outcome_is_recorded_and_repeated_later_under_the_same_key(world: World) -> None:
    subscribe(world, "source:hf")
    world.channel.failures = [ChannelError("no answer in time", sent=None)]
    world.take_in(paper(1))

    await world.deliver()
    world.wait(seconds=50)
    too_early = await world.deliver()
    world.wait(seconds=100)
    await world.deliver()

    assert too_early == []
    first, second = world.channel.sent
    assert first.key == second.key
    (message,) = world.rows(Message)
    assert (message.state, message.ambiguous, message.attempts) == ("sent", 1, 2)


async def test_a_rejected_message_is_a_dead_letter_and_does_not_block_the_next(world: World) -> None:
    subscribe(world, "source:hf")
    world.channel.failures = [ChannelError("the webhook answered 422", rejected=True)]
    world.take_in(paper(1))
    await world.deliver()
    world.take_in(paper(2))
    await world.deliver()

    assert [(row.state, row.error) for row in world.rows(Message)] == [
        ("dead", "the webhook answered 422"), ("sent", None)
    ]  # fmt: skip


async def test_a_message_is_given_up_after_a_day_of_attempts_but_not_after_a_week_of_sleep(world: World) -> None:
    subscribe(world, "source:hf")
    world.channel.failures = [ChannelError("connection refused")] * 1000
    world.take_in(paper(1))
    await world.deliver()
    world.wait(days=7)
    await world.deliver()
    assert [row.state for row in world.rows(Message)] == ["ready"]

    for _ in range(60):
        world.wait(hours=1)
        await world.deliver()

    assert [row.state for row in world.rows(Message)] == ["dead"]
    assert world.channel.tried == 5


def test_a_crash_between_attempt_and_record_is_repeated_and_counted_as_ambiguous(world: World) -> None:
    subscribe(world, "source:hf")
    world.take_in(paper(1))
    channels = {"test": world.channel}

    (lost,) = claim(world.engine, channels, world.clock)
    assert claim(world.engine, channels, world.clock) == []
    world.wait(seconds=LEASE.total_seconds() + 1)
    (again,) = claim(world.engine, channels, world.clock)

    assert lost
    assert again
    assert lost.outgoing == again.outgoing
    assert [row.ambiguous for row in world.rows(Message)] == [1]
    assert finish(world.engine, lost, Sent(), world.clock, world.random) is False
    assert [row.state for row in world.rows(Message)] == ["sending"]
    assert finish(world.engine, again, Sent(), world.clock, world.random) is True
    assert [row.state for row in world.rows(Message)] == ["sent"]


def test_two_processes_never_claim_the_same_recipient(world: World) -> None:
    for n in range(20):
        subscribe(world, "source:hf", address=("test", f"{n}"))
    world.take_in(paper(1))

    claimed = []
    while found := claim(world.engine, {"test": world.channel}, world.clock):
        (attempt,) = found
        claimed.append(attempt.recipient_id)

    assert len(claimed) == len(set(claimed)) == 20


def test_a_mute_ends_when_its_day_begins_where_the_person_is(world: World) -> None:
    subscribe(world, "invented", name="mine", zone_name="Europe/Berlin")

    muted = subscriptions.mute(world.engine, ME, "mine", date(2026, 11, 23))

    assert muted.muted_until == datetime(2026, 11, 22, 23, tzinfo=UTC)
    assert subscriptions.mute(world.engine, ME, "mine", None).muted_until is None
