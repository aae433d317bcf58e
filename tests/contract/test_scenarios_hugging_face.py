"""Days with Hugging Face, alone and beside arXiv; see test_scenarios.py."""

from datetime import UTC, datetime, time, timedelta

from farside.arxiv_ledger import invented
from farside.scenario import Scenario
from farside.weeks import FRIDAY, THURSDAY, WEDNESDAY

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
