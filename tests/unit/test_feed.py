"""Feeds of any kind: what names an entry, what is refused, and what damage costs."""

import json
import time
from pathlib import Path
from typing import Any

import pytest

from scrapers.crawl import load
from scrapers.identifiers import canonical
from scrapers.request import Listed, ListingError, Page, Request, Response
from scrapers.text import from_markup

FEED = load("feed")
HERE = "https://blog.example.org/feed.xml"


def parsed(body: bytes | str, status: int = 200, **request: Any) -> Page:
    body = body.encode() if isinstance(body, str) else body
    return FEED.parse(Response(Request(HERE, "feed", **request), HERE, status, body))


def rss(*items: str, head: str = "<link>https://blog.example.org/</link>") -> str:
    entries = "".join(f"<item>{one}</item>" for one in items)
    return f'<rss version="2.0"><channel><title>x</title>{head}{entries}</channel></rss>'


def only(page: Page) -> Listed:
    (one,) = page.listed
    return one


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("", "needs its address"), ("feed.xml", "needs its address"), ("ftp://example.org/feed", "needs its address"),
        ("https://", "needs its address"), ("https://[::1", "needs its address"), ("https://a b", "needs its address"),
        ("https://example.org:port/", "needs its address"), ("https://me:secret@example.org/feed", "user name"),
        (7, "needs its address"),
    ],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: Any, why: str) -> None:
    with pytest.raises(ValueError, match=why) as caught:
        FEED.start(FEED.base_url, "feed", url=url)
    assert "secret" not in str(caught.value)


def test_asks_for_the_address_and_nothing_else() -> None:
    (request,) = FEED.start("https://mirror.example.com", "feed", url=HERE)

    assert (request.url, request.day) == (HERE, None)


def test_an_unchanged_feed_lists_nothing() -> None:
    assert parsed(b"", 304, etag='"1"') == Page((), unchanged=True)


@pytest.mark.parametrize(
    ("address", "same"),
    [
        ("HTTPS://Example.ORG/A?b=C#part", "https://example.org/A?b=C"),
        ("https://example.org/?utm_source=x&id=3&UTM_Medium=y", "https://example.org/?id=3"),
        ("tag:example.org,2026:x", "tag:example.org,2026:x"),
    ],
)
def test_addresses_are_compared_without_what_does_not_matter(address: str, same: str) -> None:
    assert canonical("url", address) == ("url", same)


@pytest.mark.parametrize(
    "address", ["", "example.org/a", "ftp://example.org/", "https://", "https://a b", "https://x/" + "y" * 3_000]
)
def test_what_is_no_address_names_nothing(address: str) -> None:
    with pytest.raises(ValueError, match="not"):
        canonical("url", address)


@pytest.mark.parametrize(
    ("link", "found"),
    [
        ("https://arxiv.org/abs/2611.99001v3", ("arxiv", "2611.99001")),
        ("https://doi.org/10.9999/Abc.1", ("doi", "10.9999/abc.1")),
        (
            "https://www.biorxiv.org/content/10.1101/2026.11.19.990001v2.full?rss=1",
            ("doi", "10.1101/2026.11.19.990001"),
        ),
        ("https://www.biorxiv.org/content/10.1101/2026.11.19.990001v1?rss=1", ("doi", "10.1101/2026.11.19.990001")),
        ("https://publisher.example.com/doi/abs/10.9999/x.y%2F3v2", ("doi", "10.9999/x.y/3v2")),
        ("https://publisher.example.com/articles/10.9999", ("url", "https://publisher.example.com/articles/10.9999")),
        ("https://doi.org/10.48550/arXiv.2611.99001", ("arxiv", "2611.99001")),
    ],
)
def test_a_link_names_its_paper(link: str, found: tuple[str, str]) -> None:
    page = parsed(rss(f"<title>A Title</title><link>{link}</link>"))

    assert list(only(page).paper.identifiers) == [found]


def test_an_address_that_several_entries_share_names_none_and_their_guids_do() -> None:
    link = "<link>https://blog.example.org/news</link>"
    page = parsed(
        rss(f"<title>A</title>{link}<guid>1</guid>", f"<title>B</title>{link}<guid>2</guid>", f"<title>C</title>{link}")
    )

    assert [[value for _, value in one.paper.identifiers] for one in page.listed] == [
        ["tag:blog.example.org,1"],
        ["tag:blog.example.org,2"],
        [],
    ]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("Ada Tester", ["Ada Tester"]),
        ("Tester, Ada", ["Tester, Ada"]),
        ("Ada Tester, Ben C. Sample, and Dora Draft", ["Ada Tester", "Ben C. Sample", "Dora Draft"]),
        ("Tester, A.; Sample, B. C.", ["Tester, A.", "Sample, B. C."]),
        ("Tester, A., Sample, B. C.", ["Tester, A.", "Sample, B. C."]),
        ("The Lab", ["The Lab"]),
    ],
)
def test_names_in_one_line_are_told_apart(line: str, names: list[str]) -> None:
    dc = 'xmlns:dc="http://purl.org/dc/elements/1.1/"'
    page = parsed(rss(f"<title>A</title><dc:creator {dc}>{line}</dc:creator>"))

    assert list(only(page).paper.authors) == names


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One</p><p>two</p>", "One two"),
        ("H<sub>2</sub>O &amp; <b>CO</b><jats:sub>2</jats:sub>", "H2O & CO2"),
        ("p < 0.05 and a > b", "p < 0.05 and a > b"),
        ("a<script>if (b < c) {}</script>d<style>e</style>f<script>never closed", "adf"),
        ("one<br/>two<!-- no --> three", "one two three"),
    ],
)
def test_markup_becomes_text(markup: str, text: str) -> None:
    assert from_markup(markup) == text


