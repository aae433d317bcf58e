"""From a query to its program: what is asked of the entries that a paper meets."""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from bot.query.entries import ALWAYS, All, Any, Entry, Program, Without, any_of
from bot.query.leaves import Node, Term, Words
from bot.query.tree import And, Not, Or
from bot.query.vocabulary import Vocabulary

_FEW = 8  # of 64 words that may be written as one with one another, the longest ones say enough
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


def needed(root: Node, vocabulary: Vocabulary) -> Program:
    """What every paper meets that answers the query with two of its words written as one, and perhaps more papers."""
    if not isinstance(root, And):
        return ALWAYS
    if len(root.halves) == len(root.children) == 2:
        return ALWAYS
    longest = sorted(root.halves, key=lambda word: -len(word.text))[:_FEW]
    parts = [_alone_or_in_one(word, root, vocabulary) for word in longest]
    for child in root.others:
        compiler = _Compiler(vocabulary)
        program = compiler.program(child, wanted=True)
        if not compiler.compounds:
            parts.append(program)
    return All(tuple(parts))


def _alone_or_in_one(word: Words, node: And, vocabulary: Vocabulary) -> Program:
    """The word, or it and another one of the AND written as one."""
    texts = vocabulary.texts(word.field)
    pairs = node.compounds(word)
    return any_of((vocabulary.program(word), *(texts.compound(pair.first, pair.second) for pair in pairs)))


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
    return [(one, two) for one, two in combinations(node.halves, 2) if one.field == two.field]


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
