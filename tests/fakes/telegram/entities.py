"""What Telegram does to a text besides markup: cleans and trims it, and finds links, names and commands by itself.

The behaviour is that of `fix_formatted_text` and `find_entities` in td/telegram/MessageEntity.cpp
(https://github.com/tdlib/td), with a short list of top-level domains instead of the whole one.
"""

import re
from typing import Any

from fakes.telegram.parse import Entity, span, utf16

_DOMAINS = (
    "com|org|net|edu|gov|io|ai|co|me|dev|app|info|science|tech|xyz|de|uk|eu|fr|ru|cn|jp|in|it|ch|at|nl|se|pl|br|us|tv"
)
_FOUND = {
    "url": re.compile(
        rf"(?<![\w@.:/-])(?:(?:https?|ftp|tg|ton)://[^\s<>«»\"\u200b]+"
        rf"|(?:[\w-]+\.)+(?:{_DOMAINS})(?![\w-])(?:[:/?#][^\s<>«»\"\u200b]*)?)",
        re.IGNORECASE,
    ),
    "email": re.compile(r"(?<![\w.+@-])[A-Za-z0-9][\w.+-]*@(?:[\w-]+\.)+[A-Za-z]{2,}(?![\w@])", re.ASCII),
    "mention": re.compile(r"(?<![\w/@.])@[A-Za-z][A-Za-z0-9_]{2,31}(?![\w@])"),
    "bot_command": re.compile(r"(?<![\w/<>@])/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?(?![\w/<>@])"),
    "hashtag": re.compile(r"(?<!\w)#(?=\w*[^\W\d_])\w{1,256}(?![\w#])"),
    "cashtag": re.compile(r"(?<![\w$])\$[A-Z]{1,8}(?![\w$])"),
    "phone_number": re.compile(r"(?<![\w+])\+[0-9]{10,14}(?!\w)"),
}
_CLOSED = ("code", "pre", "text_link", "text_mention", "custom_emoji")
_DROPPED = dict.fromkeys([13, *range(0x2028, 0x202F)])
_BLANK = dict.fromkeys([*range(10), *range(11, 13), *range(14, 32)], " ")


def clean(text: str) -> str:
    """Control characters become spaces; carriage returns and marks of direction vanish."""
    return text.translate(_DROPPED).translate(_BLANK)


def finish(text: str, entities: list[Entity]) -> tuple[str, list[Entity]]:
    """The text trimmed, with the entities that are still in it and those that Telegram finds by itself."""
    shift, trimmed = utf16(text) - utf16(text.lstrip()), text.strip()
    size, kept = utf16(trimmed), []
    for entity in entities:
        start = max(0, entity["offset"] - shift)
        end = min(size, entity["offset"] + entity["length"] - shift)
        moved = {**entity, "offset": start, "length": end - start}
        if end > start and span(trimmed, moved).strip():
            kept.append(moved)
    found = [one for one in detect(trimmed) if not any(_blocks(other, one) for other in kept)]
    return trimmed, sorted(kept + found, key=lambda one: (one["offset"], -one["length"]))


def detect(text: str) -> list[Entity]:
    """The links, addresses, names, commands and tags in a plain text; the first kind to claim a place keeps it."""
    found: list[Entity] = []
    for kind, pattern in _FOUND.items():
        for match in pattern.finditer(text):
            piece = match[0].rstrip(".,;:!?'\"()[]") if kind == "url" else match[0]
            one: dict[str, Any] = {"type": kind, "offset": utf16(text[: match.start()]), "length": utf16(piece)}
            if not any(_overlaps(other, one) for other in found):
                found.append(one)
    return sorted(found, key=lambda one: one["offset"])


def _overlaps(one: Entity, other: Entity) -> bool:
    begins: bool = one["offset"] < other["offset"] + other["length"]
    ends: bool = other["offset"] < one["offset"] + one["length"]
    return begins and ends


def _blocks(put: Entity, found: Entity) -> bool:
    return _overlaps(put, found) and put["type"] in (*_CLOSED, *_FOUND)
