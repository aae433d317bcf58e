"""What the fetcher promises, against a real server on 127.0.0.1 that keeps none of the rules."""

import asyncio
import logging
import socket
import time
import traceback
import tracemalloc
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from farside import certificate
from farside.site import Answer, Site, bomb, cut, drip, endless, raw, redirect, silent, zipped

from scrapers import addresses
from scrapers.fetch import (
    BadRedirect,
    BadStatus,
    Damaged,
    Fetcher,
    FetchError,
    Forbidden,
    RateLimited,
    RobotsDisallow,
    TooLarge,
    TooSlow,
    Unreachable,
    check_address,
)
from scrapers.request import Request, Response, ScrapeError

LOOPBACK = frozenset({"127.0.0.1"})
SECRET = "s3cret"


def fetcher(**settings: Any) -> Fetcher:
    plain = {"user_agent": "Paperwatch/1.0 (tests)", "timeout": 5, "deadline": 10, "allow_private": LOOPBACK}
    return Fetcher(**(plain | settings))


async def get(url: str, etag: str | None = None, last_modified: str | None = None, **settings: Any) -> Response:
    async with fetcher(**settings) as web:
        return await web.get(Request(url), etag=etag, last_modified=last_modified)


async def post(url: str, body: bytes = b"{}", headers: dict[str, str] | None = None, **settings: Any) -> Response:
    async with fetcher(**settings) as web:
        return await web.post(url, body, headers or {})


def names(table: dict[str, list[str]]) -> Callable[[str, int], Awaitable[list[str]]]:
    """A name server that knows these names; its `asked` holds what it was asked for."""

    async def resolve(host: str, port: int) -> list[str]:
        resolve.asked.append(host)  # type: ignore[attr-defined]
        if host not in table:
            raise socket.gaierror("unknown")
        return table[host]

    resolve.asked = []  # type: ignore[attr-defined]
    return resolve


def closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def told(error: BaseException) -> str:
    """All that a log would say of it, but for the lines of source code."""
    return "".join(traceback.format_exception(error, limit=0))


# --- what comes back


async def test_a_page_comes_back_with_its_final_address(site: Site) -> None:
    site.route("/old", redirect("/new?page=2#top"))
    site.route("/new", (200, {"Content-Type": "text/html", "X-Seen": "yes"}, b"<p>papers</p>"))
    request = Request(site.url("/old"), transport="html", accept="text/html")
    async with fetcher() as web:
        answer = await web.get(request)
    assert (answer.request, answer.url, answer.status) == (request, site.url("/new?page=2"), 200)
    assert (answer.body, answer.headers["x-seen"]) == (b"<p>papers</p>", "yes")
    sent = site.seen[0].headers
    assert (sent["accept"], sent["accept-encoding"]) == ("text/html", "gzip")
    assert sent["user-agent"] == "Paperwatch/1.0 (tests)"
    assert sent["host"] == f"127.0.0.1:{site.port}"


@pytest.mark.parametrize("status", [200, 201, 204, 206, 300, 400, 401, 403, 404, 406, 410, 418, 451])
async def test_statuses_that_the_source_decides_about(site: Site, status: int) -> None:
    body = b"" if status == 204 else b"text"
    site.route("/", (status, {}, body))
    answer = await get(site.url("/"))
    assert (answer.status, answer.body) == (status, body)


async def test_conditional_get(site: Site) -> None:
    site.route("/", (304, {"ETag": '"a"', "Content-Encoding": "br", "Content-Length": "99999999999"}, b""))
    answer = await get(site.url("/"), etag='"a"', last_modified="Sat, 21 Nov 2026 08:00:00 GMT")
    assert (answer.status, answer.body, answer.headers["etag"]) == (304, b"", '"a"')
    sent = site.seen[0].headers
    assert (sent["if-none-match"], sent["if-modified-since"]) == ('"a"', "Sat, 21 Nov 2026 08:00:00 GMT")


