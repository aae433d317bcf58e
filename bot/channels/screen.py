"""What a chat shows, as plain values: a text in Telegram's HTML, and rows of buttons under it."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Button:
    """A button: it opens `url`, or sends `data` (at most 64 bytes) back to the bot."""

    text: str
    data: str = ""
    url: str = ""

    def __post_init__(self) -> None:
        if len(self.data.encode()) > 64 or bool(self.data) == bool(self.url):
            raise ValueError(f"a button has an address or at most 64 bytes of data: {self!r}")


Rows = tuple[tuple[Button, ...], ...]


@dataclass(frozen=True)
class Screen:
    """A text with its buttons. `silent`: it makes no sound."""

    html: str
    rows: Rows = ()
    silent: bool = False


def rows(*lines: Iterable[Button]) -> Rows:
    """Rows of buttons, without the empty ones."""
    return tuple(line for line in map(tuple, lines) if line)


def in_rows(buttons: Iterable[Button], width: int) -> Rows:
    """The buttons, so many in a row."""
    all_ = tuple(buttons)
    return tuple(all_[start : start + width] for start in range(0, len(all_), width))
