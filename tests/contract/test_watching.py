"""What the index of all subscriptions promises, on SQLite and on PostgreSQL: in every process it knows every change
before the next paper is matched."""

import gc
import logging
from collections.abc import Callable, Iterator
from random import Random
from typing import Any

import pytest
import sqlalchemy as sa
from farside.world import World, paper

from bot import subscriptions, watching
from bot.cli.program import talk_on_stderr
from bot.models import Delivery, Subscription
from bot.outbox import query_of
from bot.query import document, matches, parse
from bot.query.vocabulary import GuardedEntry
from bot.store import people, search
from bot.store.engine import Engine, reading, writing

ME, OTHER = ("test", "me"), ("test", "other")


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def subscribe(world: World, query: str, name: str, address: tuple[str, str] = ME) -> None:
    subscriptions.subscribe(world.engine, address, query, now=world.now, name=name)


def told(world: World, number: int) -> set[str]:
    """The names of the subscriptions that alert for a new paper, taken in by this process."""
    changes = world.take_in(paper(number)).changes
    mine = [one for one in world.rows(Delivery) if one.paper_id == changes[0].id]
    return {reason["name"] for one in mine for reason in one.reasons}


def test_every_process_follows_what_another_one_changes(world: World) -> None:
    second = World(world.engine)
    subscribe(world, "invented", "a")
    assert [told(world, 1), told(second, 2)] == [{"a"}, {"a"}]

    subscribe(second, "tester*", "b")
    subscribe(second, "invented results", "c", OTHER)
    assert [told(world, 3), told(second, 4)] == [{"a", "c"}, {"a", "c"}]

    subscriptions.edit(world.engine, ME, "a", now=world.now, text="uninvented")
    subscriptions.edit(world.engine, ME, "b", now=world.now, text="behaviour")
    assert [told(world, 5), told(second, 6)] == [{"b", "c"}, {"b", "c"}]

    subscriptions.unsubscribe(second.engine, OTHER, None)
    assert [told(world, 7), told(second, 8)] == [{"b"}, {"b"}]


def test_a_new_subscription_may_get_the_id_of_a_removed_one(world: World) -> None:
    subscribe(world, "invented", "old")
    assert told(world, 1) == {"old"}

    subscriptions.unsubscribe(world.engine, ME, "old")
    subscribe(world, "source:hf", "new")

    assert told(world, 2) == {"new"}
    subscriptions.unsubscribe(world.engine, ME, "new")
    subscribe(world, "nowhere", "none")
    assert told(world, 3) == set()


def test_a_rhythm_that_was_changed_needs_no_new_index(world: World) -> None:
    subscribe(world, "invented", "a")
    told(world, 1)

    subscriptions.edit(world.engine, ME, "a", now=world.now, rhythm="daily", at="18:00")
    world.take_in(paper(2))

    assert world.rows(Delivery)[-1].send_at.hour == 18


def test_a_query_that_cannot_be_read_any_more_does_not_silence_the_others(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    subscribe(world, "invented", "good")
    subscribe(world, "invented results", "bad")
    with writing(world.engine) as session:
        session.execute(sa.update(Subscription).where(Subscription.name == "bad").values(text='"', changed_in=99))

    with caplog.at_level(logging.WARNING, logger="bot.watching"):
        assert told(world, 1) == {"good"}

    assert "matches nothing" in caplog.text
    assert {sub.name: asks for sub, asks in subscriptions.why(world.engine, ME, 1, world.now).asks} == {
        "good": True, "bad": False,
    }  # fmt: skip
    with reading(world.engine) as session:
        assert search.find(session, query_of('"'), now=world.now) == []


def test_what_nobody_asks_for_any_more_is_forgotten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "WORN", 10)
    subscribe(world, "invented", "a")
    for number in range(30):
        subscriptions.edit(world.engine, ME, "a", now=world.now, text=f'"invented thing {number}"~{number} OR results')
        assert told(world, number) == {"a"}

    held = [entry for entry in gc.get_objects() if isinstance(entry, GuardedEntry) and entry.term.field == ""]
    asked = {str(entry.term) for entry in held} & {f'"invented thing {number}"~{number}' for number in range(30)}
    assert 0 < len(asked) <= 12


def test_a_reading_that_fails_is_begun_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b", "c"):
        subscribe(world, "invented", name)
    with writing(world.engine) as session:  # as the migration leaves those that were there before it
        session.execute(sa.update(Subscription).values(changed_in=0))
    monkeypatch.setattr(people, "changed_since", cut_off_after(1, people.changed_since))
    with pytest.raises(OSError, match="cut off"):
        world.watching.prepare(world.engine)
    monkeypatch.undo()

    assert told(world, 1) == {"a", "b", "c"}


def cut_off_after(rows: int, read: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def reading(*args: Any) -> Iterator[Any]:
        yield from list(read(*args))[:rows]
        raise OSError("cut off")

    return reading


def test_whatever_happens_the_index_tells_what_the_queries_say(world: World) -> None:
    random, asked = Random(11), dict[str, str]()
    queries = ["invented", "results -number", "behaviour OR nothing", "title:test", "upvotes>=5", "author:tester3", "x"]
    for number in range(1, 60):
        name, query = f"s{random.randrange(9)}", random.choice(queries)
        if name not in asked:
            subscribe(world, query, name)
            asked[name] = query
        elif random.random() < 0.5:
            subscriptions.edit(world.engine, ME, name, now=world.now, text=query)
            asked[name] = query
        else:
            subscriptions.unsubscribe(world.engine, ME, name)
            del asked[name]
        prepared = document(paper(number), ["hf"])
        assert told(world, number) == {n for n, text in asked.items() if matches(parse(text), prepared, world.now)}


@pytest.mark.filterwarnings("ignore:.*was deleted while still open:ResourceWarning")  # psycopg's own, of the cursor
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_a_connection_that_ends_amid_a_reading_leaves_no_trace_in_the_log(
    world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    subscribe(world, "invented", "a")
    for name in ("", "telegram", "apscheduler", "sqlalchemy.pool", "httpx", "httpcore", "alembic"):
        monkeypatch.setattr(logging.getLogger(name), "level", logging.getLogger(name).level)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])
    talk_on_stderr()

    with pytest.raises(sa.exc.DBAPIError, match="connection is lost"):
        read_until_cut_off(world.engine)

    assert capsys.readouterr().err == ""


def read_until_cut_off(engine: Engine) -> None:
    """Read rows while the server ends the connection."""
    with reading(engine) as session:
        rows = session.execute(sa.select(Subscription.id), execution_options={"yield_per": 1})
        assert next(rows)
        (process,) = session.execute(sa.text("select pg_backend_pid()")).one()
        with engine.connect() as other:
            other.execute(sa.text("select pg_terminate_backend(:process, 5000)"), {"process": process})
        rows.close()
        del rows  # here its cursor may complain


def test_what_is_owed_keeps_the_order_of_the_list(world: World) -> None:
    for person in range(40):
        subscribe(world, "invented", "a", ("test", f"reader{person}"))

    taken = world.take_in(*(paper(number) for number in (5, 3, 8, 1, 9, 2)))

    listed = [change.id for change in taken.changes]
    owed = sorted(world.rows(Delivery), key=lambda one: (one.recipient_id, one.id))
    assert [one.paper_id for one in owed] == listed * 40
