"""The index over all queries gives exactly what evaluating each of them gives, whatever was added and removed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from hypothesis import example, given
from hypothesis import strategies as st

from bot.query import Document, QueryError, document, matches, parse
from bot.query.matcher import Matcher
from scrapers.paper import Paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
# Words that meet one another in every way there is: plurals, capitals, hyphens, one written as two, two as one.
FAMILIES = [
    line.split()
    for line in """
    fine tuning finetuning fine-tuning Fine-Tuned tunings models model
    graph graphs GRAPHS of model models MODELS graph-of-models graphofmodels ofmodels
    data set dataset data-sets sets sets.
    fake news fakenews fakenew new
    RAG rags RAGs rag RAG's RAG-based (RAG), ragbased
    GPT-4 GPT4 gpt 4 turbo GPT-4-turbo
    C++ c GaLore+ galore GaLore
    k-NN kNN k nn k-n-n-graph knngraph n graph k-n-n
    superb owl super bowl superbowl superb-owl
    state-of-the-art stateoftheart state of the art stateof
    Søren Soren soren's sorens
    注意力 注意 力 モデル 注意力モデル 意力モ
    boxes box buses bus quizzes quiz see sees e commerce e-commerce commerce 2.0 Wav2Vec
    """.splitlines()
    if line.strip()
]
NAMES = (
    "Sergey Levine|S. Levine|Levine, Sergey|Sergey V. Levine|Jean-Pierre Roux|J.-P. Roux|JP Roux|J. Roux|Fei-Fei Li|"
    "Feifei Li|Li Feifei|Laurens van der Maaten|L. Maaten|Maria Garcia-Lopez|Garcia Lopez|M. Lopez|J. R. Smith|"
    "John Smith|John Ronald Smith|R. Smith|Smith|王小明|小明 王|Wei Wang|W. Wang|Xiaoming Wang"
).split("|")
FACTS = (
    "cat:cs.CL cat:cs cat:math.NA org:google org:deepminds org:'x' source:hf note:accepted id:2504.00891 has:code "
    "upvotes>=20 upvotes>=5 upvotes>4 upvotes<5 upvotes=20 stars<=3 comments>1 score>0.5 score<=0.5 authors<=2 "
    "published:2026-11-01..2026-11-30 published:2026-11-10.. published:..2026-11-10 published:2026-11-10 age<7d "
    "age>=3d authors=3"
).split()

Change = tuple[int, str | None]  # a subscription's id and what it asks for from now on


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[Change], list[Document], list[Change]]:
    """Subscriptions come and go, papers, and more come and go. All draw on a few words, so that most of them meet."""
    words = st.sampled_from(draw(st.sampled_from(FAMILIES)) + draw(st.sampled_from([["of"], ["models", "agent"]])))
    changes = st.tuples(st.integers(1, 8), st.none() | queries(words))
    some = st.lists(documents(words), min_size=1, max_size=4)
    return draw(st.lists(changes, max_size=25)), draw(some), draw(st.lists(changes, max_size=10))


def queries(words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    phrases = st.lists(words, min_size=2, max_size=8).map(lambda some: f'"{" ".join(some)}"')
    terms = st.one_of(
        words,
        phrases,
        st.lists(words, min_size=2, max_size=3).map(lambda some: f'"{" ".join(some)}"'),
        (words | phrases).map(lambda term: f"={term}"),
        words.map(lambda word: f"{word[:3]}*"),
        phrases.map(lambda phrase: f'{phrase[:-2]}*"'),
        st.builds("{}~{}".format, phrases, st.integers(0, 3)),
        st.builds("{}:{}".format, st.sampled_from(["title", "abs", "note", "org"]), words | phrases),
        st.sampled_from(NAMES).map(lambda name: f'author:"{name}"'),
        st.sampled_from(
            ["author:levine", "author:lev*", "author:li", "author:lopez", "author:garcia-lopez", "author:王"]
        ),
        st.sampled_from(FACTS),
    )
    return st.recursive(
        terms,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=4).map(" ".join),
            st.lists(inner, min_size=2, max_size=4).map(lambda some: f"({' OR '.join(some)})"),
            st.builds("{} -{}".format, inner, inner.map(lambda some: f"({some})")),
        ),
        max_leaves=8,
    )


def documents(words: st.SearchStrategy[str]) -> st.SearchStrategy[Document]:
    texts = st.lists(words, max_size=12).map(" ".join)
    papers = st.builds(
        Paper,
        title=texts.map(lambda text: text or "Untitled"),
        abstract=st.none() | texts,
        authors=st.lists(st.sampled_from(NAMES), max_size=3).map(tuple),
        authors_truncated=st.none() | st.booleans(),
        categories=st.lists(st.sampled_from(["cs.CL", "cs.NA", "math.ST"]), max_size=2).map(tuple),
        organizations=st.lists(
            st.sampled_from([{"slug": "google", "name": "Google DeepMind"}, {"name": "fine tuning"}])
        ),
        has_code=st.none() | st.booleans(),
        upvotes=st.none() | st.integers(0, 40),
        comments=st.none() | st.integers(0, 3),
        stars=st.none() | st.integers(0, 5),
        score=st.none() | st.floats(0, 1),
        published=st.none() | st.dates(date(2026, 10, 25), date(2026, 12, 5)),
        note=st.none() | st.just("Accepted") | texts,
        identifiers=st.just(()) | st.just((("arxiv", "2504.00891"),)),
    )
    return st.builds(document, papers, st.sampled_from([(), ("hf",), ("arxiv", "hf")]))


@given(worlds())
@example(([(1, "fake AND news")], [document(Paper(title="fakenew"))], []))
@example(([(1, '"super bowl"'), (2, "superbowl")], [document(Paper(title="superb owl"))], []))
@example(([(1, '"注意力 models"~0')], [document(Paper(title="注意力 models"))], []))
@example(([(1, '"of knn"')], [document(Paper(title="of k-n-n"))], []))
@example(([(1, "a b"), (2, "b a")], [document(Paper(title="a b"))], [(1, None)]))
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
