"""The leaves of a query's tree: what a paper meets, or does not, or leaves open. Each prints itself and has a key."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import Literal

from bot.query.phrase import Part, Step, compound, parts_key, quoted, steps
from bot.query.shapes import borderless
from bot.query.words import MIN_HALF, Link, letters
from scrapers.identifiers import Identifier

ANYWHERE = ""  # the field of a term without a field: title and abstract
ORGANIZATION = "org"  # the one field of text whose plurals do not fold
Number = Literal["upvotes", "comments", "stars", "score", "authors"]
Comparison = Literal[">=", ">", "<=", "<", "="]
Spelled = tuple[tuple[str, frozenset[str]], ...]  # for each word its letters, and the tokens any of which meets it


class Node:
    """A part of a query."""

    @cached_property
    def key(self) -> str:
        """The same for every spelling of the same question."""
        return self._key()

    def _key(self) -> str:
        raise NotImplementedError


class Term(Node):
    """A leaf: what a paper either meets, or does not, or leaves open. `field` is where it looks."""

    field: str


@dataclass(frozen=True)
class Words(Term):
    """A word, a prefix, a hyphenated word or a phrase in one field of text."""

    field: str
    parts: tuple[Part, ...]
    text: str  # as written, without quotes

    def _key(self) -> str:
        return f"{self.field}:[{parts_key(self.parts)}]"

    def __str__(self) -> str:
        return _with_field(self.field, quoted(self.text))

    @cached_property
    def run(self) -> str:
        """The characters, if this is nothing but a run of a script without borders of words."""
        only_run = borderless(self.parts[0].text[0]) and all(part.link is Link.RUN for part in self.parts[1:])
        return "".join(part.tokens[0] for part in self.parts) if only_run else ""

    @cached_property
    def halves(self) -> bool:
        """Whether this is a single word that may be half of a solid one."""
        only = self.parts[0]
        return len(self.parts) == 1 and not only.prefix and len(only.tokens[0]) >= MIN_HALF

    def compound(self, other: "Words") -> tuple[str, ...]:
        """The tokens that meet this word and the other one, written as one."""
        return compound(self.text, other.text, stems=self.field != ORGANIZATION)

    @cached_property
    def steps(self) -> tuple[tuple[Step, ...], ...]:
        """For each part the ways on from it."""
        return steps(self.parts, stems=self.field != ORGANIZATION)


@dataclass(frozen=True)
class Exact(Term):
    """Exactly this spelling, between borders of words."""

    field: str
    text: str

    def _key(self) -> str:
        return f"{self.field}:={self.text!r}"

    def __str__(self) -> str:
        return _with_field(self.field, "=" + quoted(self.text))


@dataclass(frozen=True)
class Near(Term):
    """These words in any order in one field, with at most `distance` others between them."""

    field: str
    units: tuple[Words, ...]
    distance: int
    text: str

    def _key(self) -> str:
        return f"{self.field}:~{self.distance}[{' '.join(sorted(unit.key for unit in self.units))}]"

    def __str__(self) -> str:
        return f"{_with_field(self.field, quoted(self.text, always=True))}~{self.distance}"

    @cached_property
    def compounds(self) -> tuple[tuple[int, int, tuple[str, ...]], ...]:
        """The tokens of each two words written as one."""
        halves = [(index, unit) for index, unit in enumerate(self.units) if unit.halves]
        return tuple((i, j, one.compound(two)) for i, one in halves for j, two in halves if i != j)

    @cached_property
    def glued(self) -> tuple[str, ...]:
        """All these tokens."""
        return tuple(dict.fromkeys(token for _, _, tokens in self.compounds for token in tokens))

    @cached_property
    def pair(self) -> tuple[Spelled, Spelled] | None:
        """How both are spelled, if these are two units, without a prefix and a run of a script without borders."""
        parts = [part for unit in self.units for part in unit.parts]
        if len(self.units) != 2 or any(part.prefix or part.link is Link.RUN for part in parts):
            return None
        one, two = (_spelled(unit.parts) for unit in self.units)
        return one, two

    @cached_property
    def letters(self) -> tuple[str, str, str, str] | None:
        """If these are just two words, the letters of each, and of both together in either order."""
        if not self.pair or any(len(unit) > 1 for unit in self.pair):
            return None
        ((one, _),), ((two, _),) = self.pair
        return one, two, one + two, two + one

    @cached_property
    def begins(self) -> tuple[frozenset[str], ...] | None:
        """For each unit the letters of the words with which it may begin in a text; None if one may be a prefix."""
        if any(step.prefix for unit in self.units for step in unit.steps[0]):
            return None
        begins = [{letters(step.tokens[0]) for step in unit.steps[0]} for unit in self.units]
        for one, two, tokens in self.compounds:
            begins[one].add(letters(tokens[0]))
            begins[two].add(letters(tokens[0]))
        return tuple(map(frozenset, begins))

    @cached_property
    def known(self) -> dict[str, list[Spelled]]:
        """The letters of all words that it may be written with, and how the words are spelled that these stand for."""
        known: dict[str, list[Spelled]] = {}
        for unit in self.units:
            spelled = _spelled(unit.parts)
            for first, ways in enumerate(unit.steps):
                for step in ways:
                    known.setdefault(letters(step.tokens[0]), []).append(spelled[first : step.to])
        for one, two, tokens in self.compounds:
            known.setdefault(letters(tokens[0]), []).append(_spelled(self.units[one].parts + self.units[two].parts))
        return known


@dataclass(frozen=True)
class Author(Term):
    """One person, or with `family` everyone of that family name."""

    names: tuple[tuple[str, ...], ...]  # the folded names, hyphenated ones in their parts
    family: bool
    prefix: bool
    text: str
    field: str = "author"

    def _key(self) -> str:
        return f"author:{[list(name) for name in self.names]}{'*' if self.prefix else ''}"

    def __str__(self) -> str:
        return f"author:{quoted(self.text)}"


@dataclass(frozen=True)
class Category(Term):
    """A category (canonical, lower case), or a whole archive: a category without a point."""

    code: str
    text: str
    field: str = "cat"

    def _key(self) -> str:
        return f"cat:{self.code}"

    def __str__(self) -> str:
        return f"cat:{self.text}"


@dataclass(frozen=True)
class Source(Term):
    """Shown by the source of this name (lower case)."""

    name: str
    field: str = "source"

    def _key(self) -> str:
        return f"source:{self.name}"

    def __str__(self) -> str:
        return f"source:{quoted(self.name)}"


@dataclass(frozen=True)
class Known(Term):
    """The paper with this identifier."""

    identifier: Identifier
    field: str = "id"

    def _key(self) -> str:
        return str(self)

    def __str__(self) -> str:
        scheme, value = self.identifier
        return f'id:"{value if scheme in ("arxiv", "doi") else f"{scheme}:{value}"}"'


@dataclass(frozen=True)
class Has(Term):
    """The paper has code."""

    field: str = "has"

    def _key(self) -> str:
        return "has:code"

    def __str__(self) -> str:
        return "has:code"


@dataclass(frozen=True)
class Condition(Term):
    """A number of the paper compared with one of the query."""

    field: Number
    comparison: Comparison
    value: int | float

    def _key(self) -> str:
        if self.field == "score" or self.comparison not in "<>":
            return f"{self.field}{self.comparison}{float(self.value)!r}"
        value = self.value + (1 if self.comparison == ">" else -1)
        return f"{self.field}{self.comparison}={float(value)!r}"

    def __str__(self) -> str:
        return f"{self.field}{self.comparison}{Decimal(str(self.value)):f}"  # str(0.00001) is no number of a query


@dataclass(frozen=True)
class Published(Term):
    """First published between two days, both included; None is open."""

    first: date | None
    last: date | None
    field: str = "published"

    def _key(self) -> str:
        return str(self)

    def __str__(self) -> str:
        if self.first == self.last:
            return f"published:{self.first}"
        return f"published:{self.first or ''}..{self.last or ''}"


@dataclass(frozen=True)
class Age(Term):
    """Days (UTC) since the first publication."""

    comparison: Comparison
    days: int
    field: str = "age"

    def _key(self) -> str:
        if self.comparison not in "<>":
            return str(self)
        return f"age{self.comparison}={self.days + (1 if self.comparison == '>' else -1)}d"

    def __str__(self) -> str:
        return f"age{self.comparison}{self.days}d"


def _spelled(parts: Iterable[Part]) -> Spelled:
    return tuple((letters(part.tokens[0]), frozenset(part.tokens)) for part in parts)


def _with_field(field: str, text: str) -> str:
    return f"{field}:{text}" if field else text
