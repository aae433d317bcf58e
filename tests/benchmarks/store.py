"""Storing real papers: papers a second and peak memory, on both databases, with and without the full-text index,
beside the plain SQLModel way (select, then add) in the same run.

./check bench store [PAPERS]    reads corpus/arxiv/bulk ($PAPERWATCH_CORPUS or ../shared/corpus); PostgreSQL is measured
where $PAPERWATCH_TEST_POSTGRES points to one. Each measurement has a process of its own, for its memory.
"""

import json
import lzma
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import count, islice
from pathlib import Path

import sqlalchemy as sa
from sqlmodel import Session, select

from bot.intake import STORED_AT_ONCE
from bot.models import Source, StoredIdentifier, StoredPaper
from bot.store.engine import lock_library, make_engine, migrate, writing
from bot.store.papers import store_listed
from scrapers.paper import Paper
from scrapers.request import Listed
from scrapers.text import fingerprint

CORPUS = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
BULK = CORPUS / "arxiv" / "bulk" / "daily_arxiv_unique_2025-03-18_2026-07-01.jsonl.xz"
DAY, NOW = date(2026, 7, 1), datetime(2026, 7, 1, 6, tzinfo=UTC)
_ids = count(1)
_CATEGORY = re.compile(r"[a-z][a-z-]*(\.[A-Za-z][A-Za-z-]+)?")


def papers(most: int) -> Iterator[Listed]:
    with lzma.open(BULK, "rt") as lines:
        for line in islice(lines, most):
            yield Listed(to_paper(json.loads(line)))


def to_paper(record: dict) -> Paper:
    return Paper(
        title=record["title"],
        abstract=record["summary"],
        authors=record["authors"],
        categories=[name for name in record["categories"] if _CATEGORY.fullmatch(name)],
        identifiers=[("arxiv", record["id"])],
        note=record["comment"],
    )


def chunks(listed: Iterator[Listed]) -> Iterator[list[Listed]]:
    while chunk := list(islice(listed, STORED_AT_ONCE)):
        yield chunk


def ours(engine: sa.Engine, listed: list[Listed], *, full_text: bool) -> int:
    """The product's own path: identity checks, identifiers, listings."""
    with writing(engine) as session:
        lock_library(session)
        source = session.exec(select(Source)).one()
        return sum(
            change.is_new for change in store_listed(session, source, listed, day=DAY, now=NOW, full_text=full_text)
        )


def plain(engine: sa.Engine, listed: list[Listed], *, full_text: bool) -> int:
    """What a reader of SQLModel's tutorial would write: select by identifier, then add; no identity beyond that."""
    new = 0
    with Session(engine) as session:
        for one in listed:
            paper, value = one.paper, one.paper.identifiers[0].value
            known = session.get(StoredIdentifier, ("arxiv", value))
            if known is None:
                row = StoredPaper(
                    id=next(_ids), title=paper.title, abstract=paper.abstract, authors=list(paper.authors),
                    authors_truncated=paper.authors_truncated, authors_count=paper.authors_count,
                    categories=list(paper.categories), note=paper.note, organizations=[], extras={}, uncertain=[],
                    fingerprint=fingerprint(paper.title)[:200], first_seen_at=NOW, changed_at=NOW,
                )  # fmt: skip
                session.add(row)
                session.flush()
                session.add(StoredIdentifier(scheme="arxiv", value=value, paper_id=row.id))
                new += 1
        session.commit()
    return new


WAYS: dict[str, tuple[Callable[..., int], bool]] = {
    "plain": (plain, False),
    "ours": (ours, False),
    "ours + full text": (ours, True),
}


def measure(way: str, url: str, most: int) -> None:
    """One way on one empty database; prints a JSON line. Reading the corpus is not timed."""
    engine = make_engine(url)
    migrate(engine)
    with Session(engine) as session:
        session.add(Source(name="arxiv", scraper="huggingface", due_at=NOW))
        session.commit()
    store, full_text = WAYS[way]
    # One process does little else but store, so the memory it held before is not the store's.
    before = peak_megabytes()
    results = [timed(store, engine, most, full_text) for _ in range(2)]
    print(
        json.dumps({"way": way, "first": results[0], "again": results[1], "before_mb": before, "mb": peak_megabytes()})
    )


def timed(store: Callable[..., int], engine: sa.Engine, most: int, full_text: bool) -> dict[str, float]:
    seconds, new, total = 0.0, 0, 0
    for chunk in chunks(papers(most)):
        start = time.perf_counter()
        new += store(engine, chunk, full_text=full_text)
        seconds += time.perf_counter() - start
        total += len(chunk)
    return {"papers": total, "new": new, "rate": total / seconds}


def peak_megabytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def compare(name: str, fresh: Callable[[], str], most: int) -> None:
    print(f"\n{name}\n{'':18} {'papers/s':>9} {'ratio':>6} {'again/s':>9} {'ratio':>6} {'peak MB':>8}")
    rates: dict[str, tuple[float, float]] = {}
    for way in WAYS:
        command = [sys.executable, __file__, "--measure", way, fresh(), str(most)]
        done = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
        assert done["first"]["new"] == done["first"]["papers"], done
        assert done["again"]["new"] == 0, done
        rates[way] = (done["first"]["rate"], done["again"]["rate"])
        ratios = [mine / peer for mine, peer in zip(rates[way], rates["plain"], strict=True)]
        print(
            f"{way:18} {rates[way][0]:9,.0f} {ratios[0]:5.1f}x {rates[way][1]:9,.0f} {ratios[1]:5.1f}x {done['mb']:8}",
            flush=True,
        )


def main(most: int) -> None:
    if not BULK.exists():
        sys.exit(f"the corpus is not there: {BULK}")
    print(f"storing {most:,} papers at most, {STORED_AT_ONCE} a transaction; 'again' stores the same a second time")
    with tempfile.TemporaryDirectory() as folder:
        numbers = iter(range(100))
        compare("SQLite", lambda: f"sqlite:///{folder}/{next(numbers)}.db", most)
        if server := os.environ.get("PAPERWATCH_TEST_POSTGRES"):
            compare("PostgreSQL", lambda: fresh_postgres(server, f"bench_{os.getpid()}_{next(numbers)}"), most)
        else:
            print("\nPostgreSQL: not measured, PAPERWATCH_TEST_POSTGRES names no server")


def fresh_postgres(server: str, name: str) -> str:
    engine = sa.create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"drop database if exists {name}"))
        connection.execute(sa.text(f"create database {name}"))
    return sa.make_url(server).set(database=name).render_as_string(hide_password=False)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 74_728)
