"""Saved files: what each one is, its content says; what is no listing is refused in one sentence."""

import gzip
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scrapers import json_lines, saved
from scrapers.paper import Organization, Paper
from scrapers.request import ListingError, Page

FIXTURES = Path(__file__).parents[1] / "fixtures" / "huggingface"
TODAY = date(2026, 11, 21)
PAPER = Paper(
    title="Tide Tables for Transformers",
    abstract="Old but found – again.",
    authors=("Vera Stahl", "Émile Fontanet"),
    authors_count=3,
    published=date(2025, 4, 1),
    version=2,
    categories=("cs.CL", "stat.ML"),
    organizations=(Organization(name="Tidepool AI"),),
    identifiers=[("arxiv", "2504.99891"), ("doi", "10.5555/tide.1")],
    url="https://arxiv.org/abs/2504.99891",
    code_url="https://github.com/tidepool-ai/tables",
    upvotes=7,
    comments=0,
    score=4.5,
    uncertain=frozenset({"published"}),
)


def read(data: bytes | str, **options: Any) -> Page:
    return saved.read(data if isinstance(data, bytes) else data.encode(), today=TODAY, **options)


def printed(*papers: Paper, day: date | None = None) -> str:
    return "".join(json.dumps(json_lines.to_dict(paper, "arxiv", day), ensure_ascii=False) + "\n" for paper in papers)


@pytest.mark.parametrize("name", ["api_2026-11-19.json", "page_day_2024-08-02.html", "page_trending_cards_only.html"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_an_answer_of_a_source_is_recognised_in_any_encoding(name: str, encoding: str):
    text = (FIXTURES / name).read_text("utf-8")
    page = read(text.encode(encoding), name="anything.txt")
    assert page.listed
    assert page == read(text)


def test_the_day_comes_from_the_content():
    assert read((FIXTURES / "api_2025-03-17.json").read_bytes()).day == date(2025, 3, 17)
    assert read((FIXTURES / "page_day_cards_only.html").read_bytes()).day == date(2024, 8, 2)
    assert read((FIXTURES / "page_trending_cards_only.html").read_bytes()).day is None
    assert read((FIXTURES / "api_2024-06-10.json").read_bytes()).day is None


def test_what_scrape_printed_is_read_back():
    page = read(printed(PAPER, day=date(2026, 11, 19)), name="papers.jsonl")
    assert [entry.paper for entry in page.listed] == [PAPER]
    assert (page.day, page.stated) == (date(2026, 11, 19), 1)


@pytest.mark.parametrize("separator", ["\n", "\r\n", "\n\n"])
def test_json_lines_may_be_separated_by_any_line_end(separator: str):
    odd = PAPER.model_copy(update={"abstract": "one\u2028two"})
    text = separator.join(printed(paper).strip() for paper in (PAPER, odd))
    assert len(read(text).listed) == 2


def test_a_json_list_of_our_papers_is_read_as_well():
    assert len(read(json.dumps([json.loads(printed(PAPER))], indent=2)).listed) == 1
    assert len(read(json.dumps(json.loads(printed(PAPER)), indent=2)).listed) == 1


def test_a_paper_that_cannot_be_read_costs_one_paper():
    damaged = json.loads(printed(PAPER)) | {"identifiers": {"arxiv": "704.0492"}}
    nameless = json.loads(printed(PAPER)) | {"title": ""}
    text = printed(PAPER) + json.dumps(damaged) + "\n" + json.dumps(nameless)
    page = read(text)
    assert (len(page.listed), page.stated) == (1, 3)
    assert [sentence[:27] for sentence in page.skipped] == [
        "paper 2 could not be read: ",
        "paper 3 could not be read: ",
    ]
    with pytest.raises(ListingError, match=r"none can be read: .*704\.0492"):
        read(json.dumps(damaged))


@pytest.mark.parametrize("identifiers", ["arxiv", 5, [5], {"arxiv": 2504.1}, [["arxiv"]], {"isbn": "1"}])
def test_identifiers_of_another_form_are_refused(identifiers: Any):
    with pytest.raises(ListingError):
        read(json.dumps(json.loads(printed(PAPER)) | {"identifiers": identifiers}))


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "x is empty"),
        (b"\xef\xbb\xbf \r\n", "x is empty"),
        (b"%PDF-1.7\n%\xe2\xe3", "x is a PDF"),
        (gzip.compress(b"[]", mtime=0), "compressed with gzip: unpack it first"),
        (b"PK\x03\x04\x14\x00", "zip archive"),
        (b"\x89PNG\r\n\x1a\n", "picture"),
        (b"\xff\xd8\xff\xe0JFIF", "picture"),
        (b"A title\x00and more", "not text"),
        (b"\xff\xfe\x00\x00A\x00\x00\x00", "not text"),
        (b"\xff\xfeA", "not text"),
        (bytes(range(1, 256)), "not text"),
        ("Émile’s".encode() + b" \xe9t\xe9", "characters are damaged"),
        (b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>", "a page, but not a listing"),
        (b"<?xml version='1.0'?><opml><body/></opml>", "a page, but not a listing"),
        (b'{"error": "Invalid date"}', "JSON, but not a listing"),
        (b'{\n  "error": "Invalid date"\n}', "JSON, but not a listing"),
        (b'[{"id": 1}, {"id": 2}]', "JSON, but not a listing"),
        (b'[{"id": 1}, {"id"', "damaged or cut off"),
        (b'{"title": "A", "identifiers": {}}\n{"title": "B", "ident', "damaged or cut off"),
        (b"[" * 100_000, "damaged or cut off"),
    ],
)
def test_what_is_no_listing_is_refused(data: bytes, reason: str):
    with pytest.raises(ListingError, match=reason) as caught:
        read(data, name="x")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["api_2026-11-19.json", "page_day_2024-08-02.html"])
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_part_of_a_saved_answer_is_refused(name: str, share: float):
    data = (FIXTURES / name).read_bytes()
    with pytest.raises(ListingError):
        read(data[: int(len(data) * share)])


def test_anything_else_is_read_as_pasted_text():
    with pytest.raises(ListingError):
        read("Nothing that anybody would call a listing.")


def test_old_western_text_is_decoded():
    assert saved._decoded("A café’s menu – déjà lu".encode("cp1252"), "x") == "A café’s menu – déjà lu"
