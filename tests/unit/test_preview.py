"""Previews: how many papers a query finds, on how many days, where it matched, and what is proposed instead."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest

from bot.preview import (
    MANY,
    Preview,
    Seen,
    count_each,
    days_of,
    exclusions,
    is_within,
    latest_first,
    marked,
    marks_of,
    names_in,
    narrower,
    places,
    proposed,
    reasons,
    snippet,
    wider,
)
from bot.query import Query, document, matches, parse
from bot.show import a_day
from scrapers.paper import Paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
TODAY = NOW.date()
EVERYTHING = 1_000


def seen(title: str, abstract: str | None = None, **facts: object) -> Seen:
    return Seen(Paper(title=title, abstract=abstract, **facts), frozenset({"hf"}))


KETTLES = seen("Kettles That Sing", "We teach kettles to sing in tune.", categories=["cs.SD"], upvotes=3)
CLOCKS = seen("Clocks and Their Habits", "A survey of clocks that sing.", categories=["cs.AI"])
BRIDGES = seen("Fast Paper Bridges", "We fold bridges. Singing was not observed.", authors=["Ada Quill"])
PAPERS = (KETTLES, CLOCKS, BRIDGES)


def found(query: str, papers: tuple[Seen, ...] = PAPERS) -> tuple[Seen, ...]:
    return tuple(one for one in papers if matches(parse(query), document(one.paper, one.sources), NOW))


def counts(queries: Sequence[Query], papers: Sequence[Seen] = PAPERS) -> list[int]:
    return count_each(queries, papers, NOW)


def proposal(query: str, most: int = EVERYTHING) -> tuple[str, int] | None:
    """What is proposed where the query finds nothing, and how many papers it says that this finds."""
    tried = wider(parse(query), counts, most, names_in(PAPERS))
    return (str(tried.query), tried.papers) if tried else None


# How many, and on how many days -------------------------------------------------------------------------------------


def test_each_query_is_counted_on_its_own():
    queries = [
        parse(text) for text in ("sing*", "kettles", "source:hf", "source:arxiv", "upvotes>=3", "kettles clocks")
    ]
    assert count_each(queries, PAPERS, NOW) == [3, 1, 3, 0, 1, 0]


def test_the_days_are_counted_from_the_first_to_the_last():
    papers = [seen("A", published=date(2026, 11, day)) for day in (3, 1, 10)]
    assert days_of(papers) == 10
    assert days_of(papers[:1]) == 1
    assert days_of([]) is None
    assert days_of([*papers, seen("B")]) is None


def test_a_list_day_comes_before_the_day_of_publication():
    listed = Seen(Paper(title="A", published=date(2026, 1, 1)), listed_on=date(2026, 11, 2))
    published = seen("B", published=date(2026, 11, 1))
    assert listed.day == date(2026, 11, 2)
    assert days_of([listed, published]) == 2
    assert latest_first([seen("C"), published, listed, seen("D")])[0] == listed
    assert [one.paper.title for one in latest_first([seen("C"), published, seen("D"), listed])] == list("ABCD")


@pytest.mark.parametrize(("published", "inside"), [(TODAY, True), (TODAY - timedelta(days=1), False), (None, False)])
def test_the_last_day_is_today(published: date | None, inside: bool):
    assert is_within(seen("A", published=published), 1, TODAY) is inside
    assert is_within(seen("A", published=published), 2, TODAY) is (published is not None)


def preview(papers: int, days: int | None) -> Preview:
    return Preview(parse("sing"), (KETTLES,) * papers, papers, papers, "of the last days", days)


def test_too_many_are_more_than_the_limit_each_day():
    assert not preview(MANY * 3, 3).too_many
    assert preview(MANY * 3 + 1, 3).too_many
    assert not preview(MANY * 3, None).too_many
    assert preview(7, 2).a_day == 3.5
    assert preview(7, None).a_day is None


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0.09, "less than 0.1 a day"),
        (0.1, "0.1 a day"),
        (1.0, "1 a day"),
        (3.54, "3.5 a day"),
        (9.97, "10 a day"),
        (153.6, "154 a day"),
    ],
)
def test_a_rate_is_as_exact_as_people_need(number: float, shown: str):
    assert a_day(number) == shown


# Proposals ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("kettles umbrellas", ("kettles", 1)),  # the word that nobody writes is left out
        ("clocks -survey", ("clocks", 1)),  # or what is excluded
        ("clocks NOT (survey OR habits)", ("clocks", 1)),
        ("kettles upvotes>=5", ("kettles", 1)),  # or a condition
        ('"sing kettles"', ("sing AND kettles", 1)),  # a phrase becomes its words
        ('"tune kettles"~1', ("tune AND kettles", 1)),
        ("title:fold", ("fold", 1)),  # a field is left out
        ("abs:fast", ("fast", 1)),
        ("=kettle", ("kettle", 1)),  # a spelling becomes a word
        ("umbrellas OR kettles source:arxiv", ("umbrellas OR kettles", 1)),
        ("umbrellas kites kettles", ("kettles", 1)),  # two words too many
        ("cat:cs.SDD", ("cat:cs.SD", 1)),  # a category or a source is corrected
        ("kettles source:hff", ("kettles AND source:hf", 1)),
        ("cat:cs.SE", None),  # but not to one that only looks a little like it, nor is what arXiv has a mistake
        ("sing cat:cs.AR", ("sing", 2)),
        ("cat:csx", ("cat:cs", 2)),
        ("kettles cat:cs.AI", ("kettles", 1)),
        ("umbrellas", None),
        ("author:levine", None),
    ],
)
def test_what_is_wider_finds_something(query: str, wanted: tuple[str, int] | None):
    assert found(query) == ()
    assert proposal(query) == wanted


def test_of_what_is_wider_the_query_that_finds_the_fewest_is_proposed():
    assert proposal("sing* clocks umbrellas") == ("sing* AND clocks", 1)
    assert proposal("sing* umbrellas") == ("sing*", 3)
    assert proposal("(kettles OR clocks) bridges") == ("bridges", 1)


def test_of_several_exclusions_one_is_left_out():
    query = "sing* NOT (clocks OR tune OR fold)"
    assert found(query) == ()
    assert proposal(query) == ("sing* AND NOT (tune OR fold)", 1)


def test_nothing_wider_is_proposed_that_finds_too_much():
    assert proposal("sing* umbrellas", most=3) == ("sing*", 3)
    assert proposal("sing* umbrellas", most=2) is None


CROWD = tuple(
    seen(
        f"Paper {n}" if n % 4 else f"Tea leaves {n}",
        "We read tea leaves, leaves of tea, and little else.",
        categories=["cs.LG"] if n % 8 else ["cs.CL"],
    )
    for n in range(40)
)


def narrowed(query: str, most: int, categories: tuple[str, ...] = ()) -> tuple[str, int] | None:
    """What is proposed in place of a query that finds too many of the crowd."""
    papers = found(query, CROWD)
    tried = narrower(parse(query), lambda queries: counts(queries, papers), len(papers), most, categories)
    return (str(tried.query), tried.papers) if tried else None


@pytest.mark.parametrize(
    ("query", "most", "wanted"),
    [
        ("tea", 20, ("title:tea", 10)),  # only in the title
        ("tea", 10, ("title:tea", 10)),
        ("little leaves", 39, ("little AND title:leaves", 10)),
        ("leaves tea", 39, ("title:leaves AND tea", 10)),
        ("read little", 20, None),  # all of them, wherever it is looked for
        ('"tea leaves"', 10, ('title:"tea leaves"', 10)),
        ("tea source:hf", 10, ("title:tea AND source:hf", 10)),
        ("source:hf", 10, None),
    ],
)
def test_what_is_narrower_finds_less(query: str, most: int, wanted: tuple[str, int] | None):
    assert narrowed(query, most) == wanted


def test_two_words_become_a_phrase():
    papers = tuple(seen("Tea leaves" if n < 3 else "Leaves, not tea") for n in range(9))
    tried = narrower(parse("tea leaves"), lambda queries: counts(queries, papers), 9, 5, ())
    assert tried
    assert (str(tried.query), tried.papers) == ('"tea leaves"', 3)


def test_a_category_is_added_where_none_was_asked_for():
    assert narrowed("source:hf", 20, ("cs.LG", "cs.CL")) == ("source:hf AND cat:cs.CL", 5)
    assert narrowed("source:hf", 35, ("cs.LG", "cs.CL")) == ("source:hf AND cat:cs.LG", 35)
    assert narrowed("source:hf", 4, ("cs.LG", "cs.CL")) == ("source:hf AND cat:cs.CL", 5)
    assert narrowed("source:hf cat:cs", 20, ("cs.LG", "cs.CL")) is None


def test_where_each_step_finds_too_much_two_are_taken():
    assert narrowed("tea", 5, ("cs.LG", "cs.CL")) == ("tea AND cat:cs.CL", 5)
    assert narrowed("tea", 4, ("cs.LG",)) == ("title:tea AND cat:cs.LG", 5)


def test_a_preview_of_enough_proposes_nothing():
    enough = Preview(parse("tea"), CROWD, 40, 40, "of the last day", 1)
    assert proposed(enough, counts) == enough
    empty = Preview(parse("tea"), (), 0, 0, "of the last day", 1)
    assert proposed(empty, counts) == empty


def test_a_preview_of_nothing_and_of_too_much_gets_a_proposal():
    nothing = proposed(Preview(parse("umbrellas kettles"), (), 0, 3, "of the last day", 1), counts)
    assert nothing.proposal
    assert (str(nothing.proposal.query), nothing.proposal.papers) == ("kettles", 1)
    much = proposed(Preview(parse("tea"), CROWD * 2, 80, 80, "of the last day", 1), partial(counts, papers=CROWD * 2))
    assert much.proposal
    assert (str(much.proposal.query), much.proposal.papers) == ("title:tea", 20)


# What matched where -------------------------------------------------------------------------------------------------

TEXT = "We fold paper bridges until they sing, and we measure how long each of the bridges sings."


def cut(text: str, query: str, width: int) -> tuple[str, list[str]] | None:
    """The piece of an abstract around a match, and the marked pieces of it."""
    _, marks = marks_of(parse(query), seen("A Title", text), NOW)
    piece = snippet(text, marks, "abstract", width)
    return (piece.text, [piece.text[start:end] for start, end in piece.marks]) if piece else None


@pytest.mark.parametrize(
    ("query", "width", "wanted"),
    [
        ("fold", 200, (TEXT, ["fold"])),
        ("fold", 30, ("We fold paper bridges until …", ["fold"])),
        ("sing", 30, ("… they sing, and we measure …", ["sing"])),
        ("bridges", 30, ("… paper bridges until they …", ["bridges"])),
        ("how", 30, ("… measure how long each of the …", ["how"])),
        ("sings", 200, (TEXT, ["sing", "sings"])),
        ('"each of the bridges sings"', 10, ("… each of the bridges sings …", ["each of the bridges sings"])),
        ("title", 30, None),
    ],
)
def test_a_piece_of_text_is_cut_at_blanks_around_the_match(query: str, width: int, wanted: object):
    assert cut(TEXT, query, width) == wanted


def test_a_text_without_blanks_is_cut_anywhere():
    assert cut("折" * 50 + "注意力" + "橋" * 50, "注意力", 12) == ("… 折折折折注意力橋橋橋橋橋 …", ["注意力"])


def test_the_whole_title_is_shown_with_its_marks():
    prepared, marks = marks_of(parse("bridges OR fast OR quill"), BRIDGES, NOW)
    assert marked(prepared.text("title"), marks, "title") == ("Fast Paper Bridges", ((11, 18), (0, 4)))
    assert marked("Fast Paper Bridges", (), "title") == ("Fast Paper Bridges", ())


def why(query: str, one: Seen) -> list[str]:
    prepared, marks = marks_of(parse(query), one, NOW)
    return reasons(marks, prepared)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("bridges", ["bridges in title and abstract"]),
        ("singing fast", ["singing in abstract", "fast in title"]),
        ("title:bridges", ["title:bridges"]),
        ('"paper bridges" OR abs:fold', ['"paper bridges" in title', "abstract:fold"]),
        ("=Fast -clocks", ["=Fast in title"]),
        ('"bridges paper"~2', ['"bridges paper"~2 in title']),
        ("author:quill", ["author:quill (Ada Quill)"]),
        ("source:hf umbrellas OR source:hf", ["source:hf"]),
    ],
)
def test_reasons_say_each_term_and_where(query: str, wanted: list[str]):
    assert why(query, BRIDGES) == wanted


def test_facts_are_reasons_too():
    assert why("kettles upvotes>=2 cat:cs", KETTLES) == ["kettles in title and abstract", "upvotes>=2", "cat:cs"]


def test_places_say_what_is_marked():
    prepared, marks = marks_of(parse("fast author:quill source:hf"), BRIDGES, NOW)
    assert places(marks, prepared) == [
        {"term": "fast", "field": "title", "start": 0, "end": 4, "text": "Fast"},
        {"term": "author:quill", "field": "author", "start": 0, "end": 9, "text": "Ada Quill"},
        {"term": "source:hf", "field": "source", "start": 0, "end": 0, "text": ""},
    ]


# Less like this -------------------------------------------------------------------------------------------------------


def kettle(number: int, title: str) -> Seen:
    return seen(title, "We heat kettles.", authors=[f"Ada Tester{number}"], categories=["cs.CL"])


def test_less_like_this_takes_some_others_along_not_none_and_not_most() -> None:
    disliked = kettle(0, "Kettles for Medical Lamps")
    others = [kettle(n, f"Kettles Number {n} for {'Medical' if n < 4 else 'Other'} Use") for n in range(1, 41)]
    query = parse("kettles")

    found = exclusions(query, disliked, others, NOW)

    assert [(one.term, len(one.left_out)) for one in found[:2]] == [("Medical", 3), ("Lamps", 0)]
    assert found[-1].term == "cat:cs.CL"
    for one in found:
        assert not matches(one.query, document(disliked.paper), NOW)
        assert all(not matches(one.query, document(other.paper), NOW) for other in one.left_out)
        assert one.query.text.startswith("kettles AND NOT ")


def test_less_like_this_never_excludes_what_the_query_asks_for() -> None:
    disliked = kettle(0, "Kettles")

    found = exclusions(parse("kettles cat:cs.CL"), disliked, [], NOW)

    assert [one.term for one in found] == ['author:"Ada Tester0"']
