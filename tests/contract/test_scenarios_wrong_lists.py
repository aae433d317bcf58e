"""Days on which arXiv shows a wrong list: an older one, a short one, one that is cut; see test_scenarios.py."""

from datetime import date, timedelta

import pytest
from farside.arxiv_ledger import invented, opens, short, stale
from farside.fake_web import status
from farside.scenario import Scenario
from farside.weeks import FRIDAY, THURSDAY, WEDNESDAY, announce_daily, ids, in_the_week, ny

from bot.store.engine import Engine

MANY, FEW = 24, 2  # as 300 and 26 papers on 25 June 2026


async def test_a_page_still_shows_the_day_before(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), opens(THURSDAY) + timedelta(minutes=20), stale(), transports=["new"])

    await scenario.run_until(opens(THURSDAY) + timedelta(minutes=15))
    assert {verdict for _, verdict in scenario.verdicts(THURSDAY)} == {"late"}
    assert scenario.told == {}

    await scenario.run_until(ny(THURSDAY, 9))
    assert scenario.verdicts(THURSDAY)[-1] == ("new", "ok")
    scenario.assert_all_told_once()


async def test_a_page_still_shows_the_day_before_in_the_morning(engine: Engine) -> None:
    """When the day has its page of `catchup`."""
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), opens(FRIDAY), stale(), transports=["new"])
    scenario.off_until(ny(THURSDAY, 6))

    await scenario.run_until(ny(THURSDAY, 7))
    assert scenario.asked(ny(THURSDAY, 6), ny(THURSDAY, 7)) == ["new", "catchup"]
    assert scenario.verdicts(THURSDAY) == [("catchup", "ok")]
    scenario.assert_all_told_once()


async def test_the_feed_is_an_older_one_under_the_date_of_today(engine: Engine) -> None:
    """And the pages, which would show that, cannot be read."""
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 12), status(503), transports=["new", "catchup"])
    scenario.arxiv.during(opens(THURSDAY), opens(FRIDAY), stale(), transports=["rss"])
    scenario.off_until(ny(THURSDAY, 6))

    await scenario.run_until(ny(THURSDAY, 11, 59))
    assert scenario.asked(ny(THURSDAY, 6), ny(THURSDAY, 6, 1))[:3] == ["new", "catchup", "rss"]
    assert set(scenario.verdicts(THURSDAY)) == {("rss", "stale")}
    assert (scenario.states["cs.CL", THURSDAY], scenario.told) == ("open", {})

    await scenario.run_until(ny(FRIDAY, 9))
    assert scenario.verdicts(THURSDAY)[-1] == ("new", "ok")
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


async def test_the_page_is_an_older_one_under_the_date_of_today(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 12), stale(says_today=True), transports=["new", "rss"])

    await scenario.run_until(opens(THURSDAY) + timedelta(minutes=15))
    assert not {"ok", "quiet"} & {verdict for _, verdict in scenario.verdicts(THURSDAY)}
    assert (scenario.states["cs.CL", THURSDAY], scenario.told) == ("open", {})

    await scenario.run_until(ny(THURSDAY, 9))
    assert scenario.verdicts(THURSDAY)[-1] == ("catchup", "ok")
    scenario.assert_all_told_once()


