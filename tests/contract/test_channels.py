"""Every channel against every answer of its far side."""

import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from farside.site import Answer, Site, cut, raw, redirect, silent
from farside.world import paper
from rich.console import Console

from bot.channels import ChannelError, Item, Outgoing
from bot.channels.console import ConsoleChannel
from bot.channels.webhook import WebhookChannel, sign
from bot.query import document, explain, parse
from scrapers.fetch import Fetcher, check_address
from scrapers.paper import Organization, Paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def outgoing(*papers: Paper, kind: str = "alert", **facts: Any) -> Outgoing:
    query = parse("invented")
    items = tuple(
        Item(number, one, "new", ("my query",), explain(query, document(one), NOW))
        for number, one in enumerate(papers, 1)
    )
    values = {"key": "1-7", "kind": kind, "slot": "alert:1", "part": 1, "parts": 1, "total": len(items), "zone": "UTC"}
    return Outgoing(**{**values, **facts}, created_at=NOW, items=items)


# Webhook -------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def fetcher() -> AsyncIterator[Fetcher]:
    private = frozenset({"127.0.0.1"})
    async with Fetcher(
        user_agent="test", timeout=1, deadline=1, max_bytes=1000, allow_private=private, gate=None, respect_robots=False
    ) as fetcher:
        yield fetcher


@pytest.fixture
def webhook(fetcher: Fetcher) -> WebhookChannel:
    return WebhookChannel(
        fetcher.post, lambda url: check_address(url, frozenset()), "a secret", clock=lambda: 1_700_000_000
    )


async def test_a_message_is_posted_as_signed_json(webhook: WebhookChannel, site: Site) -> None:
    site.route("/hook", (200, {}, b"thanks"))
    message = outgoing(paper(1, organizations=[Organization(slug="lab", name="The Lab")], upvotes=None))

    await webhook.send(site.url("/hook"), webhook.render(message))

    (seen,) = site.seen
    body = json.loads(seen.body)
    assert (seen.method, seen.headers["content-type"]) == ("POST", "application/json")
    assert {name: body[name] for name in ("id", "kind", "part", "parts", "total")} == {
        "id": "1-7", "kind": "alert", "part": 1, "parts": 1, "total": 1,
    }  # fmt: skip
    (told,) = body["papers"]
    assert (told["title"], told["upvotes"], told["reasons"]) == (message.items[0].paper.title, None, ["my query"])
    assert (told["organizations"], told["published"]) == (["lab The Lab"], "2026-11-19")
    mac = hmac.new(b"a secret", b"1700000000." + seen.body, hashlib.sha256).hexdigest()
    assert (
        seen.headers["x-paperwatch-signature"] == f"t=1700000000,v1={mac}" == sign(seen.body, "a secret", 1_700_000_000)
    )


@pytest.mark.parametrize(
    ("answer", "sent", "gone", "rejected"),
    [
        ((404, {}, b""), False, True, False),
        ((410, {}, b""), False, True, False),
        ((400, {}, b""), False, False, True),
        ((413, {}, b""), False, False, True),
        ((422, {}, b""), False, False, True),
        ((401, {}, b""), False, False, False),
        ((429, {"Retry-After": "30"}, b""), False, False, False),
        (redirect("https://example.org/elsewhere"), False, False, False),
        ((500, {}, b""), None, False, False),
        (silent(), None, False, False),
        (cut(b"", 10), True, False, False),
        (raw(b""), None, False, False),
        (raw(b"this is not HTTP\r\n\r\n"), None, False, False),
    ],
)
async def test_every_answer_says_whether_it_was_sent_and_what_to_do(
    webhook: WebhookChannel, site: Site, answer: Answer, sent: bool | None, gone: bool, rejected: bool
) -> None:
    site.route("/secret-path", answer)
    rendered = webhook.render(outgoing(paper(1)))
    if sent:
        await webhook.send(site.url("/secret-path"), rendered)
        return

    with pytest.raises(ChannelError) as failure:
        await webhook.send(site.url("/secret-path"), rendered)

    error = failure.value
    assert (error.sent, error.gone, error.rejected) == (sent, gone, rejected)
    assert "secret" not in str(error)
    assert error.wait == (30 if answer == (429, {"Retry-After": "30"}, b"") else 0)


async def test_a_connection_that_is_refused_was_certainly_not_sent(webhook: WebhookChannel, site: Site) -> None:
    address = site.url("/hook")
    site.close()

    with pytest.raises(ChannelError) as failure:
        await webhook.send(address, b"{}")

    assert failure.value.sent is False


@pytest.mark.parametrize("address", ["ftp://example.org/x", "http://10.0.0.1/x", "https://user@example.org/", "x", ""])
def test_addresses_that_must_not_be_posted_to_are_refused(webhook: WebhookChannel, address: str) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        webhook.check(address)


# Console -------------------------------------------------------------------------------------------------------------


def shown(*papers: Paper, width: int = 120, **facts: Any) -> str:
    output = io.StringIO()
    console = Console(file=output, width=width, color_system=None)
    console.print(ConsoleChannel().render(outgoing(*papers, **facts)))
    return output.getvalue()


def test_a_card_has_title_authors_facts_abstract_reasons_and_link() -> None:
    card = shown(
        paper(
            1, authors=["A One", "B Two", "C Three", "D Four", "E Five"], categories=["cs.CL"], upvotes=12, stars=3,
            organizations=[Organization(slug="lab", name="The Lab")], url="https://huggingface.co/papers/2611.00001",
        )
    )  # fmt: skip

    for part in (
        "Invented Results", "A One, B Two, C Three … E Five (5) · The Lab", "cs.CL · 19 Nov 2026 · ▲ 12 · ★ 3",
        "matched: my query", "https://huggingface.co/papers/2611.00001",
    ):  # fmt: skip
        assert part in card


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"authors": [], "authors_count": 1}, "1 author"),
        ({"authors": [], "authors_count": 7}, "7 authors"),
        ({"authors": ["A One"], "authors_truncated": True}, "A One et al."),
    ],
)
def test_unknown_authors_are_counted_or_cut(facts: dict[str, Any], line: str) -> None:
    assert line in shown(paper(1, **facts))


def test_a_paper_of_which_only_the_title_is_known_is_a_card_too() -> None:
    assert "Only a Title" in shown(Paper(title="Only a Title"))


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_hostile_titles_stay_in_their_card(width: int) -> None:
    card = shown(paper(1, title="[bold]not markup[/bold] \x1b[31mred\u202e " + "long" * 60), width=width)

    assert "\x1b" not in card
    assert "\u202e" not in card
    assert all(len(line) <= width for line in card.splitlines())
    assert "[bold]" in card


def test_a_digest_says_how_many_papers_and_which_part() -> None:
    assert "45 papers · digest of 2026-11-20 (part 2 of 3)" in shown(
        paper(1), kind="digest", slot="digest:2026-11-20", part=2, parts=3, total=45
    )


async def test_cards_go_to_the_terminal_at_once() -> None:
    output = io.StringIO()
    channel = ConsoleChannel(lambda: Console(file=output, width=100))

    await channel.send("", channel.render(outgoing(paper(1))))

    assert "Invented Results" in output.getvalue()


def test_the_console_has_no_address() -> None:
    assert ConsoleChannel().check(" ") == ""
    with pytest.raises(ValueError, match="console:"):
        ConsoleChannel().check("somewhere")
