"""What reading a feed again promises, on SQLite and on PostgreSQL: an address names its entry, until it is reused."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.intake import Taken, take_in
from bot.store.engine import Engine, reading
from bot.store.records import find_identifiers
from scrapers.crawl import load
from scrapers.identifiers import Identifier
from scrapers.paper import Paper
from scrapers.request import Listed, Request, Response

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = date(2026, 11, 20)
LONG = "We looked at every stone of the invented river and wrote down which of them were stones, one after the other. "


def take(engine: Engine, *papers: Paper, source: str = "blog") -> Taken:
    return take_in(engine, source, "feed", [Listed(paper) for paper in papers], day=DAY, alert=False, now=NOW)


def entry(title: str, address: str = "https://blog.example.org/1", **more: Any) -> Paper:
    return Paper(title=title, identifiers=[("url", address)], url=address, **more)


def ids(engine: Engine, *papers: Paper) -> list[int]:
    return [change.id for change in take(engine, *papers).changes]


def test_reading_a_feed_again_brings_nothing_new(engine: Engine) -> None:
    body = b"""<rss version="2.0"><channel><title>x</title><link>https://blog.example.org</link>
        <item><title>Editorial</title><guid>1</guid></item><item><title>Editorial</title><guid>2</guid></item>
        <item><title>News</title><link>https://blog.example.org/n</link></item></channel></rss>"""
    page = load("feed").parse(Response(Request("https://blog.example.org/f", "feed"), "", 200, body))

    first, again = (take(engine, *(one.paper for one in page.listed)) for _ in range(2))

    assert (first.new, again.new) == (3, 0)


def test_an_edited_title_is_the_same_paper(engine: Engine) -> None:
    (first,) = ids(engine, entry("Stones in the Invented River"))
    edited = take(engine, entry("Stones in the Invented Rivers: a correction"))

    assert [change.id for change in edited.changes] == [first]
    assert edited.changes[0].after.title == "Stones in the Invented Rivers: a correction"


@pytest.mark.parametrize("same", [{"abstract": LONG * 3}, {"authors": ["Ada Tester"]}], ids=["abstract", "author"])
def test_a_new_title_of_the_same_text_or_author_is_the_same_paper(engine: Engine, same: dict[str, Any]) -> None:
    (first,) = ids(engine, entry("Stones in the Invented River", **same))

    assert ids(engine, entry("What nobody saw under water", **same)) == [first]


@pytest.mark.parametrize("title", ["Paper and Scissors in the Classroom", "News"])
def test_an_address_reused_for_another_item_names_two_papers(engine: Engine, title: str) -> None:
    (first,) = ids(engine, entry("Stones in the Invented River", abstract="Of stones.", authors=["Ada Tester"]))
    other = entry(title, abstract="Of scissors.", authors=["Ben C. Sample"])

    (second,), again = ids(engine, other), take(engine, other)

    assert second != first
    assert again.new == 0
    assert [change.id for change in again.changes] == [second]
    assert ids(engine, entry("Stones in the Invented River", authors=["Ada Tester"])) == [first]


def test_an_address_may_be_reused_again_and_again(engine: Engine) -> None:
    items = [entry(title) for title in ("Monday Seminar", "A Talk on Moss", "Nothing This Week", "Exam Results")]

    first = [ids(engine, one) for one in items]
    again = [ids(engine, one) for one in items]

    assert len({id for (id,) in first}) == 4
    assert again == first


def test_two_items_of_one_address_in_one_reading_are_two_papers(engine: Engine) -> None:
    both = entry("Monday Seminar"), entry("A Talk on Moss")

    first, again = take(engine, *both), take(engine, *both)

    assert (first.new, again.new) == (2, 0)


def test_different_addresses_do_not_keep_one_paper_apart(engine: Engine) -> None:
    arxiv = Paper(title="Stones in the Invented River", authors=["Ada Tester"], identifiers=[("arxiv", "2611.99001")])
    (first,) = ids(engine, arxiv)
    at_home = entry("Stones in the invented river", authors=["Ada Tester"])
    elsewhere = entry("Stones in the Invented River", "https://news.example.com/stones", authors=["A. Tester"])

    assert ids(engine, at_home, elsewhere) == [first]
    with reading(engine) as session:
        found = find_identifiers(session, {Identifier("url", "https://news.example.com/stones"), *at_home.identifiers})
    assert set(found.values()) == {first}


def test_a_feed_does_not_overwrite_what_a_better_record_says(engine: Engine) -> None:
    arxiv = Paper(title="Stones in the Invented River", abstract=LONG * 3, identifiers=[("arxiv", "2611.99001")])
    ids(engine, arxiv)
    told = take(engine, entry("Stones in the Invented River", abstract="Our new paper is out! Read it. " * 4))

    assert told.changes[0].after.abstract == arxiv.abstract


def test_a_typing_error_of_a_feed_finds_the_paper(engine: Engine) -> None:
    text = {"abstract": LONG * 3, "authors": ["Ada Tester"]}
    (first,) = ids(engine, Paper(title="Stones in the Invented River", identifiers=[("arxiv", "2611.99001")], **text))

    assert ids(engine, entry("Stones in the Inventd River", **text)) == [first]