async def test_everything_is_an_older_list_under_the_date_of_today(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.arxiv.during(
        opens(THURSDAY), ny(THURSDAY, 12), stale(says_today=True), transports=["new", "catchup", "rss"]
    )
    scenario.off_until(ny(THURSDAY, 6))

    await scenario.run_until(ny(THURSDAY, 11, 59))
    assert scenario.asked(ny(THURSDAY, 6), ny(THURSDAY, 6, 1))[:3] == ["new", "catchup", "rss"]
    assert {verdict for _, verdict in scenario.verdicts(THURSDAY)} == {"stale"}
    assert (scenario.states["cs.CL", THURSDAY], scenario.told) == ("open", {})

    await scenario.run_until(ny(THURSDAY, 13))
    assert scenario.verdicts(THURSDAY)[-1] == ("new", "ok")
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


async def with_history(engine: Engine, days: int) -> Scenario:
    """An installation that has read the long lists of so many days before Thursday, and of Thursday none yet."""
    first = THURSDAY - timedelta(days=days)
    scenario = Scenario(engine, ny(first, 9))
    announce_daily(scenario, first, WEDNESDAY, papers=MANY)
    await scenario.run_until(ny(first, 10))
    scenario.off_until(ny(WEDNESDAY, 18))
    await scenario.run_until(ny(WEDNESDAY, 19))
    scenario.subscribe("ada", "cat:cs.CL")
    return scenario


@pytest.mark.parametrize("days", [28, 3])
async def test_a_list_is_short_in_the_morning(engine: Engine, days: int) -> None:
    """Its counts agree with that; only the days before tell how many papers there are on a day."""
    scenario = await with_history(engine, days)
    announce_daily(scenario, THURSDAY, FRIDAY, papers=MANY)
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 10), short(FEW))
    scenario.off_until(ny(THURSDAY, 6))

    await scenario.run_until(ny(THURSDAY, 9, 59))
    assert scenario.asked(ny(THURSDAY, 6), ny(THURSDAY, 10))[:3] == ["new", "catchup", "rss"]
    assert {verdict for _, verdict in scenario.verdicts(THURSDAY)} == {"partial"}
    assert scenario.states["cs.CL", THURSDAY] == "open"
    assert len(told_of(scenario, THURSDAY)) == FEW

    await scenario.run_until(ny(THURSDAY, 12))
    assert scenario.verdicts(THURSDAY)[-1] == ("new", "ok")
    assert sorted(told_of(scenario, THURSDAY)) == ids(scenario, THURSDAY)
    assert scenario.alarms == []


@pytest.mark.parametrize("days", [28, 3])
async def test_a_list_stays_short(engine: Engine, days: int) -> None:
    """When its day is over, that is all there was; the administrators are told so, once."""
    scenario = await with_history(engine, days)
    announce_daily(scenario, THURSDAY, THURSDAY, papers=FEW)
    announce_daily(scenario, FRIDAY, FRIDAY, papers=MANY)

    await scenario.run_until(ny(THURSDAY, 19, 59))
    assert {verdict for _, verdict in scenario.verdicts(THURSDAY)} == {"partial"}
    ((at, told),) = scenario.alarms
    assert at >= ny(THURSDAY, 12)
    assert told.endswith("it is tried on (partial: only 2 papers, far fewer than usual; the rest may follow)")

    await scenario.run_until(ny(FRIDAY, 23))
    assert scenario.verdicts(THURSDAY)[-1] == ("catchup", "ok")
    assert scenario.states["cs.CL", THURSDAY] == "closed"
    assert len(scenario.alarms) == 1
    assert sorted(told_of(scenario, THURSDAY)) == ids(scenario, THURSDAY)


async def test_a_list_that_stayed_short_is_told_when_its_day_is_over(engine: Engine) -> None:
    """If nobody looked while it was open."""
    scenario = await with_history(engine, 3)
    announce_daily(scenario, THURSDAY, THURSDAY, papers=FEW)
    announce_daily(scenario, FRIDAY, FRIDAY, papers=MANY)

    scenario.off_until(ny(FRIDAY, 9))
    await scenario.run_until(ny(FRIDAY, 19))

    assert scenario.verdicts(THURSDAY) == [("catchup", "ok")]
    ((_, told),) = scenario.alarms
    assert told.startswith("arxiv cs.CL of 2026-11-19 had only 2 papers, far fewer than usual")
    assert sorted(told_of(scenario, THURSDAY)) == ids(scenario, THURSDAY)


def told_of(scenario: Scenario, day: date) -> list[str]:
    """The ids of those papers of that day that were told."""
    return [one.id for one in scenario.hearing.told if one.id in ids(scenario, day)]


async def test_the_feed_is_cut(engine: Engine) -> None:
    """It drops the newest papers first at 2,000 entries, so that one with nearly as many is not believed."""
    scenario = await in_the_week(engine)
    more = [invented(number, THURSDAY) for number in range(10_000, 11_948)]
    scenario.arxiv.announce(THURSDAY, "cs.CL", new=more)
    morning = ny(THURSDAY, 6)
    scenario.arxiv.during(morning, morning + timedelta(seconds=40), status(503), transports=["new", "catchup"])
    scenario.off_until(morning)

    await scenario.run_until(morning)
    assert scenario.asked(morning, ny(THURSDAY, 7)) == ["new", "catchup", "rss"]
    assert scenario.verdicts(THURSDAY) == [("rss", "partial")]
    assert scenario.states["cs.CL", THURSDAY] == "open"

    await scenario.run_until(ny(THURSDAY, 7))
    assert scenario.verdicts(THURSDAY) == [("rss", "partial"), ("new", "ok")]
    assert scenario.states["cs.CL", THURSDAY] == "closed"
