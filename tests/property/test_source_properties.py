"""Whatever happens to an answer on its way, a source lists papers or raises ScrapeError, and nothing else."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scrapers import saved
from scrapers.crawl import load, names
from scrapers.paper import Paper
from scrapers.request import Page, Request, Response, ScrapeError

FIXTURES = Path(__file__).parents[1] / "fixtures"
EXPECTED = ".expected.json"
CASES = [path for name in names() for path in sorted((FIXTURES / name).glob("*")) if not path.name.endswith(EXPECTED)]
INSERTS = [
    b"",
    b"\x00",
    b"\xff",
    b"<",
    b'"',
    b"&quot;",
    b"null",
    b"-1",
    b"1e999",
    b"{}",
    b"[]",
    b"\\ud800",
    b"<!--",
    b"]]>",
]
TODAY = date(2026, 11, 21)


def answer(path: Path, body: bytes) -> Response:
    request: dict[str, Any] = json.loads(path.with_name(path.stem + EXPECTED).read_text("utf-8"))["request"]
    day = date.fromisoformat(request["day"]) if "day" in request else None
    asked = Request(**{**request, "day": day})
    return Response(asked, asked.url, 200, body)


@st.composite
def mangled(draw: st.DrawFn) -> tuple[Path, bytes]:
    """A fixture of which parts were cut, dropped, doubled, replaced or flipped."""
    path = draw(st.sampled_from(CASES))
    body = path.read_bytes()
    for _ in range(draw(st.integers(1, 4))):
        first, last = sorted((draw(st.integers(0, len(body))), draw(st.integers(0, len(body)))))
        small = min(last, first + draw(st.integers(0, 40)))
        change = draw(st.sampled_from(["cut", "drop", "double", "replace", "flip"]))
        if change == "cut":
            body = body[:last]
        elif change == "drop":
            body = body[:first] + body[small:]
        elif change == "double":
            body = body[:last] + body[first:]
        elif change == "replace":
            body = body[:first] + draw(st.sampled_from(INSERTS)) + body[small:]
        else:
            body = (
                body[:first]
                + bytes(byte ^ 1 << draw(st.integers(0, 7)) for byte in body[first : first + 2])
                + body[first + 2 :]
            )
    return path, body


def read_or_refused(read: Callable[[], Page]) -> Page | None:
    try:
        return read()
    except ScrapeError as error:
        sentence = str(error)
    assert sentence
    assert "\n" not in sentence
    return None


@settings(deadline=None)
@given(mangled())
def test_a_mangled_answer_is_read_or_refused(case: tuple[Path, bytes]):
    path, body = case
    page = read_or_refused(lambda: load(path.parent.name).parse(answer(path, body))) or Page(())
    ranks = [entry.rank for entry in page.listed if entry.rank is not None]
    assert ranks == sorted(set(ranks))
    assert page.stated is None or page.stated >= 0


@settings(deadline=None)
@given(mangled())
def test_a_mangled_file_is_read_or_refused(case: tuple[Path, bytes]):
    read_or_refused(lambda: saved.read(case[1], name=case[0].name, today=TODAY))


@settings(deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_file_is_read_or_refused(data: bytes):
    read_or_refused(lambda: saved.read(data, today=TODAY))


PIECES = (
    "<rss version='2.0'>|<feed xmlns='http://www.w3.org/2005/Atom'>|<rdf:RDF>|</rss>|<channel>|<item>|</item>|<entry>|</entry>"
    "|<title>|</title>|<link>|<link href='https://[x'/>|<guid>|</guid>|<pubDate>|<content type='xhtml'>|<div>|<author>"
    "|<category term='a'/>|<![CDATA[|]]>|<!--|&amp;|&#0;|&#x110000;|&bogus;|\x00|\ufffe|https://x.org|text| |9999"
).split("|")
MARKUP = st.lists(st.sampled_from(PIECES) | st.text(max_size=5), max_size=25).map("".join)


@settings(deadline=None)
@given(st.binary(max_size=200) | MARKUP.map(lambda text: text.encode(errors="surrogatepass")))
def test_any_feed_is_read_or_refused(body: bytes):
    request = Request("https://example.org/feed", "feed")
    read_or_refused(lambda: load("feed").parse(Response(request, request.url, 200, body)))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(max_size=4), values, max_size=3),
    max_leaves=5,
)
RECORD_KEYS = [*Paper.model_fields, "source", "list_day"]
ITEM_KEYS = [
    "title",
    "summary",
    "publishedAt",
    "thumbnail",
    "mediaUrl",
    "mediaUrls",
    "numComments",
    "submittedBy",
    "organization",
]
PAPER_KEYS = [
    *(
        "title",
        "summary",
        "authors",
        "publishedAt",
        "submittedOnDailyAt",
        "submittedOnDailyBy",
        "upvotes",
        "ai_summary",
    ),
    *("ai_keywords", "githubRepo", "githubStars", "projectPage", "mediaUrls", "organization"),
]
USER = st.fixed_dictionaries({}, optional=dict.fromkeys(("name", "user", "fullname", "hidden"), JSON))
VALUES = (
    JSON | USER | st.lists(USER, max_size=2) | st.sampled_from(["2026-11-19", "2026-11-19T00:00:00.000Z", "https://[x"])
)


@settings(deadline=None)
@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(ITEM_KEYS, VALUES)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(PAPER_KEYS, VALUES)),
)
def test_no_value_of_any_other_field_costs_a_paper(item: dict[str, Any], paper: dict[str, Any]):
    """As long as a paper has its id and its title, it is listed."""
    body = json.dumps([{**item, "title": "A Title", "paper": {**paper, "id": "2611.99001"}}]).encode()
    (entry,) = load("huggingface").parse_saved(body.decode()).listed
    assert entry.paper.title == "A Title"


@settings(deadline=None)
@given(st.fixed_dictionaries({}, optional=dict.fromkeys(RECORD_KEYS, VALUES)))
def test_a_json_line_is_read_or_refused(record: dict[str, Any]):
    line = json.dumps({"title": "A Title", "identifiers": {"arxiv": "2611.99001"}, **record})
    page = read_or_refused(lambda: saved.read(line.encode(), today=TODAY))
    assert page is None or len(page.listed) == 1
