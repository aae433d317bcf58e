"""Messages as Telegram takes them: its own small HTML (https://core.telegram.org/bots/api#html-style), and buttons.

A message has at most 4,096 characters after its markup was read, so what is long is cut before it gets markup. Telegram
makes links of addresses, @names, /commands and #tags in any text; those in what others wrote are broken.
"""

import re
from collections.abc import Iterable, Iterator
from html import escape
from itertools import groupby

from bot.channels.lines import by, cut, facts, news, places, united, why
from bot.channels.outgoing import Item, Outgoing
from bot.channels.screen import Button, Screen, in_rows, rows
from bot.language import Language, language
from bot.query import Mark
from bot.schedule import day_of
from scrapers.paper import Paper
from scrapers.text import plain

MOST = 4_096  # characters of a message, without markup
PAPERS = 8  # of a digest's message: with the lengths below it cannot become too long
_TITLE, _BY, _FACTS, _REASONS, _NAME, _ENDING = 150, 80, 70, 84, 60, 500  # characters of each
_WIDER = 3  # times as much where a message has one paper
_LEAST = 80  # of an abstract
_FRAME = 20  # characters of a card beside its lines
_HEADING = 80
_BUTTON = 24  # characters of a name on a button; phones show no more
# What Telegram makes links of by itself: @names, /commands, #tags, $TAGS, addresses with and without a scheme.
_LIVE = re.compile(r"(?<![^\W_])[@/#](?=\w)|\$(?=[A-Z])|://|(?<=\w)\.(?=[^\W\d_]{2})")
# These look the same, are as long, and link nothing.
_DEAD = str.maketrans({"@": "\uff20", "/": "\u2215", "#": "\uff03", "$": "\uff04", ".": "\u2024"})


def message(outgoing: Outgoing) -> Screen:
    """The whole message with its buttons."""
    tr = language(outgoing.language)
    if outgoing.notice:
        return Screen(safe(cut(outgoing.notice.text, MOST)), (), outgoing.silent)
    ending = "\n".join(_ending(outgoing, tr))
    heading = _heading(outgoing, tr)
    wide = _WIDER if len(outgoing.items) == 1 and outgoing.parts == 1 else 1
    frame = (_TITLE + _BY + _FACTS + _REASONS) * wide + _NAME + _FRAME
    papers = PAPERS if outgoing.parts > 1 else max(1, len(outgoing.items))  # all parts look alike
    room = (MOST - _HEADING - _ENDING) // papers - frame
    cards = _cards(outgoing, wide, room, tr)
    html = "\n\n".join(filter(None, [heading, *cards, ending]))
    return Screen(html, _buttons(outgoing, tr), outgoing.silent)


def card(item: Item, tr: Language) -> Screen:
    """One paper by itself, with its buttons."""
    frame = (_TITLE + _BY + _FACTS + _REASONS) * _WIDER + _FRAME
    return Screen(_card(item, _WIDER, MOST - frame, tr), card_buttons(item, tr))


def _cards(outgoing: Outgoing, wide: int, room: int, tr: Language) -> Iterator[str]:
    """The cards; in a digest numbered, under the name of the subscription that each of them is for first."""
    is_digest, number = outgoing.kind == "digest", PAPERS * (outgoing.part - 1)
    for name, items in groupby(outgoing.items, key=lambda item: item.reasons[:1]):
        if is_digest and name:
            yield f"<b>{safe(cut(name[0], _NAME))}</b>"
        for item in items:
            number += 1
            yield _card(item, wide, room, tr, number if is_digest else 0)


def _heading(outgoing: Outgoing, tr: Language) -> str:
    if outgoing.kind != "digest":
        return ""
    day = day_of(outgoing.slot)
    parts = [
        f"<b>{tr.plural('{n} paper', '{n} papers', outgoing.total) if outgoing.total else tr('No new papers')}</b>",
        f"<b>{tr.day(day)}</b>" if day else "",
        tr("part {part} of {parts}", part=outgoing.part, parts=outgoing.parts) if outgoing.parts > 1 else "",
    ]
    return " · ".join(filter(None, parts))


def _ending(outgoing: Outgoing, tr: Language) -> Iterator[str]:
    if outgoing.more:
        yield tr.plural("and {n} more", "and {n} more", outgoing.more)
    if outgoing.coverage:
        yield f"<i>{safe(cut(outgoing.coverage, _ENDING - 60))}</i>"


