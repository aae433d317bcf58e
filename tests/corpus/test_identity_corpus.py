"""Identity on real papers: every title finds its own record, revisions are no new papers, damaged ids are refused."""

import csv
import json
import lzma
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from bot.intake import take_in
from bot.store.engine import Engine
from bot.store.papers import Change
from scrapers.identifiers import arxiv_id, canonical
from scrapers.paper import Paper
from scrapers.request import Listed
from scrapers.text import fingerprint

CORPUS = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
BULK = CORPUS / "arxiv" / "bulk"
NOW = datetime(2026, 7, 1, 6, tzinfo=UTC)

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not BULK.exists(), reason=f"the corpus is not there: {CORPUS}"),
]


def store(engine: Engine, papers: list[Paper], source: str) -> tuple[Change, ...]:
    listed = [Listed(paper) for paper in papers]
    return take_in(engine, source, "huggingface", listed, day=NOW.date(), alert=False, now=NOW).changes


def test_titles_pasted_back_find_their_own_record_and_none_a_wrong_one(sqlite_engine: Engine) -> None:
    with lzma.open(BULK / "daily_arxiv_unique_2025-03-18_2026-07-01.jsonl.xz", "rt") as lines:
        records = [json.loads(line) for line in lines]
    papers = [
        Paper(title=r["title"], abstract=r["summary"], authors=r["authors"], identifiers=[("arxiv", r["id"])])
        for r in records
    ]
    stored = store(sqlite_engine, papers, "arxiv")
    own = {change.after.identifiers[0].value: change.id for change in stored}
    repeated = {title for title, times in Counter(fingerprint(r["title"]) for r in records).items() if times > 1}

    # One by one through the same path, so that a paste never meets another paste of its title.
    found, wrong = 0, []
    for start in range(0, len(records), 500):
        some = records[start : start + 500]
        for record, change in zip(some, _pasted(sqlite_engine, some), strict=True):
            if change.id == own[record["id"]]:
                found += 1
            elif not change.is_new and fingerprint(record["title"]) not in repeated:
                wrong.append((record["title"], change.after.title))

    assert len(stored) == len(records) == 74_728
    assert len(repeated) == 6
    assert wrong == []
    assert found / len(records) >= 0.995


def _same_date(change: Change, first: list[Paper]) -> bool:
    stated = next(paper for paper in first if paper.identifiers == change.after.identifiers)
    return stated.updated == change.after.updated and stated.title == change.after.title


def _pasted(engine: Engine, records: list[dict]) -> list[Change]:
    changes = {
        fingerprint(title): change
        for change in store(engine, [Paper(title=record["title"]) for record in records], "pasted")
        for title in [change.after.title]
    }
    return [changes[fingerprint(record["title"])] for record in records]


def test_yearly_snapshots_are_read_as_revisions(sqlite_engine: Engine) -> None:
    first, _ = _snapshot("cs.CR_20190101.tsv.xz")
    second, _ = _snapshot("cs.CR_20200101.tsv.xz")
    known = {paper.identifiers for paper in first}

    store(sqlite_engine, first, "arxiv")
    changes = store(sqlite_engine, second, "arxiv")
    again = store(sqlite_engine, second, "arxiv")
    older = store(sqlite_engine, first, "arxiv")

    before = {change.after.identifiers: change for change in changes}
    assert sum(paper.identifiers in known for paper in second) > 3_000
    assert all(before[paper.identifiers].is_new != (paper.identifiers in known) for paper in second)
    revised = [change for change in changes if change.before and change.before.title != change.after.title]
    assert len(revised) > 10
    assert not any(change.says_more for change in again)
    # Three records differ only in the spelling of a name, with the same date: nothing says which is the later one.
    assert all(change.before == change.after or _same_date(change, first) for change in older)


def test_damaged_ids_are_refused_and_nothing_else() -> None:
    _, whole = _snapshot("cs.CR_20190101.tsv.xz")
    _, damaged = _snapshot("cs.CR_20200101.tsv.xz")

    assert whole == []
    assert len(damaged) > 1_000
    for value in (*damaged, "704.0492", "1911.0483100000001", "2503.0213"):
        with pytest.raises(ValueError, match="not an arXiv id"):
            canonical("arxiv", value)


def _snapshot(name: str) -> tuple[list[Paper], list[str]]:
    """The papers of a snapshot, and the ids that had to be refused."""
    papers, refused = [], []
    for row in _rows(name):
        if not arxiv_id(row["arxiv_id"]):
            refused.append(row["arxiv_id"])
            continue
        papers.append(
            Paper(
                title=row["title"],
                abstract=row["abstract"],
                authors=[name.strip() for name in row["author_text"].split(",")],
                identifiers=[("arxiv", row["arxiv_id"])],
                updated=_day(row["updated"]) or _day(row["created"]),
                published=_day(row["created"]),
            )
        )
    return papers, refused


def _rows(name: str) -> Iterator[dict[str, str]]:
    csv.field_size_limit(10_000_000)
    with lzma.open(BULK / "revisions" / name, "rt", newline="") as file:
        yield from csv.DictReader(file, delimiter="\t")


def _day(text: str) -> date | None:
    return date.fromisoformat(text[:10]) if text else None
