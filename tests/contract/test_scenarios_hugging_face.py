"""Days with Hugging Face, alone and beside arXiv; see test_scenarios.py."""

from datetime import UTC, date, datetime, time, timedelta

from farside.arxiv_ledger import invented
from farside.scenario import Scenario
from farside.weeks import FRIDAY, THURSDAY, WEDNESDAY, announce_daily, begun, days_between, ny

from bot.store.engine import Engine


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


def utc(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)


async def test_upvotes_cross_a_line_on_the_ninth_day(engine: Engine) -> None:
    """The lists of two weeks are read again once a day each, for their numbers."""
    scenario = Scenario(engine, utc(WEDNESDAY, 12), parts=(), with_hf=True, every=timedelta(hours=12))
    scenario.subscribe("ben", "source:hf upvotes>=20")
    paper, ninth, end = invented(1, THURSDAY), THURSDAY + timedelta(days=9), THURSDAY + timedelta(days=16)
    for number, day in enumerate(days_between(WEDNESDAY, end), 100):
        scenario.hf.show(day, invented(number, day), at=utc(day, 1))
    scenario.hf.show(THURSDAY, paper, at=utc(THURSDAY, 1), upvotes=3)
    scenario.hf.show(THURSDAY, paper, at=utc(ninth, 1), upvotes=21)
    scenario.hf.show(THURSDAY, paper, at=utc(ninth, 18), upvotes=30)

    await scenario.run_until(utc(ninth, 0))
    assert scenario.told == {}
    await scenario.run_until(utc(end, 12))

    (told,) = scenario.hearing.told
    assert (told.kind, told.id) == ("new", paper.id)
    assert utc(ninth, 1) <= told.at <= utc(ninth + timedelta(days=1), 12)
    closed = THURSDAY + timedelta(days=3)
    days = [one.at.date() for one in scenario.log if f"date={THURSDAY}" in one.path and one.at.date() > closed]
    assert days == sorted(set(days))
    assert (days[0] - closed, days[-1] - THURSDAY) == (timedelta(days=1), timedelta(days=14))


async def with_both(engine: Engine) -> Scenario:
    """An installation that reads both; there are papers until Friday."""
    scenario = await begun(engine, ny(WEDNESDAY, 18, 2), with_hf=True)
    announce_daily(scenario, WEDNESDAY, FRIDAY)
    for number, day in enumerate((WEDNESDAY, THURSDAY, FRIDAY), 100):
        scenario.hf.show(day, invented(number, day), at=utc(day, 1))
    scenario.subscribe("ben", "cat:cs.CL upvotes>=5")
    return scenario


async def test_hugging_face_lists_a_paper_of_arxiv(engine: Engine) -> None:
    scenario = await with_both(engine)
    paper = invented(7, THURSDAY)
    scenario.arxiv.announce(THURSDAY, "cs.CL", new=[paper])
    scenario.hf.show(FRIDAY, paper, at=ny(FRIDAY, 4), upvotes=7)

    await scenario.run_until(ny(FRIDAY, 3))
    assert paper.title in scenario.told["ada"]
    await scenario.run_until(ny(FRIDAY, 9))
    assert scenario.told["ben"] == [paper.title]
    scenario.assert_all_told_once()


async def test_arxiv_lists_a_paper_of_hugging_face(engine: Engine) -> None:
    """Which has no classes there."""
    scenario = await with_both(engine)
    paper = invented(7, FRIDAY)
    scenario.hf.show(THURSDAY, paper, at=ny(THURSDAY, 4), upvotes=7)
    scenario.arxiv.announce(FRIDAY, "cs.CL", new=[paper])

    await scenario.run_until(ny(THURSDAY, 19))
    assert ("", THURSDAY, paper.id) in scenario.listed()
    assert "ben" not in scenario.told
    await scenario.run_until(ny(FRIDAY, 9))
    assert scenario.told["ben"] == [paper.title]
    scenario.assert_all_told_once()
