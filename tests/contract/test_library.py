"""What the library promises, on SQLite and on PostgreSQL."""

from datetime import date

import pytest
import sqlalchemy as sa
from farside.world import DAY, World, paper

from bot import subscriptions
from bot.intake import take_in
from bot.models import Listing, StoredPaper
from bot.store.engine import Engine, reading, writing
from bot.store.merging import resolve, undo_merge
from bot.store.papers import REPLACED
from bot.store.records import find_identifiers, load, sources_of
from scrapers.identifiers import Identifier
from scrapers.paper import Organization, Paper
from scrapers.request import Listed


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def library(world: World) -> dict[int, Paper]:
    with reading(world.engine) as session:
        ids = session.execute(sa.select(StoredPaper.id).where(StoredPaper.merged_into.is_(None))).scalars().all()
        return dict(sorted(load(session, ids).items()))


def test_a_paper_comes_back_as_it_was_stored(world: World) -> None:
    everything = paper(
        abstract="Ünïcode, $\\alpha$ and “quotes”.", organizations=[Organization(slug="lab", name="The Lab")],
        version=2,
        updated=date(2026, 11, 20), categories=["cs.CL", "cs.LG"], url="https://huggingface.co/papers/2611.00001",
        code_url="https://github.com/a/b", project_url="https://a.example", comments=0, stars=3, score=35.3,
        note="12 pages", extras={"ai_keywords": ["x"]}, uncertain=frozenset({"published"}),
        identifiers=[("arxiv", "2611.00001"), ("doi", "10.1000/xyz")],
    )  # fmt: skip

    world.take_in(everything)

    assert list(library(world).values()) == [everything]


@pytest.mark.parametrize("together", [True, False])
def test_two_papers_of_arxiv_with_one_doi_stay_two(world: World, together: bool) -> None:
    doi = ("doi", "10.1000/both")
    both = [paper(n, identifiers=[("arxiv", f"2611.0000{n}"), doi]) for n in (1, 2)]

    for some in [both, both] if together else [both[:1], both[1:], both]:
        world.take_in(*some)

    assert [one.title for one in library(world).values()] == [one.title for one in both]
    world.take_in(paper(2, identifiers=[doi], title="Another Title of the Published One"))
    assert len(library(world)) == 2


def test_storing_the_same_again_changes_nothing(world: World) -> None:
    papers = [paper(n) for n in range(1, 30)]
    first = world.take_in(*papers)
    with reading(world.engine) as session:
        before = session.execute(sa.select(StoredPaper.id, StoredPaper.changed_at)).all()

    world.wait(hours=1)
    again = world.take_in(*papers)

    with reading(world.engine) as session:
        after = session.execute(sa.select(StoredPaper.id, StoredPaper.changed_at)).all()
        listings = session.execute(sa.select(sa.func.count()).select_from(Listing)).scalar()
    assert first.new == 29
    assert again.new == 0
    assert not any(change.says_more for change in again.changes)
    assert sorted(before) == sorted(after)
    assert listings == 29


def test_a_paste_hugging_face_and_arxiv_give_one_paper_with_the_best_of_each(world: World) -> None:
    title = "Attention Is All You Need Again"
    world.take_in(Paper(title=title), source="pasted")
    world.take_in(paper(title=title, upvotes=12, authors=["Ada Tester"], abstract=None), source="hf")
    world.take_in(
        paper(title=title, upvotes=None, authors=["Ada Tester", "Ben Checker"], categories=["cs.CL"], note="accepted"),
        source="arxiv",
    )
    world.take_in(Paper(title=title), source="pasted")

    (merged,) = library(world).values()
    assert merged.identifiers == (Identifier("arxiv", "2611.00001"),)
    assert merged.upvotes == 12
    assert merged.categories == ("cs.CL",)
    assert merged.note == "accepted"
    assert merged.authors == ("Ada Tester", "Ben Checker")
    assert merged.abstract
    with reading(world.engine) as session:
        assert list(sources_of(session, [1]).values()) == [frozenset({"pasted", "hf", "arxiv"})]


def test_different_papers_called_editorial_stay_apart(world: World) -> None:
    editorials = [
        Paper(title="Editorial", authors=["Ed Itor"], published=date(2026, 1, 1)),
        Paper(title="Editorial", authors=["Ed Itor"], published=date(2026, 6, 1)),
        Paper(title="Editorial", identifiers=[("doi", "10.1000/a")]),
        Paper(title="Editorial", identifiers=[("doi", "10.1000/b")]),
    ]
    for one in editorials:
        world.take_in(one)

    assert len(library(world)) == 4


