"""A mail: its subject, and the same content as text and as HTML."""

import re
from datetime import UTC, date, datetime
from typing import Any

import pytest
from farside.mail_reader import shown, squeezed

from bot.channels import Item, Outgoing
from bot.channels.mail_text import MOST, PAPERS, Links, mail
from bot.query import Mark
from scrapers.paper import Paper

NOW = datetime(2026, 9, 11, 7, tzinfo=UTC)
LINKS = Links(
    {1: "https://papers.test/u/1", 2: "https://papers.test/u/2"},
    "https://papers.test/u/all",
    "https://papers.test/manage",
    "https://papers.test/archive",
)


def item(title: str, *names: str, kind: str = "new", marks: tuple[Mark, ...] = (), **facts: Any) -> Item:
    return Item(1, Paper(title=title, **facts), kind, names, marks, tuple(range(1, len(names) + 1)))


def outgoing(*items: Item, kind: str = "digest", **facts: Any) -> Outgoing:
    values = {"key": "1-7", "slot": "digest:2026-09-11 08:00", "part": 1, "parts": 1, "total": len(items)}
    return Outgoing(**{**values, "zone": "UTC", **facts}, kind=kind, created_at=NOW, items=items)


@pytest.mark.parametrize(
    ("outgoing", "subject"),
    [
        (outgoing(item("Kettles that Sing", "tea"), kind="alert", slot="alert:1"), "Kettles that Sing"),
        (outgoing(item("A", "llm agents"), total=12), '12 new papers for "llm agents" · 11 Sep'),
        (outgoing(item("A", "llm agents")), '1 new paper for "llm agents" · 11 Sep'),
        (outgoing(item("A", "a", "b"), item("B", "c"), item("C", "d"), total=23),
         "23 new papers · 4 subscriptions · 11 Sep"),
        (outgoing(item("A", "a", "b"), total=70, part=2, parts=2), "70 new papers · part 2 of 2 · 11 Sep"),
        (outgoing(item("A", "reminder", kind="reminder:2026-09-11")), "1 paper · 11 Sep"),
        (outgoing(item("A", "reminder", kind="reminder:2026-09-11"), item("B", "x")),
         '2 new papers for "x" · 11 Sep'),
        (outgoing(item("A", "x"), item("B", "x"), kind="alert", slot="many:3", zone="Asia/Tokyo"),
         '2 new papers for "x" · 11 Sep'),
        (outgoing(item("A", "x"), total=1_234, language="de"), "1.234 neue Paper zu „x“ · 11. Sep"),
        (outgoing(item("A", "x"), total=2, language="ru"), "2 новые статьи по запросу «x» · 11 сен"),
        (outgoing(item("A", "x"), total=2, language="zh"), "“x”：2 篇新论文 · 9月11日"),
        (outgoing(item("A", "מחקר"), total=2), '2 new papers for "\u2068מחקר\u2069" · 11 Sep'),
        (outgoing(item("$\\alpha$-Kettles", "x"), kind="alert"), "α-Kettles"),
    ],
)  # fmt: skip
def test_the_subject_says_what_is_in_it(outgoing: Outgoing, subject: str) -> None:
    assert mail(outgoing).subject == subject


def test_text_and_html_say_the_same_in_the_same_order() -> None:
    first = item(
        "Singing Kettles", "tea", "music", abstract="We let kettles sing.", authors=["Ada Tester"],
        identifiers=[("arxiv", "2609.00001")], url="https://huggingface.co/papers/2609.00001", upvotes=12,
        code_url="https://github.com/invented/kettles", published=date(2026, 9, 10),
    )  # fmt: skip
    second = item("Paper Bridges", "bridges")

    made = mail(outgoing(first, second, total=26, more=24, coverage="Read: hf: 42 on 11 Sep."), LINKS)

    assert (
        made.text
        == """\
26 new papers · 3 subscriptions · 11 Sep

== tea ==

1. Singing Kettles
https://huggingface.co/papers/2609.00001
Ada Tester
10 Sep 2026 · ▲ 12 · code

We let kettles sing.

matched: tea, music
PDF: https://arxiv.org/pdf/2609.00001
Hugging Face: https://huggingface.co/papers/2609.00001
Code: https://github.com/invented/kettles

== bridges ==

2. Paper Bridges

and 24 more https://papers.test/archive

Read: hf: 42 on 11 Sep.

--\x20
You get this mail because of your 3 subscriptions: “tea”, “music”,
“bridges”.

Unsubscribe from “bridges”: https://papers.test/u/1
Unsubscribe from “music”: https://papers.test/u/2
Unsubscribe from everything: https://papers.test/u/all
Change your subscriptions: https://papers.test/manage
Read this on the web: https://papers.test/archive
"""
    )
    html = shown(made.html)
    links = re.findall(r"https://\S+", made.text)
    assert html.links == links
    rest = re.sub(r"(:)? ?https://\S+", "", made.text).replace("== ", "").replace(" ==", "").replace("-- \n", "")
    assert html.text.replace("·", "") == squeezed(rest).replace("·", "")


