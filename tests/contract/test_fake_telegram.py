"""The fake Telegram server: through python-telegram-bot as the product uses it, and bare where the library cannot."""

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.telegram import GROUP_ANONYMOUS_BOT, TOKEN, Chat, FakeTelegram, Person, Upload
from fakes.telegram.entities import finish
from fakes.telegram.faults import Cut
from fakes.telegram.parse import ParseError, parse_html
from farside.site import Site
from telegram import (
    Bot,
    BotCommand,
    BotCommandScopeChat,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    InlineQueryResultArticle,
    InputTextMessageContent,
)
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, NetworkError, TimedOut
from telegram.request import HTTPXRequest

FAR = 4_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api(clock: Clock) -> Iterator[FakeTelegram]:
    """Without a socket."""
    with FakeTelegram(clock=clock, listen=False) as api:
        yield api


@pytest.fixture
def net(clock: Clock) -> Iterator[FakeTelegram]:
    """With a socket."""
    with FakeTelegram(clock=clock) as api:
        yield api


@pytest.fixture
def ada(api: FakeTelegram) -> Person:
    return api.user("Ada", "ada", "de")


@pytest.fixture
def chat(api: FakeTelegram, ada: Person) -> Chat:
    return api.private(ada)


@pytest.fixture
async def bot(net: FakeTelegram) -> AsyncIterator[Bot]:
    async with library(net) as bot:
        yield bot


def library(api: FakeTelegram, token: str = TOKEN, timeout: float = 3) -> Bot:
    requests = [
        HTTPXRequest(connection_pool_size=4, read_timeout=timeout, httpx_kwargs={"trust_env": False}) for _ in "ab"
    ]
    return Bot(
        token,
        base_url=f"{api.url()}/bot",
        base_file_url=f"{api.url()}/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
    )


def ask(api: FakeTelegram, method: str, **parameters: Any) -> Any:
    """The result of a call that must be accepted."""
    status, body = api.call(TOKEN, method, parameters)
    assert status == 200, body
    return body["result"]


def refused(api: FakeTelegram, method: str, **parameters: Any) -> str:
    """The words of a call that must be refused."""
    status, body = api.call(TOKEN, method, parameters)
    assert (body["ok"], body["error_code"]) == (False, status), body
    return str(body["description"])


def told(api: FakeTelegram) -> list[dict[str, Any]]:
    """The updates that wait, which are taken."""
    updates = ask(api, "getUpdates")
    if updates:
        ask(api, "getUpdates", offset=updates[-1]["update_id"] + 1)
    return list(updates)


def entities(text: str, *, html: bool = True) -> list[tuple[Any, ...]]:
    shown, found = finish(*parse_html(text)) if html else finish(text, [])
    del shown
    return [tuple(one.values()) for one in found]


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


