"""The index over all queries gives exactly what evaluating each of them gives, whatever was added and removed."""

from collections.abc import Sequence

from farside.families import NOW, documents, families, queries
from hypothesis import example, given
from hypothesis import strategies as st

from bot.query import Document, QueryError, document, matches, parse
from bot.query.matcher import Matcher
from scrapers.paper import Paper

Change = tuple[int, str | None]  # a subscription's id and what it asks for from now on


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Change], list[Document], list[Change]]:
    """Subscriptions come and go, papers, and more come and go. All draw on a few words, so that most of them meet."""
    words = st.sampled_from(draw(families()))
    changes = st.tuples(st.integers(1, 8), st.none() | queries(words))
    some = st.lists(documents(words), min_size=1, max_size=4)
    return draw(st.lists(changes, max_size=25)), draw(some), draw(st.lists(changes, max_size=10))


@given(worlds())
@example(([(1, "fake AND news")], [document(Paper(title="fakenew"))], []))
@example(([(1, '"super bowl"'), (2, "superbowl")], [document(Paper(title="superb owl"))], []))
@example(([(1, '"注意力 models"~0')], [document(Paper(title="注意力 models"))], []))
@example(([(1, '"of knn"')], [document(Paper(title="of k-n-n"))], []))
@example(([(1, "a b"), (2, "b a")], [document(Paper(title="a b"))], [(1, None)]))
@example(([(1, "=ア"), (2, "ア"), (3, "=ｱ")], [document(Paper(title="ｱ")), document(Paper(title="ア"))], []))
@example(([(1, '"cat stool here"')], [document(Paper(title="Cats-tool here"))], []))
@example(([(1, '"a ch atgpt4"'), (2, '"the chat gpt4"')], [document(Paper(title="The chat-gpt-4, a chat-gpt-4"))], []))
@example(([(1, '"fine tuning"~0'), (2, '"tuning fine"~9')], [document(Paper(title="Finetuning, fine-tuning"))], []))
@example(([(1, '"knn graph"~1')], [document(Paper(title="A k-n-n or graph"))], [(2, '"k graph"~9')]))
@example(([], [document(Paper(title="graph graph-of-models"))], [(1, '"graph graphofmodels"')]))
@example(([(1, "=RAG"), (2, "=RAG-based")], [document(Paper(title="rag-based RAG"))], [(3, "=rag"), (4, '="or rag"')]))
def test_the_index_gives_what_each_query_alone_gives(world: tuple[list[Change], list[Document], list[Change]]) -> None:
    before, some, after = world
    matcher, asked = Matcher(), dict[int, str]()
    for change in before:
        apply(change, matcher, asked)
    check(matcher, asked, some)
    for change in after:
        apply(change, matcher, asked)
    check(matcher, asked, some)


def apply(change: Change, matcher: Matcher, asked: dict[int, str]) -> None:
    id, text = change
    try:
        query = parse(text) if text else None
    except QueryError:
        return
    if query is None:
        asked.pop(id, None)
        matcher.remove(id)
    else:
        asked[id] = query.text
        matcher.add(id, query)


def check(matcher: Matcher, asked: dict[int, str], some: Sequence[Document]) -> None:
    wanted = [{id for id, text in asked.items() if matches(parse(text), one, NOW)} for one in some]
    for one, ids in zip(some, wanted, strict=True):
        numbers = matcher.match(one, NOW)
        assert len(numbers) == len(set(numbers))
        assert sorted(id for number in numbers for id in matcher.subscribers(number)) == sorted(ids)
    batch = matcher.match_batch(some, NOW)
    for place, ids in enumerate(wanted):
        assert {id for number, bits in batch.items() if bits >> place & 1 for id in matcher.subscribers(number)} == ids
    assert len(matcher) == len({parse(text).key for text in asked.values()})
