"""Whatever query is tried on whatever papers: what is proposed is another query, and finds what is said of it."""

from collections.abc import Sequence
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.preview import MANY, Preview, Seen, count_each, marked, marks_of, proposed, snippet
from bot.query import Query, QueryError, document, matches, parse
from bot.query.tree import all_of, any_of, none_of
from scrapers.paper import Paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
WORDS = "tea leaves kettles sing sings fine tuning finetuning RAG".split()
LEAVES = [
    *WORDS,
    "sing*",
    "=RAG",
    '="fine tuning"',
    '"tea leaves"',
    '"leaves sing tea"~2',
    "title:tea",
    'abs:"tea leaves"',
    "author:quill",
    "cat:cs",
    "source:hf",
    "has:code",
    "upvotes>=3",
]


def accepted(query: str) -> Query | None:
    try:
        return parse(query)
    except QueryError:
        return None


trees = st.recursive(
    st.sampled_from(LEAVES).map(lambda text: parse(text).root),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(all_of),
        st.lists(inner, min_size=1, max_size=3).map(any_of),
        inner.map(none_of),
    ),
    max_leaves=8,
)
queries = trees.map(str).map(accepted).filter(lambda query: query is not None)
texts = st.lists(st.sampled_from([*WORDS, "of", "and,"]), max_size=8).map(" ".join)
papers = st.builds(
    lambda title, abstract, category, upvotes: Seen(
        Paper(title=f"On {title}", abstract=abstract, categories=category, upvotes=upvotes), frozenset({"hf"})
    ),
    texts,
    texts,
    st.sampled_from([(), ("cs.CL",), ("math",)]),
    st.sampled_from([None, 0, 5]),
)


@settings(deadline=None)
@given(queries, st.lists(papers, max_size=8), st.sampled_from([1, MANY]))
def test_a_proposal_is_another_query_that_finds_what_it_says(query: Query, library: list[Seen], times: int):
    library *= times

    def found(query: Query) -> list[Seen]:
        return [one for one in library if matches(query, document(one.paper, one.sources), NOW)]

    def counts(queries: Sequence[Query]) -> list[int]:
        return count_each(queries, library, NOW)

    first = Preview(query, tuple(found(query)), len(found(query)), len(library), "of the last day", 1)
    tried = proposed(first, counts).proposal

    assert tried is None or not first.found or first.too_many
    if tried:
        assert tried.query.key != query.key
        assert tried.papers == len(found(tried.query))
        assert 0 < tried.papers < (len(first.found) or MANY + 1)


@settings(deadline=None)
@given(queries, papers, st.integers(1, 60))
def test_a_piece_marks_what_the_text_marks(query: Query, one: Seen, width: int):
    prepared, marks = marks_of(query, one, NOW)
    text = prepared.text("abstract")
    whole, piece = marked(text, marks, "abstract"), snippet(text, marks, "abstract", width)

    assert (piece is None) == (not whole.marks)
    if piece:
        assert piece.text.removeprefix("… ").removesuffix(" …") in text
        marked_texts = {text[start:end] for start, end in whole.marks}
        assert piece.marks
        assert {piece.text[start:end] for start, end in piece.marks} <= marked_texts