# Texts.


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("plain", "plain", []),
        ("<b>x</b><STRONG>y</STRONG>", "xy", [("bold", 0, 1), ("bold", 1, 1)]),
        ("🎉 <i>x</i>", "🎉 x", [("italic", 3, 1)]),
        ("<u>a</u><ins>b</ins><s>c</s><strike>d</strike><del>e</del>", "abcde",
         [("underline", 0, 1), ("underline", 1, 1), ("strikethrough", 2, 1), ("strikethrough", 3, 1),
          ("strikethrough", 4, 1)]),
        ('<span class="tg-spoiler">x</span><tg-spoiler>y</tg-spoiler>', "xy", [("spoiler", 0, 1), ("spoiler", 1, 1)]),
        ("<a href='https://x.org/?a=1&amp;b=2'>x</a>", "x", [("text_link", 0, 1, "https://x.org/?a=1&b=2")]),
        ("<a href=\"x.org\">x</a>", "x", [("text_link", 0, 1, "http://x.org/")]),
        ("<a href='nonsense'>x</a><a href='javascript:x()'>y</a>", "xy", []),
        ("<a href='tg://user?id=1'>x</a>", "x",
         [("text_mention", 0, 1, {"id": 1, "is_bot": False, "first_name": "Somebody"})]),
        ("<code>x</code><pre>y</pre>", "xy", [("code", 0, 1), ("pre", 1, 1)]),
        ('<pre><code class="language-python">y</code></pre>', "y", [("pre", 0, 1, "python")]),
        ("<blockquote>x</blockquote><blockquote expandable>y</blockquote>", "xy",
         [("blockquote", 0, 1), ("expandable_blockquote", 1, 1)]),
        ("<tg-emoji emoji-id='5'>👍</tg-emoji>", "👍", [("custom_emoji", 0, 2, "5")]),
        ("&lt;&gt;&amp;&quot;&#39;&#x27; &apos; &nbsp; &foo; &lt", "<>&\"'' &apos; &nbsp; &foo; <", []),
        ("<b>x</>", "x", [("bold", 0, 1)]),
        ("<b></b>x", "x", []),
        ("<b><code>x</code> y</b>", "x y", [("code", 0, 1), ("bold", 1, 2)]),
        ("<b ><i>x</i></b >", "x", [("italic", 0, 1), ("bold", 0, 1)]),
        ("  <b> x </b>  ", "x", [("bold", 0, 1)]),
    ],
)  # fmt: skip
def test_markup_becomes_entities(source: str, text: str, found: list[tuple[Any, ...]]) -> None:
    assert finish(*parse_html(source))[0] == text
    assert entities(source) == found


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("<p>x</p>", 'Unsupported start tag "p" at byte offset 0'),
        ("ä<br/>", 'Unsupported start tag "br/" at byte offset 2'),
        ("a < b", 'Unsupported start tag "" at byte offset 2'),
        ("a <b", "Unclosed start tag at byte offset 2"),
        ("<b>x", "Can't find end tag corresponding to start tag \"b\""),
        ("x</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<a href=x_y>z</a>", "Unexpected end of name token at byte offset 8"),
        ("<a ='x'>z</a>", 'Empty attribute name in the tag "a" at byte offset 0'),
        ("<a href='x", "Unclosed start tag at byte offset 0"),
        ("<span class='x'>y</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
        ("<tg-emoji emoji-id='x'>y</tg-emoji>", "Invalid custom emoji identifier specified"),
        ("<blockquote>a<blockquote>b</blockquote></blockquote>", 'Tag "blockquote" must not be nested at byte'),
        ("&#xd800;", "Text contains invalid Unicode characters"),
    ],
)  # fmt: skip
def test_markup_that_is_refused(source: str, words: str) -> None:
    with pytest.raises(ParseError) as error:
        parse_html(source)

    assert str(error.value).startswith(words)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("see https://x.org/a?b=c.", [("url", 4, 19)]),
        ("see arxiv.org, or (www.x.ai/y)", [("url", 4, 9), ("url", 19, 10)]),
        ("a.b and 3.14 and e.g. this", []),
        ("hello @ada_x and a@b", [("mention", 6, 6)]),
        ("#tag #1 x#y", [("hashtag", 0, 4)]),
        ("/start and a/b and /a/b and /x@some_bot", [("bot_command", 0, 6), ("bot_command", 28, 11)]),
        ("write to ada@example.org", [("email", 9, 15)]),
        ("https:\u200b//x \u200b@ada \u200b/x", [("mention", 12, 4), ("bot_command", 18, 2)]),
        ("@\u200bada #\u200btag /\u200bx https://\u200bx.\u200borg", []),
    ],
)
def test_telegram_finds_things_in_plain_text(text: str, found: list[tuple[Any, ...]]) -> None:
    assert entities(text, html=False) == found


