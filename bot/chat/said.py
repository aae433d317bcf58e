"""What the bot says, as plain values."""

from dataclasses import dataclass

from bot.channels.screen import Screen


@dataclass(frozen=True)
class Show:
    """A message. `edits` is the number of an own message that it replaces; `asks`: the next message is its answer;
    `wants_location`: a button sends the phone's location; `ends_keyboard`: that button goes."""

    screen: Screen
    edits: int = 0
    asks: bool = False
    wants_location: str = ""
    ends_keyboard: bool = False


@dataclass(frozen=True)
class Toast:
    """A short answer to a tap; `alarm`: it must be dismissed."""

    text: str
    alarm: bool = False


@dataclass(frozen=True)
class Attach:
    """A file."""

    name: str
    data: bytes
    caption: str = ""


@dataclass(frozen=True)
class Result:
    """One answer to an inline query: what is seen in the list, and what is sent when it is chosen."""

    id: str
    title: str
    about: str
    html: str


@dataclass(frozen=True)
class Results:
    """Answers to an inline query; `next_offset` is empty where there are no more."""

    results: tuple[Result, ...]
    next_offset: str = ""


@dataclass(frozen=True)
class Tell:
    """A message to another chat than the one that spoke."""

    chat: int
    screen: Screen


Reply = Show | Toast | Attach | Results | Tell


def show(html: str, *, edits: int = 0, asks: bool = False) -> Show:
    """A text without buttons."""
    return Show(Screen(html), edits=edits, asks=asks)
