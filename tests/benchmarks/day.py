"""A day's papers from parsed to queued: rows of the outbox a second, and how long a new subscription waits meanwhile.

./check bench day [SUBSCRIPTIONS]    600 real papers (corpus/arxiv/bulk, $PAPERWATCH_CORPUS or ../shared/corpus) against
so many selective subscriptions of a fifth as many recipients, on SQLite and, where $PAPERWATCH_TEST_POSTGRES points to
one, on PostgreSQL. The subscriptions are words, phrases of two words, authors and pairs of these, drawn evenly from all
different ones. Before, a tenth and a hundredth of them, for the growth.
"""

import os
import resource
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from random import Random

import sqlalchemy as sa
from _workload import records
from store import fresh_postgres, to_paper

from bot import subscriptions
from bot.intake import take_in
from bot.models import Delivery, Person, Recipient, Subscription
from bot.query import QueryError, parse
from bot.store.engine import Engine, make_engine, migrate, writing
from bot.watching import Watching
from scrapers.request import Listed

NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)
PAPERS, EACH, AT_ONCE = 600, 5, 10_000


def queries(older: list[dict], seed: int = 5) -> Iterator[str]:
    """Selective queries: each word of a title as likely as any other."""
    random = Random(seed)
    titles = [[word for word in one["title"].split() if word.isalnum()] for one in older]
    words = sorted({word.lower() for title in titles for word in title if len(word) > 4})
    phrases = sorted({" ".join(pair) for title in titles for pair in pairwise(title)})
    authors = sorted({name for one in older for name in one["authors"] if '"' not in name})
    ways = [
        lambda: random.choice(words),
        lambda: f'"{random.choice(phrases)}"',
        lambda: f'author:"{random.choice(authors)}"',
        lambda: f"{random.choice(words)} {random.choice(random.choice(titles) or ['model'])}",
        lambda: f'"{random.choice(phrases)}" -{random.choice(words)}',
    ]
    while True:
        yield random.choice(ways)()


def readable(texts: Iterator[str]) -> Iterator[tuple[str, str]]:
    """Those that can be read, with their keys."""
    for text in texts:
        try:
            yield text, parse(text).key
        except QueryError:
            continue


def fill(engine: Engine, size: int, older: list[dict]) -> None:
    """So many subscriptions, five to a recipient; half of them at once, half in a digest."""
    found, ids = readable(queries(older)), iter(range(1, size + 1))
    while some := list(islice(ids, AT_ONCE)):
        with writing(engine) as session:
            people = [n for n in some if n % EACH == 1]
            session.execute(
                sa.insert(Person), [{"id": n, "kind": "bench", "account": str(n), "created_at": NOW} for n in people]
            )
            session.execute(sa.insert(Recipient), [
                {"id": n, "person_id": n, "channel": "telegram", "address": str(n), "due_at": NOW, "created_at": NOW,
                 "confirmed_at": NOW, "zone": ("UTC", "Europe/Berlin", "America/New_York")[n % 3]} for n in people
            ])  # fmt: skip
            session.execute(sa.insert(Subscription), [
                {"id": n, "recipient_id": n - (n - 1) % EACH, "name": f"s{n}", "text": text, "key": key,
                 "rhythm": ("instant", "daily")[n % 2], "changed_in": n, "created_at": NOW - timedelta(days=1)}
                for n, (text, key) in zip(some, found, strict=False)
            ])  # fmt: skip
        print(f"\r{some[-1]:,} subscriptions written", end="", file=sys.stderr)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            for table in ("person", "recipient", "subscription"):
                connection.execute(sa.text(f"select setval(pg_get_serial_sequence('{table}', 'id'), {size})"))
        connection.execute(sa.text("insert into counter (name, value) values ('subscriptions', :n)"), {"n": size})
    print(file=sys.stderr)


def measure(name: str, url: str, size: int, older: list[dict], newest: list[dict]) -> None:
    engine = make_engine(url)
    migrate(engine)
    fill(engine, size, older)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("analyze"))
    watching, listed = Watching(), [Listed(to_paper(record), rank=n) for n, record in enumerate(newest[:PAPERS], 1)]
    begin = time.perf_counter()
    watching.prepare(engine)
    prepared = time.perf_counter() - begin
    waits: list[float] = []
    stop = threading.Event()
    asking = threading.Thread(target=subscribe_meanwhile, args=(engine, stop, waits))
    asking.start()
    begin = time.perf_counter()
    taken = take_in(engine, "arxiv", "arxiv", listed, day=NOW.date(), alert=True, now=NOW, watching=watching)
    seconds = time.perf_counter() - begin
    stop.set()
    asking.join()
    with engine.connect() as connection:
        rows = connection.execute(sa.select(sa.func.count()).select_from(Delivery)).scalar_one()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{name}: {size:,} subscriptions, {PAPERS} papers: {taken.alerts:,} owed, {rows:,} rows in {seconds:.1f} s:"
        f" {rows / seconds:,.0f} rows/s; index made in {prepared:.0f} s; {len(waits)} new subscriptions waited"
        f" {max(waits, default=0):.2f} s at most; peak {peak:.0f} MB"
    )
    engine.dispose()


def subscribe_meanwhile(engine: Engine, stop: threading.Event, waits: list[float]) -> None:
    """Save a subscription every half second; how long each took."""
    while not stop.wait(0.5):
        begin = time.perf_counter()
        subscriptions.subscribe(engine, ("telegram", "1"), f"kettles {len(waits)}", now=NOW)
        waits.append(time.perf_counter() - begin)


def main(most: int) -> None:
    older, newest = records()
    sizes = [size for size in (most // 100, most // 10, most) if size >= 1_000]
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            measure("SQLite", f"sqlite:///{Path(folder) / 'day.db'}", size, older, newest)
        if server := os.environ.get("PAPERWATCH_TEST_POSTGRES"):
            measure("PostgreSQL", fresh_postgres(server, f"bench_day_{os.getpid()}"), size, older, newest)


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
