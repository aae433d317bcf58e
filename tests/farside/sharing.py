"""Processes of the program that share one bot: on one database, in real time, against one fake with its limits."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fakes.telegram import TOKEN, FakeTelegram
from fakes.telegram.wire import Listener
from farside.bulk import Bulk, Crowd
from farside.program import Program

from bot.store.engine import Engine

_BEGIN_WITHIN = 30.0  # seconds until all have started


class Door:
    """One more address of a fake; `calls` counts those that came this way."""

    def __init__(self, api: FakeTelegram) -> None:
        self._api, self.calls = api, 0
        self.listener = Listener(self, 0)  # type: ignore[arg-type] - all else is the fake's

    def __getattr__(self, name: str) -> Any:
        return getattr(self._api, name)

    def url(self) -> str:
        return f"http://127.0.0.1:{self.listener.port}"

    def perform(self, *call: Any) -> Any:
        self.calls += 1
        return self._api.perform(*call)


def share(engine: Engine, database_url: str, home: Path, crowd: Crowd, processes: int, seconds: float) -> Bulk:
    """Let so many processes deliver for so many seconds, from when each has sent something; what they sent then."""
    with FakeTelegram(real_limits=True, listen=False) as api:
        crowd.owe(engine, crowd.join(api), now=datetime.now(UTC))
        with _doors(api, processes) as doors, _running(home, database_url, doors):
            api.wait_until(lambda: all(door.calls for door in doors), _BEGIN_WITHIN, lambda: "one sends nothing")
            began = time.time()
            time.sleep(seconds)
            with api.changed:
                api.calls[:] = [call for call in api.calls if began <= call.at < began + seconds]
                return Bulk(api, began, sum(call.ok for call in api.calls))


@contextmanager
def _doors(api: FakeTelegram, number: int) -> Iterator[list[Door]]:
    doors = [Door(api) for _ in range(number)]
    try:
        yield doors
    finally:
        for door in doors:
            door.listener.close()


@contextmanager
def _running(home: Path, database_url: str, doors: list[Door]) -> Iterator[None]:
    programs = [Program(home, _environment(database_url, door)) for door in doors]
    try:
        for program in programs:
            program.start("run", "--role", "deliver")
        yield
    finally:
        for program in programs:
            program.end()


def _environment(database_url: str, door: Door) -> dict[str, str]:
    names = {
        "DATABASE__URL": database_url, "SOURCES__HF__ENABLED": "false", "TELEGRAM__TOKEN": TOKEN,
        "TELEGRAM__BASE_URL": door.url(), "TELEGRAM__TALK": "false",
    }  # fmt: skip
    return {f"PAPERWATCH_{name}": value for name, value in names.items()}
