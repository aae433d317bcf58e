"""What a process says of itself to machines, over a real socket and a real database."""

import socket
import urllib.request
from pathlib import Path

import pytest
from farside.fetching import closed_port

from bot.app import App
from bot.config import load
from bot.looping import Turns
from bot.monitor.counts import Counts
from bot.monitor.serve import serving
from bot.store.engine import Engine


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
