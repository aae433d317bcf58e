"""arXiv: what damage does to an answer shows, and the timetable holds on every day and through both clock changes."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers.crawl import load
from scrapers.request import Request, Response, ScrapeError
from scrapers.sources.arxiv.timetable import CALENDAR, is_list_day, list_day, opens

arxiv = load("arxiv")
FIXTURES = Path(__file__).parents[1] / "fixtures" / "arxiv"
LISTS = ["new_2026-11-19", "new_first_page", "catchup_2026-11-19", "recent", "rss_2026-11-19", "atom_2026-11-19"]
LISTS += ["oai_raw_first_page", "oai_parsed", "api_by_id"]
NEW_YORK = ZoneInfo("America/New_York")
FIRST = datetime(2025, 1, 3, tzinfo=UTC)
TIMES = st.integers(0, 3 * 365 * 24 * 60).map(lambda minutes: FIRST + timedelta(minutes=minutes))
DAYS = st.dates(date(2025, 1, 3), date(2027, 12, 30))


def answer(name: str, body: bytes | None = None) -> Response:
    (path,) = FIXTURES.glob(f"{name}.*ml")
    asked = json.loads((FIXTURES / f"{name}.expected.json").read_text("utf-8"))["request"]
    request = Request(asked["url"], asked["transport"], part=asked.get("part", ""))
    return Response(request, request.url, 200, path.read_bytes() if body is None else body)


def papers_and_claim(response: Response) -> tuple[int, bool]:
    """How many papers were read, and whether the reading would pass as complete."""
    page = arxiv.parse(response)
    is_whole = page.stated == len(page.listed) and not page.skipped and not page.problem and not page.further
    return len({entry.paper.identifier("arxiv") for entry in page.listed}), is_whole


def assert_shows(name: str, body: bytes) -> None:
    """Fewer papers than there were never pass as a complete list."""
    before, _ = papers_and_claim(answer(name))
    try:
        after, is_whole = papers_and_claim(answer(name, body))
    except ScrapeError:
        return
    assert after >= before or not is_whole


@settings(deadline=None)
@given(st.sampled_from(LISTS), st.data())
def test_a_cut_answer_never_passes_as_whole(name: str, data: st.DataObject):
    body = answer(name).body
    first = data.draw(st.integers(0, len(body) - 1))
    assert_shows(name, body[:first])
    last = data.draw(st.integers(first, min(first + 3_000, len(body))))
    if not name.startswith(("rss", "atom", "oai")):  # which state no count: whole entries may be missing unseen
        assert_shows(name, body[:first] + body[last:])


@settings(deadline=None)
@given(st.sampled_from(LISTS), st.data())
def test_changed_bytes_never_lose_a_paper_unseen(name: str, data: st.DataObject):
    body = bytearray(answer(name).body)
    tags = [place for place, byte in enumerate(body[:-4]) if byte == ord("<")]
    for _ in range(data.draw(st.integers(1, 3))):
        in_a_tag = st.tuples(st.sampled_from(tags), st.integers(0, 3)).map(sum)
        body[data.draw(in_a_tag | st.integers(0, len(body) - 1))] = data.draw(st.integers(0, 255))
    assert_shows(name, bytes(body))


@given(TIMES)
def test_the_open_list_is_the_last_that_opened(now: datetime):
    day = list_day(now)
    assert is_list_day(day)
    assert opens(day) <= now
    later = (day + timedelta(days=n) for n in range(1, 10))
    assert all(opens(one) > now for one in later if is_list_day(one))


@given(DAYS.filter(is_list_day))
def test_a_list_opens_at_eight_in_the_evening_before(day: date):
    at = opens(day).astimezone(NEW_YORK)
    assert (at.hour, at.minute, at.date()) == (20, 0, day - timedelta(days=1))
    assert at.weekday() in (6, 0, 1, 2, 3), "announced on Sunday to Thursday"
    assert opens(day).hour in (0, 1)
    assert list_day(opens(day)) == day
    assert list_day(opens(day) - timedelta(seconds=1)) < day


@given(DAYS)
def test_weekends_and_holidays_have_no_list(day: date):
    assert is_list_day(day) == (day.weekday() < 5 and day not in CALENDAR.holidays)
    if not is_list_day(day):
        with pytest.raises(ValueError, match="no list of"):
            opens(day)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        ("2026-06-30T00:00Z", "2026-06-30"),  # in summer, 20:00 in New York is midnight in UTC
        ("2026-06-29T23:59Z", "2026-06-29"),
        ("2026-11-20T00:59Z", "2026-11-19"),  # in winter it is one o'clock
        ("2026-11-20T01:00Z", "2026-11-20"),
        ("2026-11-21T12:00Z", "2026-11-20"),  # Saturday: Friday's list stays
        ("2026-11-23T01:00Z", "2026-11-23"),  # Sunday evening
        ("2026-03-09T00:00Z", "2026-03-09"),  # the clocks went forward on this Sunday
        ("2026-11-02T00:59Z", "2026-10-30"),  # and back on this one
        ("2026-11-02T01:00Z", "2026-11-02"),
        ("2026-01-20T12:00Z", "2026-01-19"),  # no announcement on the evening of Monday, 19 January
        ("2026-06-22T12:00Z", "2026-06-19"),  # nor on the Sunday after Friday, 19 June
        ("2026-11-27T12:00Z", "2026-11-26"),  # Thanksgiving
        ("2026-12-30T12:00Z", "2026-12-29"),
        ("2025-07-07T12:00Z", "2025-07-04"),
    ],
)
def test_the_timetable_of_2026(now: str, day: str):
    assert list_day(datetime.fromisoformat(now)) == date.fromisoformat(day)
