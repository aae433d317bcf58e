"""Processes that deliver what is owed, at the times that they are told, until each dies at a moment of its own.

A worker gets a time, delivers until nothing is due, and answers "idle". Its far side is the ledger: a line of JSON for
each message that was accepted. Before it ends itself it answers with the step that it got to.
"""

import asyncio
import json
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa

from bot.channels import Outgoing, Pace, Sent
from bot.deliver import deliver_once
from bot.store.engine import make_engine

IDLE, OVERSLEPT = "idle", "overslept"
# Where a worker ends, and how often it gets there at the most: within a transaction that writes, before the far side is
# called, after it accepted. Oversleeping comes before death: the machine sleeps until the next time that is told.
STEPS = {"writing": 40, "called": 14, "accepted": 14, OVERSLEPT: 7}

# Each worker is a fork of a process that has imported everything: started anew, 85 workers took a minute to import.
PROCESSES = get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.farside.ready"])


@dataclass
class Fate:
    """The clock of a worker, and the step that it ends at when it gets there for that time."""

    parent: Connection
    step: str
    times: int
    now: datetime = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.times

    def clock(self) -> datetime:
        return self.now

    def wait(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def next_time(self) -> None:
        self.now = self.parent.recv()

    def reached(self, step: str) -> None:
        self.left -= step == self.step
        if self.left:
            return
        self.parent.send(step)
        if step != OVERSLEPT:
            os.kill(os.getpid(), signal.SIGKILL)
        self.step, self.left = "accepted", self.times
        self.parent.send(IDLE)
        self.next_time()


@dataclass
class Ledger:
    """A channel whose far side keeps every message that it accepted."""

    path: Path
    fate: Fate
    papers_at_most: int = 3
    rate: float = 0
    timeout: float = 30

    @property
    def a_day(self) -> int:
        return 0

    @property
    def alerts_at_most(self) -> int:
        return self.papers_at_most

    def check(self, address: str) -> str:
        return address

    def pace(self, address: str) -> Pace:
        return Pace(f"test:{address}")

    async def close(self) -> None:
        pass

    def render(self, outgoing: Outgoing) -> dict[str, Any]:
        return {
            "key": outgoing.key,
            "kind": outgoing.kind,
            "slot": outgoing.slot,
            "part": outgoing.part,
            "papers": [item.id for item in outgoing.items],
            "more": outgoing.more,
        }

    async def send(self, address: str, rendered: dict[str, Any]) -> Sent:
        self.fate.reached("called")
        accepted = {"address": address, "at": self.fate.now.isoformat(), **rendered}
        with self.path.open("a") as ledger:
            ledger.write(json.dumps(accepted) + "\n")
        self.fate.reached("accepted")
        self.fate.reached(OVERSLEPT)
        return Sent()


def work(database_url: str, ledger: Path, fate: Fate) -> None:
    """What a worker does."""
    asyncio.run(_deliver(database_url, ledger, fate))


# What a process of workers does: with the database's address, what says where the far side is, and its fate.
Work = Callable[[str, Any, Fate], None]


async def _deliver(database_url: str, ledger: Path, fate: Fate) -> None:
    engine = make_engine(database_url)

    def after_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE")):
            fate.reached("writing")

    sa.event.listen(engine, "after_cursor_execute", after_statement)
    channels, random = {"test": Ledger(ledger, fate)}, Random(1)
    while True:
        fate.next_time()
        while await deliver_once(engine, channels, clock=fate.clock, random=random):
            pass
        fate.parent.send(IDLE)


@dataclass
class Worker:
    """A worker, and the pipe to it."""

    process: ForkServerProcess
    pipe: Connection

    def end(self) -> int | None:
        """Wait for its death; how it ended."""
        self.process.join()
        self.pipe.close()
        return self.process.exitcode


@dataclass
class Workers:
    """Some workers on one database; one that dies is followed by another. `ended` counts the steps that they got to.

    `far_side` is what `work` is told of it; `ends` are the steps, and how often a worker gets there at the most."""

    database_url: str
    far_side: Any
    random: Random
    work: Work = work
    ends: Mapping[str, int] = field(default_factory=lambda: STEPS)
    running: list[Worker] = field(default_factory=list)
    ended: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.steps = cycle(self.ends)

    def start(self) -> Worker:
        step = next(self.steps)
        pipe, far_end = PROCESSES.Pipe()
        fate = Fate(far_end, step, self.random.randint(1, self.ends[step]))
        process = PROCESSES.Process(target=self.work, args=(self.database_url, self.far_side, fate), daemon=True)
        process.start()
        far_end.close()
        return Worker(process, pipe)

    def deliver(self, now: datetime) -> None:
        """Tell all of them the time at once, and wait until nothing is due for any of them."""
        for worker in self.running:
            worker.pipe.send(now)
        for place in range(len(self.running)):
            while not self._is_idle(self.running[place]):
                assert self.running[place].end() == -signal.SIGKILL
                self.running[place] = self.start()
                self.running[place].pipe.send(now)

    def _is_idle(self, worker: Worker) -> bool:
        """Whether it answers that nothing is due; False where it dies before."""
        try:
            while (answer := worker.pipe.recv()) != IDLE:
                self.ended[answer] += 1
        except EOFError:
            return False
        return True


@contextmanager
def working(number: int, workers: Workers) -> Iterator[Workers]:
    """So many of them, ended at the end."""
    try:
        workers.running += [workers.start() for _ in range(number)]
        yield workers
    finally:
        for worker in workers.running:
            worker.process.kill()
            worker.end()


def accepted(ledger: Path) -> Sequence[dict[str, Any]]:
    """The messages that the far side accepted, in their order."""
    return [json.loads(line) for line in ledger.read_text().splitlines()]
