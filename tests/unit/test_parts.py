"""Which classes are asked for, and which of them nobody reads."""

import pytest

from bot.parts import is_covered, unread_classes
from bot.query import asked_categories, parse
from bot.sections import SourceSettings

HF = SourceSettings(scraper="huggingface")


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("cat:cs.CL", {"cs.cl"}),
        ("cat:cs.CL kettles OR (cat:stat.ML AND -cat:cs.LG)", {"cs.cl", "stat.ml"}),
        ("kettles NOT (cat:cs.CL OR cat:cs.LG)", set()),
        ("cat:cs", {"cs"}),
        ("kettles", set()),
    ],
)
def test_what_a_query_wants_is_known(query: str, codes: set[str]) -> None:
    assert asked_categories(parse(query)) == codes


@pytest.mark.parametrize(
    ("query", "parts", "asked_parts", "unread"),
    [
        ("cat:cs.CL", ("cs.CL",), 0, []),
        ("cat:cs.CL OR cat:cs.LG", ("cs.CL",), 0, ["cs.LG"]),
        ("cat:cs.CL OR cat:cs.LG", ("cs",), 0, []),
        ("cat:cs.CL OR cat:cs.LG", ("stat.ML",), 3, []),
        ("cat:math.NA", ("cs.NA",), 0, []),
        ("cat:cs", ("stat.ML",), 0, []),
        ("kettles", ("cs.CL",), 0, []),
    ],
)
def test_classes_that_no_source_reads_are_named(
    query: str, parts: tuple[str, ...], asked_parts: int, unread: list[str]
) -> None:
    arxiv = SourceSettings(scraper="arxiv", parts=parts, asked_parts=asked_parts)

    assert unread_classes(parse(query), [HF, arxiv]) == unread


def test_without_arxiv_no_class_is_read() -> None:
    assert unread_classes(parse("cat:cs.CL OR cat:cs.LG"), [HF]) == ["cs.CL", "cs.LG"]


def test_an_archive_has_its_classes() -> None:
    assert is_covered("cs.CL", "cs")
    assert is_covered("hep-th", "hep-th")
    assert not is_covered("cs.CL", "cs.LG")
    assert not is_covered("cs", "cs.CL")
