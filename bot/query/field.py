"""Field: one text of a paper, cut into words; where a word or a phrase stands in it."""

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property, lru_cache
from itertools import chain
from operator import add, itemgetter
from typing import NamedTuple

from bot.query.phrase import Step
from bot.query.shapes import spaced
from bot.query.words import CHUNKS, MIN_HALF, PLURAL, Chunk, Link, Piece, letters, tokens_of

Steps = tuple[tuple[Step, ...], ...]
Span = tuple[int, int]  # positions of words, from the first up to the last (exclusive)
Ends = dict[int, set[int]]  # for each position where a step can be taken, where it leads
Ways = list[list[tuple[int, Ends]]]
_CHUNK = re.compile(r"\S+")


class Spelling(NamedTuple):
    """The letters of each word (`words.letters`), how it hangs on the one before it (as a Link), the letters of each
    word and the next one together, and where such two stand; of several places the last."""

    letters: list[str]
    links: bytes
    twos: list[str]
    places: dict[str, int]


class Field:
    """One text of a paper. Words are counted from 0: these counts are the positions."""

    def __init__(self, name: str, text: str, offset: int = 0) -> None:
        self.name = name
        self.text = text
        self.offset = offset  # of the text in the line that Document.text gives
        self._spaced = spaced(text)
        self.chunks = self._spaced.split()

    @cached_property
    def tokens(self) -> frozenset[str]:
        """Everything a single word may be asked for by, except what two words of the text make when written as one."""
        return tokens_of(self.chunks)

    @cached_property
    def _known(self) -> list[Chunk]:
        return list(map(CHUNKS.__getitem__, self.chunks))

    @cached_property
    def pieces(self) -> list[Piece]:
        """The words."""
        return list(chain.from_iterable(map(itemgetter(0), self._known)))

    @cached_property
    def spelling(self) -> "Spelling":
        """The letters of the words."""
        # One property for all: each costs a microsecond, and an index asks for them in every paper.
        ones = list(chain.from_iterable(map(itemgetter(2), self._known)))
        twos = list(map(add, ones, ones[1:]))
        links = b"".join(map(itemgetter(3), self._known))
        return Spelling(ones, links, twos, dict(zip(twos, range(len(twos)), strict=True)))

    @cached_property
    def runs(self) -> str:
        """The folded text of the scripts without borders of words, one run a line."""
        return "".join(("" if piece.link is Link.RUN else "\n") + piece.word.raw for piece in self.pieces)

    @cached_property
    def _joined(self) -> dict[str, list[Span]]:
        """Where hyphenated words stand, by the tokens that they offer when they are written as one."""
        found: dict[str, list[Span]] = defaultdict(list)
        more = 0  # words than chunks so far
        for place, chunk in [(place, chunk) for place, chunk in enumerate(self._known) if len(chunk.pieces) != 1]:
            for form in chunk.joined:
                for token in form.word.offered:
                    found[token].append((place + more + form.first, place + more + form.last))
            more += len(chunk.pieces) - 1
        return found

    @cached_property
    def _last(self) -> dict[str, int]:
        """Where a word of these letters stands last."""
        return dict(zip(self.spelling.letters, range(len(self.spelling.letters)), strict=True))

    def may_be_solid(self, tokens: tuple[str, ...]) -> bool:
        """False where none of the tokens is written as one word, or with hyphens: in far less time than `tokens` takes
        to be computed."""
        asked, keys = _asked(tokens)
        return not (self._last.keys().isdisjoint(keys) and self._joined.keys().isdisjoint(asked))

    def solid(self, tokens: tuple[str, ...]) -> set[Span]:
        """Where any of the tokens is written as one word, or with hyphens."""
        asked, keys = _asked(tokens)
        single = [place for key in keys if key in self._last for place in places_of(self.spelling.letters, key)]
        found = {(place, place + 1) for place in single if self._offers(place, asked)}
        if not self._joined.keys().isdisjoint(asked):
            found.update([span for token in asked for span in self._joined.get(token, ())])
        return found

    def _offers(self, place: int, asked: frozenset[str]) -> bool:
        return not asked.isdisjoint(self.pieces[place].offered)

    def _guessed(self, tokens: tuple[str, ...]) -> set[Span]:
        """Where two words of the text with a blank between them make any of the tokens: `fine tuning` is found by
        `finetuning`."""
        asked, keys = _asked(tokens)
        twos, pieces, found = self.spelling, self.pieces, set[Span]()
        for key in keys:
            if key in twos.places:
                places = places_of(twos.twos, key)
                made = [place for place in places if not asked.isdisjoint(made_of(pieces[place], pieces[place + 1]))]
                found.update([(place, place + 2) for place in made])
        return found

    def word(self, tokens: tuple[str, ...]) -> list[Span]:
        """Where the word stands: of several ways from one place the shortest."""
        if tokens not in self._words:
            guessed = self._guessed(tokens) if len(tokens[0]) >= 2 * MIN_HALF else set()
            self._words[tokens] = list(dict(sorted(self.solid(tokens) | guessed, reverse=True)).items())
        return self._words[tokens]

    @cached_property
    def _words(self) -> dict[tuple[str, ...], list[Span]]:
        return {}  # many queries ask for the same words

    def has(self, tokens: tuple[str, ...]) -> bool:
        """Whether any of the tokens of a word is met."""
        if not self.tokens.isdisjoint(tokens):
            return True
        return len(tokens[0]) >= 2 * MIN_HALF and bool(self._guessed(tokens))

    def has_prefix(self, prefix: str) -> bool:
        """Whether a word begins so."""
        return any(token.startswith(prefix) and token[-1] != PLURAL for token in self.tokens)

    def may_have(self, steps: Steps) -> bool:
        """Whether the words of the phrase are there at all: most phrases fail here, before any place is known."""
        reached = {0}
        for part, ways in enumerate(steps):
            if part in reached:
                reached.update(step.to for step in ways if step.prefix or self.has(step.tokens))
        return len(steps) in reached

    def spans(self, steps: Steps) -> Iterator[Span]:
        """Where the phrase stands, in order.

        From the last part back to the first, it is found where each can begin so that the rest follows: in time
        that grows with the length of the phrase and of the text, however often either repeats itself.
        """
        ways = self._ways(steps)
        begins: list[set[int]] = [set() for _ in steps]
        for part in reversed(range(len(steps))):
            for to, ends in ways[part]:
                onward = begins[to] if to < len(steps) else None
                begins[part].update(at for at, after in ends.items() if onward is None or not onward.isdisjoint(after))
        for start in sorted(begins[0]):
            yield start, self._end_from(start, ways, begins)

    def _ways(self, steps: Steps) -> Ways:
        known: dict[tuple[object, ...], Ends] = {}  # a phrase that repeats a word looks for it once
        for step in (step for part in steps for step in part):
            if step.alike not in known:
                known[step.alike] = self._ends(step)
        return [[(step.to, known[step.alike]) for step in part] for part in steps]

    @staticmethod
    def _end_from(start: int, ways: Ways, begins: list[set[int]]) -> int:
        """The first position after a phrase that begins there."""
        reached: list[set[int]] = [{start}, *(set() for _ in ways)]
        for part, onward in enumerate(ways):
            for to, ends in onward:
                found = {end for position in reached[part] for end in ends.get(position, ())}
                reached[to] |= found if to == len(ways) else found & begins[to]
        return min(reached[-1])

    def _ends(self, step: Step) -> Ends:
        ends: dict[int, set[int]] = defaultdict(set)
        tokens = tuple(self._with_prefix(step.tokens[0])) if step.prefix else step.tokens
        spans = self.solid(tokens)
        # Two guesses would meet where nothing does: `"superb owl"` in "super bowl".
        if not (step.joined or step.prefix):
            spans |= self._guessed(tokens)
        for start, end in spans:
            if not step.run or self.pieces[start].link is Link.RUN:
                ends[start].add(end)
        return ends

    def _with_prefix(self, prefix: str) -> list[str]:
        return [token for token in self.tokens if token.startswith(prefix) and token[-1] != PLURAL]

    @cached_property
    def _offsets(self) -> list[Span]:
        return _places(self._spaced)

    def place(self, span: Span) -> Span:
        """The place in Document.text of the words from the first up to the last position."""
        return self.offset + self._offsets[span[0]][0], self.offset + self._offsets[span[1] - 1][1]

    def exact(self, text: str) -> Iterator[Span]:
        """Where exactly this text stands between borders of words, as places in Document.text."""
        at = self.text.find(text)
        while at >= 0:
            if self._is_bordered(at, at + len(text)):
                yield self.offset + at, self.offset + at + len(text)
            at = self.text.find(text, at + 1)

    def _is_bordered(self, start: int, end: int) -> bool:
        """Whether a word starts there and a word ends there: seen from the chunks around, not from the whole text."""
        first, last = self._spaced.rfind(" ", 0, start) + 1, self._spaced.find(" ", end)
        around = self._spaced[first : last if last >= 0 else None]
        if around.isalnum() and around.isascii():
            return first == start and len(around) == end - start
        starts, ends = zip(*_places(around), strict=True)
        return start - first in starts and end - first in ends


@lru_cache(maxsize=10_000)
def _asked(tokens: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The tokens, and their letters: all tokens of a word have the same."""
    return frozenset(tokens), frozenset(letters(token.rstrip(PLURAL)) for token in tokens)


def made_of(one: Piece, two: Piece) -> list[str]:
    """The tokens of two neighbouring words when they are written as one."""
    return [one.half + end for end in two.offered] if one.half and two.half else []


def places_of(spelled: list[str], key: str) -> list[int]:
    """Where the list has the key."""
    places: list[int] = []
    for _ in range(spelled.count(key)):
        places.append(spelled.index(key, places[-1] + 1 if places else 0))
    return places


def _places(text: str) -> list[Span]:
    """The places of all words in a text with its chunks between blanks."""
    chunks = [(chunk.start(), CHUNKS[chunk[0]]) for chunk in _CHUNK.finditer(text)]
    return [(at + piece.start, at + piece.end) for at, chunk in chunks for piece in chunk.pieces]
