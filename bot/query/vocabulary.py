"""Vocabulary: every term that some query asks for, as one entry; and which of them a paper meets."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from datetime import date
from functools import reduce
from operator import itemgetter, or_

from bot.query.bits import Bits, places_in
from bot.query.chunks import LONG
from bot.query.document import Document
from bot.query.entries import All, Entry, FactEntry, Program
from bot.query.evaluate import truth
from bot.query.facts import COMMON, ONE, SOME, Authors, Numbers, number_of
from bot.query.field import spelling_of
from bot.query.leaves import (
    ANYWHERE,
    ORGANIZATION,
    Age,
    Author,
    Category,
    Condition,
    Exact,
    Has,
    Known,
    Near,
    Published,
    Source,
    Term,
    Words,
)  # fmt: skip
from bot.query.nears import Nears
from bot.query.phrase import parts_of
from bot.query.shapes import borderless
from bot.query.texts import LONGEST, Texts
from bot.query.words import CHUNKS, Link
from scrapers.identifiers import Identifier

_ENTRIES, _SPELLED = itemgetter(0), itemgetter(1)  # of what is known of a chunk
_AT_ONCE = 500  # papers whose words are held in memory


class GuardedEntry(FactEntry):
    """A term that is asked of the evaluator, where of each of the groups that it needs one entry is met. It is found by
    the first two of them."""

    __slots__ = ("needs", "term")

    def __init__(self, term: Term, needs: list[list[Entry]], weight: float) -> None:
        super().__init__(weight)
        self.term = term
        self.needs = needs


class Vocabulary:
    """The entries, by what kind of term they are."""

    def __init__(self) -> None:
        papers = Texts(("title", "abstract"), stems=True)
        notes, organizations = Texts(("note",), stems=True), Texts((ORGANIZATION,), stems=False)
        self._texts = {ANYWHERE: papers, "title": papers, "abstract": papers}  # by the field of a query
        self._texts |= {"note": notes, ORGANIZATION: organizations}
        self._chunks = {**papers.chunks, **notes.chunks, **organizations.chunks}  # by text
        self._authors = Authors()
        self._categories: dict[str, Entry] = {}
        self._sources: dict[str, Entry] = {}
        self._identifiers: dict[Identifier, Entry] = {}
        self._has_code: Entry | None = None
        self._numbers: dict[str, Numbers] = defaultdict(Numbers)
        self._others: dict[str, Entry] = {}  # authors and guarded terms, by their keys
        # By two of the entries that they need, the rarer one first; by the same one twice where one is enough.
        self._guarded: dict[Entry, dict[Entry, list[GuardedEntry]]] = defaultdict(dict)

    def program(self, term: Term) -> Program:
        """The entry of the term, made where there is none; of a range of days the entries of its two ends."""
        match term:
            case Words() | Exact() | Near():
                return self._text(term)
            case Author():
                return self._others.get(term.key) or self._others.setdefault(term.key, self._authors.add(term))
            case Category():
                return self._categories.setdefault(term.code, FactEntry(SOME))
            case Source():
                return self._sources.setdefault(term.name, FactEntry(COMMON))
            case Known():
                return self._identifiers.setdefault(term.identifier, FactEntry(ONE))
            case Has():
                self._has_code = self._has_code or FactEntry(COMMON)
                return self._has_code
            case Condition():
                return self._numbers[term.field].add(term.comparison, term.value)
            case Age():
                return self._numbers["age"].add(term.comparison, term.days)
            case Published():
                ends = ((">=", term.first), ("<=", term.last))
                return All(tuple(self._numbers["published"].add(sign, day.toordinal()) for sign, day in ends if day))
        raise TypeError(f"no table knows {term!r}")

    def texts(self, field: str) -> Texts:
        """The words and phrases that are asked for in the field, among others."""
        return self._texts[field]

    def _text(self, term: Words | Exact | Near) -> Entry:
        texts = self.texts(term.field)
        if isinstance(term, Exact) and _is_word(term.text):
            return texts.exact(term.field, term.text)
        if isinstance(term, Near) and Nears.takes(term):
            return self._others.get(term.key) or self._others.setdefault(term.key, texts.near(term))
        if not isinstance(term, Words) or not _is_plain(term):
            return self._others.get(term.key) or self._add_guarded(term)
        only = term.parts[0]
        if len(term.parts) > 1:
            return texts.phrase(term.field, term.parts, term.text)
        return texts.prefix(term.field, only.tokens[0]) if only.prefix else texts.word(term.field, only.tokens)

    def _add_guarded(self, term: Words | Exact | Near) -> Entry:
        needs = self._needs(term)
        needs.sort(key=_weight)
        entry = self._others[term.key] = GuardedEntry(term, needs, _weight(needs[0]) / 2)
        for guard in needs[0]:
            for other in needs[1] if len(needs) > 1 else [guard]:
                self._guarded[guard].setdefault(other, []).append(entry)
        return entry

    def _needs(self, term: Words | Exact | Near) -> list[list[Entry]]:
        """Groups of entries of each of which a paper meets one, if it meets the term."""
        texts = self.texts(term.field)
        if isinstance(term, Exact):
            parts, _ = parts_of(term.text, stems=term.field != ORGANIZATION)
            if 1 < len(parts) <= LONGEST and not any(part.link is Link.RUN for part in parts):
                return [[texts.phrase(term.field, parts, term.text)]]
            return [[texts.word(term.field, (part.tokens[0],))] for part in parts]
        if isinstance(term, Near):
            return [group for place in range(len(term.units)) for group in self._needs_of_unit(term, place)]
        if term.run:
            return [[texts.word(term.field, part.tokens)] for part in term.parts]
        return [self._over(term, place) for place in range(len(term.parts))]

    def _needs_of_unit(self, term: Near, place: int) -> list[list[Entry]]:
        entry = self._text(term.units[place])
        # What is itself asked of the evaluator may not have been asked yet.
        return entry.needs if isinstance(entry, GuardedEntry) else [[entry, *self._compounds(term, place)]]

    def _compounds(self, term: Near, unit: int) -> list[Entry]:
        """The words that the unit and another one are when they are written as one."""
        texts = self.texts(term.field)
        return [texts.word(term.field, tokens) for one, two, tokens in term.compounds if unit in (one, two)]

    def _over(self, term: Words, place: int) -> list[Entry]:
        """The ways over that word of a phrase: by itself, or written as one with its neighbours."""
        texts = self.texts(term.field)
        over = (step for at, steps in enumerate(term.steps) for step in steps if at <= place < step.to)
        field = term.field
        return [texts.prefix(field, step.tokens[0]) if step.prefix else texts.word(field, step.tokens) for step in over]

    def met(self, document: Document, day: date) -> set[Entry]:
        """The entries that the paper meets."""
        met = set[Entry]()
        for name, chunks in self._chunks.items():
            for text in document.fields(name):
                known = list(map(chunks.__getitem__, text.chunks))
                met.update(*map(_ENTRIES, known))
                text.spelling = spelling_of(map(_SPELLED, known))
                self._texts[name].meet(text, met, is_long=LONG in met)
        self._authors.meet(document, met)
        self._meet_facts(document, day, met)
        self._meet_guarded(document, day, met)
        return met

    def met_by(self, documents: Sequence[Document], day: date) -> Mapping[Entry, Bits]:
        """For each entry the papers that meet it."""
        met: dict[Entry, Bits] = defaultdict(int)
        for first in range(0, len(documents), _AT_ONCE):
            # Anew: what is computed of many papers, if kept, costs the garbage collector more time than to compute it.
            some = [document.anew() for document in documents[first : first + _AT_ONCE]]
            for entry, bits in self._met_by_some(some, day).items():
                met[entry] |= bits << first
        return met

    def _met_by_some(self, documents: Sequence[Document], day: date) -> Mapping[Entry, Bits]:
        met: dict[Entry, Bits] = defaultdict(int)
        for name in self._chunks:
            self._meet_texts(name, documents, met)
        for place, document in enumerate(documents):
            facts = set[Entry]()
            self._authors.meet(document, facts)
            self._meet_facts(document, day, facts)
            _mark(met, facts, 1 << place)
        asked: dict[int, list[GuardedEntry]] = defaultdict(list)
        for entry in self._guarded_by(met.keys()):
            for place in places_in(_may_meet(entry, met)):
                asked[place].append(entry)
        for place, entries in asked.items():
            _mark(met, [entry for entry in entries if truth(entry.term, documents[place], day) is True], 1 << place)
        return met

    def _meet_texts(self, name: str, documents: Sequence[Document], met: dict[Entry, Bits]) -> None:
        """Add what stands in the texts of that name. First of all the words, then of all the phrases: so the tables
        stay in the processor's caches."""
        chunks, texts = self._chunks[name], self._texts[name]
        fields = [(1 << place, text) for place, document in enumerate(documents) for text in document.fields(name)]
        having: dict[str, Bits] = defaultdict(int)
        for bit, text in fields:
            for chunk in set(text.chunks):
                having[chunk] |= bit
        found = {chunk: chunks[chunk] for chunk in having}
        for chunk, bits in having.items():
            for entry in found[chunk][0]:
                met[entry] |= bits
        for _, text in fields:
            text.spelling = spelling_of(map(_SPELLED, map(found.__getitem__, text.chunks)))
        long = met.get(LONG, 0)
        for bit, text in fields:
            phrases = set[Entry]()
            texts.meet(text, phrases, is_long=bool(long & bit))
            _mark(met, phrases, bit)

    def _meet_facts(self, document: Document, day: date, met: set[Entry]) -> None:
        met.update(entry for code in document.categories if (entry := self._categories.get(code)))
        if self._sources:
            met.update(entry for name in document.sources if (entry := self._sources.get(name)))
        if self._identifiers:
            met.update(entry for one in document.paper.identifiers if (entry := self._identifiers.get(one)))
        if self._has_code and document.paper.has_code:
            met.add(self._has_code)
        for name, numbers in self._numbers.items():
            if (number := number_of(document, name, day)) is not None:
                numbers.meet(number, met)

    def _meet_guarded(self, document: Document, day: date, met: set[Entry]) -> None:
        asked = [entry for entry in self._guarded_by(met) if _may_be_met(entry, met)]
        met.update([entry for entry in asked if truth(entry.term, document, day) is True])

    def _guarded_by(self, met: Set[Entry]) -> set[GuardedEntry]:
        # What guards is never guarded itself.
        guarded = [self._guarded[guard] for guard in self._guarded.keys() & met]
        return {entry for by_other in guarded for other in by_other.keys() & met for entry in by_other[other]}


