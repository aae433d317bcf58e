"""Who writes into a file when: first come, first served."""

from collections.abc import Callable
from threading import Event, Thread

import pytest
import sqlalchemy as sa
from farside.program import wait_until

from bot.store.engine import _TURNS, Engine, writing
from bot.store.turns import Turns


def started(work: Callable[[], None]) -> Thread:
    thread = Thread(target=work, daemon=True)
    thread.start()
    return thread


def test_turns_come_in_the_order_in_which_they_were_asked_for() -> None:
    turns, came, threads = Turns(), list[str](), list[Thread]()

    def ask(name: str) -> None:
        with turns.take():
            came.append(name)

    with turns.take():
        for number, name in enumerate("abcdefgh", 1):
            threads.append(started(lambda name=name: ask(name)))
            wait_until(lambda number=number: turns.asked == 1 + number)
        assert came == []
    for thread in threads:
        thread.join(10)

    assert came == list("abcdefgh")
    assert turns.asked == 0


def test_whoever_takes_one_turn_after_the_other_lets_others_in_between() -> None:
    turns, came, has_begun, may_end = Turns(), list[str](), Event(), Event()

    def read_all() -> None:
        for number in range(3):
            with turns.take():
                came.append(f"piece {number}")
                has_begun.set()
                may_end.wait(10)

    def subscribe() -> None:
        with turns.take():
            came.append("subscription")

    reading = started(read_all)
    has_begun.wait(10)
    other = started(subscribe)
    wait_until(lambda: turns.asked == 2)
    may_end.set()
    for thread in (reading, other):
        thread.join(10)

    assert came == ["piece 0", "subscription", "piece 1", "piece 2"]


def test_a_turn_that_fails_is_over() -> None:
    turns = Turns()

    with pytest.raises(RuntimeError), turns.take():
        raise RuntimeError("a mistake")

    with turns.take():
        assert turns.asked == 1


def test_writers_of_one_file_take_turns(sqlite_engine: Engine) -> None:
    came, has_begun, may_end = list[str](), Event(), Event()

    def write(*names: str) -> None:
        for name in names:
            with writing(sqlite_engine) as session:
                session.execute(sa.text("insert into counter (name, value) values (:name, 1)"), {"name": name})
                came.append(name)
                has_begun.set()
                may_end.wait(10)

    first = started(lambda: write("one", "two"))
    has_begun.wait(10)
    second = started(lambda: write("between"))
    wait_until(lambda: _TURNS[sqlite_engine].asked == 2)
    may_end.set()
    for thread in (first, second):
        thread.join(10)

    assert came == ["one", "between", "two"]
