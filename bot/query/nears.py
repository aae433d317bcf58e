"""Nears: pairs of words that are to stand near one another. A text is read once for all of them.

What stands where is known by letters (`words.letters`); then both words are looked at. Where the text writes one of the
two words as several, or both as one, the places are sought by `near.windows`.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import compress

from bot.query.entries import Entry
from bot.query.field import Field
from bot.query.leaves import Near
from bot.query.near import is_near
from bot.query.textual import NearEntry

MOST_BETWEEN = 10  # words; farther apart, too many others have to be looked at


class Nears:
    """The pairs that are asked for."""

    def __init__(self) -> None:
        # By the letters of the longer word, then of the other; of both together, too, but with no other.
        self._pairs: dict[str, dict[str, list[NearEntry]]] = {}
        self._together: dict[str, list[NearEntry]] = {}  # by the letters of both together
        self.several: dict[str, list[NearEntry]] = {}  # by letters that several words of a text may have together

    @staticmethod
    def takes(term: Near) -> bool:
        """Whether this is a pair that can be found so."""
        return term.letters is not None and term.letters[0] != term.letters[1] and term.distance <= MOST_BETWEEN

    def add(self, term: Near) -> NearEntry:
        """A new entry for the term."""
        assert term.letters
        one, two, *both = term.letters
        entry = NearEntry(term)
        shorter, longer = sorted((one, two), key=len)
        self._pairs.setdefault(longer, {}).setdefault(shorter, []).append(entry)
        for key in both:
            self._pairs.setdefault(key, {})
            self._together.setdefault(key, []).append(entry)
        for key in dict.fromkeys(term.letters):
            self.several.setdefault(key, []).append(entry)
        return entry

    def meet(self, field: Field, made: Collection[str], met: set[Entry]) -> None:
        """Add the pairs of the field to `met`; `made`: letters that several words of it have together."""
        ones = field.spelling.letters
        places = list(compress(enumerate(ones), map(self._pairs.__contains__, ones)))
        met.update(self._close(field, places))
        for entry in self._written_otherwise(places, made):
            if entry not in met and entry.is_sought_in(field.name) and is_near(entry.term, field):
                met.add(entry)

    def _close(self, field: Field, places: Iterable[tuple[int, str]]) -> Iterator[NearEntry]:
        for at, key in places:
            others, first = self._pairs[key], max(at - MOST_BETWEEN - 1, 0)
            around = field.spelling.letters[first : at + MOST_BETWEEN + 2]
            if not others.keys().isdisjoint(around):
                there = [(place, other) for place, other in enumerate(around, first) if other in others]
                yield from (
                    entry for place, other in there for entry in others[other] if entry.stands(field, at, place)
                )

    def _written_otherwise(self, places: list[tuple[int, str]], made: Collection[str]) -> set[NearEntry]:
        """Those that may be met by one word for both, or by several for one."""
        found = {entry for _, key in places if key in self._together for entry in self._together[key]}
        if not self.several.keys().isdisjoint(made):
            found.update(entry for key in self.several.keys() & set(made) for entry in self.several[key])
        return found
