"""Loops that turn until they are told to stop: APScheduler wakes them, and what they do ends by itself."""

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot.store.engine import OperationalError, said_by

log = logging.getLogger(__name__)

STOP_WITHIN = 25.0  # seconds that a unit of work may still take after SIGTERM; systemd kills after 90, Docker after 10

Work = Callable[[], Awaitable[bool]]
Running = Coroutine[Any, Any, None]


class Loop(NamedTuple):
    """Work that is done every so many seconds, and again at once as long as it finds something to do (True)."""

    name: str
    seconds: float
    work: Work
    at_once: int = 1  # so many at a time; of these one is woken, and wakes another when it has found something


@dataclass
class Turns:
    """When each loop last came round (seconds of `time.monotonic`), and how late the event loop was then."""

    at: dict[str, float] = field(default_factory=dict)
    lag: float = 0.0

    def mark(self, name: str) -> None:
        """The loop comes round."""
        self.at[name] = time.monotonic()


async def until_nothing_is_left(work: Work, stop: asyncio.Event) -> None:
    """Do it as long as it finds something to do."""
    while not stop.is_set() and await work():
        pass


async def forever(
    reading: Sequence[Loop], sending: Mapping[Loop, asyncio.Semaphore], others: list[Running], stop: asyncio.Event,
    turns: Turns,
) -> None:  # fmt: skip
    """Turn the loops and run the others until `stop`. The semaphore of a loop wakes one of its workers."""
    # The scheduler only wakes: a coroutine job would be cancelled by its shutdown, in the middle of a message.
    scheduler, loop = AsyncIOScheduler(timezone="UTC"), asyncio.get_running_loop()

    def waking(one: Loop, wakes: asyncio.Semaphore) -> asyncio.Semaphore:
        job = loop.call_soon_threadsafe, "interval", [wake, wakes]  # the scheduler calls plain functions in threads
        scheduler.add_job(*job, seconds=one.seconds, coalesce=True, misfire_grace_time=None)
        return wakes

    readers = [_repeat(one, waking(one, asyncio.Semaphore()), stop, turns) for one in reading]
    senders = [
        _repeat(one, wakes, stop, turns)
        for one, semaphore in sending.items()
        for wakes in [waking(one, semaphore)] * one.at_once
    ]
    scheduler.start()
    await until_stopped([*readers, _measure(stop, turns)], [*senders, *others], stop)
    scheduler.shutdown(wait=False)


def wake(wakes: asyncio.Semaphore) -> None:
    """Let one go on that waits, or the next one that will."""
    if wakes.locked():
        wakes.release()


async def until_stopped(reading: Sequence[Running], sending: Sequence[Running], stop: asyncio.Event) -> None:
    """Run all until they end or `stop`: then reading ends at once (it will be done again), a message is let through."""
    readers, senders = [[asyncio.create_task(one) for one in some] for some in (reading, sending)]
    stopping: asyncio.Future[Any] = asyncio.create_task(stop.wait())
    tasks = asyncio.gather(*readers, *senders, return_exceptions=True)
    await asyncio.wait([stopping, tasks], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if tasks.done():
        for failure in filter(None, tasks.result()):
            raise failure
        return
    log.info("stopping")
    for task in readers:
        task.cancel()
    late = (await asyncio.wait(senders, timeout=STOP_WITHIN))[1] if senders else set()
    for task in late:
        task.cancel()
    await asyncio.gather(tasks, *readers, *late, return_exceptions=True)


async def _repeat(loop: Loop, wakes: asyncio.Semaphore, stop: asyncio.Event, turns: Turns) -> None:
    stopping = asyncio.create_task(stop.wait())
    turns.mark(loop.name)
    while not stop.is_set():
        waking = asyncio.create_task(wakes.acquire())
        await asyncio.wait({waking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not waking.done():
            waking.cancel()
        try:
            turns.mark(loop.name)
            while not stop.is_set() and await loop.work():
                turns.mark(loop.name)
        except OperationalError as error:
            # It is not there, is locked or is full, and will be well again: what called it tells nobody anything.
            log.error("the database failed: %s; going on with the next step", said_by(error))  # noqa: TRY400
        except Exception:
            # The loops must outlive anything; the claim of the row that broke it runs out by itself.
            log.exception("a step failed; going on with the next")


async def _measure(stop: asyncio.Event, turns: Turns) -> None:
    """Keep how much later than wanted this process is woken: what holds up everything."""
    loop = asyncio.get_running_loop()
    while not stop.is_set():
        begin = loop.time()
        await asyncio.sleep(1)
        turns.lag = loop.time() - begin - 1


@contextmanager
def stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    """Set `stop` on SIGTERM and SIGINT; a second one of them ends the process at once."""
    loop = asyncio.get_running_loop()

    def on_signal(number: signal.Signals) -> None:
        stop.set()
        signal.signal(number, signal.SIG_DFL)
        with contextlib.suppress(NotImplementedError):
            loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        try:
            loop.add_signal_handler(number, on_signal, number)
        except NotImplementedError:  # Windows has no signal handlers in event loops
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop.set))
    yield
