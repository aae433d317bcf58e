"""robots.txt: what each site asks programs to leave alone (https://www.rfc-editor.org/rfc/rfc9309)."""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable
from typing import Protocol

import httpx
from protego import Protego

from scrapers.fetch.errors import RobotsDisallow
from scrapers.fetch.urls import place_of
from scrapers.request import Request, Response

_MAX_ROBOTS = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB are read, the rest may be left
_ROBOTS_LIFE = 24 * 3600.0  # RFC 9309, 2.4
_MOST_ROBOTS = 200


class Read(Protocol):
    """Fetches a page, of which at most `cap` bytes are kept."""

    def __call__(self, request: Request, *, cap: int) -> Awaitable[Response]: ...


class Robots:
    """What robots.txt of each site said, and until when (by `clock`) that is believed."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._rules: dict[str, tuple[Protego | None, float]] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def ask(self, url: httpx.URL, agent: str, read: Read) -> None:
        """Raise RobotsDisallow if the site does not want `agent` on that page; `read` gets what is not known yet."""
        place = place_of(url)
        async with self._locks[place]:
            rules, end = self._rules.get(place, (None, 0.0))
            if rules is None or end <= self._clock():
                answer = await read(Request(f"{place}/robots.txt"), cap=_MAX_ROBOTS)
                text = answer.body.decode("utf-8-sig", "replace") if answer.status == 200 else ""
                rules = Protego.parse(text)
                if len(self._rules) >= _MOST_ROBOTS:
                    self._rules.clear()
                self._rules[place] = rules, self._clock() + _ROBOTS_LIFE
        if not rules.can_fetch(str(url), agent.partition("/")[0]):
            raise RobotsDisallow(f"{place}/robots.txt forbids this page to programs: use another source.", sent=False)
