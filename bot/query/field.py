"""Field: one text of a paper, cut into words; where a word or a phrase stands in it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property, lru_cache
from itertools import accumulate, chain, compress, count
from operator import add, itemgetter
from typing import NamedTuple

from bot.query.bits import Bits, bits_of, places_in
from bot.query.phrase import Step
from bot.query.shapes import spaced
from bot.query.words import (
    CHUNKS,
    HYPHENS,
    LATER,
    MIN_HALF,
    PLURAL,
    Chunk,
    Link,
    Piece,
    joined_within,
    letters,
    tokens_of,
)

Steps = tuple[tuple[Step, ...], ...]
Span = tuple[int, int]  # positions of words, from the first up to the last (exclusive)
Ends = dict[int, set[int]]  # for each position where a step can be taken, where it leads
Ways = list[list[tuple[int, Ends]]]
_CHUNK = re.compile(r"\S+")
_LONG = 200  # characters
_PIECES, _JOINED, _SPELLED = map(itemgetter, range(3))  # of a Chunk


class Spelling(NamedTuple):
    """The words with their marks (`words.Chunk`), the letters of each (`words.letters`), and those of each and the next
    one together."""

    words: list[str]
    letters: list[str]
    twos: list[str]


def spelling_of(spelled: Iterable[Iterable[str]]) -> Spelling:
    """How a text is spelled of whose chunks these are the words, each with its letters behind it."""
    words = list(chain.from_iterable(spelled))
    ones = words[1::2]
    return Spelling(words[::2], ones, list(map(add, ones, ones[1:])))


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
        return list(chain.from_iterable(map(_PIECES, self._known)))

    @cached_property
    def spelling(self) -> "Spelling":
        """How the words are spelled. An index that looks up chunks by itself says it."""
        return spelling_of(map(_SPELLED, self._known))

    @cached_property
    def last(self) -> dict[str, int]:
        """For the letters of each word where the last one of these letters stands."""
        return dict(zip(self.spelling.letters, count(), strict=False))

    def where(self, key: str) -> Bits:
        """Where words of these letters stand: a bit for each place."""
        return bits_of(places_of(self.spelling.letters, key)) if key in self.last else 0

    @cached_property
    def twos(self) -> set[str]:
        """The letters of each two words next to each other."""
        return set(self.spelling.twos)

    @cached_property
    def hyphens(self) -> dict[Span, str]:
        """From where to where three words and more are hyphenated, with the letters of these."""
        words, ones, _ = self.spelling
        found, first = dict[Span, str](), 0
        for place in [place for place, word in enumerate(words) if word[0] in HYPHENS]:
            first = place - 1 if words[place][0] != LATER else first
            if place + 1 == len(words) or words[place + 1][0] != LATER:
                longer = [span for span in joined_within(first, place + 1) if span[1] - span[0] > 2]
                found.update((span, "".join(ones[slice(*span)])) for span in longer)
        return found

    @cached_property
    def runs(self) -> str:
        """The folded text of the scripts without borders of words, one run a line."""
        return "".join(("" if piece.link is Link.RUN else "\n") + piece.word.raw for piece in self.pieces)

    @cached_property
    def _joined(self) -> dict[str, list[Span]]:
        """Where hyphenated words stand, by the tokens that they offer when they are written as one."""
        found: dict[str, list[Span]] = defaultdict(list)
        joined = list(map(_JOINED, self._known))
        starts = accumulate(map(len, map(_PIECES, self._known)), initial=0)
        for start, forms in compress(zip(starts, joined, strict=False), joined):
            for form in forms:
                for token in form.word.offered:
                    found[token].append((start + form.first, start + form.last))
        return found

    def may_be_solid(self, tokens: tuple[str, ...]) -> bool:
        """False where none of the tokens is written as one word, or with hyphens: in far less time than `tokens` takes
        to be computed."""
        asked, keys = _asked(tokens)
        return not (self.last.keys().isdisjoint(keys) and self._joined.keys().isdisjoint(asked))

    def solid(self, tokens: tuple[str, ...]) -> set[Span]:
        """Where any of the tokens is written as one word, or with hyphens."""
        asked, keys = _asked(tokens)
        single = [place for key in keys for place in places_in(self.where(key))]
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
        found = set[Span]()
        for key in keys & self.twos:
            places, pieces = places_of(self.spelling.twos, key), self.pieces
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

    @cached_property
    def _borders(self) -> tuple[frozenset[int], frozenset[int]]:
        """Where words start, and where they end."""
        return frozenset(start for start, _ in self._offsets), frozenset(end for _, end in self._offsets)

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
        """Whether a word starts there and a word ends there: seen from the chunks around, which are known, not from the
        whole text; it is read once where there are long ones, such as a text in Chinese."""
        first, last = self._spaced.rfind(" ", 0, start) + 1, self._spaced.find(" ", end)
        around = self._spaced[first : last if last >= 0 else None]
        if len(around) > _LONG:
            return start in self._borders[0] and end in self._borders[1]
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
