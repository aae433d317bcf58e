"""The fake Telegram server, empty, with a clock of its own."""

from collections.abc import AsyncIterator, Iterator

import pytest
from fakes.telegram import Chat, FakeTelegram, Person
from farside.bot_calls import Clock, library
from telegram import Bot


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(clock: Clock) -> Iterator[FakeTelegram]:
    """Without a socket."""
    with FakeTelegram(clock=clock, listen=False) as api:
        yield api


@pytest.fixture
def net(clock: Clock) -> Iterator[FakeTelegram]:
    """With a socket."""
    with FakeTelegram(clock=clock) as api:
        yield api


@pytest.fixture
def ada(api: FakeTelegram) -> Person:
    return api.user("Ada", "ada", "de")


@pytest.fixture
def chat(api: FakeTelegram, ada: Person) -> Chat:
    return api.private(ada)


@pytest.fixture
async def bot(net: FakeTelegram) -> AsyncIterator[Bot]:
    async with library(net) as bot:
        yield bot
