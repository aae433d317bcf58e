"""Every source on every fixture: what it must read, and what it must refuse.

`tests/fixtures/SOURCE/NAME.*` is an answer in the site's markup, with invented papers; `NAME.expected.json` beside it
says which request it answers and what it lists (the papers' fields that are not their defaults).
"""

import dataclasses
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from scrapers.crawl import load, names
from scrapers.request import ListingError, NotOpenYet, Page, Request, Response

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXPECTED = ".expected.json"
SOURCES = [name for name in names() if (FIXTURES / name).is_dir()]
FILES = [path for source in SOURCES for path in sorted((FIXTURES / source).iterdir())]
CASES = [path for path in FILES if not path.name.endswith(EXPECTED)]
NO_LISTINGS = {
    "nothing": b"",
    "blanks": b" \r\n\t",
    "an error page": b"<!doctype html><html><body><h1>502 Bad Gateway</h1></body></html>",
    "an error as JSON": b'{"error": "Internal Error - We are working on it"}',
    "a JSON text": b'"rate limited"',
    "a JSON null": b"null",
    "words": b"upstream connect error or disconnect/reset before headers",
    "bytes": bytes(range(256)),
    "a deep list": b"[" * 100_000,
    "a list of other things": b'[1, "two", {"three": 4}]',
}

each_fixture = pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.name}")


def expected_beside(path: Path) -> dict[str, Any]:
    return json.loads(path.with_name(path.stem + EXPECTED).read_text("utf-8"))


def answer(path: Path) -> Response:
    request = expected_beside(path)["request"]
    day = date.fromisoformat(request["day"]) if "day" in request else None
    asked = Request(**{**request, "day": day})
    return Response(asked, asked.url, 200, path.read_bytes())


def as_json(page: Page) -> dict[str, Any]:
    def text(day: date | None) -> str | None:
        return day.isoformat() if day else None

    entries = []
    for entry in page.listed:
        paper = entry.paper.model_dump(mode="json", exclude_defaults=True)
        more = {"part": entry.part, "announced": entry.announced}
        entries.append(
            {"rank": entry.rank, "day": text(entry.day), "paper": paper} | {k: v for k, v in more.items() if v}
        )
    return {
        "day": text(page.day),
        "stated": page.stated,
        "further": [request.url for request in page.further],
        "skipped": list(page.skipped),
        "notes": list(page.notes),
        "listed": entries,
        **({"problem": page.problem} if page.problem else {}),
    }


def test_every_fixture_is_used():
    answers, beside = (
        {path.stem for path in CASES},
        {path.name.removesuffix(EXPECTED) for path in FILES if path not in CASES},
    )
    assert answers == beside
    assert len(CASES) == len(answers), "two fixtures share one name"
    assert {folder.name for folder in FIXTURES.iterdir() if folder.name in names()} == set(SOURCES)


@each_fixture
def test_lists_what_is_expected(path: Path):
    expected = expected_beside(path)
    del expected["request"]
    assert as_json(load(path.parent.name).parse(answer(path))) == expected


@each_fixture
def test_reading_twice_gives_the_same(path: Path):
    scraper = load(path.parent.name)
    assert scraper.parse(answer(path)) == scraper.parse(answer(path))


@each_fixture
@pytest.mark.parametrize("share", [0.02, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.97])
def test_a_part_of_an_answer_is_no_listing(path: Path, share: float):
    whole = answer(path)
    body = whole.body.rstrip()
    part = dataclasses.replace(whole, body=body[: int(len(body) * share)])
    try:
        page = load(path.parent.name).parse(part)
    except ListingError:
        return
    # Of feeds of any kind, what is damaged is read as far as it goes, and said to be.
    assert path.parent.name == "feed"
    assert page.problem


@each_fixture
@pytest.mark.parametrize("what", NO_LISTINGS)
def test_something_else_is_no_listing(path: Path, what: str):
    with pytest.raises(ListingError) as caught:
        load(path.parent.name).parse(dataclasses.replace(answer(path), body=NO_LISTINGS[what]))
    assert len(str(caught.value)) < 400
    assert "\n" not in str(caught.value)


@each_fixture
@pytest.mark.parametrize("status", [204, 301, 304, 403, 406, 429, 500, 503])
def test_only_status_200_is_a_listing(path: Path, status: int):
    with pytest.raises(ListingError, match=str(status)) as caught:
        load(path.parent.name).parse(dataclasses.replace(answer(path), status=status))
    assert not isinstance(caught.value, NotOpenYet)


@each_fixture
def test_a_saved_answer_is_recognised_by_its_source_alone(path: Path):
    text = path.read_text("utf-8")
    assert [name for name in names() if load(name).recognises(text)] == [path.parent.name]


@each_fixture
def test_a_saved_answer_lists_the_same_papers(path: Path):
    scraper = load(path.parent.name)
    saved, fetched = scraper.parse_saved(path.read_text("utf-8")), scraper.parse(answer(path))
    assert [entry.paper for entry in saved.listed] == [entry.paper for entry in fetched.listed]
    assert saved.further == ()


@pytest.mark.parametrize("what", NO_LISTINGS)
def test_no_source_recognises_something_else(what: str):
    text = NO_LISTINGS[what].decode("latin-1")
    assert not [name for name in names() if load(name).recognises(text)]


@pytest.mark.parametrize("name", names())
def test_a_source_says_what_it_is(name: str):
    scraper = load(name)
    assert name == scraper.name
    assert scraper.base_url.startswith("https://")
    assert not scraper.base_url.endswith("/")
    assert scraper.transports(None, datetime(2026, 11, 20, tzinfo=UTC))
    assert name in SOURCES, f"tests/fixtures/{name} is missing"


def test_an_unknown_source_is_refused_with_a_hint():
    with pytest.raises(ValueError, match=r"no source 'hugingface'.*did you mean huggingface\?"):
        load("hugingface")
    with pytest.raises(ValueError, match=r"the sources are .*huggingface"):
        load("../paper")