def test_a_paste_with_a_typing_error_finds_its_paper_by_its_rare_words(world: World) -> None:
    world.take_in(
        paper(title="Contrastive Preference Distillation for Multilingual Summarization", authors=["Mia Wong"])
    )

    world.take_in(
        Paper(title="Contrastive Preference Distilation for Multilingual Summarization", authors=["Mia Wong"]),
        source="pasted",
    )

    assert len(library(world)) == 1


def test_the_same_title_with_other_authors_or_years_is_another_paper(world: World) -> None:
    title = "On the Convergence of Gradient Methods"
    world.take_in(paper(1, title=title, authors=["A One"]))
    world.take_in(Paper(title=title, authors=["B Two"]), source="pasted")
    world.take_in(Paper(title=title, authors=["A One"], published=date(2020, 1, 1)), source="pasted")

    assert len(library(world)) == 3


def test_two_records_that_turn_out_to_be_one_are_merged_and_taken_apart_again(world: World) -> None:
    world.take_in(paper(1, title="A First Name for It, Long Enough", abstract=None, upvotes=3), source="hf")
    world.take_in(
        Paper(title="Quite Another Name for the Same", identifiers=[("doi", "10.1000/x")], note="printed"),
        source="crossref",
    )
    before = library(world)
    both = paper(
        1, title="A First Name for It, Long Enough", identifiers=[("arxiv", "2611.00001"), ("doi", "10.1000/x")]
    )

    world.take_in(both, source="arxiv")

    (kept,) = library(world)
    with reading(world.engine) as session:
        assert resolve(session, 2) == kept == 1
        assert sources_of(session, [1]) == {1: frozenset({"hf", "crossref", "arxiv"})}
    assert library(world)[1].note == "printed"
    with writing(world.engine) as session:
        assert undo_merge(session, 2) == 1
    apart = library(world)
    assert apart[2] == before[2]
    assert apart[1] == before[1]
    with reading(world.engine) as session:
        found = find_identifiers(session, [Identifier("arxiv", "2611.00001"), Identifier("doi", "10.1000/x")])
    assert found == {Identifier("arxiv", "2611.00001"): 1, Identifier("doi", "10.1000/x"): 2}


def test_a_poorer_record_never_overwrites_a_richer_one(world: World) -> None:
    rich = paper(1, upvotes=30, comments=4, categories=["cs.CL"], note="12 pages", code_url="https://github.com/a/b")
    world.take_in(rich)

    world.take_in(
        Paper(title=rich.title, authors=["Ada Tester1"], authors_truncated=True, abstract=rich.abstract[:90]),
        source="pasted",
    )

    assert list(library(world).values()) == [rich]


def test_the_same_paper_twice_in_one_list_is_stored_once(world: World) -> None:
    taken = world.take_in(paper(1), paper(2), paper(1, upvotes=9))

    assert taken.new == 2
    assert sorted(one.upvotes or 0 for one in library(world).values()) == [5, 9]


def test_a_revision_changes_the_record_and_is_no_new_paper(world: World) -> None:
    world.take_in(paper(1, version=1, updated=date(2026, 11, 1)))
    taken = world.take_in(paper(1, version=3, updated=date(2026, 11, 9), title="A Wholly New Title for Number One"))
    world.take_in(paper(1, version=2, updated=date(2026, 11, 5), title="The Title in Between"))

    (now,) = library(world).values()
    assert taken.new == 0
    assert (now.title, now.version) == ("A Wholly New Title for Number One", 3)


def test_records_of_one_batch_that_share_a_doi_are_one_paper(world: World) -> None:
    doi = ("doi", "10.1000/both")
    first = paper(1, identifiers=[doi, ("s2", "a")], authors=["Ada Tester1"])
    second = paper(1, identifiers=[("arxiv", "2611.00001"), doi, ("s2", "b")], authors=["Ada Tester1"])

    world.take_in(first, second)

    assert len(library(world)) == 1


def test_a_cross_list_that_shares_its_doi_with_a_replaced_paper_is_told(world: World) -> None:
    subscriptions.subscribe(world.engine, ("test", "ada"), "invented", now=world.now)
    doi = ("doi", "10.1000/both")
    both = [paper(n, identifiers=[("arxiv", f"2611.0000{n}"), doi]) for n in (1, 2)]
    listed = [Listed(one, DAY, announced=how) for one, how in zip(both, (REPLACED, "cross"), strict=True)]

    taken = take_in(world.engine, "arxiv", "arxiv", listed, day=DAY, alert=True, now=world.now)

    assert len(library(world)) == 2
    assert taken.owed == {2: [1]}
