"""Dumps of a PostgreSQL library by PostgreSQL's own programs
(https://www.postgresql.org/docs/current/backup-dump.html), tried by reading all of them."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from bot.store.copies import NOTHING, OWN, Rows, beginning, count, damaged, newer, no_backup
from bot.store.engine import Engine, StoreError, explained, steps, take_back, version_of
from bot.store.refusal import passwords

_SIGN = b"PGDMP"
# Roles of one server are not known to the next.
_BARE = ("--no-owner", "--no-privileges")


def is_dump(file: Path) -> bool:
    """Whether it looks like a dump. Raises ValueError where it cannot be read."""
    return beginning(file, len(_SIGN)) == _SIGN


def dump(engine: Engine, part: Path) -> Rows:
    """Write all that the library holds now into a file; what that is. Nobody waits for it. Raises StoreError."""
    with explained(engine), engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        if version_of(connection) is None:
            raise StoreError(NOTHING)
        held = count(connection)
        snapshot = connection.execute(sa.text("select pg_export_snapshot()")).scalar_one()
        options = ["--format=custom", *_BARE, f"--snapshot={snapshot}", f"--file={part}"]
        _run(engine, "pg_dump", [*options, f"--dbname={address(engine.url)}"], _UNCHANGED)
    return held


def tried(file: Path) -> tuple[str, Rows]:
    """Read all of a dump as a restore would; its revision and what it holds of our tables. Raises ValueError where it
    is none, or damaged, StoreError where it belongs to a newer version, or a newer pg_dump made it."""
    revision, rows, table = "", Rows(), ""
    with _reading(file) as lines:
        for line in lines:
            if table and line != b"\\.\n":
                rows[table] += 1
                revision = line.decode().strip() if table == "alembic_version" else revision
            elif table:
                table = ""
            elif line.startswith(b"COPY "):
                table = line.decode().split()[1].rpartition(".")[2].strip('"')
                rows[table] = 0
    if "paper" not in rows or not revision:
        raise no_backup(file)
    if revision not in steps():
        raise newer(file)
    return revision, {name: number for name, number in rows.items() if name in OWN}


def put_in_place(engine: Engine, file: Path, revision: str) -> None:
    """Let a dump take the place of the library, in one transaction. Raises StoreError, and then nothing is changed but
    the tables of a library that was newer than the dump: they are taken back to its revision first."""
    options = ["--clean", "--if-exists", *_BARE, "--single-transaction", "--exit-on-error"]
    with explained(engine):
        left = _TAKEN_BACK if take_back(engine, revision) else _UNCHANGED
        _run(engine, "pg_restore", [*options, f"--dbname={address(engine.url)}", str(file)], left)
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("analyze"))


_UNCHANGED = "nothing was changed"
_TAKEN_BACK = "the library is taken back to the backup's version; the dump that was kept has all that it held"


def is_empty(engine: Engine) -> bool:
    """Whether nothing is in the database yet. Raises StoreError where it is another program's, or newer."""
    with explained(engine), engine.connect() as connection:
        return version_of(connection) is None


def others(engine: Engine, patience: float = 0) -> int:
    """How many other connections this user has to the database. Who goes within so many seconds is not counted: the
    server shows a program's connection for a moment after that has ended. Raises StoreError."""
    until = time.monotonic() + patience
    while there := _others(engine):
        if time.monotonic() >= until:
            break
        time.sleep(0.05)
    return there


def _others(engine: Engine) -> int:
    with explained(engine), engine.connect() as connection:
        return int(connection.execute(_OTHERS).scalar_one())


_OTHERS = sa.text(
    "select count(*) from pg_stat_activity where datname = current_database() and usename = current_user"
    " and backend_type = 'client backend' and pid <> pg_backend_pid()"
)


@contextmanager
def _reading(file: Path) -> Iterator[Iterator[bytes]]:
    """The lines of the statements that a dump's data are. Raises ValueError where it cannot be read to its end,
    StoreError where a newer pg_dump made it."""
    command = [tool("pg_restore"), "--data-only", "--file=-", str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:  # noqa: S603
        assert process.stdout
        yield iter(process.stdout)
    if process.returncode:
        raise _why_unreadable(file)


def _why_unreadable(file: Path) -> Exception:
    """What is said of a dump that pg_restore cannot read: it may only be too new for it."""
    environment = {**os.environ, "LC_ALL": "C"}  # else it says so in the language of this machine
    command = [tool("pg_restore"), "--list", str(file)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if "unsupported version" not in done.stderr:
        return damaged(file)
    return StoreError(
        f"{file} was made by a newer pg_dump than {command[0]} can read; install PostgreSQL's client programs of that"
        " version (Debian: apt install postgresql-client-VERSION)"
    )


def _run(engine: Engine, name: str, arguments: Sequence[str], left: str) -> None:
    """Run one of PostgreSQL's programs; `left` says how it leaves the library where it fails. The password is in its
    environment: all users see the command line. Raises StoreError."""
    password = engine.url.password or engine.url.query.get("password")
    environment = {**os.environ, **({"PGPASSWORD": str(password)} if password else {})}
    command = [tool(name), "--no-password", *arguments]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        said = " ".join(done.stderr.split()) or f"exit code {done.returncode}"
        for secret in passwords(engine.url):
            said = said.replace(secret, "***")
        raise StoreError(f"{name} failed, and {left}: {said[:500]}")


def address(url: sa.URL) -> str:
    """The address as PostgreSQL's programs take it, without the password."""
    bare = sa.URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return bare.difference_update_query(["password"]).render_as_string()


def tool(name: str) -> str:
    """Where one of PostgreSQL's programs is; the newest of them, for it can read what older servers write. Raises
    StoreError."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"[0-9]*/bin/{name}"), key=lambda one: int(one.parts[-3]))
    if found := shutil.which(name) or (str(versions[-1]) if versions else _beside_config(name)):
        return found
    raise StoreError(
        f"{name} is not there; it comes with PostgreSQL's client programs (Debian: apt install postgresql-client)"
    )


def _beside_config(name: str) -> str | None:
    if not (config := shutil.which("pg_config")):
        return None
    asked = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=False)  # noqa: S603
    return shutil.which(name, path=asked.stdout.strip()) if asked.returncode == 0 else None