def test_nothing_is_found_inside_links_and_code() -> None:
    assert [one[0] for one in entities("<a href='https://x.org'>@ada y.org</a> <code>/x #y</code> <b>#z</b>")] == [
        "text_link",
        "code",
        "bold",
        "hashtag",
    ]


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"text": ""}, "message text is empty"),
        ({"text": " \n "}, "message text is empty"),
        ({"text": "<b> </b>", "parse_mode": "HTML"}, "message text is empty"),
        ({"text": "🎉" * 4097}, "message is too long"),
        ({"text": "x" * 32_769}, "text is too long"),
        ({"text": "<p>", "parse_mode": "HTML"}, 'can\'t parse entities: Unsupported start tag "p" at byte offset 0'),
        ({"text": "x", "parse_mode": "MarkdownV2"}, "unsupported parse_mode"),
        ({"text": "x", "chat_id": ""}, "chat_id is empty"),
        ({"text": "x", "chat_id": 999}, "chat not found"),
        ({"text": "x", "chat_id": "@nobody"}, "chat not found"),
        ({"text": "x", "reply_to_message_id": 99}, "message to be replied not found"),
        ({"text": "x", "reply_parameters": '{"message_id": 99}'}, "message to be replied not found"),
        ({"text": "x", "message_thread_id": 99}, "message thread not found"),
        ({"text": "x", "reply_markup": "{"}, "can't parse reply keyboard markup JSON object"),
        ({"text": "x", "entities": [{"type": "bold", "offset": 0, "length": 5}]}, "entity beginning at UTF-16"),
    ],
)  # fmt: skip
def test_messages_that_are_refused(api: FakeTelegram, chat: Chat, parameters: dict[str, Any], words: str) -> None:
    assert refused(api, "sendMessage", **{"chat_id": chat.id, **parameters}).startswith(f"Bad Request: {words}")
    assert chat.messages == []


def test_a_message_may_be_as_long_as_it_may(api: FakeTelegram, chat: Chat) -> None:
    text = "<b>" + "🎉" * 4096 + "</b>"
    sent = ask(api, "sendMessage", chat_id=chat.id, text=text, parse_mode="HTML")
    assert sent["text"] == "🎉" * 4096
    assert sent["entities"] == [{"type": "bold", "offset": 0, "length": 8192}]
    assert chat.last.html == text

    lenient = {"message_id": 99, "allow_sending_without_reply": True}
    ask(api, "sendMessage", chat_id=chat.id, text="x", reply_parameters=lenient)
    ask(api, "sendMessage", chat_id=chat.id, text="y", reply_to_message_id=chat.last.id, disable_notification=True)
    assert chat.last.silent
    assert chat.last.reply_to is chat.messages[-2]


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "x", "callback_data": ""}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": "ä" * 33}, "BUTTON_DATA_INVALID"),
        ({"text": "x", "url": "ftp://x.org"}, "inline keyboard button URL 'ftp://x.org' is invalid: Unsupported URL"),
        (
            {"text": "x", "url": "https://nowhere"},
            "inline keyboard button URL 'https://nowhere' is invalid: Wrong HTTP",
        ),
        ({"text": "x"}, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard"),
        ({"text": "", "callback_data": "x"}, "can't parse inline keyboard button"),
        ("x", "can't parse inline keyboard button"),
    ],
)
def test_buttons_that_are_refused(api: FakeTelegram, chat: Chat, button: Any, words: str) -> None:
    markup = {"inline_keyboard": [[button]]}

    assert f"Bad Request: {words}" in refused(api, "sendMessage", chat_id=chat.id, text="x", reply_markup=markup)


@pytest.mark.parametrize("url", ["https://x.org", "http://x.org/a", "tg://resolve?domain=x", "x.org"])
def test_addresses_of_buttons(api: FakeTelegram, chat: Chat, url: str) -> None:
    markup = {"inline_keyboard": [[{"text": "x", "url": url}], [{"text": "y", "callback_data": "ä" * 32}]]}

    sent = ask(api, "sendMessage", chat_id=chat.id, text="x", reply_markup=json.dumps(markup))

    assert sent["reply_markup"] == markup
    assert chat.last.buttons == [[("x", url)], [("y", "ä" * 32)]]


