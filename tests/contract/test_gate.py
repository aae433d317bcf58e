"""The gate before every request, on SQLite and on PostgreSQL: one at a time to a host, with its gap."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.gate import Gate
from bot.store.engine import Engine
from scrapers.fetch import RateLimited

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


class Days:
    """A clock that goes on when somebody sleeps."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Days:
    return Days()


@pytest.fixture
def gate(engine: Engine, clock: Days) -> Gate:
    return made(engine, clock)


def made(engine: Engine | None, clock: Days) -> Gate:
    gaps = {"slow.test": 15.0}
    return Gate(engine, gap=0.5, gaps=gaps, free=frozenset({"own.test"}), longest=60, clock=clock, sleep=clock.sleep)


async def through(gate: Gate, clock: Days, host: str = "slow.test", takes: float = 0) -> float:
    """Pass the gate; when (in seconds after noon) the request began."""
    async with gate(host):
        begun = (clock.now - NOON).total_seconds()
        await clock.sleep(takes)
    return begun


async def test_each_host_has_its_gap_from_the_last_answer(gate: Gate, clock: Days) -> None:
    assert [await through(gate, clock, takes=4) for _ in range(3)] == [0, 19, 38]
    assert await through(gate, clock, "other.test") == 42
    assert await through(gate, clock, "other.test") == 42.5
    assert [await through(gate, clock, "own.test") for _ in range(3)] == [42.5] * 3


async def test_without_a_database_a_process_is_polite_by_itself(clock: Days) -> None:
    gate = made(None, clock)
    assert [await through(gate, clock, takes=4) for _ in range(3)] == [0, 19, 38]


async def test_what_one_process_is_told_all_keep_to(engine: Engine, clock: Days) -> None:
    one, other = made(engine, clock), made(engine, clock)
    with pytest.raises(RateLimited):
        async with one("slow.test"):
            raise RateLimited("slow.test asked for a pause", 100)

    assert await through(other, clock) == 100


async def test_a_long_pause_is_not_waited_for(engine: Engine, clock: Days) -> None:
    one, other = made(engine, clock), made(engine, clock)
    with pytest.raises(RateLimited):
        async with one("slow.test"):
            raise RateLimited("slow.test asked for a pause", 43_838)

    with pytest.raises(RateLimited, match="asked for a pause until 2026-11-21 00:10 UTC") as told:
        await through(other, clock)
    assert told.value.retry_after == 43_838
    clock.now += timedelta(seconds=43_838)
    assert await through(other, clock) == 43_838


async def test_a_process_that_died_keeps_the_host_for_no_longer_than_an_exchange(engine: Engine, clock: Days) -> None:
    died = made(engine, clock)("slow.test")
    await died.__aenter__()

    assert 60 <= await through(made(engine, clock), clock) <= 70


async def test_a_process_that_was_frozen_cannot_shorten_what_others_were_told(engine: Engine, clock: Days) -> None:
    frozen, other = made(engine, clock)("slow.test"), made(engine, clock)
    await frozen.__aenter__()
    clock.now += timedelta(seconds=90)
    with pytest.raises(RateLimited):
        async with other("slow.test"):
            raise RateLimited("slow.test asked for a pause", 200)
    await frozen.__aexit__(None, None, None)

    assert await through(other, clock) == 290
