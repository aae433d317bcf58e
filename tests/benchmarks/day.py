"""A day's papers from the bytes of their list to queued alerts: papers and rows of the outbox a second, and how long a
new subscription waits meanwhile.

./check bench day [SUBSCRIPTIONS…]    (1000 100000) 600 real papers (corpus/arxiv/bulk, $PAPERWATCH_CORPUS or
../shared/corpus), written as Hugging Face's API would, against so many selective subscriptions of a fifth as many
recipients, on SQLite and, where $PAPERWATCH_TEST_POSTGRES points to one, on PostgreSQL. The subscriptions are words,
phrases of two words, authors and pairs of these, drawn evenly from all different ones.

Beside it the plain form, with some of the papers: each query's words are looked for in the text of each paper by `in`,
and papers and alerts are added to a session one by one.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, pairwise
from pathlib import Path
from random import Random
from typing import Any

import sqlalchemy as sa
from _workload import records
from sqlmodel import Session
from store import fresh_postgres

from bot import subscriptions
from bot.intake import take_in
from bot.models import Delivery, Person, Recipient, StoredIdentifier, StoredPaper, Subscription
from bot.query import QueryError, parse
from bot.store.engine import Engine, make_engine, migrate, writing
from bot.watching import Watching
from scrapers import saved

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


def as_listed(newest: list[dict]) -> bytes:
    """The day's papers as Hugging Face's API lists them."""
    day = NOW.date().isoformat()
    items = [
        {
            "title": one["title"],
            "paper": {
                "id": one["id"], "title": one["title"], "summary": one["summary"], "upvotes": 0,
                "authors": [{"name": name} for name in one["authors"]], "publishedAt": f"{day}T00:00:00.000Z",
                "submittedOnDailyAt": f"{day}T00:00:00.000Z",
            },
        }
        for one in newest[:PAPERS]
    ]  # fmt: skip
    return json.dumps(items).encode()


def plain(url: str, data: bytes, papers: int) -> float:
    """Papers a second in the plain form."""
    engine = sa.create_engine(make_engine(url).url)
    with Session(engine) as session:
        asked = session.execute(sa.select(Subscription.id, Subscription.recipient_id, Subscription.text)).all()
        asked = [(id, to, [word.strip('"-').lower() for word in text.split()]) for id, to, text in asked]
        begin = time.perf_counter()
        for number, item in enumerate(json.loads(data)[:papers], 1_000_001):
            paper, told = item["paper"], set[int]()
            session.get(StoredIdentifier, ("arxiv", paper["id"]))
            session.add(StoredPaper(
                id=number, title=paper["title"], abstract=paper["summary"], authors_truncated=False, fingerprint="",
                authors=[one["name"] for one in paper["authors"]], first_seen_at=NOW, changed_at=NOW,
            ))  # fmt: skip
            session.flush()
            text = f"{paper['title']} {paper['summary']} {paper['authors']}".lower()
            for id, to, words in asked:
                if to not in told and all(word in text for word in words):
                    told.add(to)
                    session.add(Delivery(
                        recipient_id=to, paper_id=number, kind="new", slot="alert", send_at=NOW, queued_at=NOW,
                        reasons=[{"subscription": id}],
                    ))  # fmt: skip
            session.commit()
        seconds = time.perf_counter() - begin
    engine.dispose()
    return papers / seconds


def measure(name: str, url: str, size: int, older: list[dict], newest: list[dict]) -> dict[str, Any]:
    engine = make_engine(url)
    migrate(engine)
    fill(engine, size, older)
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("analyze"))
    watching, data = Watching(), as_listed(newest)
    begin = time.perf_counter()
    watching.prepare(engine)
    prepared = time.perf_counter() - begin
    waits: list[float] = []
    stop = threading.Event()
    asking = threading.Thread(target=subscribe_meanwhile, args=(engine, stop, waits))
    asking.start()
    begin = time.perf_counter()
    listed = saved.read(data, name="day.json", today=NOW.date()).listed
    taken = take_in(engine, "hf", "huggingface", listed, day=NOW.date(), alert=True, now=NOW, watching=watching)
    seconds = time.perf_counter() - begin
    stop.set()
    asking.join()
    with engine.connect() as connection:
        rows = connection.execute(sa.select(sa.func.count()).select_from(Delivery)).scalar_one()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    engine.dispose()
    assert rows == taken.alerts
    found = {
        "database": name, "subscriptions": size, "papers": PAPERS / seconds, "rows": rows, "rows/s": rows / seconds,
        "index": prepared, "wait": max(waits, default=0.0), "waits": len(waits), "mb": peak,
        "plain": plain(url, data, max(3, min(100, 1_000_000 // size))),
    }  # fmt: skip
    print(found, file=sys.stderr, flush=True)
    return found


def subscribe_meanwhile(engine: Engine, stop: threading.Event, waits: list[float]) -> None:
    """Save a subscription every half second; how long each took."""
    while not stop.wait(0.5):
        begin = time.perf_counter()
        subscriptions.subscribe(engine, ("telegram", "1"), f"kettles {len(waits)}", now=NOW)
        waits.append(time.perf_counter() - begin)


def main(sizes: list[int]) -> None:
    """Each measurement has a process of its own, for its memory."""
    found = []
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            urls = {"SQLite": f"sqlite:///{Path(folder) / 'day.db'}"}
            if server := os.environ.get("PAPERWATCH_TEST_POSTGRES"):
                urls["PostgreSQL"] = fresh_postgres(server, f"bench_day_{os.getpid()}")
            for name, url in urls.items():
                command = [sys.executable, __file__, "--measure", name, url, str(size)]
                found.append(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))
    print(json.dumps(found))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        print(json.dumps(measure(sys.argv[2], sys.argv[3], int(sys.argv[4]), *records())))
    else:
        main([int(size) for size in sys.argv[1:]] or [1_000, 100_000])