async def test_no_cookie_no_proxy_no_netrc(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password s3cret\n")
    for name, value in {"HTTP_PROXY": f"http://127.0.0.1:{closed_port()}", "HOME": str(tmp_path)}.items():
        monkeypatch.setenv(name, value)
    site.route("/", (200, {"Set-Cookie": "id=1"}, b"x"))
    async with fetcher() as web:
        await web.get(Request(site.url("/")))
        await web.get(Request(site.url("/")))
    assert len(site.seen) == 2
    assert not {"cookie", "authorization"} & {name for seen in site.seen for name in seen.headers}


async def test_a_name_in_the_user_agent_may_have_umlauts(site: Site) -> None:
    await get(site.url("/"), user_agent="Paperwatch/1.0 (Jürgen)")
    assert site.seen[0].headers["user-agent"] == "Paperwatch/1.0 (J?rgen)"


async def test_a_transport_can_stand_for_the_network() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200, text=str(request.url)))
    answer = await get("https://papers.test/a?b=c", transport=transport)
    assert answer.body == b"https://papers.test/a?b=c"


# --- bodies

_GZIP = b"Content-Encoding: gzip\r\n"


@pytest.mark.parametrize(
    "answer",
    [zipped(b"papers" * 999), (200, {}, b"papers" * 999), (200, {"Content-Encoding": "identity"}, b"papers" * 999)],
)
async def test_bodies_are_unpacked(site: Site, answer: Answer) -> None:
    site.route("/", answer)
    assert (await get(site.url("/"))).body == b"papers" * 999


async def test_a_body_of_exactly_the_cap(site: Site) -> None:
    site.route("/", zipped(b"x" * 1000))
    assert len((await get(site.url("/"), max_bytes=1000)).body) == 1000
    with pytest.raises(TooLarge):
        await get(site.url("/"), max_bytes=999)


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"x" * 200_000),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n"),
        endless(),
        zipped(b"x" * 200_000),
        endless(b"name" * 9999, _GZIP, b"\x1f\x8b\x08\x08\0\0\0\0\0\xff"),
        endless(b"\x00\x00\x00\xff\xff" * 9999, _GZIP, b"\x1f\x8b\x08\0\0\0\0\0\0\xff"),
    ],
    ids=["plain", "announced", "endless", "packed", "gzip head without end", "gzip of nothing without end"],
)
async def test_too_large(site: Site, answer: Answer) -> None:
    site.route("/", answer)
    with pytest.raises(TooLarge, match=r"^http://127\.0\.0\.1:\d+ answered with more than 100,000 bytes: .*\.$"):
        await get(site.url("/"), max_bytes=100_000)


async def test_a_bomb_stays_small_in_memory(site: Site) -> None:
    site.route("/", bomb(200_000_000))
    async with fetcher(max_bytes=5_000_000) as web:
        tracemalloc.start()
        try:
            with pytest.raises(TooLarge, match="more than 5,000,000 bytes"):
                await web.get(Request(site.url("/")))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
    assert peak < 30_000_000


_ZIPPED = zipped(b"papers" * 100)[2]


@pytest.mark.parametrize(
    "answer",
    [
        cut(b"half", promised=8),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"),
        raw(b""),
        raw(b"HTTP/1.1 200 OK\r\nContent-"),
        raw(b"SSH-2.0-OpenSSH_9.2\r\n"),
        raw(b"HTTP/1.1 abc OK\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: %s\r\n\r\n" % (b"9" * 5000)),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n"),
        raw(b"HTTP/1.1 200 OK\r\nA: " + b"x" * 200_000),
        (200, {"Content-Encoding": "gzip"}, _ZIPPED[:-4]),
        (200, {"Content-Encoding": "gzip"}, _ZIPPED[:15]),
        (200, {"Content-Encoding": "gzip"}, _ZIPPED + _ZIPPED),
        (200, {"Content-Encoding": "gzip"}, _ZIPPED + b"more"),
        (200, {"Content-Encoding": "gzip"}, b"<html>not packed</html>"),
        (200, {"Content-Encoding": "br"}, b"x"),
        (200, {"Content-Encoding": "gzip, gzip"}, b"x"),
        (200, {"Content-Encoding": "deflate"}, b"x"),
    ],
)
async def test_damaged(site: Site, answer: Answer) -> None:
    site.route("/", answer)
    with pytest.raises(Damaged, match=r"^http://127\.0\.0\.1:\d+ .*\.$"):
        await get(site.url("/"))


