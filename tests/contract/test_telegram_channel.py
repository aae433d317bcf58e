"""The Telegram channel against every answer of the Bot API, and what it sends."""

import json
import logging
import re
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs

import pytest
from farside.site import Answer, Site, cut, drip, raw, silent
from farside.world import paper
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import ChannelError, Item, Outgoing, Pace, Sent
from bot.channels.screen import Screen
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_text import MOST, PAPERS, message
from bot.query import Mark, document, explain, parse
from bot.redaction import RedactingFormatter
from scrapers.paper import Paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TOKEN = "123456789:AAF-invented-token-of-a-bot"
METHOD = f"/bot{TOKEN}/sendMessage"
SENT = {"message_id": 7, "date": 1, "chat": {"id": 42, "type": "private"}, "text": "x"}


def outgoing(
    *papers: Paper, kind: str = "alert", told_as: str = "new", query: str = "invented", **facts: Any
) -> Outgoing:
    asked = parse(query)
    items = tuple(
        Item(number, one, told_as, ("my query",), explain(asked, document(one), NOW), (7,))
        for number, one in enumerate(papers, 1)
    )
    values = {"key": "1-7", "kind": kind, "slot": "alert:1", "part": 1, "parts": 1, "total": len(items), "zone": "UTC"}
    return Outgoing(**{**values, **facts}, created_at=NOW, items=items)


def ok(result: Any) -> Answer:
    return 200, {"Content-Type": "application/json"}, json.dumps({"ok": True, "result": result}).encode()


def refused(code: int, description: str, **parameters: Any) -> Answer:
    body = {"ok": False, "error_code": code, "description": description, "parameters": parameters}
    return code, {"Content-Type": "application/json"}, json.dumps(body).encode()


@pytest.fixture
async def channel(site: Site) -> AsyncIterator[TelegramChannel]:
    channel = TelegramChannel(TOKEN, site.url(), timeout=1)
    yield channel
    await channel.close()


@pytest.mark.parametrize(
    ("address", "chat", "topic"),
    [("42", "42", None), ("-1001234567890/17", "-1001234567890", "17"), ("-100123/1", "-100123", None),
     ("@papers", "@papers", None)],
)  # fmt: skip
async def test_a_message_goes_to_its_chat_and_topic(
    channel: TelegramChannel, site: Site, address: str, chat: str, topic: str | None
) -> None:
    site.route(METHOD, ok(SENT))

    assert await channel.send(channel.check(address), channel.render(outgoing(paper(1)))) == Sent("7")

    (seen,) = site.seen
    sent = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
    assert (sent["chat_id"], sent.get("message_thread_id"), sent["parse_mode"]) == (chat, topic, "HTML")
    assert json.loads(sent["link_preview_options"]) == {"is_disabled": True}
    assert "Results on the Behaviour of Test Number 1" in sent["text"]


@pytest.mark.parametrize(
    ("answer", "facts"),
    [
        (refused(403, "Forbidden: bot was blocked by the user"), {"gone": True}),
        (refused(403, "Forbidden: user is deactivated"), {"gone": True}),
        (refused(403, "Forbidden: bot was kicked from the supergroup chat"), {"gone": True}),
        (refused(403, "Forbidden: bot is not a member of the channel chat"), {"gone": True}),
        (refused(403, "Forbidden: bot can't initiate conversation with a user"), {"gone": True}),
        (refused(400, "Bad Request: CHAT_WRITE_FORBIDDEN"), {"gone": True}),
        (refused(400, "Bad Request: chat not found"), {"gone": True, "wait": 3600}),
        (refused(400, "Bad Request: TOPIC_CLOSED"), {"gone": True}),
        (refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009), {"moved_to": "-1009"}),
        (refused(400, "Bad Request: can't parse entities"), {"rejected": True}),
        (refused(400, "Bad Request: message text is empty"), {"rejected": True}),
        (refused(429, "Too Many Requests: retry after 31", retry_after=31), {"wait": 31}),
        (refused(401, "Unauthorized"), {"lane": True, "wait": 3600}),
        (refused(404, "Not Found"), {"lane": True, "wait": 3600}),
        (refused(409, "Conflict: terminated by other getUpdates request"), {}),
        (refused(500, "Internal Server Error"), {"sent": None}),
        ((502, {}, b"<html>Bad Gateway</html>"), {"sent": None}),
        ((200, {}, b"garbage"), {"sent": None}),
        (silent(), {"sent": None}),
        (drip(b"x" * 100, 0.2), {"sent": None}),
        (cut(b"", 10), {"sent": None}),
        (raw(b""), {"sent": None}),
    ],
)
async def test_every_answer_says_whether_it_was_sent_and_what_to_do(
    channel: TelegramChannel, site: Site, answer: Answer, facts: dict[str, Any]
) -> None:
    site.route(METHOD, answer)

    with pytest.raises(ChannelError) as failure:
        await channel.send("42", Screen("hello"))

    nothing = {
        "sent": False,
        "gone": False,
        "rejected": False,
        "wait": 0,
        "again": 0,
        "lane": False,
        "moved_to": "",
        "maybe_ours": False,
    }
    assert vars(failure.value) == {**nothing, **facts}
    assert TOKEN not in str(failure.value)
    assert re.search(r"\w+:? \w+", str(failure.value))


