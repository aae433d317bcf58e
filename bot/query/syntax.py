"""Query and parse: from what a person wrote to a query, or to a QueryError that shows the mistake."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from bot.query.errors import QueryError
from bot.query.leaves import Category, Node, Term
from bot.query.parser import read_tree
from bot.query.tree import And, Or, terms

MAX_LENGTH = 1_000  # characters of a query


@dataclass(frozen=True)
class Query:
    """A query: the text that the user wrote, and the tree of what it means. str() is its canonical text."""

    text: str
    root: Node = field(repr=False)

    @cached_property
    def key(self) -> str:
        """Equal for queries that mean the same, whatever their order, duplicates, aliases and spelling."""
        return self.root.key

    @cached_property
    def terms(self) -> tuple[Term, ...]:
        """Its terms, from left to right."""
        return tuple(terms(self.root))

    def __str__(self) -> str:
        canonical = str(self.root)
        return canonical if len(canonical) <= MAX_LENGTH else self.text


def parse(text: str) -> Query:
    """The query that was written. Raises QueryError."""
    if len(text) > MAX_LENGTH:
        reason = f"A query has at most {MAX_LENGTH:,} characters; this one has {len(text):,}."
        raise QueryError(reason, text[: MAX_LENGTH + 1], MAX_LENGTH + 1)
    return Query(text, read_tree(text))


def asked_categories(query: Query) -> frozenset[str]:
    """The categories (canonical, lower case) of which the query wants papers, without those that it excludes."""
    return frozenset(_wanted(query.root))


def _wanted(node: Node) -> Iterator[str]:
    if isinstance(node, Category):
        yield node.code
    elif isinstance(node, And | Or):
        for child in node.children:
            yield from _wanted(child)


def depends_on_numbers(query: Query) -> bool:
    """Whether the answer may change with the votes, comments, stars or score of a paper."""
    return any(term.field in ("upvotes", "comments", "stars", "score") for term in query.terms)