# --- time


async def test_a_drip_ends_at_the_deadline(site: Site) -> None:
    site.route("/", drip(b"x" * 60, seconds=0.1))
    begun = time.monotonic()
    with pytest.raises(TooSlow, match=r"127\.0\.0\.1"):
        await get(site.url("/"), timeout=5, deadline=0.5)
    assert time.monotonic() - begun < 4


async def test_silence_ends_at_the_timeout(site: Site) -> None:
    site.route("/", silent())
    with pytest.raises(TooSlow):
        await get(site.url("/"), timeout=0.2)


async def test_the_deadline_counts_redirects_together_but_not_the_gate(site: Site) -> None:
    hosts: list[str] = []

    async def gate(host: str) -> None:
        hosts.append(host)
        await asyncio.sleep(0.3)

    site.route("/a", redirect("/b"))
    site.route("/b", redirect("/c"))
    site.route("/c", (200, {}, b"there"))
    assert (await get(site.url("/a"), gate=gate, deadline=0.8)).body == b"there"
    assert hosts == ["127.0.0.1"] * 3
    site.route("/c", drip(b"x" * 9, seconds=0.1))
    with pytest.raises(TooSlow):
        await get(site.url("/a"), deadline=0.3)


async def test_the_gate_may_refuse(site: Site) -> None:
    async def gate(host: str) -> None:
        raise ScrapeError(f"{host} is paused")

    with pytest.raises(ScrapeError, match="is paused"):
        await get(site.url("/"), gate=gate)
    assert not site.seen


async def test_cancelling_is_passed_on(site: Site) -> None:
    asked = asyncio.Event()

    async def gate(host: str) -> None:
        asked.set()

    site.route("/", silent())
    task = asyncio.create_task(get(site.url("/"), gate=gate))
    await asked.wait()
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


# --- statuses that ask for patience

_NOW = datetime.now(UTC)


@pytest.mark.parametrize(
    ("status", "headers", "wait"),
    [
        (429, {}, 60),
        (429, {"Retry-After": "7"}, 7),
        (429, {"Retry-After": "0"}, 1),
        (429, {"Retry-After": "999999999"}, 86_400),
        (429, {"Retry-After": "soon"}, 60),
        (429, {"Retry-After": "-5"}, 60),
        (429, {"RateLimit": '"api";r=0;t=55', "Retry-After": "7"}, 55),
        (429, {"RateLimit": '"pages";r=3;t=9, "api"; r=0; t=120'}, 120),
        (429, {"RateLimit": '"api";r=10;t=55', "Retry-After": "7"}, 7),
        (429, {"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT", "Date": "Wed, 21 Oct 2026 07:26:30 GMT"}, 90),
        (429, {"Retry-After": "Wed, 21 Oct 1996 07:28:00 GMT"}, 1),
        (503, {"Retry-After": "120"}, 120),
    ],
)
async def test_rate_limits(status: int, headers: dict[str, str], wait: float) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(status, headers=headers))
    with pytest.raises(RateLimited, match=rf"^https://papers\.test asked for a pause .* {wait} s\.$") as caught:
        await get("https://papers.test/", transport=transport)
    assert (caught.value.retry_after, caught.value.sent) == (wait, False)


async def test_a_date_to_wait_for_without_a_clock_of_the_server() -> None:
    headers = {"Retry-After": format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)}
    transport = httpx.MockTransport(lambda request: httpx.Response(429, headers=headers))
    with pytest.raises(RateLimited) as caught:
        await get("https://papers.test/", transport=transport)
    assert 90 < caught.value.retry_after <= 100


