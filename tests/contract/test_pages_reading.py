"""Feeds and kept digests: all papers with their links, for readers that are none of ours."""

import re
from datetime import timedelta
from time import struct_time
from xml.etree import ElementTree as ET

import feedparser
import pytest
from farside.mail_reader import squeezed
from farside.visiting import BASE, Visitor, contents, seen
from farside.world import NOON, World, paper

from bot import opt_in, recipients
from bot import subscriptions as subs
from bot.store.engine import Engine
from bot.subscriptions import Rhythm
from scrapers.paper import Paper

PLACE = "ada@example.org"
ADA = "email", PLACE
TITLES = [
    "Plain Kettles",
    "Kettles & <b>Bold</b> \"Claims\" ]]> 'x'",
    'On $\\alpha$-Kettles by Schr\\"odinger',
    "Kettles\u0001 with \u0008control\u001b characters",
    "\u202eKettles turned around",
    "Kettles 🫖 水壶 غلاية",
]


@pytest.fixture
def world(sqlite_engine: Engine) -> World:
    return World(sqlite_engine, name="email")


@pytest.fixture
def visitor(world: World) -> Visitor:
    return Visitor(world.engine)


def kettles(number: int, title: str, **facts: object) -> Paper:
    return paper(number, title=title, url=f"https://example.org/?a={number}&b=<c>", **facts)


# Feeds ---------------------------------------------------------------------------------------------------------------


async def test_a_feed_has_what_the_query_found(engine: Engine) -> None:
    world, visitor = World(engine), Visitor(engine)
    subs.subscribe(engine, ADA, "kettles", now=NOON, name="my <kettles>")
    world.take_in(*(kettles(number, title) for number, title in enumerate(TITLES, 1)), paper(99))
    world.wait(hours=2)
    world.take_in(kettles(50, "Later\ufffe Kettles\uffff", authors=[], abstract=None))

    got = await visitor.get(visitor.addresses.feed(1))

    assert got.headers["content-type"] == "application/atom+xml"
    found = feedparser.parse(got.content)
    assert not found.bozo, found.get("bozo_exception")
    assert found.version == "atom10"
    assert found.feed.title == "Paperwatch: my <kettles>"
    assert found.feed.links[0].href == visitor.addresses.feed(1)
    assert len(found.entries) == len(TITLES) + 1
    assert {one.link for one in found.entries} == {
        f"https://example.org/?a={number}&b=<c>" for number in (1, 2, 3, 4, 5, 6, 50)
    }
    titles = {one.link: one.title for one in found.entries}
    assert titles["https://example.org/?a=2&b=<c>"] == TITLES[1]
    assert titles["https://example.org/?a=3&b=<c>"] == "On α-Kettles by Schrödinger"
    assert len({one.id for one in found.entries}) == len(TITLES) + 1
    assert found.feed.id not in {one.id for one in found.entries}
    assert {one.id.partition("/")[0] for one in found.entries} == {"tag:papers.test,2026:paper"}
    by_title = {one.title: one for one in found.entries}
    assert by_title["Later Kettles"].updated_parsed == _parsed(NOON + timedelta(hours=2)) == found.feed.updated_parsed
    assert by_title["Plain Kettles"].updated_parsed == _parsed(NOON)
    assert by_title["Plain Kettles"].author == "Ada Tester1, Ben Checker"
    assert by_title["Plain Kettles"].summary.startswith("We invent result number 1")


def _parsed(time: object) -> struct_time:
    return time.utctimetuple()  # type: ignore[attr-defined, no-any-return]


async def test_a_feed_is_well_formed_whatever_a_subscription_is_called(world: World, visitor: Visitor) -> None:
    name = "]]> <&> \u0001\u000b\ufffe\uffff\u007f x"
    subs.subscribe(world.engine, ADA, "kettles", now=NOON, name=name)

    feed = ET.fromstring((await visitor.get(visitor.addresses.feed(1))).content)

    assert feed.findtext("{http://www.w3.org/2005/Atom}title") == "Paperwatch: ]]> <&> \u007f x"


async def test_a_feed_that_is_known_is_not_sent_again(world: World, visitor: Visitor) -> None:
    subs.subscribe(world.engine, ADA, "kettles", now=NOON)
    world.take_in(kettles(1, TITLES[0]))
    address = visitor.addresses.feed(1)
    got = await visitor.get(address)
    tag = got.headers["etag"]
    for known in (tag, f"W/{tag}", f'"x", {tag}', f'W/"x",W/{tag}'):
        again = await visitor.get(address, if_none_match=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag), known
    for unknown in ('"x"', "", tag.strip('"'), "nonsense"):
        assert (await visitor.get(address, if_none_match=unknown)).content == got.content

    world.take_in(kettles(2, TITLES[1]))
    anew = await visitor.get(address, if_none_match=tag)
    assert (anew.status_code, len(feedparser.parse(anew.content).entries)) == (200, 2)