async def test_a_server_that_is_not_there_stops_the_lane_and_was_certainly_not_sent_to(
    channel: TelegramChannel, site: Site
) -> None:
    site.close()

    with pytest.raises(ChannelError) as failure:
        await channel.send("42", Screen("hello"))

    assert (failure.value.sent, failure.value.lane, failure.value.wait) == (False, True, 0)


@pytest.mark.parametrize(
    "said", ["can't parse entities: Unsupported start tag", "message is too long", "BUTTON_DATA_INVALID"]
)
async def test_what_is_refused_for_its_form_comes_as_plain_text_at_once(
    channel: TelegramChannel, site: Site, said: str
) -> None:
    site.route(METHOD, [refused(400, f"Bad Request: {said}"), ok(SENT)])

    sent = await channel.send(
        "42", Screen(f'<b><a href="https://e.org/?a&amp;b">T &lt; U</a></b>\n<i>why</i>{"x" * 5_000}')
    )

    assert sent == Sent("7", note=f"sent as plain text: {said.lower()}")
    seen = parse_qs(site.seen[-1].body.decode())
    assert "parse_mode" not in seen
    assert "reply_markup" not in seen
    (text,) = seen["text"]
    assert text.startswith("T < U https://e.org/?a&b\nwhyxxx")
    assert len(text) == MOST


@pytest.mark.parametrize("said", ["message thread not found", "TOPIC_CLOSED"])
async def test_what_is_for_a_closed_topic_comes_once_without_it(
    channel: TelegramChannel, site: Site, said: str
) -> None:
    site.route(
        METHOD, [refused(400, f"Bad Request: {said}"), refused(400, "Bad Request: message is too long"), ok(SENT)]
    )

    sent = await channel.send("-100123/17", Screen("hello"))

    assert (sent.remote_id, sent.note) == ("7", "sent as plain text: message is too long")
    assert said.lower() in sent.disable
    assert "subscription resume telegram:-100123/17" in sent.disable
    topics = [parse_qs(seen.body.decode()).get("message_thread_id") for seen in site.seen]
    assert topics == [["17"], None, None]


def test_people_are_told_once_a_second_groups_eighteen_times_a_minute_and_topics_share_that() -> None:
    channel = TelegramChannel(TOKEN, "http://127.0.0.1:1", timeout=1)

    assert [channel.pace(address) for address in ("42", "-100123/4", "-100123", "@Papers")] == [
        Pace("telegram:42", 1), Pace("telegram:-100123", 60 / 18), Pace("telegram:-100123", 60 / 18),
        Pace("telegram:@papers", 60 / 18),
    ]  # fmt: skip
    assert channel.rate == 25


def test_the_token_is_not_shown(capsys: pytest.CaptureFixture[str]) -> None:
    channel = TelegramChannel(TOKEN, "http://127.0.0.1:1", timeout=1)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(RedactingFormatter("%(message)s"))
    failure = ValueError(f"POST https://api.telegram.org/bot{TOKEN}/sendMessage")
    said = ("cannot ask %s with %s, or %s", (channel, f"/bot{TOKEN}/x", TOKEN), (ValueError, failure, None))

    handler.handle(logging.LogRecord("x", logging.ERROR, "x.py", 1, *said))

    shown = capsys.readouterr().err
    assert TOKEN not in shown + repr(channel)
    assert "TelegramChannel('http://127.0.0.1:1')" in shown
    assert "ValueError: POST https://api.telegram.org/bot[token]/sendMessage" in shown


@pytest.mark.parametrize("address", ["", "x", "42/", "@a", "42/x", "https://t.me/papers", "1" * 30])
def test_what_is_no_chat_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="no Telegram chat"):
        TelegramChannel(TOKEN, "http://127.0.0.1:1", timeout=1).check(address)


# What is sent ---------------------------------------------------------------------------------------------------------


