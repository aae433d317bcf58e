"""The tree of a query: what it asks for, apart from how it was written.

Two nodes with one key mean the same. A key forgets order, duplicates, aliases, case and accents where they do not
count, and which of two spellings was used where both find the same papers.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeGuard

from bot.query.leaves import Node, Term, Words


class Compound(NamedTuple):
    """Two words of an AND in the order in which a paper may write them as one, and the tokens of that."""

    first: Words
    second: Words
    tokens: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.first} {self.second.text}"


@dataclass(frozen=True)
class And(Node):
    """All of the children. Made by `all_of`: at least two, none of them an And, no two alike."""

    children: tuple[Node, ...]

    def _key(self) -> str:
        return f"({' & '.join(sorted(child.key for child in self.children))})"

    def __str__(self) -> str:
        return " AND ".join(f"({child})" if isinstance(child, Or) else str(child) for child in self.children)

    @cached_property
    def halves(self) -> tuple[Words, ...]:
        """The children that are single words: a paper may write two of them as one."""
        return tuple(child for child in self.children if _is_half(child))

    @cached_property
    def others(self) -> tuple[Node, ...]:
        """The other children."""
        return tuple(child for child in self.children if not _is_half(child))

    def compounds(self, word: Node) -> tuple[Compound, ...]:
        """How the word may be written as one with another word of the same AND, if it is a single word.

        `fine tuning` is met by `finetuning`, although `tuning` alone is not. Either may come first, since order
        does not count.
        """
        if word.key not in self._compounds:
            self._compounds[word.key] = tuple(self._compounds_of(word))
        return self._compounds[word.key]

    @cached_property
    def _compounds(self) -> dict[str, tuple[Compound, ...]]:
        return {}  # filled word by word: 64 words have 4,032 compounds, and the first word that is missing decides

    def _compounds_of(self, word: Node) -> Iterator[Compound]:
        if not _is_half(word):
            return
        for other in self.halves:
            if other.field == word.field and other is not word:
                yield Compound(word, other, word.compound(other))
                yield Compound(other, word, other.compound(word))


def _is_half(node: Node) -> TypeGuard[Words]:
    return isinstance(node, Words) and node.halves


@dataclass(frozen=True)
class Or(Node):
    """Any of the children. Made by `any_of`: at least two, none of them an Or, no two alike."""

    children: tuple[Node, ...]

    def _key(self) -> str:
        return f"({' | '.join(sorted(child.key for child in self.children))})"

    def __str__(self) -> str:
        return " OR ".join(f"({child})" if isinstance(child, And) else str(child) for child in self.children)


@dataclass(frozen=True)
class Not(Node):
    """The contrary of the child, which is never itself a Not."""

    child: Node

    def _key(self) -> str:
        return f"-{self.child.key}"

    def __str__(self) -> str:
        return f"NOT ({self.child})" if isinstance(self.child, And | Or) else f"NOT {self.child}"


def all_of(nodes: Iterable[Node]) -> Node:
    """The node that asks for all of them: flat, without duplicates, the only one where there is only one."""
    different = _flat(nodes, And)
    return different[0] if len(different) == 1 else And(different)


def any_of(nodes: Iterable[Node]) -> Node:
    """The node that asks for any of them, likewise."""
    different = _flat(nodes, Or)
    return different[0] if len(different) == 1 else Or(different)


def none_of(node: Node) -> Node:
    """The contrary; of a contrary the node itself."""
    return node.child if isinstance(node, Not) else Not(node)


def _flat(nodes: Iterable[Node], kind: type[And] | type[Or]) -> tuple[Node, ...]:
    flat = [child for node in nodes for child in (node.children if isinstance(node, kind) else (node,))]
    if len(flat) == 1:  # most often; to make a key takes a fifth of the time of reading a query
        return tuple(flat)
    return tuple({child.key: child for child in flat}.values())


def terms(node: Node) -> Iterator[Term]:
    """All terms of the tree, from left to right."""
    stack = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, And | Or):
            stack += reversed(top.children)
        elif isinstance(top, Not):
            stack.append(top.child)
        elif isinstance(top, Term):
            yield top


def unanchored(node: Node, wanted: bool = True) -> Node | None:
    """The first alternative without a positive term, if there is one. NOT (a OR b) is NOT a AND NOT b."""
    if isinstance(node, Not):
        return node if unanchored(node.child, not wanted) else None
    if not isinstance(node, And | Or):
        return None if wanted else node
    found = [unanchored(child, wanted) for child in node.children]
    if isinstance(node, And) == wanted:  # one anchor holds all of them
        return None if None in found else node
    return next(filter(None, found), None)
