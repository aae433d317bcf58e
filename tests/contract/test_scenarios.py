"""Days with arXiv and Hugging Face, good and bad ones, on SQLite and on PostgreSQL.

In each, whatever goes wrong: every announced paper ends in the library once and is told once, and no day counts as
complete that is not (`Scenario` looks after every run). Here stands what is asked meanwhile, and what is made of it.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise

import pytest
from farside.arxiv_ledger import contradict, in_new_york, invented, opens, stale
from farside.fake_web import Fault, cut, error_page, status
from farside.scenario import Scenario

from bot.store.engine import Engine

MONDAY = date(2026, 11, 16)
WEDNESDAY, THURSDAY, FRIDAY = (MONDAY + timedelta(days=n) for n in (2, 3, 4))
ALL_DAY = timedelta(days=1)


def ny(day: date, hour: int, minute: int = 0) -> datetime:
    """That time in New York."""
    return in_new_york(day, time(hour, minute))


def days_between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def announce_daily(scenario: Scenario, first: date, last: date) -> list[date]:
    """Two new papers of each class on each list day; the list days."""
    numbers = count(1000)
    found = [day for day in days_between(first, last) if scenario.arxiv.ledger.is_list_day(day)]
    for day in found:
        for part in scenario.parts:
            scenario.arxiv.announce(day, part, new=[invented(next(numbers), day, part) for _ in range(2)])
    return found


async def begun(engine: Engine, at: datetime, **settings: object) -> Scenario:
    """An installation, and somebody who wants to hear of every paper."""
    scenario = Scenario(engine, at, **settings)  # type: ignore[arg-type]
    scenario.subscribe("ada")
    return scenario


async def in_the_week(engine: Engine, **settings: object) -> Scenario:
    """One that has read Wednesday's list, and looks again soon after Thursday's has opened; there are papers until
    Friday."""
    scenario = await begun(engine, ny(WEDNESDAY, 18, 2), **settings)
    announce_daily(scenario, WEDNESDAY, FRIDAY)
    await scenario.run_until(ny(WEDNESDAY, 19))
    return scenario


async def test_a_week_with_a_holiday_and_a_weekend(engine: Engine) -> None:
    thanksgiving = date(2026, 11, 26)
    scenario = await begun(engine, ny(date(2026, 11, 23), 9))
    days = announce_daily(scenario, date(2026, 11, 23), date(2026, 12, 1))

    await scenario.run_until(ny(date(2026, 12, 1), 9))

    assert thanksgiving + ALL_DAY not in days
    assert scenario.states == {("cs.CL", day): "closed" for day in days}
    assert {day: scenario.verdicts(day) for day in days} == {day: [("new", "ok")] for day in days}
    assert scenario.asked(ny(thanksgiving, 0), opens(date(2026, 11, 30))) == []
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


@pytest.mark.parametrize("sunday", [date(2026, 3, 8), date(2026, 11, 1)])
async def test_the_clocks_change(engine: Engine, sunday: date) -> None:
    monday, tuesday = sunday + timedelta(days=1), sunday + timedelta(days=2)
    scenario = await begun(engine, ny(sunday, 9), every=timedelta(minutes=30))
    announce_daily(scenario, sunday - timedelta(days=2), tuesday)

    await scenario.run_until(ny(monday, 22))

    for day in (monday, tuesday):
        (at,) = {one.at for one in scenario.hearing.told if one.id in ids(scenario, day)}
        assert opens(day) <= at <= opens(day) + timedelta(minutes=31)
        assert scenario.verdicts(day) == [("new", "ok")]
    scenario.assert_all_told_once()


def ids(scenario: Scenario, day: date) -> list[str]:
    return [one.id for one in scenario.arxiv.ledger.batch("cs.CL", day).papers]


async def test_the_program_is_off_for_nine_days(engine: Engine) -> None:
    first, last = date(2026, 11, 2), date(2026, 11, 13)
    scenario = await begun(engine, ny(first, 9))
    days = announce_daily(scenario, first, last)
    await scenario.run_until(ny(date(2026, 11, 4), 9))
    before = len(scenario.log)

    scenario.off_until(ny(last, 9))
    await scenario.run_until(ny(last, 10))

    missed = [day for day in days if day > date(2026, 11, 4)]
    assert [scenario.verdicts(day) for day in missed] == [*[[("catchup", "ok")]] * 6, [("new", "ok")]]
    assert [one.transport for one in scenario.log[before:] if one.part] == [*["catchup"] * 6, "new"]
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


async def test_a_paper_is_announced_two_days_late(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    late = [invented(7, FRIDAY), invented(99_000, date(2026, 10, 31))]  # lower numbers than Wednesday's
    scenario.arxiv.announce(FRIDAY, "cs.CL", new=late)

    await scenario.run_until(ny(FRIDAY, 9))

    assert scenario.verdicts(FRIDAY) == [("new", "ok")]
    assert {one.title for one in late} <= set(scenario.told["ada"])
    scenario.assert_all_told_once()


async def test_two_classes_announce_the_same_papers(engine: Engine) -> None:
    scenario = await in_the_week(engine, parts=("cs.CL", "cs.LG"))
    both, later = invented(1, THURSDAY, "cs.CL", "cs.LG"), invented(2, THURSDAY, "cs.CL", "cs.LG")
    scenario.arxiv.announce(THURSDAY, "cs.CL", new=[both, later])
    scenario.arxiv.announce(THURSDAY, "cs.LG", cross=[both])
    scenario.arxiv.announce(FRIDAY, "cs.LG", cross=[later])

    await scenario.run_until(ny(FRIDAY, 9))

    assert scenario.verdicts(FRIDAY, "cs.LG") == [("new", "ok")]
    assert {("cs.LG", THURSDAY, both.id), ("cs.LG", FRIDAY, later.id)} <= scenario.listed()
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


async def test_a_class_without_papers_is_quiet_when_the_day_is_over(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.arxiv.ledger.batches.pop(("cs.CL", THURSDAY))

    await scenario.run_until(opens(THURSDAY) + timedelta(minutes=10))
    assert {verdict for _, verdict in scenario.verdicts(THURSDAY)} == {"late"}
    assert scenario.states["cs.CL", THURSDAY] == "open"

    scenario.off_until(ny(FRIDAY, 9))
    await scenario.run_until(ny(FRIDAY, 10))
    assert scenario.verdicts(THURSDAY)[-1] == ("catchup", "quiet")
    assert scenario.states["cs.CL", THURSDAY] == "closed"
    scenario.assert_all_told_once()


async def test_a_mailing_that_arxiv_defers_is_waited_for(engine: Engine) -> None:
    scenario = await begun(engine, ny(WEDNESDAY, 18, 2))
    scenario.arxiv.ledger.evenings_off |= {WEDNESDAY}  # which our calendar does not know
    announce_daily(scenario, WEDNESDAY, FRIDAY)

    await scenario.run_until(opens(THURSDAY) + timedelta(minutes=10))
    assert {verdict for _, verdict in scenario.verdicts(THURSDAY)} == {"late"}
    assert scenario.states["cs.CL", THURSDAY] == "open"

    scenario.off_until(ny(FRIDAY, 9))
    await scenario.run_until(ny(FRIDAY, 10))
    assert scenario.verdicts(THURSDAY)[-1] == ("catchup", "quiet")
    assert scenario.verdicts(FRIDAY) == [("new", "ok")]
    scenario.assert_all_told_once()


async def test_a_page_still_shows_the_day_before(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), opens(THURSDAY) + timedelta(minutes=20), stale(), transports=["new"])

    await scenario.run_until(opens(THURSDAY) + timedelta(minutes=15))
    assert {verdict for _, verdict in scenario.verdicts(THURSDAY)} == {"late"}
    assert scenario.told == {}

    await scenario.run_until(ny(THURSDAY, 9))
    assert scenario.verdicts(THURSDAY)[-1] == ("new", "ok")
    scenario.assert_all_told_once()


@pytest.mark.parametrize(
    ("fault", "pages"),
    [
        (contradict(300), 2),
        (error_page(), 1),
        (status(406), 1),
        (cut(), 1),
    ],  # where 300 are promised, more is asked for
)
async def test_a_page_is_damaged(engine: Engine, fault: Fault, pages: int) -> None:
    """In the morning, when the day has its page of `catchup` too."""
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 12), fault, transports=["new"])
    scenario.off_until(ny(THURSDAY, 6))

    await scenario.run_until(ny(THURSDAY, 7))

    assert scenario.asked(ny(THURSDAY, 6), ny(THURSDAY, 7)) == ["new"] * pages + ["catchup"]
    assert scenario.verdicts(THURSDAY) == [("catchup", "ok")]
    scenario.assert_all_told_once()


@pytest.mark.parametrize("fault", [error_page(), status(406), cut()])
async def test_all_pages_are_damaged(engine: Engine, fault: Fault) -> None:
    """The feed has what they do not show."""
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 12), fault, transports=["new", "catchup"])
    scenario.off_until(ny(THURSDAY, 6))

    await scenario.run_until(ny(THURSDAY, 7))

    assert scenario.asked(ny(THURSDAY, 6), ny(THURSDAY, 7))[:3] == ["new", "catchup", "rss"]
    await scenario.run_until(ny(FRIDAY, 9))
    assert scenario.states["cs.CL", THURSDAY] == "closed"
    scenario.assert_all_told_once()


@pytest.mark.parametrize("fault", [contradict(300), error_page(), status(406), cut()])
async def test_a_page_is_damaged_in_the_evening(engine: Engine, fault: Fault) -> None:
    """When nothing else has the day yet: nothing is made up, and it is asked again."""
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), ny(WEDNESDAY, 20, 30), fault, transports=["new"])

    await scenario.run_until(ny(WEDNESDAY, 20, 29))
    assert scenario.states["cs.CL", THURSDAY] == "open"
    assert not {"ok", "quiet"} & {verdict for _, verdict in scenario.verdicts(THURSDAY)}

    await scenario.run_until(ny(THURSDAY, 9))
    assert scenario.verdicts(THURSDAY)[-1] == ("new", "ok")
    scenario.assert_all_told_once()


async def test_everything_is_down_for_hours(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 4), status(503))

    await scenario.run_until(ny(THURSDAY, 3, 59))
    assert {verdict for _, verdict in scenario.verdicts(THURSDAY)} == {"failed"}
    assert (
        len(scenario.verdicts(THURSDAY)) <= 22
    )  # in eight hours: after a minute, two, four, and then half an hour or more
    assert scenario.states["cs.CL", THURSDAY] == "open"

    await scenario.run_until(ny(THURSDAY, 6))
    assert scenario.verdicts(THURSDAY)[-1] == ("new", "ok")
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


async def test_one_class_is_down_and_a_digest_says_so(engine: Engine) -> None:
    scenario = await in_the_week(engine, parts=("cs.CL", "cs.LG"))
    scenario.subscribe("ben", rhythm="daily", at="06:00")  # UTC: one o'clock in the night
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 6), status(503), part="cs.CL")

    await scenario.run_until(ny(THURSDAY, 5))
    (digest,) = [one for one in scenario.channel.sent if one.kind == "digest"]
    assert digest.coverage.endswith("cs.LG: 2 on 18 Nov, 2 on 19 Nov. Not read yet: arxiv cs.CL of 19 Nov.")
    assert scenario.verdicts(THURSDAY, "cs.LG") == [("new", "ok")]

    await scenario.run_until(ny(FRIDAY, 5))
    last = [one for one in scenario.channel.sent if one.kind == "digest"][-1]
    assert "Not read yet" not in last.coverage
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


@pytest.mark.parametrize(("retry_after", "pause"), [(None, 60), (43_838, 43_838)])
async def test_pages_want_a_pause(engine: Engine, retry_after: int | None, pause: float) -> None:
    """Their host gets it, and the feed has the day."""
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 9), too_many(retry_after), hosts=["arxiv.org"])
    scenario.off_until(ny(THURSDAY, 6))

    await scenario.run_until(ny(THURSDAY, 7))
    assert scenario.asked(ny(THURSDAY, 6), ny(THURSDAY, 7)) == ["new", "rss"]
    assert scenario.verdicts(THURSDAY) == [("rss", "ok")]

    await scenario.run_until(ny(FRIDAY, 9))
    pages = [one for one in scenario.log if one.host == "arxiv.org"]
    assert all(after.at - one.at >= timedelta(seconds=pause) for one, after in pairwise(pages) if one.status == 429)
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


async def test_pages_want_a_long_pause_before_the_feed_is_there(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 4), too_many(43_838), hosts=["arxiv.org"])

    await scenario.run_until(ny(WEDNESDAY, 20, 15))
    assert [one.status for one in scenario.log if one.host == "arxiv.org" and one.at > opens(THURSDAY)] == [429]
    assert not {"ok", "quiet"} & {verdict for _, verdict in scenario.verdicts(THURSDAY)}
    assert scenario.states["cs.CL", THURSDAY] == "open"

    scenario.off_until(ny(THURSDAY, 8))  # twelve hours are not over yet
    await scenario.run_until(ny(FRIDAY, 9))
    assert scenario.verdicts(THURSDAY)[-1] == ("rss", "ok")
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


def too_many(retry_after: int | None) -> Fault:
    return status(429, "Rate exceeded.", retry_after=retry_after)


async def test_a_day_of_hugging_face_grows(engine: Engine) -> None:
    scenario = Scenario(
        engine, datetime.combine(WEDNESDAY, time(12), UTC), parts=(), with_hf=True, every=timedelta(hours=3)
    )
    scenario.subscribe("ben", "source:hf")
    morning = datetime.combine(THURSDAY, time(2), UTC)
    papers = [invented(number, THURSDAY) for number in range(1, 31)]
    for number, paper in enumerate(papers):
        scenario.hf.show(THURSDAY, paper, at=morning + timedelta(minutes=max(number - 18, 0) * 90))
    for number, day in [(101, WEDNESDAY), (102, FRIDAY)]:
        scenario.hf.show(day, invented(number, day), at=datetime.combine(day, time(1), UTC))

    await scenario.run_until(morning + timedelta(hours=2))
    assert len(scenario.told["ben"]) == 19
    await scenario.run_until(morning + timedelta(hours=23))
    assert scenario.states["", THURSDAY] == "growing"
    assert sorted(scenario.told["ben"]) == sorted(one.title for one in papers)
    scenario.off_until(morning + timedelta(days=3))
    await scenario.run_until(morning + timedelta(days=3, hours=1))
    assert scenario.states["", THURSDAY] == "closed"
    assert len(scenario.told["ben"]) == 31


async def test_a_scenario_finds_what_it_looks_for(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    await scenario.run_until(ny(THURSDAY, 9))

    scenario.arxiv.announce(THURSDAY, "cs.CL", new=[invented(5000, THURSDAY)])
    with pytest.raises(AssertionError, match=r"cs.CL 2026-11-19 is closed at .* but \['2611.05000'\] are missing"):
        scenario.assert_no_false_claim()
    with pytest.raises(AssertionError, match="not in the library"):
        scenario.assert_all_told_once()
    scenario.hearing.told *= 2
    with pytest.raises(AssertionError, match="told twice"):
        scenario.assert_nobody_told_twice()
    scenario.arxiv.log *= 2
    with pytest.raises(AssertionError, match="too fast"):
        scenario.assert_good_manners()