def _card(item: Item, wide: int, room: int, tr: Language, number: int = 0) -> str:
    """A paper; in a digest with its number, where the heading above says for which subscription it is."""
    paper, changes = item.paper, news(item, tr)
    small = [(by(paper, tr), _BY), (facts(paper, tr), _FACTS)]
    lines = [
        (f"{number}. " if number else "") + _title(item, wide),
        *(safe(cut(line, most * wide)) for line, most in small),
    ]
    if abstract := _abstract(item, room - len(changes)):
        lines.append(f"<blockquote expandable>{abstract}</blockquote>")
    is_said = number > 0 and item.kind == "new" and len(item.reasons) == 1
    because = why(item, tr, is_said=is_said, is_short=number > 0)
    if room - len(changes) < _LEAST:  # no room for a line of its own
        because, changes = " · ".join(filter(None, [because, changes])), ""
    ends = [cut(because, _REASONS * wide), changes]
    return "\n".join([*lines, *(f"<i>{safe(line)}</i>" for line in ends if line)])


def _title(item: Item, wide: int) -> str:
    # In a link no address is made into another one.
    title = _marked(plain(item.paper.title), item.marks, "title", _TITLE * wide, "u")
    return linked(title, item.paper)


def linked(html: str, paper: Paper) -> str:
    """The text in bold, leading to the paper's page where it has one."""
    return f'<b><a href="{escape(paper.url)}">{html}</a></b>' if paper.url else f"<b>{html}</b>"


def _abstract(item: Item, room: int) -> str:
    if not item.paper.abstract or room < _LEAST:
        return ""
    return _marked(plain(item.paper.abstract), item.marks, "abstract", room, "b")


def _marked(text: str, marks: Iterable[Mark], field: str, most: int, tag: str) -> str:
    """The text, cut, with what matched in bold (in a title, which is bold, underlined)."""
    kept = cut(text, most)
    end = len(kept) if kept == text else len(kept) - 2
    return with_marks(kept, united(marks, field, end), tag)


def with_marks(text: str, places: Iterable[tuple[int, int]], tag: str = "b") -> str:
    """The text as safe markup, with these places of it in a tag."""
    dead = _unlinked(text)  # as a whole: a tag between @ and a name does not keep Telegram from making a link
    parts, at = list[str](), 0
    for start, stop in places:
        parts += [_escaped(dead[at:start]), f"<{tag}>{_escaped(dead[start:stop])}</{tag}>"]
        at = stop
    return "".join([*parts, _escaped(dead[at:])])


def safe(text: str) -> str:
    """What others wrote, as text that is only text: no markup, and nothing that Telegram makes a link of."""
    return _escaped(_unlinked(text))


def _unlinked(text: str) -> str:
    """The same, as long, without what Telegram makes links of."""
    return _LIVE.sub(lambda found: found[0].translate(_DEAD), text)


def _escaped(text: str) -> str:
    return escape(text, quote=False)


# Buttons --------------------------------------------------------------------------------------------------------------


def _buttons(outgoing: Outgoing, tr: Language) -> tuple[tuple[Button, ...], ...]:
    """Under an alert those of its paper; under a digest its papers by number, and what it does not show."""
    if outgoing.kind != "digest":
        return card_buttons(outgoing.items[0], tr) if len(outgoing.items) == 1 else ()
    first = PAPERS * (outgoing.part - 1) + 1
    papers = in_rows((Button(str(n), f"card:{item.id}") for n, item in enumerate(outgoing.items, first)), 8)
    number = outgoing.key.rpartition("-")[2]
    if not outgoing.more:
        return papers
    label = tr.plural("Show {n} more", "Show {n} more", outgoing.more)
    return (*papers, (Button(label, f"more:{number}"),))


def card_buttons(item: Item, tr: Language) -> tuple[tuple[Button, ...], ...]:
    """Where the paper can be read, and what can be done with it."""
    mutes = [
        Button(tr("Mute “{name}”", name=cut(name, _BUTTON)), f"mute:{id}")
        for id, name in zip(item.subscriptions, item.reasons, strict=False)
        if id
    ]
    less = [Button(tr("Less like this"), f"less:{item.id}")] if mutes else []
    save = [Button(tr("Save"), f"save:{item.id}")] if item.id else []
    return rows(links(item.paper, tr), [*save, *less], mutes[:1])


def links(paper: Paper, tr: Language) -> list[Button]:
    """A button for each place where the paper can be read."""
    return [Button(text, url=url) for text, url in places(paper, tr)]
