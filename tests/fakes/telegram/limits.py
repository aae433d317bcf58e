"""Telegram's limits on sending, as a mode that answers 429 and as a reading of the record afterwards.

About one message a second to a person, 20 a minute to a group or channel, 30 a second over all, with short bursts let
through: https://core.telegram.org/bots/faq#my-bot-is-hitting-limits-how-do-i-avoid-this
"""

import math
from collections import Counter, defaultdict, deque
from dataclasses import dataclass

BURST, PER_SECOND, PER_MINUTE, OVERALL = 3, 1.0, 20, 30


@dataclass(frozen=True)
class Sent:
    """A message that was accepted."""

    at: float
    chat: int
    private: bool
    thread: int | None
    text: str


class _Bucket:
    """Tokens for the messages to one person: `BURST` at most, one more each second."""

    def __init__(self, now: float) -> None:
        self.tokens, self.at = float(BURST), now

    def wait(self, now: float) -> float:
        self.tokens = min(BURST, self.tokens + max(0.0, now - self.at) * PER_SECOND)
        self.at = now
        return 0.0 if self.tokens >= 1 - 1e-9 else (1 - self.tokens) / PER_SECOND


class Gate:
    """Says how long a message to a chat must wait; `count` takes its place once it was let through."""

    def __init__(self) -> None:
        self._people: dict[int, _Bucket] = {}
        self._groups: dict[int, deque[float]] = defaultdict(deque)
        self._all: deque[float] = deque()

    def waits(self, now: float, chat: int, private: bool) -> dict[str, float]:
        """The seconds to wait by each limit that is reached."""
        own = "person" if private else "group"
        waits = {
            own: self._bucket(chat, now).wait(now) if private else _window(self._groups[chat], now, 60, PER_MINUTE)
        }
        waits["all"] = _window(self._all, now, 1, OVERALL)
        return {name: wait for name, wait in waits.items() if wait > 1e-9}

    def count(self, now: float, chat: int, private: bool) -> None:
        self._all.append(now)
        if private:
            bucket = self._bucket(chat, now)
            bucket.wait(now)
            bucket.tokens -= 1
        else:
            self._groups[chat].append(now)

    def _bucket(self, chat: int, now: float) -> _Bucket:
        return self._people.setdefault(chat, _Bucket(now))


def retry_after(gate: Gate, now: float, chat: int, private: bool) -> int:
    """Whole seconds to wait, as a 429 says them; 0 to send now."""
    return math.ceil(max(gate.waits(now, chat, private).values(), default=0.0) - 1e-6)


def broken_limits(record: list[Sent]) -> list[str]:
    """A sentence for each limit that the messages in the record broke, once for each chat."""
    gate, broken = Gate(), Counter[tuple[str, int]]()
    for sent in record:
        for limit in gate.waits(sent.at, sent.chat, sent.private):
            broken[limit, 0 if limit == "all" else sent.chat] += 1
        gate.count(sent.at, sent.chat, sent.private)
    words = {
        "person": "chat {chat} got more than one message a second ({count} too soon)",
        "group": "chat {chat} got more than 20 messages a minute ({count} too soon)",
        "all": "more than 30 messages a second went out ({count} too soon)",
    }
    return [words[limit].format(chat=chat, count=count) for (limit, chat), count in broken.items()]


def repeated(record: list[Sent]) -> list[str]:
    """A sentence for each text that one chat got more than once."""
    counts = Counter((sent.chat, sent.thread, sent.text) for sent in record if sent.text)
    return [f"chat {chat} got {count} times: {text[:200]!r}" for (chat, _, text), count in counts.items() if count > 1]


def _window(times: deque[float], now: float, seconds: float, most: int) -> float:
    while times and times[0] <= now - seconds:
        times.popleft()
    return times[len(times) - most] + seconds - now if len(times) >= most else 0.0
