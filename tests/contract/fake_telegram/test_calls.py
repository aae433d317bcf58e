"""How the fake Telegram server is called, and how it hands out updates; its commands and words."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from fakes.telegram import TOKEN, Chat, FakeTelegram, Person
from farside.bot_calls import FAR, Clock, ask, library, refused, told
from farside.site import Site
from telegram import Bot, BotCommand, BotCommandScopeChat
from telegram.error import Conflict, InvalidToken

# Calls.


@pytest.mark.parametrize("path", ["bot{}/getMe", "bot{}/GETME", "bot{}/test/getme"])
@pytest.mark.parametrize("how", ["GET", "POST"])
def test_a_method_is_found_whatever_its_case(net: FakeTelegram, path: str, how: str) -> None:
    answer = httpx.request(how, f"{net.url()}/{path.format(TOKEN)}", trust_env=False)

    assert answer.json()["result"]["is_bot"] is True
    assert answer.json()["result"]["username"] == "paperwatch_test_bot"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("bot123:wrong/getMe", 401, "Unauthorized"),
        ("botnonsense/getMe", 404, "Not Found"),
        (f"bot{TOKEN}/getNothing", 404, "Not Found: method not found"),
        (f"bot{TOKEN}/", 404, "Not Found"),
        (f"file/bot{TOKEN}/documents/none", 404, "Not Found"),
    ],
)
def test_wrong_addresses(net: FakeTelegram, path: str, status: int, words: str) -> None:
    answer = httpx.get(f"{net.url()}/{path}", trust_env=False)

    assert (answer.status_code, answer.json()) == (
        status,
        {"ok": False, "error_code": status, "description": words},
    )


@pytest.mark.parametrize(
    "request_",
    [
        {"params": {"chat_id": 1, "text": "x", "reply_markup": '{"force_reply": true}'}},
        {"data": {"chat_id": "1", "text": "x", "reply_markup": '{"force_reply": true}'}},
        {"json": {"chat_id": 1, "text": "x", "reply_markup": {"force_reply": True}}},
        {
            "files": {
                "chat_id": (None, "1"),
                "text": (None, "x"),
                "reply_markup": (None, '{"force_reply": true}'),
            }
        },
    ],
)
def test_parameters_come_in_four_ways(net: FakeTelegram, request_: dict[str, Any]) -> None:
    chat = net.private(net.user(id=1))

    answer = httpx.post(f"{net.url()}/bot{TOKEN}/sendMessage", trust_env=False, **request_)

    assert answer.json()["result"]["text"] == chat.last.text == "x"
    assert chat.last.markup == {"force_reply": True}


async def test_the_library_knows_a_wrong_token(net: FakeTelegram) -> None:
    bot = library(net, "1:wrong")
    with pytest.raises(InvalidToken):
        await bot.initialize()
    await bot.shutdown()
    for request in bot._request:
        await request.shutdown()


def test_the_journal_holds_no_token(api: FakeTelegram, chat: Chat) -> None:
    ask(api, "sendMessage", chat_id=chat.id, text=f"my token is {TOKEN}")
    refused(api, "sendMessage", chat_id=1, text="x")

    assert [(call.method, call.status) for call in api.calls] == [("sendMessage", 200), ("sendMessage", 400)]
    assert api.calls[0].parameters["text"] == "my token is TOKEN"
    assert TOKEN not in repr(api.calls[0].parameters) + repr(api)


# Updates.


async def test_updates_are_kept_until_they_are_confirmed(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user("Ada", "ada", "de")
    chat = net.private(ada, started=False)
    chat.say(ada, "/start x")
    chat.say(ada, "two")

    first = await bot.get_updates()
    assert [update.message.text for update in first if update.message] == ["/start x", "two"]
    assert first[0].effective_user
    assert first[0].effective_user.language_code == "de"
    assert first[0].message
    assert [one.type for one in first[0].message.entities] == ["bot_command"]
    assert len(await bot.get_updates(limit=1)) == 1
    assert len(await bot.get_updates(offset=-1)) == 1
    assert len(await bot.get_updates()) == 1
    assert await bot.get_updates(offset=first[-1].update_id + 1) == ()


async def test_a_long_poll_ends_when_something_comes(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    poll = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.to_thread(net.wait_until, lambda: net.updates.poller, 5, lambda: "nobody polls")

    net.private(ada).say(ada, "now")

    assert [update.message.text for update in await poll if update.message] == ["now"]


async def test_a_second_poll_ends_the_first(net: FakeTelegram, bot: Bot) -> None:
    first = asyncio.create_task(bot.get_updates(timeout=10))
    await asyncio.to_thread(net.wait_until, lambda: net.updates.poller, 5, lambda: "nobody polls")

    assert await bot.get_updates(timeout=0) == ()
    with pytest.raises(Conflict, match="terminated by other getUpdates request"):
        await first


def test_updates_grow_too_old(api: FakeTelegram, clock: Clock, ada: Person, chat: Chat) -> None:
    chat.say(ada, "old")
    clock.now += 23 * 3600
    chat.say(ada, "young")
    clock.now += 2 * 3600

    assert [update["message"]["text"] for update in told(api)] == ["young"]


def test_the_allowed_updates_are_remembered(api: FakeTelegram, ada: Person, chat: Chat) -> None:
    ask(api, "getUpdates", allowed_updates='["callback_query"]')
    chat.say(ada, "unheard")
    assert told(api) == []

    ask(api, "getUpdates", allowed_updates=["message"])
    chat.say(ada, "heard")
    assert len(told(api)) == 1


def test_a_webhook_is_pushed_to_in_order_until_it_takes_the_update(site: Site, net: FakeTelegram) -> None:
    ada = net.user()
    chat = net.private(ada)
    site.route("/hook", [(500, {}, b""), (200, {}, b""), (200, {}, b"")])
    ask(net, "setWebhook", url=site.url("/hook"), secret_token="a-secret_1")
    assert refused(net, "getUpdates").startswith("Conflict: can't use getUpdates method while webhook is active")

    chat.say(ada, "one")
    chat.say(ada, "two")

    net.wait_until(lambda: not net.updates.waiting, 5, lambda: "it was not pushed")
    texts = [json.loads(seen.body)["message"]["text"] for seen in site.seen]
    assert texts == ["one", "one", "two"]
    assert {seen.headers["x-telegram-bot-api-secret-token"] for seen in site.seen} == {"a-secret_1"}
    assert ask(net, "getWebhookInfo")["last_error_message"].startswith("Wrong response from the webhook: 500")
    ask(net, "deleteWebhook")
    assert ask(net, "getWebhookInfo")["url"] == ""
    assert told(net) == []


def test_a_webhook_may_answer_with_a_call(site: Site, net: FakeTelegram) -> None:
    ada = net.user()
    chat = net.private(ada)
    reply = {"method": "sendMessage", "chat_id": chat.id, "text": "at once"}
    site.route("/hook", (200, {}, json.dumps(reply).encode()))
    ask(net, "setWebhook", url=site.url("/hook"))

    chat.say(ada, "hello")

    assert chat.wait(lambda message: message.text == "at once").by_bot


@pytest.mark.parametrize(
    ("parameters", "words"),
    [({"url": "https://example.org/"}, "bad webhook"), ({"url": "", "secret_token": "ä"}, "unallowed characters")],
)
def test_webhooks_that_are_refused(api: FakeTelegram, parameters: dict[str, str], words: str) -> None:
    assert words in refused(api, "setWebhook", **parameters)


# Commands and words.


async def test_commands_by_scope_and_language(net: FakeTelegram, bot: Bot) -> None:
    ada, eve = net.user("Ada", language="de"), net.user("Eve", language="en")
    chat = net.private(ada)
    await bot.set_my_commands([BotCommand("help", "Help")])
    await bot.set_my_commands([BotCommand("hilfe", "Hilfe")], language_code="de")
    await bot.set_my_commands([BotCommand("admin", "All")], scope=BotCommandScopeChat(chat.id))

    assert net.commands() == {"help": "Help"}
    assert net.commands("default", "de") == {"hilfe": "Hilfe"}
    assert net.menu(net.private(eve), eve) == {"help": "Help"}
    assert net.menu(chat, ada) == {"admin": "All"}
    await bot.delete_my_commands(scope=BotCommandScopeChat(chat.id))
    assert net.menu(chat, ada) == {"hilfe": "Hilfe"}
    assert [one.command for one in await bot.get_my_commands(language_code="de")] == ["hilfe"]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"commands": [{"command": "Help", "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x" * 33, "description": "x"}]}, "BOT_COMMAND_INVALID"),
        ({"commands": [{"command": "x", "description": ""}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "x", "description": "x" * 257}]}, "BOT_COMMAND_DESCRIPTION_INVALID"),
        ({"commands": [{"command": "x", "description": "x"}] * 101}, "BOT_COMMANDS_TOO_MUCH"),
        ({"commands": [], "language_code": "deu"}, "invalid language code specified"),
        ({"commands": [], "scope": {"type": "nobody"}}, "can't parse BotCommandScope"),
        ({"commands": [], "scope": {"type": "chat", "chat_id": FAR}}, "chat not found"),
    ],
)
def test_commands_that_are_refused(api: FakeTelegram, parameters: dict[str, Any], words: str) -> None:
    assert refused(api, "setMyCommands", **parameters).startswith(f"Bad Request: {words}")


async def test_what_the_bot_says_of_itself(net: FakeTelegram, bot: Bot) -> None:
    await bot.set_my_description("Watches papers")
    await bot.set_my_short_description("Papers")
    await bot.set_my_name("Paper Watch")

    assert (await bot.get_my_description("de")).description == "Watches papers"
    assert (await bot.get_my_name()).name == "Paper Watch"
    assert "too long" in refused(net, "setMyShortDescription", short_description="x" * 121)
    await bot.send_chat_action(net.private(net.user()).id, "typing")
    assert "wrong parameter action" in refused(net, "sendChatAction", chat_id=1, action="sleeping")
    await bot.log_out()
    assert "Logged out" in refused(net, "getMe")
