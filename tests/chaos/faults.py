"""What goes wrong, and how it ends again."""

import signal
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any

from chaos.clock import Clock
from chaos.crew import Worker
from chaos.databases import Postgres, Sqlite
from chaos.line import Line
from chaos.outside import Outside
from chaos.plan import Event
from farside.arxiv_ledger import contradict, stale
from farside.fake_web import cut, error_page, status

OVERSLEPT = 700  # seconds: longer than all leases
_SLOW, _HALF = 0.4, 150
Span = tuple[float, float]  # moments of time.monotonic


@dataclass
class Faults:
    """Lets things go wrong; what ends them is done later, by `wait`. The run began at `zero`."""

    clock: Clock
    workers: list[Worker]
    outside: Outside
    database: Sqlite | Postgres
    log: Callable[[str], None]
    zero: float
    frozen: list[Span] = field(default_factory=list)
    away: list[Span] = field(default_factory=list)  # when the database could not be reached, or not be written to
    killed: list[float] = field(default_factory=list)
    has_skewed: bool = False
    mended: float = float("inf")
    _rolling: list[threading.Thread] = field(default_factory=list)
    _later: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def happen(self, event: Event) -> None:
        self.log(str(event))
        getattr(self, f"_{event.kind.replace(' ', '_')}")(**event.values)

    def wait(self, until: float) -> None:
        """Wait until then, and do meanwhile what ends faults."""
        while self._later and self._later[0][0] <= until:
            at, _, end = heappop(self._later)
            time.sleep(max(0.0, at - time.monotonic()))
            end()
        time.sleep(max(0.0, until - time.monotonic()))

    def mend(self) -> None:
        """Nothing is wrong any more."""
        self.mended = time.monotonic()
        while self._later:
            heappop(self._later)[2]()
        self.outside.mend()
        for worker in self.workers:
            self.clock.skew(worker.slot, 0)
            worker.limit(-1)
        if isinstance(self.database, Postgres):
            self.database.line.listen()
        for one in self._rolling:
            one.join()  # a process that is asked to end twice ends at once

    def legal(self, confirmed: float, grace: float) -> float:
        """Until when something may come that was under way when a wish was confirmed: a frozen process sends it when it
        wakes up."""
        return _until(confirmed, self.frozen, grace)

    def may_forget(self, learned: float, grace: float) -> bool:
        """Whether a process was killed before it could write down what it learned then."""
        until = _until(learned, [*self.frozen, *self.away], grace)
        return any(learned - grace < killed < until for killed in self.killed)

    def _in(self, seconds: float, end: Callable[[], None]) -> None:
        heappush(self._later, (time.monotonic() + seconds, next(self._numbers), end))

    # Processes.

    def _kill(self, worker: int, down: float) -> None:
        self.workers[worker].kill()
        self.killed.append(time.monotonic())
        self._in(down, self.workers[worker].start)

    def _freeze(self, worker: int, lasts: float) -> None:
        one = self.workers[worker]
        if one.is_alive and one.frozen is None:
            one.freeze()
            self._in(lasts, lambda: self._thaw(one))

    def _thaw(self, worker: Worker) -> None:
        if worker.frozen is not None:
            self.frozen.append((worker.frozen, time.monotonic()))
            worker.thaw()

    def _oversleep(self, worker: int, lasts: float) -> None:
        """It is frozen until all that it holds has run out, and others have taken it."""
        self._freeze(worker, lasts)
        self.clock.jump(OVERSLEPT)

    def _roll(self) -> None:
        """Each process is asked to end and started again, one after the other."""
        for worker in self.workers:
            self._thaw(worker)
        self._rolling.append(threading.Thread(target=self._restart_all, daemon=True))
        self._rolling[-1].start()

    def _restart_all(self) -> None:
        for worker in self.workers:
            worker.stop()
            worker.start()

    def _skew(self, worker: int, seconds: float) -> None:
        self.clock.skew(self.workers[worker].slot, seconds)
        self.has_skewed = True

    def _jump(self, seconds: float) -> None:
        self.clock.jump(seconds)

    # Databases.

    def _lock(self, lasts: float) -> None:
        assert isinstance(self.database, Sqlite)
        self._is_away(lasts)
        self.database.lock(lasts)

    def _full(self, lasts: float) -> None:
        assert isinstance(self.database, Sqlite)
        self._is_away(lasts)
        for worker in self.workers:
            worker.limit(self.database.size)
            self._in(lasts, lambda one=worker: one.limit(-1))  # type: ignore[misc]

    def _restart(self, at_once: bool, down: float) -> None:
        assert isinstance(self.database, Postgres)
        begin = time.monotonic()
        self.database.stop(signal.SIGQUIT if at_once else signal.SIGINT)
        time.sleep(down)
        self.database.again()
        self.away.append((begin, time.monotonic()))

    def _database_line(self, how: str, lasts: float) -> None:
        assert isinstance(self.database, Postgres)
        self._is_away(lasts)
        self._fail(self.database.line, how, lasts)

    def _is_away(self, lasts: float) -> None:
        self.away.append((time.monotonic(), time.monotonic() + lasts))

    # Networks.

    def _line(self, line: str, how: str, lasts: float) -> None:
        self._fail(self.outside.lines[line], how, lasts)

    def _fail(self, line: Line, how: str, lasts: float) -> None:
        if how == "refuse":
            line.refuse()
        elif how == "cut":
            line.cut()
        elif how == "slow":
            line.slow = _SLOW
        else:
            line.most = _HALF
        self._in(lasts, line.listen)

    # Far sides.

    def _call(self, how: dict[str, Any], times: int) -> None:
        self.outside.api.fault("sendMessage", **how, times=times)

    def _storm(self, lasts: float, retry_after: int | None) -> None:
        """The Bot API wants peace from everybody, and the sites do."""
        storm = self.outside.api.fault("*", status=429, retry_after=retry_after, times=None)
        self._in(lasts, storm.cancel)
        self._damage("hf", "429" if retry_after is None else "429 later", lasts)

    def _mail(self, how: tuple[str, str]) -> None:
        self.outside.mails.answers[how[0]].append(how[1])

    def _hook(self, answers: list[int]) -> None:
        self.outside.answers.extend(answers)

    def _damage(self, source: str, how: str, lasts: float) -> None:
        fakes = {"hf": self.outside.hf, "arxiv": self.outside.arxiv}
        faults = {
            "page": error_page(),
            "cut": cut(),
            "429": status(429),
            "429 later": status(429, retry_after=30),
            "500": status(500, "<html>Internal Server Error</html>"),
            "stale": stale(),
            "contradict": contradict(),
        }
        now = self.clock.now()
        fakes[source].during(now, now + timedelta(seconds=lasts), faults[how])


def _until(moment: float, spans: Iterable[Span], grace: float) -> float:
    """Until when what was begun then may last, if it stands still during the spans."""
    until = moment + grace
    for begin, end in sorted(spans):
        if begin <= until:
            until = max(until, end + grace)
    return until
