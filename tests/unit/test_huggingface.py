"""Hugging Face Papers beyond its fixtures: requests, paging, days, broken entries; and crawls over a fake site."""

import asyncio
import html
import json
from collections.abc import Iterable
from datetime import date
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from scrapers.crawl import MAX_PAGES, Crawl, crawl, load
from scrapers.request import ListingError, NotOpenYet, Page, Request, Response, ScrapeError

huggingface = load("huggingface")
DAY = date(2026, 11, 19)
SITE = "http://127.0.0.1:8080/"


def item(number: int, day: str | None = "2026-11-19", **changes: Any) -> dict[str, Any]:
    paper = {
        "id": f"2611.{number:05}",
        "title": f"Paper {number}",
        "summary": "We do.",
        "authors": [{"name": "Ada Quill", "hidden": False}],
        "publishedAt": "2026-11-17T00:00:00.000Z",
        "upvotes": 3,
        "submittedOnDailyAt": day and f"{day}T00:00:00.000Z",
    }
    return {"paper": {**paper, **changes}, "publishedAt": "2026-11-16T20:00:00.000Z", "numComments": 1}


def parse_api(items: Any, url: str = "/api/daily_papers?date=2026-11-19&limit=100", day: date | None = DAY) -> Page:
    request = Request(huggingface.base_url + url, "api", day=day)
    return huggingface.parse(Response(request, request.url, 200, json.dumps(items).encode()))


def parse_page(props: dict[str, Any], path: str = "/papers/date/2026-11-19", day: date | None = DAY) -> Page:
    data = html.escape(json.dumps(props))
    body = f'<html><main><p><div data-target="DailyPapers" data-props="{data}"></div></main></html>'
    request = Request(huggingface.base_url + path, "page", day=day)
    return huggingface.parse(Response(request, request.url, 200, body.encode()))


@pytest.mark.parametrize(
    ("transport", "options", "address"),
    [
        ("api", {"day": DAY}, "/api/daily_papers?date=2026-11-19&limit=100"),
        ("api", {"week": "2026-W47"}, "/api/daily_papers?week=2026-W47&limit=100"),
        ("api", {"month": "2026-11"}, "/api/daily_papers?month=2026-11&limit=100"),
        ("api", {"trending": True}, "/api/daily_papers?sort=trending&limit=100"),
        ("api", {"query": " R&D of rain "}, "/api/papers/search?q=R%26D+of+rain&limit=120"),
        ("api", {}, "/api/daily_papers?limit=100"),
        ("page", {"day": DAY}, "/papers/date/2026-11-19"),
        ("page", {"week": "2026-W47"}, "/papers/week/2026-W47"),
        ("page", {"month": "2026-11"}, "/papers/month/2026-11"),
        ("page", {"trending": True}, "/papers/trending"),
        ("page", {"query": "rain"}, "/papers?q=rain"),
        ("page", {}, "/papers"),
    ],
)
def test_asks_for_each_kind_of_list(transport: str, options: dict[str, Any], address: str):
    (request,) = huggingface.start(SITE, transport, **options)
    assert request.url == SITE.rstrip("/") + address
    assert (request.transport, request.day) == (transport, options.get("day"))


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"day": DAY, "trending": True}, "one list at a time, not day and trending"),
        ({"week": "2026-47"}, "'2026-47' is not a week: write it as 2026-W07"),
        ({"week": "2026-W54"}, "not a week"),
        ({"week": "W47"}, "not a week"),
        ({"month": "2026-13"}, "'2026-13' is not a month: write it as 2026-02"),
        ({"month": "November"}, "not a month"),
        ({"query": "x" * 251}, "takes 1 to 250 characters, not 251"),
        ({"query": " "}, "takes 1 to 250 characters"),
    ],
)
def test_refuses_impossible_options(options: dict[str, Any], reason: str):
    with pytest.raises(ValueError, match=reason):
        huggingface.start(SITE, "api", **options)


def test_refuses_an_unknown_transport():
    with pytest.raises(ValueError, match="by api or page, not by 'rss'"):
        huggingface.start(SITE, "rss", day=DAY)


@pytest.mark.parametrize("status", [400, 404])
def test_a_day_without_a_list_is_not_open_yet(status: int):
    (request,) = huggingface.start(SITE, "api", day=DAY)
    with pytest.raises(NotOpenYet, match="no list for 2026-11-19"):
        huggingface.parse(Response(request, request.url, status, b'{"error":"Invalid date"}'))
    (request,) = huggingface.start(SITE, "api", week="2026-W47")
    with pytest.raises(ListingError, match="status 400"):
        huggingface.parse(Response(request, request.url, 400, b'{"error":"Invalid week"}'))


