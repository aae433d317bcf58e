"""`paperwatch backup` and `restore`: the whole library in a file, and back. Nothing is migrated by either: a backup is
what the library is, and what is restored is brought up to date when it is opened next."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from bot.alone import only_one
from bot.config import load
from bot.show import many
from bot.store import condition, copies, dumps
from bot.store.copies import Rows
from bot.store.engine import Engine, StoreError, file_of, make_engine
from bot.terminal import can_answer, now, say

_GONE = 2.0  # seconds until the server has seen that pg_dump is gone


def backup(config: Path | None, file: Path, *, force: bool) -> None:
    """Write the library into a file, and try it."""
    with _library(config) as engine:
        _check_target(engine, file, force=force)
        held = _save(engine, file)
    say(f"{file}: {_what(held)}; {_size(file)}, read again and found whole")


def restore(config: Path | None, file: Path, *, yes: bool) -> None:
    """Let a backup take the place of the library, which is kept."""
    with _library(config) as engine:
        if file.is_dir():
            raise ValueError(f"{file} is a folder; name the backup in it")
        if engine.dialect.name == "postgresql":
            _restore_dump(engine, file, yes=yes)
        else:
            _restore_copy(engine, file, yes=yes)
    say("the next command brings its tables up to date; what was sent after the backup was made may be sent again")


@contextmanager
def _library(config: Path | None) -> Iterator[Engine]:
    """The database as it is."""
    engine = make_engine(load(config).database_url)
    try:
        yield engine
    finally:
        engine.dispose()


def _check_target(engine: Engine, file: Path, *, force: bool) -> None:
    library = _file_of(engine) if engine.dialect.name == "sqlite" else None
    if library and not library.exists():
        raise StoreError(f"there is no library yet: {library} is not there")
    if library and file.exists() and file.samefile(library):
        raise ValueError(f"{file} is the library itself; name another file")
    if file.is_dir():
        raise ValueError(f"{file} is a folder; name a file in it")
    if file.exists() and not force:
        raise ValueError(f"{file} is there already; name another file, or write over it with --force")


def _save(engine: Engine, file: Path) -> Rows:
    """Write the file, and read it again before it gets its name."""
    with copies.replacing(file) as part:
        if engine.dialect.name == "postgresql":
            held, found = dumps.dump(engine, part), dumps.tried(part)[1]
        else:
            held, found = copies.copy(engine, part), copies.tried(part)
        if held != found:
            raise StoreError(f"the backup does not hold what the library does, and is not kept: {found} for {held}")
    return held


def _restore_copy(engine: Engine, file: Path, *, yes: bool) -> None:
    if not copies.is_sqlite(file):
        kind = "a dump of PostgreSQL, and database.url names a file" if dumps.is_dump(file) else "no backup"
        raise ValueError(f"{file} is {kind}")
    library = _file_of(engine)
    if library.exists() and file.samefile(library):
        raise ValueError(f"{file} is the library itself; name a backup of it")
    with only_one(engine), copies.part_of(library) as part:
        held = copies.copy_of(file, part)
        _ask(f"{file} holds {_what(held)}.", str(library), yes=yes)
        kept = copies.put_in_place(part, library, now())
    say(f"{library} holds {_what(held)} now" + (f"; what it was is kept as {kept}" if kept else ""))


def _restore_dump(engine: Engine, file: Path, *, yes: bool) -> None:
    if not dumps.is_dump(file):
        kind = "an SQLite file, and database.url names a server" if copies.is_sqlite(file) else "no backup"
        raise ValueError(f"{file} is {kind}")
    is_empty, place = dumps.is_empty(engine), condition.place_of(engine)
    revision, held = dumps.tried(file)
    _check_alone(engine, place)
    _ask(f"{file} holds {_what(held)}.", place, yes=yes)
    kept = None if is_empty else file.with_name(f"{file.name}.before-restore-{now():%Y%m%dT%H%M%SZ}")
    if kept:
        _save(engine, kept)
        say(f"what {place} was is kept as {kept}")
        _check_alone(engine, place, patience=_GONE)  # saving it, and the answer, took time
    dumps.put_in_place(engine, file, revision)
    say(f"{place} holds {_what(held)} now")


def _check_alone(engine: Engine, place: str, patience: float = 0) -> None:
    if there := dumps.others(engine, patience):
        raise StoreError(f"{many(there, 'other connection')} to {place}; stop all of paperwatch first")


def _ask(what: str, place: str, *, yes: bool) -> None:
    if yes:
        return
    if not can_answer():
        raise ValueError(f"{what} To let it take the place of what {place} holds, say --yes")
    if not typer.confirm(f"{what} Let it take the place of what {place} holds?", err=True):
        raise typer.Exit(1)


def _file_of(engine: Engine) -> Path:
    file = file_of(engine.url)
    if file is None:
        raise ValueError("a library in memory has no backup")
    return file


def _what(held: Rows) -> str:
    names = (("paper", "paper"), ("subscription", "subscription"), ("recipient", "recipient"))
    return ", ".join(many(held.get(table, 0), name) for table, name in names)


def _size(file: Path) -> str:
    return f"{file.stat().st_size / 1_000_000:,.1f} MB"
