"""A mail address becomes one of a chat by the code that was mailed there; on SQLite and on PostgreSQL."""

from datetime import timedelta

import pytest
from farside.at_once import at_once
from farside.world import World, paper

from bot import opt_in, own_data, recipients
from bot import subscriptions as subs
from bot.models import Draft, Message, Person, Recipient, Subscription
from bot.opt_in import Wanted
from bot.store.engine import Engine, reading, writing
from bot.store.people import OPERATOR, everything_of, find_person, save_paper

PLACE = "ada@example.org"
MAIL = "email", PLACE
ADA, BEN = ("telegram", "1001"), ("telegram", "1002")


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine, name="email")


async def mailed_code(world: World, owner: tuple[str, str] = ADA) -> str:
    """The code that comes by mail."""
    assert opt_in.ask_code(world.engine, PLACE, owner[1], now=world.now, zone_name="UTC", language="en")
    await world.deliver()
    notice = [one.notice for one in world.channel.sent if one.kind == "code"][-1]
    assert notice
    assert notice.code.isdecimal()
    assert len(notice.code) == 6
    return notice.code


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06}"


def check(world: World, typed: str, owner: tuple[str, str] = ADA) -> str:
    return opt_in.check_code(world.engine, PLACE, owner, typed, world.now)


def owner(world: World) -> tuple[str, str]:
    return recipients.owner_of(world.engine, MAIL)


async def test_the_right_code_gives_the_address_once(world: World) -> None:
    code = await mailed_code(world)
    assert not opt_in.is_proved(world.engine, PLACE)

    assert check(world, code) == "right"

    assert owner(world) == ADA
    assert opt_in.is_proved(world.engine, PLACE)
    assert [one.address for one in recipients.mail_addresses(world.engine, ADA)] == [PLACE]
    assert [(one.kind, one.account) for one in world.rows(Person)] == [ADA]
    assert check(world, code) == "over"


@pytest.mark.parametrize("typed", ["", "000", "１２３４５６", "12345\u0000", "x" * 10_000, "\N{SNOWMAN}"])
async def test_what_is_no_code_is_wrong(world: World, typed: str) -> None:
    await mailed_code(world)

    assert check(world, typed) == "wrong"
    assert owner(world) == MAIL


async def test_a_code_may_be_tried_five_times(world: World) -> None:
    code = await mailed_code(world)
    assert [check(world, wrong(code)) for _ in range(4)] == ["wrong"] * 4
    assert check(world, code) == "right"

    code = await mailed_code(world)
    assert [check(world, wrong(code)) for _ in range(6)] == ["wrong"] * 5 + ["over"]
    assert check(world, code) == "over"
    assert check(world, await mailed_code(world)) == "right"  # a new one has its own tries


async def test_who_types_codes_at_the_same_time_has_no_more_tries(world: World) -> None:
    code = await mailed_code(world)

    answers = at_once(*[lambda: check(world, wrong(code))] * 12)

    assert sorted(answers) == ["over"] * 7 + ["wrong"] * 5


async def test_a_code_is_good_for_an_hour(world: World) -> None:
    code = await mailed_code(world)
    world.wait(hours=1, seconds=-1)
    assert check(world, wrong(code)) == "wrong"

    world.wait(seconds=1)
    assert check(world, code) == "over"
    assert not opt_in.is_proved(world.engine, PLACE)


async def test_only_the_last_code_is_good(world: World) -> None:
    first, second = await mailed_code(world), await mailed_code(world)
    while first == second:  # one in a million
        world.wait(days=1)
        second = await mailed_code(world)

    assert [check(world, first), check(world, second)] == ["wrong", "right"]


async def test_the_code_of_one_account_is_none_of_another(world: World) -> None:
    code = await mailed_code(world, ADA)
    assert check(world, code, BEN) == "over"

    await mailed_code(world, BEN)
    assert [check(world, wrong(code), BEN) for _ in range(6)][-1] == "over"
    assert check(world, code, ADA) == "right"  # another's mistakes are not counted


