"""Is the database there, sound, and this program's? Nothing is migrated, and no file is made."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.doctor.finding import Finding, failure, ok, warning
from bot.store import condition
from bot.store.engine import Clock, Engine, file_of, missing_steps

_MB = 1_000_000
LITTLE_ROOM = 200 * _MB
_LARGE = 500 * _MB  # to read so much takes seconds
_OLDEST_SERVER = 13
_CLOCK_OFF = 5.0  # seconds: claims, which the server's clock decides, last minutes


def unmade(path: Path) -> Finding:
    """Can an SQLite file that is not there be made?"""
    folder = next(parent for parent in path.absolute().parents if parent.exists())
    if not folder.is_dir() or not os.access(folder, os.W_OK | os.X_OK):
        advice = f"let this user write in {folder}, or name another file with database.url"
        return failure("database", f"{path} is not there, and cannot be made", advice)
    return ok("database", f"{path} is not there yet; the first command makes it")


def checks(engine: Engine, clock: Clock, say: Callable[[str], None]) -> Iterator[Finding]:
    """Everything about a database that is there. Raises StoreError where it cannot be used."""
    steps = missing_steps(engine)
    yield _tables(condition.place_of(engine), steps)
    if engine.dialect.name == "postgresql":
        yield from _server(engine, clock)
        return
    condition.try_to_write(engine)
    if file := file_of(engine.url):
        yield from _file(engine, file, say)


def _tables(place: str, steps: list[str]) -> Finding:
    if steps:
        return ok("database", f"{place}, without the newest tables: the next command brings it up to date")
    return ok("database", f"{place}, up to date")


def _file(engine: Engine, path: Path, say: Callable[[str], None]) -> Iterator[Finding]:
    yield room(condition.bytes_free(path))
    if (mode := condition.journal_mode(engine)) != "wal":
        says = f"the journal is in mode {mode}: whoever reads waits for whoever writes"
        yield warning("database", says, "keep the file on a disk of this machine, not on a network drive")
    if (size := path.stat().st_size) > _LARGE:
        say(f"reading all {size / _MB:,.0f} MB of {path}, to see whether it is sound")
    yield soundness(condition.damage(engine), size)


def room(free: int) -> Finding:
    """Is there room on the disk?"""
    says = f"{free / _MB:,.0f} MB are free" if free < 1000 * _MB else f"{free / _MB / 1000:,.0f} GB are free"
    if free < LITTLE_ROOM:
        return warning("disk", f"only {says}", "make room: a full disk stops everything that is stored")
    return ok("disk", says)


def soundness(damage: str, size: int) -> Finding:
    """Is the file whole?"""
    if not damage:
        return ok("database file", f"{size / _MB:,.1f} MB, sound")
    advice = (
        "stop paperwatch, and restore a backup (paperwatch restore FILE), or save what is readable:"
        " sqlite3 FILE .recover | sqlite3 NEW"
    )
    return failure("database file", f"the file is damaged: {damage}", advice)


def _server(engine: Engine, clock: Clock) -> Iterator[Finding]:
    only_reads = condition.only_reads(engine)
    yield server(condition.version(engine), condition.encoding(engine), only_reads=only_reads)
    yield server_clock(condition.seconds_ahead(engine, clock))
    if not only_reads:
        condition.try_to_write(engine)


def server(version: int, encoding: str, *, only_reads: bool) -> Finding:
    """Is this a server that the program can work with?"""
    major, what = version // 10_000, "database server"
    if major < _OLDEST_SERVER:
        return failure(what, f"PostgreSQL {major} is too old", f"use PostgreSQL {_OLDEST_SERVER} or newer")
    if encoding != "UTF8":
        advice = "make a database with: createdb --encoding UTF8 --template template0 NAME"
        return failure(what, f"its encoding is {encoding}, which has no place for the letters of many names", advice)
    if only_reads:
        return failure(what, "it takes no changes", "name the primary server, not a replica, with database.url")
    return ok(what, f"PostgreSQL {major}, {encoding}")


def server_clock(ahead: float) -> Finding:
    """Does this machine's clock agree with the server's?"""
    if abs(ahead) <= _CLOCK_OFF:
        return ok("clock", "agrees with the database's")
    how = f"{abs(ahead):,.0f} s {'ahead of' if ahead > 0 else 'behind'} the database's"
    return failure("clock", f"this machine's clock is {how}", "set both clocks by NTP: timedatectl set-ntp true")