@pytest.mark.parametrize("status", [500, 502, 503, 504, 520])
async def test_failures_of_the_server(site: Site, status: int) -> None:
    site.route("/", (status, {}, b"<h1>Oops</h1>"))
    with pytest.raises(BadStatus, match=f"failed with status {status}") as caught:
        await get(site.url("/"))
    assert (caught.value.status, caught.value.sent) == (status, None)


# --- addresses

PRIVATE = """
    127.0.0.1 127.1 127.255.255.254 0x7f.1 0x7f000001 2130706433 017700000001 0 0.0.0.0 10.0.0.1 172.16.0.1
    172.31.255.255 192.168.1.1 169.254.169.254 100.64.0.1 100.127.255.255 192.0.0.8 192.0.2.1 192.88.99.1 198.18.0.1
    198.51.100.1 203.0.113.9 224.0.0.1 239.1.2.3 240.0.0.1 255.255.255.255 localhost LOCALHOST localhost. a.localhost
    [::] [::1] [::ffff:127.0.0.1] [::ffff:7f00:1] [::ffff:10.0.0.1] [::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::808:808]
    [64:ff9b:1::a00:1] [2002:7f00:1::] [2002:808:808::] [2001::1] [2001:0:7f00:1::] [2001:db8::1] [3fff::1] [fc00::1]
    [fd12:3456::1] [fe80::1] [fec0::1] [ff02::1] [ff0e::1] [100::1] [5f00::1]
""".split()
PUBLIC = (
    "1.1.1.1 8.8.8.8 134744072 0x8.0x8.0x8.0x8 [2606:4700:4700::1111] [2001:4860:4860::8888] [::ffff:8.8.8.8]".split()
)


@pytest.mark.parametrize("host", PRIVATE)
async def test_private_addresses_are_refused_and_can_be_named(host: str) -> None:
    url = f"http://{host}/"
    with pytest.raises(Forbidden, match=r"private address.*network\.allow_private = \[\".+\"\] in paperwatch\.toml"):
        check_address(url)
    with pytest.raises(Forbidden, match="PAPERWATCH_NETWORK__ALLOW_PRIVATE='") as caught:
        await get(url, allow_private=frozenset())
    assert caught.value.sent is False
    check_address(url, frozenset({host.upper()}))
    check_address(f"http://{host}:8080/", frozenset({host}))


@pytest.mark.parametrize("host", [*PUBLIC, "arxiv.org", "xn--bcher-kva.example", "bücher.example", "a.b-c.example."])
def test_public_addresses_pass(host: str) -> None:
    check_address(f"https://{host}/hook?token=1")
    check_address(f"http://{host}:443/")


def test_one_address_can_be_named_by_any_spelling() -> None:
    for host in ("127.0.0.1", "127.1", "0x7f.1", "2130706433"):
        check_address(f"http://{host}:1/", frozenset({"2130706433"}))
    check_address("http://[0:0::1]/", frozenset({"[::1]"}))
    with pytest.raises(Forbidden):
        check_address("http://127.0.0.2/", LOOPBACK)
    with pytest.raises(Forbidden):
        check_address("http://localhost/", LOOPBACK)


BAD = [
    "", "arxiv.org", "//arxiv.org/", "/path", "http:", "http://", "http:///x", "http://:80/", "http://?x", "https://#x",
    "ftp://arxiv.org/", "file:///etc/passwd", "javascript:alert(1)", "gopher://arxiv.org/", "data:text/plain,x", "ws://a.org/",
    "http://user@arxiv.org/", "http://user:s3cret@arxiv.org/", "http://arxiv.org@127.0.0.1/", "http://good\\@arxiv.org/",
    "http://:s3cret@arxiv.org/", "http://arxiv.org:22/", "http://arxiv.org:8080/", "https://arxiv.org:99999/",
    "http://arxiv.org:0/", "http://arxiv.org:-1/", "http://arxiv.org:s3cret/", "http://arxiv.org:80:80/",
    "http://[::1/", "http://[zz]/", "http://[fe80::1%25eth0]/", "http://127.0.0.01/", "http://0177.0.0.1/",
    "http://1.2.3.4.5.6/\x00", "http://999.1.1.1/",
    "http://a\nb/", "http://a\x00b/", "http://\udc80/", "http://" + "a" * 300 + ".org/", "http://a/" + "b" * 70_000,
    "http://１２７.0.0.1/", "http://127。0。0。1/", " http://arxiv.org/", "http://-\u0378-/",
]  # fmt: skip


