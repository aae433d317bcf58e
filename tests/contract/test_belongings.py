"""What is kept for a person, on SQLite and on PostgreSQL: papers, settings, subscriptions; and who may change them."""

import json

import pytest
from farside.world import NOON, World, paper

from bot import bookmarks, own_data, recipients, subscriptions
from bot.freezing import rehearse
from bot.store import people
from bot.store.engine import Engine, reading
from bot.subscriptions import Rhythm

ME, OTHER = ("test", "me"), ("test", "other")


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def subscribe(world: World, query: str = "source:hf", address: tuple[str, str] = ME, **options: object) -> None:
    values: dict[str, object] = {"rhythm": Rhythm("daily"), **options}
    subscriptions.subscribe(world.engine, address, query, now=world.now, **values)  # type: ignore[arg-type]


def test_papers_are_saved_once_and_listed_the_last_first(world: World) -> None:
    subscribe(world)
    subscribe(world, address=OTHER, owner=("telegram", "2"))
    world.take_in(paper(1), paper(2))

    first = bookmarks.save(world.engine, ME, 1, world.now)
    world.wait(minutes=1)
    others = [bookmarks.save(world.engine, ME, id, world.now) for id in (2, 1)]

    assert (first, others) == (True, [True, False])
    assert [id for id, _ in bookmarks.saved(world.engine, ME)] == [2, 1]
    assert bookmarks.saved(world.engine, OTHER) == []
    assert [bookmarks.unsave(world.engine, ME, 2) for _ in range(2)] == [True, False]
    assert [id for id, _ in bookmarks.saved(world.engine, ME)] == [1]


async def test_an_export_holds_everything_and_nothing_of_others(world: World) -> None:
    ann, bob = ("telegram", "ann-account"), ("telegram", "bob-account")
    subscribe(world, "source:hf", name="ann's first", address=("test", "ann-one"), owner=ann, rhythm=Rhythm())
    subscribe(world, "upvotes>=5", name="ann's second", address=("test", "ann-two"), owner=ann)
    subscribe(world, "source:hf", name="bob's", address=("test", "bob-one"), owner=bob)
    world.take_in(paper(1), paper(2))
    await world.deliver()
    bookmarks.save(world.engine, ann, 2, world.now)
    bookmarks.save(world.engine, bob, 1, world.now)

    found = own_data.export(world.engine, recipients.owner_of(world.engine, ("test", "ann-one")))

    assert "bob" not in json.dumps(found)
    assert found["person"]["account"] == "ann-account"
    assert [one["address"] for one in found["recipients"]] == ["ann-one", "ann-two"]
    assert [[sub["name"] for sub in one["subscriptions"]] for one in found["recipients"]] == [
        ["ann's first"], ["ann's second"]
    ]  # fmt: skip
    assert [(len(one["deliveries"]), len(one["messages"])) for one in found["recipients"]] == [(2, 1), (2, 0)]
    assert [one["paper_id"] for one in found["saved"]] == [2]


def test_a_person_has_only_so_many_subscriptions_at_all_addresses_together(world: World) -> None:
    ann, bob = ("telegram", "ann"), ("telegram", "bob")
    subscribe(world, "one", address=("test", "ann-one"), owner=ann, most=2)
    subscribe(world, "two", address=("test", "ann-two"), owner=ann, most=2)

    with pytest.raises(ValueError, match="there are 2 subscriptions already, and no more can be had"):
        subscribe(world, "three", address=("test", "ann-three"), owner=ann, most=2)

    subscribe(world, "one", address=("test", "bob"), owner=bob, most=2)
    subscriptions.unsubscribe(world.engine, ("test", "ann-one"), "one")
    subscribe(world, "three", address=("test", "ann-two"), owner=ann, most=2)
    with reading(world.engine) as session:
        assert people.find_recipient(session, "test", "ann-three") is None


@pytest.mark.parametrize(
    "change_something",
    [
        lambda engine: subscriptions.edit(engine, ME, "mine", now=NOON, text="other"),
        lambda engine: recipients.change_settings(engine, ME, now=NOON, at="09:00"),
        lambda engine: subscriptions.mute(engine, ME, "mine", None),
        lambda engine: recipients.pause(engine, ME, NOON),
        lambda engine: recipients.resume(engine, ME, NOON),
        lambda engine: recipients.remind(engine, ME, 1, "monday", NOON),
        lambda engine: recipients.owner_of(engine, ME),
        lambda engine: subscriptions.why(engine, ME, 1, NOON),
        lambda engine: subscriptions.unsubscribe(engine, ME),
        lambda engine: rehearse(engine, ME, World(engine).channel, [], None, NOON),
    ],
)
def test_a_change_to_what_was_erased_meanwhile_is_refused(world: World, change_something: object) -> None:
    subscribe(world, name="mine")
    world.take_in(paper(1))
    subscriptions.unsubscribe(world.engine, ME)

    with pytest.raises(ValueError, match="nobody is subscribed at test:me"):
        change_something(world.engine)  # type: ignore[operator]


def test_a_change_to_a_subscription_that_was_removed_names_what_is_left(world: World) -> None:
    subscribe(world, name="gone")
    subscribe(world, name="left")
    subscriptions.unsubscribe(world.engine, ME, "gone")

    with pytest.raises(ValueError, match="no subscription called 'gone'; it has 'left'"):
        subscriptions.edit(world.engine, ME, "gone", now=world.now, text="other")


def test_a_mistake_in_the_settings_changes_nothing(world: World) -> None:
    subscribe(world)
    before = world.everything()

    for mistake in (
        {"zone_name": "Europe/Berln"},
        {"at": "24:00"},
        {"weekday_name": "wensday"},
        {"quiet": "8:00-8:00"},
    ):
        with pytest.raises(ValueError, match=r"Europe/Berlin|24:00|wednesday|less than an hour"):
            recipients.change_settings(world.engine, ME, now=world.now, **{"most": 5, **mistake})  # type: ignore[arg-type]

    assert world.everything() == before
