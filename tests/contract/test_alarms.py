"""What the administrators are told of, once, on SQLite and on PostgreSQL."""

from datetime import UTC, date, datetime, timedelta

import pytest
from farside.world import World

from bot import alarms
from bot.models import ListDay, Reading, Source
from bot.sections import SourceSettings
from bot.store.engine import Engine, writing

DAY = date(2026, 11, 19)
MORNING = datetime(2026, 11, 19, 14, tzinfo=UTC)  # nine o'clock in New York
WATCHED = {"arxiv": SourceSettings(scraper="arxiv", parts=("cs.CL", "cs.LG"))}
ADMIN = ["console:"]


@pytest.fixture
def world(engine: Engine) -> World:
    world = World(engine, now=MORNING, name="console")
    with writing(engine) as session:
        session.add(Source(name="arxiv", scraper="arxiv", due_at=MORNING, seeded_at=MORNING))
    return world


def keep(world: World, state: str, verdict: str, *, part: str = "cs.CL", error: str | None = None) -> None:
    """The source has read the day with that outcome."""
    with writing(world.engine) as session:
        source = session.get_one(Source, 1)
        facts = {"source_id": source.id, "part": part, "day": DAY}
        session.merge(ListDay(**facts, state=state, papers=3, changed_at=world.now))
        session.add(Reading(**facts, verdict=verdict, started_at=world.now, finished_at=world.now, error=error))


def tell(world: World) -> list[str]:
    return alarms.tell(world.engine, WATCHED, ADMIN, world.clock)


async def test_a_list_that_is_not_read_by_its_hour_is_told_once(world: World) -> None:
    keep(world, "open", "failed", error="arXiv sent an empty answer")
    assert tell(world) == []

    world.wait(hours=3)
    said = (
        "arxiv cs.CL of 2026-11-19 could not be read completely by 12:00 in America/New_York; it is tried on"
        " (failed: arXiv sent an empty answer)"
    )
    assert tell(world) == [said]
    assert tell(world) == []
    await world.deliver()
    assert [(one.kind, one.notice and one.notice.text) for one in world.channel.sent] == [("alarm", said)]


def test_a_day_that_is_read_in_time_is_not_told(world: World) -> None:
    keep(world, "open", "late")
    keep(world, "closed", "ok")
    world.wait(hours=3)

    assert tell(world) == []


def test_a_day_that_is_given_up_is_told_again(world: World) -> None:
    keep(world, "open", "stale", error="it shows Wednesday")
    world.wait(hours=3)
    assert len(tell(world)) == 1
    world.wait(days=15)
    keep(world, "given_up", "stale", error="it shows Wednesday")

    assert tell(world) == ["arxiv cs.CL of 2026-11-19 is given up, and papers of it may be missing: it shows Wednesday"]
    assert tell(world) == []


def test_far_too_few_papers_are_told(world: World) -> None:
    keep(world, "closed", "ok", error="only 3 papers, far fewer than on other Thursdays")

    (said,) = tell(world)
    assert said == (
        "arxiv cs.CL of 2026-11-19 had only 3 papers, far fewer than on other Thursdays:"
        " look whether papers are missing"
    )
    assert tell(world) == []


async def test_all_that_is_wrong_is_one_message_for_each_address(world: World) -> None:
    for part in ("cs.CL", "cs.LG"):
        keep(world, "open", "failed", part=part)
    world.wait(hours=3)

    assert len(tell(world)) == 2
    await world.deliver()
    (sent,) = world.channel.sent
    assert sent.notice
    assert len(sent.notice.text.splitlines()) == 2


def test_the_hour_is_where_the_site_is() -> None:
    calendar = alarms.load("arxiv").calendar
    for day, hour in [
        (date(2026, 3, 6), 17),
        (date(2026, 3, 9), 16),
        (date(2026, 10, 30), 16),
        (date(2026, 11, 2), 17),
    ]:
        assert alarms.alarm_at(day, WATCHED["arxiv"], calendar).hour == hour
    early = SourceSettings(scraper="arxiv", parts=("cs.CL",), alarm_at="06:30")
    assert alarms.alarm_at(DAY, early, calendar) == datetime(2026, 11, 19, 11, 30, tzinfo=UTC)
    with pytest.raises(ValueError, match="25:00"):
        SourceSettings(scraper="huggingface", alarm_at="25:00")
    assert timedelta(0) < alarms.alarm_at(DAY, early, calendar) - calendar.opening(DAY) < timedelta(hours=12)
