"""Matcher: the index over all queries. Which of them does a paper answer? Without trying each.

Equal queries are held once, under a number. A paper's entries are looked up, and with them the queries that are filed
there. What a look-up cannot decide (a spelling, words that are near, words that a text may write as one) is asked of
the evaluator, which is always right: the tests hold both against each other.

Measured beside other ways in tests/benchmarks/match.py; the figures are in README.md.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from functools import lru_cache
from hashlib import blake2b
from itertools import chain, compress
from operator import attrgetter, not_
from typing import NamedTuple

from bot.query.bits import Bits, bits_of, places_in
from bot.query.compiling import compiled, needed
from bot.query.document import Document
from bot.query.entries import ALWAYS, All, Entry, Evaluated, Filed, Program
from bot.query.evaluate import today, truth
from bot.query.filing import Numbers, file, pair, tried_under
from bot.query.leaves import Node, Words
from bot.query.subscribers import NOBODY, Subscribers
from bot.query.syntax import Query, parse
from bot.query.vocabulary import Vocabulary, states

_NONE: Mapping[Entry, int] = {}
_ALONE, _FILED = attrgetter("alone"), attrgetter("filed")
_PAIRS, _NOTS, _SOME, _REST, _TRIED = map(attrgetter, ("pairs", "nots", "some", "rest", "tried"))
_all = chain.from_iterable


class _Among(NamedTuple):
    """A query among others: under its number in all of these."""

    key: bytes
    under: list[Numbers]


# Alone under an entry; as a pair under the other entry; or among others.
_Place = Entry | tuple[dict[Entry, int], Entry] | _Among


class Matcher:
    """All queries that somebody subscribed to. Numbers are those of the distinct queries, from 0; a number that no
    subscription asks for any more is given to another query."""

    def __init__(self) -> None:
        self.vocabulary = Vocabulary()
        self._subscribers = Subscribers()
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
        alone = set(map(_ALONE, met))
        alone.discard(NOBODY)
        found = [*alone]
        filed = list(filter(None, map(_FILED, met)))
        pairs, nots = list(filter(None, map(_PAIRS, filed))), list(filter(None, map(_NOTS, filed)))
        found += compress(_all(map(dict.values, pairs)), map(met.__contains__, _all(pairs)))
        found += compress(_all(map(dict.values, nots)), map(not_, map(met.__contains__, _all(nots))))
        among = set[int]().union(*filter(None, map(_SOME, filed)))
        tried = set[int]()
        for rest in filter(None, map(_REST, filed)):
            among.update(_answered(rest.more, paper))
            for other in rest.further.keys() & met:
                among.update(_answered(rest.further[other], paper))
        for by_number in filter(None, map(_TRIED, filed)):
            tried.update(_answered(by_number, paper))
        found += among
        if tried:
            found += [number for number in tried.difference(found) if paper.answers(number)]
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
        program, compounds, exact = compiled(query.root, self.vocabulary)
        if not exact:
            number, is_new = self._file_among(_digest(query), program, evaluated=True)
        elif isinstance(program, Entry):
            if is_new := program.alone < 0:
                program.alone = self._new(program)
            number = program.alone
        elif found := pair(program):
            by_other, other = found
            if is_new := other not in by_other:
                by_other[other] = self._new(found)
            number = by_other[other]
        else:
            number, is_new = self._file_among(_digest(query), program, evaluated=False)
        if is_new and (compounds or not exact):
            self._texts[number] = query.text
            self._try(number, query, compounds)
        return number

    def _try(self, number: int, query: Query, compounds: Sequence[tuple[Words, Words]]) -> None:
        """The query is to be tried where a text writes two of its words as one."""
        also = needed(query.root, self.vocabulary) if compounds else ALWAYS
        for one, two in compounds:
            texts = self.vocabulary.texts(one.field)
            for entry in (texts.compound(one, two), texts.compound(two, one)):
                tried_under(entry)[number] = also

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
        under: list[Numbers] = []
        number = self._numbers[key] = self._new(_Among(key, under))
        if evaluated:
            program = All((program, Evaluated(number)))
        file(number, program, under)
        return number, True

    def _unfile(self, number: int) -> None:
        place = self._places[number]
        match place:
            case Entry():
                place.alone = NOBODY
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
        return text is not None and truth(_root(text), document, day) is True


class _Paper:
    """A paper and the entries that it meets."""

    def __init__(self, matcher: Matcher, document: Document, day: date) -> None:
        self._matcher, self._document, self._day = matcher, document, day
        self.met = matcher.vocabulary.met(document, day)

    def states(self, field: str) -> bool:
        return states(self._document, field)

    def answers(self, number: int) -> bool:
        return self._matcher.truly(number, self._document, self._day)


class _Papers:
    """The papers of a batch: for each entry and each query which of them."""

    def __init__(self, matcher: Matcher, documents: Sequence[Document], day: date) -> None:
        self._matcher, self._documents, self._day = matcher, documents, day
        self.met = matcher.vocabulary.met_by(documents, day)
        self.tried: dict[int, Bits] = {}
        self._stating: dict[str, Bits] = {}

    def stating(self, field: str) -> Bits:
        if field not in self._stating:
            stating = (place for place, document in enumerate(self._documents) if states(document, field))
            self._stating[field] = bits_of(stating)
        return self._stating[field]

    def answering(self, number: int, within: Bits) -> Bits:
        ask = self._matcher.truly
        return bits_of(place for place in places_in(within) if ask(number, self._documents[place], self._day))


@lru_cache(maxsize=1_000)  # the same few are asked: of a million subscriptions 260 by 2,000 papers
def _root(text: str) -> Node:
    return parse(text).root


def _answered(rests: dict[int, Program], paper: _Paper) -> list[int]:
    return [number for number, rest in rests.items() if rest.holds(paper)]


def _find(filed: Filed, bits: Bits, papers: _Papers, found: dict[int, Bits], among: dict[int, Bits]) -> None:
    """Add those of the queries filed here that any of the papers answers: to `found` those that are filed nowhere
    else."""
    met = papers.met
    for other, number in (filed.pairs or _NONE).items():
        if (meeting := met.get(other)) and (both := bits & meeting):
            found[number] = both
    for other, number in (filed.nots or _NONE).items():
        if without := bits & ~met.get(other, 0):
            found[number] = without
    for number in filed.some or ():
        among[number] = among.get(number, 0) | bits
    if rest := filed.rest:
        _ask(rest.more, papers, bits, among)
        for other in rest.further.keys() & met.keys():
            if both := bits & met[other]:
                _ask(rest.further[other], papers, both, among)
    if filed.tried:
        _ask(filed.tried, papers, bits, papers.tried)


def _ask(rests: dict[int, Program], papers: _Papers, bits: Bits, among: dict[int, Bits]) -> None:
    for number, rest in rests.items():
        if answering := rest.papers(papers, bits):
            among[number] = among.get(number, 0) | answering


def _digest(query: Query) -> bytes:
    """The query's key in 16 bytes: a key is ten times as long, and there may be a hundred thousand. Two different
    queries of one digest are as likely as no other mistake of the machine."""
    return blake2b(query.key.encode("utf-8", "surrogatepass"), digest_size=16).digest()
