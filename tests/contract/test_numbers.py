"""Links name rows by their numbers, for ever, and are signed: numbers are never given again, and keys are shared."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from farside.world import World, paper

from bot import migrations, opt_in, tokens
from bot import subscriptions as subs
from bot.models import Draft, Message, Recipient, Subscription
from bot.store import chats, keys
from bot.store.engine import Engine, migrate, rebuilding, writing

ADA, BEN = ("email", "ada@example.org"), ("email", "ben@example.org")
NAMED = (Recipient, Subscription, Message, Draft)


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine, name="email")


def fill(world: World, address: tuple[str, str]) -> dict[str, int]:
    """A row of each kind; their numbers, which are the last ones."""
    subs.subscribe(world.engine, address, "source:hf", now=world.now)
    opt_in.ask_manage(world.engine, address[1], world.now)
    return {table.__tablename__: world.rows(table)[-1].id for table in NAMED}


def test_the_number_of_a_row_that_is_gone_is_never_given_again(world: World) -> None:
    fill(world, ADA)
    numbers = fill(world, BEN)
    for _ in range(2):
        subs.unsubscribe(world.engine, BEN)
        assert len(world.rows(Draft)) == len(world.rows(Message)) == 1

        anew = fill(world, BEN)

        assert all(anew[name] > number for name, number in numbers.items())
        numbers = anew


def test_the_number_of_a_subscription_that_is_gone_is_never_given_again(world: World) -> None:
    fill(world, ADA)
    for query in ("kettles", "bridges"):
        before = world.rows(Subscription)[-1].id
        subs.unsubscribe(world.engine, ADA, world.rows(Subscription)[-1].name)
        subs.subscribe(world.engine, ADA, query, now=world.now)
        assert world.rows(Subscription)[-1].id > before


# A library of an earlier version -------------------------------------------------------------------------------------


def go_back_to(engine: Engine, step: str) -> None:
    """Take the tables back to what they were after that step, with their rows."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with rebuilding(engine) as connection, connection.begin():
        config.attributes["connection"] = connection
        command.downgrade(config, step)


Columns = dict[str, list[str]]


def columns(engine: Engine) -> Columns:
    """The columns of each table but those that are no part of the library."""
    inspect = sa.inspect(engine)
    names = sorted(set(inspect.get_table_names()) - {"alembic_version", "sqlite_sequence"})
    return {name: [one["name"] for one in inspect.get_columns(name)] for name in names}


def contents(engine: Engine, of: Columns) -> dict[str, list[tuple[object, ...]]]:
    """All rows with those columns."""
    with engine.connect() as connection:
        quoted = {name: ", ".join(f'"{one}"' for one in some) for name, some in of.items()}
        rows = {name: connection.execute(sa.text(f"select {some} from {name}")).all() for name, some in quoted.items()}
    return {name: sorted(tuple(map(repr, row)) for row in some) for name, some in rows.items()}


def rules(engine: Engine, of: Columns) -> dict[str, object]:
    """What the database keeps watch over in each of the tables that were made anew, and in those columns."""
    inspect, watched = sa.inspect(engine), {}
    for name in (table.__tablename__ for table in NAMED):
        indices = [
            (one["name"], one["column_names"], {key: str(value) for key, value in one["dialect_options"].items()})
            for one in _by_name(inspect.get_indexes(name))
        ]
        checks = [(one["name"], one["sqltext"]) for one in _by_name(inspect.get_check_constraints(name))]
        unique = [(one["name"], one["column_names"]) for one in _by_name(inspect.get_unique_constraints(name))]
        keys = [
            (one["name"], one["referred_table"], one["options"]) for one in _by_name(inspect.get_foreign_keys(name))
        ]
        known = [
            (one["name"], str(one["type"]), one["nullable"], one["default"])
            for one in inspect.get_columns(name)
            if one["name"] in of[name]
        ]
        watched[name] = [indices, checks, unique, keys, known]
    return watched


def _by_name(found: Sequence[Any]) -> list[Any]:
    return sorted(found, key=lambda one: str(one["name"]))


@pytest.mark.own_database
async def test_a_library_before_mail_keeps_all_its_rows_and_rules(world: World) -> None:
    engine = world.engine
    for address in (ADA, BEN, ("telegram", "1001")):
        subs.subscribe(engine, address, "source:hf", now=world.now)
    subs.subscribe(engine, ADA, "kettles", now=world.now, rhythm=subs.Rhythm("daily"))
    world.take_in(paper(1), paper(2, title="Kettles that Sing"))
    await world.deliver()
    with writing(engine) as session:
        numbers = [chats.new_draft(session, "1001", "1001", "search", {"query": "ä"}, world.now) for _ in range(3)]
        session.delete(session.get_one(Draft, numbers[-1]))
    go_back_to(engine, "0007")
    then = columns(engine)
    before, rules_before = contents(engine, then), rules(engine, then)
    assert "digest_empty" not in then["recipient"]
    assert "ck_message_state" in str(rules_before)
    assert all(before[name] for name in ("recipient", "subscription", "message", "delivery", "draft"))

    migrate(engine)

    assert contents(engine, then) == before
    assert rules(engine, then) == rules_before
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            assert connection.exec_driver_sql("pragma foreign_key_check").all() == []
            assert connection.exec_driver_sql("pragma foreign_keys").scalar() == 1
    last = {table.__tablename__: world.rows(table)[-1].id for table in NAMED}
    assert all(number > last[name] for name, number in fill(world, ("email", "cy@example.org")).items())
    subs.unsubscribe(engine, ADA)
    after = contents(engine, then)
    assert [len(after[name]) for name in ("recipient", "subscription")] == [3, 3]
    assert len(after["delivery"]) == 4
    assert not any(f"{ADA[1]!r}" in row for rows in after.values() for row in rows)


# Keys ----------------------------------------------------------------------------------------------------------------


def test_processes_that_start_at_once_sign_with_the_same_keys(engine: Engine, database_url: str) -> None:
    script = (
        "import sys; from datetime import datetime, UTC; from bot import tokens; from bot.store import keys, engine;"
        "print(keys.load(engine.make_engine(sys.argv[1]), tokens.PURPOSES, datetime.now(UTC)))"
    )
    command = [sys.executable, "-c", script, database_url]
    processes = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(3)]

    found = {process.communicate()[0] for process in processes}

    assert [process.returncode for process in processes] == [0] * 3
    assert found == {f"{keys.load(engine, tokens.PURPOSES, World(engine).now)}\n"}


def test_what_was_signed_stays_good_until_its_key_is_dropped(world: World) -> None:
    def sign() -> str:
        return tokens.sign(keys.load(world.engine, tokens.PURPOSES, world.now), tokens.FEED, 7)

    def read(token: str) -> tuple[int, ...] | None:
        return tokens.read(keys.load(world.engine, tokens.PURPOSES, world.now), tokens.FEED, token, 1)

    first = sign()
    with writing(world.engine) as session:
        keys.add(session, tokens.FEED, world.now)
    second = sign()
    assert first != second
    assert [read(first), read(second)] == [(7,), (7,)]
    others = keys.load(world.engine, tokens.PURPOSES, world.now)

    with writing(world.engine) as session:
        keys.drop_older(session, tokens.FEED)

    assert [read(first), read(second)] == [None, (7,)]
    left = keys.load(world.engine, tokens.PURPOSES, world.now)
    assert {**left, tokens.FEED: others[tokens.FEED]} == others
    assert all(len(some) == 1 for some in left.values())
    assert len({one for some in left.values() for one in some}) == len(tokens.PURPOSES)
