"""A digest as a page: what stands in it, and that nothing of a paper becomes markup."""

import re
from datetime import UTC, datetime

from bot.channels import Item, Outgoing
from bot.channels.page import page
from bot.query import Mark
from scrapers.paper import Paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def digest(*items: Item, part: int = 1, more: int = 0, coverage: str = "") -> Outgoing:
    slot = "digest:2026-11-20 08:00"
    return Outgoing("1-7", "digest", slot, part, 2, 4, "UTC", NOW, items, more, coverage)


def item(title: str, *reasons: str, marks: tuple[Mark, ...] = (), **facts: object) -> Item:
    return Item(1, Paper(title=title, **facts), "new", reasons, marks)


def test_the_papers_of_all_parts_stand_under_their_subscriptions() -> None:
    first = digest(item("Singing Kettles", "tea", "music"), item("Tea for Two", "tea"))
    last = digest(item("Paper Bridges", "bridges"), part=2, more=1, coverage="Read: hf: 42 on 20 Nov.")

    html = page([first, last])

    assert re.findall(r"<h[12][^>]*>(.*?)</h[12]>", html) == ["4 papers · 20 Nov 2026", "tea", "bridges"]
    assert re.findall(r"<h3[^>]*>(.*?)</h3>", html) == ["Singing Kettles", "Tea for Two", "Paper Bridges"]
    assert "matched: tea, music" in html
    assert "<p>and 1 more</p>" in html
    assert "Read: hf: 42 on 20 Nov." in html


def test_what_matched_is_marked_and_nothing_of_a_paper_is_markup() -> None:
    marks = (Mark("kettles", "title", 0, 9), Mark("kettles", "title", 3, 12), Mark("evil", "abstract", 0, 8))

    html = page(
        [digest(item("<Kettles> & Clocks", "x", marks=marks, abstract="<script>", url="https://example.org/?a=1&b=2"))]
    )

    assert "<mark>&lt;Kettles&gt; &amp; </mark>Clocks" in html
    assert "<mark>&lt;script&gt;</mark>" in html
    assert 'href="https://example.org/?a=1&amp;b=2"' in html
    assert "<script" not in html


def test_nothing_is_fetched_from_elsewhere() -> None:
    assert not re.search(r"<(?:link|script|img|iframe)|url\(|@import", page([digest(item("Kettles", "tea"))]))