def test_the_reply_keyboard_is_shown_and_taken_away(api: FakeTelegram, ada: Person, chat: Chat) -> None:
    keys = [["Europe/Berlin", {"text": "My place", "request_location": True}]]
    ask(api, "sendMessage", chat_id=chat.id, text="Where?", reply_markup={"keyboard": keys})
    assert chat.keyboard == [["Europe/Berlin", "My place"]]

    chat.press(ada, "Europe/Berlin")
    chat.press(ada, "My place", lat=1.5, lon=2.5)
    messages = [update["message"] for update in told(api)]
    assert messages[0]["text"] == "Europe/Berlin"
    assert messages[1]["location"] == {"latitude": 1.5, "longitude": 2.5}

    ask(api, "sendMessage", chat_id=chat.id, text="Thanks", reply_markup={"remove_keyboard": True})
    assert chat.keyboard == []


async def test_edits_and_deletions(net: FakeTelegram, bot: Bot, clock: Clock) -> None:
    ada = net.user()
    chat = net.private(ada)
    sent = await bot.send_message(chat.id, "<b>one</b>", parse_mode="HTML")
    with pytest.raises(BadRequest, match=r"(?i)message is not modified"):
        await sent.edit_text("<b>one</b>", parse_mode="HTML")
    markup = InlineKeyboardMarkup([[InlineKeyboardButton("x", callback_data="x")]])

    await sent.edit_text("two", reply_markup=markup)
    await sent.edit_reply_markup(None)

    assert (chat.last.text, chat.last.entities, chat.last.edits, chat.last.buttons) == ("two", [], ["one"], [])
    theirs = chat.say(ada, "hello")
    for call, words in (
        (bot.edit_message_text("x", chat.id, 999), "message to edit not found"),
        (bot.edit_message_text("x", chat.id, theirs.id), "message can't be edited"),
        (bot.delete_message(chat.id, 999), "message to delete not found"),
    ):
        with pytest.raises(BadRequest, match=f"(?i){words}"):
            await call
    await bot.delete_message(chat.id, theirs.id)
    clock.now += 49 * 3600
    with pytest.raises(BadRequest, match=r"(?i)message can't be deleted for everyone"):
        await sent.delete()


def test_a_rich_message_is_kept_as_it_came(api: FakeTelegram, chat: Chat) -> None:
    rich = {"html": "<h1>Papers</h1>"}
    assert ask(api, "sendRichMessage", chat_id=chat.id, rich_message=json.dumps(rich))["rich_message"] == rich
    assert chat.last.rich == rich
    assert "exactly one" in refused(api, "sendRichMessage", chat_id=chat.id, rich_message="{}")


# Files.


