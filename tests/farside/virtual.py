"""Virtual time: an event loop whose clock stands while anything works, and jumps where everything waits."""

import asyncio
import selectors
from collections.abc import Callable, Coroutine
from datetime import datetime, timedelta
from typing import Any

TURN = 1e-6  # seconds that a turn of the loop takes: who waits for less than the clock can tell would wait for ever


class VirtualLoop(asyncio.SelectorEventLoop):
    """An event loop that begins at 0 s. All that waits for its clock (`asyncio.sleep`, `asyncio.timeout`, libraries)
    has waited as soon as no task is ready and no thread of `asyncio.to_thread` is at work."""

    def __init__(self) -> None:
        self._now, self._threads = 0.0, 0
        super().__init__(_Jumping(self))

    def time(self) -> float:
        return self._now

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> Any:
        future = super().run_in_executor(executor, func, *args)
        self._threads += 1
        future.add_done_callback(self._thread_done)
        return future

    def _thread_done(self, _: Any) -> None:
        self._threads -= 1

    def jump(self, seconds: float | None) -> float | None:
        """Pass the time until the next timer; how long is really waited for something to happen."""
        self._now += TURN
        if seconds is None or (seconds and self._threads):
            return None
        self._now += seconds
        return 0


class _Jumping(selectors.DefaultSelector):  # type: ignore[misc, valid-type]
    """Passes the loop's time instead of waiting for it."""

    def __init__(self, loop: VirtualLoop) -> None:
        super().__init__()
        self._loop = loop

    def select(self, timeout: float | None = None) -> Any:
        return super().select(self._loop.jump(timeout))


class Virtual:
    """Runs coroutines in virtual time, which begins at `begin`; an asyncio.Runner."""

    def __init__(self, begin: datetime) -> None:
        self.begin, self._loop = begin, VirtualLoop()

    def now(self) -> datetime:
        return self.begin + timedelta(seconds=self._loop.time())

    def seconds(self) -> float:
        """The same as seconds since 1970."""
        return self.begin.timestamp() + self._loop.time()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Once: the loop is closed at the end."""
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(work)
