"""Near: whether words stand close together in a text, and in which stretches of it."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from bot.query.bits import Bits, bits_of, places_in
from bot.query.field import Field, Span
from bot.query.leaves import Near, Words
from bot.query.words import piece_of

Found = tuple[int, int, int]  # start, end, which word


def is_near(term: Near, field: Field) -> bool:
    """Whether there is such a stretch."""
    if not term.letters:
        return next(windows(term, field), None) is not None
    # It takes far less time to compare just the places of two words that stand for themselves, as most do.
    one, two, both, turned = term.letters
    firsts, seconds = field.where.get(one), field.where.get(two)
    if firsts and seconds and (firsts := firsts & _around(seconds, term.distance)):
        firsts = _offering(term.units[0], field, firsts)
        seconds = _offering(term.units[1], field, seconds & _around(firsts, term.distance))
        if firsts & _around(seconds, term.distance):
            return True
    may_be = both in field.where or turned in field.where or _may_be_several(term.known, field)
    return may_be and next(windows(term, field), None) is not None


def _around(places: Bits, distance: int) -> Bits:
    """The places, and around each so many and one more."""
    reached, length, wanted = places, 1, 2 * distance + 3
    while length < wanted:
        step = min(length, wanted - length)
        reached |= reached << step
        length += step
    return reached >> distance + 1


def _may_be_several(known: frozenset[str], field: Field) -> bool:
    """Whether words of the text, hyphenated or not, have any of these letters together."""
    return not known.isdisjoint(field.twos) or (bool(field.hyphens) and not known.isdisjoint(field.hyphens.values()))


def may_be_near(term: Near, field: Field) -> bool:
    """False where words with which two units have to begin are too far apart: that is known sooner."""
    if term.begins is None or _may_be_several(term.known, field):
        return True
    first, *others = (reduce(or_, (field.where.get(key, 0) for key in keys)) for keys in term.begins)
    near = _around(first, term.distance + sum(len(unit.parts) for unit in term.units))
    return all(near & places for places in others)


def _offering(unit: Words, field: Field, places: Bits) -> Bits:
    """Those of the places at which the word itself stands, and not another one of its letters."""
    words, asked = field.spelling.words, set(unit.parts[0].tokens)
    return bits_of([at for at in places_in(places) if not asked.isdisjoint(piece_of(words[at]).offered)])


def windows(term: Near, field: Field) -> Iterator[tuple[Span, ...]]:
    """For each stretch with all of the words and at most so many others: the places of the words in it.

    One pass over all places, in order; the latest place of each word makes the shortest stretch that ends here.
    """
    latest: dict[int, Span] = {}  # the longest unseen first
    longest = 0
    for start, end, which in sorted(_found(term, field)):
        latest.pop(which, None)
        latest[which] = (start, end)
        longest = max(longest, end - start)
        if len(latest) < len(term.units):
            continue
        first = next(iter(latest.values()))[0]
        if end - first <= term.distance + longest * len(term.units) and _others(latest) <= term.distance:
            yield tuple(latest.values())


def _found(term: Near, field: Field) -> set[Found]:
    """All places of all words, and if one of them is nowhere, nothing."""
    made: list[tuple[int, int, set[Span]]] = []
    if field.may_be_solid(term.glued):
        made = [(one, two, spans) for one, two, tokens in term.compounds if (spans := field.solid(tokens))]
    found = {(start, end, which) for one, two, spans in made for start, end in spans for which in (one, two)}
    for which, unit in enumerate(term.units):
        only = unit.parts[0]
        is_word = len(unit.parts) == 1 and not only.prefix
        places: Iterable[Span] = field.word(only.tokens) if is_word else field.spans(unit.steps)
        stands = {(start, end, which) for start, end in places}
        if not stands and not any(which in (one, two) for one, two, _ in made):
            return set()
        found |= stands
    return found


def _others(latest: dict[int, Span]) -> int:
    """How many words of the stretch are none of the words that were asked for."""
    spans = latest.values()
    taken = {position for span in spans for position in range(*span)}
    return max(end for _, end in spans) - min(start for start, _ in spans) - len(taken)
