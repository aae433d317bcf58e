"""Nothing is told to a mail address before its owner has said so; on SQLite and on PostgreSQL."""

from typing import Any

import pytest
from farside.at_once import at_once
from farside.world import World, paper

from bot import opt_in
from bot import subscriptions as subs
from bot.deliver import drop_expired
from bot.models import Draft, Message, Person, Recipient, Subscription
from bot.opt_in import Wanted
from bot.store.engine import Engine, writing
from bot.subscriptions import Rhythm

PLACE = "ada@example.org"
ADA = "email", PLACE


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine, name="email")


def ask(world: World, query: str = "source:hf", place: str = PLACE, **facts: Any) -> bool:
    wanted = Wanted(query, **facts)
    return opt_in.ask(world.engine, place, wanted, now=world.now, zone_name="Asia/Tokyo", language="de")


def last_asked(world: World) -> int:
    """The number in the link of the last mail that asks."""
    return world.rows(Draft)[-1].id


def confirm(world: World, number: int, most: int | None = None) -> opt_in.Asked | None:
    return opt_in.confirm(world.engine, number, most=most, now=world.now)


# Asking --------------------------------------------------------------------------------------------------------------


async def test_an_address_is_asked_and_told_nothing_until_it_answers(world: World) -> None:
    assert ask(world, "source:hf", name="all")
    world.take_in(paper(1))
    await world.deliver()
    world.wait(days=3)
    world.take_in(paper(2))
    await world.deliver()

    (sent,) = world.channel.sent
    assert (sent.kind, sent.language, sent.notice and sent.notice.queries) == ("confirm", "de", ("source:hf",))
    assert world.rows(Subscription) == []
    (recipient,) = world.rows(Recipient)
    assert (recipient.zone, recipient.confirmed_at) == ("Asia/Tokyo", None)

    confirm(world, last_asked(world))
    world.take_in(paper(3))
    await world.deliver()
    assert [one.paper.title for one in world.channel.sent[1].items] == [paper(3).title]
    assert len(world.channel.sent) == 2


def test_a_query_that_is_none_is_not_asked(world: World) -> None:
    with pytest.raises(ValueError, match="never closed"):
        ask(world, '"llm')

    assert world.rows(Recipient) == world.rows(Draft) == []


async def test_three_mails_of_a_kind_may_be_asked_for_an_address_a_day(world: World) -> None:
    asked = {"now": world.now, "zone_name": "UTC", "language": "en"}
    assert [ask(world, query) for query in ("kettles", "clocks", "bridges", "tunnels")] == [True, True, True, False]
    confirm(world, last_asked(world))
    assert opt_in.ask_code(world.engine, PLACE, "1001", **asked)  # nobody locks its owner out by asking
    for _ in range(4):
        opt_in.ask_manage(world.engine, PLACE, world.now)
    assert ask(world, place="ben@example.org")  # others may be asked
    await world.deliver()
    assert sorted(one.kind for one in world.channel.sent) == ["code", *["confirm"] * 4, *["manage"] * 3]

    world.wait(hours=23)
    assert not ask(world)
    world.wait(hours=1)
    assert [ask(world) for _ in range(4)] == [True, True, True, False]


def test_other_names_of_a_mailbox_count_as_it(world: World) -> None:
    names = ["a.da+1@example.org", "ada+2@example.org", "ad.a@example.org", PLACE, "ada+5@example.org"]

    assert [ask(world, place=name) for name in names] == [True, True, True, False, False]
    assert ask(world, place="ada@example.com")


def test_so_many_mails_an_hour_may_be_asked_for_all_addresses(world: World) -> None:
    asked = [ask(world, place=f"reader{number}@example.org") for number in range(opt_in.MOST_OF_ALL + 2)]

    assert asked == [True] * opt_in.MOST_OF_ALL + [False] * 2
    world.wait(hours=1)
    assert ask(world)


def test_who_asks_at_the_same_time_gets_no_more(world: World) -> None:
    asked = at_once(*[lambda: ask(world)] * 6)

    assert sorted(asked) == [False] * 3 + [True] * 3
    assert len(world.rows(Recipient)) == len(world.rows(Person)) == 1
    assert len(world.rows(Message)) == 3


# Confirming ----------------------------------------------------------------------------------------------------------


