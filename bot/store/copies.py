"""Copies of a library: made beside those who write, tried before they are called one, and put in the place of another.

A copy of SQLite is one file, made by its online backup (https://www.sqlite.org/backup.html); one of PostgreSQL is a
dump (`bot.store.dumps`). Either is written under another name first: a file that has its name is whole.
"""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from bot.models import metadata
from bot.store.engine import DatabaseError, Engine, ForeignTables, NewerTables, StoreError, explained, version_of

Rows = dict[str, int]  # how many of each table

OWN = (*metadata.tables, "paper_fts")
NOTHING = "there is no library yet: the database has no tables"
_SIGN = b"SQLite format 3\x00"
_BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps beside a file, by what it adds to the name


@contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """A file that takes this name at the end, and goes where that is not reached. Raises StoreError where there is no
    place for it."""
    with part_of(file) as part:
        yield part
        _to_disk(part)
        part.replace(file)
        _to_disk(file.parent)


@contextmanager
def part_of(file: Path) -> Iterator[Path]:
    """An empty file beside this one, for its owner only, until the end. Raises StoreError where there is no place for
    it."""
    try:
        descriptor, name = tempfile.mkstemp(prefix=f".{file.name}.", suffix=".part", dir=file.parent)
        os.close(descriptor)
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from None
    part = Path(name)
    try:
        yield part
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}") from error
    finally:
        for left in (part, *_beside(part)):
            left.unlink(missing_ok=True)


def is_sqlite(file: Path) -> bool:
    """Whether it looks like an SQLite file. Raises ValueError where it cannot be read."""
    return beginning(file, len(_SIGN)) == _SIGN


def beginning(file: Path, length: int) -> bytes:
    """The first bytes of a file. Raises ValueError where it cannot be read."""
    try:
        with file.open("rb") as stream:
            return stream.read(length)
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None


def count(connection: sa.Connection) -> Rows:
    """How many rows each of our tables has, as the connection sees them now."""
    there = sorted(set(sa.inspect(connection).get_table_names()) & set(OWN))
    return {name: connection.execute(sa.text(f'select count(*) from "{name}"')).scalar_one() for name in there}  # noqa: S608


def copy(engine: Engine, part: Path) -> Rows:
    """Write all that the SQLite library holds now into a file; what that is. Nobody waits for it. Raises StoreError."""
    try:
        with explained(engine), engine.execution_options(read_only=True).connect() as connection:
            if version_of(connection) is None:
                raise StoreError(NOTHING)
            held = count(connection)  # from here on the connection sees no other's changes
            raw: Any = connection.connection.driver_connection
            _copy(raw, part)
    except sqlite3.Error as error:
        raise StoreError(f"the copy cannot be written ({error}); is there room on the disk?") from error
    return held


def copy_of(file: Path, part: Path) -> Rows:
    """Copy a file that may be a backup, and try the copy; what it holds. Raises ValueError where it is none, StoreError
    where it belongs to a newer version."""
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro", uri=True)) as source:
            # SQLite takes what is missing of the last page for zeros, and where that holds nothing, finds no fault.
            if file.stat().st_size % source.execute("pragma page_size").fetchone()[0]:
                raise damaged(file)
            _copy(source, part)
        if not (held := tried(part)):
            raise no_backup(file)
    except (sqlite3.Error, DatabaseError) as error:
        if "full" in str(error) or "I/O" in str(error):
            raise StoreError(f"the copy of {file} cannot be written ({error}); is there room on the disk?") from error
        raise damaged(file) from error
    except NewerTables:
        raise newer(file) from None
    except ForeignTables:
        raise no_backup(file) from None
    return held


def newer(file: Path) -> StoreError:
    """What is said of a backup that a newer version made."""
    return StoreError(f"{file} belongs to a newer version of Paperwatch; update the program first")


def no_backup(file: Path) -> ValueError:
    """What is said of a file that can be read, and has none of our tables."""
    return ValueError(f"{file} is no backup of Paperwatch: it has none of its tables")


def damaged(file: Path) -> ValueError:
    """What is said of a file that cannot be read to its end."""
    return ValueError(f"{file} is damaged, and nothing was changed; take another backup")


def tried(part: Path) -> Rows:
    """Open a copy as a restored library would be; what it holds. Raises DatabaseError where it is damaged, StoreError
    where it is another program's, or a newer version's."""
    engine = sa.create_engine(sa.URL.create("sqlite", database=str(part)), poolclass=sa.NullPool)
    with engine.connect() as connection:
        if (damage := connection.exec_driver_sql("pragma integrity_check(1)").scalar()) != "ok":
            raise DatabaseError("pragma integrity_check", None, sqlite3.DatabaseError(damage))
        version_of(connection)
        return count(connection)


def _copy(source: sqlite3.Connection, part: Path) -> None:
    with closing(sqlite3.connect(part, isolation_level=None)) as target:
        source.backup(target)  # in one step: in several, it begins anew whenever somebody writes
        target.execute("pragma journal_mode=delete").close()  # one file, with nothing beside it


def put_in_place(part: Path, file: Path, now: datetime) -> Path | None:
    """Let a copy take the place of the library; under which name the old one stays, None where there was none.

    There is a library at each moment: the old one gets its second name before the new one takes the first. Call it
    with nobody else at the file. Raises StoreError where somebody is.
    """
    _to_disk(part)
    if not file.exists():
        _forget_journals(file)
        part.replace(file)
        return None
    with _alone_with(file):
        kept = _second_name(file, now)
        _forget_journals(file)
        _like(file, part)
        part.replace(file)
    _to_disk(file.parent)
    return kept


@contextmanager
def _alone_with(file: Path) -> Iterator[None]:
    """Take what lies beside the file into it, and let nobody else in. A file that is damaged is left as it is."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=5)) as connection:
        try:
            connection.execute("pragma journal_mode=delete").close()
            connection.execute("begin exclusive").close()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise StoreError(f"another program is using {file}; stop it first") from None
        except sqlite3.DatabaseError:
            pass
        yield


def _second_name(file: Path, now: datetime) -> Path:
    """Give the library, and what lies beside it, a second name that nothing has."""
    stamp, number = f"{now:%Y%m%dT%H%M%SZ}", 1
    while True:
        kept = file.with_name(f"{file.name}.before-restore-{stamp}" + (f"-{number}" if number > 1 else ""))
        with suppress(FileExistsError):
            os.link(file, kept)
            break
        number += 1
    for beside, end in zip(_beside(file), _BESIDE, strict=True):
        if beside.exists():
            os.link(beside, f"{kept}{end}")
    _to_disk(file.parent)
    return kept


def _forget_journals(file: Path) -> None:
    """SQLite would play back what it finds beside a file, whosesoever that is."""
    for beside in _beside(file):
        beside.unlink(missing_ok=True)


def _beside(file: Path) -> list[Path]:
    return [Path(f"{file}{end}") for end in _BESIDE]


def _like(file: Path, part: Path) -> None:
    """Let those use the new file who could use the old one, also where root restores it for them."""
    of = file.stat()
    part.chmod(of.st_mode & 0o777)
    if os.name == "posix" and os.geteuid() == 0:
        os.chown(part, of.st_uid, of.st_gid)


def _to_disk(path: Path) -> None:
    if path.is_dir() and os.name != "posix":
        return  # Windows opens no folders
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