@pytest.mark.parametrize("url", BAD, ids=range(len(BAD)))
async def test_bad_addresses(url: str) -> None:
    with pytest.raises(Forbidden, match=r"^[A-Z[a-z0-9].{20,}\.$") as caught:
        check_address(url)
    assert SECRET not in str(caught.value)
    for refused in (get(url, allow_private=frozenset()), post(url, allow_private=frozenset())):
        with pytest.raises(Forbidden) as caught:
            await refused
        assert (caught.value.sent, SECRET in str(caught.value)) == (False, False)


@pytest.mark.parametrize(
    "host", ["ex ample.org", "a..b", "...", "xn--zzzzz.org", "a" * 64 + ".org", "%31.org", "*", "a_b"]
)
async def test_names_that_cannot_be_looked_up(host: str) -> None:
    async def resolve(host: str, port: int) -> list[str]:
        host.encode("idna")
        raise socket.gaierror("no such name")

    with pytest.raises((Unreachable, Forbidden)) as caught:
        await get(f"http://{host}/", resolve=resolve)
    assert caught.value.sent is False


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["8.8.8.8", "10.0.0.1"], ["::1"], ["8.8.8.8", "fe80::1%2"], ["64:ff9b::7f00:1"]]
)
async def test_names_need_public_addresses_only(found: list[str]) -> None:
    resolve = names({"papers.test": found})
    for request in (get("http://papers.test/", resolve=resolve), post("https://papers.test/", resolve=resolve)):
        with pytest.raises(Forbidden, match=r'papers\.test is at a private address.*\["papers\.test"\]') as caught:
            await request
        assert caught.value.sent is False


async def test_the_checked_address_is_the_one_that_is_used(site: Site) -> None:
    site.route("/a", (200, {}, b"there"))
    resolve = names({"papers.test": ["127.0.0.1"]})
    named = frozenset({"Papers.test"})
    answer = await get(site.url("/a", host="papers.test"), resolve=resolve, allow_private=named)
    assert (answer.url, answer.body) == (site.url("/a", host="papers.test"), b"there")
    assert site.seen[0].headers["host"] == f"papers.test:{site.port}"
    assert resolve.asked == ["papers.test"]  # type: ignore[attr-defined]


async def test_a_name_is_looked_up_anew_for_each_request(site: Site) -> None:
    site.route("/", (200, {}, b"there"))
    table = {"papers.test": ["127.0.0.1"]}
    async with fetcher(resolve=names(table), allow_private=frozenset({"papers.test"})) as web:
        await web.get(Request(site.url("/", host="papers.test")))
        table["papers.test"] = []
        with pytest.raises(Unreachable):
            await web.get(Request(site.url("/", host="papers.test")))


async def test_the_next_address_is_tried(site: Site) -> None:
    site.route("/", (200, {}, b"there"))
    resolve = names({"papers.test": ["127.0.0.2", "127.0.0.1"]})
    answer = await get(site.url("/", host="papers.test"), resolve=resolve, allow_private=frozenset({"papers.test"}))
    assert answer.body == b"there"


