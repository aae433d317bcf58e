"""For any papers and queries: Telegram takes every message, and nothing in it is marked that we did not mark."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from farside.families import FAMILIES, queries
from farside.hostile import PAPERS_OF, SHORT, TEXTS
from farside.talking import ADA, Shown, Talking
from farside.world import NOON, World
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from bot.channels import Item, Outgoing
from bot.channels.screen import Screen
from bot.channels.telegram_text import PAPERS, card, message
from bot.chat.commands import BY_NAME
from bot.language import LANGUAGES, language
from bot.preview import met
from bot.query import QueryError, document, explain, parse
from bot.store.engine import make_engine
from scrapers.paper import Paper


def is_query(text: str) -> bool:
    try:
        parse(text)
    except QueryError:
        return False
    return True


ASKED = queries(st.sampled_from([word for family in FAMILIES for word in family]))
QUERIES = (ASKED | st.sampled_from(["has:code", "upvotes>=1", '"<b>"', "cs.CL", '"a/b"', "#tag", "@someone"])).filter(
    is_query
)
SUBSCRIBED = QUERIES.filter(lambda query: query[0] != "@")  # which would be a channel's name
WRITTEN = TEXTS.filter(lambda text: text.strip() and text[0] not in "/@")
OURS = frozenset({"bold", "underline", "italic", "text_link", "expandable_blockquote", "code", "pre"})


@pytest.fixture(scope="module")
def talking() -> Talking:
    """Somewhere to hand messages to; its database is not used."""
    return Talking(make_engine("sqlite://"))


def check(shown: Shown, hosts: tuple[str, ...] = ("example.org", "huggingface.co")) -> None:
    """Nothing is marked but by us, and links lead where we lead them."""
    assert len(shown.text) <= 4_096
    for entity, (kind, text) in zip(shown.entities, shown.marked(), strict=True):
        assert kind in OURS or (kind == "bot_command" and text[1:] in BY_NAME), (kind, text)
        assert kind != "text_link" or entity["url"].split("/")[2] in hosts
    for row in shown.rows:
        assert all(len(one.data.encode()) <= 64 for one in row)


# Without the phase that explains: it traces every line of the parser.
QUICK = settings(
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)


@settings(QUICK, max_examples=80)
@given(
    papers=st.lists(PAPERS_OF, min_size=1, max_size=4) | st.builds(lambda one: [one] * PAPERS, PAPERS_OF),
    query=QUERIES,
    names=st.lists(SHORT, min_size=1, max_size=3).map(tuple),
    kind=st.sampled_from(["alert", "digest"]),
    told=st.sampled_from(["new", "version:2", "rise:1", "reminder:2026-11-20"]),
    code=st.sampled_from(sorted(LANGUAGES)),
    coverage=TEXTS,
    before=st.none() | st.tuples(SHORT, st.none() | TEXTS),
)
def test_every_alert_digest_and_card(
    talking: Talking, papers: list[Paper], query: str, names: tuple[str, ...], kind: str, told: str, code: str,
    coverage: str, before: tuple[str, str | None] | None,
) -> None:  # fmt: skip
    asked, items = parse(query), []
    for number, paper in enumerate(papers[: 1 if kind == "alert" else PAPERS], 1):
        prepared = document(paper)
        marks = explain(asked, prepared, NOON)
        found = tuple(met(marks, prepared))
        items.append(Item(number, paper, told, names, marks, tuple(range(len(names))), found, before))
    outgoing = Outgoing(
        "1-2", kind, "digest:2026-11-20 08:00", 2, 3, 12_345, "UTC", NOON, tuple(items), 999, coverage, code
    )

    shown = talking.take(message(outgoing))

    check(shown)
    if kind == "digest":
        for paper in papers:
            assert any(text and paper.url for _, text in shown.marked()) or not paper.url
        assert [one.text for one in shown.rows[0]] == [str(PAPERS + n) for n in range(1, len(items) + 1)]
    check(talking.take(card(items[0], language(code))))


@contextmanager
def library(template: Path, papers: list[Paper], code: str) -> Iterator[Talking]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "library.db"
        shutil.copy(template, path)
        engine = make_engine(f"sqlite:///{path}")
        try:
            World(engine).take_in(*papers, alert=False)
            yield Talking(engine, who=replace(ADA, language=code))
        finally:
            engine.dispose()


@settings(QUICK, max_examples=20)
@given(
    papers=st.lists(PAPERS_OF, max_size=7), query=SUBSCRIBED, pasted=WRITTEN, code=st.sampled_from(sorted(LANGUAGES))
)
async def test_every_screen_of_the_chat(
    sqlite_template: Path, papers: list[Paper], query: str, pasted: str, code: str
) -> None:
    with library(sqlite_template, papers, code) as ada:
        preview = await ada.say(f"/sub {query}")
        await ada.tap(next(one.data for row in preview.rows for one in row if one.data.startswith("keep:")))
        for text in (f"/search {query}", "/list", "/today", "/settings", "/status", "/help", f"/unsub {pasted}", pasted,
                     f"/sub {pasted}", f"/timezone {pasted}", f"/import {pasted}", f"/why {pasted}"):  # fmt: skip
            await ada.say(text)
        for tap in ("sub:1", "when:1", "hush:1", "drop:1", "view:1", "card:1", "less:1", "list:1:0", "set:1:hour"):
            await ada.tap(tap)
        results = await ada.ask(query)
        for shown in [*ada.shown, *(ada.take(Screen(one.html)) for one in results.results)]:
            check(shown)
