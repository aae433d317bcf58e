"""What a preview of the library promises, on SQLite and on PostgreSQL."""

from datetime import date, timedelta

import pytest
from farside.world import DAY, World, paper

from bot.preview import Preview
from bot.previewing import of_library
from bot.query import parse
from bot.store.engine import Engine, reading, writing
from bot.store.merging import undo_merge
from bot.store.window import Window, window
from scrapers.paper import Paper


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def held(world: World, days: int = 30) -> Window:
    with reading(world.engine) as session:
        return window(session, world.now, days)


def preview(world: World, query: str, days: int = 30) -> Preview:
    return of_library(world.engine, parse(query), days=days, now=world.now)


def titles(preview: Preview) -> list[str]:
    return [one.paper.title for one in preview.found]


def test_an_empty_library_holds_nothing(world: World) -> None:
    assert held(world) == (0, 30)
    assert preview(world, "invented").found == ()
    assert preview(world, "invented").papers == 0
    assert preview(world, "invented").proposal is None


def test_a_young_library_stands_for_the_days_since_its_first_paper(world: World) -> None:
    world.take_in(paper(1), paper(2))
    assert held(world) == (2, 1)
    world.wait(hours=25)
    world.take_in(paper(3))
    assert held(world) == (3, 2)
    assert held(world, days=1) == (1, 1)
    world.wait(days=28, hours=22)
    assert held(world) == (3, 30)
    world.wait(days=1)
    assert held(world) == (1, 30)
    world.wait(days=30)
    assert held(world) == (0, 30)


def test_a_first_reading_of_many_lists_stands_for_their_days(world: World) -> None:
    for number in range(1, 8):
        world.take_in(paper(number), paper(number + 50), day=DAY - timedelta(days=number))
    world.take_in(paper(1), source="arxiv", day=DAY - timedelta(days=1))
    assert held(world) == (14, 7)


def test_a_paper_is_of_the_day_on_which_it_was_listed_first(world: World) -> None:
    world.take_in(paper(1, published=DAY - timedelta(days=9)), day=DAY)
    world.take_in(paper(1, published=DAY - timedelta(days=9)), source="arxiv", day=DAY - timedelta(days=2))
    world.take_in(paper(2, published=DAY - timedelta(days=9)), day=DAY)

    found = preview(world, "source:hf").found

    assert [one.day for one in found] == [DAY, DAY - timedelta(days=2)]


def test_a_merged_record_is_no_paper_until_it_is_taken_apart(world: World) -> None:
    world.take_in(paper(1, title="A First Name for It, Long Enough", abstract=None))
    world.take_in(Paper(title="Quite Another Name", identifiers=[("doi", "10.1000/x")]), source="crossref")
    assert held(world).papers == 2
    both = [("arxiv", "2611.00001"), ("doi", "10.1000/x")]
    world.take_in(paper(1, title="A First Name for It, Long Enough", identifiers=both), source="arxiv")
    assert held(world).papers == 1
    with writing(world.engine) as session:
        undo_merge(session, 2)
    assert held(world).papers == 2


def test_it_finds_the_papers_of_the_last_days_latest_first(world: World) -> None:
    world.take_in(paper(1, title="Kettles of Last Month"))
    world.wait(days=31)
    world.take_in(paper(2, title="Kettles That Sing"), paper(3, title="Clocks and Their Habits"))
    world.wait(hours=25)
    world.take_in(paper(4, title="Fast Kettles"), source="arxiv")

    shown = preview(world, "kettles")

    assert titles(shown) == ["Fast Kettles", "Kettles That Sing"]
    assert [one.sources for one in shown.found] == [{"arxiv"}, {"hf"}]
    assert (shown.papers, shown.of, shown.days, shown.note) == (3, "of the last 30 days", 30, "")
    assert shown.a_day == pytest.approx(2 / 30)
    assert shown.proposal is None
    assert titles(preview(world, "kettles", days=1)) == ["Fast Kettles"]
    assert preview(world, "kettles", days=1).of == "of the last day"
    assert len(preview(world, "kettles", days=36_500).found) == 3


def test_a_young_library_says_how_few_days_it_holds(world: World) -> None:
    world.take_in(paper(1), paper(2))
    shown = preview(world, "invented")
    assert (shown.matching, shown.days, shown.note) == (2, 1, "the library holds 1 day")
    world.wait(hours=40)
    assert preview(world, "invented").note == "the library holds 2 days"


def test_what_is_wider_was_tried_on_the_library(world: World) -> None:
    world.take_in(paper(1, title="Kettles That Sing"), paper(2, title="Clocks and Their Habits"))
    world.take_in(paper(3, title="Fast Kettles"), source="arxiv")

    shown = preview(world, "kettles umbrellas")

    assert shown.found == ()
    assert shown.proposal
    assert (str(shown.proposal.query), shown.proposal.papers) == ("kettles", 2)
    by_source = preview(world, "clocks source:arxiv").proposal
    assert by_source
    assert (str(by_source.query), by_source.papers) == ("clocks", 1)


def test_what_is_narrower_was_tried_on_the_library(world: World) -> None:
    world.take_in(*(paper(n, categories=["cs.CL"] if n <= 20 else ["cs.LG"]) for n in range(1, 72)))

    shown = preview(world, "invented")

    assert (shown.matching, shown.days, shown.too_many) == (71, 1, True)
    assert shown.proposal
    assert (str(shown.proposal.query), shown.proposal.papers) == ("invented AND cat:cs.CL", 20)
    assert not preview(world, "cat:cs.CL").too_many


def test_conditions_hold_at_the_time_of_the_preview(world: World) -> None:
    world.take_in(paper(1, published=date(2026, 11, 19)))
    assert len(preview(world, "age<7d source:hf").found) == 1
    world.wait(days=7)
    assert preview(world, "age<7d source:hf").found == ()
