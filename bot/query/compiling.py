"""From a query to its program: what is asked of the entries that a paper meets."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from bot.query.entries import All, Any, Entry, Program, Without, any_of
from bot.query.leaves import Node, Term, Words
from bot.query.tree import And, Not, Or
from bot.query.vocabulary import Vocabulary

_ALWAYS_STATED = ("", "title", "abstract", "note", "source", "id")


class Compiled(NamedTuple):
    """A program; the pairs of words for which a text that writes them as one will do; and whether the program is exact
    where it holds (it is not where such words must *not* be there)."""

    program: Program
    compounds: list[tuple[Words, Words]]
    exact: bool


def compiled(root: Node, vocabulary: Vocabulary) -> Compiled:
    """The program of a query, whose terms are in the vocabulary from now on."""
    compiler = _Compiler(vocabulary)
    program = compiler.program(root, wanted=True)
    return Compiled(program, compiler.compounds, compiler.exact)


class _Compiler:
    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self.compounds: list[tuple[Words, Words]] = []
        self.exact = True

    def program(self, node: Node, *, wanted: bool) -> Program:
        """The program of the node, or of its contrary."""
        match node:
            case Not():
                return self.program(node.child, wanted=not wanted)
            case And() | Or():
                if isinstance(node, And) and (pairs := _compounds(node)):
                    self.exact = self.exact and wanted
                    self.compounds += pairs
                kind = All if isinstance(node, And) == wanted else Any
                return _flat(kind, [self.program(child, wanted=wanted) for child in node.children])
            case Term():
                program = self._vocabulary.program(node)
                return program if wanted else _without(program, None if node.field in _ALWAYS_STATED else node.field)
        raise TypeError(f"no query has {node!r}")


def _compounds(node: And) -> list[tuple[Words, Words]]:
    halves = [child for child in node.children if isinstance(child, Words) and child.halves]
    return [(one, two) for one, two in combinations(halves, 2) if one.field == two.field]


def _flat(kind: type[All] | type[Any], parts: Sequence[Program]) -> Program:
    flat = [inner for part in parts for inner in (part.parts if isinstance(part, kind) else (part,))]
    if len(flat) == 1:
        return flat[0]
    return All(tuple(flat)) if kind is All else any_of(flat)


def _without(program: Program, field: str | None) -> Program:
    """The contrary of a term's program: of a range of days, before it or after it."""
    if isinstance(program, Entry):
        return Without(program, field)
    assert isinstance(program, All)
    return _flat(Any, [_without(part, field) for part in program.parts])
