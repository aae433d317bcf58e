"""Invented papers and queries that often meet: words that meet one another in every way there is."""

from datetime import UTC, date, datetime

from hypothesis import strategies as st

from bot.query import Document, document
from scrapers.paper import Paper

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
# Plurals, capitals, hyphens, one written as two, two as one.
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
    注意力 注意 力 モデル ﾓﾃﾞﾙ 注意力モデル 意力モ
    boxes box buses bus quizzes quiz see sees e commerce e-commerce commerce 2.0 Wav2Vec
    """.splitlines()
    if line.strip()
]
NAMES = (
    "Sergey Levine|S. Levine|Levine, Sergey|Sergey V. Levine|Jean-Pierre Roux|J.-P. Roux|JP Roux|J. Roux|Fei-Fei Li|"
    "Feifei Li|Li Feifei|Laurens van der Maaten|L. Maaten|Maria Garcia-Lopez|Garcia Lopez|M. Lopez|J. R. Smith|"
    "John Smith|John Ronald Smith|R. Smith|Smith|王小明|小明 王|Wei Wang|W. Wang|Xiaoming Wang|"
    "Wang Wei|Wang Wang|De Wang|Wang De|De De|H. Garcia Lopez|Hector Garcia-Lopez|van der Maaten|"
    "Jean Pierre Roux|Jean Roux|Roux, JP|Maria GL Lopez|WANG Wei|Wei WANG"
).split("|")
FAMILY_NAMES = "levine lev* ser* li lopez garcia-lopez garcialopez garcia-lo* garcialo* 王".split()
FACTS = (
    "cat:cs.CL cat:cs cat:math.NA org:google org:deepminds org:'x' source:hf note:accepted id:2504.00891 has:code "
    "upvotes>=20 upvotes>=5 upvotes>4 upvotes<5 upvotes=20 stars<=3 comments>1 score>0.5 score<=0.5 authors<=2 "
    "published:2026-11-01..2026-11-30 published:2026-11-10.. published:..2026-11-10 published:2026-11-10 age<7d "
    "age>=3d authors=3 cat* not* org* author* kettle*"
).split()


def families() -> st.SearchStrategy[list[str]]:
    """Words of one family, and one or two others."""
    return st.builds(list.__add__, st.sampled_from(FAMILIES), st.sampled_from([["of"], ["models", "agent"]]))


def queries(words: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    phrases = st.lists(words, min_size=2, max_size=8).map(lambda some: f'"{" ".join(some)}"')
    exact = (words | phrases).map(lambda term: f"={term}")
    terms = st.one_of(
        words,
        phrases,
        st.lists(words, min_size=2, max_size=3).map(lambda some: f'"{" ".join(some)}"'),
        exact,
        words.map(lambda word: f"{word[:3]}*"),
        phrases.map(lambda phrase: f'{phrase[:-2]}*"'),
        st.builds("{}~{}".format, phrases, st.integers(0, 3)),
        st.builds("{}:{}".format, st.sampled_from(["title", "abs", "note", "org"]), words | phrases | exact),
        st.sampled_from(NAMES).map(lambda name: f'author:"{name}"'),
        st.sampled_from(FAMILY_NAMES).map("author:{}".format),
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
