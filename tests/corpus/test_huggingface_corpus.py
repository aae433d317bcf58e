"""Recorded answers of Hugging Face, from $PAPERWATCH_CORPUS or ../shared/corpus beside the repository."""

import gzip
import json
import os
import re
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scrapers import saved
from scrapers.crawl import load
from scrapers.paper import Paper
from scrapers.request import ListingError, Page, Response

huggingface = load("huggingface")
ROOT = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus") / "huggingface"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not ROOT.is_dir(), reason=f"there is no corpus at {ROOT.parent} (set PAPERWATCH_CORPUS)"),
]

COUNTS = {
    "2024-06-11": 14,
    "2024-06-17": 18,
    "2024-08-01": 11,
    "2024-12-12": 18,
    "2025-03-10": 13,
    "2025-03-11": 26,
    "2025-03-17": 12,
    "2025-09-30": 50,
    "2025-10-03": 39,
    "2026-01-02": 3,
    "2026-04-10": 35,
    "2026-04-16": 22,
}
AUGUST = date(2024, 8, 1)
GROWS = {"upvotes", "comments"}  # between the two recordings of one day
AUTHORS = {"authors", "authors_truncated"}
HIDDEN_LATER = "2407.21781"  # between the two recordings, one author chose to be hidden
NOT_ON_CARDS = {"abstract", "published", *AUTHORS}  # nor media, among the extras


def fetched(transport: str, day: date, body: bytes) -> Page:
    (request,) = huggingface.start(huggingface.base_url, transport, day=day)
    return huggingface.parse(Response(request, request.url, 200, body))


def recorded(day: str) -> bytes:
    return (ROOT / "api" / f"daily_papers_{day}.json").read_bytes()


def august_page() -> bytes:
    return (ROOT / "html" / "papers_2024-08-01.html").read_bytes()


def without_props(page: bytes) -> bytes:
    return re.sub(rb' data-target="DailyPapers" data-props="[^"]*"', b"", page)


def replay() -> Iterator[dict[str, Any]]:
    with gzip.open(ROOT / "replay" / "daily_papers_2024-05-27_2025-08-20.jsonl.gz", "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def by_id(page: Page) -> dict[str | None, Paper]:
    return {entry.paper.identifier("arxiv"): entry.paper for entry in page.listed}


def facts(paper: Paper, *, leave_out: set[str]) -> dict[str, Any]:
    return paper.model_dump(exclude=leave_out)


def test_no_recorded_answer_is_forgotten():
    files = {path.stem.removeprefix("daily_papers_") for path in (ROOT / "api").iterdir()}
    assert files == {*COUNTS, "noparams_2026-06-12"}


@pytest.mark.parametrize("day", COUNTS)
def test_every_recorded_day_is_read_whole(day: str):
    page = fetched("api", date.fromisoformat(day), recorded(day))
    assert len(page.listed) == page.stated == COUNTS[day]
    assert (page.day, page.skipped, page.further) == (date.fromisoformat(day), (), ())
    for entry in page.listed:
        paper = entry.paper
        assert None not in (paper.abstract, paper.published, paper.upvotes)
        assert paper.authors
        assert paper.published <= date.fromisoformat(day)
        assert "\n" not in paper.title + paper.abstract
    assert saved.read(recorded(day), today=AUGUST).listed[0].paper == page.listed[0].paper


def test_the_list_without_a_date():
    page = huggingface.parse_saved((ROOT / "api" / "daily_papers_noparams_2026-06-12.json").read_text("utf-8"))
    assert (len(page.listed), page.stated, page.day) == (30, 30, date(2026, 6, 12))
    assert all(entry.paper.has_code is not False for entry in page.listed)


def test_a_list_at_the_limit_is_noted():
    assert "exactly 50" in huggingface.parse_saved(recorded("2025-09-30").decode()).notes[0]


def test_a_paper_may_be_listed_again_days_later():
    again = "2604.07429"
    first, second = (fetched("api", date.fromisoformat(day), recorded(day)) for day in ("2026-04-10", "2026-04-16"))
    assert by_id(first)[again].url == by_id(second)[again].url
    assert [entry.day for page in (first, second) for entry in page.listed if again in str(entry.paper.url)] == [
        date(2026, 4, 10),
        date(2026, 4, 16),
    ]


def test_every_day_of_the_replay_is_read_whole():
    days = papers = 0
    for line in replay():
        day = date.fromisoformat(line["date"])
        page = fetched("api", day, json.dumps(line["items"]).encode())
        assert (len(page.listed), page.day, page.skipped) == (line["count"], day, ()), line["date"]
        assert [entry.rank for entry in page.listed] == list(range(1, line["count"] + 1))
        assert all(entry.day == day for entry in page.listed)
        days, papers = days + 1, papers + len(page.listed)
    assert (days, papers) == (321, 4445)


def test_the_page_and_the_api_give_the_same_papers():
    api, page = fetched("api", AUGUST, recorded("2024-08-01")), fetched("page", AUGUST, august_page())
    assert (len(api.listed), len(page.listed), page.stated, page.day) == (11, 13, 13, AUGUST)
    there, here = by_id(api), by_id(page)
    assert there.keys() < here.keys(), "the page was recorded later, and lists grow"
    for number, paper in there.items():
        leave_out = GROWS | (AUTHORS if number == HIDDEN_LATER else set())
        assert facts(paper, leave_out=leave_out) == facts(here[number], leave_out=leave_out)
        assert (paper.upvotes or 0) <= (here[number].upvotes or 0)
    assert set(there[HIDDEN_LATER].authors) - set(here[HIDDEN_LATER].authors) == {"Xuanyu Huang"}
    assert here[HIDDEN_LATER].authors_count == 6


def test_the_cards_and_the_data_of_a_page_give_the_same_papers():
    data = fetched("page", AUGUST, august_page())
    cards = fetched("page", AUGUST, without_props(august_page()))
    assert (cards.day, cards.stated, cards.skipped) == (AUGUST, 13, ())
    for printed, whole in zip(cards.listed, data.listed, strict=True):
        assert (printed.rank, printed.day) == (whole.rank, whole.day)
        leave_out = {*NOT_ON_CARDS, "extras"}
        assert facts(printed.paper, leave_out=leave_out) == facts(whole.paper, leave_out=leave_out)
        assert {**whole.paper.extras, **printed.paper.extras} == whole.paper.extras


def test_the_card_of_the_trending_page():
    excerpt = (ROOT / "html" / "trending_card_2026-10_excerpt.html").read_text("utf-8")
    cards = re.sub(r'<div class="SVELTE_HYDRATER contents" data-target="DailyPapers" .*?… ">', "<div>", excerpt)
    (entry,) = huggingface.parse_saved(f"<html><body>{cards}</body></html>").listed
    paper = entry.paper
    assert paper.title == "PyTorch Distributed: Experiences on Accelerating Data Parallel Training"
    assert (paper.upvotes, paper.authors_count, paper.published) == (13, 11, date(2020, 6, 28))
    assert paper.code_url == "https://github.com/pytorch/pytorch"


def test_a_page_of_one_paper_is_no_listing():
    with pytest.raises(ListingError, match="not a listing"):
        saved.read((ROOT / "html" / "paper_2509.24002.html").read_bytes(), today=AUGUST)


def test_a_day_of_a_hundred_papers_is_read_quickly():
    items = [item for line in (*COUNTS, "2024-08-01") for item in json.loads(recorded(line))][:100]
    body = json.dumps(items).encode()
    times = []
    for _ in range(5):
        begun = time.perf_counter()
        assert len(fetched("api", AUGUST, body).listed) >= 99
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.025