async def test_the_certificate_is_that_of_the_name(tmp_path: Path) -> None:
    resolve = names({"papers.test": ["127.0.0.1"], "other.test": ["127.0.0.1"]})
    named = frozenset({"papers.test", "other.test"})
    with Site(tls=certificate.server_side(tmp_path)) as site:
        site.route("/", (200, {}, b"there"))
        async with fetcher(resolve=resolve, allow_private=named, tls=certificate.client_side()) as web:
            assert (await web.get(Request(site.url("/", host="papers.test")))).body == b"there"
            with pytest.raises(Unreachable, match="certificate is not valid") as caught:
                await web.get(Request(site.url("/", host="other.test")))
        assert caught.value.sent is False
        with pytest.raises(Unreachable, match="certificate is not valid"):
            await get(site.url("/", host="papers.test"), resolve=resolve, allow_private=named)


async def test_the_systems_resolver() -> None:
    assert "127.0.0.1" in await addresses.resolve("localhost", 80)
    with pytest.raises(UnicodeError):
        await addresses.resolve("a" * 64 + ".org", 80)


# --- redirects


async def test_five_redirects_are_followed_and_no_more(site: Site) -> None:
    for hop in range(5):
        site.route(f"/{hop}", redirect(f"{hop + 1}", status=(301, 302, 303, 307, 308)[hop]))
    site.route("/5", (200, {}, b"there"))
    assert (await get(site.url("/0"))).body == b"there"
    site.route("/5", redirect("/6"))
    with pytest.raises(BadRedirect, match="more than 5 times"):
        await get(site.url("/0"))
    assert "/6" not in site.paths()


@pytest.mark.parametrize(
    "to",
    [
        "http://127.0.0.2:{port}/inner", "http://localhost:{port}/inner", "http://[::1]:{port}/inner",
        "http://169.254.169.254/latest/meta-data/", "//10.0.0.1/", "http://other.test:{port}/inner", "file:///etc/passwd",
        "http://inner.test/", "http://user:pw@127.0.0.1:{port}/inner", "http://[zz]/", "http://arxiv.org:6379/",
    ],
)  # fmt: skip
async def test_redirects_to_other_private_places_are_refused(site: Site, to: str) -> None:
    site.route("/", redirect(to.format(port=site.port)))
    resolve = names({"other.test": ["127.0.0.1"], "inner.test": ["127.0.0.1"]})
    with pytest.raises(Forbidden):
        await get(site.url("/"), resolve=resolve, allow_private=LOOPBACK | {"localhost", "other.test"})
    assert site.paths() == ["/"]


async def test_a_public_site_cannot_redirect_to_a_named_private_host() -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(302, headers={"Location": "http://127.0.0.1/"}))
    with pytest.raises(Forbidden, match=r"^https://papers\.test redirects to a private or unusable address: .*\.$"):
        await get("https://papers.test/", transport=transport)


# --- robots.txt

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


# --- POST


async def test_post_sends_body_and_headers_once(site: Site) -> None:
    site.route("/hook", (202, {}, b"taken"))
    headers = {"content-type": "application/json", "x-sig": "1", "accept-encoding": "br", "user-agent": "other"}
    answer = await post(site.url(f"/hook?{SECRET}"), b'{"a":1}', headers)
    assert (answer.status, answer.body) == (202, b"taken")
    assert SECRET not in repr(answer)
    (seen,) = site.seen
    assert (seen.method, seen.path, seen.body) == ("POST", f"/hook?{SECRET}", b'{"a":1}')
    assert (seen.headers["content-type"], seen.headers["content-length"], seen.headers["x-sig"]) == (
        "application/json",
        "7",
        "1",
    )
    assert seen.headers["user-agent"] == "Paperwatch/1.0 (tests)"


async def test_post_asks_the_gate_but_no_robots_and_follows_nothing(site: Site) -> None:
    hosts: list[str] = []

    async def gate(host: str) -> None:
        hosts.append(host)

    site.route("/hook", redirect("/elsewhere", status=307))
    assert (await post(site.url("/hook"), gate=gate, respect_robots=True)).status == 307
    assert (hosts, site.paths()) == (["127.0.0.1"], ["/hook"])


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}, b"x" * 9_000_000), endless(), cut(b"x", promised=9), drip(b"x" * 99), bomb(),
        (200, {"Content-Encoding": "br"}, b"x"), (200, {"Content-Encoding": "gzip"}, b"not packed"),
        raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz"),
    ],
    ids=range(8),
)  # fmt: skip
async def test_what_was_taken_stays_taken_whatever_the_answer_says_then(site: Site, answer: Answer) -> None:
    site.route("/", answer)
    got = await post(site.url("/"), deadline=1)
    assert got.status == 200
    assert len(got.body) <= 65536


