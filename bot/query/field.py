"""Field: one text of a paper, cut into words; where a word or a phrase stands in it."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from itertools import pairwise

from bot.query.phrase import Step
from bot.query.shapes import spaced
from bot.query.words import CHUNKS, MIN_HALF, PLURAL, Link, Piece, tokens_of

Steps = tuple[tuple[Step, ...], ...]
Span = tuple[int, int]  # positions of words, from the first up to the last (exclusive)
Ends = dict[int, set[int]]  # for each position where a step can be taken, where it leads
Ways = list[list[tuple[int, Ends]]]
_CHUNK = re.compile(r"\S+")


class Field:
    """One text of a paper. Words are counted from 0: these counts are the positions."""

    def __init__(self, name: str, text: str, offset: int = 0) -> None:
        self.name = name
        self.text = text
        self.offset = offset  # of the text in the line that Document.text gives
        self._chunks = spaced(text).split()

    @cached_property
    def tokens(self) -> frozenset[str]:
        """Everything a single word may be asked for by, except what `guesses` adds."""
        return tokens_of(self._chunks)

    @cached_property
    def _pieces(self) -> list[Piece]:
        return [piece for chunk in self._chunks for piece in CHUNKS[chunk].pieces]

    @cached_property
    def runs(self) -> str:
        """The folded text of the scripts without borders of words, one run a line."""
        return "".join(("" if piece.link is Link.RUN else "\n") + piece.word.raw for piece in self._pieces)

    @cached_property
    def guesses(self) -> frozenset[str]:
        """The tokens of each two neighbouring words written as one: `fine tuning` is found by `finetuning`."""
        halves = [piece.half for piece in self._pieces]
        pairs = {one + two for one, two in pairwise(halves) if one and two}
        ends = [(one.half, two.offered) for one, two in pairwise(self._pieces) if len(two.offered) > 1]
        return frozenset(pairs.union(one + token for one, tokens in ends if one for token in tokens))

    @cached_property
    def _firm(self) -> dict[str, list[Span]]:
        """Where each token stands that is written so, or with hyphens."""
        found: dict[str, list[Span]] = defaultdict(list)
        for position, piece in enumerate(self._pieces):
            for token in piece.offered:
                found[token].append((position, position + 1))
        first = 0
        for chunk in map(CHUNKS.__getitem__, self._chunks):
            for joined in chunk.joined:
                for token in joined.word.offered:
                    found[token].append((first + joined.first, first + joined.last))
            first += len(chunk.pieces)
        return dict(found)

    def _guessed(self, token: str) -> list[Span]:
        """Where two words of the text with a blank between them make the token."""
        if token not in self.guesses:
            return []
        pairs = enumerate(pairwise(self._pieces))
        return [
            (position, position + 2)
            for position, (one, two) in pairs
            if one.half and two.half and any(one.half + end == token for end in two.offered)
        ]

    def has(self, tokens: tuple[str, ...]) -> bool:
        """Whether any of the tokens of a word is met."""
        if not self.tokens.isdisjoint(tokens):
            return True
        return len(tokens[0]) >= 2 * MIN_HALF and not self.guesses.isdisjoint(tokens)

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

    def solid(self, tokens: Iterable[str]) -> set[Span]:
        """Where any of the tokens is written as one word, or with hyphens."""
        return {span for token in tokens for span in self._firm.get(token, ())}

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
        tokens = self._with_prefix(step.tokens[0]) if step.prefix else step.tokens
        spans = self.solid(tokens)
        # Two guesses would meet where nothing does: `"superb owl"` in "super bowl".
        if not (step.joined or step.prefix):
            spans.update(span for token in tokens for span in self._guessed(token))
        for start, end in spans:
            if not step.run or self._pieces[start].link is Link.RUN:
                ends[start].add(end)
        return ends

    def _with_prefix(self, prefix: str) -> list[str]:
        return [token for token in self._firm if token.startswith(prefix) and token[-1] != PLURAL]

    @cached_property
    def _offsets(self) -> list[Span]:
        """The places of all words in the text."""
        chunks = [(chunk.start(), CHUNKS[chunk[0]]) for chunk in _CHUNK.finditer(spaced(self.text))]
        return [(at + piece.start, at + piece.end) for at, chunk in chunks for piece in chunk.pieces]

    def place(self, span: Span) -> Span:
        """The place in Document.text of the words from the first up to the last position."""
        return self.offset + self._offsets[span[0]][0], self.offset + self._offsets[span[1] - 1][1]

    def exact(self, text: str) -> Iterator[Span]:
        """Where exactly this text stands between borders of words, as places in Document.text."""
        at = self.text.find(text)
        while at >= 0:
            if at in self._starts and at + len(text) in self._word_ends:
                yield self.offset + at, self.offset + at + len(text)
            at = self.text.find(text, at + 1)

    @cached_property
    def _starts(self) -> frozenset[int]:
        return frozenset(start for start, _ in self._offsets)

    @cached_property
    def _word_ends(self) -> frozenset[int]:
        return frozenset(end for _, end in self._offsets)
