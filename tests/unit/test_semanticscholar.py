"""Semantic Scholar: what is asked for, where its key goes, which answers are errors."""

import asyncio
import json
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scrapers.crawl import crawl, load
from scrapers.request import ListingError, Page, Request, Response

SITE = load("semanticscholar")


def parsed(answer: Any, status: int = 200) -> Page:
    request = Request(f"{SITE.base_url}/graph/v1/paper/search/bulk?query=x", "api")
    return SITE.parse(Response(request, request.url, status, json.dumps(answer).encode()))


def paper(number: int, **more: Any) -> dict[str, Any]:
    return {"paperId": f"{number:040}", "title": f"Invented Paper {number}", **more}


def test_asks_for_the_newest_papers_and_hides_the_key() -> None:
    (request,) = SITE.start(SITE.base_url, "api", query=" tool use ", fields_of_study="Computer Science", key="secret")
    asked = parse_qs(urlsplit(request.url).query)

    assert (asked["query"], asked["sort"]) == (["tool use"], ["publicationDate:desc"])
    assert asked["fieldsOfStudy"] == ["Computer Science"]
    assert request.headers == (("x-api-key", "secret"),)
    assert "secret" not in request.url + repr(request)


@pytest.mark.parametrize("query", ["", "  "])
def test_needs_a_query(query: str) -> None:
    with pytest.raises(ValueError, match="needs a query"):
        SITE.start(SITE.base_url, "api", query=query)


def test_reads_two_pages_and_no_more() -> None:
    asked: list[Request] = []

    async def fetch(request: Request) -> Response:
        asked.append(request)
        body = {"total": 9_999, "token": f"T{len(asked)}", "data": [paper(len(asked))]}
        return Response(request, request.url, 200, json.dumps(body).encode())

    found = asyncio.run(crawl(SITE, SITE.start(SITE.base_url, "api", query="x", key="secret"), fetch))

    assert (len(found.listed), found.stated, found.problem) == (2, None, None)
    assert asked[1].url == f"{asked[0].url}&token=T1"
    assert asked[1].headers == asked[0].headers


def test_what_it_does_not_find_is_a_quiet_list() -> None:
    assert parsed({"total": 0, "offset": 0}) == parsed({"total": 0, "token": None, "data": []}) == Page((), stated=0)


@pytest.mark.parametrize(
    "answer", [{"total": 12, "data": []}, {"total": 12}, {"data": []}, {}, {"total": "many", "data": []}]
)
def test_no_papers_without_a_word_is_an_error(answer: Any) -> None:
    with pytest.raises(ListingError, match="did not say"):
        parsed(answer)


@pytest.mark.parametrize(
    ("status", "answer", "why"),
    [
        (400, {"error": "Unrecognized or unsupported fields: [x]"}, "status 400: Unrecognized"),
        (403, {"message": "Forbidden"}, "status 403: Forbidden"),
        (404, {"error": "Paper not found"}, "status 404: Paper"),
        (429, {"message": "Too Many Requests", "code": "429"}, "status 429: Too Many"),
        (200, {"error": "Internal Server Error"}, "an error: Internal"),
    ],
)
def test_errors_are_told_with_their_reason(status: int, answer: Any, why: str) -> None:
    with pytest.raises(ListingError, match=why):
        parsed(answer, status)


def test_damaged_ids_are_left_out_and_arxivs_doi_is_its_id() -> None:
    ids = {"ArXiv": "704.0492", "DOI": "10.48550/arXiv.2611.99001", "ACL": "", "PubMed": 7, "CorpusId": 1}
    (one,) = parsed({"total": 1, "data": [paper(1, externalIds=ids)]}).listed

    assert [scheme for scheme, _ in one.paper.identifiers] == ["arxiv", "s2"]


@pytest.mark.parametrize(
    "field", ["abstract", "authors", "externalIds", "publicationDate", "year", "venue", "openAccessPdf"]
)
@pytest.mark.parametrize("value", [None, 5, "text", [], [3], {}, {"url": 3}, [{"name": None}]])
def test_no_other_field_costs_a_paper(field: str, value: Any) -> None:
    (one,) = parsed({"total": 1, "data": [paper(1, **{field: value})]}).listed

    assert one.paper.title == "Invented Paper 1"
