"""Merging never loses what is known, and repeating it changes nothing."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from bot.identity import Known, find, merge
from scrapers.paper import Organization, Paper

WORDS = st.sampled_from(["agents", "retrieval", "models", "learning", "vision", "tools"])
TEXTS = st.lists(WORDS, min_size=3, max_size=12).map(" ".join)
NAMES = st.lists(st.sampled_from(["Ada Lovelace", "Bob Stone", "Cy Young", "D. Ng"]), unique=True, max_size=4)
COUNTS = st.none() | st.integers(0, 50)
DATES = st.none() | st.dates(date(2024, 1, 1), date(2026, 12, 31))
ORGANIZATIONS = st.sampled_from(
    [Organization(slug="lab"), Organization(slug="lab", name="The Lab"), Organization(name="Other")]
)


@st.composite
def papers(draw: st.DrawFn) -> Paper:
    names = draw(NAMES)
    return Paper(
        title=draw(TEXTS),
        abstract=draw(st.none() | TEXTS),
        authors=names,
        authors_truncated=draw(st.sampled_from([True, False])) if names else None,
        published=draw(DATES),
        updated=draw(DATES),
        version=draw(st.none() | st.integers(1, 4)),
        categories=draw(st.lists(st.sampled_from(["cs.CL", "cs.LG", "stat.ML"]), unique=True)),
        organizations=draw(st.lists(ORGANIZATIONS, max_size=2, unique_by=str)),
        identifiers=draw(st.lists(st.sampled_from([("arxiv", "2611.00001"), ("doi", "10.1000/xyz")]), unique=True)),
        has_code=draw(st.none() | st.booleans()),
        upvotes=draw(COUNTS),
        stars=draw(COUNTS),
        note=draw(st.none() | WORDS),
        uncertain=draw(st.frozensets(st.sampled_from(["title", "published"]))),
    )


@given(stored=papers(), incoming=papers())
def test_nothing_known_is_lost(stored: Paper, incoming: Paper) -> None:
    merged = merge(stored, incoming)

    for name in Paper.model_fields:
        if any(getattr(paper, name) not in (None, (), {}, frozenset()) for paper in (stored, incoming)):
            assert getattr(merged, name) not in (None, (), {}) or name in ("uncertain", "authors_count")
    assert set(merged.identifiers) == {*stored.identifiers, *incoming.identifiers}
    assert len(merged.authors) >= min(len(stored.authors), len(incoming.authors))
    if stored.identifiers and not incoming.identifiers and "title" not in stored.uncertain:
        assert merged.title == stored.title


@given(stored=papers(), incoming=papers())
def test_merging_the_same_again_changes_nothing(stored: Paper, incoming: Paper) -> None:
    once = merge(stored, incoming)

    assert merge(once, incoming) == once
    assert merge(stored, stored) == stored


@given(stored=papers(), incoming=papers())
def test_merged_records_are_normalised_papers(stored: Paper, incoming: Paper) -> None:
    merged = merge(stored, incoming)

    assert Paper(**dict(merged)) == merged


@given(paper=papers())
def test_a_paper_with_a_title_that_tells_finds_itself(paper: Paper) -> None:
    found = find(paper, [Known(7, paper)])

    assert found is None or found.id == 7
    if len(paper.title.replace(" ", "")) >= 16:
        assert found
