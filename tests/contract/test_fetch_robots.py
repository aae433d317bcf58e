"""How the fetcher keeps to robots.txt."""

import asyncio

import pytest
from farside.fetching import fetcher, get
from farside.site import Answer, Site, raw, redirect, zipped

from scrapers.fetch import BadRedirect, BadStatus, Damaged, FetchError, RateLimited, RobotsDisallow
from scrapers.request import Request

ROBOTS = b"""
User-agent: *
Disallow: /private
Allow: /private/ok

User-agent: paperwatch
Disallow: /no
Disallow: /q*y$
"""


async def test_robots_is_read_once_a_day_for_each_site(site: Site) -> None:
    now = [1000.0]
    site.route("/robots.txt", (200, {}, ROBOTS))
    site.route("/private", (200, {}, b"open to this one"))
    async with fetcher(respect_robots=True, clock=lambda: now[0]) as web:
        assert (await web.get(Request(site.url("/private")))).body == b"open to this one"
        for path in ("/no", "/no/more?x=1", "/query"):
            with pytest.raises(RobotsDisallow, match=r"/robots\.txt forbids this page") as caught:
                await web.get(Request(site.url(path)))
            assert caught.value.sent is False
        assert site.paths() == ["/robots.txt", "/private"]
        now[0] += 24 * 3600
        await asyncio.gather(*(web.get(Request(site.url("/private"))) for _ in range(3)))
    assert site.paths().count("/robots.txt") == 2


@pytest.mark.parametrize(
    "answer", [(404, {}, b""), (403, {}, b"Disallow: /"), (200, {}, b"\xff\xfe<html>"), (200, {}, b"")]
)
async def test_without_robots_all_is_allowed(site: Site, answer: Answer) -> None:
    site.route("/robots.txt", answer)
    site.route("/", (200, {}, b"there"))
    assert (await get(site.url("/"), respect_robots=True)).body == b"there"


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, {}, b""), BadStatus),
        (raw(b""), Damaged),
        ((429, {}, b""), RateLimited),
        (redirect("/robots.txt"), BadRedirect),
    ],
)
async def test_unreadable_robots_stop_the_page_until_they_can_be_read(
    site: Site, answer: Answer, error: type[FetchError]
) -> None:
    site.route("/robots.txt", answer)
    site.route("/", (200, {}, b"there"))
    async with fetcher(respect_robots=True) as web:
        with pytest.raises(error):
            await web.get(Request(site.url("/")))
        assert "/" not in site.paths()
        site.route("/robots.txt", (404, {}, b""))
        assert (await web.get(Request(site.url("/")))).body == b"there"


async def test_robots_rules_hold_for_redirects_and_huge_files_are_cut(site: Site) -> None:
    site.route("/robots.txt", zipped(b"User-agent: *\nDisallow: /no\n" + b"# filler\n" * 200_000))
    site.route("/yes", redirect("/no"))
    with pytest.raises(RobotsDisallow):
        await get(site.url("/yes"), respect_robots=True, max_bytes=1000)
    assert site.paths() == ["/robots.txt", "/yes"]
