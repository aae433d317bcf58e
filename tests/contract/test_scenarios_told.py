"""What people and administrators are told of days that are not complete; see test_scenarios.py."""

from farside.arxiv_ledger import opens, short, stale
from farside.fake_web import status
from farside.weeks import FRIDAY, MONDAY, THURSDAY, WEDNESDAY, announce_daily, begun, in_the_week, ny

from bot.store.engine import Engine

MISSED = "arxiv cs.CL of 2026-11-19 could not be read completely by 12:00 in America/New_York; it is tried on"


async def test_an_unread_day_is_told_once(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 18), status(503))

    await scenario.run_until(ny(THURSDAY, 11, 59))
    assert scenario.alarms == []
    await scenario.run_until(ny(THURSDAY, 12))
    ((at, told),) = scenario.alarms
    assert (at, told.partition(" (")[0]) == (ny(THURSDAY, 12), MISSED)
    await scenario.run_until(ny(FRIDAY, 9))
    assert len(scenario.alarms) == 1
    scenario.assert_all_told_once()


async def test_a_digest_does_not_take_an_older_list_for_that_of_today(engine: Engine) -> None:
    """All that can be read of Thursday in the morning is Wednesday's list under Thursday's date."""
    scenario = await in_the_week(engine)
    scenario.subscribe("ben", "source:arxiv", rhythm="daily", at="12:00")  # UTC: seven in the morning
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 12), stale(says_today=True))

    await scenario.run_until(ny(THURSDAY, 11))
    assert [one for one in scenario.channel.sent if one.kind == "digest"] == []
    await scenario.run_until(ny(FRIDAY, 9))
    (digest,) = [one for one in scenario.channel.sent if one.kind == "digest"]
    assert (digest.total, digest.coverage) == (4, "Read: arxiv cs.CL: 2 on 19 Nov, 2 on 20 Nov.")
    scenario.assert_all_told_once()


async def test_a_digest_says_that_a_short_day_is_not_complete(engine: Engine) -> None:
    scenario = await begun(engine, ny(MONDAY, 9))
    announce_daily(scenario, MONDAY, FRIDAY, papers=12)
    await scenario.run_until(ny(WEDNESDAY, 19))
    scenario.subscribe("ben", "cat:cs.CL", rhythm="daily", at="12:00")
    scenario.arxiv.during(opens(THURSDAY), ny(THURSDAY, 12), short(2))

    await scenario.run_until(ny(THURSDAY, 11))
    (digest,) = [one for one in scenario.channel.sent if one.kind == "digest"]
    assert (digest.total, digest.coverage) == (2, "Not read yet: arxiv cs.CL of 19 Nov.")
    await scenario.run_until(ny(FRIDAY, 9))
    digest = [one for one in scenario.channel.sent if one.kind == "digest"][-1]
    assert (digest.total, digest.coverage) == (22, "Read: arxiv cs.CL: 12 on 19 Nov, 12 on 20 Nov.")
    scenario.assert_all_told_once()


async def test_a_digest_takes_no_number_of_an_unread_day_for_another(engine: Engine) -> None:
    """Where it tells of two classes together."""
    scenario = await begun(engine, ny(MONDAY, 9), parts=("cs.CL", "cs.LG"))
    announce_daily(scenario, MONDAY, FRIDAY, papers=12)
    await scenario.run_until(ny(WEDNESDAY, 19))
    scenario.arxiv.during(opens(THURSDAY), opens(FRIDAY), short(2))
    scenario.arxiv.during(opens(FRIDAY), ny(FRIDAY, 12), status(503), transports=["catchup"])
    await scenario.run_until(ny(THURSDAY, 19))
    scenario.subscribe("ben", "cat:cs.CL", rhythm="daily", at="12:00")

    await scenario.run_until(ny(FRIDAY, 9))
    (digest,) = [one for one in scenario.channel.sent if one.slot.startswith("digest:")]  # ada's alerts were many
    assert digest.coverage == ("Read: arxiv: cs.CL 12, cs.LG 12 on 20 Nov. Not read yet: arxiv cs.CL, cs.LG of 19 Nov.")