async def test_the_address_of_another_chat_is_refused(world: World) -> None:
    assert check(world, await mailed_code(world)) == "right"
    subs.subscribe(world.engine, MAIL, "source:hf", now=world.now)
    code = await mailed_code(world, BEN)

    with pytest.raises(ValueError, match="belongs to another chat"):
        check(world, code, BEN)

    assert owner(world) == ADA
    assert find(world, BEN) is None
    subs.unsubscribe(world.engine, MAIL)
    assert check(world, code, BEN) == "over"  # which was forgotten with the address
    assert check(world, await mailed_code(world, BEN), BEN) == "right"


def find(world: World, who: tuple[str, str]) -> Person | None:
    with reading(world.engine) as session:
        return find_person(session, *who)


async def test_an_address_that_was_its_own_comes_with_its_subscriptions(world: World) -> None:
    opt_in.ask(world.engine, PLACE, Wanted("source:hf"), now=world.now, zone_name="UTC", language="en")
    opt_in.confirm(world.engine, world.rows(Draft)[-1].id, most=None, now=world.now)
    assert owner(world) == MAIL
    subs.subscribe(world.engine, ADA, "kettles", now=world.now, owner=ADA)

    assert check(world, await mailed_code(world)) == "right"

    assert owner(world) == ADA
    assert find(world, MAIL) is None
    assert {one.text for one in world.rows(Subscription)} == {"source:hf", "kettles"}
    world.take_in(paper(1))
    await world.deliver()
    assert world.channel.sent[-1].kind == "alert"


async def test_an_address_that_the_operator_named_comes_with_its_subscriptions(world: World) -> None:
    subs.subscribe(world.engine, MAIL, "source:hf", now=world.now)
    subs.subscribe(world.engine, ("webhook", "https://example.org/"), "kettles", now=world.now)
    world.take_in(paper(1))
    with writing(world.engine) as session:
        person = find_person(session, *OPERATOR)
        assert person
        save_paper(session, person.id or 0, 1, world.now)

    assert check(world, await mailed_code(world)) == "right"

    assert owner(world) == ADA
    operator = find(world, OPERATOR)
    assert operator
    with reading(world.engine) as session:
        kept = everything_of(session, operator.id or 0)
    assert ([one["channel"] for one in kept["recipients"]], len(kept["saved"])) == (["webhook"], 1)


async def test_an_address_that_was_disabled_works_again(world: World) -> None:
    subs.subscribe(world.engine, MAIL, "source:hf", now=world.now)
    with writing(world.engine) as session:
        recipient = session.get_one(Recipient, 1)
        recipient.disabled_at, recipient.disabled_reason = world.now - timedelta(days=1), "no such user"

    assert check(world, await mailed_code(world)) == "right"
    world.take_in(paper(1))
    await world.deliver()
    assert [one.kind for one in world.channel.sent] == ["code", "alert"]


async def test_nothing_is_remembered_of_an_address_that_is_given_up(world: World) -> None:
    for give_up in (lambda: subs.unsubscribe(world.engine, MAIL), lambda: own_data.forget(world.engine, ADA)):
        assert check(world, await mailed_code(world)) == "right"
        await mailed_code(world)
        opt_in.ask(world.engine, PLACE, Wanted("kettles"), now=world.now, zone_name="UTC", language="en")
        opt_in.ask(world.engine, "ben@example.org", Wanted("x"), now=world.now, zone_name="UTC", language="en")
        assert {one.account for one in world.rows(Draft)} == {PLACE, "ben@example.org"}

        give_up()

        assert {one.account for one in world.rows(Draft)} == {"ben@example.org"}
        assert {one.address for one in world.rows(Recipient)} == {"ben@example.org"}
        assert {one.kind for one in world.rows(Message)} == {"confirm"}