def test_the_error_of_the_site_is_told():
    with pytest.raises(ListingError, match="an error: Sorry, we can't find it"):
        parse_api({"error": "Sorry, we can't\nfind it"})


def test_the_day_is_what_the_papers_say():
    assert parse_api([item(1), item(2)], day=date(2026, 11, 20)).day == DAY
    assert parse_api([item(1), item(2, "2026-11-18")]).day is None
    assert parse_api([item(1, None)]).day == DAY
    assert parse_api([item(1, None)], day=None).day is None
    assert parse_api([]).day == DAY


def test_a_page_may_show_another_day_than_asked():
    friday = date(2026, 11, 20)
    for props in ({"dateString": "2026-11-20"}, {"date": "2026-11-20T00:00:00.000Z"}):
        page = parse_page({**props, "dailyPapers": [item(1, None)], "periodType": "day"}, day=date(2026, 11, 21))
        assert (page.day, page.listed[0].day) == (friday, friday)


@pytest.mark.parametrize("kind", [{"isTrending": True}, {"query": "rain"}, {"periodType": "week"}])
def test_other_pages_state_no_list_day(kind: dict[str, Any]):
    props = {"dateString": "2026-11-20", "dailyPapers": [item(1, None), item(2)], **kind}
    page = parse_page(props, path="/papers", day=None)
    assert page.day is None
    assert [entry.day for entry in page.listed] == [None, DAY]


def test_an_empty_page_is_empty():
    assert parse_page({"dateString": "2026-11-19", "dailyPapers": []}) == Page((), day=DAY, stated=0)


@pytest.mark.parametrize("props", [{}, {"dailyPapers": None}, {"dailyPapers": {}}, {"dailyPapers": [None]}])
def test_a_page_with_other_data_is_refused(props: dict[str, Any]):
    with pytest.raises(ListingError):
        parse_page(props)


def test_one_bad_entry_costs_one_entry():
    bad = [item(2, id=2611.0), item(3, id="2611.003"), item(4, title="  "), {"paper": None}, 5]
    page = parse_api([item(1), *bad, item(9)])
    assert [(entry.rank, entry.paper.title) for entry in page.listed] == [(1, "Paper 1"), (7, "Paper 9")]
    assert page.stated == 7
    assert [sentence.partition(": ")[2][:30] for sentence in page.skipped] == [
        "its id 2611.0 is not text",
        "'2611.003' is not an arXiv id ",
        "title: is empty",
        "it has no paper",
        "it has no paper",
    ]


@pytest.mark.parametrize("missing", ["id", "title", "summary", "authors", "publishedAt", "upvotes"])
def test_a_field_missing_everywhere_is_a_changed_format(missing: str):
    with pytest.raises(ListingError):
        parse_api([item(n, **{missing: None}) for n in range(1, 4)])
    assert len(parse_api([item(1), *(item(n, **{missing: None}) for n in range(2, 4))]).listed) >= 1


def test_odd_facts_cost_no_paper():
    odd = {"upvotes": "many", "githubStars": -1, "githubRepo": "none", "projectPage": 3, "ai_keywords": "x"}
    (entry,) = parse_api([item(1, publishedAt="soon", organization=[], mediaUrls=[1], **odd)]).listed
    assert (entry.paper.upvotes, entry.paper.stars, entry.paper.code_url, entry.paper.published) == (None,) * 4
    assert entry.paper.has_code is None
    assert entry.paper.extras == {}


def test_a_full_list_goes_on_where_lists_end():
    two, address = [item(1), item(2)], "/api/daily_papers?{}&limit=2&p=3"
    page = parse_api(two, address.format("week=2026-W47"), day=None)
    assert [entry.rank for entry in page.listed] == [7, 8]
    (request,) = page.further
    assert parse_qs(urlsplit(request.url).query) == {"week": ["2026-W47"], "limit": ["2"], "p": ["4"]}
    assert parse_api(two[:1], address.format("week=2026-W47"), day=None).further == ()
    assert parse_api(two, address.format("sort=trending"), day=None).further == ()
    assert parse_api(two, "/api/papers/search?q=rain&limit=2", day=None).further == ()


