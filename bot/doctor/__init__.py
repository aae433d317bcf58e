"""Doctor: checks of a whole installation, each with what to do where something is wrong.

It changes nothing: no table is migrated, no paper is stored, no message is sent. Only the turns at the sites
(`bot.gate`) are written down, so that other processes keep their distance.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bot import config
from bot import subscriptions as subs
from bot.alone import is_running
from bot.app import close_all, make_channels, make_fetcher, make_poster, missing
from bot.config import Settings
from bot.doctor import database, sites, ways, work
from bot.doctor import settings as configured
from bot.doctor.finding import Finding, examined, examining, without
from bot.report import report as report_of
from bot.store.engine import Clock, Engine, StoreError, explained, file_of, make_engine, missing_steps
from scrapers.crawl import Fetch

__all__ = ["Finding", "examine"]

Say = Callable[[str], None]


def examine(path: Path | None, *, online: bool, clock: Clock, say: Say) -> list[Finding]:
    """All that can be found out about the installation that the configuration describes; `say` tells what takes
    long."""
    settings, found = configured.configuration(path)
    if settings is None:
        return [without((), finding) for finding in found]
    found += examined("configuration", lambda: configured.checks(settings, config.file_of(path)))
    with _engine(settings, found) as engine:
        current = False
        if engine:
            found += examined("database", lambda: database.checks(engine, clock, say))
            current = _is_current(engine)
        found += _people_and_work(settings, engine if current else None, clock)
        if online:
            found += asyncio.run(_online(settings, engine if current else None, clock, say))
    secrets = configured.secrets(settings)
    return [without(secrets, finding) for finding in found]


@contextmanager
def _engine(settings: Settings, found: list[Finding]) -> Iterator[Engine | None]:
    """The database; None where there is none, and why is among the findings."""
    engine: Engine | None = None
    file = file_of(settings.database_url)

    def opened() -> Iterator[Finding]:
        nonlocal engine
        if file and not file.exists():
            yield database.unmade(file)
        else:
            engine = make_engine(settings.database_url)

    found += examined("database", opened)
    try:
        yield engine
    finally:
        if engine:
            engine.dispose()


def _is_current(engine: Engine) -> bool:
    try:
        return not missing_steps(engine)
    except StoreError:
        return False  # which the check of the database has told


def _people_and_work(settings: Settings, engine: Engine | None, clock: Clock) -> list[Finding]:
    """What the settings and, where they can be read, the tables say about people, and about what is done."""
    channels = {one.address: one.address.partition(":")[0] for one in settings.subscriptions}
    zones = configured.zones_of(settings)

    def people() -> Iterator[Finding]:
        if engine:
            with explained(engine):
                for one in subs.list_all(engine):
                    channels[f"{one.recipient.channel}:{one.recipient.address}"] = one.recipient.channel
                    zones.add(one.recipient.zone)
        yield configured.zones(zones)
        yield from work.told(channels.values(), missing(settings))

    found = examined("recipients", people)
    return found + examined("outbox", lambda: _work(settings, engine, clock)) if engine else found


def _work(settings: Settings, engine: Engine, clock: Clock) -> Iterator[Finding]:
    yield work.running(is_running(engine))
    with explained(engine):
        report = report_of(engine, settings.watched, clock(), missing(settings))
    yield from work.sources(report)
    yield from work.outbox(report)


async def _online(settings: Settings, engine: Engine | None, clock: Clock, say: Say) -> list[Finding]:
    """What only the far sides can tell. All are asked at once, for no two are the same; a site that several sources
    read is asked by the gate, one after the other."""
    async with make_fetcher(settings, engine) as fetcher, make_poster(settings) as poster:
        channels = make_channels(settings, poster)
        asked = [_source(settings, name, fetcher.get, clock) for name in settings.watched]
        say(f"asking {', '.join([*settings.watched, *(name for name in channels if name in ('telegram', 'email'))])}")
        checks = [examining(name, ways.channel(name, one, settings)) for name, one in channels.items()]
        if settings.web.base_url:
            checks.append(examining("web pages", ways.pages(settings.web.base_url, poster.get)))
        answers, others = await asyncio.gather(asyncio.gather(*asked), asyncio.gather(*checks))
        await close_all(channels)
    found = [finding for some, _ in answers for finding in some]
    return found + sites.clock_of(ahead for _, ahead in answers) + [one for some in others for one in some]


async def _source(settings: Settings, name: str, fetch: Fetch, clock: Clock) -> tuple[list[Finding], float | None]:
    ahead: float | None = None

    async def check() -> list[Finding]:
        nonlocal ahead
        finding, ahead = await sites.examine(name, settings.watched[name], fetch, clock)
        return [finding]

    return await examining(f"site of {name}", check()), ahead
