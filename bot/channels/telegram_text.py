"""Messages as Telegram takes them: its own small HTML (https://core.telegram.org/bots/api#html-style).

A message has at most 4,096 characters after its markup was read, so what is long is cut before it gets markup. Telegram
makes links of addresses, @names, /commands and #tags in any text; those in what others wrote are broken.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from bot.channels.lines import by, facts, reasons, united
from bot.channels.outgoing import Item, Outgoing
from bot.query import Mark
from bot.schedule import day_of
from scrapers.text import plain

MOST = 4_096  # characters of a message, without markup
PAPERS = 8  # of a message: with the lengths below it cannot become too long
_TITLE, _BY, _FACTS, _REASONS, _NAME, _ENDING = 150, 60, 60, 80, 60, 500  # characters of each
_WIDER = 3  # times as much where a message has one paper
_FRAME = 14  # characters of a card beside its lines
_HEADING = 60
_LIVE = re.compile(r"(?<![^\W_])[@/#](?=\w)|://")
_DEAD = str.maketrans({"@": "\uff20", "/": "\u2215", "#": "\uff03"})  # look the same, are as long, and link nothing


def message(outgoing: Outgoing) -> str:
    """The whole message."""
    ending = "\n".join(_ending(outgoing))
    heading = _heading(outgoing)
    wide = _WIDER if len(outgoing.items) == 1 else 1
    card = (_TITLE + _BY + _FACTS + _REASONS) * wide + _NAME + _FRAME
    room = (MOST - _HEADING - _ENDING) // max(1, len(outgoing.items)) - card
    cards = _cards(outgoing, wide, room)
    return "\n\n".join(filter(None, [heading, *cards, ending]))


def _cards(outgoing: Outgoing, wide: int, room: int) -> Iterator[str]:
    """The cards; in a digest under the name of the subscription that each of them is for first."""
    for name, items in groupby(outgoing.items, key=lambda item: item.reasons[:1]):
        if outgoing.kind == "digest" and name:
            yield f"<b>{_safe(_cut(name[0], _NAME))}</b>"
        yield from (_card(item, wide, room) for item in items)


def _heading(outgoing: Outgoing) -> str:
    if outgoing.kind != "digest":
        return ""
    of = f" · part {outgoing.part} of {outgoing.parts}" if outgoing.parts > 1 else ""
    day = day_of(outgoing.slot)
    when = f" · {day.day} {day:%b}" if day else ""
    return f"<b>{outgoing.total} {'paper' if outgoing.total == 1 else 'papers'}{when}</b>{of}"


def _ending(outgoing: Outgoing) -> Iterator[str]:
    if outgoing.more:
        yield f"and {outgoing.more} more"
    if outgoing.coverage:
        yield f"<i>{_safe(_cut(outgoing.coverage, _ENDING - 30))}</i>"


def _card(item: Item, wide: int, room: int) -> str:
    lines = [_title(item, wide), *(_safe(_cut(line, most * wide)) for line, most in _small_lines(item))]
    if abstract := _abstract(item, room):
        lines.append(f"<blockquote expandable>{abstract}</blockquote>")
    return "\n".join(filter(None, [*lines, f"<i>{_safe(_cut(reasons(item), _REASONS * wide))}</i>"]))


def _small_lines(item: Item) -> list[tuple[str, int]]:
    return [(by(item.paper), _BY), (facts(item.paper), _FACTS)]


def _title(item: Item, wide: int) -> str:
    # In a link no address is made into another one.
    title = _marked(plain(item.paper.title), item.marks, "title", _TITLE * wide)
    return f'<b><a href="{escape(item.paper.url)}">{title}</a></b>' if item.paper.url else f"<b>{title}</b>"


def _abstract(item: Item, room: int) -> str:
    if not item.paper.abstract or room < 80:
        return ""
    return _marked(plain(item.paper.abstract), item.marks, "abstract", room)


def _marked(text: str, marks: Iterable[Mark], field: str, most: int) -> str:
    """The text, cut, with what matched underlined."""
    kept = _cut(text, most)
    end = len(kept) if kept == text else len(kept) - 2
    parts, at = list[str](), 0
    for start, stop in united(marks, field, end):
        parts += [_safe(kept[at:start]), f"<u>{_safe(kept[start:stop])}</u>"]
        at = stop
    return "".join([*parts, _safe(kept[at:])])


def _cut(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    blank = text.rfind(" ", most // 2, most - 2)
    return text[: blank if blank > 0 else most - 2] + " …"


def _safe(text: str) -> str:
    return escape(_LIVE.sub(lambda found: found[0].translate(_DEAD), text), quote=False)
