"""matches: whether a paper answers a query.

There are three values inside: what a paper does not state is neither true nor false.
"""

import operator
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from bot.query.document import Document
from bot.query.field import Field
from bot.query.leaves import (
    ORGANIZATION,
    Age,
    Author,
    Category,
    Condition,
    Exact,
    Has,
    Known,
    Near,
    Node,
    Published,
    Source,
    Words,
)  # fmt: skip
from bot.query.names import Person, has_family_name, may_be
from bot.query.near import is_near
from bot.query.syntax import Query
from bot.query.tree import And, Not, Or

Truth = bool | None  # None: the paper does not say
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge, ">": operator.gt, "<=": operator.le, "<": operator.lt, "=": operator.eq,
}  # fmt: skip


def matches(query: Query, document: Document, now: datetime) -> bool:
    """Whether the paper answers the query at that time; what is unknown does not."""
    return truth(query.root, document, today(now)) is True


def today(now: datetime) -> date:
    """The day (UTC) from which ages are counted. A time without a zone is UTC."""
    return (now.astimezone(UTC) if now.tzinfo else now).date()


def truth(node: Node, document: Document, day: date) -> Truth:
    """Whether the paper meets this part of a query on that day."""
    leaf = _LEAVES.get(type(node))
    return leaf(node, document) if leaf else _INNER[type(node)](node, document, day)


def _and(node: And, document: Document, day: date) -> Truth:
    result: Truth = True
    for child in node.children:
        value = truth(child, document, day)
        if value is False and not _in_compound(node, child, document):
            return False
        if value is None:
            result = None
    return result


def _in_compound(node: And, child: Node, document: Document) -> bool:
    """Whether the word stands in the paper written as one with another word of the same AND."""
    return any(
        not field.tokens.isdisjoint(pair.tokens)
        for pair in node.compounds(child)
        for field in document.fields(pair.first.field)
    )


def _or(node: Or, document: Document, day: date) -> Truth:
    result: Truth = False
    for child in node.children:
        value = truth(child, document, day)
        if value is True:
            return True
        if value is None:
            result = None
    return result


def _not(node: Not, document: Document, day: date) -> Truth:
    value = truth(node.child, document, day)
    return None if value is None else not value


def _words(term: Words, document: Document) -> Truth:
    return any(_has_words(field, term) for field in document.fields(term.field))


def _has_words(field: Field, term: Words) -> bool:
    first = term.parts[0]
    if term.run:
        return term.run in field.runs
    if len(term.parts) > 1:
        return field.may_have(term.steps) and next(field.spans(term.steps), None) is not None
    return field.has_prefix(first.tokens[0]) if first.prefix else field.has(first.tokens)


def _exact(term: Exact, document: Document) -> Truth:
    return any(next(field.exact(term.text), None) is not None for field in document.fields(term.field))


def _near(term: Near, document: Document) -> Truth:
    return any(is_near(term, field) for field in document.fields(term.field))


def _author(term: Author, document: Document) -> Truth:
    if any(is_author(term, someone) for someone in document.persons):
        return True
    complete = document.persons and document.paper.authors_truncated is False
    return False if complete else None


def is_author(term: Author, someone: Person) -> bool:
    """Whether the person is the one that is asked for."""
    if term.family:
        return has_family_name(someone, term.names[0], prefix=term.prefix)
    return may_be(someone, term.names)


def _category(term: Category, document: Document) -> Truth:
    return term.code in document.categories if document.categories else None


def _source(term: Source, document: Document) -> Truth:
    return term.name in document.sources


def _known(term: Known, document: Document) -> Truth:
    return term.identifier in document.paper.identifiers


def _has(_: Has, document: Document) -> Truth:
    return document.paper.has_code


def _condition(term: Condition, document: Document) -> Truth:
    number = document.number(term.field)
    return None if number is None else _COMPARE[term.comparison](number, term.value)


def _published(term: Published, document: Document) -> Truth:
    published = document.paper.published
    if published is None:
        return None
    return not (term.first and published < term.first) and not (term.last and published > term.last)


def _age(term: Age, document: Document, day: date) -> Truth:
    published = document.paper.published
    return None if published is None else _COMPARE[term.comparison]((day - published).days, term.days)


def _text(term: Any, document: Document) -> Truth:
    """Text is what is there; only organisations that a paper does not name are unknown."""
    if term.field == ORGANIZATION and not document.fields(ORGANIZATION):
        return None
    return _TEXT[type(term)](term, document)


_TEXT: dict[type[Node], Callable[[Any, Document], Truth]] = {Words: _words, Exact: _exact, Near: _near}
_LEAVES: dict[type[Node], Callable[[Any, Document], Truth]] = {
    Words: _text, Exact: _text, Near: _text, Author: _author, Category: _category, Source: _source, Known: _known,
    Has: _has, Condition: _condition, Published: _published,
}  # fmt: skip
_INNER: dict[type[Node], Callable[[Any, Document, date], Truth]] = {And: _and, Or: _or, Not: _not, Age: _age}
