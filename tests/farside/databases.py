"""Fresh databases for tests: each store promise is kept on SQLite and on PostgreSQL.

PostgreSQL is the server that PAPERWATCH_TEST_POSTGRES names. Without one its tests are skipped, but in CI they fail.
Each test gets a migrated database without rows: a copy of a file, or the database of this process of tests, which is
emptied after each of them. (To make and to drop a database takes PostgreSQL a quarter of a second, to empty one a
hundredth.)
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.models import metadata
from bot.store.engine import make_engine, migrate

SERVER = os.environ.get("PAPERWATCH_TEST_POSTGRES")
_numbers = count(1)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "empty.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


@pytest.fixture(scope="session")
def postgres_template() -> Iterator[str]:
    """The name of a migrated database, to be copied."""
    if not SERVER:
        if os.environ.get("CI"):
            pytest.fail("CI must test PostgreSQL too: PAPERWATCH_TEST_POSTGRES names no server")
        pytest.skip("PAPERWATCH_TEST_POSTGRES names no PostgreSQL server")
    name = f"paperwatch_template_{os.getpid()}"
    _on_server(f"create database {name}")
    engine = make_engine(_address(name))
    migrate(engine)
    engine.dispose()
    yield name
    _on_server(f"drop database {name}")


def _on_server(statement: str) -> None:
    server = sa.create_engine(SERVER or "", isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    with server.connect() as connection:
        connection.execute(sa.text(statement))
    server.dispose()


def _address(name: str) -> str:
    return sa.make_url(SERVER or "").set(database=name).render_as_string(hide_password=False)


@contextmanager
def fresh_postgres(template: str) -> Iterator[str]:
    """The address of a copy of the template, which is dropped at the end."""
    name = f"paperwatch_{os.getpid()}_{next(_numbers)}"
    _on_server(f"create database {name} template {template}")
    try:
        yield _address(name)
    finally:
        _on_server(f"drop database {name} with (force)")


@pytest.fixture(scope="session")
def postgres_database(postgres_template: str) -> Iterator[sa.Engine]:
    """A database for the tests of this process, one after the other."""
    with fresh_postgres(postgres_template) as address:
        engine = sa.create_engine(address, isolation_level="AUTOCOMMIT")
        yield engine
        engine.dispose()


def _empty(engine: sa.Engine) -> None:
    """Leave no row, no number that was given, and no connection of a test."""
    with engine.connect() as connection:
        for statement in _EMPTYING:
            connection.execute(sa.text(statement))


_EMPTYING = (
    """select pg_terminate_backend(pid, 10000) from pg_stat_activity
    where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()""",
    "delete from paper_fts",  # which the models do not know
    *(f"delete from {table.name}" for table in reversed(metadata.sorted_tables)),
    "select setval(oid::regclass, 1, false) from pg_class where relkind = 'S'",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated database without rows; the test runs once for each kind."""
    if request.param == "sqlite":
        path = tmp_path / "library.db"
        shutil.copy(request.getfixturevalue("sqlite_template"), path)
        yield f"sqlite:///{path}"
        return
    if request.node.get_closest_marker("own_database"):
        with fresh_postgres(request.getfixturevalue("postgres_template")) as address:
            yield address
        return
    engine = request.getfixturevalue("postgres_database")
    yield engine.url.render_as_string(hide_password=False)
    _empty(engine)


@pytest.fixture
def engine(database_url: str) -> Iterator[sa.Engine]:
    engine = make_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def sqlite_engine(sqlite_template: Path, tmp_path: Path) -> Iterator[sa.Engine]:
    """A fresh, migrated SQLite database, for tests whose subject is not the database."""
    path = tmp_path / "library.db"
    shutil.copy(sqlite_template, path)
    engine = make_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@contextmanager
def fresh_library(url: str) -> Iterator[str]:
    """The address of a migrated library there, for a benchmark; on PostgreSQL a schema of its own, dropped at the
    end."""
    if sa.make_url(url).get_backend_name() != "postgresql":
        _migrate(url)
        yield url
        return
    server, name = make_engine(url), f"paperwatch_bench_{os.getpid()}_{next(_numbers)}"
    with server.begin() as connection:
        connection.execute(sa.text(f"create schema {name}"))
    address = sa.make_url(url).update_query_dict({"options": f"-csearch_path={name}"})
    _migrate(address.render_as_string(hide_password=False))
    yield address.render_as_string(hide_password=False)
    with server.begin() as connection:
        connection.execute(sa.text(f"drop schema {name} cascade"))
    server.dispose()


def _migrate(url: str) -> None:
    engine = make_engine(url)
    migrate(engine)
    engine.dispose()
