"""A web that is not there: hosts that answer by a clock, keep a log, and go wrong for a time as they are told to."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

import httpx

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Asked:
    """One GET as a site sees it. `transport` and `part` are what the site takes it for."""

    host: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    transport: str = ""
    part: str = ""


@dataclass(frozen=True)
class Answer:
    """What a site answers."""

    body: str
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Logged:
    """One request: when it came, for what, and with which status it was answered."""

    at: datetime
    host: str
    path: str  # with its query
    status: int
    transport: str = ""
    part: str = ""


@dataclass(frozen=True)
class Fault:
    """What goes wrong: `shown` changes what a list is about to show (a site's own value), `answered` the answer."""

    shown: Callable[[Any, Any], Any] | None = None
    answered: Callable[[Asked, Answer], Answer] | None = None


@dataclass(frozen=True)
class Trouble:
    """A fault, when it is there, and for which requests; nothing named means all of them."""

    fault: Fault
    begin: datetime
    end: datetime
    part: str | None
    transports: Collection[str]
    hosts: Collection[str]

    def hits(self, asked: Asked, now: datetime) -> bool:
        return (
            self.begin <= now < self.end
            and self.part in (None, asked.part)
            and (not self.transports or asked.transport in self.transports)
            and (not self.hosts or asked.host in self.hosts)
        )


class FakeSite(httpx.AsyncBaseTransport):
    """Some hosts of the web; subclasses say what they answer."""

    hosts: Collection[str] = ()

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.log: list[Logged] = []
        self._troubles: list[Trouble] = []

    def during(
        self,
        begin: datetime,
        end: datetime,
        fault: Fault,
        *,
        part: str | None = None,
        transports: Collection[str] = (),
        hosts: Collection[str] = (),
    ) -> None:
        """Let this go wrong from `begin` until `end`, for this part, these transports and these hosts only."""
        self._troubles.append(Trouble(fault, begin, end, part, transports, hosts))

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self._troubles.clear()

    def faults(self, asked: Asked) -> list[Fault]:
        """What goes wrong now for this request."""
        return [one.fault for one in self._troubles if one.hits(asked, self.clock())]

    def understood(self, host: str, path: str, query: Mapping[str, str]) -> Asked:
        """The request, with the transport and the part that it is for."""
        return Asked(host, path, query)

    def answer(self, asked: Asked) -> Answer:
        raise NotImplementedError

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        url, now = request.url, self.clock()
        query = dict(parse_qsl(url.query.decode(), keep_blank_values=True))
        asked = self.understood(url.host, url.path, query)
        answer = self.answer(asked)
        for fault in self.faults(asked):
            answer = fault.answered(asked, answer) if fault.answered else answer
        path = url.raw_path.decode()
        self.log.append(Logged(now, url.host, path, answer.status, asked.transport, asked.part))
        return httpx.Response(answer.status, headers=dict(answer.headers), content=answer.body.encode())


class Together(httpx.AsyncBaseTransport):
    """Several sites as one web; a host of none of them cannot be reached."""

    def __init__(self, *sites: FakeSite) -> None:
        self.sites = sites

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        for site in self.sites:
            if request.url.host in site.hosts:
                return await site.handle_async_request(request)
        raise httpx.ConnectError(f"no route to {request.url.host}")

    @property
    def log(self) -> list[Logged]:
        """The requests to all of them, in their order."""
        return sorted((one for site in self.sites for one in site.log), key=lambda one: one.at)


def gaps_kept(log: Iterable[Logged], gaps: Mapping[str, float]) -> list[tuple[Logged, Logged]]:
    """The pairs of requests to one host that are closer than its gap in seconds; none where all gaps were kept."""
    by_host: dict[str, list[Logged]] = {}
    for one in sorted(log, key=lambda one: one.at):
        by_host.setdefault(one.host, []).append(one)
    return [
        (one, other)
        for host, gap in gaps.items()
        for one, other in pairwise(by_host.get(host, []))
        if other.at - one.at < timedelta(seconds=gap)
    ]


def status(code: int, body: str = "", *, retry_after: float | str | None = None) -> Fault:
    """The site answers with this status, and may say when to come back."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Fault(answered=lambda _, __: Answer(body, code, headers))


def error_page(body: str = "<html><body><h1>We are down for maintenance</h1></body></html>") -> Fault:
    """A page that says that something is wrong, with status 200."""
    return status(200, body)


def cut() -> Fault:
    """The second half of the body is missing."""
    return Fault(answered=lambda _, answer: Answer(answer.body[: len(answer.body) // 2], answer.status))
