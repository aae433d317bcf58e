"""Near: whether words stand close together in a text, and in which stretches of it."""

from collections.abc import Iterable, Iterator
from functools import reduce
from operator import or_

from bot.query.bits import Bits, bits_of, places_in
from bot.query.field import Field, Span, places_of
from bot.query.leaves import Near, Spelled
from bot.query.words import piece_of

Found = tuple[int, int, int]  # start, end, which word


def is_near(term: Near, field: Field) -> bool:
    """Whether there is such a stretch."""
    if not term.pair:
        return _may_be_near(term, field) and next(windows(term, field), None) is not None
    # It takes far less time to compare just the places of words that stand for themselves, as most do.
    if _are_near(term.pair, term.distance, field):
        return True
    return _is_written_otherwise(term, field) and next(windows(term, field), None) is not None


def _are_near(pair: tuple[Spelled, Spelled], distance: int, field: Field) -> bool:
    """Whether both stand near one another, each of their words as a word of the text."""
    one, two = pair
    firsts, seconds = _in_a_row(one, field), _in_a_row(two, field)
    before, after = distance + len(two), distance + len(one)
    if not firsts & _around(seconds, after, before):
        return False
    firsts = _offering(one, field, firsts)
    return bool(firsts & _around(_offering(two, field, seconds & _around(firsts, before, after)), after, before))


def _in_a_row(spelled: Spelled, field: Field) -> Bits:
    """Where words of those letters begin to follow one another."""
    found = field.where(spelled[0][0])
    for place, (key, _) in enumerate(spelled[1:], 1):
        found &= field.where(key) >> place
    return found


def _around(places: Bits, before: int, after: int) -> Bits:
    """The places, and so many before and after each of them."""
    reached, length, wanted = places, 1, before + after + 1
    while length < wanted:
        step = min(length, wanted - length)
        reached |= reached << step
        length += step
    return reached >> before


def _offering(spelled: Spelled, field: Field, places: Bits) -> Bits:
    """Those of the places at which the words themselves stand, and not others of their letters."""
    return bits_of([at for at in places_in(places) if _offers(spelled, field, at)])


def _offers(spelled: Spelled, field: Field, at: int) -> bool:
    words = field.spelling.words
    for place, (_, tokens) in enumerate(spelled, at):  # noqa: SIM110 - a generator takes twice as long
        if tokens.isdisjoint(piece_of(words[place]).offered):
            return False
    return True


def _is_written_otherwise(term: Near, field: Field) -> bool:
    """Whether the text may write several words of the term as one, or one as several."""
    known = term.known
    if any(len(words) > 1 for key in known.keys() & field.last.keys() for words in known[key]):
        return True
    pairs = [
        ((place, place + 2), key) for key in known.keys() & field.twos for place in places_of(field.spelling.twos, key)
    ]
    longer = [(span, key) for span, key in field.hyphens.items() if key in known]
    return any(_is_otherwise(known[key], field, span) for span, key in (*pairs, *longer))


def _is_otherwise(alike: Iterable[Spelled], field: Field, span: Span) -> bool:
    """Whether the words there stand for fewer or others than themselves."""
    first, last = span
    return any(len(words) != last - first or not _offers(words, field, first) for words in alike)


def _may_be_near(term: Near, field: Field) -> bool:
    """False where words with which two units have to begin are too far apart: that is known sooner."""
    if term.begins is None or _may_be_several(term, field):
        return True
    first, *others = (reduce(or_, map(field.where, keys)) for keys in term.begins)
    reach = term.distance + sum(len(unit.parts) for unit in term.units)
    near = _around(first, reach + 1, reach + 1)
    return all(near & places for places in others)


def _may_be_several(term: Near, field: Field) -> bool:
    """Whether words of the text, hyphenated or not, have any letters together that the term knows."""
    known = term.known.keys()
    return not known.isdisjoint(field.twos) or (bool(field.hyphens) and not known.isdisjoint(field.hyphens.values()))


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
