"""How fast is sent: over all processes, on SQLite and on PostgreSQL."""

from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from farside.world import NOON, Remembering, World, paper

from bot import subscriptions
from bot.channels import ChannelError, Pace, Sent
from bot.claiming import LEASE
from bot.deliver import claim, drop_expired
from bot.models import Pace as Row
from bot.outcomes import Attempt, finish
from bot.store import pace
from bot.store.engine import Engine, make_engine, reading, writing

PEOPLE = tuple(f"person {number}" for number in range(30))
TOPICS = tuple(f"group/{number}" for number in range(4))
EDGE = timedelta(microseconds=100)  # times are rounded to microseconds


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine, NOON, Remembering(rate=25, gap=2, papers_at_most=2))


def owe(world: World, addresses: tuple[str, ...], papers: int) -> None:
    for address in addresses:
        subscriptions.subscribe(world.engine, ("test", address), "source:hf", now=world.now)
    world.take_in(*(paper(number) for number in range(1, papers + 1)))


def turns(attempts: list[Attempt]) -> list[datetime]:
    return sorted(one.claimed_at + timedelta(seconds=one.wait) for one in attempts)


def test_two_workers_keep_the_pace_of_the_lane_and_of_each_place(world: World, database_url: str) -> None:
    owe(world, PEOPLE + TOPICS, 6)
    workers, attempts = [world.engine, make_engine(database_url)], list[Attempt]()

    def work(engine: Engine) -> bool:
        claimed = claim(engine, {"test": world.channel}, world.clock)
        attempts.extend(claimed)
        return any(finish(engine, attempt, Sent(), world.clock, world.random) for attempt in claimed)

    while len(attempts) < (len(PEOPLE) + len(TOPICS)) * 3:
        worked = [work(engine) for engine in workers]
        if not any(worked):
            world.wait(seconds=0.25)
        assert world.now < NOON + timedelta(minutes=1)
    workers[1].dispose()

    gaps = [later - earlier for earlier, later in pairwise(turns(attempts))]
    assert min(gaps) >= timedelta(seconds=1 / 25) - EDGE
    by_place = defaultdict(list)
    for attempt in attempts:
        by_place[attempt.place.place].append(attempt)
    assert len(by_place["test:group"]) == 12
    for some in by_place.values():
        assert min(later - earlier for earlier, later in pairwise(turns(some))) >= timedelta(seconds=2) - EDGE
    # 12 messages for the group, two seconds apart: nothing else makes anybody wait.
    assert world.now - NOON < timedelta(seconds=26)
    assert all(attempt.wait <= 2.0 for attempt in attempts)


def test_eight_senders_at_once_get_different_turns_and_no_lock_fails(world: World) -> None:
    owe(world, PEOPLE, 1)

    def work(_: int) -> list[Attempt]:
        mine = []
        while found := claim(world.engine, {"test": world.channel}, world.clock):
            (attempt,) = found
            assert finish(world.engine, attempt, Sent(), world.clock, Random(1))
            mine.append(attempt)
        return mine

    with ThreadPoolExecutor(8) as pool:
        attempts = [one for some in pool.map(work, range(8)) for one in some]

    assert len({one.recipient_id for one in attempts}) == len(attempts) == 30
    assert {round((at - NOON).total_seconds() * 25, 3) for at in turns(attempts)} == set(range(30))


def test_nothing_is_claimed_while_the_lane_is_far_ahead_but_for_others(world: World) -> None:
    owe(world, ("one",), 1)
    other = Remembering()
    subscriptions.subscribe(world.engine, ("console", ""), "source:hf", now=world.now)
    world.take_in(paper(2))
    for _ in range(60):
        with writing(world.engine) as session:
            pace.note_sent(session, "test", Pace("test:somebody", 1), 25, world.now)

    channels = {"test": world.channel, "console": other}
    (first,), second = (claim(world.engine, channels, world.clock) for _ in range(2))
    world.wait(seconds=1)
    (third,) = claim(world.engine, channels, world.clock)

    assert (first.channel, second) == ("console", [])
    assert third
    assert (third.channel, round(third.wait, 3)) == ("test", 1.4)


def test_an_answer_to_a_command_makes_what_waits_for_its_chat_later(world: World) -> None:
    owe(world, ("one",), 1)
    with writing(world.engine) as session:
        pace.note_sent(session, "test", world.channel.pace("one"), 25, world.now)

    early = claim(world.engine, {"test": world.channel}, world.clock)
    world.wait(seconds=2)
    (late,) = claim(world.engine, {"test": world.channel}, world.clock)

    assert early == []
    assert late.wait == 0


def test_many_who_fail_at_once_count_as_one_failure_of_the_lane(world: World) -> None:
    owe(world, PEOPLE[:8], 1)
    attempts = [claim(world.engine, {"test": world.channel}, world.clock)[0] for _ in range(8)]

    for attempt in attempts:
        assert attempt
        world.wait(seconds=0.1)
        finish(world.engine, attempt, ChannelError("not there", lane=True), world.clock, world.random)

    with reading(world.engine) as session:
        row = session.get(Row, "lane:test")
        assert row
        assert (row.failures, row.reason) == (1, "not there")
        assert pace.stops(session, world.clock()) == [("test", row.next_at, "not there")]
    assert claim(world.engine, {"test": world.channel}, world.clock) == []


def test_a_wish_for_peace_is_kept_where_the_claim_ran_out_before_it_came(world: World) -> None:
    owe(world, ("one", "two"), 1)
    (late,), (other,) = (claim(world.engine, {"test": world.channel}, world.clock) for _ in range(2))
    world.now += LEASE
    (again,) = claim(world.engine, {"test": world.channel}, world.clock)
    assert again.recipient_id == late.recipient_id

    refused = ChannelError("Too Many Requests", sent=False, wait=300)
    assert not finish(world.engine, late, refused, world.clock, world.random)
    assert finish(world.engine, again, ChannelError("no answer", sent=None), world.clock, world.random)

    with reading(world.engine) as session:
        place, lane = (session.get_one(Row, name) for name in (late.place.place, "lane:test"))
        assert place.next_at >= world.now + timedelta(seconds=300)
        assert lane.next_at >= world.now + timedelta(seconds=300)
    assert claim(world.engine, {"test": world.channel}, world.clock) == []
    assert other.recipient_id != late.recipient_id


def test_paces_are_forgotten_after_a_day_but_those_of_lanes(world: World) -> None:
    owe(world, ("one",), 1)
    assert claim(world.engine, {"test": world.channel}, world.clock)
    world.wait(days=2)

    drop_expired(world.engine, world.clock)

    with reading(world.engine) as session:
        assert session.get(Row, "lane:test")
        assert session.get(Row, "test:one") is None


async def test_a_day_has_so_many_messages_and_the_others_follow_on_the_next(world: World) -> None:
    world.channel.a_day = 3
    owe(world, PEOPLE[:5], 1)
    await world.deliver()

    with reading(world.engine) as session:
        ((channel, until, reason),) = pace.stops(session, world.clock())
    assert (len(world.channel.sent), channel) == (3, "test")
    assert (until.date(), until.hour, until.minute) == (world.now.date() + timedelta(days=1), 0, 0)
    assert "the 3 messages of this day" in reason

    world.wait(seconds=(until - world.now).total_seconds())
    await world.deliver()

    assert len(world.channel.sent) == 5
    with reading(world.engine) as session:
        assert pace.stops(session, world.clock()) == []
