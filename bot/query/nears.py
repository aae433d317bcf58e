"""Nears: pairs of words that are to stand near one another. A text is read once for all of them.

A word of a text is looked up by its letters (`words.letters`), and there what is asked for that it meets. Where the
text writes one of the two words as several, or both as one, the places are sought by `near.windows`.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import compress

from bot.query.entries import Entry
from bot.query.field import Field, Span
from bot.query.leaves import Near
from bot.query.near import is_near
from bot.query.textual import NearEntry
from bot.query.words import piece_of

MOST_BETWEEN = 10  # words; farther apart, too many others have to be looked at
_MAX_KEPT = 100  # words of the same letters: capitals, plurals, what is hyphenated


class Unit:
    """A word that is to stand near others, by the tokens any of which meets it, and the shorter ones of these others
    with the pairs of both."""

    __slots__ = ("others", "tokens")

    def __init__(self, tokens: frozenset[str]) -> None:
        self.tokens = tokens
        self.others: dict[Unit, list[NearEntry]] = {}


class Alike:
    """What is asked for of the same letters: the words; the pairs that one word may be for `both`; the pairs that
    `several` words of a text may stand for."""

    __slots__ = ("_units", "both", "several", "words")

    def __init__(self) -> None:
        self._units: dict[frozenset[str], Unit] = {}
        self.both: list[NearEntry] = []
        self.several: list[NearEntry] = []
        self.words: dict[str, tuple[Unit, ...]] = {}  # what the words of a text meet that were seen, with their marks

    def unit(self, tokens: frozenset[str]) -> Unit:
        """The unit that these tokens meet; a new one where there is none."""
        if tokens not in self._units:
            self._units[tokens] = Unit(tokens)
            self.words.clear()
        return self._units[tokens]

    def learn(self, marked: str) -> tuple[Unit, ...]:
        """What this word meets, from now on known."""
        if len(self.words) >= _MAX_KEPT:
            self.words.clear()
        offered = piece_of(marked).offered
        met = self.words[marked] = tuple(unit for unit in self._units.values() if not unit.tokens.isdisjoint(offered))
        return met


class Nears:
    """The pairs that are asked for."""

    def __init__(self) -> None:
        self.alike: dict[str, Alike] = {}  # by letters

    @staticmethod
    def takes(term: Near) -> bool:
        """Whether this is a pair that can be found so."""
        return term.letters is not None and term.letters[0] != term.letters[1] and term.distance <= MOST_BETWEEN

    def add(self, term: Near) -> NearEntry:
        """A new entry for the term."""
        assert term.pair
        assert term.letters
        entry = NearEntry(term)
        ((one, _),), ((two, _),) = term.pair
        first, second = (self._of(key).unit(tokens) for ((key, tokens),) in term.pair)
        if len(two) > len(one):  # longer words are rarer, so fewer others are looked at
            first, second = second, first
        first.others.setdefault(second, []).append(entry)
        for key in (one + two, two + one):
            self._of(key).both.append(entry)
        for key in dict.fromkeys(term.letters):
            self._of(key).several.append(entry)
        return entry

    def _of(self, key: str) -> Alike:
        return self.alike.setdefault(key, Alike())

    def meet(self, field: Field, made: Mapping[Span, str], met: set[Entry]) -> None:
        """Add the pairs of the field to `met`; `made`: where several words of it have letters together that are
        known."""
        words, ones, _ = field.spelling
        where: dict[Unit, list[int]] = defaultdict(list)
        otherwise: list[NearEntry] = []
        for place, key in compress(enumerate(ones), map(self.alike.__contains__, ones)):
            alike = self.alike[key]
            units = alike.words.get(words[place])
            for unit in alike.learn(words[place]) if units is None else units:
                where[unit].append(place)
            if alike.both:
                otherwise += alike.both
        for unit, places in where.items():
            for other in unit.others.keys() & where.keys():
                between = _least_between(places, where[other])
                met.update([entry for entry in unit.others[other] if entry.takes(between, field.name)])
        otherwise += self._made_of_several(field, made)
        for entry in otherwise:
            if entry not in met and entry.is_sought_in(field.name) and is_near(entry.term, field):
                met.add(entry)

    def _made_of_several(self, field: Field, made: Mapping[Span, str]) -> Iterator[NearEntry]:
        """Those that may be met where several words stand for one."""
        for span, key in made.items():
            yield from (one for one in self.alike[key].several if one.may_stand(key, span, field, made.values()))


def _least_between(ones: Sequence[int], twos: Sequence[int]) -> int:
    """The least number of words between two of these places, both in order and not empty."""
    least, one, two = abs(ones[0] - twos[0]), 0, 0
    while one < len(ones) and two < len(twos):
        apart = ones[one] - twos[two]
        least = min(least, abs(apart))
        if apart < 0:
            one += 1
        else:
            two += 1
    return least - 1
