"""The wall clock of all that takes part, which goes on by itself and jumps when it is told to.

Programs and database servers that are started with `environment` see it instead of the machine's: a library that is
loaded before libc's (clock.c) adds a shift that this process sets. Each may have a wrong clock of its own beside that.
"""

import os
import shutil
import struct
import subprocess
import time
from datetime import UTC, datetime
from mmap import mmap
from pathlib import Path

_SLOTS = 64
_SOURCE = Path(__file__).with_name("clock.c")


def compiler() -> str | None:
    """What can compile the library; None where nothing is installed."""
    return shutil.which("cc")


def compile_shim(folder: Path) -> Path:
    """The library."""
    made = folder / "clock.so"
    subprocess.run([compiler() or "cc", "-O1", "-shared", "-fPIC", "-o", made, _SOURCE, "-ldl"], check=True)
    return made


class Clock:
    """It shows `start` now. Its past is known: `monotonic` says when it first showed a time."""

    def __init__(self, shim: Path, folder: Path, start: datetime) -> None:
        self.shim = shim
        self._path = folder / "clock"
        self._path.write_bytes(bytes(4096))
        with self._path.open("r+b") as file:
            self._shifts = mmap(file.fileno(), 4096)
        self._began = time.monotonic()
        self._jumps = [(self._began, start.timestamp())]  # from when on, and what it showed then
        self._set(0, start.timestamp() - time.time())
        self._path.chmod(0o644)

    def environment(self) -> dict[str, str]:
        """What a process is started with to see this clock."""
        return {"LD_PRELOAD": str(self.shim), "CHAOS_CLOCK": str(self._path)}

    def time(self) -> float:
        at, shown = self._jumps[-1]
        return shown + time.monotonic() - at

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.time(), UTC)

    def jump(self, seconds: float) -> None:
        """It shows a time so much later, for everybody."""
        self._jumps.append((time.monotonic(), self.time() + seconds))
        self._set(0, self._shift(0) + seconds)

    def skew(self, slot: int, seconds: float) -> None:
        """The processes of that slot (from 1) have a clock that is wrong by so much."""
        self._set(slot, seconds)

    def monotonic(self, shown: float | datetime) -> float:
        """When (by time.monotonic) it showed that time, or jumped over it."""
        wanted = shown.timestamp() if isinstance(shown, datetime) else shown
        ends = [at for at, _ in self._jumps[1:]] + [float("inf")]
        for (at, began), end in zip(self._jumps, ends, strict=True):
            if wanted - began < end - at:
                return max(at, at + wanted - began)
        raise AssertionError("no time is after infinity")

    def _shift(self, slot: int) -> float:
        found: float = struct.unpack_from("d", self._shifts, 8 * slot)[0]
        return found

    def _set(self, slot: int, seconds: float) -> None:
        assert 0 <= slot < _SLOTS
        struct.pack_into("d", self._shifts, 8 * slot, seconds)


def preload(clock: Clock) -> None:
    """Let what this process starts from now on see the clock; it does not itself."""
    os.environ.update(clock.environment())
