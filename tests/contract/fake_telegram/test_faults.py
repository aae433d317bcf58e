"""Faults of the fake Telegram server as they were ordered, and its limits; what people see of it."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.telegram import TOKEN, Chat, FakeTelegram, Person
from fakes.telegram.faults import Cut
from farside.bot_calls import Clock, ask, library, told
from telegram import Bot
from telegram.error import BadRequest, Forbidden, NetworkError, TimedOut

# Faults and limits.


@pytest.mark.parametrize(
    ("fault", "error", "accepted"),
    [
        ({"status": 403}, Forbidden, 0),
        ({"status": 400, "description": "Bad Request: odd"}, BadRequest, 0),
        ({"status": 500}, NetworkError, 0),
        ({"status": 502}, NetworkError, 0),
        ({"garbage": True}, Exception, 1),
        ({"late": 30}, TimedOut, 1),
        ({"cut": "before"}, NetworkError, 0),
        ({"cut": "after"}, NetworkError, 1),
    ],
)
async def test_ordered_faults(net: FakeTelegram, fault: dict[str, Any], error: type[Exception], accepted: int) -> None:
    chat, other = net.private(net.user()), net.private(net.user())
    ordered = net.fault("sendMessage", chat=chat, **fault)
    async with library(net, timeout=0.2) as bot:
        await bot.send_message(other.id, "x")
        with pytest.raises(error):
            await bot.send_message(chat.id, "x")
        assert (ordered.hits, len(chat.messages)) == (1, accepted)
        await bot.send_message(chat.id, "x")
    assert net.repeats() == ([f"chat {chat.id} got 2 times: 'x'"] if accepted else [])


async def test_connections_are_refused_for_a_while(net: FakeTelegram, bot: Bot) -> None:
    chat = net.private(net.user())
    with net.refusing(), pytest.raises(NetworkError) as error:
        await bot.send_message(chat.id, "x")
    assert type(error.value.__cause__).__name__ == "ConnectError"

    await bot.send_message(chat.id, "y")
    assert [one.text for one in chat.messages] == ["y"]


def test_faults_without_a_socket(api: FakeTelegram, chat: Chat) -> None:
    call = (TOKEN, "sendMessage", {"chat_id": chat.id, "text": "x"})
    api.fault("*", status=429, retry_after=7, times=2)
    for _ in range(2):
        status, body = api.call(*call)
        assert (status, body["parameters"]) == (429, {"retry_after": 7})
    api.fault("sendmessage", cut="before")
    api.fault("sendmessage", late=1)
    api.fault("sendmessage", garbage=True)
    api.fault("sendmessage", times=None, cut="after")
    for error in (Cut, TimeoutError, ValueError, Cut, Cut):
        with pytest.raises(error):
            api.call(*call)
    assert len(chat.messages) == 4


def flood(api: FakeTelegram, chat: Chat, times: int, prefix: str = "") -> list[int]:
    """The waiting times that so many messages are told, 0 for those that pass."""
    answers = [api.call(TOKEN, "sendMessage", {"chat_id": chat.id, "text": f"{prefix}{one}"}) for one in range(times)]
    return [body.get("parameters", {}).get("retry_after", 0) for _, body in answers]


def test_the_real_limits(clock: Clock) -> None:
    with FakeTelegram(clock=clock, real_limits=True, listen=False) as api:
        ada = api.user()
        chat, group = api.private(ada), api.group("Readers", ada)
        assert flood(api, chat, 5) == [0, 0, 0, 1, 1]
        clock.now += 1
        assert flood(api, chat, 2) == [0, 1]
        assert flood(api, group, 21) == [0] * 20 + [60]
        clock.now += 60
        others = [api.private(api.user()) for _ in range(31)]
        assert [flood(api, one, 1)[0] for one in others] == [0] * 30 + [1]
        assert api.violations() == []


def test_violations_are_told(api: FakeTelegram, clock: Clock, ada: Person, chat: Chat) -> None:
    group = api.group("Readers", ada)
    flood(api, chat, 3)
    flood(api, group, 20)
    assert api.violations() == []

    flood(api, chat, 1, "more")
    flood(api, group, 1, "more")
    flood(api, api.channel("Papers", admins=[ada]), 6)

    assert api.violations() == [
        f"chat {chat.id} got more than one message a second (1 too soon)",
        f"chat {group.id} got more than 20 messages a minute (1 too soon)",
        "more than 30 messages a second went out (1 too soon)",
    ]
    assert api.repeats() == []


# The person's side.


def test_waiting_tells_what_there_was(api: FakeTelegram, ada: Person, chat: Chat) -> None:
    chat.say(ada, "/start")
    ask(api, "sendMessage", chat_id=chat.id, text="Hello")
    assert chat.wait(lambda message: "Hello" in message.text).text == "Hello"

    chat.say(ada, "again")

    with pytest.raises(AssertionError, match=r"(?s)no such message came.*Ada: /start.*bot: Hello.*Ada: again"):
        chat.wait(lambda message: "Hello" in message.text, timeout=0)


def test_waiting_sees_edits(api: FakeTelegram, ada: Person, chat: Chat) -> None:
    ask(api, "sendMessage", chat_id=chat.id, text="Searching")
    edit = {"chat_id": chat.id, "message_id": chat.last.id, "text": "Found"}
    timer = threading.Timer(0.05, ask, (api, "editMessageText"), edit)
    timer.start()

    assert chat.wait(lambda message: message.text == "Found").edits == ["Searching"]
    timer.join()


def test_the_pages_for_people(net: FakeTelegram) -> None:
    ada = net.user("Ada <Tester>")
    chat, forum = net.private(ada), net.forum("Readers", ada)
    topic = forum.topic("alerts")
    text = "<b>Papers &amp; more</b>\n<blockquote expandable>🎉 long</blockquote> <a href='https://x.org/'>link</a>"
    markup = {"inline_keyboard": [[{"text": "Undo", "callback_data": "u:<1>"}]]}
    ask(net, "sendMessage", chat_id=chat.id, text=text, parse_mode="HTML", reply_markup=markup)
    with httpx.Client(base_url=net.url(), trust_env=False, follow_redirects=True) as browser:
        assert "Readers" in browser.get("/").text
        shown = browser.get(f"/chat/{chat.id}").text
        for part in ("<b>Papers &amp; more</b>", "<blockquote class=expandable", "Ada &lt;Tester&gt;", "u:&lt;1&gt;"):
            assert part in shown
        assert "&lt;script&gt;x" in browser.post(f"/chat/{chat.id}/say", data={"text": "<script>x"}).text
        browser.post(f"/chat/{chat.id}/say", data={"text": "mine"}, files={"file": ("a.txt", b"abc")})
        browser.post(f"/chat/{chat.id}/tap", data={"message": str(chat.last.id), "data": "u:<1>"})
        browser.post(f"/chat/{forum.id}/say", data={"text": "/list", "topic": str(topic)})
        browser.post(f"/chat/{chat.id}/block")
        assert browser.get("/chat/5").status_code == 404
    kinds = [next(key for key in update if key != "update_id") for update in told(net)]
    assert kinds == ["message", "message", "message", "callback_query", "message", "my_chat_member"]
    assert chat.state == "blocked"


def test_it_starts_by_hand() -> None:
    command = [sys.executable, "-m", "tests.fakes.telegram", "--port", "0"]
    with subprocess.Popen(command, cwd=Path(__file__).parents[3], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        lines = [next(server.stdout) for _ in range(5)]
        facts = dict(line.strip().split("=") for line in lines if "=" in line)
        base, token = facts["PAPERWATCH_TELEGRAM__BASE_URL"], facts["PAPERWATCH_TELEGRAM__TOKEN"]
        assert httpx.get(f"{base}/bot{token}/getMe", trust_env=False).json()["ok"] is True
        server.terminate()