def test_what_was_asked_is_saved_once_and_the_answer_is_the_same(world: World) -> None:
    ask(world, "  source:hf AND kettles ", name="tea", rhythm=Rhythm("weekly", "18:30", "friday"))
    number = last_asked(world)
    assert opt_in.asked(world.engine, number, world.now) == opt_in.asked(world.engine, number, world.now)
    assert world.rows(Subscription) == []

    first, second = confirm(world, number), confirm(world, number)

    assert first
    assert second
    assert (first.address, first.wanted, first.language) == (second.address, second.wanted, second.language)
    assert first.address == PLACE
    (saved,) = world.rows(Subscription)
    assert (saved.name, saved.text) == ("tea", "source:hf AND kettles")
    assert (saved.rhythm, saved.at, saved.weekday) == ("weekly", "18:30", 4)
    (recipient,) = world.rows(Recipient)
    assert recipient.confirmed_at == world.now


def test_a_link_that_was_used_brings_nothing_back(world: World) -> None:
    ask(world)
    number = last_asked(world)
    confirm(world, number)
    subs.unsubscribe(world.engine, ADA, "source:hf")

    assert confirm(world, number)
    assert world.rows(Subscription) == []


def test_two_who_confirm_at_the_same_time_save_one_subscription(world: World) -> None:
    ask(world, "source:hf", name="all")
    number = last_asked(world)

    answers = at_once(*[lambda: confirm(world, number)] * 3)

    assert [one and one.address for one in answers] == [PLACE] * 3
    assert len(world.rows(Subscription)) == 1


def test_a_question_is_open_for_a_week(world: World) -> None:
    ask(world)
    number = last_asked(world)
    world.wait(days=7, seconds=-1)
    assert opt_in.asked(world.engine, number, world.now)

    world.wait(seconds=1)
    assert opt_in.asked(world.engine, number, world.now) is None
    assert confirm(world, number) is None
    assert world.rows(Subscription) == []


def test_what_was_erased_or_is_another_kind_cannot_be_confirmed(world: World) -> None:
    ask(world)
    number = last_asked(world)
    subs.unsubscribe(world.engine, ADA)
    assert confirm(world, number) is None
    assert confirm(world, number + 1_000) is None

    opt_in.ask_code(world.engine, PLACE, "1001", now=world.now, zone_name="UTC", language="en")
    assert confirm(world, last_asked(world)) is None
    assert [one.confirmed_at for one in world.rows(Recipient)] == [None]


def test_no_more_is_saved_than_one_may_have(world: World) -> None:
    for query in ("kettles", "bridges"):
        ask(world, query)
        confirm(world, last_asked(world))
    ask(world, "clocks")

    with pytest.raises(ValueError, match="there are 2 subscriptions already"):
        confirm(world, last_asked(world), most=2)
    assert [one.text for one in world.rows(Subscription)] == ["kettles", "bridges"]
    assert confirm(world, last_asked(world), most=3)


def test_what_is_there_already_comes_in_the_rhythm_that_is_confirmed(world: World) -> None:
    subs.subscribe(world.engine, ADA, "kettles", now=world.now, rhythm=Rhythm("daily"))
    for query in ("kettles", " kettles\n"):
        ask(world, query)
        assert confirm(world, last_asked(world))

    assert [one.rhythm for one in world.rows(Subscription)] == ["instant"]


def test_who_wants_new_versions_gets_them_by_the_mail_too(world: World) -> None:
    wanted = opt_in.Wanted("kettles", versions=True)
    for one in (wanted, wanted._replace(query="clocks"), wanted._replace(query="bridges", versions=False)):
        assert opt_in.ask_for_operator(world.engine, PLACE, one, now=world.now, zone_name="UTC")

    assert confirm(world, last_asked(world))

    assert [one.versions for one in world.rows(Subscription)] == [True, True, False]


def test_whoever_asks_anew_on_the_web_keeps_new_versions(world: World) -> None:
    subs.subscribe(world.engine, ADA, "kettles", now=world.now, versions=True)
    ask(world, "kettles")
    assert confirm(world, last_asked(world))

    assert [one.versions for one in world.rows(Subscription)] == [True]


def test_a_name_that_another_query_has_stays_with_it(world: World) -> None:
    subs.subscribe(world.engine, ADA, "clocks", now=world.now, name="mine")
    wanted = opt_in.Wanted("kettles", "mine")
    assert opt_in.ask(world.engine, PLACE, wanted, now=world.now, zone_name="UTC", language="en")

    assert confirm(world, last_asked(world))

    assert [(one.name, one.text) for one in world.rows(Subscription)] == [("mine", "clocks"), ("kettles", "kettles")]


