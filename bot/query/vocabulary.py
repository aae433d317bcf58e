"""Vocabulary: every term that some query asks for, as one entry; and which of them a paper meets."""

from collections import defaultdict
from datetime import date

from bot.query.chunks import Chunks
from bot.query.document import Document
from bot.query.entries import All, Entry, FactEntry, Program
from bot.query.evaluate import truth
from bot.query.facts import COMMON, ONE, SOME, Authors, Numbers, number_of
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
from bot.query.phrase import parts_of
from bot.query.texts import LONGEST, Texts
from bot.query.words import Link
from scrapers.identifiers import Identifier


class GuardedEntry(FactEntry):
    """A term that is asked of the evaluator, where of each of the groups that it needs one entry is met."""

    __slots__ = ("needs", "term")

    def __init__(self, term: Term, needs: list[list[Entry]], weight: float) -> None:
        super().__init__(weight)
        self.term = term
        self.needs = needs


class Vocabulary:
    """The entries, by what kind of term they are."""

    def __init__(self) -> None:
        self._chunks: dict[str, Chunks] = {}  # by text
        self._texts: dict[str, Texts] = {}  # by the field of a query
        self._authors = Authors()
        self._categories: dict[str, Entry] = {}
        self._sources: dict[str, Entry] = {}
        self._identifiers: dict[Identifier, Entry] = {}
        self._has_code: Entry | None = None
        self._numbers: dict[str, Numbers] = defaultdict(Numbers)
        self._others: dict[str, Entry] = {}  # authors and guarded terms, by their keys
        self._guarded: dict[Entry, list[GuardedEntry]] = defaultdict(list)  # by the entries that guard them

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
        """The words and phrases that are asked for in the field."""
        if field not in self._texts:
            looked_in = ("title", "abstract") if field == ANYWHERE else (field,)
            chunks = [self._chunks.setdefault(text, Chunks()) for text in looked_in]
            self._texts[field] = Texts(field, chunks, stems=field != ORGANIZATION)
        return self._texts[field]

    def _text(self, term: Words | Exact | Near) -> Entry:
        if not isinstance(term, Words) or not _is_plain(term):
            return self._others.get(term.key) or self._add_guarded(term)
        texts = self.texts(term.field)
        only = term.parts[0]
        if len(term.parts) > 1:
            return texts.phrase(term.parts, term.text)
        return texts.prefix(only.tokens[0]) if only.prefix else texts.word(only.tokens)

    def _add_guarded(self, term: Words | Exact | Near) -> Entry:
        needs = self._needs(term)
        guards = min(needs, key=_weight)
        entry = self._others[term.key] = GuardedEntry(term, needs, _weight(guards) / 2)
        for guard in guards:
            self._guarded[guard].append(entry)
        return entry

    def _needs(self, term: Words | Exact | Near) -> list[list[Entry]]:
        """Groups of entries of each of which a paper meets one, if it meets the term."""
        texts = self.texts(term.field)
        if isinstance(term, Exact):
            return [[texts.word((part.tokens[0],))] for part in parts_of(term.text)[0]]
        if isinstance(term, Near):
            return [group for place in range(len(term.units)) for group in self._needs_of_unit(term, place)]
        if term.run:
            return [[texts.word(part.tokens)] for part in term.parts]
        return [self._over(term, place) for place in range(len(term.parts))]

    def _needs_of_unit(self, term: Near, place: int) -> list[list[Entry]]:
        entry = self._text(term.units[place])
        # What is itself asked of the evaluator may not have been asked yet.
        return entry.needs if isinstance(entry, GuardedEntry) else [[entry, *self._compounds(term, place)]]

    def _compounds(self, term: Near, unit: int) -> list[Entry]:
        """The words that the unit and another one are when they are written as one."""
        texts = self.texts(term.field)
        return [texts.word(tokens) for one, two, tokens in term.compounds if unit in (one, two)]

    def _over(self, term: Words, place: int) -> list[Entry]:
        """The ways over that word of a phrase: by itself, or written as one with its neighbours."""
        texts = self.texts(term.field)
        over = (step for at, steps in enumerate(term.steps) for step in steps if at <= place < step.to)
        return [texts.prefix(step.tokens[0]) if step.prefix else texts.word(step.tokens) for step in over]

    def met(self, document: Document, day: date) -> tuple[set[Entry], set[int]]:
        """The entries that the paper meets, and the numbers of queries that are to be tried all the same, since the
        paper writes two of their words as one."""
        met, tried = set[Entry](), set[int]()
        for name, chunks in self._chunks.items():
            for text in document.fields(name):
                met.update(*map(chunks.__getitem__, set(text.chunks)))
        for name, texts in self._texts.items():
            for text in document.fields(name):
                texts.meet(text, met, tried)
        self._authors.meet(document, met)
        self._meet_facts(document, day, met)
        self._meet_guarded(document, day, met)
        return met, tried

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
        # What guards is never guarded itself.
        asked = {entry for guard in self._guarded.keys() & met for entry in self._guarded[guard]}
        met.update([entry for entry in asked if _may_be_met(entry, met) and truth(entry.term, document, day) is True])


def _may_be_met(entry: GuardedEntry, met: set[Entry]) -> bool:
    return not any(map(met.isdisjoint, entry.needs))


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


def _is_plain(term: Words) -> bool:
    """Whether the tables decide the term by themselves: a word, a prefix, a phrase of a few words."""
    if len(term.parts) == 1:
        return True
    return len(term.parts) <= LONGEST and not any(part.prefix or part.link is Link.RUN for part in term.parts)
