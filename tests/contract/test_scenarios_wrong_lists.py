"""Days on which arXiv shows a wrong list: an older one, a short one, one that is cut; see test_scenarios.py."""

from datetime import timedelta

from farside.arxiv_ledger import opens, stale
from farside.weeks import THURSDAY, in_the_week, ny

from bot.store.engine import Engine


async def test_a_page_still_shows_the_day_before(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), opens(THURSDAY) + timedelta(minutes=20), stale(), transports=["new"])

    await scenario.run_until(opens(THURSDAY) + timedelta(minutes=15))
    assert {verdict for _, verdict in scenario.verdicts(THURSDAY)} == {"late"}
    assert scenario.told == {}

    await scenario.run_until(ny(THURSDAY, 9))
    assert scenario.verdicts(THURSDAY)[-1] == ("new", "ok")
    scenario.assert_all_told_once()
