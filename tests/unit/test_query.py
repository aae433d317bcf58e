"""The query language, case by case: the tables in tests/fixtures/query say what is found, refused and the same."""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.query import QueryError, depends_on_numbers, document, explain, matches, parse
from bot.query.conditions import NUMBERS
from bot.query.syntax import MAX_LENGTH
from bot.query.terms import NAMES
from scrapers.paper import Paper

PAGE = Path(__file__).parents[2] / "docs" / "queries.md"
TABLES = Path(__file__).parents[1] / "fixtures" / "query"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def rows(name: str) -> list[list[str]]:
    """The lines of a table, cut at its bars; `\\|` is a bar of a query."""
    lines = (TABLES / name).read_text("utf-8").splitlines()
    cells = [line.replace("\\|", "\0").split("|") for line in lines if line and not line.startswith(("#", "=="))]
    return [[cell.replace("\0", "|").strip() for cell in row] for row in cells]


def spelled(text: str) -> str:
    """The text with the characters that a reader of a table could not see."""
    return text.replace("\\u200b", "\u200b").replace("\\u0301", "\u0301")


def paper_of(text: str) -> tuple[Paper, list[str]]:
    """The paper of a line, and the sources that showed it."""
    title, *facts = spelled(text).split(";;")
    given = {name.strip(): value.strip() for name, value in (fact.split("=", 1) for fact in facts)}
    fields: dict[str, Any] = {"title": title, **{n: v for n, v in given.items() if n not in READERS}}
    for name in READERS.keys() & given.keys():
        fields |= READERS[name](given[name])
    sources = fields.pop("sources", [])
    return Paper(**fields), sources


READERS: dict[str, Any] = {
    "authors": lambda value: {"authors": tuple(value.split("&"))},
    "cut": lambda value: {"authors_truncated": value == "yes"},
    "cats": lambda value: {"categories": tuple(value.split())},
    "authors_count": lambda value: {"authors_count": int(value)},
    "org": lambda value: {"organizations": tuple({"name": name} for name in value.split("&"))},
    "slug": lambda value: {"organizations": ({"slug": value},)},
    "code": lambda value: {"has_code": value == "yes"},
    "id": lambda value: {"identifiers": (value.split(":", 1),)},
    "sources": lambda value: {"sources": value.split()},
}


@pytest.mark.parametrize(("verdict", "query", "paper"), rows("cases.txt"))
def test_finds_what_the_table_says(verdict: str, query: str, paper: str) -> None:
    read, sources = paper_of(paper)
    assert matches(parse(spelled(query)), document(read, sources), NOW) is {"yes": True, "no": False}[verdict]


@pytest.mark.parametrize("query", sorted({row[1] for row in rows("cases.txt")}))
def test_canonical_text_means_the_same(query: str) -> None:
    parsed = parse(spelled(query))
    assert parsed.text == spelled(query)
    assert parse(str(parsed)).key == parsed.key
    assert str(parse(str(parsed))) == str(parsed)


@pytest.mark.parametrize(("query", "column", "message", "hint"), rows("mistakes.txt"))
def test_refuses_with_place_reason_and_correction(query: str, column: str, message: str, hint: str) -> None:
    with pytest.raises(QueryError) as caught:
        parse("" if query == "EMPTY" else query)
    error = caught.value
    assert message in error.message
    assert (error.position, error.hint) == (int(column), None if hint == "-" else hint)


@pytest.mark.parametrize(("relation", "one", "two"), rows("keys.txt"))
def test_keys_tell_equal_queries(relation: str, one: str, two: str) -> None:
    assert (parse(one).key == parse(two).key) is {"same": True, "different": False}[relation]


def test_the_tables_are_as_large_as_promised() -> None:
    assert len(rows("cases.txt")) >= 150


def test_the_message_shows_the_place() -> None:
    with pytest.raises(QueryError) as caught:
        parse("注意力 autor:levine")
    assert str(caught.value).splitlines() == [
        "There is no field autor:. Did you mean: author:",
        "  注意力 autor:levine",
        "         ^",
    ]


def test_a_long_query_is_shown_around_the_mistake() -> None:
    with pytest.raises(QueryError) as caught:
        parse("word " * 60 + "autor:levine" + " word" * 60)
    _, line, caret = str(caught.value).splitlines()
    assert len(line) < 110
    assert line[caret.index("^") :].startswith("autor:levine")


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("a b OR c", "(a AND b) OR c"),
        ("a (b OR c)", "a AND (b OR c)"),
        ("a -(b c)", "a AND NOT (b AND c)"),
        ("ti:(a OR =B)", "title:a OR title:=B"),
        ('"sparse attention"~5 diffus*', '"sparse attention"~5 AND diffus*'),
        ("a OR b OR a", "a OR b"),
    ],
)
def test_prints_brackets_where_operators_are_mixed(text: str, canonical: str) -> None:
    assert str(parse(text)) == canonical


