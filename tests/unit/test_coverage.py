"""What a reading proves, which days are read, and what is wrong."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from farside.world import paper

from bot import coverage
from bot.coverage import (
    Evidence,
    day_state,
    days_to_complete,
    days_to_read,
    days_to_refresh,
    far_below_usual,
    judge,
)
from bot.covered import Covered, describe, missing_from, problems, sentence
from scrapers.crawl import Crawl
from scrapers.request import Calendar, Listed, ListingError, NotOpenYet, ScrapeError
from scrapers.sources.huggingface import SCRAPER

CALENDAR = SCRAPER.calendar

FRIDAY, SATURDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)
ONE = (Listed(paper(1)),)


def at(day: date, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("result", "day", "now", "verdict"),
    [
        (Crawl(ONE, stated=1), FRIDAY, at(FRIDAY), "ok"),
        (Crawl(ONE, stated=None), FRIDAY, at(FRIDAY), "ok"),
        (Crawl(ONE, stated=2), FRIDAY, at(FRIDAY), "partial"),
        (Crawl(ONE, stated=1, problem="page 2 could not be read"), FRIDAY, at(FRIDAY), "partial"),
        (Crawl(ONE, stated=1, skipped=("one entry",)), FRIDAY, at(FRIDAY), "partial"),
        (Crawl((), stated=0), FRIDAY, at(FRIDAY), "late"),
        (Crawl((), stated=0), FRIDAY, at(SATURDAY, 1, 59), "late"),
        (Crawl((), stated=0), FRIDAY, at(SATURDAY, 2), "quiet"),
        (Crawl((), stated=0), SATURDAY, at(SATURDAY), "quiet"),
        (Crawl(ONE, day=FRIDAY, stated=1), SATURDAY, at(SATURDAY), "quiet"),
        (Crawl(ONE, day=FRIDAY, stated=1), MONDAY, at(MONDAY), "late"),
        (Crawl(ONE, day=FRIDAY, stated=1), MONDAY, at(MONDAY + timedelta(days=2)), "stale"),
        (NotOpenYet("no list"), MONDAY, at(MONDAY), "late"),
        (NotOpenYet("no list"), MONDAY, at(MONDAY + timedelta(days=2)), "failed"),
        (NotOpenYet("no list"), SATURDAY, at(SATURDAY), "quiet"),
        (ListingError("an error page"), FRIDAY, at(FRIDAY), "failed"),
        (ScrapeError("no answer"), SATURDAY, at(SATURDAY), "failed"),
        (Crawl(ONE, stated=1), None, at(FRIDAY), "ok"),
        (Crawl((), stated=0), None, at(FRIDAY), "quiet"),
    ],
)
def test_verdicts(result: Crawl | ScrapeError, day: date | None, now: datetime, verdict: str) -> None:
    judgement = judge(result, day, now, CALENDAR)

    assert judgement.verdict == verdict
    assert (judgement.reason is None) == (verdict == "ok")


@pytest.mark.parametrize(
    ("before", "verdict", "days_later", "after"),
    [
        ("open", "ok", 0, "growing"),
        ("growing", "ok", 2, "growing"),
        ("growing", "ok", 3, "closed"),
        ("growing", "failed", 3, "growing"),
        ("growing", "partial", 9, "growing"),
        ("open", "failed", 3, "open"),
        ("open", "failed", 15, "open"),
        ("open", "failed", 61, "given_up"),
        ("growing", "quiet", 1, "growing"),
        ("open", "quiet", 3, "closed"),
        ("closed", "failed", 4, "closed"),
    ],
)
def test_a_list_day_grows_until_three_days_have_passed(before: str, verdict: str, days_later: int, after: str) -> None:
    assert day_state(FRIDAY, before, verdict, at(FRIDAY) + timedelta(days=days_later), CALENDAR) == after


def test_a_weekend_is_closed_at_once() -> None:
    assert day_state(SATURDAY, "open", "quiet", at(SATURDAY), CALENDAR) == "closed"


def test_the_first_run_reads_today_and_the_last_list_days() -> None:
    assert days_to_read(at(FRIDAY), {}, CALENDAR, None) == [FRIDAY - timedelta(days=n) for n in (3, 2, 1, 0)]
    assert days_to_read(at(MONDAY), {}, CALENDAR, None) == [FRIDAY, MONDAY]
    assert days_to_read(at(MONDAY, 1, 30), {}, CALENDAR, None)[-1] == FRIDAY


def test_days_missed_while_the_program_was_off_are_read_up_to_two_weeks_back() -> None:
    states = {FRIDAY - timedelta(days=10): "closed", FRIDAY - timedelta(days=9): "growing"}

    days = days_to_read(at(FRIDAY), states, CALENDAR, at(FRIDAY - timedelta(days=9)))

    assert days[0] == FRIDAY - timedelta(days=9)
    assert len(days) == 8
    assert days_to_read(at(FRIDAY + timedelta(days=60)), states, CALENDAR, at(FRIDAY))[0] >= FRIDAY + timedelta(days=46)


def test_closed_days_are_not_read_again() -> None:
    states = dict.fromkeys((FRIDAY - timedelta(days=n) for n in range(1, 9)), "closed")

    assert days_to_read(at(FRIDAY), states, CALENDAR, at(FRIDAY)) == [FRIDAY]


def test_a_day_read_by_hand_long_ago_makes_no_gap_to_be_filled() -> None:
    states = {FRIDAY - timedelta(days=11): "closed"}

    assert days_to_read(at(FRIDAY), states, CALENDAR, None)[0] == FRIDAY - timedelta(days=3)


def test_an_old_day_that_could_not_be_read_is_tried_again() -> None:
    states = {FRIDAY - timedelta(days=10): "open"}

    assert days_to_read(at(FRIDAY), states, CALENDAR, at(FRIDAY))[0] == FRIDAY - timedelta(days=10)


def test_a_growing_day_is_told_as_so_far() -> None:
    days = [(FRIDAY, "growing", 42), (FRIDAY - timedelta(days=3), "closed", 57)]

    assert describe(days) == "42 so far on 20 Nov, 57 on 17 Nov"


@pytest.mark.parametrize(
    ("count", "earlier", "alarm"),
    [(10, [30, 40, 28, 33], True), (14, [30, 40, 28, 33], False), (0, [30, 40, 28], False), (0, [], False)],
)
def test_an_alarm_needs_four_weeks_to_compare_with(count: int, earlier: list[int], alarm: bool) -> None:
    assert far_below_usual(count, earlier) is alarm


@dataclass
class Kept:
    day: date | None
    verdict: str
    error: str | None = None
    part: str = ""


def test_what_is_wrong_is_said_and_what_is_normal_is_not() -> None:
    now = at(FRIDAY)
    normal = [Kept(FRIDAY, "late", "the list is empty"), Kept(SATURDAY, "quiet", "no list"), Kept(FRIDAY, "ok")]

    assert problems("hf", now, now, normal, now) == []
    (failed,) = problems("hf", now, now, [Kept(FRIDAY, "failed", "the page is disabled")], now)
    (unread,) = problems("hf", now - timedelta(hours=3), now, [], now)
    (silent,) = problems("hf", now, now - timedelta(hours=25), [], now)
    assert failed.says == "hf 2026-11-20 failed: the page is disabled"
    assert "tries again by itself" in failed.advice
    assert "was not read" in unread.says
    assert "start it" in unread.advice
    assert "since" in silent.says


def test_every_verdict_is_good_bad_or_late() -> None:
    assert coverage.GOOD | coverage.BAD | {"late"} == {"ok", "quiet", "partial", "stale", "late", "failed"}


# What a digest says of it --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("days", "says"),
    [
        ([], "nothing read yet"),
        ([(FRIDAY, "closed", 1_234)], "1,234 on 20 Nov"),
        ([(FRIDAY, "given_up", 0)], "20 Nov could not be read"),
        ([(FRIDAY, "open", 0)], "20 Nov not read yet"),
        ([(FRIDAY - timedelta(days=n), "closed", 10) for n in (2, 1, 0)], "10 on 18 Nov, 10 on 19 Nov, 10 on 20 Nov"),
        (
            [*((FRIDAY - timedelta(days=n), "closed", 500) for n in (4, 3, 2, 1)), (FRIDAY, "growing", 3)],
            "2,000 on 4 days from 16 Nov to 19 Nov, 3 so far on 20 Nov",
        ),
    ],
)
def test_days_are_told_one_by_one_and_many_as_a_sum(days: list[tuple[date, str, int]], says: str) -> None:
    assert describe(days) == says


def test_the_sentence_names_what_was_read_and_what_is_missing() -> None:
    read = Covered("hf", [(FRIDAY, "growing", 42)])
    unread = Covered("arxiv", [(FRIDAY - timedelta(days=1), "open", 0), (FRIDAY, "open", 0)])
    half = Covered("hf", [(FRIDAY - timedelta(days=1), "closed", 57), (FRIDAY, "open", 0)])
    nothing = Covered("hf", [])

    assert sentence([]) == ""
    assert sentence([read]) == "Read: hf: 42 so far on 20 Nov."
    assert sentence([read, unread]) == ("Read: hf: 42 so far on 20 Nov. Not read yet: arxiv of 19 Nov, 20 Nov.")
    assert sentence([half]) == "Read: hf: 57 on 19 Nov. Not read yet: hf of 20 Nov."
    assert sentence([nothing]) == "Read: hf: nothing new."


def test_a_reading_that_is_due_is_missing_until_it_is_done() -> None:
    days = [(FRIDAY, "growing", 42)]

    assert missing_from([Covered("hf", days)]) == ""
    assert missing_from([Covered("hf", days, is_due=True)]) == "hf since its last list"
    assert missing_from([Covered("hf", [(FRIDAY, "open", 0)], is_due=True)]) == "hf of 20 Nov"


def test_parts_of_which_the_same_is_known_stand_together() -> None:
    thursday = FRIDAY - timedelta(days=1)
    parts = [
        Covered("hf", [(FRIDAY, "growing", 42)]),
        Covered("arxiv", [(FRIDAY, "closed", 1117)], part="cs.CL"),
        Covered("arxiv", [(thursday, "closed", 61), (FRIDAY, "closed", 60)], part="cs.IR"),
        Covered("arxiv", [(FRIDAY, "open", 0)], part="cs.LG"),
        Covered("arxiv", [(FRIDAY, "closed", 98)], part="math.CO"),
        Covered("arxiv", [(FRIDAY, "open", 0)], part="stat.ML"),
    ]

    assert sentence(parts) == (
        "Read: hf: 42 so far on 20 Nov; arxiv: cs.CL 1,117, math.CO 98 on 20 Nov; arxiv cs.IR: 61 on 19 Nov, 60 on 20"
        " Nov. Not read yet: arxiv cs.LG, stat.ML of 20 Nov."
    )


@pytest.mark.parametrize("state", ["growing", "closed", "given_up"])
def test_only_open_days_are_missing(state: str) -> None:
    assert missing_from([Covered("hf", [(FRIDAY, state, 1)])]) == ""


TEN = tuple(Listed(paper(n), announced="new") for n in range(1, 11))
ARXIV_CALENDAR = Calendar("America/New_York", opens=time(20), opens_before=1)
MORNING = datetime(2026, 11, 20, 14, tzinfo=UTC)  # nine o'clock in New York


@pytest.mark.parametrize(
    ("evidence", "verdict", "says"),
    [
        (Evidence(), "ok", None),
        (
            Evidence({date(2026, 11, 19): 10, date(2026, 11, 18): 3}, 10),
            "stale",
            "100% of it was announced on 2026-11-19",
        ),
        (Evidence({date(2026, 11, 12): 6}, 10), "partial", "60% of it was announced on 2026-11-12 already"),
        (Evidence({date(2026, 11, 19): 4}, 10), "ok", None),
        (Evidence(follows=False), "ok", None),
        (Evidence(usual=(40, 41, 42, 43)), "partial", "only 10 papers, far fewer than usual"),
        (Evidence(usual=(20, 21, 22, 23)), "ok", None),
        (Evidence(usual=(40, 41, 42)), "ok", None),
        (Evidence(lately=(50, 60, 70)), "partial", "only 10 papers, far fewer than usual"),
        (Evidence(lately=(30, 30, 30)), "ok", None),
        (Evidence(lately=(90, 90)), "ok", None),
    ],
)
def test_what_is_known_beside_a_list_may_belie_it(evidence: Evidence, verdict: str, says: str | None) -> None:
    found = judge(Crawl(TEN, day=FRIDAY, stated=10), FRIDAY, MORNING, ARXIV_CALENDAR, evidence)

    assert found.verdict == verdict
    assert (says or "") in (found.reason or "")
    assert bool(says) == bool(found.reason)


def test_a_list_without_a_day_of_its_own_proves_something_only_behind_the_day_before() -> None:
    feed = Crawl(TEN, day=FRIDAY, stated=10, undated=True)

    assert judge(feed, FRIDAY, MORNING, ARXIV_CALENDAR, Evidence(follows=False)).verdict == "partial"
    assert judge(feed, FRIDAY, MORNING, ARXIV_CALENDAR, Evidence(follows=True)).verdict == "ok"
    empty = Crawl((), day=FRIDAY, stated=0, undated=True)
    assert judge(empty, FRIDAY, MORNING, ARXIV_CALENDAR).verdict == "late"
    assert judge(empty, FRIDAY, MORNING + timedelta(days=2), ARXIV_CALENDAR).verdict == "stale"


def test_a_short_list_counts_once_its_day_is_over() -> None:
    short = Evidence(usual=(90, 90, 90, 90))

    assert judge(Crawl(TEN, day=FRIDAY, stated=10), FRIDAY, MORNING, ARXIV_CALENDAR, short).verdict == "partial"
    later = MORNING + timedelta(days=1)
    assert judge(Crawl(TEN, day=FRIDAY, stated=10), FRIDAY, later, ARXIV_CALENDAR, short).verdict == "ok"
    assert judge(Crawl(TEN, day=FRIDAY, stated=10), FRIDAY, at(FRIDAY), CALENDAR, short).verdict == "ok"  # it grows


def test_days_are_read_again_for_two_weeks_and_completed_for_one() -> None:
    states = {FRIDAY - timedelta(days=n): "closed" for n in range(4, 20)}
    now, yesterday = at(FRIDAY), at(FRIDAY - timedelta(days=1))

    again = days_to_refresh(
        now, states, CALENDAR, {FRIDAY - timedelta(days=5): now, FRIDAY - timedelta(days=6): yesterday}
    )
    assert again == [FRIDAY - timedelta(days=n) for n in (4, *range(6, 15))]
    arxiv = replace(ARXIV_CALENDAR, completed_after=timedelta(hours=6))
    closed = {FRIDAY - timedelta(days=n): "closed" for n in range(10)}
    assert days_to_complete(MORNING, closed, arxiv, {FRIDAY - timedelta(days=1)}) == [
        FRIDAY, FRIDAY - timedelta(days=2), FRIDAY - timedelta(days=3), FRIDAY - timedelta(days=4),
    ]  # fmt: skip
    assert FRIDAY not in days_to_complete(MORNING - timedelta(hours=10), closed, arxiv, ())