async def test_an_address_that_answers_works_again(world: World) -> None:
    subs.subscribe(world.engine, ADA, "source:hf", now=world.now)
    with writing(world.engine) as session:
        recipient = session.get_one(Recipient, 1)
        recipient.disabled_at, recipient.disabled_reason = world.now, "the mail server says no"
    ask(world, "kettles")
    confirm(world, last_asked(world))

    world.take_in(paper(1))
    await world.deliver()
    assert sorted(one.kind for one in world.channel.sent) == ["alert", "confirm"]


# The operator, and links to what is there ----------------------------------------------------------------------------


def for_operator(world: World, query: str) -> bool:
    return opt_in.ask_for_operator(world.engine, PLACE, Wanted(query), now=world.now, zone_name="UTC")


async def test_what_the_operator_wants_for_an_address_is_one_question(world: World) -> None:
    assert [for_operator(world, query) for query in ("kettles", "bridges", "kettles", "clocks")] == [
        True, True, False, True,
    ]  # fmt: skip
    await world.deliver()
    (sent,) = world.channel.sent
    assert sent.notice
    assert sent.notice.queries == ("kettles", "bridges", "clocks")

    confirm(world, sent.notice.draft)
    assert [one.text for one in world.rows(Subscription)] == ["kettles", "bridges", "clocks"]
    assert for_operator(world, "kettles")  # it was answered: this is another question
    assert len(world.rows(Draft)) == 2


def test_two_processes_of_the_operator_ask_one_question(world: World) -> None:
    answers = at_once(*[lambda: for_operator(world, "kettles")] * 4)

    assert sorted(answers) == [False, False, False, True]
    assert len(world.rows(Message)) == 1


def test_who_is_asked_anew_after_a_week(world: World) -> None:
    assert for_operator(world, "kettles")
    world.wait(days=7)
    assert for_operator(world, "kettles")


async def test_the_operators_word_is_enough(world: World) -> None:
    assert not opt_in.is_proved(world.engine, PLACE)
    opt_in.take_over(world.engine, PLACE, now=world.now, zone_name="UTC")

    assert opt_in.is_proved(world.engine, PLACE)
    assert await world.deliver() == []


async def test_a_link_to_subscriptions_is_mailed_to_known_addresses_only(world: World) -> None:
    subs.subscribe(world.engine, ADA, "source:hf", now=world.now, language="ru")
    ask(world, place="ben@example.org")
    await world.deliver()
    world.channel.sent.clear()

    for place in (PLACE, "ben@example.org", "nobody@example.org"):
        opt_in.ask_manage(world.engine, place, world.now)  # it gives nothing that could differ
    await world.deliver()

    (sent,) = world.channel.sent
    assert (sent.kind, sent.language) == ("manage", "ru")
    assert {one.address for one in world.rows(Recipient)} == {PLACE, "ben@example.org"}


# Forgetting ----------------------------------------------------------------------------------------------------------


def test_an_address_that_never_answered_is_forgotten_after_a_week(world: World) -> None:
    ask(world)
    world.wait(days=7)
    drop_expired(world.engine, world.clock)
    assert len(world.rows(Recipient)) == 1

    world.wait(seconds=1)
    drop_expired(world.engine, world.clock)
    assert [world.rows(table) for table in (Recipient, Person, Draft, Message)] == [[]] * 4


def test_an_address_is_kept_while_a_newer_question_is_open(world: World) -> None:
    ask(world)
    world.wait(days=5)
    ask(world, "kettles")
    number = last_asked(world)
    world.wait(days=5)
    drop_expired(world.engine, world.clock)

    assert confirm(world, number)
    world.wait(days=100)
    drop_expired(world.engine, world.clock)
    assert [one.address for one in world.rows(Recipient)] == [PLACE]
    assert [one.text for one in world.rows(Subscription)] == ["kettles"]


def test_who_has_answered_or_was_never_asked_is_kept(world: World) -> None:
    subs.subscribe(world.engine, ADA, "source:hf", now=world.now, owner=ADA)
    subs.subscribe(world.engine, ("telegram", "1001"), "source:hf", now=world.now, owner=("telegram", "1001"))
    subs.unsubscribe(world.engine, ADA, "source:hf")
    ask(world, place="ben@example.org")
    world.wait(days=400)

    drop_expired(world.engine, world.clock)

    assert [one.address for one in world.rows(Recipient)] == [PLACE, "1001"]
    assert {(one.kind, one.account) for one in world.rows(Person)} == {ADA, ("telegram", "1001")}
