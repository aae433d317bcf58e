"""Days on which arXiv's hosts fail, for a time or for hours; see test_scenarios.py."""

from datetime import timedelta
from itertools import pairwise

import pytest
from farside.arxiv_ledger import contradict, opens
from farside.fake_web import Fault, cut, error_page, status
from farside.weeks import FRIDAY, THURSDAY, WEDNESDAY, in_the_week, ny

from bot.store.engine import Engine


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
