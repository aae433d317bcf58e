"""How the tests fetch: with short times, and from this machine."""

import socket
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from scrapers.fetch import Fetcher
from scrapers.request import Request, Response

LOOPBACK = frozenset({"127.0.0.1"})
SECRET = "s3cret"


def fetcher(**settings: Any) -> Fetcher:
    plain = {"user_agent": "Paperwatch/1.0 (tests)", "timeout": 5, "deadline": 10, "allow_private": LOOPBACK}
    return Fetcher(**(plain | settings))


async def get(url: str, etag: str | None = None, last_modified: str | None = None, **settings: Any) -> Response:
    async with fetcher(**settings) as web:
        return await web.get(Request(url, etag=etag, last_modified=last_modified))


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
