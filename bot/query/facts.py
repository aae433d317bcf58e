"""Facts: which authors, categories, sources, identifiers and numbers that queries ask for a paper states."""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterator
from datetime import date

from bot.query.document import Document
from bot.query.entries import Entry, FactEntry
from bot.query.evaluate import is_author
from bot.query.leaves import Author
from bot.query.names import Name, Person, glued, in_parts, is_initial, is_simple, needed, person
from bot.query.shapes import borderless

COMMON, SOME, RARE, ONE = 400.0, 100.0, 1.0, 0.1  # weights; a word of four letters has 20


class AuthorEntry(FactEntry):
    """A person who is asked for by several names; `plain`: by two words."""

    __slots__ = ("plain", "term")

    def __init__(self, term: Author) -> None:
        super().__init__(RARE)
        self.term = term
        self.plain = [len(name) for name in term.names] == [1, 1]


class Authors:
    """The authors that are asked for: by family name, and persons by family name and one other name."""

    def __init__(self) -> None:
        self._families: dict[str, Entry] = {}
        self._beginnings: dict[str, Entry] = {}
        self._persons: dict[str, dict[str, list[AuthorEntry]]] = {}
        self._glued: dict[str, list[AuthorEntry]] = {}

    def add(self, term: Author) -> Entry:
        """The entry of the term."""
        if term.family:
            by_name = self._beginnings if term.prefix else self._families
            return by_name.setdefault(glued(term.names), FactEntry(2 * RARE))
        entry = AuthorEntry(term)
        self._glued.setdefault(glued(term.names), []).append(entry)
        for names in dict.fromkeys((term.names, in_parts(term.names))):
            for surname in names:
                for other in _one_of_the_others(names, surname):
                    known = self._persons.setdefault(glued([surname]), {}).setdefault(other, [])
                    if entry not in known:
                        known.append(entry)
        return entry

    def meet(self, document: Document, met: set[Entry]) -> None:
        """Add those who wrote the paper."""
        if not (self._families or self._beginnings or self._persons):
            return
        for name in document.paper.authors:
            if is_simple(name):
                first, last = name.lower().split(" ")
                self._meet_simple(name, first, last, met)
            else:
                self._meet(person(name), met)

    def _meet_simple(self, name: str, first: str, last: str, met: set[Entry]) -> None:
        """As `_meet`, in a fifth of the time: most authors are of two plain names, and so is who is asked for."""
        if last in self._families:
            met.add(self._families[last])
        if namesakes := self._persons.get(last):
            # Who is asked for by that surname and just that given name, or its initial, is met: `may_be` says no more.
            known = (*namesakes.get(first, ()), *namesakes.get(first[0], ()), *namesakes.get("", ()))
            met.update([entry for entry in known if entry.plain or is_author(entry.term, person(name))])
        if self._beginnings:
            met.update(self._beginning_of(person(name)))
        met.update(self._glued.get(first + last, ()), self._glued.get(last + first, ()))

    def _meet(self, someone: Person, met: set[Entry]) -> None:
        for surname in someone.surnames:
            if surname in self._families:
                met.add(self._families[surname])
            if surname in self._persons:
                candidates = _candidates(self._persons[surname], someone)
                met.update(entry for entry in candidates if is_author(entry.term, someone))
        if self._beginnings or not someone.given:
            met.update(self._beginning_of(someone))
        for names in (someone.given + someone.family, someone.family + someone.given):
            met.update(self._glued.get(glued(names), ()))

    def _beginning_of(self, someone: Person) -> Iterator[Entry]:
        for surname in someone.surnames:
            for end in range(1, len(surname) + 1):
                if beginning := self._beginnings.get(surname[:end]):
                    yield beginning
            if not someone.given and borderless(surname[:1] or " "):
                yield from (self._families[part] for part in (surname[:1], surname[:2]) if part in self._families)


def _one_of_the_others(names: Collection[Name], surname: Name) -> Collection[str]:
    """Names one of which a person of that surname must have, to be the one of these names; "" where anyone may be.

    A name that is written out must be there, if only by its initial; of several initials a source may leave out some.
    """
    others = needed([name for name in names if name is not surname], names)
    full = max((name for name in others if not is_initial(name)), key=lambda name: len(glued([name])), default=None)
    if full:
        return {glued([full]), "".join(part[0] for part in full)} if len(full) > 1 else {glued([full])}
    return {glued([name]) for name in others} or {""}


def _candidates(namesakes: dict[str, list[AuthorEntry]], someone: Person) -> Iterator[AuthorEntry]:
    """Those of one surname who may be this person."""
    keys = {""}
    for name in someone.given + someone.family:
        initials = "".join(part[0] for part in name)
        keys |= {glued([name]), *name, *(initials[:end] for end in range(1, len(initials) + 1))}
        if is_initial(name):
            keys.update(key for key in namesakes if key.startswith(name[0]))
    for key in keys:
        yield from namesakes.get(key, ())


class Numbers:
    """The conditions on one number: for each comparison the values in order, with their entries."""

    def __init__(self) -> None:
        self._values: dict[str, list[float]] = {}
        self._entries: dict[str, list[Entry]] = {}

    def add(self, comparison: str, value: float) -> Entry:
        """The entry of that condition; the same one for the same condition."""
        values, entries = self._values.setdefault(comparison, []), self._entries.setdefault(comparison, [])
        place = bisect_left(values, value)
        if place == len(values) or values[place] != value:
            values.insert(place, value)
            entries.insert(place, FactEntry(COMMON))
        return entries[place]

    def meet(self, number: float, met: set[Entry]) -> None:
        """Add the conditions that the number meets."""
        for comparison, values in self._values.items():
            first, last = _met(comparison, values, number)
            met.update(self._entries[comparison][first:last])


def _met(comparison: str, values: list[float], number: float) -> tuple[int, int]:
    """From where to where the values stand that the number compares with as it should."""
    if comparison == ">=":
        return 0, bisect_right(values, number)
    if comparison == ">":
        return 0, bisect_left(values, number)
    if comparison == "<=":
        return bisect_left(values, number), len(values)
    if comparison == "<":
        return bisect_right(values, number), len(values)
    return bisect_left(values, number), bisect_right(values, number)


def number_of(document: Document, name: str, today: date) -> float | None:
    """That number of the paper, if it states it: `published` and `age` in days."""
    if name not in ("published", "age"):
        return document.number(name)
    published = document.paper.published
    if published is None:
        return None
    return published.toordinal() if name == "published" else (today - published).days
