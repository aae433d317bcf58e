"""Lists of the newest, such as feeds, on SQLite and on PostgreSQL: what they prove of which day."""

from datetime import date, timedelta
from random import Random

import pytest
from farside.world import DAY, World

from bot import subscriptions
from bot.ingest import ingest_once
from bot.models import ListDay, Listing, Reading
from bot.report import days
from bot.sections import SourceSettings
from bot.store.engine import Engine
from scrapers.request import Request, Response

FEEDS = {"blog": SourceSettings(scraper="feed", url="https://blog.test/feed.xml")}  # type: ignore[call-arg]
TOMORROW = DAY + timedelta(days=1)


class Blog:
    """A feed that shows its five newest entries, or nothing new where it is asked by its ETag."""

    def __init__(self) -> None:
        self.entries: list[int] = []
        self.answered: list[int] = []

    async def __call__(self, request: Request) -> Response:
        etag = f'"{max(self.entries, default=0)}"'
        status = 304 if request.etag == etag else 200
        self.answered.append(status)
        items = "".join(
            f"<item><title>Invented entry of number {n}</title><link>https://blog.test/{n}</link></item>"
            for n in sorted(self.entries, reverse=True)[:5]
        )
        body = f'<rss version="2.0"><channel><title>Blog</title>{items}</channel></rss>'
        return Response(request, request.url, status, body.encode() if status == 200 else b"", {"etag": etag})


@pytest.fixture
def blog() -> Blog:
    return Blog()


@pytest.fixture
def world(engine: Engine) -> World:
    subscriptions.subscribe(engine, ("test", "ada"), "source:blog", now=World(engine).now)
    return World(engine)


async def read(world: World, blog: Blog, *entries: int, after: timedelta = timedelta(hours=2)) -> str:
    """Read the feed once more, with these entries added; the verdict."""
    blog.entries += entries
    world.now += after
    assert await ingest_once(world.engine, FEEDS, blog, clock=world.clock, random=Random(1)) == "blog"
    await world.deliver()
    return world.rows(Reading)[-1].verdict


def states(world: World) -> dict[date, tuple[str, int]]:
    return {one.day: (one.state, one.papers) for one in world.rows(ListDay)}


async def test_days_end_when_a_list_reaches_back_to_them(world: World, blog: Blog) -> None:
    assert await read(world, blog, 1, 2, 3) == "ok"
    assert states(world) == {DAY: ("growing", 3)}
    assert await read(world, blog, 4) == "ok"
    assert states(world) == {DAY: ("growing", 4)}
    assert await read(world, blog, 5, after=timedelta(days=1)) == "ok"

    assert states(world) == {DAY: ("closed", 4), TOMORROW: ("growing", 1)}
    assert sorted(one[-1] for one in world.channel.titles) == ["4", "5"]  # the first reading tells nobody
    assert len(world.rows(Listing)) == 5  # an entry that stays for weeks is listed once


async def test_what_has_left_before_it_was_read_is_said_to_be_missed(world: World, blog: Blog) -> None:
    await read(world, blog, 1, 2, 3)

    assert await read(world, blog, *range(10, 20), after=timedelta(days=1)) == "partial"

    assert world.rows(Reading)[-1].error == "none of its 5 papers was there before: some between may have been missed"
    assert states(world) == {DAY: ("given_up", 3), TOMORROW: ("open", 5)}
    assert len(world.channel.titles) == 5
    assert await read(world, blog, 20) == "ok"
    assert states(world)[TOMORROW] == ("growing", 6)


async def test_an_unchanged_feed_ends_the_day_before_too(world: World, blog: Blog) -> None:
    await read(world, blog, 1)

    assert await read(world, blog, after=timedelta(days=1)) == "quiet"

    assert blog.answered == [200, 304]
    assert states(world) == {DAY: ("closed", 1), TOMORROW: ("growing", 0)}


async def test_a_damaged_feed_ends_no_day_and_is_asked_for_again(world: World, blog: Blog) -> None:
    await read(world, blog, 1)
    blog.entries, whole = [], blog.entries

    async def page(request: Request) -> Response:
        return Response(request, request.url, 200, b"<!doctype html><html><body>Moved</body></html>")

    world.now += timedelta(days=1)
    await ingest_once(world.engine, FEEDS, page, clock=world.clock, random=Random(1))
    assert states(world) == {DAY: ("growing", 1), TOMORROW: ("open", 0)}

    blog.entries = whole
    assert await read(world, blog, 2) == "ok"
    assert states(world) == {DAY: ("closed", 1), TOMORROW: ("growing", 1)}


async def test_the_calendar_shows_days_on_which_something_came(world: World, blog: Blog) -> None:
    await read(world, blog, 1, 2)
    ((source, part, shown),) = days(world.engine, FEEDS, world.now, 3)

    assert (source, part) == ("blog", "")
    assert [(one.day, one.state, one.papers) for one in shown] == [
        (DAY - timedelta(days=2), "none", 0), (DAY - timedelta(days=1), "none", 0), (DAY, "growing", 2),
    ]  # fmt: skip
