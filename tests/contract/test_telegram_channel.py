"""The Telegram channel against every answer of the Bot API, and what it sends."""

import json
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any
from urllib.parse import parse_qs

import pytest
from farside.site import Answer, Site, cut, raw, silent
from farside.world import paper
from hypothesis import given
from hypothesis import strategies as st

from bot.channels import ChannelError, Item, Outgoing
from bot.channels.screen import Screen
from bot.channels.telegram import TelegramChannel
from bot.channels.telegram_text import MOST, PAPERS, message
from bot.query import Mark, document, explain, parse
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

    assert await channel.send(channel.check(address), channel.render(outgoing(paper(1)))) == "7"

    (seen,) = site.seen
    sent = {name: values[0] for name, values in parse_qs(seen.body.decode()).items()}
    assert (sent["chat_id"], sent.get("message_thread_id"), sent["parse_mode"]) == (chat, topic, "HTML")
    assert json.loads(sent["link_preview_options"]) == {"is_disabled": True}
    assert "Results on the Behaviour of Test Number 1" in sent["text"]


@pytest.mark.parametrize(
    ("answer", "sent", "gone", "rejected", "wait"),
    [
        (refused(403, "Forbidden: bot was blocked by the user"), False, True, False, 0),
        (refused(403, "Forbidden: bot was kicked from the supergroup chat"), False, True, False, 0),
        (refused(400, "Bad Request: chat not found"), False, True, False, 0),
        (refused(400, "Bad Request: message thread not found"), False, True, False, 0),
        (refused(400, "Bad Request: TOPIC_CLOSED"), False, True, False, 0),
        (refused(400, "Bad Request: group chat was upgraded", migrate_to_chat_id=-1009), False, True, False, 0),
        (refused(400, "Bad Request: can't parse entities"), False, False, True, 0),
        (refused(400, "Bad Request: message is too long"), False, False, True, 0),
        (refused(429, "Too Many Requests: retry after 31", retry_after=31), False, False, False, 31),
        (refused(401, "Unauthorized"), False, False, False, 3600),
        (refused(404, "Not Found"), False, False, False, 3600),
        (refused(500, "Internal Server Error"), None, False, False, 0),
        ((502, {}, b"<html>Bad Gateway</html>"), None, False, False, 0),
        ((200, {}, b"garbage"), None, False, False, 0),
        (silent(), None, False, False, 0),
        (cut(b"", 10), None, False, False, 0),
        (raw(b""), None, False, False, 0),
    ],
)
async def test_every_answer_says_whether_it_was_sent_and_what_to_do(
    channel: TelegramChannel, site: Site, answer: Answer, sent: bool | None, gone: bool, rejected: bool, wait: float
) -> None:
    site.route(METHOD, answer)

    with pytest.raises(ChannelError) as failure:
        await channel.send("42", Screen("hello"))

    error = failure.value
    assert (error.sent, error.gone, error.rejected, error.wait) == (sent, gone, rejected, wait)
    assert TOKEN not in str(error)
    assert re.search(r"\w+ \w+", str(error))


async def test_a_server_that_is_not_there_was_certainly_not_sent_to(channel: TelegramChannel, site: Site) -> None:
    site.close()

    with pytest.raises(ChannelError) as failure:
        await channel.send("42", Screen("hello"))

    assert failure.value.sent is False


def test_people_are_told_once_a_second_and_groups_twenty_times_a_minute() -> None:
    channel = TelegramChannel(TOKEN, "http://127.0.0.1:1", timeout=1)

    assert [channel.gap(address) for address in ("42", "-100123/4", "@papers")] == [1, 3, 3]


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
        [("Show 37 more", "more:44:0")],
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

    assert text.startswith("45 papers · 20 Nov · part 2 of 2\n\nmy query\n\n1. ")
    assert text.endswith("\n\nand 37 more\nRead: hf: 42 on 20 Nov.")
    assert text.count("my query") == 3  # the heading of both cards, and a reason of each


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