class Reader(HTMLParser):
    """Reads Telegram's HTML as its server does: nothing but its tags, all of them closed, in order."""

    TAGS = frozenset({"b", "i", "u", "a", "blockquote"})

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in self.TAGS, tag
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def read(html: str) -> str:
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader.text


def test_a_card_links_the_title_and_marks_what_matched() -> None:
    one = paper(
        1, title="Invented <Kettles> & Clocks", abstract="Kettles, invented.", categories=["cs.CL"], upvotes=12,
        url="https://example.org/1?a=1&b=2",
    )  # fmt: skip

    assert message(outgoing(one)).html == (
        '<b><a href="https://example.org/1?a=1&amp;b=2"><u>Invented</u> &lt;Kettles&gt; &amp; Clocks</a>'
        "</b>\nAda Tester1, Ben Checker\ncs\u2024CL · 19 Nov 2026 · ▲ 12\n"
        "<blockquote expandable>Kettles, <b>invented</b>.</blockquote>\n<i>matched: my query</i>"
    )


def test_an_alert_has_buttons_for_its_paper() -> None:
    one = paper(
        1, identifiers=[("arxiv", "2611.00001")], url="https://huggingface.co/papers/2611.00001",
        code_url="https://github.com/invented/kettles",
    )  # fmt: skip

    assert [[(b.text, b.data or b.url) for b in row] for row in message(outgoing(one)).rows] == [
        [
            ("PDF", "https://arxiv.org/pdf/2611.00001"),
            ("Hugging Face", "https://huggingface.co/papers/2611.00001"),
            ("Code", "https://github.com/invented/kettles"),
        ],
        [("Save", "save:1"), ("Less like this", "less:1")],
        [("Mute “my query”", "mute:7")],
    ]


def test_a_digest_has_a_button_for_each_paper_and_for_those_that_it_does_not_show() -> None:
    shown = message(outgoing(paper(1), paper(2), kind="digest", key="3-44", more=37)).rows

    assert [[(b.text, b.data) for b in row] for row in shown] == [
        [("1", "card:1"), ("2", "card:2")],
        [("Show 37 more", "more:44")],
    ]


def test_a_digest_says_how_many_papers_what_is_left_out_and_what_was_read() -> None:
    text = read(
        message(
            outgoing(
                paper(1), paper(2), kind="digest", slot="digest:2026-11-20 08:00", part=2, parts=2, total=45, more=37,
                coverage="Read: hf: 42 on 20 Nov.",
            )
        ).html
    )  # fmt: skip

    assert text.startswith("45 papers · 20 Nov · part 2 of 2\n\nmy query\n\n9. ")
    assert text.endswith("\n\nand 37 more\nRead: hf: 42 on 20 Nov.")
    assert text.count("my query") == 1


def test_what_others_wrote_links_nothing() -> None:
    text = read(
        message(outgoing(paper(1, authors=["@someone", "A/B"], abstract="See #tag /start https://evil.example"))).html
    )

    for live in ("@someone", "#tag", "/start", "://"):
        assert live not in text
    assert "A/B" in text


def test_a_reminder_says_that_it_is_one() -> None:
    assert "you asked to be told of it again" in message(outgoing(paper(1), told_as="reminder:2026-11-20")).html


TEXTS = st.text(max_size=40) | st.text("a@/#<>&\"' ́😀", max_size=3_000) | st.just("long " * 900) | st.just("x" * 5_000)


@given(
    papers=st.lists(
        st.builds(
            Paper,
            title=TEXTS.map(lambda text: f"T {text}"[:900]),
            abstract=st.none() | TEXTS,
            authors=st.lists(TEXTS.map(lambda text: f"A {text}"), max_size=4),
            url=st.none() | st.just("https://example.org/" + "p" * 300),
        ),
        min_size=1,
        max_size=PAPERS,
    ),
    names=st.lists(TEXTS, max_size=5).map(tuple),
    marks=st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), max_size=9),
    kind=st.sampled_from(["alert", "digest"]),
    coverage=TEXTS,
)
def test_every_message_fits_and_can_be_read(
    papers: list[Paper], names: tuple[str, ...], marks: list[tuple[int, int]], kind: str, coverage: str
) -> None:
    places = tuple(Mark("x", field, *sorted(place)) for place in marks for field in ("title", "abstract"))
    items = tuple(Item(number, one, "new", names, places) for number, one in enumerate(papers, 1))
    outgoing = Outgoing("k", kind, "digest:2026-11-20 08:00", 11, 12, 99_999, "UTC", NOW, items, 99_999, coverage)

    html = message(outgoing).html

    assert len(read(html)) <= MOST
    assert len(html.encode()) <= 32_768
