"""The databases of a run: a file, or a server of its own, each a copy of an empty one that was made before."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from chaos.line import Line

from bot.store.engine import make_engine, migrate

SECRET = "an-invented-password"  # PostgreSQL trusts everybody here, and must not show it nevertheless


class Sqlite:
    """A file; who has it open for long keeps the others from writing."""

    kind = "sqlite"

    def __init__(self, folder: Path, template: Path) -> None:
        self.path = folder / "library.db"
        shutil.copy(template / "library.db", self.path)
        self.url = self.direct = f"sqlite:///{self.path}"

    def start(self, _env: Mapping[str, str]) -> None:
        """There is nothing to start."""

    def stop(self) -> None:
        """Nor to stop."""

    def lock(self, seconds: float) -> None:
        """Hold the lock of writers for so long, beside all that goes on."""
        threading.Thread(target=self._lock, args=(seconds,), daemon=True).start()

    def _lock(self, seconds: float) -> None:
        connection = sqlite3.connect(self.path, 30, isolation_level=None)
        with suppress(sqlite3.OperationalError):
            connection.execute("begin immediate")
            time.sleep(seconds)
            connection.execute("rollback")
        connection.close()

    @property
    def size(self) -> int:
        """The size of the file that what is written goes to first."""
        ahead = Path(f"{self.path}-wal")
        return max(32_768, (ahead if ahead.exists() else self.path).stat().st_size)


class Postgres:
    """A server; the program reaches it by a line."""

    kind = "postgres"

    def __init__(self, folder: Path, template: Path) -> None:
        self._folder = folder / "postgres"
        shutil.copytree(template / "postgres", self._folder)
        _give(self._folder)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port: int = free.getsockname()[1]
        self._log = (folder / "postgres.log").open("ab")
        self.line = Line(self._port)
        user = f"postgresql+psycopg://postgres:{SECRET}@127.0.0.1"
        self.url, self.direct = f"{user}:{self.line.port}/postgres", f"{user}:{self._port}/postgres"

    def start(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._server = _serve(self._folder, self._port, env, self._log)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: cutting who is connected (SIGINT), or as if the machine had died (SIGQUIT)."""
        self._server.send_signal(how)
        self._server.wait(30)

    def again(self) -> None:
        """Start it again, with all that it had."""
        self._server = _serve(self._folder, self._port, self._env, self._log)


def make_template(kind: str, folder: Path) -> None:
    """An empty library of that kind in the folder."""
    if kind == "sqlite":
        _migrate(f"sqlite:///{folder / 'library.db'}")
        return
    data, log = folder / "postgres", folder / "initdb.log"
    with log.open("wb") as said:
        data.mkdir()
        _give(data)
        options = ["--auth", "trust", "--username", "postgres", "--encoding", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run(
            [_program("initdb"), "--pgdata", data, *options], check=True, stdout=said, cwd="/", **_as_owner()
        )
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = _serve(data, port, {}, said)
        try:
            _migrate(f"postgresql+psycopg://postgres@127.0.0.1:{port}/postgres")
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(30)


def has_postgres() -> bool:
    """Whether servers can be started here."""
    return _program("postgres") is not None


def _migrate(url: str) -> None:
    engine = make_engine(url)
    migrate(engine)
    engine.dispose()


def _program(name: str) -> str | None:
    found = [shutil.which(name), *sorted(map(str, Path("/usr/lib/postgresql").glob(f"*/bin/{name}")))]
    return next((one for one in reversed(found) if one), None)


def _as_owner() -> dict[str, Any]:
    """PostgreSQL refuses to run as root."""
    return {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}


def _give(folder: Path) -> None:
    if os.geteuid() != 0:
        return
    owner = pwd.getpwnam("postgres")
    for one in (folder, *folder.rglob("*")):
        os.chown(one, owner.pw_uid, owner.pw_gid)


def _serve(data: Path, port: int, env: Mapping[str, str], log: Any) -> subprocess.Popen[bytes]:
    options = {"port": port, "listen_addresses": "127.0.0.1", "unix_socket_directories": "", "fsync": "off"}
    options |= {"shared_buffers": "16MB", "max_connections": 60, "autovacuum_naptime": "5s"}
    settings = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
    server = subprocess.Popen(
        [_program("postgres") or "postgres", "-D", str(data), *settings], stdout=log, stderr=log, cwd="/",
        env={**os.environ, **env}, preexec_fn=_end_with_us, **_as_owner(),  # noqa: PLW1509 - it calls libc only
    )  # fmt: skip
    _wait_for(server, port)
    return server


def _end_with_us() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGQUIT)


def _wait_for(server: subprocess.Popen[bytes], port: int) -> None:
    import psycopg

    for _ in range(300):
        with suppress(psycopg.OperationalError):
            psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/postgres", connect_timeout=2).close()
            return
        assert server.poll() is None, "PostgreSQL did not start"
        time.sleep(0.05)
    raise AssertionError("PostgreSQL did not start within 15 s")
