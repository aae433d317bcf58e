"""Textual: the kinds of entries that are met by words of a text, where a mere look-up does not say which."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence

from bot.query.entries import Entry
from bot.query.field import Field, Span
from bot.query.leaves import ANYWHERE, Near
from bot.query.words import piece_of


class TextEntry(Entry):
    """What is asked for in a field; `alike` is something else of the same letters."""

    __slots__ = ("alike", "field")

    def __init__(self, field: str) -> None:
        super().__init__()
        self.field = field
        self.alike: TextEntry | None = None

    def is_sought_in(self, name: str) -> bool:
        """Whether it looks in the text of that name."""
        return self.field in (ANYWHERE, name)


class WordEntry(TextEntry):
    """A word that is asked for by any of some tokens."""

    __slots__ = ("tokens",)

    def __init__(self, field: str, tokens: tuple[str, ...]) -> None:
        super().__init__(field)
        self.tokens = tokens

    @property
    def weight(self) -> float:
        return word_weight(len(self.tokens[0]))


class PhraseEntry(TextEntry):
    """A phrase: for each word the tokens any of which meets it, and a bit where it may be written as one with the
    next."""

    __slots__ = ("joins", "length", "text", "tokens")

    def __init__(self, field: str, tokens: tuple[frozenset[str], ...], joins: int, length: int, text: str) -> None:
        super().__init__(field)
        self.tokens = tokens
        self.joins = joins
        self.length = length  # of its words together
        self.text = text

    @property
    def weight(self) -> float:
        return word_weight(self.length) / 2

    @property
    def is_solid(self) -> bool:
        """Whether all of it may be written as one word."""
        return all_join(self.joins, 0, len(self.tokens))


class Beginning(TextEntry):
    """A longer phrase begins with these letters."""

    __slots__ = ()


class Compound(TextEntry):
    """Two words of these letters are asked for by queries that are to be tried where a text writes them as one."""

    __slots__ = ()


class NearEntry(TextEntry):
    """Two words that are to stand near one another: for the letters of each the tokens any of which meets it."""

    __slots__ = ("apart", "term", "tokens")

    def __init__(self, term: Near) -> None:
        super().__init__(term.field)
        assert term.letters
        one, two, *_ = term.letters
        first, second = (frozenset(unit.parts[0].tokens) for unit in term.units)
        self.term = term
        self.apart = term.distance + 1  # words from one to the other at most
        self.tokens = {one: first, two: second}

    @property
    def weight(self) -> float:
        return min(map(word_weight, map(len, self.tokens))) / 2

    def stands(self, field: Field, where: Mapping[str, Sequence[int]]) -> bool:
        """Whether its words stand in the text, which has words of these letters at these places, in order."""
        if not self.is_sought_in(field.name):
            return False
        one, two = self.tokens
        others, apart = where[two], self.apart
        close = [(place, other) for place in where[one] for other in _within(others, place - apart, place + apart)]
        return bool(close) and any(self._is_at(field, place) and self._is_at(field, other) for place, other in close)

    def may_stand(self, key: str, span: Span, where: Mapping[str, Sequence[int]], made: Collection[str]) -> bool:
        """Whether it may be met by several words that have these letters together and stand there: words of the letters
        of `where` stand alone, and others together have those of `made`."""
        one, two = self.tokens
        if key not in (one, two):  # both are written as one
            return True
        other, (first, last) = two if key == one else one, span
        return other in made or bool(_within(where.get(other, ()), first - self.apart, last + self.apart))

    def _is_at(self, field: Field, place: int) -> bool:
        words, ones, _ = field.spelling
        return not self.tokens[ones[place]].isdisjoint(piece_of(words[place]).offered)


def _within(places: Sequence[int], first: int, last: int) -> Sequence[int]:
    return places[bisect_left(places, first) : bisect_right(places, last)]


def word_weight(length: int) -> float:
    """The rarer the longer: where it was tried, as good as to count the papers."""
    return 100 / (length + 1)


def all_join(joins: int, first: int, last: int) -> bool:
    """Whether those words of a phrase may all be written as one."""
    needed = (1 << (last - 1)) - (1 << first)
    return joins & needed == needed
