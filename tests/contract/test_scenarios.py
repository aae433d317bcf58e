"""Days with arXiv, good ones: weeks, holidays, the clocks, times in which the program was off.

In each scenario of these files, whatever goes wrong: every announced paper ends in the library once and is told once,
no day counts as complete that is not, and no digest says so (`Scenario` looks after every run). Here stands what is
asked meanwhile, and what is made of it.
"""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from farside.arxiv_ledger import invented, opens
from farside.fake_web import Logged
from farside.weeks import FRIDAY, THURSDAY, WEDNESDAY, announce_daily, begun, ids, in_the_week, ny

from bot.store.engine import Engine

ALL_DAY = timedelta(days=1)


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


@pytest.mark.parametrize("days", [9, 60])
async def test_the_program_is_off(engine: Engine, days: int) -> None:
    """All days are made up for, those of the last two weeks first."""
    last, begin = date(2026, 11, 13), date(2026, 11, 13) - timedelta(days=days)
    scenario = await begun(engine, ny(begin, 9))
    announced = announce_daily(scenario, begin - timedelta(days=5), last, papers=1)  # a digest shows 60 papers
    await scenario.run_until(ny(begin, 10))
    before = len(scenario.log)

    scenario.off_until(ny(last, 9))
    await scenario.run_until(ny(last, 10))

    missed = [day for day in announced if day > begin]
    order = sorted(missed, key=lambda day: ((last - day).days > 14, day))
    asked = [one for one in scenario.log[before:] if one.part]
    assert [path_day(one) for one in asked] == [str(day) if day != last else "new" for day in order]
    assert [scenario.verdicts(day) for day in missed] == [*[[("catchup", "ok")]] * (len(missed) - 1), [("new", "ok")]]
    scenario.assert_all_told_once()
    scenario.assert_good_manners()


def path_day(one: Logged) -> str:
    """The last word of the path: `new`, or the day of `catchup`."""
    return one.path.partition("?")[0].rpartition("/")[2]


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


async def test_a_scenario_finds_what_it_looks_for(engine: Engine) -> None:
    scenario = await in_the_week(engine)
    await scenario.run_until(ny(THURSDAY, 9))

    scenario.arxiv.announce(THURSDAY, "cs.CL", new=[invented(5000, THURSDAY)])
    with pytest.raises(AssertionError, match=r"cs.CL 2026-11-19 is closed at .* but \['2611.05000'\] are missing"):
        scenario.assert_no_false_claim()
    with pytest.raises(AssertionError, match="not in the library"):
        scenario.assert_all_told_once()
    with pytest.raises(AssertionError, match=r"at .*: cs.CL .*2 on 19 Nov"):
        scenario.assert_only_true_sentences()
    scenario.channel.sent.append(replace(scenario.channel.sent[-1], coverage="Read: arxiv cs.CL: all of 19 Nov."))
    with pytest.raises(ValueError, match="nobody knows what 'all of 19 Nov' claims"):
        scenario.assert_only_true_sentences()
    scenario.hearing.told *= 2
    with pytest.raises(AssertionError, match="told twice"):
        scenario.assert_nobody_told_twice()
    scenario.arxiv.log *= 2
    with pytest.raises(AssertionError, match="too fast"):
        scenario.assert_good_manners()
