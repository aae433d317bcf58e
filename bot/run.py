"""The process: the two loops under APScheduler's clock, and a clean stop."""

import asyncio
import contextlib
import logging
import signal
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler

from bot import alarms, empty_days
from bot.app import App, close_all, make_addresses, make_channels, make_fetcher, make_poster
from bot.config import ConfigError
from bot.deliver import Stopped, deliver_once, drop_expired, start_lanes
from bot.ingest import ingest_once
from bot.readings import Read
from bot.watching import Watching
from scrapers.crawl import Fetch

log = logging.getLogger(__name__)

# Seconds between two looks at the database.
INGEST_EVERY, DELIVER_EVERY, EMPTY_EVERY, ALARM_EVERY, TIDY_EVERY = 5, 1, 30, 60, 3600
# So many messages are under way at once: at 25 a second (the pace of Telegram), and 0.3 s until each is answered.
SENDERS = 8
STOP_WITHIN = 25.0  # seconds that a unit of work may still take after SIGTERM; systemd kills after 90, Docker after 10

Work = Callable[[], Awaitable[bool]]


async def run(app: App, *, once: bool, report: Callable[[Read], None]) -> None:
    """Read what is due and send what is owed, until stopped; or (`once`) until nothing more is due."""
    async with make_fetcher(app.settings, app.engine) as fetcher, make_poster(app.settings) as poster:
        addresses = await asyncio.to_thread(make_addresses, app, datetime.now(UTC))
        channels, random, watching = make_channels(app.settings, poster, addresses), Random(), Watching()

        async def ingest() -> bool:
            name = await ingest_once(
                app.engine, app.settings.watched, fetcher.get, random=random, report=report, watching=watching
            )
            return name is not None

        stop, sender_wakes = asyncio.Event(), asyncio.Semaphore()

        async def sleep(seconds: float) -> None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), seconds)
                raise Stopped

        async def deliver() -> bool:
            found = await deliver_once(
                app.engine, channels, sources=app.settings.watched, random=random, sleep=sleep,
                found=lambda: _wake(sender_wakes),
            )  # fmt: skip
            return found is not None

        async def tell_empty_days() -> bool:
            await asyncio.to_thread(empty_days.tell, app.engine, app.settings.watched)
            return False

        async def alarm() -> bool:
            await asyncio.to_thread(alarms.tell, app.engine, app.settings.watched, app.settings.alarmed)
            return False

        async def tidy() -> bool:
            await asyncio.to_thread(drop_expired, app.engine)
            return False

        await asyncio.to_thread(start_lanes, app.engine)
        with _stopped_by_signals(stop):
            if once:
                await _until_stopped([_exhaust(ingest, stop)], [], stop)
                await tell_empty_days()
                await alarm()
                await _until_stopped([], [_exhaust(deliver, stop) for _ in range(SENDERS)], stop)
            else:
                telling = [(EMPTY_EVERY, tell_empty_days), (ALARM_EVERY, alarm)]
                every = [(INGEST_EVERY, ingest), *telling, (TIDY_EVERY, tidy)]
                talking = [*_pages(app, stop), *_talking(app, fetcher.get, stop)]
                await _forever(every, (DELIVER_EVERY, deliver, sender_wakes), talking, stop)
        await close_all(channels)


def _talking(app: App, fetch: Fetch, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
    """The bot that answers people, where one is configured."""
    telegram = app.settings.telegram
    if telegram.token is None or not telegram.talk:
        return []
    from bot.chat.connection import talk  # imported here: its library takes half a second

    return [talk(app.engine, app.settings, fetch, stop, lambda: datetime.now(UTC))]


def _pages(app: App, stop: asyncio.Event) -> list[Coroutine[Any, Any, None]]:
    """The web pages, where their address is configured. Raises ConfigError."""
    web = app.settings.web
    if web.base_url is None:
        return []
    try:
        from bot.web.serve import listening, serve  # imported here: the extra may not be installed
    except ModuleNotFoundError:
        raise ConfigError(
            "web.base_url is set, but the web server is not installed; install it with"
            " PAPERWATCH_EXTRAS=web ./paperwatch --version (or: pip install 'paperwatch[web]')"
        ) from None
    return [serve(app, web.base_url, listening(web.listen), stop)]


async def _exhaust(work: Work, stop: asyncio.Event) -> None:
    while not stop.is_set() and await work():
        pass


async def _forever(
    readers: Sequence[tuple[int, Work]],
    senders: tuple[int, Work, asyncio.Semaphore],
    talking: list[Coroutine[Any, Any, None]],
    stop: asyncio.Event,
) -> None:
    """Each work whenever its seconds have passed, and again at once as long as it finds something to do. Of the
    senders one is woken; it wakes another as soon as it has found something."""
    # The scheduler only wakes: a coroutine job would be cancelled by its shutdown, in the middle of a message.
    scheduler, loop = AsyncIOScheduler(timezone="UTC"), asyncio.get_running_loop()

    def waking(seconds: int, wakes: asyncio.Semaphore) -> asyncio.Semaphore:
        job = loop.call_soon_threadsafe, "interval", [_wake, wakes]  # the scheduler calls plain functions in threads
        scheduler.add_job(*job, seconds=seconds, coalesce=True, misfire_grace_time=None)
        return wakes

    reading = [_repeat(work, waking(seconds, asyncio.Semaphore()), stop) for seconds, work in readers]
    seconds, work, wakes = senders
    waking(seconds, wakes)
    sending = [_repeat(work, wakes, stop) for _ in range(SENDERS)]
    scheduler.start()
    await _until_stopped(reading, [*sending, *talking], stop)
    scheduler.shutdown(wait=False)


def _wake(wakes: asyncio.Semaphore) -> None:
    """Let one go on that waits, or the next one that will."""
    if wakes.locked():
        wakes.release()


async def _until_stopped(
    reading: list[Coroutine[Any, Any, None]], sending: list[Coroutine[Any, Any, None]], stop: asyncio.Event
) -> None:
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


async def _repeat(work: Work, wakes: asyncio.Semaphore, stop: asyncio.Event) -> None:
    stopping = asyncio.create_task(stop.wait())
    while not stop.is_set():
        waking = asyncio.create_task(wakes.acquire())
        await asyncio.wait({waking, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not waking.done():
            waking.cancel()
        try:
            while not stop.is_set() and await work():
                pass
        except Exception:
            # The loops must outlive anything; the claim of the row that broke it runs out by itself.
            log.exception("a step failed; going on with the next")


@contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
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
