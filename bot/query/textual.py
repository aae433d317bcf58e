"""Textual: the kinds of entries that are met by words of a text, where a mere look-up does not say which."""

from collections.abc import Collection

from bot.query.entries import Entry
from bot.query.field import Field, Span
from bot.query.leaves import ANYWHERE, Near


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
    """Two words that are to stand near one another."""

    __slots__ = ("pair", "term")

    def __init__(self, term: Near) -> None:
        super().__init__(term.field)
        assert term.pair
        self.term = term
        self.pair = term.pair

    @property
    def weight(self) -> float:
        return min(word_weight(len(key)) for words in self.pair for key, _ in words) / 2

    def takes(self, between: int, name: str) -> bool:
        """Whether it is met where both words stand in the text of that name, with so many others between them."""
        return between <= self.term.distance and self.is_sought_in(name)

    def may_stand(self, key: str, span: Span, field: Field, made: Collection[str]) -> bool:
        """Whether it may be met by several words of the text that have these letters together and stand there; others
        have those of `made`."""
        ((one, _),), ((two, _),) = self.pair
        if key not in (one, two):  # both are written as one
            return True
        other, (first, last), apart = two if key == one else one, span, self.term.distance + 1
        close = ((2 << last + 2 * apart) - (1 << first)) >> apart
        return other in made or bool(field.where(other) & close)


def word_weight(length: int) -> float:
    """The rarer the longer: where it was tried, as good as to count the papers."""
    return 100 / (length + 1)


def all_join(joins: int, first: int, last: int) -> bool:
    """Whether those words of a phrase may all be written as one."""
    needed = (1 << (last - 1)) - (1 << first)
    return joins & needed == needed
