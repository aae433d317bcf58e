"""The process: what each of its roles does, and a clean stop. Any number of processes may share the work, each in all
roles or in some, as long as they share a PostgreSQL database: it says who does what."""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from random import Random

from bot import alarms, empty_days
from bot.app import App, close_all, make_addresses, make_channels, make_fetcher, make_poster
from bot.claiming import Channels
from bot.config import ConfigError
from bot.deliver import Stopped, deliver_many, deliver_once, drop_expired, has_no_pace, start_lanes
from bot.extras import installing
from bot.ingest import ingest_once
from bot.looping import Loop, Running, Turns, forever, stopped_by_signals, until_nothing_is_left, until_stopped, wake
from bot.monitor.counts import Counts
from bot.monitor.serve import serving
from bot.pruning import prune_daily
from bot.readings import Read
from bot.watching import Watching
from scrapers.crawl import Fetch

log = logging.getLogger(__name__)

ROLES = ("ingest", "deliver", "bot", "web")
# Seconds between two looks at the database.
INGEST_EVERY, DELIVER_EVERY, EMPTY_EVERY, ALARM_EVERY, TIDY_EVERY = 5, 1, 30, 60, 3600
# So many messages are under way at once: at 25 a second (the pace of Telegram), and 0.3 s until each is answered.
SENDERS = 8
# Where there is no pace, each of these takes so many at a time.
FREE_SENDERS, MANY = 3, 32


async def run(app: App, *, once: bool, report: Callable[[Read], None], roles: Collection[str] = ROLES) -> None:
    """Do what the roles ask for, until stopped; or (`once`) until nothing more is due.

    ingest   read the sources that are due, and tell the administrators what could not be read
    deliver  send what is owed, and drop what nobody waits for any more
    bot      answer people on Telegram; of several processes one
    web      serve the pages
    """
    stop, turns, counts = asyncio.Event(), Turns(), Counts()

    def read(one: Read) -> None:
        turns.mark("ingest")
        counts.read(one)
        report(one)

    async with make_fetcher(app.settings, app.engine) as fetcher, make_poster(app.settings) as poster:
        addresses = await asyncio.to_thread(make_addresses, app, datetime.now(UTC))
        channels, random, watching = make_channels(app.settings, poster, addresses), Random(), Watching()

        async def ingest() -> bool:
            name = await ingest_once(
                app.engine, app.settings.watched, fetcher.get, random=random, report=read, watching=watching
            )
            return name is not None

        async def tell_empty_days() -> bool:
            await asyncio.to_thread(empty_days.tell, app.engine, app.settings.watched)
            return False

        async def alarm() -> bool:
            await asyncio.to_thread(alarms.tell, app.engine, app.settings.watched, app.settings.alarmed)
            return False

        async def tidy() -> bool:
            await asyncio.to_thread(drop_expired, app.engine)
            await asyncio.to_thread(prune_daily, app.engine, app.settings.keep, is_stopped=stop.is_set)
            return False

        loops = {
            "ingest": [Loop("ingest", INGEST_EVERY, ingest), Loop("alarms", ALARM_EVERY, alarm)],
            "deliver": [Loop("empty days", EMPTY_EVERY, tell_empty_days), Loop("tidy", TIDY_EVERY, tidy)],
        }
        sending: dict[Loop, asyncio.Semaphore] = {}
        if "deliver" in roles:
            await asyncio.to_thread(start_lanes, app.engine)
            sending = _senders(app, channels, stop, random, counts)
        with stopped_by_signals(stop):
            if once:
                if "ingest" in roles:
                    await until_stopped([until_nothing_is_left(ingest, stop)], [], stop)
                    await alarm()
                if "deliver" in roles:
                    await tell_empty_days()
                    works = [loop.work for loop in sending for _ in range(loop.at_once)]
                    await until_stopped([], [until_nothing_is_left(work, stop) for work in works], stop)
                    await tidy()
            else:
                reading = [loop for role in roles for loop in loops.get(role, ())]
                others = [*_pages(app, stop, roles), *_talking(app, fetcher.get, stop, roles)]
                with serving(app, [*reading, *sending], turns, counts):
                    await forever(reading, sending, others, stop, turns)
        await close_all(channels)


def _senders(
    app: App, channels: Channels, stop: asyncio.Event, random: Random, counts: Counts
) -> dict[Loop, asyncio.Semaphore]:
    """What sends, with what wakes it: one message after the other by channels that have a pace, many at once by those
    that have none."""
    free = {name: channel for name, channel in channels.items() if has_no_pace(channel)}
    paced = {name: channel for name, channel in channels.items() if name not in free}
    wakes, free_wakes = asyncio.Semaphore(), asyncio.Semaphore()

    async def sleep(seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), seconds)
            raise Stopped

    async def deliver() -> bool:
        found = await deliver_once(
            app.engine, paced, sources=app.settings.watched, random=random, sleep=sleep, found=lambda: wake(wakes),
            told=counts.told,
        )  # fmt: skip
        return found is not None

    async def deliver_some() -> bool:
        return await deliver_many(
            app.engine, free, most=MANY, sources=app.settings.watched, random=random, found=lambda: wake(free_wakes),
            told=counts.told,
        ) > 0  # fmt: skip

    return {
        **({Loop("deliver", DELIVER_EVERY, deliver, SENDERS): wakes} if paced else {}),
        **({Loop("deliver many", DELIVER_EVERY, deliver_some, FREE_SENDERS): free_wakes} if free else {}),
    }


def check_roles(app: App, roles: Collection[str]) -> None:
    """Raises ConfigError where a role that was asked for by its name has nothing to do."""
    if set(roles) == set(ROLES):
        return
    telegram = app.settings.telegram
    if "bot" in roles and (telegram.token is None or not telegram.talk):
        raise ConfigError("the role bot needs telegram.token, and telegram.talk not set to false")
    if "web" in roles and app.settings.web.base_url is None:
        raise ConfigError("the role web needs web.base_url: where people reach the pages")


def _talking(app: App, fetch: Fetch, stop: asyncio.Event, roles: Collection[str]) -> list[Running]:
    """The bot that answers people, where one is configured."""
    telegram = app.settings.telegram
    if "bot" not in roles or telegram.token is None or not telegram.talk:
        return []
    from bot.chat.connection import talk  # imported here: its library takes half a second

    return [talk(app.engine, app.settings, fetch, stop, lambda: datetime.now(UTC))]


def _pages(app: App, stop: asyncio.Event, roles: Collection[str]) -> list[Running]:
    """The web pages, where their address is configured. Raises ConfigError."""
    web = app.settings.web
    if "web" not in roles or web.base_url is None:
        return []
    try:
        from bot.web.serve import listening, serve  # imported here: the extra may not be installed
    except ModuleNotFoundError:
        raise ConfigError(
            f"web.base_url is set, but the web server is not installed; install it with {installing('web')}"
        ) from None
    return [serve(app, web.base_url, listening(web.listen), stop)]
