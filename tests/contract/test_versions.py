"""New versions, on SQLite and on PostgreSQL: who is told of them, and what is said of what they changed."""

import json
from datetime import timedelta
from typing import Any

import pytest
from farside.talking import Talking
from farside.world import DAY, NOON, World, paper

from bot import opt_in, own_data
from bot import subscriptions as subs
from bot.app import App
from bot.channels import Item
from bot.channels.lines import news
from bot.chat.heard import Place, Who
from bot.config import Settings
from bot.intake import take_in
from bot.managing import subscribe_configured
from bot.models import Delivery, Draft, Subscription
from bot.store.engine import Engine, reading
from bot.store.papers import REPLACED
from bot.store.people import OPERATOR
from bot.store.records import load
from scrapers.paper import Paper
from scrapers.request import Listed

ME = ("test", "me")


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def version(number: int | None, title: str = "Invented Kettles", abstract: str = "They sing.") -> Paper:
    return paper(1, version=number, title=title, abstract=abstract)


def replaced(world: World, one: Paper) -> None:
    """The next day's list announces a new version, as arXiv's does, which does not know its number."""
    day = DAY + timedelta(days=1)
    listed = [Listed(one, day, announced=REPLACED)]
    take_in(world.engine, "hf", "huggingface", listed, day=day, alert=True, now=world.now, watching=world.watching)


async def told(world: World, *papers: Paper) -> list[Item]:
    """What is told of these papers, taken in one after the other."""
    before = len(world.channel.sent)
    for one in papers:
        world.take_in(one)
        await world.deliver()
        world.wait(hours=1)
    return [item for message in world.channel.sent[before:] for item in message.items]


async def test_what_each_version_changed_is_told(world: World) -> None:
    subs.subscribe(world.engine, ME, "invented", now=NOON, versions=True)

    items = await told(
        world,
        version(1),
        version(2, "Invented Singing Kettles"),
        version(3, "Invented Singing Kettles"),
        version(4, "Invented Singing Kettles", "They hum."),
        version(6, "Invented Kettles", "They roar."),
    )

    assert [(item.kind, news(item)) for item in items] == [
        ("new", ""),
        ("version:2", "was: Invented Kettles"),
        ("version:3", "title and abstract as before"),
        ("version:4", "abstract changed"),
        ("version:6", "abstract changed · was: Invented Singing Kettles"),
    ]


async def test_a_text_that_comes_before_its_number_is_compared_with_the_version_before(world: World) -> None:
    subs.subscribe(world.engine, ME, "invented", now=NOON, versions=True)
    await told(world, version(1))

    replaced(world, version(None, "Invented Singing Kettles"))
    replaced(world, version(None, "Invented Singing Kettles", "They hum."))
    second = await told(world, version(2, "Invented Singing Kettles", "They hum."))
    third = await told(world, version(3, "Invented Singing Kettles", "They hum."))

    assert [(item.kind, news(item)) for item in second + third] == [
        ("version:2", "abstract changed · was: Invented Kettles"),
        ("version:3", "title and abstract as before"),
    ]


async def test_what_an_older_version_changed_is_not_told_of_a_newer_one(world: World) -> None:
    subs.subscribe(world.engine, ME, "invented", now=NOON, versions=True)
    await told(world, version(1))
    world.take_in(version(2, "Invented Singing Kettles"))
    world.take_in(version(3, "Invented Roaring Kettles"))

    await world.deliver()

    items = [item for message in world.channel.sent[1:] for item in message.items]
    assert [(item.kind, news(item)) for item in items] == [
        ("version:2", ""),
        ("version:3", "was: Invented Singing Kettles"),
    ]


async def test_versions_that_are_not_wanted_any_more_are_not_sent(world: World) -> None:
    subs.subscribe(
        world.engine, ME, "invented", name="x", now=NOON, rhythm=subs.Rhythm("daily", "18:00"), versions=True
    )
    world.take_in(version(1))
    world.now = NOON + timedelta(hours=6)
    await world.deliver()
    world.take_in(version(2), paper(2))

    subs.edit(world.engine, ME, "x", now=world.now, versions=False)
    world.now += timedelta(days=1)
    await world.deliver()

    assert [item.kind for message in world.channel.sent for item in message.items] == ["new", "new"]
    (version_two,) = [one for one in world.rows(Delivery) if one.kind == "version:2"]
    assert (version_two.dropped or "").startswith("no subscription asks for it any more")


async def test_versions_are_told_from_the_edit_on(world: World) -> None:
    subs.subscribe(world.engine, ME, "invented", name="x", now=NOON)
    await told(world, version(1), version(2))

    subs.edit(world.engine, ME, "x", now=world.now, versions=True)

    assert [item.kind for item in await told(world, version(2), version(3))] == ["version:3"]
    subs.edit(world.engine, ME, "x", now=world.now, rhythm="instant")
    assert [item.kind for item in await told(world, version(4))] == ["version:4"]


# Saying so ------------------------------------------------------------------------------------------------------------


def wanted(world: World) -> dict[str, bool]:
    return {one.subscription.name: one.subscription.versions for one in subs.list_all(world.engine)}