@pytest.mark.parametrize("piece", ["<script>", "<", "<a ", "<!--", "&lt;", "<script", "</style>"])
def test_hostile_markup_takes_no_time(piece: str) -> None:
    start = time.perf_counter()
    from_markup(piece * 30_000)
    assert time.perf_counter() - start < 2


def test_relative_addresses_are_the_sites() -> None:
    page = parsed(rss("<title>A</title><link>/notes/1</link>"))

    assert only(page).paper.url == "https://blog.example.org/notes/1"
    assert FEED.parse_saved(rss("<title>A</title><link>/notes/1</link>")).listed == page.listed


def test_one_bad_entry_costs_one_entry() -> None:
    good = "<title>A Title</title><link>https://blog.example.org/{}</link>"
    page = parsed(rss(good.format(1), "<description>No title</description>", good.format(2), "<title> </title>"))

    assert [one.rank for one in page.listed] == [1, 3]
    assert page.skipped == ("entry 2 could not be read: it has no title", "entry 4 could not be read: it has no title")


def test_a_feed_that_is_cut_off_loses_its_last_entry_alone() -> None:
    whole = rss(*(f"<title>Title {n}</title><link>https://blog.example.org/{n}</link>" for n in range(4)))
    page = parsed(whole[: whole.index("Title 3") + 5])

    assert [one.paper.title for one in page.listed] == ["Title 0", "Title 1", "Title 2"]
    assert page.problem == "the feed is cut off"
    assert page.skipped == ("entry 4 could not be read: the feed ends in the middle of it",)


def test_a_feed_without_entries_lists_nothing() -> None:
    assert parsed(rss()) == Page((), stated=0)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_any_encoding_is_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + rss("<title>Zoë &amp; Ångström</title>")

    assert only(parsed(text.encode(encoding))).paper.title == "Zoë & Ångström"


@pytest.mark.parametrize("date", ["", "yesterday", "Thu, 99 Nov 2026", "-1"])
def test_a_date_that_is_none_costs_nothing_else(date: str) -> None:
    assert only(parsed(rss(f"<title>A</title><pubDate>{date}</pubDate>"))).paper.published is None


PAGE = "<!DOCTYPE html><html><head><title>Blog</title>{}</head><body><rss></rss></body></html>"


@pytest.mark.parametrize(
    ("links", "told"),
    [
        ("", "that is a page, not a feed"),
        ('<link rel="stylesheet" href="/style.css">', "that is a page, not a feed"),
        (
            '<link rel="alternate" type="application/atom+xml" title="Blog" href="/atom.xml?a=1&amp;b=2">',
            "that is a page, not a feed; its feed is https://blog.example.org/atom.xml?a=1&b=2",
        ),
        (
            "<link href='https://other.example.org/rss' TYPE='application/rss+xml' rel=alternate>",
            "that is a page, not a feed; its feed is https://other.example.org/rss",
        ),
        (
            '<link rel="alternate" type="application/feed+json" href="feed.json">',
            "that is a page, not a feed; its feed is https://blog.example.org/feed.json",
        ),
    ],
)
def test_a_page_is_no_feed_and_names_its_own(links: str, told: str) -> None:
    with pytest.raises(ListingError) as caught:
        parsed(PAGE.format(links))
    assert str(caught.value) == told


LAUGHS = '<!DOCTYPE rss [<!ENTITY a0 "ha">{}]>'.format(
    "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
)
QUADRATIC = f'<!DOCTYPE rss [<!ENTITY a "{"a" * 50_000}">]>'
OUTSIDE = '<!DOCTYPE rss [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
PARAMETER = '<!DOCTYPE rss SYSTEM "https://evil.example.com/x.dtd" [%x;]>'


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    ("declared", "used"),
    [(LAUGHS, "&a11;"), (QUADRATIC, "&a;" * 50_000), (OUTSIDE, "&x;"), (PARAMETER, ""), (LAUGHS.lower(), "&a11;")],
)
def test_bombs_are_refused_at_once(declared: str, used: str, encoding: str) -> None:
    body = f'<?xml version="1.0"?>{declared}' + rss(f"<title>{used}</title>")
    start = time.perf_counter()

    with pytest.raises(ListingError) as caught:
        parsed(body.encode(encoding))

    assert str(caught.value) == "the feed declares entities, which no feed needs"
    assert time.perf_counter() - start < 1


@pytest.mark.parametrize(
    "body", [rss(f"<title>A</title><description>{'x' * 10_000_000}</description>"), rss("<a/>" * 100_001)]
)
def test_what_is_too_large_is_refused_at_once(body: str) -> None:
    start = time.perf_counter()
    with pytest.raises(ListingError, match="larger than 10 MB"):
        parsed(body)
    assert time.perf_counter() - start < 1


def test_the_name_of_a_file_or_an_address_is_not_opened(tmp_path: Path) -> None:
    file = tmp_path / "feed.xml"
    file.write_text(rss("<title>Secret</title>"))
    for body in (str(file), f"file://{file}"):
        with pytest.raises(ListingError, match="no feed"):
            parsed(body)


def test_a_json_feed_without_items_is_an_error() -> None:
    with pytest.raises(ListingError, match="without a list of items"):
        parsed(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": "x"}))


def test_arxivs_own_feeds_are_left_to_arxiv() -> None:
    own = rss("<title>A</title>").replace("<rss ", '<rss xmlns:arxiv="http://arxiv.org/schemas/atom" ')

    assert FEED.recognises(rss("<title>A</title>"))
    assert not FEED.recognises(own)