async def test_files_go_both_ways(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    chat = net.private(ada)
    sent = await bot.send_document(
        chat.id, b"bytes \0\xff", filename="list.csv", caption="<i>mine</i>", parse_mode="HTML"
    )
    assert sent.document
    assert sent.document.file_name == "list.csv"
    assert (chat.last.document, chat.last.text) == (Upload("list.csv", b"bytes \0\xff", "text/csv"), "mine")
    await bot.send_document(chat.id, sent.document.file_id)
    assert chat.last.document
    assert chat.last.document.data == b"bytes \0\xff"
    photo = await bot.send_photo(chat.id, b"not really a picture")
    assert photo.photo

    chat.send_file(ada, "export.html", b"<p>hers</p>", caption="here")
    (update,) = await bot.get_updates()

    assert update.message
    assert update.message.document
    assert update.message.caption == "here"
    file = await bot.get_file(update.message.document)
    assert bytes(await file.download_as_bytearray()) == b"<p>hers</p>"


@pytest.mark.parametrize(
    ("method", "parameters", "words"),
    [
        ("sendDocument", {}, "there is no document in the request"),
        ("sendDocument", {"document": Upload("x", b"")}, "file must be non-empty"),
        ("sendDocument", {"document": b"x", "caption": "x" * 1025}, "message caption is too long"),
        ("sendPhoto", {"photo": "unknown"}, "wrong file identifier/HTTP URL specified"),
        ("getFile", {"file_id": "unknown"}, "wrong file identifier/HTTP URL specified"),
    ],
)
def test_files_that_are_refused(
    api: FakeTelegram, chat: Chat, method: str, parameters: dict[str, Any], words: str
) -> None:
    assert refused(api, method, chat_id=chat.id, **parameters) == f"Bad Request: {words}"


# Taps and inline queries.


async def test_a_tap_is_answered(net: FakeTelegram, bot: Bot, clock: Clock) -> None:
    ada = net.user()
    chat = net.private(ada)
    markup = [[{"text": "Undo it", "callback_data": "u:1"}, {"text": "Site", "url": "https://x.org"}]]
    ask(net, "sendMessage", chat_id=chat.id, text="Saved", reply_markup={"inline_keyboard": markup})

    tap = chat.tap(ada, chat.last, "Undo")
    assert net.violations() == [f"the tap on 'u:1' in chat {chat.id} was not answered"]
    (update,) = await bot.get_updates()
    assert update.callback_query
    assert update.callback_query.data == "u:1"
    await update.callback_query.answer("Undone")

    assert (tap.answer, tap.alert) == ("Undone", False)
    assert net.violations() == []
    for label in ("Site", "Nothing"):
        with pytest.raises(AssertionError, match=r"is a link|0 buttons"):
            chat.tap(ada, chat.last, label)
    clock.now += 16 * 60
    with pytest.raises(BadRequest, match=r"(?i)query is too old and response timeout expired or query id is invalid"):
        await update.callback_query.answer()
    assert "query is too old" in refused(net, "answerCallbackQuery", callback_query_id="1")


async def test_an_inline_query_is_answered(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    asked = asyncio.create_task(asyncio.to_thread(ada.inline, "trees", "50"))
    (update,) = await bot.get_updates(timeout=5)
    assert update.inline_query
    assert (update.inline_query.query, update.inline_query.offset) == ("trees", "50")
    content = InputTextMessageContent("<b>Trees</b>", parse_mode="HTML")
    await update.inline_query.answer([InlineQueryResultArticle("1", "Trees", content)], cache_time=0, next_offset="100")

    answer = await asked

    assert (answer[0]["title"], answer.next_offset, answer.cache_time) == ("Trees", "100", 0)
    posted = net.private(ada).choose(ada, answer)
    assert (posted.text, posted.entities) == ("Trees", [{"type": "bold", "offset": 0, "length": 5}])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"results": [{}]}, "can't parse inline query result"),
        ({"results": 51}, "RESULTS_TOO_MUCH"),
        ({"results": [{"id": "x" * 65}]}, "RESULT_ID_INVALID"),
        ({"results": [{"id": ""}]}, "RESULT_ID_INVALID"),
        ({"results": [{"id": "a"}, {"id": "a"}]}, "RESULT_ID_DUPLICATE"),
        ({"next_offset": "ä" * 33}, "NEXT_OFFSET_INVALID"),
        ({"results": [{"id": "a", "input_message_content": {"message_text": ""}}]}, "message text is empty"),
        ({"results": [{"id": "a", "input_message_content": {"message_text": "<p>", "parse_mode": "HTML"}}]},
         "can't parse entities"),
        ({"inline_query_id": "1"}, "query is too old"),
    ],
)  # fmt: skip
def test_inline_answers_that_are_refused(api: FakeTelegram, ada: Person, change: dict[str, Any], words: str) -> None:
    thread = threading.Thread(target=ada.inline, args=("q",))
    thread.start()
    (update,) = ask(api, "getUpdates", timeout=5)
    article = {"type": "article", "title": "t", "input_message_content": {"message_text": "x"}}
    results = change.get("results", [{"id": "a"}])
    results = [{"id": str(one)} for one in range(results)] if isinstance(results, int) else results
    results = [article | one if one else one for one in results]

    call = {"inline_query_id": update["inline_query"]["id"], **change, "results": json.dumps(results)}
    assert refused(api, "answerInlineQuery", **call).startswith(f"Bad Request: {words}")
    ask(api, "answerInlineQuery", inline_query_id=update["inline_query"]["id"], results="[]")
    thread.join()


