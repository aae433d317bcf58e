"""What people do in a chat, as plain values."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """A chat (`kind`: private, group, supergroup, channel), or a topic of a forum (0: none, or the general one)."""

    chat: int
    kind: str = "private"
    topic: int = 0
    title: str = ""

    @property
    def address(self) -> str:
        """As recipients have it: `-100123/4`."""
        return f"{self.chat}/{self.topic}" if self.topic else str(self.chat)

    @property
    def is_private(self) -> bool:
        return self.kind == "private"


def chat_of(address: str) -> int:
    """The chat of a recipient's address."""
    return int(address.partition("/")[0])


@dataclass(frozen=True)
class Who:
    """A user. Only the number says who somebody is: names change hands."""

    id: int
    name: str = ""
    language: str = ""


@dataclass(frozen=True)
class File:
    """A document that was sent; its bytes can be had from the Bot API by its id."""

    id: str
    name: str
    size: int


@dataclass(frozen=True)
class Said:
    """A message. `who` is None where the chat itself speaks: an anonymous administrator, a channel. `reply_to` is the
    number of the bot's message that it answers, `links` are the addresses behind its words."""

    place: Place
    who: Who | None
    message: int
    text: str = ""
    reply_to: int = 0
    file: File | None = None
    location: tuple[float, float] | None = None
    links: tuple[str, ...] = ()
    is_other: bool = False  # a picture, a voice, a sticker: nothing that can be read


@dataclass(frozen=True)
class Tapped:
    """A button of a message was pressed; `id` is the query that must be answered. The message answered that user
    (0: nobody)."""

    place: Place
    who: Who
    message: int
    id: str
    data: str
    answered: int = 0


@dataclass(frozen=True)
class Asked:
    """`@bot query` was written in some chat."""

    who: Who
    id: str
    query: str
    offset: str


@dataclass(frozen=True)
class Standing:
    """What the bot is in a chat now, and was before: member, administrator, restricted, left, kicked."""

    place: Place
    who: Who
    status: str
    before: str = ""


@dataclass(frozen=True)
class Moved:
    """A group became a supergroup, with another number."""

    old: int
    new: int


Heard = Said | Tapped | Asked | Standing | Moved
