"""`paperwatch backup` and `restore` on both databases: what is there comes back, and nothing is lost on the way."""

import os
import sqlite3
import stat
import subprocess
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from farside.databases import fresh_postgres
from farside.program import Forked, Program, wait_until
from farside.world import World, paper

from bot import subscriptions
from bot.alone import only_one
from bot.models import metadata
from bot.store import dumps
from bot.store.engine import StoreError, make_engine, migrate, steps, take_back

PROGRAM = Forked
pytestmark = pytest.mark.own_database


def put_before(program: Program, name: str, script: str) -> None:
    """Let a script stand before one of PostgreSQL's programs; it calls that as "$real"."""
    place = program.home / "bin"
    place.mkdir()
    (place / name).write_text(f"#!/bin/sh\nreal='{dumps.tool(name)}'\n{script}\n")
    (place / name).chmod(0o755)
    program.env["PATH"] = f"{place}:{os.environ['PATH']}"


@pytest.fixture
def on_server(program: Program, postgres_template: str) -> Iterator[str]:
    """The address of the program's library, on PostgreSQL."""
    with fresh_postgres(postgres_template) as address:
        program.env["PAPERWATCH_DATABASE__URL"] = address
        yield address


@pytest.fixture
def library(program: Program, database_url: str) -> str:
    """The address of the program's library."""
    program.env["PAPERWATCH_DATABASE__URL"] = database_url
    return database_url


async def fill(url: str, first: int = 1, papers: int = 5) -> None:
    """Papers, of which some were told, some wait, and somebody who asked for them."""
    engine = make_engine(url)
    world = World(engine)
    for name, query in (("all", "invented"), ("liked", "upvotes>=20")):
        subscriptions.subscribe(engine, ("test", f"me{first}"), query, now=world.now, name=name)
    world.take_in(*(paper(number) for number in range(first, first + papers)))
    await world.deliver()
    world.take_in(paper(first + papers))
    engine.dispose()


def contents(url: str) -> dict[str, list[Any]]:
    engine = make_engine(url)
    with engine.connect() as connection:
        found = {
            name: sorted(map(repr, connection.execute(sa.select(table)))) for name, table in metadata.tables.items()
        }
    engine.dispose()
    return found


def scratch(program: Program) -> list[str]:
    """What was left lying about."""
    return [path.name for path in program.home.rglob("*") if ".part" in path.name]


async def test_a_backup_brings_back_what_was_there(program: Program, library: str) -> None:
    await fill(library)
    before = contents(library)
    program("backup", "copy")
    await fill(library, first=100)
    changed = contents(library)
    assert changed != before

    done = program("restore", "copy", "--yes")

    assert contents(library) == before
    assert "6 papers, 2 subscriptions, 1 recipient" in done.err
    assert "1 due" in program("status", code=1).out  # the source is due, too
    (kept,) = program.home.glob("*before-restore*")
    program("restore", kept.name, "--yes")
    assert contents(library) == changed
    assert scratch(program) == []


async def test_a_backup_fills_an_empty_library(program: Program, library: str) -> None:
    await fill(library)
    before = contents(library)
    program("backup", "copy")
    engine = make_engine(library)
    if engine.dialect.name == "sqlite":
        (program.home / "library.db").unlink()
    else:
        with engine.begin() as connection:
            connection.execute(sa.text("drop schema public cascade"))
            connection.execute(sa.text("create schema public"))
    engine.dispose()

    done = program("restore", "copy", "--yes")

    assert "kept" not in done.err
    assert contents(library) == before
    assert "1 due" in program("status", code=1).out


async def test_a_backup_is_for_its_owner_only_and_never_replaced_by_accident(program: Program, library: str) -> None:
    await fill(library)
    program("backup", "copy")

    assert stat.S_IMODE((program.home / "copy").stat().st_mode) == 0o600
    assert "--force" in program("backup", "copy", code=2).err
    program("backup", "copy", "--force")
    assert "nowhere" in program("backup", "nowhere/copy", code=1).err
    assert "folder" in program("backup", ".", code=2).err


async def test_restoring_asks_first(program: Program, library: str) -> None:
    await fill(library)
    before = contents(library)
    program("backup", "copy")
    await fill(library, first=100)

    refused = program("restore", "copy", code=2)

    assert "6 papers" in refused.err
    assert "--yes" in refused.err
    assert contents(library) != before


