"""Feeds from end to end: the program against a feed on loopback that changes, stays the same, breaks and moves."""

import json
from typing import Any

import pytest
from farside.program import Forked
from farside.site import Seen, Site

PROGRAM = Forked
ITEM = "<item><title>{0}</title><link>https://blog.example.org/{1}</link></item>"
PAGE = b'<!DOCTYPE html><html><head><link rel="alternate" type="application/rss+xml" href="/real.xml"></head></html>'


@pytest.fixture
def blog(program: Any, site: Site) -> Site:
    sources = {"blog": {"scraper": "feed", "url": site.url("/feed.xml")}}
    program.env["PAPERWATCH_SOURCES"] = json.dumps(sources)
    program.env["PAPERWATCH_NETWORK__ALLOW_PRIVATE"] = '["127.0.0.1"]'
    return site


def publish(site: Site, *titles: str) -> None:
    """The feed has these entries now, each at an address of its own, and an ETag by which it is not sent again."""
    items = "".join(ITEM.format(title, number) for number, title in enumerate(titles))
    tag = f'"{len(titles)}"'

    def answer(seen: Seen) -> tuple[int, dict[str, str], bytes]:
        if seen.headers.get("if-none-match") == tag:
            return 304, {"ETag": tag}, b""
        body = f'<rss version="2.0"><channel><title>x</title>{items}</channel></rss>'
        return 200, {"ETag": tag, "Content-Type": "application/rss+xml"}, body.encode()

    site.route("/feed.xml", answer)


def test_each_entry_is_told_once_and_an_unchanged_feed_is_not_sent_again(program: Any, blog: Site, hook: Any) -> None:
    program("subscribe", hook.address, "source:blog")
    publish(blog, "Stones in the River")
    program("scrape", "blog", "--deliver")
    program("scrape", "blog", "--deliver")
    publish(blog, "Stones in the River", "Moss on the Bank")
    program("scrape", "blog", "--deliver")

    assert hook.titles == ["Stones in the River", "Moss on the Bank"]
    asked = [seen.headers.get("if-none-match") for seen in blog.seen if seen.path == "/feed.xml"]
    assert asked == [None, '"1"', '"1"']


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, {"Content-Type": "text/html"}, PAGE), "that is a page, not a feed; its feed is http"),
        ((410, {}, b"gone"), "410"),
        ((302, {"Location": "/feed.xml"}, b""), "redirect"),
        ((200, {}, b'<!DOCTYPE rss [<!ENTITY a "b">]><rss></rss>'), "declares entities"),
        ((302, {"Location": "http://10.0.0.1/feed.xml"}, b""), "private"),
    ],
    ids=["page", "gone", "loop", "entities", "private"],
)
def test_what_is_no_feed_is_one_sentence(program: Any, blog: Site, answer: Any, told: str) -> None:
    blog.route("/feed.xml", answer)

    refused = program("scrape", "blog", code=1)

    assert told in refused.err
    assert refused.out == ""
