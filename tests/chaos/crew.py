"""The processes of the program: forks of one that has imported everything, which then become the program, with a clock
and a log of their own. (Started anew, a process takes two seconds of a core to import, and seeds have ten.)"""

import ctypes
import os
import resource
import signal
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from farside.program import become
from farside.worker import PROCESSES

_PR_SET_PDEATHSIG = 1
_BEGINS = 15.0  # seconds until a process has certainly got to where it ends cleanly


def born(slot: int, shim: Path, arguments: tuple[str, ...], env: Mapping[str, str], home: Path, log: Path) -> None:
    """Become the program; end with the process that this one was forked from."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    ctypes.c_int.in_dll(ctypes.CDLL(str(shim)), "chaos_slot").value = slot
    os.environ.pop("LD_PRELOAD", None)
    streams = [Path(os.devnull), log.with_suffix(".out"), log.with_suffix(".err")]
    become(arguments, env, home, streams, warned="default")  # psycopg warns of a cursor whose connection was cut


@dataclass
class Home:
    """Where processes live: their settings, and a folder for what they say."""

    folder: Path
    shim: Path
    env: dict[str, str]
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def fork(self, name: str, slot: int, *arguments: str) -> tuple[ForkServerProcess, Path]:
        """A process of the program, and its log (without the suffix)."""
        log = self.folder / "logs" / f"{next(self._numbers):03}-{name}"
        log.parent.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAPERWATCH_")}
        own = {"HOME": str(self.folder), "XDG_DATA_HOME": str(self.folder), "COLUMNS": "200", "NO_COLOR": "1"}
        given = slot, self.shim, arguments, {**kept, **own, **self.env}, self.folder, log
        process = PROCESSES.Process(target=born, args=given)
        process.start()
        return process, log

    def call(self, *arguments: str, patience: float = 60) -> tuple[int | None, str]:
        """Run a command; its exit code (None: it did not end) and what it said on standard error."""
        process, log = self.fork(arguments[0], 0, *arguments)
        process.join(patience)
        code = process.exitcode
        if code is None:
            process.kill()
            process.join()
        errors = log.with_suffix(".err")
        return code, errors.read_text() if errors.exists() else ""


@dataclass
class Worker:
    """A `run` with these roles, which may be started again and again. `frozen`: since when it is stopped."""

    home: Home
    slot: int
    roles: tuple[str, ...]
    process: ForkServerProcess | None = None
    frozen: float | None = None
    codes: list[int | None] = field(default_factory=list)  # of those that were asked to end, and not killed
    _starting: threading.Lock = field(default_factory=threading.Lock)
    _was_killed: bool = False
    _started: float = 0.0

    def start(self) -> None:
        with self._starting:
            if self.is_alive:
                return
            asked = [word for role in self.roles for word in ("--role", role)]
            self.process, self._log = self.home.fork(f"run{self.slot}", self.slot, "run", *asked)
            self._was_killed, self._started = False, time.monotonic()

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.is_alive()

    @property
    def is_up(self) -> bool:
        """Whether it has got as far as its loops."""
        errors = self._log.with_suffix(".err")
        return self.is_alive and errors.exists() and "watching" in errors.read_text()

    def signal(self, number: signal.Signals) -> None:
        if self.process is not None and self.is_alive:
            with suppress(ProcessLookupError):
                os.kill(self.process.pid or 0, number)

    def kill(self) -> None:
        self._was_killed = True
        self.signal(signal.SIGKILL)
        if self.process is not None:
            self.process.join(10)
        self.frozen = None

    def freeze(self) -> None:
        self.signal(signal.SIGSTOP)
        self.frozen = time.monotonic()

    def thaw(self) -> None:
        self.signal(signal.SIGCONT)
        self.frozen = None

    def stop(self, within: float = 30) -> None:
        """Ask it to end, and wait until it has; its exit code is kept."""
        if not self.is_alive or self.process is None:
            return
        self.thaw()
        self.signal(signal.SIGTERM)
        is_new = time.monotonic() - self._started < _BEGINS
        self.process.join(within)
        if not self._was_killed and not (is_new and self.process.exitcode == -signal.SIGTERM):
            self.codes.append(self.process.exitcode)
        self.kill()

    def limit(self, size: int) -> None:
        """No file of it may grow beyond that (-1: any), as on a full disk."""
        if self.process is not None and self.is_alive:
            with suppress(ProcessLookupError):
                _, most = resource.prlimit(self.process.pid or 0, resource.RLIMIT_FSIZE)
                resource.prlimit(self.process.pid or 0, resource.RLIMIT_FSIZE, (size, most))


def stop_all(workers: list[Worker]) -> None:
    """Ask all of them to end at once, and wait."""
    threads = [threading.Thread(target=one.stop) for one in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
