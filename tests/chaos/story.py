"""A run: it is prepared, things go wrong for a time, then all is well and what is owed is sent; and what came of it."""

import multiprocessing.forkserver
import os
import threading
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from chaos.clock import Clock, preload
from chaos.crew import Home, Worker, stop_all
from chaos.databases import Postgres, Sqlite
from chaos.faults import Faults
from chaos.ledger import Ledger, unsettled
from chaos.outside import START, Outside
from chaos.plan import NAMES, Plan, Planner
from chaos.readers import Reader, Span

from bot import subscriptions
from bot.models import Source
from bot.store.engine import make_engine, writing

_FIRST = 15.0  # seconds until it is no matter any more whether something has arrived
_RENEWED = 130  # seconds: after these, nobody waits for a process that was killed
# After the faults, time passes in these steps until nothing is owed any more; less than a day in all.
STEPS = (3_700, 130, 300, 600, 1_200, 2_400, *[3_600] * 9)


@dataclass
class Story:
    """One seed on one database, in a folder that keeps its log and what the processes said."""

    seed: int
    seconds: float
    kind: str
    folder: Path
    template: Path
    problems: list[str] = field(default_factory=list)
    figures: dict[str, object] = field(default_factory=dict)

    def tell(self) -> None:
        """All of it."""
        with ExitStack() as self.stack:
            self._prepare()
            self._live()
            self._drain()
            self._judge()

    def log(self, words: str) -> None:
        with self._log_lock, (self.folder / "log").open("a") as file:
            file.write(f"{time.monotonic() - self._zero:7.2f} {words}\n")

    # Before.

    def _prepare(self) -> None:
        self._log_lock, self._zero = threading.Lock(), time.monotonic()
        self.clock = Clock(self.template / "clock.so", self.folder, START)
        preload(self.clock)
        multiprocessing.forkserver.ensure_running()
        del os.environ["LD_PRELOAD"]
        self.database = {"sqlite": Sqlite, "postgres": Postgres}[self.kind](self.folder, self.template)
        self.database.start(self.clock.environment())
        self.stack.callback(self.database.stop)
        self.outside = Outside(self.clock, self.stack)
        settings = {"PAPERWATCH_DATABASE__URL": self.database.url, **self.outside.settings()}
        self.home = Home(self.folder, self.template / "clock.so", settings)
        self.engine = make_engine(self.database.direct)
        self.stack.callback(self.engine.dispose)
        self._readers()
        self.plan = Planner(self.seed, self.seconds, self.kind, len(self.readers)).plan()
        self._begin(self.plan)

    def _readers(self) -> None:
        """Those who act: two people who talk with the bot, one who does not, a topic, a mail address and a webhook; and
        as many who do not."""
        api, self.readers = self.outside.api, list[Reader]()
        people = [(person := api.user(f"Reader {number}"), api.private(person)) for number in range(6)]
        forum = api.forum("Group", api.user("Owner"))
        for person, chat in people[:2]:
            self.readers.append(Reader(("telegram", str(chat.id)), self.home, self.log, chat, person))
        for number in range(2):
            chat = people[2 + number][1]
            topic = f"{forum.id}/{forum.topic(f'Papers {number}')}"
            hook = f"{self.outside.url('hooks')}/hook/invented-path-{number}"
            others = [("telegram", str(chat.id)), ("telegram", topic), ("webhook", hook)]
            others.append(("email", f"reader{number}@example.org"))
            self.readers += [Reader(address, self.home, self.log) for address in others]
        self.readers += [Reader(("telegram", str(chat.id)), self.home, self.log) for _, chat in people[4:]]

    def _begin(self, plan: Plan) -> None:
        """The library has been read before, everybody asks for something, and there are papers."""
        now = self.clock.now()
        with writing(self.engine) as session:
            for name, scraper in (("hf", "huggingface"), ("arxiv", "arxiv")):
                session.add(Source(name=name, scraper=scraper, due_at=now, seeded_at=now, last_good_at=now))
        for reader, words in zip(self.readers, plan.first, strict=True):
            span = reader.spans[NAMES[0]] = Span(words, time.monotonic())
            owner = ("telegram", reader.address[1].partition("/")[0]) if reader.address[0] == "telegram" else None
            query, more = " OR ".join(sorted(words)), {"owner": owner} if owner else {}
            subscriptions.subscribe(self.engine, reader.address, query, now=now, name=NAMES[0], **more)  # type: ignore[arg-type]
            span.sure_from = time.monotonic()
        for event in plan.before:
            self.outside.list_paper(**event.values)
        self.workers = [Worker(self.home, slot, roles) for slot, roles in enumerate(plan.workers, 1)]
        self.stack.callback(lambda: [one.kill() for one in self.workers])
        self.faults = Faults(self.clock, self.workers, self.outside, self.database, self.log, self._zero)

    # Meanwhile.

    def _live(self) -> None:
        self.log("is prepared")
        self._start()
        self._wait_for_the_first()
        begin, stop = time.monotonic(), threading.Event()
        self.log(f"begins with {[one.roles or 'all' for one in self.workers]}")
        people = [
            threading.Thread(target=reader.live, args=(acts, begin, stop), daemon=True)
            for reader, acts in zip(self.readers, self.plan.acts, strict=False)
        ]
        for one in people:
            one.start()
        for event in self.plan.events:
            self.faults.wait(begin + event.at)
            if event.kind == "paper":
                self.outside.list_paper(**event.values)
                self.log(str(event))
            else:
                self.faults.happen(event)
        self.faults.wait(begin + self.seconds)
        self.faults.mend()
        self.clock.jump(_RENEWED)
        self.log("nothing goes wrong any more")
        self._start()
        for one in people:
            one.join(20)
        stop.set()
        for one in people:
            one.join(70)
        self.log("nobody wants anything more")

    def _wait_for_the_first(self) -> None:
        """Until something has arrived: before that, hardly anything can be lost."""
        end = time.monotonic() + _FIRST
        while not self.outside.has_taken and time.monotonic() < end:
            time.sleep(0.02)

    def _start(self) -> None:
        """Have all processes up."""
        for worker in self.workers:
            worker.start()
        end = time.monotonic() + 90
        while not all(one.is_up for one in self.workers):
            if time.monotonic() > end:
                self.problems.append("a process does not start")
                return
            for worker in self.workers:
                worker.start()
            time.sleep(0.05)

    # After.

    def _drain(self) -> None:
        """Stop all, and let time pass until nothing is owed any more."""
        for worker in self.workers:
            worker.codes.clear()  # without a database, nobody ends well
        stop_all(self.workers)
        self.log("all processes have ended")
        mended = self.clock.now()
        for step in STEPS:
            self.clock.jump(step)
            self._start()
            left = self._left(mended)
            if not left:
                break
            self.log(f"{step} seconds later, there are still {left}")
        else:
            self.problems.append(f"after 15 hours without faults there are still {left}")
        self.log("nothing is owed any more")
        time.sleep(0.5)  # what is sent a second time comes now
        stop_all(self.workers)
        self.log("the end")

    def _left(self, mended: datetime) -> str:
        """What is left some seconds later; to the processes, it is a minute."""
        for _ in range(12):
            for _ in range(5):
                left = unsettled(self.engine, self.clock.now(), mended)
                if not left:
                    return ""
                time.sleep(0.1)
            self.clock.jump(4.5)  # or a group would get three messages in ten seconds
        return left

    def _judge(self) -> None:
        ledger = Ledger(self.engine, self.outside, self.readers, self.faults, self.clock, self.folder)
        self.problems += ledger.problems()
        codes = Counter(code for one in self.workers for code in one.codes)
        if set(codes) - {0}:
            self.problems.append(f"processes that were asked to end did so with {dict(codes)}")
        faults = Counter(one.kind for one in self.plan.events if one.kind != "paper")
        self.figures = {
            "processes": len(self.workers),
            "papers": len(self.outside.papers),
            **ledger.figures(),
            "acts": sum(len(one) for one in self.plan.acts),
            "faults": dict(sorted(faults.items())),
        }
