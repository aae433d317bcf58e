"""bioRxiv and medRxiv: days, pages, and lists that end earlier than was said."""

import asyncio
import json
from datetime import date
from typing import Any

import pytest

from scrapers.crawl import crawl, load
from scrapers.request import ListingError, Page, Request, Response

DAY = date(2026, 11, 19)
BIORXIV = load("biorxiv")
BASE = BIORXIV.base_url


def post(number: int, **more: Any) -> dict[str, Any]:
    return {
        "doi": f"10.1101/2026.11.19.{number:06}", "title": f"Invented Post {number}", "authors": "Tester, A.",
        "date": str(DAY), "version": "1", "server": "bioRxiv", "published": "NA", **more,
    }  # fmt: skip


def answer(posts: list[dict[str, Any]], cursor: int, total: Any, status: str = "ok") -> bytes:
    said = {"status": status, "cursor": cursor, "count": len(posts), "total": total}
    return json.dumps({"messages": [said], "collection": posts}).encode()


def parsed(body: bytes, cursor: int = 0) -> Page:
    request = Request(f"{BASE}/details/biorxiv/{DAY}/{DAY}/{cursor}/json?category=zoology", "api", DAY)
    return BIORXIV.parse(Response(request, request.url, 200, body))


def read(there: int, promised: int, at_once: int = 30) -> Any:
    """A day with so many posts, of which the site says there are `promised`."""
    (first,) = BIORXIV.start(BASE, "api", day=DAY)

    async def fetch(request: Request) -> Response:
        cursor = int(request.url.split("/")[-2])
        posts = [post(number) for number in range(cursor, min(cursor + at_once, there))]
        body = (
            answer(posts, cursor, str(promised))
            if posts
            else b'{"messages":[{"status":"no posts found"}],"collection":[]}'
        )
        return Response(request, request.url, 200, body)

    return asyncio.run(crawl(BIORXIV, [first], fetch))


@pytest.mark.parametrize(
    ("options", "path"),
    [
        ({}, "details/biorxiv/2026-11-19/2026-11-19/0/json"),
        ({"server": "medrxiv"}, "details/medrxiv/2026-11-19/2026-11-19/0/json"),
        ({"category": "Cell  Biology"}, "details/biorxiv/2026-11-19/2026-11-19/0/json?category=cell_biology"),
    ],
)
def test_asks_for_a_day(options: dict[str, str], path: str) -> None:
    (request,) = BIORXIV.start(BASE, "api", day=DAY, **options)

    assert request.url == f"{BASE}/{path}"
    assert request.day == DAY


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ({"server": "arxiv"}, "biorxiv or medrxiv"),
        ({"category": " "}, "name of a subject"),
        ({"day": None}, "which day"),
    ],
)
def test_says_what_cannot_be_asked_for(options: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        BIORXIV.start(BASE, "api", **{"day": DAY, **options})


@pytest.mark.parametrize("at_once", [30, 100])
@pytest.mark.parametrize("there", [1, 29, 30, 31, 100, 130])
def test_reads_all_posts_whatever_an_answer_holds(there: int, at_once: int) -> None:
    found = read(there, there, at_once)

    assert (len(found.listed), found.stated, found.problem, found.day) == (there, there, None, DAY)


def test_the_next_request_keeps_the_subject() -> None:
    page = parsed(answer([post(1), post(2)], 30, 40), cursor=30)

    assert [one.url for one in page.further] == [f"{BASE}/details/biorxiv/{DAY}/{DAY}/32/json?category=zoology"]


def test_a_total_that_is_too_high_is_no_problem_behind_an_answer_that_was_not_full() -> None:
    found = read(42, 45)

    assert (len(found.listed), found.stated, found.problem) == (42, 42, None)


def test_a_list_that_ends_behind_a_full_answer_is_a_problem() -> None:
    found = read(60, 300)

    assert len(found.listed) == 60
    assert "ended after 60 posts" in found.problem


def test_a_quiet_day_is_one_that_the_site_states() -> None:
    found = read(0, 0)

    assert (found.listed, found.stated, found.problem, found.day) == ((), 0, None, DAY)


@pytest.mark.parametrize("cursor", [0, 30])
def test_an_answer_without_posts_that_does_not_say_so_is_an_error(cursor: int) -> None:
    with pytest.raises(ListingError, match="did not say"):
        parsed(answer([], cursor, 100), cursor)


@pytest.mark.parametrize("status", ["error", "server busy, try again", None])
def test_another_status_is_an_error_with_its_words(status: Any) -> None:
    with pytest.raises(ListingError, match=status or "not a list"):
        parsed(answer([], 0, 0, status))


def test_posts_without_a_total_may_be_only_some() -> None:
    assert parsed(answer([post(1)], 0, None)).problem


def test_one_damaged_post_costs_one_post() -> None:
    page = parsed(answer([post(1), post(2, doi="lost"), post(3), "?"], 0, 4))  # type: ignore[list-item]

    assert [one.paper.title for one in page.listed] == ["Invented Post 1", "Invented Post 3"]
    assert len(page.skipped) == 2
    assert page.stated == 4


def test_a_new_version_is_no_new_post_and_a_first_one_stays_new() -> None:
    page = parsed(answer([post(1), post(1, version="2"), post(2, version="4")], 0, 3))

    assert [(one.paper.version, one.announced) for one in page.listed] == [(1, "new"), (4, "replace")]
    assert page.listed[1].paper.published is None