def test_limits_are_exact() -> None:
    assert parse("a" * MAX_LENGTH).text
    assert len(parse(" ".join(f"w{n}" for n in range(64))).terms) == 64
    with pytest.raises(QueryError, match="at most 1,000 characters"):
        parse("a" * (MAX_LENGTH + 1))
    with pytest.raises(QueryError, match="at most 64 terms") as caught:
        parse(" ".join(f"w{n:02}" for n in range(65)))
    assert caught.value.position == 64 * 4 + 1


def test_a_canonical_text_that_would_be_too_long_is_the_users_own() -> None:
    text = "abs:(" + " OR ".join("abcdefghij" + str(n) for n in range(60)) + ")"
    assert len(text) <= MAX_LENGTH
    assert str(parse(text)) == text


@pytest.mark.parametrize(
    ("query", "changes"),
    [("upvotes>=20", True), ("a -(b OR stars>3)", True), ("score>1", True), ("authors<=3 age<7d", False), ("a", False)],
)
def test_knows_what_changes_with_votes(query: str, changes: bool) -> None:
    assert depends_on_numbers(parse(query)) is changes


def marked(query: str, paper: Paper, sources: tuple[str, ...] = ()) -> list[tuple[str, str, str]]:
    prepared = document(paper, sources)
    marks = explain(parse(query), prepared, NOW)
    return [(mark.term, mark.field, prepared.text(mark.field)[mark.start : mark.end]) for mark in marks]


PAPER = Paper(
    title="Fine-tuning LLMs: a study of Schr\\\"odinger's boxes",
    abstract="We finetune (sparse) attention for 注意力机制 and C++. Finetuning boxes.",
    authors=("Ann Box", "Laurens van der Maaten"),
    organizations=({"slug": "google", "name": "Google DeepMind"},),  # type: ignore[arg-type]
    categories=("cs.CL",),
    upvotes=21,
)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("box", [("box", "title", "boxes"), ("box", "abstract", "boxes")]),
        ("finetuning", [("finetuning", "title", "Fine-tuning"), ("finetuning", "abstract", "Finetuning")]),
        ("abs:(fine tuning)", [("abstract:fine tuning", "abstract", "Finetuning")]),
        ("schrodinger", [("schrodinger", "title", "Schrödinger")]),
        ('"attention for"', [('"attention for"', "abstract", "attention for")]),
        ('"attention sparse"~0', [('"attention sparse"~0', "abstract", word) for word in ("sparse", "attention")]),
        ("意力", [("意力", "abstract", "意力")]),
        ("=C++", [("=C++", "abstract", "C++")]),
        ("author:maaten", [("author:maaten", "author", "Laurens van der Maaten")]),
        ("org:deepmind", [("org:deepmind", "org", "DeepMind")]),
        ("upvotes>20 cat:cs", [("upvotes>20", "upvotes", ""), ("cat:cs", "cat", "")]),
        ("llm -survey", [("llm", "title", "LLMs")]),
        ("survey OR llm OR nothing", [("llm", "title", "LLMs")]),
        ("llm NOT (NOT sparse OR survey)", [("llm", "title", "LLMs"), ("sparse", "abstract", "sparse")]),
        ("llm survey", []),
    ],
)
def test_explain_marks_what_matched(query: str, expected: list[tuple[str, str, str]]) -> None:
    assert marked(query, PAPER) == expected


def test_ages_are_counted_in_utc_days() -> None:
    paper = document(Paper(title="x", published=datetime(2026, 11, 13, tzinfo=UTC).date()))
    assert matches(parse("age<7d"), paper, datetime.fromisoformat("2026-11-20T01:00+02:00"))
    assert not matches(parse("age<7d"), paper, datetime.fromisoformat("2026-11-20T01:00+00:00"))


@pytest.mark.parametrize(
    "query", ["fine -line", "fine OR line", "title:fine", "-fine line", '"fine line"', "(fine) line"]
)
@pytest.mark.parametrize("unseen", ["\u200b", "\ufeff", "\u200f"])
def test_what_is_not_seen_beside_a_sign_changes_nothing(query: str, unseen: str) -> None:
    spread = re.sub(r"(?<=[ :(])|(?=[ :)])|^|$", unseen, query)
    assert parse(spread).key == parse(query).key


def examples() -> list[str]:
    """The queries in the first column of the page's tables."""
    lines = PAGE.read_text("utf-8").splitlines()
    return [
        query for line in lines if line.startswith("| `") for query in re.findall("`([^`]+)`", line.split(" | ")[0])
    ]


@pytest.mark.parametrize("query", examples())
def test_the_page_shows_what_is_accepted(query: str) -> None:
    assert parse(query).text == query


def test_the_page_names_every_field_and_number() -> None:
    page = PAGE.read_text("utf-8")
    assert [name for name in NAMES if f"`{name}:" not in page] == []
    assert [name for name in NUMBERS if f"`{name}" not in page] == []
