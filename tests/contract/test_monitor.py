"""What a process says of itself to machines, over a real socket and a real database."""

import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from farside.fetching import closed_port

from bot.app import App
from bot.config import load
from bot.looping import Turns
from bot.monitor.counts import Counts
from bot.monitor.metrics import registry, shown
from bot.monitor.serve import serving
from bot.store.engine import Engine, make_engine


def app_at(place: str, engine: Engine, tmp_path: Path) -> App:
    file = tmp_path / "paperwatch.toml"
    file.write_text(f'[monitor]\nlisten = "{place}"\n')
    return App(load(file, {}), engine)


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.parametrize(
    "host", ["127.0.0.1", pytest.param("[::1]", marks=pytest.mark.skipif(not has_ipv6(), reason="there is no IPv6"))]
)
def test_it_listens_where_it_is_told(host: str, sqlite_engine: Engine, tmp_path: Path) -> None:
    place = f"{host}:{closed_port()}"

    with (
        serving(app_at(place, sqlite_engine, tmp_path), [], Turns(), Counts()),
        urllib.request.urlopen(f"http://{place}/healthz", timeout=5) as answer,
    ):
        assert answer.read() == b"ok\n"


def numbers(engine: Engine, tmp_path: Path, counts: Counts | None = None) -> str:
    return shown(registry(app_at("127.0.0.1:1", engine, tmp_path), counts or Counts(), Turns())).decode()


def test_numbers_say_whether_the_database_answers(engine: Engine, tmp_path: Path) -> None:
    well = numbers(engine, tmp_path)
    gone = engine.url.set(database=f"{engine.url.database}_of_nobody")
    elsewhere = make_engine(gone.render_as_string(hide_password=False))

    ill = numbers(elsewhere, tmp_path)
    elsewhere.dispose()

    assert "paperwatch_database_up 1.0" in well
    assert "paperwatch_outbox_age_seconds" in well
    assert "paperwatch_database_up 0.0" in ill
    assert "paperwatch_outbox" not in ill
    assert "process_resident_memory_bytes" in ill


def test_counting_goes_on_while_the_numbers_are_shown(sqlite_engine: Engine, tmp_path: Path) -> None:
    counts = Counts()

    class Counting(tuple[str, ...]):
        __slots__ = ()

        def __iter__(self) -> Iterator[str]:
            counts.readings["another", f"{len(counts.readings)}"] += 1
            return super().__iter__()

    counts.readings[Counting(("hf", "ok"))] += 1

    assert 'paperwatch_readings_total{source="hf",verdict="ok"} 1.0' in numbers(sqlite_engine, tmp_path, counts)
