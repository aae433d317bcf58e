"""Near: the stretches of a text in which words stand close together."""

from collections.abc import Iterable, Iterator

from bot.query.field import Field, Span
from bot.query.leaves import Near

Found = tuple[int, int, int]  # start, end, which word


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
