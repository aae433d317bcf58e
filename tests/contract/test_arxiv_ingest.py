"""arXiv as a source with parts, on SQLite and on PostgreSQL: what is asked, what is kept, what is told."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random

import pytest
from farside.world import World

from bot import subscriptions
from bot.ingest import ingest_once
from bot.models import ListDay, Reading, Source
from bot.parts import parts_of
from bot.readings import Read
from bot.sections import SourceSettings
from bot.store.engine import Engine, reading, writing
from bot.store.sources import covered
from scrapers.request import Request, Response

FIXTURES = Path(__file__).parents[1] / "fixtures" / "arxiv"
DAY = date(2026, 11, 19)
EVENING = datetime(2026, 11, 19, 3, tzinfo=UTC)  # 22:00 in New York: the list of the 19th is open
ARXIV = SourceSettings(scraper="arxiv", parts=("cs.CL",))


class Site:
    """arXiv's answers by the beginning of their address; what else is asked for is not there."""

    def __init__(self, **answers: str) -> None:
        self.answers = answers
        self.asked: list[str] = []

    async def __call__(self, request: Request) -> Response:
        if request.day == DAY:  # the day before is asked for too: nothing is known of it
            self.asked.append(request.transport)
        name = self.answers.get(request.transport)
        body = (FIXTURES / name).read_bytes() if name else b"<html><body>We are down</body></html>"
        if request.transport == "oai":  # one page, of which the first record is in no list
            body = re.sub(rb"<resumptionToken.*?</resumptionToken>", b"", body, flags=re.DOTALL)
            body = body.replace(b"2611.99001", b"2611.99055")
        return Response(request, request.url, 200, body)


@pytest.fixture
def world(engine: Engine) -> World:
    world = World(engine, now=EVENING)
    with writing(engine) as session:
        session.add(Source(name="arxiv", scraper="arxiv", due_at=EVENING, seeded_at=EVENING, last_good_at=EVENING))
    return world


async def ingest(world: World, site: Site) -> list[Read]:
    reads: list[Read] = []
    await ingest_once(world.engine, {"arxiv": ARXIV}, site, clock=world.clock, random=Random(1), report=reads.append)
    return [one for one in reads if one.day == DAY]


def days(world: World) -> list[tuple[str, date, str]]:
    return [(one.part, one.day, one.state) for one in world.rows(ListDay) if one.day == DAY]


async def test_a_list_is_read_for_its_class_and_closes_its_day(world: World) -> None:
    (read,) = await ingest(world, site := Site(new="new_2026-11-19.html"))

    assert (read.part, read.transport, read.judgement.verdict) == ("cs.CL", "new", "ok")
    assert site.asked == ["new"]
    assert days(world) == [("cs.CL", DAY, "closed")]
    (kept,) = [one for one in world.rows(Reading) if one.day == DAY]
    assert (kept.part, kept.stated, kept.parsed) == ("cs.CL", kept.stated, kept.stated)
    with reading(world.engine) as session:
        (told,) = covered(session, ["arxiv"], world.now, EVENING)
    assert (told.source, told.part) == ("arxiv", "cs.CL")


async def test_what_one_transport_does_not_give_the_next_one_does(world: World) -> None:
    (read,) = await ingest(world, site := Site(new="new_damaged.html", catchup="catchup_2026-11-19.html"))

    assert site.asked == ["new", "catchup"]
    assert (read.transport, read.judgement.verdict) == ("catchup", "ok")


async def test_a_site_that_is_down_leaves_the_day_open(world: World) -> None:
    (read,) = await ingest(world, site := Site())

    assert site.asked == ["new", "catchup", "rss"]
    assert read.judgement.verdict == "failed"
    assert days(world) == [("cs.CL", DAY, "open")]


async def test_new_papers_are_told_and_replaced_ones_are_not(world: World) -> None:
    subscriptions.subscribe(world.engine, ("test", "ada"), "source:arxiv", now=EVENING)

    (read,) = await ingest(world, Site(new="new_2026-11-19.html"))
    world.channel.papers_at_most = 100
    await world.deliver()

    announced = {one.paper.title: one.announced for one in read.listed}
    assert {"new", "cross", "replace"} <= set(announced.values())
    assert sorted(world.channel.titles) == sorted(title for title, how in announced.items() if how != "replace")


def test_a_source_that_needs_parts_says_so() -> None:
    for parts, says in [((), "name them, such as parts"), (("cs.Cl", "cs.XX"), "cs.XX")]:
        with pytest.raises(ValueError, match=says):
            SourceSettings(scraper="arxiv", parts=parts)
    with pytest.raises(ValueError, match="has no parts"):
        SourceSettings(scraper="huggingface", parts=("cs.CL",))


async def test_classes_that_subscriptions_ask_for_are_read_too(world: World) -> None:
    wanted = ["cat:cs.LG", "cat:cs.LG kettles", "cat:stat.ML OR cat:cs.CL", "cat:cs.NA"]
    for query in [*wanted, "kettles -cat:math.CO", "cat:cs"]:
        subscriptions.subscribe(world.engine, ("test", "ada"), query, now=EVENING)

    def parts(*configured: str, asked: int) -> tuple[str, ...]:
        with reading(world.engine) as session:
            return parts_of(session, SourceSettings(scraper="arxiv", parts=configured, asked_parts=asked))

    assert parts("cs.CL", asked=0) == ("cs.CL",)
    assert parts("cs.CL", asked=1) == ("cs.CL", "cs.LG")
    assert set(parts("cs.CL", asked=9)) == {"cs.CL", "cs.LG", "stat.ML", "math.NA"}
    assert parts("cs", asked=9) == ("cs", "math.NA", "stat.ML")
    assert parts(asked=1) == ("cs.LG",)


async def test_a_class_that_nobody_asks_for_any_more_is_not_waited_for(world: World) -> None:
    asking = SourceSettings(scraper="arxiv", parts=("cs.LG",), asked_parts=2)
    subscriptions.subscribe(world.engine, ("test", "ada"), "cat:cs.CL", now=EVENING)
    for is_asked in (True, False):
        await ingest_once(world.engine, {"arxiv": asking}, Site(), clock=world.clock, random=Random(1))
        with reading(world.engine) as session:
            waits_for = {one.part for one in covered(session, ["arxiv"], world.now, EVENING) if one.is_missing}
        assert waits_for == ({"cs.CL", "cs.LG"} if is_asked else {"cs.LG"})
        if is_asked:
            subscriptions.unsubscribe(world.engine, ("test", "ada"))
        world.wait(hours=2)


async def test_what_a_list_left_out_is_found_told_and_said(world: World) -> None:
    subscriptions.subscribe(world.engine, ("test", "ada"), "source:arxiv", now=EVENING)
    site = Site(new="new_2026-11-19.html", oai="oai_raw_first_page.xml")
    await ingest(world, site)
    world.channel.papers_at_most = 100
    await world.deliver()

    world.wait(hours=7)
    reads = await ingest(world, site)
    await world.deliver()

    (completing,) = [one for one in reads if one.completing]
    assert completing.transport == "oai"
    (late,) = {one.paper.identifier("arxiv") for one in completing.listed if one.announced is None}
    assert late == "2611.99055"
    assert len(world.channel.sent) == 2
    assert completing.judgement.reason == "told now, since the list of that day had them not: 1"
