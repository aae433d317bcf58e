"""Matcher: the index over all queries. Which of them does a paper answer? Without trying each.

Equal queries are held once, under a number. A paper's entries are looked up, and with them the queries that are filed
there. What a look-up cannot decide (a spelling, words that are near, words that a text may write as one) is asked of
the evaluator, which is always right: the tests hold both against each other.

Measured beside other ways in tests/benchmarks/match.py; the figures are in README.md.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from hashlib import blake2b
from itertools import combinations
from typing import NamedTuple, TypeAlias, TypeVar

from bot.query.document import Document
from bot.query.entries import All, Any, Bits, Entry, Evaluated, Filed, Program, Without, bits_of, places_of
from bot.query.evaluate import today, truth
from bot.query.leaves import Node, Term, Words
from bot.query.syntax import Query, parse
from bot.query.tree import And, Not, Or
from bot.query.vocabulary import Vocabulary, states

_ALWAYS_STATED = ("", "title", "abstract", "note", "source", "id")
_NOBODY = -1
Key = TypeVar("Key", Entry, int)
_NONE: Mapping[Entry, int] = {}


class _Among(NamedTuple):
    """A query among others: under its number in all of these."""

    key: bytes
    under: list["_Numbers"]


# The rests of queries by their numbers, or the numbers of those that need no more: these take a fifth of the memory,
# and are half as long to read, since the numbers lie side by side.
_Numbers: TypeAlias = "dict[int, Program] | array[int]"
# Alone under an entry; as a pair under the other entry; or among others.
_Place = Entry | tuple[dict[Entry, int], Entry] | _Among


class Matcher:
    """All queries that somebody subscribed to. Numbers are those of the distinct queries, from 0; a number that no
    subscription asks for any more is given to another query."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self._subscribers = _Subscribers()
        self._places: list[_Place | None] = []  # by number: where the query is filed
        self._free: list[int] = []
        self._numbers: dict[bytes, int] = {}  # by key, of the queries that are not found by where they are filed
        self._texts: dict[int, str] = {}  # of the queries of which the evaluator may be asked

    def __len__(self) -> int:
        return len(self._places) - len(self._free)

    def add(self, id: int, query: Query) -> None:
        """From now on the subscription of that id asks for the query, and for nothing else."""
        self.remove(id)
        self._subscribers.add(id, self._number(query))

    def remove(self, id: int) -> None:
        """The subscription asks for nothing any more."""
        number = self._subscribers.remove(id)
        if number is not None and not self._subscribers.asks(number):
            self._unfile(number)

    def subscribers(self, number: int) -> list[int]:
        """The ids of the subscriptions that ask the query of that number."""
        return self._subscribers.of(number)

    def match(self, document: Document, now: datetime) -> list[int]:
        """The numbers of the queries that the paper answers at that time."""
        paper = _Paper(self, document, today(now))
        met = paper.met
        found = [number for number in [entry.alone for entry in met] if number >= 0]
        among = set[int]()
        for filed in [entry.filed for entry in met if entry.filed]:
            if filed.pairs:
                found += [number for other, number in filed.pairs.items() if other in met]
            if filed.nots:
                found += [number for other, number in filed.nots.items() if other not in met]
            if filed.some:
                among.update(filed.some)
            if filed.more:
                among.update(number for number, rest in filed.more.items() if rest.holds(paper))
            if filed.further:
                for other in filed.further.keys() & met:
                    among.update(number for number, rest in filed.further[other].items() if rest.holds(paper))
        found += among
        if paper.tried:
            found += [number for number in paper.tried.difference(found) if paper.answers(number)]
        return found

    def match_batch(self, documents: Sequence[Document], now: datetime) -> dict[int, Bits]:
        """For each query that any of the papers answers at that time, which: bit i is documents[i]."""
        papers = _Papers(self, documents, today(now))
        met, found, among = papers.met, dict[int, Bits](), dict[int, Bits]()
        for entry, bits in met.items():
            if entry.alone >= 0:
                found[entry.alone] = bits
            if entry.filed:
                _find(entry.filed, bits, papers, found, among)
        found.update(among)
        for number, bits in papers.tried.items():
            if more := papers.answering(number, bits & ~found.get(number, 0)):
                found[number] = found.get(number, 0) | more
        return found

    def _number(self, query: Query) -> int:
        """The number of the query; it is filed where it is new."""
        program, compounds, exact = _compile(query.root, self.vocabulary)
        if not exact:
            number, is_new = self._file_among(_digest(query), program, evaluated=True)
        elif isinstance(program, Entry):
            if is_new := program.alone < 0:
                program.alone = self._new(program)
            number = program.alone
        elif pair := _pair(program):
            by_other, other = pair
            if is_new := other not in by_other:
                by_other[other] = self._new(pair)
            number = by_other[other]
        else:
            number, is_new = self._file_among(_digest(query), program, evaluated=False)
        if is_new and (compounds or not exact):
            self._texts[number] = query.text
            for one, two in compounds:
                self.vocabulary.texts(one.field).compound(one, two, number)
        return number

    def _new(self, place: _Place) -> int:
        if self._free:
            number = self._free.pop()
            self._places[number] = place
            return number
        self._places.append(place)
        return len(self._places) - 1

    def _file_among(self, key: bytes, program: Program, *, evaluated: bool) -> tuple[int, bool]:
        """The number of the query of that key, and whether it is new."""
        if key in self._numbers:
            return self._numbers[key], False
        under: list[_Numbers] = []
        number = self._numbers[key] = self._new(_Among(key, under))
        if evaluated:
            program = All((program, Evaluated(number)))
        _file(number, program, under)
        return number, True

    def _unfile(self, number: int) -> None:
        place = self._places[number]
        match place:
            case Entry():
                place.alone = _NOBODY
            case _Among(key, under):
                for numbers in under:
                    if isinstance(numbers, dict):
                        del numbers[number]
                    else:
                        numbers.remove(number)
                del self._numbers[key]
            case (by_other, other):
                del by_other[other]
        self._places[number] = None
        self._texts.pop(number, None)
        self._free.append(number)

    def truly(self, number: int, document: Document, day: date) -> bool:
        """What the evaluator says of a query that may have to be asked of it."""
        text = self._texts.get(number)
        return text is not None and truth(parse(text).root, document, day) is True


