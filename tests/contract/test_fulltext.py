"""What the full-text index promises, on SQLite and on PostgreSQL: it holds what the library holds, at any time."""

import pytest
import sqlalchemy as sa
from farside.world import World, paper

from bot.models import Counter
from bot.query import parse
from bot.store import fulltext, search
from bot.store.engine import Engine, reading, writing
from bot.store.merging import merge_records, undo_merge
from scrapers.paper import Paper


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def found(world: World, query: str, **options: int) -> list[str]:
    with reading(world.engine) as session:
        papers = search.find(session, parse(query), now=world.now, **options)
        assert search.count(session, parse(query), now=world.now, days=options.get("days")) >= len(papers)
        return [one.title for _, one in papers]


def test_a_paper_is_found_by_what_it_says_now(world: World) -> None:
    world.take_in(paper(1, title="Kettles", abstract=None))
    assert found(world, "umbrellas OR author:quill OR cat:cs.CL") == []

    world.take_in(
        paper(1, title="Kettles", abstract="Umbrellas, too. " * 9, authors=["Ada Quill"], categories=["cs.CL"])
    )

    for query in ("umbrella", "author:quill", 'author:"A. Quill"', "cat:cs.CL", "cat:cs", "kettle -teapot"):
        assert found(world, query) == ["Kettles"], query
    assert found(world, "kettles -umbrellas") == []
    assert found(world, "author:tester1") == []


def test_merged_records_are_found_once_by_the_words_of_both(world: World) -> None:
    world.take_in(paper(1, title="Kettles That Sing", abstract=None, upvotes=None))
    world.take_in(paper(2, title="Teapots That Dance", abstract="They dance with umbrellas all night long. " * 5))
    with writing(world.engine) as session:
        merge_records(session, 1, 2)
    (merged,) = found(world, "umbrellas")
    assert found(world, "title:kettles OR title:teapots") == [merged]

    with writing(world.engine) as session:
        undo_merge(session, 2)

    assert found(world, "umbrellas") == ["Teapots That Dance"]
    assert found(world, "title:kettles -umbrellas") == ["Kettles That Sing"]


def test_an_index_of_an_older_program_is_made_anew(world: World) -> None:
    world.take_in(paper(1, title="Kettles"), paper(2, title="Teapots"))
    with writing(world.engine) as session:
        session.execute(sa.text("delete from paper_fts"))
        session.merge(Counter(name="search index", value=0))
    assert found(world, "kettles") == []

    fulltext.bring_up_to_date(world.engine)
    assert found(world, "kettles OR teapots") == ["Teapots", "Kettles"]

    with writing(world.engine) as session:
        session.execute(sa.text("delete from paper_fts"))
    fulltext.bring_up_to_date(world.engine)  # it is of this program: nothing is made anew
    assert found(world, "kettles") == []


def test_pages_follow_one_another(world: World) -> None:
    world.take_in(*(paper(n, title=f"Fine{'-' * (n % 2)}Tuning Kettle {n}") for n in range(1, 8)))

    everything = found(world, "finetuning")
    pages = [found(world, "finetuning", skip=skip, limit=3) for skip in (0, 3, 6, 9)]

    assert everything == [f"Fine{'-' * (n % 2)}Tuning Kettle {n}" for n in range(7, 0, -1)]
    assert pages == [everything[:3], everything[3:6], everything[6:], []]


def test_days_are_counted_from_when_a_paper_was_first_seen(world: World) -> None:
    world.take_in(paper(1, title="Old Kettles"))
    world.wait(days=3)
    world.take_in(paper(2, title="New Kettles"))

    assert found(world, "kettles", days=2) == ["New Kettles"]
    assert found(world, "kettles", days=4) == ["New Kettles", "Old Kettles"]


_LAMPS = "The lamp is lit. " * 400  # PostgreSQL holds 255 places of a word


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ('"the kettle"', ["Many Words", "Lamps"]),
        ('"kettle sings"', ["Many Words", "Lamps"]),
        ('kettle -"the kettle"', ["Lamps Alone"]),
        ('lamp -"the kettle"', ["Lamps Alone"]),
        ('"kettle bbb"', []),
        ("thekettle", ["Many Words", "Lamps"]),
        ("x" * 999, []),
    ],
)
def test_a_phrase_is_found_anywhere_in_a_long_text(world: World, query: str, titles: list[str]) -> None:
    world.take_in(
        paper(1, title="Lamps", abstract=f"{_LAMPS} The kettle sings."),
        paper(2, title="Lamps Alone", abstract=f"{_LAMPS} No kettle at all."),
        paper(3, title="Many Words", abstract=f"{'b ' * 17_000} The kettle sings. {'bbb ' * 99}"),
    )

    assert found(world, query) == titles


@pytest.mark.parametrize(
    "query",
    [
        "a" * 400 + "*",
        "x" * 999,
        " ".join(f"word{n:03}abc" for n in range(64)),
        '"' + "of the " * 60 + '"~9',
        "".join(f"w{n} (v{n} OR " for n in range(31)) + "w" + ")" * 31,
        "".join(f"upvotes>{n} (w{n} OR " for n in range(31)) + "w" + ")" * 31,
        "w -(" * 63 + "w" + ")" * 63,
    ],
)
def test_no_query_is_too_much_for_the_index(world: World, query: str) -> None:
    world.take_in(Paper(title="Kettles"))

    assert found(world, query) == []
