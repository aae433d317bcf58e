"""JSON lines: a paper is read back as it was printed, and a mistake is named with its line."""

import json
import re
from datetime import date
from typing import Any

import pytest

from scrapers.json_lines import from_dict, read_lines, to_dict
from scrapers.paper import Organization, Paper


def test_a_line_says_the_paper_its_source_and_its_list_day():
    paper = Paper(
        title="Kettles", authors=["Ada Quill"], identifiers=[("doi", "10.1000/a")], code_url="https://a.example"
    )
    line = from_dict(to_dict(paper, "hf", date(2026, 11, 19)))
    assert line == (paper, "hf", date(2026, 11, 19))
    assert from_dict(to_dict(paper)) == (paper, None, None)


def test_the_two_names_of_an_organization_come_back_as_one():
    paper = Paper(title="Kettles", organizations=[Organization(slug="rail", name="Rail Lab")])
    values = to_dict(paper)
    line = from_dict(values)
    assert line.paper.organizations == (Organization(name="rail Rail Lab"),)
    assert to_dict(*line) == values


def test_what_is_unknown_empty_or_missing_is_unknown():
    values = {"title": "Kettles", "published": "", "authors": None, "matches": [{"term": "a"}], "extras": {"a": 1}}
    assert from_dict(values) == (Paper(title="Kettles"), None, None)


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ([], "a paper is an object with a title"),
        ({"abstract": "No title."}, "a paper is an object with a title"),
        ({"title": 5}, "title: 5 is no text"),
        ({"title": "A", "authors": 5}, 'authors: 5 is no list such as ["…", "…"]'),
        ({"title": "A", "authors_count": "many"}, "authors_count: 'many' is no whole number"),
        ({"title": "A", "organizations": "Rail Lab"}, "organizations: 'Rail Lab' is no list"),
        ({"title": "A", "identifiers": {"arxiv": 2504.1}}, "identifiers.arxiv: 2504.1 is no text"),
        ({"title": "A", "identifiers": {"arxiv": "704.04"}}, "identifiers: '704.04' is not an arXiv id"),
        ({"title": "A", "categories": ["I.4"]}, "categories.0: 'I.4' is no category such as cs.CL"),
        ({"title": "A", "upvotes": -3}, "upvotes: -3 is less than 0"),
        ({"title": "k" * 1_300}, f"title: '{'k' * 59}… is longer than 1,000 characters"),
        ({"title": "A", "source": ["hf"]}, "source: ['hf'] is no text"),
        ({"title": "A", "list_day": "2026-13-01"}, "list_day: '2026-13-01' is no day such as 2026-11-30"),
        ({"title": "A", "score": float("nan")}, "score: nan is no number"),
    ],
)
def test_a_wrong_value_is_refused_by_its_name(values: Any, reason: str):
    with pytest.raises(ValueError, match="^" + re.escape(reason)):
        from_dict(values)


def test_blank_lines_and_byte_order_marks_are_nothing():
    lines = [b"\xef\xbb\xbf\n", b'\xef\xbb\xbf{"title": "Kettles"}\r\n', b"  \n", b'{"title": "Clocks"}']
    assert [line.paper.title for line in read_lines(lines, "papers")] == ["Kettles", "Clocks"]


@pytest.mark.parametrize(
    "damaged",
    [
        b'{"title": "Half',
        b"Kettles",
        b"\xff\xfe{\x00",
        b"[" * 100_000,
        b'{"title": "A", "upvotes": ' + b"1" * 5_000 + b"}",
    ],
)
def test_damage_is_refused_with_its_line(damaged: bytes):
    with pytest.raises(
        ValueError, match=r"^papers, line 3: this is no JSON, or cut off; .* `scrape --json` prints it$"
    ):
        list(read_lines([b'{"title": "Kettles"}', b"", damaged], "papers"))


def test_a_wrong_value_is_refused_with_its_line():
    line = json.dumps({"title": "A", "version": 0}).encode()
    with pytest.raises(ValueError, match=r"^papers, line 1: version: "):
        list(read_lines([line], "papers"))
