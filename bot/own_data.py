"""A person's data: all of it in a file, subscriptions from a file, and nothing any more."""

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from bot.local_time import WEEKDAYS
from bot.query import parse
from bot.recipients import Owner
from bot.store import chats, people
from bot.store.engine import Engine, lock_library, reading, writing
from bot.subscriptions import Rhythm, count, list_all, subscribe


def export(engine: Engine, owner: Owner) -> dict[str, Any]:
    """Everything that is kept of a person, as plain values: all their addresses with settings and subscriptions, what
    was told and is owed there, and their bookmarks."""
    with reading(engine) as session:
        person = people.find_person(session, *owner)
        return people.everything_of(session, person.id or 0) if person else {}


def export_address(engine: Engine, recipient_id: int) -> dict[str, Any]:
    """Everything that is kept of one address, as plain values."""
    with reading(engine) as session:
        return people.everything_at(session, recipient_id)


class Imported(NamedTuple):
    """A subscription as a file has it."""

    query: str
    name: str | None = None
    rhythm: str = "instant"
    at: str | None = None
    weekday: str | None = None
    versions: bool = False

    @property
    def when(self) -> Rhythm:
        """When it is told. An instant one has no hour, and only a weekly one a day. Raises ValueError."""
        is_instant, is_weekly = self.rhythm == "instant", self.rhythm == "weekly"
        return Rhythm(self.rhythm, None if is_instant else self.at, self.weekday if is_weekly else None)


def imported(text: str, name: str, rhythm: str, at: str | None, weekday: int | None, *, versions: bool) -> Imported:
    """A subscription as the library has it (`weekday`: Monday is 0)."""
    return Imported(text, name, rhythm, at, None if weekday is None else WEEKDAYS[weekday], versions)


class Import(NamedTuple):
    """What a file has: subscriptions, and a sentence for each that cannot be read."""

    good: list[Imported]
    bad: list[str]


class ImportDone(NamedTuple):
    """How many subscriptions of an import are new, were there already, and are too many."""

    new: int
    known: int
    refused: int


def read_import(text: str, most: int) -> Import:
    """The subscriptions of a file that `export` made, or of lines with a query each. Raises ValueError where there are
    none, or more than so many."""
    good, bad = list[Imported](), list[str]()
    for number, one in enumerate(_records(text)):
        if number == most:
            raise ValueError(f"that are more than {most:,} queries; send those that you need")
        try:
            parse(one.query)
            one.when  # noqa: B018 - raises
        except ValueError as error:
            bad.append(str(error))
        else:
            good.append(one)
    if not good and not bad:
        raise ValueError("there is no query in it; send the file of an export, or queries, one on each line")
    return Import(good, bad)


def _records(text: str) -> Iterator[Imported]:
    if not text.lstrip().startswith("{"):
        yield from (Imported(line.strip()) for line in text.splitlines() if line.strip() and not line.startswith("#"))
        return
    try:
        places = json.loads(text)["recipients"]
        rows = [sub for place in places for sub in place["subscriptions"]]
        yield from [
            imported(
                str(row["text"]), str(row["name"]), str(row["rhythm"]), str(row["at"]) if row["at"] else None,
                row.get("weekday"), versions=row.get("versions") is True,
            )
            for row in rows
        ]  # fmt: skip
    except (ValueError, KeyError, IndexError, AttributeError, TypeError, RecursionError):
        raise ValueError("this is no export of paperwatch, or a damaged one; send the whole file") from None


def take_import(
    engine: Engine,
    address: tuple[str, str],
    all_: Sequence[Imported],
    *,
    now: datetime,
    owner: Owner,
    most: int | None,
    zone_name: str,
) -> ImportDone:
    """Subscribe an address to what was read; what is there already is left alone."""
    there = {one.subscription.text: one.subscription.name for one in list_all(engine, address)}
    new = refused = 0
    for one in all_:
        if one.query in there or (one.name or one.query) in there.values():
            continue
        if refused or (most is not None and count(engine, owner) >= most):
            refused += 1
            continue
        made = subscribe(
            engine, address, one.query, now=now, name=one.name, rhythm=one.when, default_zone=zone_name, owner=owner,
            versions=one.versions,
        )  # fmt: skip
        there[made.text] = made.name
        new += 1
    return ImportDone(new, len(all_) - new - refused, refused)


def forget(engine: Engine, owner: Owner) -> None:
    """Erase all that is kept of a person."""
    with writing(engine) as session:
        lock_library(session)
        chats.forget_account(session, owner[1])
        if person := people.find_person(session, *owner):
            for place in people.places_of(session, person.id or 0):
                if place.channel == "email":
                    chats.forget_account(session, place.address)
            people.erase_person(session, person)
