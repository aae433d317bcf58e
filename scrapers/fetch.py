"""HTTP for everything that reads or tells the web: the only module that imports httpx.

httpx's transport is used without its client: the client keeps cookies, reads netrc and the proxy variables, follows
redirects unasked and logs whole addresses. Each request has its own connection, so an address is checked whenever it
is used, and a POST never fails because an idle connection had been closed by the other side.
"""

import asyncio
import logging
import re
import ssl
import time
import zlib
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from types import TracebackType
from typing import Any, Self, cast

import httpx
from protego import Protego

from scrapers import addresses
from scrapers.request import Request, Response, ScrapeError

MAX_REDIRECTS = 5  # as many as RFC 9309 asks for; browsers follow 20
MAX_ANSWER = 64 * 1024  # what is kept of the answer to a POST
MAX_ROBOTS = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB are read, the rest may be left
ROBOTS_LIFE = 24 * 3600.0  # RFC 9309, 2.4
_PIECE = 64 * 1024
_TRIED_ADDRESSES = 4
_CONNECT = 10.0  # seconds for one of them: a broken IPv6 route must leave time for IPv4
_MOST_ROBOTS = 200
_DEFAULT_WAIT, _LONGEST_WAIT = 60.0, 24 * 3600.0

Gate = Callable[[str], Awaitable[None]]
Resolve = Callable[[str, int], Awaitable[list[str]]]


class FetchError(ScrapeError):
    """An exchange that failed. `sent` is False if the request certainly did not arrive, None if that is unknown.

    The sentence names scheme and host only: paths, queries and user names of webhooks and feeds hold secrets.
    """

    def __init__(self, sentence: str, *, sent: bool | None = None) -> None:
        super().__init__(sentence)
        self.sent = sent


class Unreachable(FetchError):
    """No name, no connection, no valid certificate, or the connection broke."""


class TooSlow(FetchError):
    """Nothing came within the timeout, or not everything within the deadline."""


class TooLarge(FetchError):
    """The body, unpacked, is larger than the cap."""


class Damaged(FetchError):
    """The answer breaks HTTP's rules: cut off, badly packed, or packed in a way that was not asked for."""


class BadRedirect(FetchError):
    """Too many redirects."""


class Forbidden(FetchError):
    """The address may not be spoken to, or is no address. Nothing was sent to it."""


class RobotsDisallow(FetchError):
    """The site's robots.txt asks programs like this one to stay away from that page."""