def test_an_alert_is_one_card_without_a_heading_or_a_number() -> None:
    made = mail(outgoing(item("Kettles that Sing", "tea", abstract="They do."), kind="alert", slot="alert:1"))

    assert made.text == (
        "Kettles that Sing\n\nThey do.\n\nmatched: tea\n\n-- \nYou get this mail because of your subscription “tea”.\n"
    )
    assert shown(made.html).text == squeezed(made.text).replace("--", "")
    assert shown(made.html).levels == [1]


def test_what_matched_is_marked_and_nothing_of_a_paper_is_markup() -> None:
    marks = (Mark("k", "title", 0, 9), Mark("k", "title", 3, 12), Mark("evil", "abstract", 0, 8))

    html = mail(outgoing(item("<Kettles> & Clocks", "x", marks=marks, abstract="<script> x"))).html

    assert shown(html).marked == ["<Kettles> & ", "<script>"]
    assert "script" not in shown(html).tags


def test_styles_stand_in_the_tags_and_nothing_comes_from_elsewhere() -> None:
    kettles = item("Kettles", "tea", url="https://e.test/", abstract="They sing.", marks=(Mark("k", "abstract", 0, 4),))

    html = mail(outgoing(kettles)).html

    assert re.search(r'<a href="https://e.test/" style="color: #1a56b0', html)
    assert '<mark style="background: #ffe9a3;color: inherit;">They</mark> sing.' in html
    assert re.findall(r"<(?:body|h1|h2|h3|p|a|div|mark)\b(?![^>]* style=)[^>]*>", html) == []
    assert "@media (prefers-color-scheme: dark)" in html
    assert not re.search(r"<(?:link|script|img|iframe)|url\(|@import", html)
    assert html.count('dir="auto"') >= 4


def test_nothing_of_a_paper_is_a_template() -> None:
    written = "{{ 7 * 7 }} {% if x %} {# kettles #}"

    made = mail(outgoing(item(written, written, abstract=written)))

    assert made.text.count(written) == 4  # the subject, the subscription, the title and the abstract
    assert shown(made.html).text.count(squeezed(written)) == 5


def test_a_digest_that_is_too_long_shortens_abstracts_and_then_leaves_out_papers() -> None:
    long = [item(f"Paper {n}", "x", abstract="many words " * 300) for n in range(PAPERS)]
    huge = [item(f"Paper {n} {'<' * 380}", "x" * 80, url=f"https://e.test/{'p' * 1_900}") for n in range(PAPERS)]

    shortened, fewer = mail(outgoing(*long, more=3)), mail(outgoing(*huge, more=3))

    assert len(shortened.html.encode()) < MOST
    assert f"{PAPERS}. Paper {PAPERS - 1}" in shortened.text
    assert "and 3 more" in shortened.text
    assert shortened.text.count("many words") > PAPERS * 10
    assert len(fewer.html.encode()) < MOST
    left = len(re.findall(r"^\d+\. Paper", fewer.text, re.MULTILINE))
    assert 20 < left < PAPERS
    assert f"and {PAPERS - left + 3} more" in fewer.text


def test_lines_are_counted_with_both_bytes_that_end_them() -> None:
    some = [item(f"Paper {n}", "x", abstract="word " * 280) for n in range(1, PAPERS)]
    made = [mail(outgoing(item("First", "x", abstract="more " * n), *some)).html for n in range(0, 400, 10)]
    sizes = [len(one.replace("\n", "\r\n").encode()) for one in made]

    assert MOST - 60 < max(sizes) < MOST


def test_names_from_right_to_left_do_not_turn_their_neighbours_around() -> None:
    assert "“\u2068מחקר\u2069”" in mail(outgoing(item("A", "מחקר"))).text
