"""Fifteen months of lists as a reader of arXiv got them, older ones among them, each under the date of its day.

That is the worst case: the page says that the list is of today, and only its papers tell that it is not.
"""

import gzip
import json
import lzma
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
import sqlalchemy as sa
from farside import arxiv_pages
from farside.arxiv_ledger import Batch, Invented, View, in_new_york
from farside.scenario import Scenario
from farside.world import World
from sqlmodel import col

from bot import subscriptions
from bot.models import ListDay, StoredIdentifier, StoredPaper
from bot.readings import Read, read_and_take_in
from bot.sections import SourceSettings
from bot.store.engine import Engine, reading
from scrapers.request import Request, Response

CORPUS = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
BULK = CORPUS / "arxiv" / "bulk"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not BULK.is_dir(), reason=f"there is no corpus at {CORPUS} (set PAPERWATCH_CORPUS)"),
]
ARXIV = SourceSettings(scraper="arxiv", parts=("cs.CL",))


def lists() -> dict[date, list[str]]:
    """The ids that were listed on each day, without repetitions, oldest day first."""
    with gzip.open(BULK / "daily_arxiv_day_ids.json.gz") as file:
        return {date.fromisoformat(day): list(dict.fromkeys(ids)) for day, ids in sorted(json.load(file).items())}


def titles() -> Iterator[tuple[str, str]]:
    """Id and title of all papers."""
    (path,) = BULK.glob("daily_arxiv_unique_*.jsonl.xz")
    with lzma.open(path, "rt") as lines:
        for line in lines:
            paper = json.loads(line)
            yield paper["id"], paper["title"]


def share_repeated(days: dict[date, list[str]], day: date) -> float:
    """How much of that day's list one of the lists of the month before had."""
    ids, month = set(days[day]), [day - timedelta(days=n) for n in range(1, 31)]
    return max((len(ids & set(days.get(before, ()))) / len(ids) for before in month), default=0)


@dataclass
class Reader(World):
    """Reads each day's list once, in the morning."""

    page: str = ""
    reads: dict[date, Read] = field(default_factory=dict)

    async def fetch(self, request: Request) -> Response:
        """The page has the list; everything else is down."""
        status = 200 if request.transport == "new" else 503
        return Response(request, request.url, status, self.page.encode())

    async def read(self, day: date, papers: tuple[Invented, ...]) -> None:
        self.now = in_new_york(day, time(6))
        self.page = arxiv_pages.new_page(View("new", Batch(day, "cs.CL", new=papers), day), 0, 2_000)
        self.reads[day] = await read_and_take_in(
            self.engine, "arxiv", ARXIV, self.fetch, alert=bool(self.reads), clock=self.clock, day=day, part="cs.CL",
            watching=self.watching,
        )  # fmt: skip


async def test_older_lists_under_new_dates_are_recognised(sqlite_engine: Engine) -> None:
    days, known = lists(), {id: Invented(id, title, title, ("Ada Quill",)) for id, title in titles()}
    reader = Reader(sqlite_engine)
    subscriptions.subscribe(sqlite_engine, ("test", "ada"), "source:arxiv", now=reader.now)

    for day, ids in days.items():
        await reader.read(day, tuple(known[id] for id in ids))

    verdicts = {day: read.judgement.verdict for day, read in reader.reads.items()}
    shares = {day: share_repeated(days, day) for day in days}
    whole = {day for day, share in shares.items() if share == 1}
    mostly = {day for day, share in shares.items() if 0.5 <= share < 1}
    as_before = {later for (_, before), (later, ids) in pairwise(days.items()) if set(before) == set(ids)}
    assert (len(days), len(as_before), len(whole), len(mostly)) == (410, 83, 88, 6)
    assert as_before <= whole == {day for day, verdict in verdicts.items() if verdict == "stale"}
    assert {verdicts[day] for day in mostly} == {"partial"}
    assert set(verdicts.values()) == {"ok", "partial", "stale"}  # nothing is quiet
    assert closed_days(sqlite_engine) == {day for day, verdict in verdicts.items() if verdict == "ok"}

    seen = set[str]()
    for day, ids in days.items():
        assert reader.reads[day].taken.new == len(set(ids) - seen)
        seen |= set(ids)
    assert stored(sqlite_engine) == sorted(known) == sorted(seen)
    owed = Counter(
        (paper, to) for read in reader.reads.values() for paper, some in read.taken.owed.items() for to in some
    )
    assert set(owed.values()) == {1}
    assert len(owed) == len(seen) - len(days[min(days)]) == 74_400


def closed_days(engine: Engine) -> set[date]:
    """The list days that count as complete."""
    with reading(engine) as session:
        return set(session.execute(sa.select(col(ListDay.day)).where(col(ListDay.state) == "closed")).scalars())


def stored(engine: Engine) -> list[str]:
    """The arXiv ids of all papers of the library, sorted."""
    query = (
        sa.select(col(StoredIdentifier.value))
        .join(StoredPaper, col(StoredPaper.id) == col(StoredIdentifier.paper_id))
        .where(col(StoredIdentifier.scheme) == "arxiv", col(StoredPaper.merged_into).is_(None))
    )
    with reading(engine) as session:
        return sorted(session.execute(query).scalars())


async def test_three_weeks_of_june_with_the_repeated_days_as_arxiv_shows_them(sqlite_engine: Engine) -> None:
    """Through the loop, and under their own dates: on weekends and on the holiday there is nothing to be read."""
    begin, end = date(2026, 6, 1), date(2026, 6, 23)
    scenario = Scenario(sqlite_engine, in_new_york(begin, time(6)), every=timedelta(hours=12))
    listed = announce_recorded(scenario)

    await scenario.run_until(in_new_york(end, time(12)))

    states = {day: state for (_, day), state in scenario.states.items() if day < end}
    assert states == dict.fromkeys(listed, "closed")
    assert len(listed) == 15
    assert {day: scenario.verdicts(day) for day in listed} == {day: [("new", "ok")] for day in listed}
    assert stored(sqlite_engine) == sorted({one.id for _, one in recorded_in_june()})
    scenario.assert_good_manners()


def announce_recorded(scenario: Scenario) -> list[date]:
    """Each paper of the files once, on the list that was there when it was got; the list days."""
    ledger, fresh, seen = scenario.arxiv.ledger, defaultdict[date, list[Invented]](list), set[str]()
    for day, paper in recorded_in_june():
        if paper.id not in seen:
            fresh[ledger.newest_day(in_new_york(day, time(6)))].append(paper)
            seen.add(paper.id)
    for day, papers in fresh.items():
        scenario.arxiv.announce(day, "cs.CL", new=papers)
    return list(fresh)


def recorded_in_june() -> Iterator[tuple[date, Invented]]:
    """Day and paper of each entry of the files."""
    for path in sorted((BULK / "daily_june2026").glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            for one in map(json.loads, lines):
                facts = one["title"], one["summary"], tuple(one["authors"])
                yield date.fromisoformat(path.name[:10]), Invented(one["id"], *facts)
