"""Which messages the fake Telegram server takes, and what it makes of their texts."""

import json
from typing import Any

import pytest
from fakes.telegram import Chat, FakeTelegram, Person
from fakes.telegram.entities import finish
from fakes.telegram.parse import ParseError, parse_html
from farside.bot_calls import Clock, ask, refused, told
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup
from telegram.error import BadRequest


def entities(text: str, *, html: bool = True) -> list[tuple[Any, ...]]:
    shown, found = finish(*parse_html(text)) if html else finish(text, [])
    del shown
    return [tuple(one.values()) for one in found]


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