class _Paper:
    """A paper: which entries it meets, and which queries it is to be tried with."""

    def __init__(self, matcher: Matcher, document: Document, day: date) -> None:
        self._matcher, self._document, self._day = matcher, document, day
        self.met, self.tried = matcher.vocabulary.met(document, day)

    def states(self, field: str) -> bool:
        return states(self._document, field)

    def answers(self, number: int) -> bool:
        return self._matcher.truly(number, self._document, self._day)


class _Papers:
    """The papers of a batch: for each entry and each query which of them."""

    def __init__(self, matcher: Matcher, documents: Sequence[Document], day: date) -> None:
        self._matcher, self._documents, self._day = matcher, documents, day
        self.met: dict[Entry, Bits] = {}
        self.tried: dict[int, Bits] = {}
        self._stating: dict[str, Bits] = {}
        for place, document in enumerate(documents):
            met, tried = matcher.vocabulary.met(document.anew(), day)
            _mark(self.met, met, 1 << place)
            _mark(self.tried, tried, 1 << place)

    def stating(self, field: str) -> Bits:
        if field not in self._stating:
            stating = (place for place, document in enumerate(self._documents) if states(document, field))
            self._stating[field] = bits_of(stating)
        return self._stating[field]

    def answering(self, number: int, within: Bits) -> Bits:
        ask = self._matcher.truly
        return bits_of(place for place in places_of(within) if ask(number, self._documents[place], self._day))


def _mark(papers: dict[Key, Bits], keys: Iterable[Key], bit: Bits) -> None:
    for key in keys:
        papers[key] = papers[key] | bit if key in papers else bit


def _find(filed: Filed, bits: Bits, papers: _Papers, found: dict[int, Bits], among: dict[int, Bits]) -> None:
    """Add those of the queries filed here that any of the papers answers: to `found` those that are filed nowhere
    else."""
    met = papers.met
    for other, number in (filed.pairs or _NONE).items():
        if (meeting := met.get(other)) and (both := bits & meeting):
            found[number] = both
    for other, number in (filed.nots or _NONE).items():
        if rest := bits & ~met.get(other, 0):
            found[number] = rest
    for number in filed.some or ():
        among[number] = among.get(number, 0) | bits
    if filed.more:
        _ask(filed.more, papers, bits, among)
    if filed.further:
        for other in filed.further.keys() & met.keys():
            if both := bits & met[other]:
                _ask(filed.further[other], papers, both, among)


def _ask(rests: dict[int, Program], papers: _Papers, bits: Bits, among: dict[int, Bits]) -> None:
    for number, rest in rests.items():
        if answering := rest.papers(papers, bits):
            among[number] = among.get(number, 0) | answering