# Chats.


@pytest.mark.parametrize(
    ("state", "status", "words"),
    [
        ("blocked", 403, "Forbidden: bot was blocked by the user"),
        ("deactivated", 403, "Forbidden: user is deactivated"),
        ("never_started", 403, "Forbidden: bot can't initiate conversation with a user"),
        ("kicked", 403, "Forbidden: bot was kicked from the private chat"),
    ],
)
def test_people_who_cannot_be_written_to(api: FakeTelegram, chat: Chat, state: str, status: int, words: str) -> None:
    chat.set_state(state)

    answer, body = api.call(TOKEN, "sendMessage", {"chat_id": chat.id, "text": "x"})

    assert (answer, body["description"]) == (status, words)
    assert api.violations() == []
    refused(api, "sendMessage", chat_id=chat.id, text="again")
    assert api.violations() == [f"chat {chat.id} was written to again after: {words}"]


async def test_groups_that_cannot_be_written_to(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    group, forum, channel = net.group("G", ada), net.forum("F", ada), net.channel("C", "papers", [ada])
    for act, chat, words in (
        (group.kick, group, "bot was kicked from the group chat"),
        (forum.kick, forum, "bot was kicked from the supergroup chat"),
        (partial(forum.set_bot, "left"), forum, "bot is not a member of the supergroup chat"),
        (partial(channel.set_bot, "left"), channel, "bot is not a member of the channel chat"),
        (group.delete, group, "the group chat was deleted"),
    ):
        act()
        with pytest.raises(Forbidden, match=words):
            await bot.send_message(chat.id, "x")
    channel.set_bot("administrator", can_post_messages=False)
    with pytest.raises(BadRequest, match=r"(?i)need administrator rights in the channel chat"):
        await bot.send_message("@papers", "x")


async def test_blocking_and_unblocking_is_told(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    chat = net.private(ada)
    chat.block(ada)
    chat.unblock(ada)

    changes = [update.my_chat_member for update in await bot.get_updates()]

    assert [(one.old_chat_member.status, one.new_chat_member.status) for one in changes if one] == [
        ("member", "kicked"),
        ("kicked", "member"),
    ]
    await bot.send_message(chat.id, "welcome back")


async def test_a_group_migrates(net: FakeTelegram, bot: Bot) -> None:
    group = net.group("Readers", net.user())

    new = group.migrate()

    with pytest.raises(ChatMigrated) as error:
        await bot.send_message(group.id, "x")
    assert error.value.new_chat_id == new.id
    messages = [update.message for update in await bot.get_updates()]
    assert [(one.chat.id, one.migrate_to_chat_id, one.migrate_from_chat_id) for one in messages if one] == [
        (group.id, new.id, None),
        (new.id, None, group.id),
    ]
    assert (await bot.send_message(new.id, "x")).chat.type == "supergroup"


def test_topics(api: FakeTelegram, ada: Person) -> None:
    forum = api.forum("Readers", ada)
    topic = forum.topic("alerts")
    assert topic > 1
    sent = ask(api, "sendMessage", chat_id=forum.id, text="x", message_thread_id=topic)
    assert (sent["message_thread_id"], sent["is_topic_message"], forum.last.thread) == (topic, True, topic)
    assert "message_thread_id" not in ask(api, "sendMessage", chat_id=forum.id, text="x")

    def word(thread: int) -> str:
        return refused(api, "sendMessage", chat_id=forum.id, text="x", message_thread_id=thread)

    assert word(1) == word(99) == "Bad Request: message thread not found"
    forum.close_topic(topic)
    assert word(topic) == "Bad Request: TOPIC_CLOSED"
    forum.delete_topic(topic)
    assert word(topic) == "Bad Request: message thread not found"


def test_a_message_in_a_topic_replies_to_its_first(api: FakeTelegram, ada: Person) -> None:
    forum = api.forum("Readers", ada)
    topic = forum.topic("alerts")
    told(api)

    forum.say(ada, "/list", thread=topic)

    (update,) = told(api)
    assert update["message"]["is_topic_message"] is True
    assert update["message"]["reply_to_message"]["forum_topic_created"]["name"] == "alerts"


@pytest.mark.parametrize(
    ("text", "heard"),
    [
        ("hello", False),
        ("hello /start", False),
        ("/start", True),
        ("/start@paperwatch_test_bot now", True),
        ("/start@other_bot", False),
        ("@paperwatch_test_bot hello", False),
    ],
)
def test_privacy_mode(api: FakeTelegram, ada: Person, text: str, heard: bool) -> None:
    group = api.group("Readers", ada)
    group.say(ada, text)
    assert len(told(api)) == heard

    group.set_bot("administrator")
    told(api)
    group.say(ada, text)
    assert len(told(api)) == 1


def test_replies_to_the_bot_pass_privacy_mode(api: FakeTelegram, ada: Person) -> None:
    group = api.supergroup("Readers", ada)
    ask(api, "sendMessage", chat_id=group.id, text="Which query?", reply_markup={"force_reply": True})

    group.say(ada, "trees", reply_to=group.last)

    (update,) = told(api)
    assert update["message"]["reply_to_message"]["text"] == "Which query?"
    assert (update["message"]["message_thread_id"], "is_topic_message" in update["message"]) == (group.last.id, False)


def test_an_anonymous_administrator_comes_as_the_group(api: FakeTelegram, ada: Person) -> None:
    group = api.supergroup("Readers", ada)

    group.say(ada, "/start", anonymous=True)

    (update,) = told(api)
    assert update["message"]["from"] == GROUP_ANONYMOUS_BOT
    assert update["message"]["sender_chat"]["id"] == group.id


async def test_channels(net: FakeTelegram, bot: Bot) -> None:
    ada = net.user()
    channel = net.channel("Papers", "papers", [ada])
    sent = await bot.send_message("@papers", "digest")
    assert sent.sender_chat
    assert sent.sender_chat.id == channel.id
    assert sent.from_user is None
    channel.say(ada, "/list")

    (update,) = await bot.get_updates()

    assert update.channel_post
    assert update.channel_post.text == "/list"


async def test_members(net: FakeTelegram, bot: Bot) -> None:
    ada, bob, eve = net.user("Ada"), net.user("Bob"), net.user("Eve")
    group = net.group("Readers", ada)
    group.set_member(bob, "administrator")

    assert (await bot.get_chat(group.id)).title == "Readers"
    assert (await bot.get_chat_member(group.id, eve.id)).status == "left"
    assert [(one.user.first_name, one.status) for one in await bot.get_chat_administrators(group.id)] == [
        ("Ada", "creator"),
        ("Bob", "administrator"),
    ]
    assert "user not found" in refused(net, "getChatMember", chat_id=group.id, user_id=FAR)
    assert "no administrators" in refused(net, "getChatAdministrators", chat_id=net.private(ada).id)
    channel = net.channel("Papers", admins=[ada], bot="member")
    assert "member list is inaccessible" in refused(net, "getChatMember", chat_id=channel.id, user_id=ada.id)

    await bot.leave_chat(group.id)
    with pytest.raises(Forbidden, match="not a member of the group chat"):
        await bot.get_chat(group.id)
    group.add_bot(ada)
    changes = [update.my_chat_member for update in await bot.get_updates() if update.my_chat_member]
    assert [one.new_chat_member.status for one in changes] == ["left", "member"]


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
    with subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        lines = [next(server.stdout) for _ in range(5)]
        facts = dict(line.strip().split("=") for line in lines if "=" in line)
        base, token = facts["PAPERWATCH_TELEGRAM__BASE_URL"], facts["PAPERWATCH_TELEGRAM__TOKEN"]
        assert httpx.get(f"{base}/bot{token}/getMe", trust_env=False).json()["ok"] is True
        server.terminate()
