"""Whatever a paper says, its line says it too; whatever stands in a line, it is read or refused in one sentence."""

import json
from datetime import date
from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st

from scrapers.json_lines import from_dict, read_lines, to_dict
from scrapers.paper import Organization, Paper

texts = st.text(st.characters(codec="utf-8"), max_size=20)
named = texts.map("x{}".format)
days = st.none() | st.dates(date(1900, 1, 1), date(2100, 1, 1))
counts = st.none() | st.integers(0, 2_000_000_000)
addresses = st.none() | st.sampled_from(["https://paper.example/1", "http://paper.example/a?b=c#d", "no address"])
papers = st.builds(
    Paper,
    title=named,
    abstract=st.none() | texts,
    authors=st.lists(texts, max_size=3).map(tuple),
    authors_truncated=st.none() | st.booleans(),
    authors_count=counts,
    published=days,
    updated=days,
    version=st.none() | st.integers(1, 30),
    categories=st.lists(st.sampled_from(["cs.CL", "math", "hep-th", "cond-mat.str-el"]), max_size=3).map(tuple),
    organizations=st.lists(named.map(lambda name: Organization(name=name)), max_size=3).map(tuple),
    identifiers=st.dictionaries(st.sampled_from(["doi", "s2"]), st.sampled_from(["10.1000/a", "10.1000/b"])).map(
        lambda names: tuple(names.items())
    ),
    url=addresses,
    code_url=addresses,
    project_url=addresses,
    has_code=st.none() | st.booleans(),
    upvotes=counts,
    comments=counts,
    stars=counts,
    score=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    note=st.none() | texts,
    uncertain=st.sets(st.sampled_from(["published", "authors"])).map(frozenset),
)


@settings(deadline=None)
@given(papers, st.none() | named, days)
def test_a_paper_comes_back_from_its_line_as_it_was(paper: Paper, source: str | None, day: date | None):
    line = json.dumps(to_dict(paper, source, day), ensure_ascii=False).encode()
    assert list(read_lines([line], "papers")) == [(paper, source, day)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=4), values, max_size=3),
    max_leaves=5,
)
KEYS = to_dict(Paper(title="A Title")).keys()


@settings(deadline=None)
@example({"title": "A", "identifiers": {"a\n": 5}})
@given(st.fixed_dictionaries({"title": st.just("A Title") | JSON}, optional=dict.fromkeys(KEYS - {"title"}, JSON)))
def test_any_values_are_read_or_refused(values: dict[str, Any]):
    try:
        assert from_dict(values).paper.title
    except ValueError as error:
        sentence = str(error)
        assert sentence
        assert "\n" not in sentence


@settings(deadline=None)
@given(st.lists(st.binary(max_size=30), max_size=3))
def test_any_bytes_are_read_or_refused_with_their_line(lines: list[bytes]):
    refused = ""
    try:
        assert all(line.paper.title for line in read_lines(lines, "papers"))
    except ValueError as error:
        refused = str(error)
    assert not refused or refused.startswith("papers, line ")
