"""What the outbox claims and records a second, with 1, 2 and 4 processes on one database, nothing being sent.

./check bench claims [MESSAGES]    (8000; alerts of one paper each, 32 at a time, as for channels without a pace)

Beside it the plain form: a table of jobs, of which each process takes one after the other (`for update skip locked` on
PostgreSQL, `begin immediate` on SQLite) and marks it as done, without recipients, papers, reasons or paces to look at.
"""

import json
import multiprocessing
import os
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

import sqlalchemy as sa
from deliver import owe
from farside.databases import fresh_library

from bot.channels import Sent
from bot.channels.webhook import WebhookChannel
from bot.claiming import claim
from bot.outcomes import finish_sent
from bot.run import MANY
from bot.store.engine import make_engine

NUMBERS = (1, 2, 4)
_TAKE = """update job set taken = true where id =
    (select id from job where not taken order by id limit 1 {skip}) returning id, body"""


def ours(url: str) -> Iterator[int]:
    """Claim and record until nothing is left; after each transaction, how many that were."""

    async def post(*_: object) -> None:
        raise AssertionError("nothing is sent here")

    engine, channels = make_engine(url), {"webhook": WebhookChannel(post, lambda _: None, None)}  # type: ignore[arg-type]
    while attempts := claim(engine, channels, None, most=MANY):
        yield len(finish_sent(engine, [(one, Sent()) for one in attempts], None))
    engine.dispose()


def plain(url: str) -> Iterator[int]:
    """The same by the table of jobs."""
    made = sa.make_url(url)
    if made.get_backend_name() == "sqlite":
        connection = sqlite3.connect(made.database or "", isolation_level=None, timeout=60)
        take, done, begin = _TAKE.format(skip=""), "update job set sent_at = ? where id = ?", "begin immediate"
    else:
        import psycopg

        connection = psycopg.connect(made.set(drivername="postgresql").render_as_string(hide_password=False))  # type: ignore[assignment]
        connection.autocommit = True  # type: ignore[attr-defined]
        take, done = _TAKE.format(skip="for update skip locked"), "update job set sent_at = %s where id = %s"
        begin = "begin"
    while True:
        connection.execute(begin)
        row = connection.execute(take).fetchone()
        connection.execute("commit")
        if row is None:
            break
        connection.execute(begin)
        connection.execute(done, (time.time(), row[0]))
        connection.execute("commit")
        yield 1
    connection.close()


def fill_jobs(url: str, messages: int) -> None:
    engine = sa.create_engine(sa.make_url(url).set(drivername=_driver(url)))
    with engine.begin() as connection:
        connection.execute(sa.text(
            "create table job (id integer primary key, body text, taken boolean default false, sent_at float)"
        ))  # fmt: skip
        connection.execute(sa.text("create index ix_job on job (id) where not taken"))
        connection.execute(
            sa.text("insert into job (id, body) values (:id, :body)"),
            [{"id": n, "body": json.dumps({"to": n, "paper": "Invented " * 20})} for n in range(messages)],
        )
    engine.dispose()


def _driver(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql+psycopg"


def fill_ours(url: str, messages: int) -> None:
    engine = make_engine(url)
    owe(engine, 9, messages)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("analyze"))
    engine.dispose()


def work(
    way: Callable[[str], Iterator[int]], url: str, ready: "multiprocessing.synchronize.Barrier", found: object
) -> None:
    ready.wait()
    times = [(number, time.monotonic()) for number in way(url)]
    found.put(times)  # type: ignore[attr-defined]


def rate(way: Callable[[str], Iterator[int]], url: str, processes: int, messages: int) -> float:
    """Messages a second; each was taken once."""
    found, ready = multiprocessing.Queue(), multiprocessing.Barrier(processes + 1)
    started = [multiprocessing.Process(target=work, args=(way, url, ready, found)) for _ in range(processes)]
    for one in started:
        one.start()
    ready.wait()
    begin = time.monotonic()
    taken = [one for _ in started for one in found.get()]
    for one in started:
        one.join()
    assert sum(number for number, _ in taken) == messages, taken
    return messages / (max(at for _, at in taken) - begin)


@contextmanager
def libraries() -> Iterator[list[tuple[str, str]]]:
    """The databases that there are: name and address, in which N is a number."""
    server = os.environ.get("PAPERWATCH_TEST_POSTGRES")
    with tempfile.TemporaryDirectory() as folder:
        yield [("SQLite", f"sqlite:///{Path(folder)}/N.db"), *([("PostgreSQL", server)] if server else [])]


def measure(messages: int) -> list[dict[str, object]]:
    rows, random = list[dict[str, object]](), Random(1)
    with libraries() as known:
        for name, given in known:
            for processes in NUMBERS:
                row: dict[str, object] = {"database": name, "processes": processes}
                for way, fill in ((ours, fill_ours), (plain, fill_jobs)):
                    with fresh_library(given.replace("N.db", f"{random.random()}.db")) as url:
                        fill(url, messages)
                        row[way.__name__] = rate(way, url, processes, messages)
                rows.append(row)
                print(
                    f"{name:12} {processes} processes: {row['ours']:7,.0f}/s, plain {row['plain']:7,.0f}/s",
                    file=sys.stderr, flush=True,
                )  # fmt: skip
    return rows


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if sys.argv[1:] else 8_000)))