async def _never(host: str, port: int) -> list[str]:
    await asyncio.sleep(60)
    return []


@pytest.mark.parametrize(
    ("answer", "error", "sent"),
    [
        (silent(), TooSlow, None),
        (raw(b""), Damaged, None),
        (raw(b"HTTP/1.1 2"), Damaged, None),
        ((500, {}, b""), BadStatus, None),
        ((429, {"Retry-After": "3"}, b""), RateLimited, False),
        ((503, {"Retry-After": "3"}, b""), RateLimited, False),
    ],
)
async def test_whether_a_post_was_sent(
    site: Site, answer: Answer, error: type[FetchError], sent: bool | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    site.route("/hook", answer)
    for slow in ({"deadline": 0.3}, {"timeout": 0.3}) if error is TooSlow else ({},):
        with pytest.raises(error, match=rf"http://127\.0\.0\.1:{site.port} ") as caught:
            await post(site.url(f"/hook/{SECRET}?t={SECRET}").replace("hook/", "hook?"), **slow)
        assert caught.value.sent is sent
        assert SECRET not in told(caught.value)
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("settings", "headers", "error"),
    [
        ({}, {}, Unreachable),
        ({"resolve": names({})}, {}, Unreachable),
        ({"resolve": names({"papers.test": []})}, {}, Unreachable),
        ({"resolve": _never, "deadline": 0.2}, {}, TooSlow),
        ({"allow_private": frozenset()}, {}, Forbidden),
        ({}, {"X-Sig": f"{SECRET}\r\nHost: x"}, FetchError),
        ({}, {"bad name": SECRET}, FetchError),
        ({}, {"X-Sig": f"{SECRET}\u4e00"}, FetchError),
    ],
)
async def test_what_was_certainly_not_sent(
    settings: dict[str, Any], headers: dict[str, str], error: type[FetchError]
) -> None:
    host = "papers.test" if "resolve" in settings else "127.0.0.1"
    settings = {"allow_private": frozenset({host})} | settings
    with pytest.raises(error) as caught:
        await post(f"http://{host}:{closed_port()}/{SECRET}", headers=headers, **settings)
    assert caught.value.sent is False
    assert SECRET not in told(caught.value)


async def test_a_bad_header_is_refused_before_anything_is_sent(site: Site) -> None:
    for headers in ({"X-Sig": "a\r\nHost: x"}, {"bad name": "x"}, {"X-Sig": "\u4e00"}):
        with pytest.raises(Forbidden, match="check its address and headers") as caught:
            await post(site.url("/"), headers=headers)
        assert caught.value.sent is False
    assert not site.seen


@pytest.mark.parametrize(
    "error", [httpx.ReadError, httpx.WriteError, httpx.ReadTimeout, httpx.RemoteProtocolError, OSError]
)
async def test_a_strange_network_is_a_fetch_error_too(error: type[Exception]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("https://papers.test/s3cret")

    with pytest.raises(FetchError, match=r"https://papers\.test") as caught:
        await post("https://papers.test/s3cret", transport=httpx.MockTransport(fail))
    assert caught.value.sent is None
    assert SECRET not in told(caught.value)


def test_the_loggers_that_write_addresses_are_silent() -> None:
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.DEBUG)
    fetcher()
    assert not logging.getLogger("httpx").isEnabledFor(logging.INFO)
    assert not logging.getLogger("httpcore.http11").isEnabledFor(logging.DEBUG)
    logging.getLogger("httpx").setLevel(logging.ERROR)
    fetcher()
    assert logging.getLogger("httpx").level == logging.ERROR
