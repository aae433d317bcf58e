"""Nears: pairs of words that are to stand near one another. A text is read once for all of them.

What stands where is known by letters (`words.letters`); then both words are looked at. Where the text writes one of the
two words as several, or both as one, the places are sought by `near.windows`.
"""

from collections.abc import Iterator, Mapping
from itertools import compress

from bot.query.entries import Entry
from bot.query.field import Field, Span
from bot.query.leaves import Near
from bot.query.near import is_near
from bot.query.textual import NearEntry

MOST_BETWEEN = 10  # words; farther apart, too many others have to be looked at


class Nears:
    """The pairs that are asked for."""

    def __init__(self) -> None:
        self._pairs: dict[str, dict[str, list[NearEntry]]] = {}  # by the letters of the longer word, then of the other
        self._together: dict[str, list[NearEntry]] = {}  # by the letters of both together
        self.several: dict[str, list[NearEntry]] = {}  # by all these letters, which several words of a text may have

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
            self._together.setdefault(key, []).append(entry)
        for key in dict.fromkeys(term.letters):
            self.several.setdefault(key, []).append(entry)
        return entry

    def meet(self, field: Field, made: Mapping[Span, str], met: set[Entry]) -> None:
        """Add the pairs of the field to `met`; `made`: where several words of it have letters of `several` together."""
        ones = field.spelling.letters
        where: dict[str, list[int]] = {}
        for place, key in compress(enumerate(ones), map(self.several.__contains__, ones)):
            where.setdefault(key, []).append(place)
        for longer in where.keys() & self._pairs.keys():
            others = self._pairs[longer]
            for shorter in others.keys() & where.keys():
                met.update([entry for entry in others[shorter] if entry.stands(field, where)])
        for entry in self._written_otherwise(where, made):
            if entry not in met and entry.is_sought_in(field.name) and is_near(entry.term, field):
                met.add(entry)

    def _written_otherwise(self, where: dict[str, list[int]], made: Mapping[Span, str]) -> Iterator[NearEntry]:
        """Those that may be met by one word for both, or by several for one."""
        for key in where.keys() & self._together.keys():
            yield from self._together[key]
        for span, key in made.items():
            yield from (one for one in self.several[key] if one.may_stand(key, span, where, made.values()))
