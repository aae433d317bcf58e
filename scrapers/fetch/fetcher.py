"""The fetcher: GET with redirects and POST, within their caps and deadlines, one exchange after the other."""

import asyncio
import logging
import ssl
import time
import zlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, contextmanager, suppress
from functools import partial
from types import TracebackType
from typing import Self

import httpx

from scrapers import addresses
from scrapers.fetch.body import read_body
from scrapers.fetch.errors import BadRedirect, FetchError, Forbidden
from scrapers.fetch.exchange import Sending, translated
from scrapers.fetch.robots import Robots
from scrapers.fetch.status import refuse_status
from scrapers.fetch.transport import CheckedTransport, Resolve
from scrapers.fetch.urls import checked, host_of, place_of
from scrapers.request import Request, Response

_MAX_REDIRECTS = 5  # as many as RFC 9309 asks for; browsers follow 20
_MAX_ANSWER = 64 * 1024  # what is kept of the answer to a POST
_CONNECT = 10.0  # seconds for one address of a host: a broken IPv6 route must leave time for IPv4

Gate = Callable[[str], AbstractAsyncContextManager[None]]


class Fetcher:
    """GET and POST with caps on size, time and addresses; an asynchronous context manager.

    user_agent     what to say one is; its first word up to "/" is the name that robots.txt may use
    timeout        seconds without a byte; deadline: seconds for a whole request with its redirects (gate not counted)
    max_bytes      of the unpacked body
    allow_private  host names and IP addresses that may be private and use any port
    gate           entered with the host for each exchange (redirects and robots.txt too); it sleeps or raises
    respect_robots read /robots.txt once per site and day (https://www.rfc-editor.org/rfc/rfc9309). 4xx: all is
                   allowed. 5xx or no answer: that failure is raised, since the RFC forbids to go on, and asked again
                   at the next request
    transport      stands for the network in tests; resolve, tls, clock: name server, certificates and monotonic clock
    """

    def __init__(
        self,
        *,
        user_agent: str,
        timeout: float = 20.0,
        deadline: float = 60.0,
        max_bytes: int = 20_000_000,
        allow_private: frozenset[str] = frozenset(),
        gate: Gate | None = None,
        respect_robots: bool = False,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve = addresses.resolve,
        tls: ssl.SSLContext | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        _silence_loggers()
        self._agent = user_agent.encode("ascii", "replace").decode()  # a contact's name may not stop every request
        self._timeout, self._deadline, self._max_bytes = timeout, deadline, max_bytes
        self._allow_private, self._gate = allow_private, gate
        self._transport = transport or CheckedTransport(resolve, tls)
        self._robots = Robots(clock) if respect_robots else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def get(self, request: Request) -> Response:
        """Fetch one page, following up to 5 redirects; each is checked as the first address was.

        Gives 2xx, 4xx and, if the request has `etag` or `last_modified` of an earlier answer, 304 with an empty body.
        Raises RateLimited for 429 (and 503 that names a time), BadStatus for 5xx, and the other FetchErrors.
        """
        headers = {"Accept": request.accept}
        headers |= {"If-None-Match": request.etag} if request.etag else {}
        headers |= {"If-Modified-Since": request.last_modified} if request.last_modified else {}
        return await self._follow(request, headers, self._allow_private, self._robots)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send `body` once; no redirect is followed. The status decides: a broken or endless answer counts as empty.

        Gives 2xx, 3xx and 4xx with at most 64 KiB of the answer; `url` and `request` name only scheme and host.
        Raises as `get` does; `sent` of the error says whether the request can have arrived.
        """
        target, budget = checked(url, self._allow_private), _Budget(self._deadline)
        place, text = place_of(target), b""
        async with self._exchange("POST", target, headers, self._allow_private, budget, body) as answer:
            with suppress(FetchError, httpx.HTTPError, zlib.error, OSError, ValueError):
                async with asyncio.timeout(budget.left()):
                    text = await read_body(answer, _MAX_ANSWER, place, cut=True)
            return _response(Request(place), place, answer, text)

    async def _follow(
        self,
        request: Request,
        headers: dict[str, str],
        allowed: frozenset[str],
        robots: Robots | None = None,
        cap: int | None = None,
    ) -> Response:
        """GET with redirects. `cap` cuts the body there; without it a body over `max_bytes` is an error."""
        url, budget, by = checked(request.url, allowed), _Budget(self._deadline), ""
        first = url
        # A redirect may lead on to any public host; of the private ones only back to the one that was asked for.
        allowed = frozenset({host_of(url)}) if addresses.is_named(host_of(url), allowed) else frozenset()
        for _ in range(_MAX_REDIRECTS + 1):
            with _redirected(by):
                if robots:
                    read = partial(self._follow, headers={}, allowed=allowed)
                    await budget.pause(robots.ask(url, self._agent, read))
                own = dict(request.headers) if place_of(url) == place_of(first) else {}
                async with self._exchange("GET", url, headers | own, allowed, budget) as answer:
                    if not answer.has_redirect_location:
                        async with asyncio.timeout(budget.left()):
                            body = await read_body(answer, cap or self._max_bytes, place_of(url), cut=cap is not None)
                        return _response(request, str(url), answer, body)
            by = place_of(url)
            with _redirected(by):
                url = checked(answer.headers["location"], allowed, base=url)
        raise BadRedirect(f"{by} redirects more than {_MAX_REDIRECTS} times: check the address.")

    @asynccontextmanager
    async def _exchange(
        self,
        method: str,
        url: httpx.URL,
        headers: Mapping[str, str],
        allowed: frozenset[str],
        budget: "_Budget",
        content: bytes | None = None,
    ) -> AsyncIterator[httpx.Response]:
        """One request and the head of its answer, which is closed at the end; every failure becomes a FetchError."""
        place, sending = place_of(url), Sending()
        limits = httpx.Timeout(self._timeout, connect=min(self._timeout, _CONNECT)).as_dict()
        extensions = {"timeout": limits, "trace": sending.trace, "allowed": allowed}
        async with AsyncExitStack() as held:
            if self._gate:
                await budget.pause(held.enter_async_context(self._gate(host_of(url))))
            held.enter_context(translated(place, sending))
            given = httpx.Headers(headers)
            given["User-Agent"] = self._agent
            given["Accept-Encoding"] = "gzip" if content is None else "identity"
            request = httpx.Request(method, url, headers=given, content=content, extensions=extensions)
            sending.begun = not isinstance(self._transport, CheckedTransport)  # another one may tell no traces
            async with asyncio.timeout(budget.left()):
                answer = await self._transport.handle_async_request(request)
            try:
                refuse_status(place, answer)
                yield answer
            finally:
                await answer.aclose()


class _Budget:
    """The time that one request with its redirects may still take."""

    def __init__(self, seconds: float) -> None:
        self._now = asyncio.get_running_loop().time
        self._end = self._now() + seconds

    def left(self) -> float:
        return self._end - self._now()

    async def pause(self, waiting: Awaitable[None]) -> None:
        """Await what does not count: the gate's politeness is no slowness of the site."""
        begun = self._now()
        await waiting
        self._end += self._now() - begun


@contextmanager
def _redirected(by: str) -> Iterator[None]:
    """Say who redirected to a forbidden address; to allow that address, as its own refusal advises, would not help."""
    try:
        yield
    except Forbidden as refused:
        if not by:
            raise
        text = f"{by} redirects to a private or unusable address: if you trust that one, ask for it directly."
        raise Forbidden(text, sent=refused.sent) from None


def _response(request: Request, url: str, answer: httpx.Response, body: bytes) -> Response:
    return Response(request, url, answer.status_code, body, dict(answer.headers))


def _silence_loggers() -> None:
    for name in ("httpx", "httpcore"):  # they write whole addresses, with their secrets
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
