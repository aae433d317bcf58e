"""What a database refuses, as a sentence for a person."""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, OperationalError

# Others name these errors, but only the store imports the library that they come from.
__all__ = [
    "DatabaseError",
    "ForeignTables",
    "NewerTables",
    "OperationalError",
    "StoreError",
    "explained",
    "passwords",
    "said_by",
    "shown",
]


class StoreError(Exception):
    """The database cannot be used. The text is one sentence that says what to do."""


class NewerTables(StoreError):
    """The tables belong to a newer version of this program."""


class ForeignTables(StoreError):
    """The tables are another program's."""


# A password may also be given as a parameter: https://www.postgresql.org/docs/current/libpq-connect.html
_PASSWORDS = ("password", "sslpassword")


@contextmanager
def explained(engine: sa.Engine) -> Iterator[None]:
    """Raise StoreError where the database refuses something."""
    try:
        yield
    except DatabaseError as error:
        raise StoreError(_explain(error, engine.url)) from error


def _explain(error: DatabaseError, url: sa.URL) -> str:
    """One sentence for a person: what the database refused, and what to do. Never the password in the URL."""
    place, text = shown(url), said_by(error)
    for sign, advice in _ADVICE:
        if sign in text:
            return f"{place}: {advice}"
    return f"{place}: the database refused ({text}); check that it is there and that you may write to it"


def shown(url: sa.URL) -> str:
    """The address without the passwords in it."""
    bare = url.difference_update_query([name for name in url.query if name in _PASSWORDS])
    return bare.render_as_string(hide_password=True)


def passwords(url: str | sa.URL) -> set[str]:
    """The passwords in the address of a database; none in what is no address."""
    try:
        parsed = sa.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        return set()
    given = (value for name in _PASSWORDS for value in parsed.normalized_query.get(name, ()))
    return {one for one in (parsed.password, *given) if one}


def said_by(error: DatabaseError) -> str:
    """What the database said, in one line."""
    return (str(error.orig).strip() if error.orig else str(error)).splitlines()[0]


_ADVICE = (
    ("not a database", "this file is not a Paperwatch database; name another file with database.url"),
    ("disk is full", "the disk is full; nothing of this step was stored; make room and run it again"),
    ("disk I/O error", "the disk is full or failing; nothing of this step was stored; see to it and run it again"),
    ("No space left", "the disk is full; nothing of this step was stored; make room and run it again"),
    ("readonly database", "the database cannot be written; check the rights of the file and its folder"),
    ("unable to open", "the database file cannot be opened; check that its folder exists and that you may write there"),
    ("locked", "another program holds the database for more than 30 seconds; try again when it is done"),
    ("refused", "the database server does not answer; start it, or correct database.url"),
    ("malformed", "the database file is damaged; restore a backup (paperwatch restore FILE), or name a new file"),
)
