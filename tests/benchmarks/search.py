"""Searching 74,728 real papers: the first page of `search` and the number of papers for 30 queries, on both databases.

./check bench search [PAPERS]    reads corpus/arxiv/bulk ($PAPERWATCH_CORPUS or ../shared/corpus); PostgreSQL is
measured where $PAPERWATCH_TEST_POSTGRES points to one.

Before anything is timed, the numbers are held against the evaluator, which reads every paper. Times are the middle of
five, in milliseconds, in a program that runs already, as the chat and the pages do: the first search of a fresh process
takes two to four times as long.
"""

import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from datetime import time as hour
from itertools import groupby
from random import Random
from statistics import median
from typing import NamedTuple

import sqlalchemy as sa
from _workload import ORGANIZATIONS, records
from sqlmodel import Session
from store import BULK, fresh_postgres, to_paper

from bot.models import Source
from bot.query import Query, document, matches, parse
from bot.store import search
from bot.store.engine import Engine, lock_library, make_engine, migrate, reading, writing
from bot.store.papers import store_listed
from scrapers.paper import Paper
from scrapers.request import Listed

NOW = datetime(2026, 7, 2, 6, tzinfo=UTC)
PAGE = 20
TIMES = 5
QUERIES = """
author:"Sergey Levine"
author:wang
model
LLM
attention
dataset
finetuning
=RAG
"large language model"
"reinforcement learning"
"chain of thought"
"state of the art"
"sparse attention"~5
diffus*
con*
title:diffusion
abs:"zero shot"
title:(agent OR agents) cat:cs.CL
cat:cs.LG
cat:math
org:deepmind
note:"ACL 2025"
upvotes>=20
upvotes>=5 "tool use"
published:2026-06-01.. benchmark
age<30d robot
model -language
(RAG OR retrieval) AND NOT survey
-model cat:cs.CL
注意力
""".split("\n")[1:-1]


class Measured(NamedTuple):
    """Seconds for the first page and for the count, and what was counted."""

    page: float
    count: float
    papers: int


def fill(engine: Engine, papers: Sequence[Paper]) -> float:
    """Store the papers as they would have been, day by day; how many a second."""
    migrate(engine)
    with Session(engine) as session:
        session.add(Source(name="arxiv", scraper="arxiv", due_at=NOW))
        session.commit()
    start = time.perf_counter()
    for day, some in groupby(papers, key=lambda paper: paper.published):
        listed = [Listed(paper) for paper in some]
        with writing(engine) as session:
            lock_library(session)
            source = session.get_one(Source, 1)
            store_listed(session, source, listed, day=day, now=datetime.combine(day, hour(12), UTC))
    rate = len(papers) / (time.perf_counter() - start)
    with engine.begin() as connection:
        connection.execute(sa.text("analyze"))  # as PostgreSQL does by itself within a minute
    return rate


def with_facts(most: int) -> list[Paper]:
    """The papers with invented days (within the month of their ids), votes and organisations, by day."""
    random = Random(1)
    older, newest = records()
    found = [to_paper(record) for record in (older + newest)[:most]]
    return sorted((_with_facts(paper, random) for paper in found), key=lambda paper: paper.published or date.min)


def _with_facts(paper: Paper, random: Random) -> Paper:
    number = paper.identifiers[0].value
    facts = {
        "published": date(2000 + int(number[:2]), int(number[2:4]), random.randint(1, 28)),
        "upvotes": None if random.random() < 0.2 else int(random.paretovariate(0.6)) - 1,
        "organizations": [{"name": name} for name in random.sample(ORGANIZATIONS, random.choice((0, 1, 2)))],
    }
    return Paper.model_validate({**paper.model_dump(), **facts})


def counted_by_reading(papers: Sequence[Paper]) -> list[int]:
    """How many papers match each query, by the evaluator."""
    queries = [parse(text) for text in QUERIES]
    found = [0] * len(queries)
    for place, paper in enumerate(papers):
        if place % 10_000 == 0:
            print(f"reading {place:,} of {len(papers):,} papers", file=sys.stderr, flush=True)
        prepared = document(paper, ["arxiv"])
        for index, query in enumerate(queries):
            found[index] += matches(query, prepared, NOW)
    return found


def measure(engine: Engine) -> Iterator[Measured]:
    for text in QUERIES:
        query = parse(text)
        with reading(engine) as session:
            found = [measure_once(session, query) for _ in range(TIMES)]
        yield Measured(median(one.page for one in found), median(one.count for one in found), found[0].papers)


def measure_once(session: Session, query: Query) -> Measured:
    start = time.perf_counter()
    search.find(session, query, now=NOW, limit=PAGE + 1)
    between = time.perf_counter()
    papers = search.count(session, query, now=NOW)
    return Measured(between - start, time.perf_counter() - between, papers)


def main(most: int) -> None:
    if not BULK.exists():
        sys.exit(f"the corpus is not there: {BULK}")
    papers = with_facts(most)
    wanted = counted_by_reading(papers)
    with tempfile.TemporaryDirectory() as folder:
        urls = {"SQLite": f"sqlite:///{folder}/library.db"}
        if server := os.environ.get("PAPERWATCH_TEST_POSTGRES"):
            urls["PostgreSQL"] = fresh_postgres(server, f"bench_{os.getpid()}")
        else:
            print("PostgreSQL is not measured: PAPERWATCH_TEST_POSTGRES names no server", file=sys.stderr)
        columns = {}
        for name, url in urls.items():
            engine = make_engine(url)
            print(f"{name}: stored {fill(engine, papers):,.0f} papers/s", file=sys.stderr, flush=True)
            columns[name] = list(measure(engine))
            assert [one.papers for one in columns[name]] == wanted, "the index and the evaluator disagree"
            engine.dispose()
    show(columns)


def show(columns: dict[str, list[Measured]]) -> None:
    """A table for the README: milliseconds."""
    heads = "".join(f" {name}: first page | count |" for name in columns)
    print(f"| query | papers |{heads}\n| --- | ---: |{' ---: | ---: |' * len(columns)}")
    for place, text in enumerate(QUERIES):
        rows = [column[place] for column in columns.values()]
        times = "".join(f" {row.page * 1000:.0f} ms | {row.count * 1000:.0f} ms |" for row in rows)
        escaped = text.replace("|", "\\|")
        print(f"| `{escaped}` | {rows[0].papers:,} |{times}")
    worst = ((max(row.page for row in column), max(row.count for row in column)) for column in columns.values())
    print("| the slowest | |" + "".join(f" {page * 1000:.0f} ms | {count * 1000:.0f} ms |" for page, count in worst))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 74_728)