class _Subscribers:
    """Which subscription asks which query: a chain of ids for each number, in three arrays. A million of them take
    12 MB, as dictionaries 150."""

    def __init__(self) -> None:
        self._numbers = array("q")  # by id
        self._next = array("q")  # by id
        self._first = array("q")  # by number

    def add(self, id: int, number: int) -> None:
        _lengthen(self._numbers, id)
        _lengthen(self._next, id)
        _lengthen(self._first, number)
        self._numbers[id], self._next[id], self._first[number] = number, self._first[number], id

    def remove(self, id: int) -> int | None:
        """The number that the id asked."""
        if id >= len(self._numbers) or self._numbers[id] == _NOBODY:
            return None
        number, after = self._numbers[id], self._next[id]
        self._numbers[id] = self._next[id] = _NOBODY
        if self._first[number] == id:
            self._first[number] = after
        else:
            before = next(one for one in self._chain(number) if self._next[one] == id)
            self._next[before] = after
        return number

    def asks(self, number: int) -> bool:
        return self._first[number] != _NOBODY

    def of(self, number: int) -> list[int]:
        return list(self._chain(number))

    def _chain(self, number: int) -> Iterator[int]:
        id = self._first[number]
        while id != _NOBODY:
            yield id
            id = self._next[id]


def _lengthen(values: "array[int]", index: int) -> None:
    if index >= len(values):
        values.extend([_NOBODY] * (index + 1 - len(values)))


class _Compiled(NamedTuple):
    """A program; the pairs of words for which a text that writes them as one will do; and whether the program is exact
    where it holds (it is not where such words must *not* be there)."""

    program: Program
    compounds: list[tuple[Words, Words]]
    exact: bool


def _compile(root: Node, vocabulary: Vocabulary) -> _Compiled:
    compounds: list[tuple[Words, Words]] = []
    exact = True

    def compile_node(node: Node, wanted: bool) -> Program:
        nonlocal exact
        match node:
            case Not():
                return compile_node(node.child, not wanted)
            case And() | Or():
                if isinstance(node, And) and (pairs := _compounds(node)):
                    exact = exact and wanted
                    compounds.extend(pairs)
                kind = All if isinstance(node, And) == wanted else Any
                return _flat(kind, [compile_node(child, wanted) for child in node.children])
            case Term():
                program = vocabulary.program(node)
                return program if wanted else _without(program, None if node.field in _ALWAYS_STATED else node.field)
        raise TypeError(f"no query has {node!r}")

    program = compile_node(root, True)
    return _Compiled(program, compounds, exact)


def _digest(query: Query) -> bytes:
    """The query's key in 16 bytes: a key is ten times as long, and there may be a hundred thousand. Two different
    queries of one digest are as likely as no other mistake of the machine."""
    return blake2b(query.key.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _compounds(node: And) -> list[tuple[Words, Words]]:
    halves = [child for child in node.children if isinstance(child, Words) and child.halves]
    return [(one, two) for one, two in combinations(halves, 2) if one.field == two.field]


def _flat(kind: type[All] | type[Any], parts: Sequence[Program]) -> Program:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    return flat[0] if len(flat) == 1 else kind(tuple(flat))


def _without(program: Program, field: str | None) -> Program:
    """The contrary of a term's program: of a range of days, before it or after it."""
    if isinstance(program, Entry):
        return Without(program, field)
    assert isinstance(program, All)
    return _flat(Any, [_without(part, field) for part in program.parts])


def _pair(program: Program) -> tuple[dict[Entry, int], Entry] | None:
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


def _rarity(entry: Entry) -> tuple[float, int]:
    """Rare entries first, and always in the same order, so that equal queries are filed in one place."""
    return entry.weight, id(entry)


def _file(number: int, program: Program, under: list[_Numbers]) -> None:
    """File the query under every entry one of which is met by every paper that answers it."""
    entries = [part for part in program.parts if isinstance(part, Entry)] if isinstance(program, Any) else []
    if isinstance(program, Any) and len(entries) == len(program.parts):
        for entry in dict.fromkeys(entries):
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
        rest = All(tuple(part for part in program.parts if part not in (first, second)))
        filed = _filed_under(first)
        filed.further = {} if filed.further is None else filed.further
        by_number = filed.further.setdefault(second, {})
        by_number[number] = rest
        under.append(by_number)
        return
    for entry in dict.fromkeys(entries):
        filed = _filed_under(entry)
        filed.more = {} if filed.more is None else filed.more
        filed.more[number] = program
        under.append(filed.more)


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
