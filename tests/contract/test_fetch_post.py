"""What the fetcher promises of a POST: it is sent once, and it is known whether it was."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from farside.fetching import SECRET, closed_port, fetcher, names, post, told
from farside.site import Answer, Site, bomb, cut, drip, endless, raw, redirect, silent

from scrapers.fetch import BadStatus, Damaged, FetchError, Forbidden, RateLimited, TooSlow, Unreachable


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

    @asynccontextmanager
    async def gate(host: str) -> AsyncIterator[None]:
        hosts.append(host)
        yield

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
