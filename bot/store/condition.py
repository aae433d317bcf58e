"""How the database is: what can be asked of it, and of the machine that it is on, without changing anything."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import sqlalchemy as sa

from bot.store.engine import Clock, Engine, explained, file_of, reading, trying
from bot.store.refusal import shown


def place_of(engine: Engine) -> str:
    """Where the database is: its file, or its address without the password."""
    if file := file_of(engine.url):
        return str(file)
    return shown(engine.url)


def bytes_free(path: Path) -> int:
    """How much room there is where the file is."""
    return shutil.disk_usage(path.parent).free


def try_to_write(engine: Engine) -> None:
    """Write something, and take it back; nothing where there are no tables yet. Raises StoreError."""
    with explained(engine), trying(engine) as session:
        if sa.inspect(session.connection()).has_table("alembic_version"):
            session.execute(sa.text("update alembic_version set version_num = version_num"))


def only_reads(engine: Engine) -> bool:
    """Whether a server takes no changes: a replica, or one that is told so."""
    return _asked(engine, "show transaction_read_only") == "on"


def journal_mode(engine: Engine) -> str:
    """How SQLite keeps what is not yet in the file."""
    return _asked(engine, "pragma journal_mode")


def damage(engine: Engine) -> str:
    """The first thing that is wrong in an SQLite file; empty where nothing is. It reads all of the file."""
    found = _asked(engine, "pragma quick_check(1)")
    return "" if found == "ok" else found


def version(engine: Engine) -> int:
    """The server's version, such as 160004."""
    return int(_asked(engine, "show server_version_num"))


def encoding(engine: Engine) -> str:
    """The encoding of the server's texts."""
    return _asked(engine, "show server_encoding")


def seconds_ahead(engine: Engine, clock: Clock) -> float:
    """By how much this machine's clock is ahead of the server's; negative where it is behind."""
    with explained(engine), reading(engine) as session:
        session.execute(sa.text("select 1"))  # connecting takes time
        before = clock()
        theirs: datetime = session.execute(sa.text("select clock_timestamp()")).scalar_one()
        middle = before + (clock() - before) / 2
    return (middle - theirs.astimezone(UTC)).total_seconds()


def _asked(engine: Engine, statement: str) -> str:
    with explained(engine), reading(engine) as session:
        return str(session.execute(sa.text(statement)).scalar())
