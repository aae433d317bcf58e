"""What begins at the same time."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any


def at_once(*all_: Callable[[], Any]) -> list[Any]:
    """What these give, each in a thread of its own."""
    barrier = Barrier(len(all_))

    def run(one: Callable[[], Any]) -> Any:
        barrier.wait()
        return one()

    with ThreadPoolExecutor(len(all_)) as threads:
        return list(threads.map(run, all_))