async def test_a_feed_has_the_latest_fifty(world: World, visitor: Visitor) -> None:
    subs.subscribe(world.engine, ADA, "source:hf", now=NOON)
    for number in range(1, 61):
        world.take_in(paper(number))
        world.wait(minutes=1)

    entries = feedparser.parse((await visitor.get(visitor.addresses.feed(1))).content).entries

    assert len(entries) == 50
    assert entries[0].title == paper(60).title
    assert entries[-1].title == paper(11).title


async def test_a_feed_ends_with_its_subscription(world: World, visitor: Visitor) -> None:
    subs.subscribe(world.engine, ADA, "kettles", now=NOON)
    address = visitor.addresses.feed(1)
    subs.unsubscribe(world.engine, ADA, "kettles")
    subs.subscribe(world.engine, ADA, "bridges", now=NOON)

    assert (await visitor.get(address)).status_code == 410
    for bad in (address[:-1], visitor.addresses.archive(2).replace("/d/", "/f/"), f"{BASE}/f/x"):
        assert (await visitor.get(bad)).status_code == 404


# Kept digests --------------------------------------------------------------------------------------------------------


async def digest(world: World) -> list[int]:
    """A digest in two parts, with two more papers that it only counts; the numbers of its messages."""
    world.channel.papers_at_most = 3
    subs.subscribe(world.engine, ADA, "kettles", now=NOON, name="tea", rhythm=Rhythm("daily", "18:00"), language="de")
    subs.subscribe(world.engine, ADA, "source:hf", now=NOON, name="all", rhythm=Rhythm("daily", "18:00"))
    recipients.change_settings(world.engine, ADA, now=NOON, most=6)
    world.take_in(
        *(kettles(number, title, upvotes=50 - number) for number, title in enumerate(TITLES, 1)), paper(7), paper(8)
    )
    world.wait(hours=6)
    await world.deliver()
    return [one.message for one in world.channel.sent]


async def test_a_kept_digest_has_all_parts_and_what_was_only_counted(engine: Engine) -> None:
    world, visitor = World(engine, name="email"), Visitor(engine)
    messages = await digest(world)
    assert len(messages) == 2
    assert [len(one.items) for one in world.channel.sent] == [3, 3]
    assert sum(one.more for one in world.channel.sent) == 2
    before = contents(engine)

    first, second = [await visitor.get(visitor.addresses.archive(one), accept_language="ru") for one in messages]

    assert first.status_code == 200
    assert first.text == second.text
    shown = seen(first)
    assert len(shown.links) == 6
    assert {f"https://example.org/?a={number}&b=<c>" for number in range(1, 7)} == set(shown.links)
    for title in ("Plain Kettles", "On α-Kettles by Schrödinger", paper(7).title, paper(8).title, TITLES[1]):
        assert squeezed(title) in shown.text
    assert {"tea", "all"} == set(re.findall(r"<h2[^>]*>(.*?)</h2>", first.text))
    assert {one.lower() for one in shown.marked} == {"kettles"}
    assert contents(engine) == {**before, "key": contents(engine)["key"]}


async def test_a_kept_digest_speaks_the_language_of_its_reader(world: World, visitor: Visitor) -> None:
    (message, _) = await digest(world)

    got = await visitor.get(visitor.addresses.archive(message), accept_language="ru")

    assert '<html lang="de">' in got.text
    assert seen(got).text.startswith("8Paper·20.Nov2026")
    assert seen(got).text.endswith("passtzu:all")


async def test_a_kept_digest_stays_when_its_subscription_ends(world: World, visitor: Visitor) -> None:
    (message, _) = await digest(world)
    before = (await visitor.get(visitor.addresses.archive(message))).text
    subs.unsubscribe(world.engine, ADA, "tea")
    assert (await visitor.get(visitor.addresses.archive(message))).text == before

    subs.unsubscribe(world.engine, ADA)
    assert (await visitor.get(visitor.addresses.archive(message))).status_code == 410


async def test_what_is_no_digest_is_not_shown(world: World, visitor: Visitor) -> None:
    opt_in.ask(world.engine, PLACE, opt_in.Wanted("kettles"), now=NOON, zone_name="UTC", language="en")
    await world.deliver()
    (notice,) = world.channel.sent

    assert (await visitor.get(visitor.addresses.archive(notice.message))).status_code == 410
    assert (await visitor.get(visitor.addresses.archive(99))).status_code == 410
    assert (await visitor.get(f"{visitor.addresses.archive(notice.message)}x")).status_code == 404
