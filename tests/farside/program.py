"""The installed program in a subprocess, with a home of its own."""

import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
import threading
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any, Literal

import pytest
from farside.worker import PROCESSES

TODAY = datetime.now(UTC).date()
# The last day but one that has a list, so that tests do not depend on the day and hour they run at.
LIST_DAY = next(day for n in range(2, 9) if (day := TODAY - timedelta(days=n)).weekday() < 5)


@dataclass
class Program:
    """Runs `paperwatch` as a user would, and ends what it started."""

    home: Path
    env: dict[str, str] = field(default_factory=dict)
    started: list[subprocess.Popen[str]] = field(default_factory=list)
    file_size: int | None = None  # no file may grow larger, as on a full disk

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PAPERWATCH_")}
        own = {"HOME": str(self.home), "XDG_DATA_HOME": str(self.home / "data"), "COLUMNS": "200", "NO_COLOR": "1"}
        return {**kept, **own, "PYTHONWARNINGS": "error", **self.env}

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "bot", *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=self.home,
            env=self.environment(), preexec_fn=self._limit if self.file_size else None,  # noqa: PLW1509 - no threads of ours
        )  # fmt: skip
        self.started.append(process)
        return process

    def _limit(self) -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (self.file_size or -1, self.file_size or -1))

    def __call__(self, *arguments: str, stdin: str | None = None, code: int = 0) -> "Done":
        process = self.start(*arguments)
        out, err = process.communicate(stdin, timeout=60)
        assert process.returncode == code, f"exit code {process.returncode}\n{out}\n{err}"
        assert "Traceback" not in err
        return Done(out, err)

    def end(self) -> None:
        for process in self.started:
            if process.poll() is None:
                process.send_signal(signal.SIGKILL)
            process.communicate()


class Forked(Program):
    """The same, but its commands are run by forks of a process that has imported everything: for tests of what commands
    say and do, and not of how the program starts. What is started to run beside the test is still a new process."""

    def __call__(self, *arguments: str, stdin: str | None = None, code: int = 0) -> "Done":
        if self.file_size:
            return super().__call__(*arguments, stdin=stdin, code=code)
        ended, done = self._fork(arguments, stdin or "")
        assert ended == code, f"exit code {ended}\n{done.out}\n{done.err}"
        assert "Traceback" not in done.err
        return done

    def killed_at(self, moment: int, *arguments: str) -> bool:
        """Run a command, and end it as kill -9 would before the nth time that it changes a name or starts a program;
        whether it came to that."""
        ended, done = self._fork(arguments, "", moment)
        assert ended in (0, KILLED), f"exit code {ended}\n{done.out}\n{done.err}"
        return ended == KILLED

    def _fork(self, arguments: tuple[str, ...], stdin: str, killed_at: int = 0) -> tuple[int | None, "Done"]:
        streams = [self.home / f".standard-{name}" for name in ("input", "output", "error")]
        streams[0].write_text(stdin)
        args = (arguments, self.environment(), self.home, streams, killed_at)
        process = PROCESSES.Process(target=become, args=args)
        process.start()
        process.join(60)
        process.kill()
        out, err = (one.read_text() for one in streams[1:])
        return process.exitcode, Done(out, err)


KILLED = 99
_WORST = frozenset({"os.rename", "os.link", "os.remove", "subprocess.Popen"})


def _end_before(moment: int) -> None:
    """End the process before the nth of the steps at which most is half done."""
    left = count(moment - 1, -1)

    def look(event: str, _args: object) -> None:
        if event in _WORST and not next(left):
            os._exit(KILLED)

    sys.addaudithook(look)


def become(
    arguments: tuple[str, ...], environment: Mapping[str, str], home: Path, streams: list[Path], killed_at: int = 0,
    warned: Literal["error", "default"] = "error",
) -> None:  # fmt: skip
    """Become the program, with these arguments and standard streams. A warning is an error, or a line."""
    if killed_at:
        _end_before(killed_at)
    for number, (path, mode) in enumerate(zip(streams, ("r", "w", "w"), strict=True)):
        with path.open(mode) as stream:
            os.dup2(stream.fileno(), number)
    sys.stdin, sys.stdout, sys.stderr = open(0), open(1, "w"), open(2, "w", buffering=1)  # noqa: SIM115
    os.environ.clear()
    os.environ.update(environment)
    os.chdir(home)
    sys.argv = ["paperwatch", *arguments]
    warnings.simplefilter(warned)

    from bot.cli import main

    main()


@dataclass(frozen=True)
class Done:
    out: str
    err: str

    def json_lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.out.splitlines()]


def database(program: Program) -> Path:
    """Where it has its library."""
    return next(Path(program.home).glob("data/**/paperwatch.db"))


def query(program: Program, sql: str) -> list[tuple[Any, ...]]:
    """What its database answers."""
    connection = sqlite3.connect(database(program))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def execute(program: Program, sql: str) -> None:
    """Change its database behind its back."""
    connection = sqlite3.connect(database(program), isolation_level=None)
    connection.execute(sql)
    connection.close()


def make_due(program: Program) -> None:
    """As if the time had come: the sources and recipients are due, and no claim is held any more."""
    for table in ("source", "recipient"):
        execute(program, f"update {table} set due_at = '2026-01-01 00:00:00.000000'")


def wait_until(true: Any, seconds: float = 30) -> None:
    """Look again every few milliseconds until it is so; the time out is for when it never is."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        pause.wait(0.02)
    pytest.fail(f"not within {seconds} s")
