"""A new version of a paper, as every channel tells it: which one it is, and what it changed."""

import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from html import unescape
from typing import Any

import pytest
from farside.mail_reader import shown, squeezed
from rich.console import Console

from bot.channels import Item, Outgoing
from bot.channels.console import ConsoleChannel
from bot.channels.lines import news, reasons
from bot.channels.mail_text import MOST, mail
from bot.channels.page import page
from bot.channels.telegram_text import MOST as LONGEST
from bot.channels.telegram_text import PAPERS, card, message
from bot.channels.webhook import WebhookChannel
from bot.language import ENGLISH, LANGUAGES, language
from scrapers.paper import Paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TITLE, ABSTRACT = "Singing Kettles", "They sing."
WAS = ("Humming <Kettles>", "They hum.")


def item(before: tuple[str, str | None] | None = WAS, kind: str = "version:2", **facts: Any) -> Item:
    values = {"title": TITLE, "abstract": ABSTRACT, "version": 2}
    return Item(1, Paper(**{**values, **facts}), kind, ("tea",), (), (1,), before=before)


def outgoing(*items: Item, kind: str = "alert", language: str = "en") -> Outgoing:
    slot = "digest:2026-11-20 08:00" if kind == "digest" else "alert:1"
    return Outgoing("1-7", kind, slot, 1, 1, len(items), "UTC", NOW, items, language=language)


@pytest.mark.parametrize(
    ("before", "said"),
    [
        (WAS, "abstract changed · was: Humming <Kettles>"),
        (("Humming Kettles", ABSTRACT), "was: Humming Kettles"),
        (("Humming Kettles", None), "was: Humming Kettles"),
        ((TITLE, "They hum."), "abstract changed"),
        ((TITLE, ABSTRACT), "title and abstract as before"),
        ((TITLE, None), "title and abstract as before"),
        (("Singing\n  Kettles", "They\nsing."), "title and abstract as before"),
        (None, ""),
    ],
)
def test_it_says_what_was_changed_where_that_is_known(before: tuple[str, str | None] | None, said: str) -> None:
    assert news(item(before)) == said


def test_an_abstract_that_is_not_known_any_more_was_not_changed() -> None:
    assert news(item((TITLE, "They hum."), abstract=None)) == "title and abstract as before"


def test_only_a_new_version_is_called_one() -> None:
    said = [reasons(item(kind=kind)) for kind in ("new", "rise:1", "version:2", "version:10")]

    assert said == ["matched: tea", "rising: tea", "new version 2: tea", "new version 10: tea"]


def console(told: Outgoing) -> str:
    output = io.StringIO()
    Console(file=output, width=100, color_system=None).print(ConsoleChannel().render(told))
    return output.getvalue()


RENDERED: dict[str, Callable[[Outgoing], str]] = {
    "console": console,
    "telegram": lambda told: message(told).html,
    "mail as text": lambda told: mail(told).text,
    "mail as html": lambda told: mail(told).html,
    "page": lambda told: page([told]),
}


@pytest.mark.parametrize("channel", RENDERED)
@pytest.mark.parametrize("kind", ["alert", "digest"])
@pytest.mark.parametrize("code", LANGUAGES)
def test_every_channel_says_it_in_its_language(channel: str, kind: str, code: str) -> None:
    tr = ENGLISH if channel == "console" else language(code)
    for before in (WAS, ("Humming", ABSTRACT), (TITLE, ABSTRACT)):
        one = item(before)
        told = unescape(RENDERED[channel](outgoing(one, kind=kind, language=code)))
        assert reasons(one, tr) in told
        assert news(one, tr) in told


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
def test_every_language_has_its_own_words_for_it(code: str) -> None:
    for before in (WAS, (TITLE, ABSTRACT)):
        assert news(item(before), language(code)) != news(item(before))
    assert reasons(item(), language(code)) != reasons(item())


def test_nothing_of_a_title_that_was_becomes_markup() -> None:
    told = outgoing(item(("<script>x</script> @someone evil.example", None)))

    assert "<script" not in message(told).html + mail(told).html + page([told])
    assert not [live for live in ("@someone", "evil.example") if live in message(told).html]


def test_a_webhook_gets_it_as_values() -> None:
    render = WebhookChannel(None, lambda _: None, None).render  # type: ignore[arg-type]
    told = [item(), item((TITLE, ABSTRACT)), item(None), item(kind="new")]

    papers = json.loads(render(outgoing(*told)))["papers"]

    assert [one.get("new_version") for one in papers] == [
        {"version": 2, "title_before": "Humming <Kettles>", "abstract_changed": True},
        {"version": 2, "title_before": None, "abstract_changed": False},
        {"version": 2, "title_before": None, "abstract_changed": None},
        None,
    ]


def test_the_subject_of_a_mail_names_the_version() -> None:
    assert mail(outgoing(item())).subject == "Version 2: Singing Kettles"
    assert mail(outgoing(item(), language="de")).subject == "Version 2: Singing Kettles"


def test_a_mail_does_not_call_known_papers_new() -> None:
    old, new, other = item(), item(kind="new"), replace(item(kind="new"), reasons=("kettles",))
    subjects = [mail(outgoing(*some, kind="digest")).subject for some in ([old], [old, new], [new], [old, other])]

    assert subjects == [
        '1 paper for "tea" · 20 Nov', '2 papers for "tea" · 20 Nov', '1 new paper for "tea" · 20 Nov',
        "2 papers · 2 subscriptions · 20 Nov",
    ]  # fmt: skip


def test_both_forms_of_a_mail_have_it_in_the_same_place() -> None:
    made = mail(outgoing(item()))

    assert "They sing.\n\nnew version 2: tea\nabstract changed · was: Humming <Kettles>\n" in made.text
    assert squeezed("new version 2: tea abstract changed · was: Humming <Kettles>") in shown(made.html).text


LONG = item(
    ("w " * 2_000, "x"), abstract="many words " * 900, title="t " * 500, authors=["A" * 200] * 5,
    categories=[f"cs.{one}{other}" for one in "ABCD" for other in "ABCD"], published=date(2026, 11, 20),
)  # fmt: skip


def visible(html: str) -> int:
    """How many characters Telegram counts."""
    return len(unescape(re.sub(r"<[^>]+>", "", html)))


@pytest.mark.parametrize("kind", ["new", "version:2"])
def test_the_longest_papers_for_as_many_subscriptions_keep_within_the_limits(kind: str) -> None:
    papers = [replace(LONG, kind=kind, reasons=(f"name {n} " * 30, "other " * 30)) for n in range(60)]
    digest = replace(outgoing(*papers[:PAPERS], kind="digest", language="ru"), part=100, parts=101, total=808)

    for told in (outgoing(papers[0]), replace(digest, more=1_000, coverage="read " * 500)):
        assert visible(message(told).html) <= LONGEST
    assert visible(card(papers[0], ENGLISH).html) <= LONGEST
    assert len(mail(outgoing(*papers, kind="digest")).html.encode()) < MOST
