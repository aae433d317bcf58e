"""The other sources on their recorded answers (cassettes of vcr.py): all are read, and errors told apart."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from scrapers.crawl import load
from scrapers.request import ListingError, Page, Request, Response

CORPUS = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
RECORDED = CORPUS / "other" / "semanticscholar"

pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not RECORDED.exists(), reason=f"the corpus is not there: {CORPUS}"),
]

SITE = load("semanticscholar")
_ANSWER = re.compile(
    r"\n    uri: (\S+)\n.*?\n +(?:content|string): '((?:[^']|'')*)'\n.*?\n +(?:status_)?code: (\d+)\n", re.DOTALL
)


def folded(match: re.Match[str]) -> str:
    """A line break in quoted YAML is a blank, one and a blank line a line break."""
    return "\n" * (match[0].count("\n") - 1) or " "


def answers() -> Iterator[Response]:
    for path in sorted(RECORDED.glob("*.yaml")):
        for url, quoted, status in _ANSWER.findall(path.read_text("utf-8")):
            body = re.sub(r"[ \t]*\n\s*", folded, quoted.replace("''", "'"))
            yield Response(Request(url, "api"), url, int(status), body.encode())


def read(response: Response) -> Page | str:
    try:
        return SITE.parse(response)
    except ListingError as error:
        return str(error)


def test_every_recorded_answer_is_read_or_told_as_an_error() -> None:
    found = [(response, read(response)) for response in answers()]
    pages = [page for _, page in found if isinstance(page, Page)]
    errors = {told for _, told in found if isinstance(told, str)}

    assert len(found) == 29
    assert errors == {
        "Semantic Scholar answered with status 400: Unrecognized or unsupported fields: [unknown]",
        "Semantic Scholar answered with status 404: Author with id 0 not found",
        "Semantic Scholar answered with status 404: Paper with id 0 not found",
    }
    assert [page.skipped for page in pages if page.skipped] == []
    assert sum(page.stated == 0 for page in pages) == 1
    assert sum(len(page.listed) for page in pages) == 4_134


def test_the_bulk_search_leads_to_its_second_page_alone() -> None:
    first, second = (read(response) for response in answers() if "/bulk" in response.url)

    assert isinstance(first, Page)
    assert isinstance(second, Page)
    assert [request.url.partition("token=")[2][:10] for request in first.further] == ["PCOKWVSKJJ"]
    assert second.further == ()
    assert not {one.paper.identifiers for one in first.listed} & {one.paper.identifiers for one in second.listed}


def test_the_fields_of_a_batch() -> None:
    (page,) = (read(response) for response in answers() if "/batch" in response.url)

    assert isinstance(page, Page)
    facts: dict[str, Any] = {
        name: sum(getattr(one.paper, name) not in (None, (), {}) for one in page.listed)
        for name in ("abstract", "authors", "published", "url", "identifiers", "extras")
    }
    assert (len(page.listed), facts) == (3, {**dict.fromkeys(facts, 3), "published": 2})
    assert [one.paper.identifier("doi") for one in page.listed][:2] == ["10.2139/ssrn.288970", "10.2139/ssrn.2250500"]
