"""What this process has done since it began, counted as it happens."""

from collections import Counter

from bot.channels import ChannelError, Sent
from bot.readings import Read

Labels = tuple[str, ...]


class Counts:
    """Numbers that only grow, by their labels."""

    def __init__(self) -> None:
        self.readings = Counter[Labels]()  # source, verdict
        self.papers = Counter[Labels]()  # source: new in the library
        self.matches = Counter[Labels]()  # source: what was queued
        self.messages = Counter[Labels]()  # channel, outcome
        self.limited = Counter[Labels]()  # source or channel: how often it asked for a pause

    def read(self, read: Read) -> None:
        """A list was read."""
        self.readings[read.source, read.judgement.verdict] += 1
        self.papers[read.source,] += read.taken.new
        self.matches[read.source,] += read.taken.alerts
        self.limited[read.source,] += read.wait > 0

    def told(self, channel: str, result: Sent | ChannelError) -> None:
        """A message was attempted."""
        self.messages[channel, outcome(result)] += 1
        self.limited[channel,] += isinstance(result, ChannelError) and result.wait > 0


def outcome(result: Sent | ChannelError) -> str:
    """What came of an attempt, in a word."""
    if isinstance(result, Sent):
        return "sent"
    if result.sent is None:
        return "ambiguous"
    if result.gone:
        return "gone"
    return "rejected" if result.rejected else "again"
