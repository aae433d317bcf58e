"""The gate before every request: one connection at a time to each host, with its gap, over all processes.

arXiv's terms ask for one connection over all of one's machines (https://info.arxiv.org/help/api/tou.html).
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from bot.store import pace
from bot.store.engine import Clock, Engine, current_time, writing
from scrapers.fetch import RateLimited

# A host that asks for a longer pause is not waited for: whoever waits holds a claim.
PATIENCE = timedelta(minutes=5)
MARGIN = 5.0  # seconds between the deadline of an exchange and the next one, where a process died in it
_LOOK_AGAIN = 1.0  # seconds, while another process talks to the host

Sleep = Callable[[float], Awaitable[None]]


class Gate:
    """Lets one request to a host through at a time: `async with gate(host)`.

    gaps      seconds from an answer to the next request, by host; `gap` for all others, and 0 for `free` ones. (From
              request to request it would be less for the host, which sees a request when its connection is made.)
    longest   how long an exchange can take: so long a process that dies in one keeps the host from the others
    engine    where all processes see whose turn it is; None: this process is alone

    A host that answers with 429 is left alone, by all processes, for as long as it asked. Raises RateLimited where that
    is longer than `PATIENCE`.
    """

    def __init__(
        self,
        engine: Engine | None,
        *,
        gap: float,
        gaps: Mapping[str, float],
        free: frozenset[str] = frozenset(),
        longest: float = 60.0,
        clock: Clock | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._engine, self._clock, self._sleep = engine, clock, sleep
        self._gap, self._gaps, self._free, self._longest = gap, gaps, free, timedelta(seconds=longest + MARGIN)
        self._next = dict[str, datetime]()

    @asynccontextmanager
    async def __call__(self, host: str) -> AsyncIterator[None]:
        gap = self._gaps.get(host, 0 if host in self._free else self._gap)
        if not gap:
            yield
            return
        until, pause = await self._enter(host), gap
        try:
            yield
        except RateLimited as limited:
            pause = max(gap, limited.retry_after)
            raise
        finally:
            await asyncio.to_thread(self._leave, host, until, timedelta(seconds=pause))

    async def _enter(self, host: str) -> datetime:
        """Wait for the host's turn, and take it; until when it is this process's."""
        while True:
            now, free_at = await asyncio.to_thread(self._take, host)
            if free_at <= now:
                return now + self._longest
            if free_at - now > max(PATIENCE, 2 * self._longest):
                wait = (free_at - now).total_seconds()
                raise RateLimited(f"{host} asked for a pause until {free_at:%Y-%m-%d %H:%M} UTC", wait)
            await self._sleep(min((free_at - now).total_seconds(), _LOOK_AGAIN))

    def _take(self, host: str) -> tuple[datetime, datetime]:
        """Now, and when the host is free; if that is now, it is this request's."""
        if self._engine is None:
            now = self._clock() if self._clock else datetime.now(UTC)
            free_at = self._next.get(host, now)
            if free_at <= now:
                self._next[host] = now + self._longest
            return now, free_at
        with writing(self._engine) as session:
            now = current_time(session, self._clock)
            return now, pace.enter_host(session, host, now, now + self._longest)

    def _leave(self, host: str, until: datetime, pause: timedelta) -> None:
        if self._engine is None:
            now = self._clock() if self._clock else datetime.now(UTC)
            self._next[host] = now + pause
            return
        with writing(self._engine) as session:
            pace.leave_host(session, host, until, current_time(session, self._clock) + pause)
