"""Phrases as a query asks for them: parts, and the ways through them, since two parts may be written as one word."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from bot.query.shapes import borderless
from bot.query.words import CHUNKS, MIN_HALF, Link, Word, word

OPERATORS = frozenset({"AND", "OR", "NOT"})
_MAX_JOINED = 8  # parts of a phrase that may be one word in a text
_CHUNK = re.compile(r"\S+")
_BARE = re.compile(r"[^\W_][\w.'’&+#-]*\*?")


@dataclass(frozen=True)
class Part:
    """One word of a term: how it is written, the tokens that meet it, how it hangs on the part before it.

    A prefix has one token, the beginning of those that meet it.
    """

    text: str
    tokens: tuple[str, ...]
    link: Link
    prefix: bool = False


@dataclass(frozen=True)
class Step:
    """A way on through a phrase: to the part `to`, over any of the tokens.

    `joined`: over several parts written as one. `run`: without any gap in the text.
    """

    to: int
    tokens: tuple[str, ...]
    prefix: bool = False
    joined: bool = False
    run: bool = False

    @property
    def alike(self) -> tuple[object, ...]:
        """The same for steps over the same places of a text."""
        return self.tokens, self.prefix, self.joined, self.run


def parts_of(text: str, *, stems: bool = True) -> tuple[tuple[Part, ...], str]:
    """The parts of a text on one line, and the text from the first of them to the last.

    A `*` at the end of a chunk makes a prefix; in scripts without borders of words it says nothing.
    """
    parts: list[Part] = []
    first = last = -1
    for chunk in _CHUNK.finditer(text):
        some, start, end = _parts_in(chunk[0], stems)
        if some:
            first = chunk.start() + start if first < 0 else first
            last = chunk.start() + end
            parts += some
    return tuple(parts), text[first:last] if parts else ""


@lru_cache(maxsize=20_000)  # nine in ten words of a hundred thousand queries are repeated
def _parts_in(chunk: str, stems: bool) -> tuple[tuple[Part, ...], int, int]:
    """The parts of a chunk, and from where to where they stand in it."""
    pieces = CHUNKS[chunk].pieces
    parts = [Part(piece.word.text, _asked(piece.word, stems), piece.link) for piece in pieces]
    if not parts:
        return (), 0, 0
    if chunk.endswith("*"):
        return (*parts[:-1], _prefix(parts[-1])), pieces[0].start, len(chunk)
    return tuple(parts), pieces[0].start, pieces[-1].end


def _prefix(part: Part) -> Part:
    return part if borderless(part.text[-1]) else Part(part.text, (part.tokens[0],), part.link, prefix=True)


def _asked(written: Word, stems: bool) -> tuple[str, ...]:
    return written.asked if stems else (written.raw,)


def compound(*words: str, stems: bool = True) -> tuple[str, ...]:
    """The tokens that meet the words written as one."""
    return _asked(word("".join(words)), stems)


def steps(parts: tuple[Part, ...], *, stems: bool = True) -> tuple[tuple[Step, ...], ...]:
    """For each part the ways on from it."""
    return tuple(tuple(_steps_from(parts, first, stems)) for first in range(len(parts)))


def _steps_from(parts: tuple[Part, ...], first: int, stems: bool) -> Iterator[Step]:
    part = parts[first]
    yield Step(first + 1, part.tokens, part.prefix, run=part.link is Link.RUN)
    text = part.text
    for last in range(first + 1, len(parts)):
        if not joinable(parts[last - 1], parts[last]):
            return
        text += parts[last].text
        if last - first >= _MAX_JOINED:
            if part.link is Link.TIGHT or parts[last].link is not Link.TIGHT:
                return
            if parts[last + 1 : last + 2] and parts[last + 1].link is Link.TIGHT:
                continue  # of a longer hyphenated word only the whole
        prefix = parts[last].prefix
        tokens = (word(text).raw,) if prefix else _asked(word(text), stems)
        yield Step(last + 1, tokens, prefix, joined=True)


def joinable(one: Part, two: Part) -> bool:
    """Whether both may be one word in a text: hyphenated ones, and any two that are long enough."""
    if one.prefix or two.link is Link.RUN or borderless(one.text[-1]) or borderless(two.text[0]):
        return False
    return two.link is Link.TIGHT or min(len(one.tokens[0]), len(two.tokens[0])) >= MIN_HALF


def parts_key(parts: tuple[Part, ...]) -> str:
    """The same for phrases that find the same."""
    keys = [f"{list(part.tokens)}{'*' if part.prefix else ''}" for part in parts]
    return keys[0] + "".join(_sign(one, two) + key for (one, two), key in zip(pairwise(parts), keys[1:], strict=True))


def _sign(one: Part, two: Part) -> str:
    if two.link is Link.RUN:
        return "_"
    return "+" if joinable(one, two) else " "


def quoted(text: str, *, always: bool = False) -> str:
    """The text as a query has to write it: in quotes where it would else be read as something different."""
    bare = _BARE.fullmatch(text) and text not in OPERATORS and not always
    return text if bare else f'"{text}"'
