"""explain: which terms of a query a paper met, and where, for highlighting and for "Matched: ..." lines."""

from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Any, NamedTuple

from bot.query.document import Document
from bot.query.evaluate import is_author, today, truth
from bot.query.leaves import Author, Exact, Near, Node, Term, Words
from bot.query.near import windows
from bot.query.syntax import Query
from bot.query.tree import And, Compound, Not, Or


class Mark(NamedTuple):
    """A term that was met (as it prints), the field that met it, and from where to where in Document.text(field).

    What was met by a fact and not by a text (`upvotes>=20`, `cat:cs.CL`) has start and end 0; its field is the
    name of the fact.
    """

    term: str
    field: str
    start: int
    end: int


def explain(query: Query, document: Document, now: datetime) -> tuple[Mark, ...]:
    """Every place that makes the paper answer the query, in order; nothing if it does not answer.

    Only what was asked for is marked, never what was excluded.
    """
    day = today(now)
    if truth(query.root, document, day) is not True:
        return ()
    return tuple(dict.fromkeys(_marks(query.root, document, day)))


def _marks(root: Node, document: Document, day: date) -> Iterator[Mark]:
    stack = [(root, True)]
    while stack:
        node, wanted = stack.pop()
        if isinstance(node, Not):
            stack.append((node.child, not wanted))
        elif isinstance(node, And | Or):
            stack += [(child, wanted) for child in reversed(node.children) if truth(child, document, day) is wanted]
            if isinstance(node, And) and wanted:
                yield from _compound_marks(node, document, day)
        elif wanted and isinstance(node, Term):
            yield from _PLACES.get(type(node), _fact)(node, document)


def _compound_marks(node: And, document: Document, day: date) -> Iterator[Mark]:
    """The solid words that stand for two words of the AND."""
    for child in node.children:
        if isinstance(child, Words) and truth(child, document, day) is False:
            for pair in node.compounds(child):
                yield from _pair_marks(pair, document)


def _pair_marks(pair: Compound, document: Document) -> Iterator[Mark]:
    for field in document.fields(pair.first.field):
        for span in sorted(field.solid(pair.tokens)):
            yield Mark(str(pair), field.name, *field.place(span))


def _words(term: Words, document: Document) -> Iterator[Mark]:
    for field in document.fields(term.field):
        for span in field.spans(term.steps):
            yield Mark(str(term), field.name, *field.place(span))


def _exact(term: Exact, document: Document) -> Iterator[Mark]:
    for field in document.fields(term.field):
        for start, end in field.exact(term.text):
            yield Mark(str(term), field.name, start, end)


def _near(term: Near, document: Document) -> Iterator[Mark]:
    for field in document.fields(term.field):
        for span in sorted({span for window in windows(term, field) for span in window}):
            yield Mark(str(term), field.name, *field.place(span))


def _author(term: Author, document: Document) -> Iterator[Mark]:
    start = 0
    for name, someone in zip(document.paper.authors, document.persons, strict=True):
        if is_author(term, someone):
            yield Mark(str(term), "author", start, start + len(name))
        start += len(name) + len(", ")


def _fact(term: Term, _: Document) -> Iterator[Mark]:
    yield Mark(str(term), term.field, 0, 0)


_PLACES: dict[type[Term], Callable[[Any, Document], Iterator[Mark]]] = {
    Words: _words, Exact: _exact, Near: _near, Author: _author,
}  # fmt: skip
