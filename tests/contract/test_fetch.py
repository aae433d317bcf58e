"""What the fetcher promises, against a real server on 127.0.0.1 that keeps none of the rules: answers, bodies, time."""

import asyncio
import time
import tracemalloc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from farside.fetching import closed_port, fetcher, get
from farside.site import Answer, Site, bomb, cut, drip, endless, raw, redirect, silent, zipped

from scrapers.fetch import BadStatus, Damaged, RateLimited, TooLarge, TooSlow
from scrapers.request import Request, ScrapeError

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

    @asynccontextmanager
    async def gate(host: str) -> AsyncIterator[None]:
        hosts.append(host)
        await asyncio.sleep(0.3)
        yield

    site.route("/a", redirect("/b"))
    site.route("/b", redirect("/c"))
    site.route("/c", (200, {}, b"there"))
    assert (await get(site.url("/a"), gate=gate, deadline=0.8)).body == b"there"
    assert hosts == ["127.0.0.1"] * 3
    site.route("/c", drip(b"x" * 9, seconds=0.1))
    with pytest.raises(TooSlow):
        await get(site.url("/a"), deadline=0.3)


async def test_the_gate_may_refuse(site: Site) -> None:
    @asynccontextmanager
    async def gate(host: str) -> AsyncIterator[None]:
        raise ScrapeError(f"{host} is paused")
        yield

    with pytest.raises(ScrapeError, match="is paused"):
        await get(site.url("/"), gate=gate)
    assert not site.seen


async def test_cancelling_is_passed_on(site: Site) -> None:
    asked = asyncio.Event()

    @asynccontextmanager
    async def gate(host: str) -> AsyncIterator[None]:
        asked.set()
        yield

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
