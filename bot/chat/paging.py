"""Long lists: a message shows a page of one, and buttons turn it."""

from collections.abc import Sequence
from typing import TypeVar

from bot.channels.screen import Button

T = TypeVar("T")


def turned_to(number: int, all_: Sequence[T], size: int, verb: str) -> tuple[list[tuple[int, T]], list[Button]]:
    """The page of that number, from 0, or the nearest that there is: what is on it, with its place in the list, from 1;
    and the buttons for the pages beside it, whose data is `verb` and their number."""
    first = min(max(number, 0), (len(all_) - 1) // size) * size
    turn = [
        *([Button("«", f"{verb}:{first // size - 1}")] if first else []),
        *([Button("»", f"{verb}:{first // size + 1}")] if first + size < len(all_) else []),
    ]
    return list(enumerate(all_, 1))[first : first + size], turn
