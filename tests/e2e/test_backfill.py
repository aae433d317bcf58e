"""Filling the library with earlier days: the program against fake sites on loopback."""

from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from farside.program import LIST_DAY, Forked
from farside.site import Answer, Seen, Site

PROGRAM = Forked
FIXTURES = Path(__file__).parents[1] / "fixtures" / "arxiv"
MONDAY = LIST_DAY - timedelta(days=LIST_DAY.weekday() + 14)
FRIDAY = MONDAY + timedelta(days=4)


@pytest.fixture
def week(hugging_face: Any) -> Any:
    """A week of lists on Hugging Face."""
    for n in range(5):
        hugging_face.add(n + 1, f"Kettles of Day Number {n + 1}", MONDAY + timedelta(days=n))
    return hugging_face


def backfill(program: Any, *more: str, code: int = 0) -> Any:
    return program("backfill", "hf", "--since", str(MONDAY), "--until", str(FRIDAY), *more, code=code)


def asked(site: Site) -> list[str]:
    """The days that were asked for, in their order."""
    queries = [parse_qs(urlsplit(one.path).query) for one in site.seen]
    return [query["date"][0] for query in queries if "date" in query]


def test_lists_of_earlier_days_are_stored_and_told_to_nobody(program: Any, week: Any, hook: Any) -> None:
    program("subscribe", hook.address, "kettles", "--yes")

    done = backfill(program)

    assert "hf: 5 days read, 5 papers, 5 of them new here" in done.err
    assert len(program("search", "kettles", "--json").out.splitlines()) == 5
    assert program("coverage", "--days", "30", "--json").out.count('"state": "closed"') == 5
    program("run", "--once")
    assert hook.titles == []


def test_who_wants_to_be_told_is(program: Any, week: Any, hook: Any) -> None:
    program("subscribe", hook.address, "kettles", "--yes")

    backfill(program, "--alert")
    program("scrape", "hf", "--date", str(MONDAY), "--deliver")

    assert len(hook.titles) == 5


def test_an_interrupted_backfill_goes_on_where_it_was(program: Any, week: Any, site: Site) -> None:
    whole, answered = week.answer, list[str]()

    def stop_after_two(seen: Seen) -> Answer:
        answered.append(seen.path)
        return whole(seen) if len(answered) <= 2 else (429, {"Retry-After": "3000"}, b"Rate exceeded.")

    site.route("/api/daily_papers", stop_after_two)
    cut = backfill(program, code=1)
    assert "run it again for the rest" in cut.err

    site.route("/api/daily_papers", whole)
    before = len(site.seen)
    again = backfill(program)

    assert "3 days to read, 2 days read before" in again.err
    assert asked(site)[-3:] == [str(MONDAY + timedelta(days=n)) for n in (2, 3, 4)]
    assert len([one for one in site.seen[before:] if "date=" in one.path]) == 3
    assert "0 days to read, 5 days read before" in backfill(program).err


def test_days_too_old_for_lists_come_by_oai(program: Any, site: Site) -> None:
    quiet = (FIXTURES / "oai_quiet.xml").read_bytes()
    one = (FIXTURES / "oai_parsed.xml").read_bytes()
    site.route("/oai", lambda seen: (200, {}, one if "from=2025-11-19" in seen.path else quiet))
    program.env |= {
        "PAPERWATCH_SOURCES__ARXIV__SCRAPER": "arxiv", "PAPERWATCH_SOURCES__ARXIV__PARTS": '["cs.CL"]',
        "PAPERWATCH_SOURCES__ARXIV__BASE_URL": site.url(),
    }  # fmt: skip

    done = program("backfill", "arxiv", "--since", "2025-11-17", "--until", "2025-11-20")

    wanted = [parse_qs(urlsplit(seen.path).query) for seen in site.seen if seen.path.startswith("/oai")]
    assert [(query["from"][0], query["set"][0]) for query in wanted] == [
        (f"2025-11-{day}", "cs:cs:CL") for day in (17, 18, 19, 20)
    ]
    assert "arxiv: 4 days read" in done.err
    assert "Teacups" in program("search", "teacups").out
    assert "0 days to read, 4 days read before" in program(
        "backfill", "arxiv", "--since", "2025-11-17", "--until", "2025-11-20"
    ).err  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nowhere", "--since", "2026-01-01"), "there is no source called 'nowhere'"),
        (("hf", "--since", "2026-02-01", "--until", "2026-01-01"), "--since 2026-02-01 is after --until 2026-01-01"),
        (("hf", "--since", "2026-02-01", "--until", "2999-01-01"), "2999-01-01 is in the future"),
        (("hf", "--since", "1980-01-01"), "1980-01-01 is before any list of papers"),
    ],
)
def test_what_cannot_be_filled_in_is_said(program: Any, arguments: tuple[str, ...], says: str) -> None:
    assert says in program("backfill", *arguments, code=2).err


def test_single_papers_are_read_by_their_ids(program: Any, site: Site) -> None:
    site.route("/api/query", (200, {}, (FIXTURES / "api_by_id.xml").read_bytes()))
    program.env |= {
        "PAPERWATCH_SOURCES__ARXIV__SCRAPER": "arxiv", "PAPERWATCH_SOURCES__ARXIV__PARTS": '["cs.CL"]',
        "PAPERWATCH_SOURCES__ARXIV__BASE_URL": site.url(),
    }  # fmt: skip

    done = program("scrape", "arxiv", "--id", "2611.98004", "--id", "2611.99003v2", "--json")

    (asked,) = [one.path for one in site.seen if one.path.startswith("/api")]
    assert asked == "/api/query?id_list=2611.98004,2611.99003v2&max_results=2"
    assert "2611.98004" in done.out
    assert "hf has no lists by --id" in program("scrape", "hf", "--id", "2611.99001", code=2).err
    assert "is not an arXiv id" in program("scrape", "arxiv", "--id", "704.0492", code=2).err