def _may_be_met(entry: GuardedEntry, met: set[Entry]) -> bool:
    return not any(map(met.isdisjoint, entry.needs[2:]))


def _may_meet(entry: GuardedEntry, met: Mapping[Entry, Bits]) -> Bits:
    """The papers that may meet it."""
    bits = -1
    for group in entry.needs:
        bits &= reduce(or_, (met.get(needed, 0) for needed in group))
        if not bits:
            break
    return bits


def _mark(met: dict[Entry, Bits], entries: Iterable[Entry], bit: Bits) -> None:
    for entry in entries:
        met[entry] |= bit


def _weight(entries: list[Entry]) -> float:
    return sum(entry.weight for entry in entries)


def states(document: Document, field: str) -> bool:
    """Whether the paper says anything in that field; what it leaves open is neither met nor failed."""
    paper = document.paper
    match field:
        case "author":
            return bool(document.persons) and paper.authors_truncated is False
        case "cat":
            return bool(document.categories)
        case "org":
            return bool(document.fields(ORGANIZATION))
        case "has":
            return paper.has_code is not None
        case "published" | "age":
            return paper.published is not None
        case "upvotes" | "comments" | "stars" | "score" | "authors":
            return document.number(field) is not None
    return True


def _is_word(text: str) -> bool:
    """Whether the text is one word, and known of a chunk as it is written: runs without borders are folded there."""
    pieces = () if " " in text or borderless(text[0]) else CHUNKS[text].pieces
    return len(pieces) == 1 and pieces[0].word.text == text


def _is_plain(term: Words) -> bool:
    """Whether the tables decide the term by themselves: a word, a prefix, a phrase of a few words."""
    if len(term.parts) == 1:
        return True
    return len(term.parts) <= LONGEST and not any(part.prefix or part.link is Link.RUN for part in term.parts)