def test_a_site_that_cuts_earlier_says_so_in_a_header():
    request = Request("https://huggingface.co/api/daily_papers?date=2026-11-19&limit=100", "api", day=DAY)
    link = {"link": '<https://huggingface.co/api/daily_papers?date=2026-11-19&p=1>; rel="next"'}
    page = huggingface.parse(Response(request, request.url, 200, json.dumps([item(1)]).encode(), link))
    assert page.further[0].url.endswith("limit=100&p=1")


def test_a_saved_list_as_long_as_the_site_cuts_is_noted():
    saved = huggingface.parse_saved(json.dumps([item(n) for n in range(50)]))
    assert "exactly 50 papers" in saved.notes[0]
    assert huggingface.parse_saved(json.dumps([item(n) for n in range(49)])).notes == ()


# --- crawls ----------------------------------------------------------------------------------------------------------


class FakeSite:
    """Lists papers as the API does, two a page; `broken` pages answer with an error."""

    def __init__(self, pages: Iterable[list[Any]], broken: tuple[int, ...] = ()) -> None:
        self.pages, self.broken, self.asked = list(pages), broken, list[int]()

    async def fetch(self, request: Request) -> Response:
        number = int(parse_qs(urlsplit(request.url).query).get("p", ["0"])[0])
        self.asked.append(number)
        body = self.pages[number] if number < len(self.pages) else []
        return Response(request, request.url, 500 if number in self.broken else 200, json.dumps(body).encode())

    def crawl(self) -> Crawl:
        request = Request("https://huggingface.co/api/daily_papers?date=2026-11-19&limit=2", "api", day=DAY)
        return asyncio.run(crawl(huggingface, (request,), self.fetch))


def pages(count: int) -> list[list[dict[str, Any]]]:
    return [[item(2 * n + 1), item(2 * n + 2)] for n in range(count)]


def test_a_crawl_reads_page_after_page():
    done = FakeSite([*pages(2), [item(5)]]).crawl()
    assert [entry.rank for entry in done.listed] == [1, 2, 3, 4, 5]
    assert (done.day, done.stated, done.problem) == (DAY, 5, None)


def test_an_empty_page_after_a_full_one_is_the_end():
    site = FakeSite(pages(2))
    done = site.crawl()
    assert (len(done.listed), done.stated, done.problem, site.asked) == (4, 4, None, [0, 1, 2])


def test_an_empty_day_is_no_problem():
    assert FakeSite([[]]).crawl() == Crawl((), day=DAY, stated=0)


def test_a_failure_on_the_first_page_raises():
    with pytest.raises(ListingError, match="status 500"):
        FakeSite(pages(2), broken=(0,)).crawl()


def test_a_failure_later_keeps_what_was_read():
    done = FakeSite(pages(3), broken=(1,)).crawl()
    assert len(done.listed) == 2
    assert done.problem == "page 2 of the listing could not be read: Hugging Face answered with status 500"


def test_a_site_that_repeats_its_page_does_not_hold_us():
    site = FakeSite(pages(1) * 90)
    done = site.crawl()
    assert (len(done.listed), done.stated, site.asked) == (2, 2, [0, 1])
    assert "repeats" in (done.problem or "")


def test_a_paper_that_moved_to_the_next_page_counts_once():
    done = FakeSite([[item(1), item(2)], [item(2), item(3)], []]).crawl()
    assert [entry.paper.title for entry in done.listed] == ["Paper 1", "Paper 2", "Paper 3"]
    assert (done.stated, done.problem) == (3, None)


def test_a_list_without_end_is_cut():
    site = FakeSite(pages(MAX_PAGES + 5))
    done = site.crawl()
    assert (len(site.asked), len(done.listed)) == (MAX_PAGES, 2 * MAX_PAGES)
    assert f"stopped after {MAX_PAGES} pages" in (done.problem or "")


@pytest.mark.parametrize(("error", "asked"), [(ListingError("not a list"), 3), (ScrapeError("no connection"), 2)])
def test_where_nothing_can_be_fetched_the_rest_is_not_asked_for(error: ScrapeError, asked: int):
    seen: list[str] = []

    async def fetch(request: Request) -> Response:
        seen.append(request.url)
        if len(seen) == 2:
            raise error
        return Response(request, request.url, 200, json.dumps([item(len(seen))]).encode())

    requests = [Request(f"https://huggingface.co/api/daily_papers?submitter={n}", "api") for n in "abc"]
    done = asyncio.run(crawl(huggingface, requests, fetch))
    assert len(seen) == asked
    assert str(error) in (done.problem or "")
