"""Many alerts through the fake Bot API with its limits: the pace that is allowed is used, and nobody is told to wait.

`./check bench telegram` is the same with 10,000 alerts.
"""

import asyncio
import time
from collections.abc import Awaitable
from pathlib import Path

import pytest
from farside.bulk import Crowd, Machine, deliver, most_within
from farside.sharing import share
from farside.virtual import Virtual
from farside.world import NOON

from bot.channels.telegram import TelegramChannel
from bot.store import backlog
from bot.store.engine import Engine, reading

ALLOWED = TelegramChannel.rate


def test_alerts_come_once_each_at_the_allowed_rate_and_without_a_429(engine: Engine) -> None:
    crowd = Crowd(people=108, groups=3)

    bulk = deliver(engine, crowd)

    assert (bulk.refused, bulk.lost, bulk.doubled) == (0, 0, 0)
    assert bulk.api.violations() == bulk.api.repeats() == []
    assert 0.95 * ALLOWED <= bulk.rate(few=12) <= 1.01 * ALLOWED  # the last was under way for less than the first
    assert bulk.worst_second <= ALLOWED + 2  # some are under way for longer than others
    # The last message of a group: 8 for its four topics, 18 a minute; it does not hold up the others.
    assert bulk.longest_wait < 8 * 60 / 18 + 10
    with reading(engine) as session:
        assert {*backlog.depth(session, NOON).values()} == {0}


def test_those_who_are_late_for_their_turns_do_not_send_all_at_once(sqlite_engine: Engine) -> None:
    bulk = deliver(sqlite_engine, Crowd(people=60, groups=0), machine=Machine(senders=16, stands=0.9))

    assert (bulk.refused, bulk.lost, bulk.doubled) == (0, 0, 0)
    assert bulk.worst_second <= ALLOWED + 2


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_four_processes_that_share_a_bot_keep_its_pace(engine: Engine, database_url: str, tmp_path: Path) -> None:
    """In real time: on a machine that is too busy even this may fail once, but not three times."""
    for attempt in range(3):
        bulk = share(engine, database_url, tmp_path, Crowd(people=200 + attempt, groups=0), processes=4, seconds=3)
        assert bulk.doubled == 0
        if not bulk.refused and len(bulk.sent) / 3 <= ALLOWED + 1:
            return
    pytest.fail(f"{len(bulk.sent)} messages in 3 s, {bulk.refused} times 429")


def test_virtual_time_passes_only_where_nothing_works() -> None:
    world, seen = Virtual(NOON), list[float]()

    async def work() -> None:
        async def look_after(wait: Awaitable[None]) -> None:
            await wait
            seen.append(round((world.now() - NOON).total_seconds(), 3))

        thread = asyncio.to_thread(time.sleep, 0.05)
        await asyncio.gather(*map(look_after, (asyncio.sleep(3_600), asyncio.sleep(0.5), thread, asyncio.sleep(60))))

    world.run(work())

    assert seen == [0.0, 0.5, 60.0, 3600.0]


def test_the_most_within_a_second() -> None:
    assert most_within([0.0, 0.5, 0.99, 1.0, 1.6, 5.0], 1.0) == 3
