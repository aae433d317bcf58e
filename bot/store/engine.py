"""The two databases: making the engine, transactions, the library's lock, migrations."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from pydantic_core import from_json, to_json
from sqlalchemy import Engine
from sqlmodel import Session

from bot.extras import installing
from bot.store.refusal import (
    DatabaseError,
    ForeignTables,
    NewerTables,
    OperationalError,
    StoreError,
    explained,
    said_by,
)
from bot.store.turns import Turns

# Others name these types, but only the store imports the library that they come from.
__all__ = [
    "Clock",
    "DatabaseError",
    "Engine",
    "ForeignTables",
    "NewerTables",
    "OperationalError",
    "Session",
    "StoreError",
    "current_time",
    "explained",
    "file_of",
    "lock_library",
    "make_engine",
    "said_by",
]
__all__ += [
    "migrate",
    "missing_steps",
    "reading",
    "rebuilding",
    "steps",
    "take_back",
    "trying",
    "upsert",
    "version_of",
    "writing",
]

Clock = Callable[[], datetime]

_MIGRATIONS = Path(__file__).parents[1] / "migrations"
# Any constant will do; it must be the same in every process that shares the database.
_LIBRARY_LOCK = 7_208_311_001
_MIGRATION_LOCK = 7_208_311_002
_TURNS: WeakKeyDictionary[Engine, Turns] = WeakKeyDictionary()  # of those that write into files


def make_engine(url: str) -> Engine:
    """An engine for `sqlite:///path` or `postgresql+psycopg://…`.

    Raises StoreError where the URL names another database, a directory, or a folder that cannot be made.
    """
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):  # of a port that is no number SQLAlchemy shows what it is
        raise StoreError("database.url is not a database address; write sqlite:///path or postgresql://…") from None
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend in ("postgresql", "postgres"):
        return _postgresql(parsed)
    raise StoreError(f"{backend} is not supported; database.url takes sqlite:///path or postgresql://…")


def file_of(url: str | sa.URL) -> Path | None:
    """The file that an SQLite address names; None for a server, and for what is no address."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        return None
    name = parsed.database or ":memory:"
    if parsed.get_backend_name() != "sqlite" or name == ":memory:":
        return None
    return Path(name.removeprefix("file:"))  # https://www.sqlite.org/uri.html


def _options() -> dict[str, Any]:
    return {"json_serializer": lambda value: to_json(value).decode(), "json_deserializer": from_json}


def _sqlite(url: sa.URL) -> Engine:
    if path := file_of(url):
        if path.is_dir():
            raise StoreError(f"{path} is a folder; database.url must name a file in it, such as {path}/paperwatch.db")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(f"the folder {path.parent} cannot be made: {error.strerror}") from None
    # isolation_level None: the driver opens no transactions of its own. Left to it, 282 of 480 concurrent
    # read-then-write transactions were lost without an error; with BEGIN IMMEDIATE below, none.
    engine = sa.create_engine(url, connect_args={"timeout": 30, "isolation_level": None}, **_options())
    sa.event.listen(engine, "connect", _set_up_sqlite)
    sa.event.listen(engine, "begin", _begin_sqlite)
    _TURNS[engine] = Turns()
    return engine


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    for pragma in (
        "journal_mode=wal",
        "synchronous=normal",
        "busy_timeout=30000",
        "foreign_keys=on",
        "cache_size=-64000",
    ):
        connection.execute(f"pragma {pragma}").close()


def _begin_sqlite(connection: sa.Connection) -> None:
    reads = connection.get_execution_options().get("read_only", False)
    connection.exec_driver_sql("begin" if reads else "begin immediate")


def _postgresql(url: sa.URL) -> Engine:
    try:
        return sa.create_engine(url.set(drivername="postgresql+psycopg"), pool_pre_ping=True, **_options())
    except ModuleNotFoundError:
        raise StoreError(
            f"the driver for PostgreSQL is not installed; install it with {installing('postgres')}"
        ) from None


@contextmanager
def writing(engine: Engine) -> Iterator[Session]:
    """A session in a writing transaction, committed at the end, rolled back on any exception."""
    turns = _TURNS.get(engine)
    with turns.take() if turns else nullcontext(), Session(engine) as session, session.begin():
        yield session


@contextmanager
def reading(engine: Engine) -> Iterator[Session]:
    """A session that only reads: on SQLite it never waits for a writer."""
    with Session(engine.execution_options(read_only=True)) as session:
        yield session


@contextmanager
def trying(engine: Engine) -> Iterator[Session]:
    """A session in a writing transaction of which nothing is kept."""
    with Session(engine) as session:
        yield session
        session.rollback()


