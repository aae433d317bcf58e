"""Telegram from end to end: stops, wrong tokens and dead letters, of the program."""

import json
import signal
import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from farside.program import Forked, database, query
from farside.site import Answer, Seen
from farside.world import World, paper

from bot import subscriptions
from bot.store.engine import make_engine

PROGRAM = Forked
PEOPLE = 12
REFUSED = b'{"ok": false, "error_code": %d, "description": "%s"}'


def owe(program: Any, people: int) -> None:
    """Make the program owe a paper to so many people."""
    program("status")
    engine = make_engine(f"sqlite:///{database(program)}")
    world = World(engine, datetime.now(UTC) - timedelta(minutes=1))
    for number in range(1, people + 1):
        subscriptions.subscribe(engine, ("telegram", f"{number}"), "source:hf", now=world.now)
    world.take_in(paper(1))
    engine.dispose()


@pytest.fixture
def owing(program: Any, hugging_face: Any, bot_api: Any) -> Any:
    owe(program, PEOPLE)
    return program


def test_what_is_being_sent_at_sigterm_is_recorded_and_the_rest_is_not_attempted(
    owing: Any, bot_api: Any, site: Any
) -> None:
    asked, answer = threading.Semaphore(0), threading.Event()
    route = f"/bot{owing.env['PAPERWATCH_TELEGRAM__TOKEN']}/sendMessage"

    def slow(seen: Seen) -> Answer:
        asked.release()
        answer.wait(30)
        return bot_api.take(seen)

    site.route(route, slow)
    process = owing.start("run")
    for _ in range(8):
        assert asked.acquire(timeout=30)

    process.send_signal(signal.SIGTERM)
    begin = time.monotonic()
    assert not asked.acquire(timeout=0.5)
    answer.set()
    _, err = process.communicate(timeout=30)

    assert time.monotonic() - begin < 5
    assert process.returncode == 0, err
    assert len(bot_api.got) == 8
    messages = query(owing, "select state, attempts, ambiguous, attempt_started_at from message")
    assert sorted(set(messages)) in ([("sent", 1, 0, None)], [("ready", 0, 0, None), ("sent", 1, 0, None)])
    assert messages.count(("sent", 1, 0, None)) == 8


def test_a_wrong_token_is_said_and_hidden_and_a_better_one_sends_everything(
    owing: Any, bot_api: Any, site: Any
) -> None:
    good, bad = owing.env["PAPERWATCH_TELEGRAM__TOKEN"], "987654321:AAF-another-invented-token"
    owing.env["PAPERWATCH_TELEGRAM__TOKEN"] = bad
    json_type = {"Content-Type": "application/json"}
    site.route(f"/bot{bad}/sendMessage", (401, json_type, REFUSED % (401, b"Unauthorized")))

    run = owing("--debug", "run", "--once")
    status = owing("status", code=1)

    assert "ERROR bot.deliver" in run.err
    assert "PAPERWATCH_TELEGRAM__TOKEN" in run.err
    assert "telegram stands until" in run.err
    assert "telegram stands until" in status.err
    assert bad not in run.out + run.err + status.out + status.err
    assert json.loads(owing("status", "--json", code=1).out)["lanes"][0].startswith("telegram stands until")

    owing.env["PAPERWATCH_TELEGRAM__TOKEN"] = good
    owing("run", "--once")
    assert len(bot_api.got) == PEOPLE
    assert query(owing, "select distinct state, attempts, ambiguous from message") == [("sent", 1, 0)]


def test_dead_letters_are_shown_sent_again_and_dropped(
    program: Any, hugging_face: Any, bot_api: Any, site: Any
) -> None:
    owe(program, 2)
    route = f"/bot{program.env['PAPERWATCH_TELEGRAM__TOKEN']}/sendMessage"
    site.route(route, (400, {"Content-Type": "application/json"}, REFUSED % (400, b"Bad Request: something new")))
    program("run", "--once")

    shown = program("dead")
    first, second = program("dead", "--json").json_lines()
    assert "telegram:1" in shown.out
    assert "something new" in shown.out
    assert (first["kind"], first["papers"], first["error"]) == ("alert", 1, "Telegram: something new")
    assert "2 messages could not be sent in the last week; see paperwatch dead" in program("status", code=1).err

    site.route(route, bot_api.take)
    program("dead", "--retry", str(first["id"]))
    program("dead", "--drop", str(second["id"]))
    program("run", "--once")

    assert [f"telegram:{sent['chat_id']}" for sent in bot_api.got] == [first["address"]]
    assert "there are no dead letters" in program("dead").err
    assert "no dead letter with the number 99" in program("dead", "--drop", "99", code=2).err
    assert "do not go together" in program("dead", "--drop", "1", "--retry", "2", code=2).err
