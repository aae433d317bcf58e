"""Whose turn it is to write into a file: first come, first served.

SQLite gives its lock to whoever asks at the right moment, and who waits for it sleeps up to 0.1 s before it asks again
(https://www.sqlite.org/c3ref/busy_timeout.html). So a reading, which writes some papers after the other, kept everybody
else out until its end: a new subscription waited 5 s.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock


class Turns:
    """The turns of all threads of this process."""

    def __init__(self) -> None:
        self._guard, self._waiting = Lock(), deque[Lock]()

    @property
    def asked(self) -> int:
        """How many have a turn or wait for one."""
        return len(self._waiting)

    @contextmanager
    def take(self) -> Iterator[None]:
        """Wait for a turn; it lasts until the end. Not to be taken again by the thread that has it."""
        turn = Lock()
        turn.acquire()
        with self._guard:
            self._waiting.append(turn)
            if len(self._waiting) == 1:
                turn.release()
        try:
            turn.acquire()
            yield
        finally:
            with self._guard:
                had_it = self._waiting[0] is turn
                self._waiting.remove(turn)
                if had_it and self._waiting:
                    self._waiting[0].release()