async def test_what_is_no_backup_is_refused_and_changes_nothing(program: Program, library: str) -> None:
    await fill(library, papers=200)
    program("backup", "copy")
    whole = (program.home / "copy").read_bytes()
    files = {
        "cut": whole[: len(whole) // 2],
        "cut-at-the-end": whole[:-2000],
        "broken": whole[:30_000] + b"x" * 5_000 + whole[35_000:],
        "empty": b"",
        "prose": b"Dear all,",
        "beginning": whole[:5],
    }
    for name, data in files.items():
        (program.home / name).write_bytes(data)
    before = contents(library)

    for name in files:
        refused = program("restore", name, "--yes", code=2).err
        assert refused.count("\n") == 1, refused
        assert name in refused
    assert "cannot be read" in program("restore", "not-there", "--yes", code=2).err
    assert contents(library) == before
    assert scratch(program) == []
    assert not list(program.home.glob("*before-restore*"))


def test_a_backup_of_another_program_or_a_newer_one_is_refused(program: Program, library: str) -> None:
    def change(statement: str) -> None:
        engine = make_engine(library)
        with engine.begin() as connection:
            connection.execute(sa.text(statement))
        engine.dispose()

    program("backup", "old")
    change("update alembic_version set version_num = '9999'")
    assert "newer version" in program("backup", "newer", code=1).err
    if library.startswith("sqlite"):
        (program.home / "newer").write_bytes((program.home / "library.db").read_bytes())
        other = sqlite3.connect(program.home / "other")
        other.execute("create table users (name)")
        other.close()
    else:
        address = library.replace("+psycopg", "")
        subprocess.run(["pg_dump", "-Fc", "-f", str(program.home / "newer"), address], check=True)
        subprocess.run(["pg_dump", "-Fc", "-f", str(program.home / "other"), "-t", "person", address], check=True)
    change("update alembic_version set version_num = '0009'")

    assert "belongs to a newer version" in program("restore", "newer", "--yes", code=1).err
    assert "is no backup" in program("restore", "other", "--yes", code=2).err


async def test_tables_of_others_in_the_database_are_not_counted(program: Program, library: str) -> None:
    await fill(library)
    engine = make_engine(library)
    with engine.begin() as connection:
        connection.execute(sa.text("create table visitors (name text)"))
        connection.execute(sa.text("insert into visitors values ('Ada')"))
    engine.dispose()

    assert "6 papers, 2 subscriptions, 1 recipient" in program("backup", "copy").err


def test_a_dump_of_a_newer_pg_dump_is_not_called_damaged(program: Program, postgres_database: sa.Engine) -> None:
    url = postgres_database.url.render_as_string(hide_password=False)
    program.env["PAPERWATCH_DATABASE__URL"] = url
    program("backup", "copy")
    data = bytearray((program.home / "copy").read_bytes())
    data[6] = 99  # the minor version of the format
    (program.home / "newer").write_bytes(data)

    refused = program("restore", "newer", "--yes", code=1).err

    assert "newer was made by a newer pg_dump than " in refused
    assert "apt install" in refused
    assert "damaged" not in refused


async def test_a_backup_beside_a_writer_is_whole(program: Program, library: str) -> None:
    await fill(library)
    enough = threading.Event()

    def write() -> None:
        engine = make_engine(library)
        world, number = World(engine), 1_000
        while not enough.is_set():
            world.take_in(paper(number), paper(number + 1), paper(number + 2))
            number += 3
        engine.dispose()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(5):
            program("backup", f"copy{number}")
    finally:
        enough.set()
        writer.join()

    program("restore", "copy4", "--yes")
    found = contents(library)
    assert (len(found["paper"]) - 6) % 3 == 0
    assert len(found["identifier"]) == len(found["listing"]) == len(found["paper"])


def test_nothing_is_restored_while_the_library_is_used(program: Program, library: str) -> None:
    program("backup", "copy")
    engine = make_engine(library)
    with only_one(engine), engine.connect() as connection:
        connection.execute(sa.text("select 1"))
        refused = program("restore", "copy", "--yes", code=1)
    engine.dispose()

    assert "stop" in refused.err
    assert refused.err.count("\n") == 1


async def test_who_comes_while_the_library_is_kept_is_not_overlooked(program: Program, on_server: str) -> None:
    await fill(on_server)
    program("backup", "copy")
    await fill(on_server, first=100)
    before, engine = contents(on_server), make_engine(on_server)
    put_before(
        program, "pg_dump", 'touch saving; while [ ! -e connected ]; do sleep 0.02; done; exec "$real" "$@"'
    )  # fmt: skip

    def come() -> sa.Connection:
        wait_until((program.home / "saving").exists)
        connection = engine.connect()
        (program.home / "connected").touch()
        return connection

    with ThreadPoolExecutor() as threads:
        coming = threads.submit(come)
        refused = program("restore", "copy", "--yes", code=1).err
    coming.result().close()
    engine.dispose()

    assert "1 other connection" in refused
    assert contents(on_server) == before


def test_what_a_failed_restore_has_changed_is_said(program: Program, on_server: str) -> None:
    engine = make_engine(on_server)
    put_before(program, "pg_restore", 'case "$*" in *--clean*) echo broken >&2; exit 1;; *) exec "$real" "$@";; esac')
    program("backup", "new")
    take_back(engine, steps()[-2])
    program("backup", "old")
    migrate(engine)
    engine.dispose()

    said = program("restore", "new", "--yes", code=1).err
    assert "nothing was changed: broken" in said
    said = program("restore", "old", "--yes", code=1).err
    assert "nothing was changed" not in said
    assert "taken back to the backup's version" in said


async def test_a_full_disk_leaves_the_library_and_the_last_backup_as_they_are(program: Program, library: str) -> None:
    await fill(library, papers=200)
    program("backup", "copy")
    size = (program.home / "copy").stat().st_size
    await fill(library, first=1000, papers=400)
    before = contents(library)

    program.file_size = size * 2 // 3
    refused = [program("backup", "copy", "--force", code=1)]
    if library.startswith("sqlite"):
        refused.append(program("restore", "copy", "--yes", code=1))

    assert all(one.err.count("\n") == 1 for one in refused), refused
    assert (program.home / "copy").stat().st_size == size
    assert contents(library) == before
    assert scratch(program) == []


async def test_a_process_that_is_killed_anywhere_loses_nothing(program: Forked, library: str) -> None:
    await fill(library)
    new = contents(library)
    program("backup", "copy")
    await fill(library, first=100)
    old, moment = contents(library), 1

    while program.killed_at(moment, "restore", "copy", "--yes"):
        found = contents(library)
        assert found in (old, new)
        if found == new:
            (kept, *_) = program.home.glob("*.before-restore-*")
            program("restore", kept.name, "--yes")
            assert contents(library) == old
        for kept in program.home.glob("*.before-restore-*"):
            kept.unlink()
        moment += 1

    assert moment > 3
    assert contents(library) == new
    moment = 1
    while program.killed_at(moment, "backup", "copy", "--force"):
        moment += 1
    assert moment > 1
    program("restore", "copy", "--yes")
    assert contents(library) == new


async def test_a_damaged_library_can_be_replaced(program: Program, sqlite_template: Path) -> None:
    library = program.home / "library.db"
    program.env["PAPERWATCH_DATABASE__URL"] = url = f"sqlite:///{library}"
    migrate(engine := make_engine(url))
    engine.dispose()
    await fill(url)
    before = contents(url)
    program("backup", "copy")
    library.write_bytes(b"this was a library once " * 1000)
    (program.home / "library.db-wal").write_bytes(b"and this what was not yet in it")

    program("restore", "copy", "--yes")

    assert contents(url) == before
    (kept,) = [path for path in program.home.glob("*before-restore*") if path.name[-4:] not in ("-wal", "-shm")]
    assert kept.read_bytes().startswith(b"this was a library")


async def test_pruning_says_what_would_go_and_what_is_gone(program: Program, library: str) -> None:
    await fill(library)
    engine = make_engine(library)
    with engine.begin() as connection:
        for column in ("created_at", "sent_at"):
            connection.execute(sa.text(f"update message set {column} = '2020-01-01 00:00:00.000000'"))
    engine.dispose()

    assert "would go: 0 readings, 1 message, 0 papers" in program("prune", "--dry-run").err
    assert "gone: 0 readings, 1 message, 0 papers" in program("prune").err
    assert "gone: 0 readings, 0 messages" in program("prune").err


def test_an_empty_database_has_no_backup(program: Program, library: str) -> None:
    engine = make_engine(library)
    with engine.begin() as connection:
        for name in ("paper_fts", "alembic_version"):
            connection.execute(sa.text(f"drop table {name}"))
        metadata.drop_all(connection)
    engine.dispose()

    assert "no library yet" in program("backup", "copy", code=1).err
    assert scratch(program) == []


def test_what_is_missing_is_said(program: Program) -> None:
    assert "no library yet" in program("backup", "copy", code=1).err
    assert not list(program.home.rglob("paperwatch.db"))


def test_the_programs_of_postgresql_are_named_and_the_password_is_not(program: Program) -> None:
    address = "postgresql://someone:topsecret@127.0.0.1:1/papers"
    program.env |= {"PAPERWATCH_DATABASE__URL": address}

    refused = program("backup", "copy", code=1)

    assert "does not answer" in refused.err
    assert "topsecret" not in refused.err
    url = make_engine(f"{address}?sslmode=require&password=topsecret").url
    assert dumps.address(url) == "postgresql://someone@127.0.0.1:1/papers?sslmode=require"
    with pytest.raises(StoreError, match="apt install postgresql-client"):
        dumps.tool("pg_of_no_version")