def configured(world: World, **subscription: Any) -> None:
    """The program starts with this subscription in its configuration."""
    given = {"sources": {}, "subscriptions": [subscription], "web": {"base_url": "https://papers.test"}}
    given["email"] = {"smtp_url": "smtp://127.0.0.1:25", "from": "a@papers.test"}
    subscribe_configured(App(Settings(**given), world.engine))


def test_the_configuration_says_it_and_changes_only_what_it_must(world: World) -> None:
    found = []
    for versions in (False, True, True, False):
        configured(world, address="console:", query="kettles", versions=versions)
        found.append((wanted(world), world.rows(Subscription)[0].revision))

    assert [versions["kettles"] for versions, _ in found] == [False, True, True, False]
    assert found[1] == found[2]


async def test_a_mail_address_of_the_configuration_is_asked_first(world: World) -> None:
    configured(world, address="email:ada@example.org", query="kettles", versions=True)
    assert wanted(world) == {}

    assert opt_in.confirm(world.engine, world.rows(Draft)[-1].id, most=None, now=world.now)

    assert wanted(world) == {"kettles": True}


def test_an_export_brings_it_to_another_address(world: World) -> None:
    subs.subscribe(world.engine, ME, "kettles", now=NOON, versions=True)
    subs.subscribe(world.engine, ME, "clocks", now=NOON)
    exported = own_data.export(world.engine, OPERATOR)

    subs.unsubscribe(world.engine, ME)
    good = own_data.read_import(json.dumps(exported), 10).good
    own_data.take_import(world.engine, ME, good, now=NOON, owner=OPERATOR, most=None, zone_name="UTC")

    assert wanted(world) == {"kettles": True, "clocks": False}


def test_an_export_of_an_older_program_wants_none() -> None:
    old = {"text": "kettles", "name": "kettles", "rhythm": "instant", "at": None, "weekday": None}
    found = [{**old, **more} for more in ({}, {"versions": None}, {"versions": "yes"}, {"versions": True})]

    read = own_data.read_import(json.dumps({"recipients": [{"subscriptions": found}]}), 10)

    assert [one.versions for one in read.good] == [False, False, False, True]


async def test_a_button_in_the_chat_turns_it_on_and_off(world: World) -> None:
    ada = Talking(world.engine)
    await ada.tap((await ada.say("/sub kettles")).data("Save"))
    (off,) = await ada.tap((await ada.say("/list")).data("1. kettles"))
    (on,) = await ada.tap(off.data("New versions too"))
    await ada.tap(off.data("New versions too"))

    assert wanted(world) == {"kettles": True}
    assert "New versions too" not in off.text
    assert on.text.endswith("As soon as a paper is listed. New versions too.")
    assert "New versions too." in (await ada.say("/list")).text
    assert "(UTC). New versions too." in (await ada.tap("rate:1:weekly"))[0].text
    (again,) = await ada.tap(on.data("No new versions"))
    assert "New versions too" not in again.text
    assert wanted(world) == {"kettles": False}
    assert ada.toasts == [
        "New versions of these papers are told too.", "New versions of these papers are told too.", "Changed.",
        "New versions are not told any more.",
    ]  # fmt: skip


async def test_another_query_keeps_it_and_members_of_a_group_cannot_change_it(world: World) -> None:
    group = Place(-100500, "supergroup")
    ada = Talking(world.engine, place=group, admins={(-100500, 1001)})
    ben = Talking(world.engine, place=group, who=Who(1002, "Ben", "de"))
    await ada.tap((await ada.say("/sub kettles")).data("Save"))
    await ada.tap("versions:1:on")
    await ada.tap("edit:1")
    await ada.tap((await ada.say("clocks", reply_to=1)).data("Save"))

    await ben.tap("versions:1:off")

    assert wanted(world) == {"clocks": True}


async def test_why_names_the_version_that_was_told(world: World) -> None:
    world.name = "telegram"
    ada = Talking(world.engine)
    await ada.tap((await ada.say("/sub invented")).data("Save"))
    await ada.tap("versions:1:on")

    await told(world, version(1), version(2))

    why = (await ada.say("/why 2611.00001")).text
    assert "Told on 20 Nov for: invented\nTold on 20 Nov for: invented (version 2)" in why


async def test_a_paper_first_seen_as_replaced_is_told_when_a_list_shows_it(world: World) -> None:
    subs.subscribe(world.engine, ME, "invented", now=NOON)
    replaced(world, version(None))
    assert await told(world) == []

    assert [item.kind for item in await told(world, version(2), version(2))] == ["new"]


async def test_an_older_version_that_is_read_later_changes_nothing(world: World) -> None:
    subs.subscribe(world.engine, ME, "invented", now=NOON, versions=True)
    await told(world, version(1), version(3, "Invented Kettles That Sing"))
    replaced(world, version(2, "Invented Kettles That Hum"))

    assert await told(world) == []
    with reading(world.engine) as session:
        (stored,) = load(session, [1]).values()
    assert (stored.title, stored.version) == ("Invented Kettles That Sing", 3)