class BadStatus(FetchError):
    """The site answered 5xx; `status` says which."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence, sent=None)
        self.status = status


class RateLimited(FetchError):
    """The site asked for a pause of `retry_after` seconds (1 s to a day). It did not take the request."""

    def __init__(self, sentence: str, retry_after: float) -> None:
        super().__init__(sentence, sent=False)
        self.retry_after = retry_after


def check_address(url: str, allow_private: frozenset[str] = frozenset()) -> None:
    """Refuse an address that could never be used, without asking the name server.

    Raises Forbidden for what is no http(s) address, holds a user name, uses a port other than 80 and 443, or spells a
    private IP address, unless `allow_private` holds its host. Whether a name leads to a private address shows later.
    """
    _checked(url, allow_private)


class Fetcher:
    """GET and POST with caps on size, time and addresses; an asynchronous context manager.

    user_agent     what to say one is; its first word up to "/" is the name that robots.txt may use
    timeout        seconds without a byte; deadline: seconds for a whole request with its redirects (gate not counted)
    max_bytes      of the unpacked body
    allow_private  host names and IP addresses that may be private and use any port
    gate           awaited with the host before each exchange (redirects and robots.txt too); it sleeps or raises
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
        self._allow_private, self._gate, self._clock = allow_private, gate, clock
        self._transport = transport or _CheckedTransport(resolve, tls)
        self._robots = _Robots() if respect_robots else None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._transport.aclose()

    async def get(self, request: Request, *, etag: str | None = None, last_modified: str | None = None) -> Response:
        """Fetch one page, following up to 5 redirects; each is checked as the first address was.

        Gives 2xx, 4xx and, if `etag` or `last_modified` of an earlier answer was passed, 304 with an empty body.
        Raises RateLimited for 429 (and 503 that names a time), BadStatus for 5xx, and the other FetchErrors.
        """
        headers = {"Accept": request.accept}
        headers |= {"If-None-Match": etag} if etag else {}
        headers |= {"If-Modified-Since": last_modified} if last_modified else {}
        return await self._follow(request, headers, self._allow_private, self._robots)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send `body` once; no redirect is followed. The status decides: a broken or endless answer counts as empty.

        Gives 2xx, 3xx and 4xx with at most 64 KiB of the answer; `url` and `request` name only scheme and host.
        Raises as `get` does; `sent` of the error says whether the request can have arrived.
        """
        target, budget = _checked(url, self._allow_private), _Budget(self._deadline)
        place, text = _place(target), b""
        async with self._exchange("POST", target, headers, self._allow_private, budget, body) as answer:
            with suppress(FetchError, httpx.HTTPError, zlib.error, OSError, ValueError):
                async with asyncio.timeout(budget.left()):
                    text = await _body(answer, MAX_ANSWER, place, cut=True)
            return _response(Request(place), place, answer, text)

    async def _follow(
        self,
        request: Request,
        headers: dict[str, str],
        allowed: frozenset[str],
        robots: "_Robots | None" = None,
        cap: int | None = None,
    ) -> Response:
        """GET with redirects. `cap` cuts the body there; without it a body over `max_bytes` is an error."""
        url, budget, by = _checked(request.url, allowed), _Budget(self._deadline), ""
        # A redirect may lead on to any public host; of the private ones only back to the one that was asked for.
        allowed = frozenset({_host(url)}) if addresses.is_named(_host(url), allowed) else frozenset()
        for _ in range(MAX_REDIRECTS + 1):
            with _redirected(by):
                if robots:
                    await budget.pause(self._ask_robots(robots, url, allowed))
                async with self._exchange("GET", url, headers, allowed, budget) as answer:
                    if not answer.has_redirect_location:
                        async with asyncio.timeout(budget.left()):
                            body = await _body(answer, cap or self._max_bytes, _place(url), cut=cap is not None)
                        return _response(request, str(url), answer, body)
            by = _place(url)
            with _redirected(by):
                url = _checked(answer.headers["location"], allowed, base=url)
        raise BadRedirect(f"{by} redirects more than {MAX_REDIRECTS} times: check the address.")

    async def _ask_robots(self, robots: "_Robots", url: httpx.URL, allowed: frozenset[str]) -> None:
        place = _place(url)
        async with robots.locks[place]:
            rules, end = robots.rules.get(place, (None, 0.0))
            if rules is None or end <= self._clock():
                answer = await self._follow(Request(f"{place}/robots.txt"), {}, allowed, cap=MAX_ROBOTS)
                text = answer.body.decode("utf-8-sig", "replace") if answer.status == 200 else ""
                rules = Protego.parse(text)
                if len(robots.rules) >= _MOST_ROBOTS:
                    robots.rules.clear()
                robots.rules[place] = rules, self._clock() + ROBOTS_LIFE
        if not rules.can_fetch(str(url), self._agent.partition("/")[0]):
            raise RobotsDisallow(f"{place}/robots.txt forbids this page to programs: use another source.", sent=False)

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
        if self._gate:
            await budget.pause(self._gate(_host(url)))
        place, sending = _place(url), _Sending()
        limits = httpx.Timeout(self._timeout, connect=min(self._timeout, _CONNECT)).as_dict()
        extensions = {"timeout": limits, "trace": sending.trace, "allowed": allowed}
        with _translated(place, sending):
            given = httpx.Headers(headers)
            given["User-Agent"] = self._agent
            given["Accept-Encoding"] = "gzip" if content is None else "identity"
            request = httpx.Request(method, url, headers=given, content=content, extensions=extensions)
            sending.begun = not isinstance(self._transport, _CheckedTransport)  # another one may tell no traces
            async with asyncio.timeout(budget.left()):
                answer = await self._transport.handle_async_request(request)
            try:
                _refuse_status(place, answer)
                yield answer
            finally:
                await answer.aclose()


class _CheckedTransport(httpx.AsyncBaseTransport):
    """Resolves a name once, refuses it unless every address may be used, and connects to just these addresses."""

    def __init__(self, resolve: Resolve, tls: ssl.SSLContext | None) -> None:
        self._resolve, self._tls = resolve, tls

    @cached_property
    def _inner(self) -> httpx.AsyncHTTPTransport:
        once = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        return httpx.AsyncHTTPTransport(verify=self._tls or True, trust_env=False, limits=once)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url, failed = request.url, cast(httpx.TransportError, httpx.ConnectError(""))
        request.extensions = dict(request.extensions) | {"sni_hostname": addresses.normal(_host(url))}
        for address in (await self._addresses(url, request.extensions["allowed"]))[:_TRIED_ADDRESSES]:
            request.url = url.copy_with(host=address)  # the Host header was made from the name, and stays
            try:
                return await self._inner.handle_async_request(request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _addresses(self, url: httpx.URL, allowed: frozenset[str]) -> list[str]:
        host, found = _host(url), list[str]()
        if literal := addresses.literal(host):
            found = [str(literal)]
        else:
            with suppress(OSError, UnicodeError):
                found = await self._resolve(host, url.port or addresses.PORTS[url.scheme])
        if not found:
            raise Unreachable(f"{host} has no address: check the name and this machine's network.", sent=False)
        if not addresses.may_use(host, found, allowed):
            raise Forbidden(addresses.private_host(host), sent=False)
        return found

    async def aclose(self) -> None:
        if "_inner" in self.__dict__:  # reading certificates takes 20 ms: not for closing
            await self._inner.aclose()


@dataclass
class _Robots:
    """What robots.txt of each site said, and until when that is believed."""

    rules: dict[str, tuple[Protego | None, float]] = field(default_factory=dict)
    locks: defaultdict[str, asyncio.Lock] = field(default_factory=lambda: defaultdict(asyncio.Lock))


@dataclass
class _Sending:
    """Whether the first byte of a request has gone out, as httpcore's trace extension tells it."""

    begun: bool = False

    def sent(self) -> bool | None:
        return None if self.begun else False

    async def trace(self, event: str, _: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.begun = True


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


class _Gunzip:
    """Unpacks one gzip member in pieces of 64 KiB, so that a bomb never gets larger than the cap plus one piece."""

    def __init__(self) -> None:
        self._unpacker = zlib.decompressobj(wbits=31)
        self._begun = False

    def feed(self, raw: bytes) -> Iterator[bytes]:
        self._begun = True
        while raw:
            if self._unpacker.eof:
                raise zlib.error("more follows after the end")
            yield self._unpacker.decompress(raw, _PIECE)
            raw = self._unpacker.unconsumed_tail or self._unpacker.unused_data

    def finish(self) -> None:
        if self._begun and not self._unpacker.eof:
            raise zlib.error("cut off")


async def _body(answer: httpx.Response, cap: int, place: str, *, cut: bool) -> bytes:
    length = answer.headers.get("content-length", "")
    encoding = answer.headers.get("content-encoding", "identity").strip().lower()
    if answer.status_code == 304:
        return b""
    if not cut and length.isdecimal() and int(length) > cap:
        raise _too_large(place, cap)
    if encoding not in ("identity", "", "gzip", "x-gzip"):
        raise Damaged(f"{place} packed its answer as {encoding[:40]!r}, which was not asked for: report it.")
    body, raw_size, gunzip = bytearray(), 0, _Gunzip() if "gzip" in encoding else None
    assert isinstance(answer.stream, httpx.AsyncByteStream)
    async for raw in answer.stream:
        raw_size += len(raw)
        for piece in gunzip.feed(raw) if gunzip else (raw,):
            body += piece
            # A packed stream that never yields anything is endless too, hence the second sum.
            if max(len(body), raw_size - _PIECE) > cap:
                if cut:
                    return bytes(body[:cap])
                raise _too_large(place, cap)
    if gunzip:
        gunzip.finish()
    return bytes(body)


def _too_large(place: str, cap: int) -> TooLarge:
    return TooLarge(f"{place} answered with more than {cap:,} bytes: this is not the page that was asked for.")


def _refuse_status(place: str, answer: httpx.Response) -> None:
    status, wait = answer.status_code, _asked_wait(answer.headers)
    if status == 429 or (status == 503 and wait is not None):
        wait = min(max(_DEFAULT_WAIT if wait is None else wait, 1.0), _LONGEST_WAIT)
        raise RateLimited(f"{place} asked for a pause ({status}): ask again in {wait:.0f} s.", wait)
    if status >= 500:
        raise BadStatus(f"{place} failed with status {status}: try again later.", status)


def _asked_wait(headers: httpx.Headers) -> float | None:
    """Seconds to wait: from Hugging Face's `RateLimit: "api";r=0;t=55`, else from Retry-After; None if neither says.

    https://huggingface.co/docs/hub/rate-limits and https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    spent = re.findall(r"r\s*=\s*0\s*;\s*t\s*=\s*(\d{1,9})", headers.get("ratelimit", ""))
    if spent:
        return float(max(map(int, spent)))
    after = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", after, re.ASCII):
        return float(after)
    then, now = _http_date(after), _http_date(headers.get("date", "")) or datetime.now(UTC)
    return (then - now).total_seconds() if then else None


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@contextmanager
def _translated(place: str, sending: _Sending) -> Iterator[None]:
    """Turn what goes wrong in an exchange into a FetchError. No cause is chained: its text may hold the address."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unreachable(f"{place} cannot be reached{_reason(error)}: try again later.", sent=False) from None
    except (TimeoutError, httpx.TimeoutException):
        raise TooSlow(f"{place} did not answer in time: try again later.", sent=sending.sent()) from None
    except zlib.error:
        raise Damaged(f"{place} sent a badly packed or cut off answer: try again later.", sent=sending.sent()) from None
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise _unwritable(place) from None
    except (httpx.RemoteProtocolError, httpx.DecodingError, ValueError):
        if not sending.begun:
            raise _unwritable(place) from None
        text = f"{place} cut the connection or broke the rules of HTTP: try again later."
        raise Damaged(text, sent=None) from None
    except (httpx.HTTPError, httpx.StreamError, OSError):
        raise Unreachable(f"The connection to {place} broke: try again later.", sent=sending.sent()) from None


def _unwritable(place: str) -> Forbidden:
    return Forbidden(f"The request to {place} cannot be written down: check its address and headers.", sent=False)


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


def _reason(error: Exception) -> str:
    return " (its certificate is not valid)" if "CERTIFICATE_VERIFY" in str(error) else ""


def _checked(url: str, allowed: frozenset[str], base: httpx.URL | None = None) -> httpx.URL:
    """The address, parsed, if it may be used. `base` is the page that redirects to it. Raises Forbidden."""
    parsed, reason = httpx.URL(), cast(str | None, "The address is not valid: write it as https://host/path.")
    with suppress(httpx.InvalidURL, ValueError, TypeError):
        parsed = base.join(url) if base else httpx.URL(url)
        reason = addresses.refusal(parsed.scheme, parsed.userinfo, _host(parsed), parsed.port, allowed)
    if reason:
        raise Forbidden(reason, sent=False)
    return parsed.copy_with(fragment=None)


def _host(url: httpx.URL) -> str:
    return url.raw_host.decode("ascii")


def _place(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _response(request: Request, url: str, answer: httpx.Response, body: bytes) -> Response:
    return Response(request, url, answer.status_code, body, dict(answer.headers))


def _silence_loggers() -> None:
    for name in ("httpx", "httpcore"):  # they write whole addresses, with their secrets
        logger = logging.getLogger(name)
        logger.setLevel(max(logger.level, logging.WARNING))
