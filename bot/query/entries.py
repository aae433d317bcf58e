"""Entries of the index: each term that some query asks for, once, with the queries that are filed under it.

A query is filed where it costs least: under the term of it that is rarest, and there, if it needs a second one, under
the rarest of the others. What is not decided by then is a Program: the rest of the query, asked of the entries that one
paper meets, or of those that the papers of a batch meet, as bitmaps: bit i is the i-th paper.
"""

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from bot.query.bits import Bits


class Paper(Protocol):
    """What one paper meets."""

    @property
    def met(self) -> set["Entry"]:
        """The entries that it meets."""

    def states(self, field: str) -> bool:
        """Whether it says anything in the field."""

    def answers(self, number: int) -> bool:
        """Whether it answers the query of that number, asked of the evaluator itself."""


class Papers(Protocol):
    """What the papers of a batch meet."""

    @property
    def met(self) -> Mapping["Entry", Bits]:
        """For each entry those that meet it."""

    def stating(self, field: str) -> Bits:
        """Those that say anything in the field."""

    def answering(self, number: int, within: Bits) -> Bits:
        """Those of the papers that answer the query of that number, asked of the evaluator itself."""


class Rest:
    """Queries by their numbers that a look-up does not decide: `more`, which need more; `further`, which need one other
    term and more."""

    __slots__ = ("further", "more")

    def __init__(self) -> None:
        self.more: dict[int, Program] = {}
        self.further: dict[Entry, dict[int, Program]] = {}


class Filed:
    """Queries by their numbers: `pairs`, which need one other term; `nots`, which one other term rules out; `some`,
    which need no more; the `rest`; and `tried`, which the evaluator is asked of where more is met."""

    __slots__ = ("nots", "pairs", "rest", "some", "tried")

    def __init__(self) -> None:
        # None where there are none: empty dictionaries would be the larger part of the index.
        self.pairs: dict[Entry, int] | None = None
        self.nots: dict[Entry, int] | None = None
        self.some: array[int] | None = None
        self.rest: Rest | None = None
        self.tried: dict[int, Program] | None = None


class Entry:
    """A term that is asked for: the number of the query that is this term `alone` (or -1), and the queries `filed`
    here that ask for others as well."""

    __slots__ = ("alone", "filed")

    def __init__(self) -> None:
        self.alone = -1
        self.filed: Filed | None = None

    @property
    def weight(self) -> float:
        """How many papers meet it, roughly; only the order counts."""
        raise NotImplementedError

    def holds(self, paper: Paper) -> bool:
        return self in paper.met

    def papers(self, papers: Papers, within: Bits) -> Bits:
        return papers.met.get(self, 0) & within


class FactEntry(Entry):
    """An entry of which it is known beforehand how many papers meet it, roughly."""

    __slots__ = ("_weight",)

    def __init__(self, weight: float) -> None:
        super().__init__()
        self._weight = weight

    @property
    def weight(self) -> float:
        return self._weight


@dataclass(frozen=True, slots=True)
class Without:
    """Not the entry, where the paper says anything in the field (None: every paper does)."""

    entry: Entry
    field: str | None

    def holds(self, paper: Paper) -> bool:
        return self.entry not in paper.met and (self.field is None or paper.states(self.field))

    def papers(self, papers: Papers, within: Bits) -> Bits:
        stating = within if self.field is None else within & papers.stating(self.field)
        return stating & ~papers.met.get(self.entry, 0)


@dataclass(frozen=True, slots=True)
class All:
    """All of the parts."""

    parts: tuple["Program", ...]

    def holds(self, paper: Paper) -> bool:
        for part in self.parts:  # noqa: SIM110 - a generator takes twice as long, and this is asked very often
            if not part.holds(paper):
                return False
        return True

    def papers(self, papers: Papers, within: Bits) -> Bits:
        for part in self.parts:
            within = part.papers(papers, within)
            if not within:
                break
        return within


ALWAYS = All(())


@dataclass(frozen=True, slots=True)
class Any:
    """Any of the entries, or of the other parts."""

    entries: tuple[Entry, ...]
    others: tuple["Program", ...]

    @property
    def parts(self) -> tuple["Program", ...]:
        return (*self.entries, *self.others)

    def holds(self, paper: Paper) -> bool:
        if not paper.met.isdisjoint(self.entries):
            return True
        return any(part.holds(paper) for part in self.others) if self.others else False

    def papers(self, papers: Papers, within: Bits) -> Bits:
        found = 0
        for entry in self.entries:
            found |= papers.met.get(entry, 0)
        found &= within
        for part in self.others:
            found |= part.papers(papers, within & ~found)
        return found


def any_of(parts: Iterable["Program"]) -> Any:
    """Any of the parts."""
    known = tuple(parts)
    return Any(
        tuple(part for part in known if isinstance(part, Entry)),
        tuple(part for part in known if not isinstance(part, Entry)),
    )


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The whole query of that number, asked of the evaluator."""

    number: int

    def holds(self, paper: Paper) -> bool:
        return paper.answers(self.number)

    def papers(self, papers: Papers, within: Bits) -> Bits:
        return papers.answering(self.number, within)


Program = Entry | Without | All | Any | Evaluated