def lock_library(session: Session) -> None:
    """Serialise what must see all papers and all subscriptions at once, until the transaction ends.

    Two processes that store the same paper, or a paper and the subscription that it matches, would otherwise not
    see each other. On SQLite the writing transaction is that lock.
    """
    connection = session.connection()
    _lock(connection, _LIBRARY_LOCK)
    if connection.dialect.name == "postgresql":
        # All look-ups of a transaction that stores are by index. Until autovacuum has counted a freshly filled table,
        # PostgreSQL would read it whole for every 500 titles: 1,261 papers/s at 75,000 instead of 6,451.
        connection.execute(sa.text("set local enable_seqscan = off"))


def _lock(connection: sa.Connection, key: int) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": key})


def current_time(session: Session, clock: Clock | None) -> datetime:
    """Now (UTC): the clock's where one is given, else on PostgreSQL the database's, so that a machine with a wrong
    clock cannot steal claims, else this machine's."""
    if clock:
        return clock()
    if session.get_bind().dialect.name == "postgresql":
        now: datetime = session.execute(sa.text("select clock_timestamp()")).scalar_one()
        return now.astimezone(UTC)
    return datetime.now(UTC)


def upsert(session: Session, table: Any) -> Any:
    """An INSERT for this database that knows `on_conflict_do_update` and `on_conflict_do_nothing`."""
    from sqlalchemy.dialects import postgresql, sqlite

    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    return insert(table)


def migrate(engine: Engine) -> None:
    """Bring the tables to this program's version, under a lock, so that several processes may start at once.

    Raises StoreError where the file is no database, belongs to a newer version, or the disk is full.
    """
    with explained(engine):
        with _looking(engine) as connection:
            if version_of(connection) == steps()[-1]:
                return
        with rebuilding(engine) as connection, connection.begin():
            _lock(connection, _MIGRATION_LOCK)
            _upgrade(connection)


def _looking(engine: Engine) -> sa.Connection:
    """A connection that only reads: on SQLite it never waits for a writer."""
    return engine.execution_options(read_only=True).connect()


def missing_steps(engine: Engine) -> list[str]:
    """The steps that `migrate` would take: none where the tables are this program's. Raises StoreError."""
    with explained(engine), _looking(engine) as connection:
        version = version_of(connection)
    return [step for step in steps() if version is None or step > version]


def take_back(engine: Engine, version: str) -> bool:
    """Take the tables back to an older revision, with what only newer ones hold; whether they were newer. Raises
    StoreError."""
    with rebuilding(engine) as connection, connection.begin():
        _lock(connection, _MIGRATION_LOCK)
        found = version_of(connection)
        is_newer = found is not None and found > version
        if is_newer:
            _to(connection, version)
    return is_newer


@contextmanager
def rebuilding(engine: Engine) -> Iterator[sa.Connection]:
    """A connection on which tables can be replaced. SQLite would remove all that refers to the old one with it, unless
    it is told not to look, before the transaction begins (https://www.sqlite.org/lang_altertable.html#otheralter)."""
    with engine.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if engine.dialect.name == "sqlite":
            raw.execute("pragma foreign_keys=off").close()
        try:
            yield connection
        finally:
            if engine.dialect.name == "sqlite":
                raw.execute("pragma foreign_keys=on").close()


def steps() -> list[str]:
    """The revisions of the steps, oldest first: each is the number that its file's name begins with."""
    return sorted(path.name.split("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*.py"))


def version_of(connection: sa.Connection) -> str | None:
    """The revision of the tables, None before the first. Raises StoreError where it is unknown here, and where the
    tables are another program's."""
    tables = set(sa.inspect(connection).get_table_names())
    version: str | None = None
    if "alembic_version" in tables:
        version = connection.execute(sa.text("select version_num from alembic_version")).scalar()
    is_ours = "paper" in tables and re.fullmatch("[0-9]{4}", version or "")
    if not is_ours and tables - {"alembic_version"}:
        raise ForeignTables(
            "the database holds the tables of another program; give Paperwatch a database of its own with database.url"
        )
    if version and version not in steps():
        raise NewerTables(
            "the database belongs to a newer version of Paperwatch; update the program, or name another database"
            " with database.url"
        )
    return version


def _upgrade(connection: sa.Connection) -> None:
    if version_of(connection) != steps()[-1]:
        _to(connection, "head")


def _to(connection: sa.Connection, version: str) -> None:
    # Imported here: Alembic takes a quarter of a second, and the tables are nearly always up to date.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    (command.upgrade if version == "head" else command.downgrade)(config, version)
