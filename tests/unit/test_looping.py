"""What the loops say when a step fails."""

import asyncio

import pytest

from bot.looping import Loop, Turns, forever
from bot.store.engine import make_engine, writing


async def _turn(stop: asyncio.Event, fails: Exception | None = None) -> None:
    engine = make_engine("postgresql://nobody@127.0.0.1:1/nothing")

    async def work() -> bool:
        stop.set()
        if fails:
            raise fails
        with writing(engine) as session:
            session.connection()
        return False

    await forever([Loop("work", 60, work)], {}, [], stop, Turns())
    engine.dispose()


async def test_a_database_that_is_not_there_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    await _turn(asyncio.Event())

    (said,) = (one for one in caplog.records if one.levelname == "ERROR")
    assert "the database failed: connection failed" in said.getMessage()
    assert len(said.getMessage().splitlines()) == 1
    assert said.exc_info is None


async def test_what_nobody_expected_comes_with_its_trace(caplog: pytest.LogCaptureFixture) -> None:
    await _turn(asyncio.Event(), KeyError("what?"))

    (said,) = (one for one in caplog.records if one.levelname == "ERROR")
    assert said.exc_info
