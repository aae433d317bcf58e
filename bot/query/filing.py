"""Under which entries a query is filed: where it costs least, see `entries`."""

from array import array
from typing import TypeAlias

from bot.query.entries import All, Any, Entry, Filed, Program, Rest, Without

# The rests of queries by their numbers, or the numbers of those that need no more: these take a fifth of the memory,
# and are half as long to read, since the numbers lie side by side.
Numbers: TypeAlias = "dict[int, Program] | array[int]"


def pair(program: Program) -> tuple[dict[Entry, int], Entry] | None:
    """Where a query of just two terms is filed: under the rarer one, or under the one that it is not to be without."""
    if not isinstance(program, All) or len(program.parts) != 2:
        return None
    match program.parts:
        case (Entry() as one, Entry() as two):
            first, second = sorted((one, two), key=_rarity)
            filed = _filed_under(first)
            filed.pairs = {} if filed.pairs is None else filed.pairs
            return filed.pairs, second
        case (Entry() as one, Without(other, None)) | (Without(other, None), Entry() as one):
            filed = _filed_under(one)
            filed.nots = {} if filed.nots is None else filed.nots
            return filed.nots, other
    return None


def _filed_under(entry: Entry) -> Filed:
    entry.filed = entry.filed or Filed()
    return entry.filed


def _rest_under(entry: Entry) -> Rest:
    """What is filed under the entry that a look-up does not decide."""
    filed = _filed_under(entry)
    filed.rest = filed.rest or Rest()
    return filed.rest


def tried_under(entry: Entry) -> dict[int, Program]:
    """What is tried where the entry is met, with what else has to be met."""
    filed = _filed_under(entry)
    filed.tried = {} if filed.tried is None else filed.tried
    return filed.tried


def _rarity(entry: Entry) -> tuple[float, int]:
    """Rare entries first, and always in the same order, so that equal queries are filed in one place."""
    return entry.weight, id(entry)


def file(number: int, program: Program, under: list[Numbers]) -> None:
    """File the query under every entry one of which is met by every paper that answers it."""
    if isinstance(program, Any) and not program.others:
        for entry in dict.fromkeys(program.entries):
            filed = _filed_under(entry)
            filed.some = array("q") if filed.some is None else filed.some
            filed.some.append(number)
            under.append(filed.some)
        return
    required = _required(program)
    assert required is not None, "the parser refuses queries without a positive term in each alternative"
    _, entries = required
    if len(entries) == 1 and isinstance(program, All) and (second := _second(program, entries[0])):
        first = entries[0]
        others = All(tuple(part for part in program.parts if part not in (first, second)))
        by_number = _rest_under(first).further.setdefault(second, {})
        by_number[number] = others
        under.append(by_number)
        return
    rest = _without_group(program, entries)
    for entry in dict.fromkeys(entries):
        more = _rest_under(entry).more
        more[number] = rest
        under.append(more)


def _without_group(program: Program, entries: list[Entry]) -> Program:
    """What is left to be asked of a paper that meets one of these entries."""
    if not isinstance(program, All):
        return program
    left = [part for part in program.parts if not (isinstance(part, Any) and list(part.parts) == entries)]
    return left[0] if len(left) == 1 else All(tuple(left))


def _second(program: All, first: Entry) -> Entry | None:
    others = [part for part in program.parts if isinstance(part, Entry) and part is not first]
    return min(others, key=_rarity, default=None) if first in program.parts else None


def _required(program: Program) -> tuple[float, list[Entry]] | None:
    """The rarest entries one of which every paper meets for which the program holds, and how rare they are."""
    if isinstance(program, Entry):
        return program.weight, [program]
    if not isinstance(program, All | Any):
        return None
    parts = [_required(part) for part in program.parts]
    if isinstance(program, All):
        return min((part for part in parts if part), key=lambda part: part[0], default=None)
    known = [part for part in parts if part]
    if len(known) < len(parts):
        return None
    return sum(weight for weight, _ in known), [entry for _, entries in known for entry in entries]
