"""Mails for those who have a chat: the address, the code, the subscriptions; on both databases."""

import json
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
from farside.talking import Talking
from farside.world import Remembering, World, paper
from sqlalchemy import Engine

from bot import own_data, recipients
from bot import subscriptions as subs
from bot.chat.heard import Place, Who
from bot.deliver import deliver_once

MAIL = {"smtp_url": "smtp://127.0.0.1:1", "from": "alerts@papers.test"}
ADDRESS = ("email", "ada@example.org")


@pytest.fixture
def world(engine: Engine) -> World:
    world = World(engine)
    world.take_in(*(paper(number) for number in range(1, 9)), alert=False)
    return world


@pytest.fixture
def ada(world: World) -> Talking:
    return Talking(world.engine, email=MAIL)


async def mailed(ada: Talking) -> list[str]:
    """The codes that are mailed now."""
    channel = Remembering()
    while await deliver_once(ada.engine, {"email": channel}, clock=lambda: ada.now, random=Random(7)):
        pass
    return [one.notice.code for one in channel.sent if one.notice]


async def proved(ada: Talking, address: str = "Ada@Example.org") -> str:
    """What is said when the code was typed that was mailed to the address."""
    assert "A code is on its way" in (await ada.say(f"/email {address}")).text
    (code,) = await mailed(ada)
    return (await ada.say(f" {code[:3]} {code[3:]} ")).text


async def test_a_code_proves_an_address_and_the_chat_goes_there_too(ada: Talking) -> None:
    await ada.say("/settings")
    await ada.tap((await ada.say("/sub invented")).data("Save"))
    await ada.tap((await ada.say("/sub results")).data("Save"))

    shown = await proved(ada)
    assert "ada@example.org: 0 subscriptions" in shown
    (copied,) = await ada.tap(ada.shown[-1].data("Once a day"))

    assert copied.text == "2 subscriptions come by mail now."
    there = subs.list_all(ada.engine, ADDRESS)
    assert [(one.subscription.text, one.subscription.rhythm) for one in there] == [
        ("invented", "daily"), ("results", "daily"),
    ]  # fmt: skip
    assert "ada@example.org: 2 subscriptions" in (await ada.say("/email")).text
    again = await ada.tap(ada.shown[-1].data("As they are"))
    assert again[0].text.startswith("0 subscriptions come by mail now. 2 were there already.")


async def test_wrong_codes_are_no_use_and_five_of_them_end_it(ada: Talking) -> None:
    await ada.say("/email ada@example.org")
    (code,) = await mailed(ada)
    wrong = f"{(int(code) + 1) % 1_000_000:06}"

    said = [(await ada.say(wrong)).text for _ in range(6)]

    assert [one.startswith("That is not the code") for one in said] == [True] * 5 + [False]
    assert "not good any more" in said[5]
    assert recipients.mail_addresses(ada.engine, ("telegram", "1001")) == []


async def test_a_code_of_an_hour_ago_is_not_good(ada: Talking) -> None:
    await ada.say("/email ada@example.org")
    (code,) = await mailed(ada)
    ada.now += timedelta(minutes=61)

    assert "in the last 30 days" in (await ada.say(code)).text  # nobody asks for it any more: it is a query
    assert recipients.mail_addresses(ada.engine, ("telegram", "1001")) == []


async def test_an_address_gets_three_codes_a_day(ada: Talking) -> None:
    said = [(await ada.say("/email ada@example.org")).text for _ in range(4)]

    assert "enough mails today" in said[3]
    assert len(await mailed(ada)) == 3
    ada.now += timedelta(days=1)
    assert "A code is on its way" in (await ada.say("/email ada@example.org")).text


async def test_an_address_that_another_chat_proved_stays_there(ada: Talking) -> None:
    await proved(ada)
    ben = replace(ada, place=Place(1002), who=Who(1002, "Ben"))

    assert "belongs to another chat already" in await proved(ben)
    assert len(recipients.mail_addresses(ada.engine, ("telegram", "1001"))) == 1


async def test_buttons_of_another_one_s_address_do_nothing(ada: Talking) -> None:
    await ada.tap((await ada.say("/sub invented")).data("Save"))
    await proved(ada)
    ends = ada.shown[-1].data("No more mails")
    ben = replace(ada, place=Place(1002), who=Who(1002, "Ben"), toasts=[])

    assert await ben.tap(ends) == []
    assert ben.toasts == ["That address is not yours any more."]
    assert "nothing is kept of it" in (await ada.tap(ends))[0].text
    assert recipients.find(ada.engine, ADDRESS) is None
    assert len(subs.list_all(ada.engine, ("telegram", "1001"))) == 1


async def test_whoever_is_forgotten_leaves_no_address_behind(ada: Talking) -> None:
    await proved(ada)

    await ada.tap((await ada.say("/forget")).data("Erase"))

    assert recipients.find(ada.engine, ADDRESS) is None


@pytest.mark.parametrize("address", ["ada", "ada@example.org, ben@example.org", "<b>@x", "ada@example.org\nben@x.org"])
async def test_what_is_no_address_is_asked_again(ada: Talking, address: str) -> None:
    await ada.say("/email")

    assert "mail address" in (await ada.say(address)).text
    assert "A code is on its way" in (await ada.say("ada@example.org")).text


async def test_groups_and_bots_without_mail_say_so(ada: Talking) -> None:
    group = replace(ada, place=Place(-100500, "supergroup"), admins={(-100500, 1001)})

    assert "in private" in (await group.say("/email ada@example.org")).text
    assert "No mails are sent" in (await Talking(ada.engine).say("/email")).text


async def test_a_subscription_keeps_its_day_and_versions_on_its_way_into_mails_and_files(ada: Talking) -> None:
    chat = ("telegram", "1001")
    await ada.tap((await ada.say("/sub invented")).data("Save"))
    subs.edit(
        ada.engine, chat, "invented", now=ada.now, rhythm="weekly", at="07:30", weekday_name="friday", versions=True
    )
    recipients.change_settings(ada.engine, chat, now=ada.now, weekday_name="sunday")

    await proved(ada)
    await ada.tap(ada.shown[-1].data("As they are"))

    (there,) = subs.list_all(ada.engine, ADDRESS)
    assert (there.subscription.rhythm, there.subscription.at, there.subscription.weekday) == ("weekly", "07:30", 4)
    assert there.subscription.versions
    assert there.recipient.digest_weekday == 6
    exported = json.dumps(own_data.export(ada.engine, ("telegram", "1001")))
    assert {(one.weekday, one.versions) for one in own_data.read_import(exported, 10).good} == {("friday", True)}
