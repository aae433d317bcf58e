"""Lookup: which papers a full-text index (`indexed`) finds for a query: some that surely answer, and some that may, of
which each has to be read. Most queries leave few of those: a phrase that is written with a hyphen, a word as two.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from math import prod

from bot.query.indexed import ASIDE, CROWDED, JOINED, LONGEST, STATED, encoded, in_field, shown
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
    Node,
    Published,
    Source,
    Term,
    Words,
)  # fmt: skip
from bot.query.names import glued, in_parts
from bot.query.phrase import Step, parts_of
from bot.query.syntax import Query
from bot.query.tree import And, Not, Or
from bot.query.words import MIN_HALF, PLURAL, Link
from scrapers.identifiers import Identifier

FACTS = "facts"  # where the words of all fields but title and abstract stand
_SIGNS = ("", ASIDE, JOINED)
_SPELLINGS = 32  # of a phrase that are looked up one by one
_DEEPEST = 12  # brackets in brackets; SQLite's parsers hold about 35
_FEW, _RAREST = 8, 4  # words of an AND: of more than those, so many are looked up as parts of a longer word too
_OPPOSITE = {">=": "<", ">": "<=", "<=": ">", "<": ">=", "=": "!=", "!=": "="}
_BACKWARDS = {">=": "<=", ">": "<", "<=": ">=", "<": ">", "=": "=", "!=": "!="}


@dataclass(frozen=True)
class Word:
    """The word, or one that begins so, stands in the field: `title`, `abstract`, FACTS, or '' for the first two."""

    field: str
    text: str
    prefix: bool = False


@dataclass(frozen=True)
class Phrase:
    """These words stand in the field one after the other."""

    field: str
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """The paper states this number, day or fact, and it compares so with the value."""

    name: str
    comparison: str
    value: float | date | bool


@dataclass(frozen=True)
class Listed:
    """The source of this folded name has shown the paper."""

    source: str


@dataclass(frozen=True)
class Named:
    """The paper has this identifier."""

    identifier: Identifier


@dataclass(frozen=True)
class Every:
    """All of these are so; of nothing, always."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Some:
    """One of these is so; of nothing, never."""

    parts: tuple["Expression", ...]


@dataclass(frozen=True)
class Unless:
    """This is not so."""

    part: "Expression"


Expression = Word | Phrase | Column | Listed | Named | Every | Some | Unless
ALWAYS, NEVER = Every(()), Some(())


def lookup(query: Query, day: date, *, crowded: bool = False) -> tuple[Expression, Expression]:
    """What suffices for a paper to answer the query on that day (UTC), and what may suffice beside that, so that every
    paper that answers has one or the other. `crowded`: of papers with the word CROWDED the index does not know all
    places of their words."""
    sure = _shallow(_is(query.root, True, True, day), NEVER)
    maybe = _shallow(_is(query.root, True, False, day), ALWAYS)
    if crowded:
        sure, maybe = _without_places(sure, False), _without_places(maybe, True)
    if sure == maybe:
        return sure, NEVER
    known = set(sure.parts if isinstance(sure, Some) else (sure,))
    return sure, some(part for part in maybe.parts if part not in known) if isinstance(maybe, Some) else maybe


def _is(node: Node, value: bool, sure: bool, day: date) -> Expression:
    """What makes the node true or (`value`) false: what suffices if it must be `sure`, else what is needed."""
    match node:
        case Not():
            return _is(node.child, not value, sure, day)
        case And() if value:
            met = every(_is(child, True, sure, day) for child in node.children)
            return met if sure else _somehow(node, met, day)
        case And():
            return _surely_fails(node, day) if sure else some(_is(child, False, sure, day) for child in node.children)
        case Or():
            return (some if value else every)(_is(child, value, sure, day) for child in node.children)
        case Condition():
            return Column(_COLUMNS.get(node.field, node.field), _so(node.comparison, value), float(node.value))
        case Age():
            return _published(_BACKWARDS[_so(node.comparison, value)], _before(day, node.days))
        case Published():
            ends = ((">=", node.first), ("<=", node.last))
            return (every if value else some)(_published(_so(sign, value), day) for sign, day in ends if day)
        case Has():
            return Column("has_code", "=", value)
        case Term():
            return _term(node, sure) if value else every((_stated(node), unless(_term(node, not sure))))
    raise TypeError(f"nothing looks up {node!r}")


_COLUMNS = {"authors": "authors_count"}


def _so(comparison: str, value: bool) -> str:
    return comparison if value else _OPPOSITE[comparison]


def _before(day: date, days: int) -> date | None:
    """That many days before; None where no calendar reaches."""
    try:
        return day - timedelta(days=days)
    except OverflowError:
        return None


def _published(comparison: str, day: date | None) -> Expression:
    if day:
        return Column("published", comparison, day)
    return Column("published", ">=", date.min) if comparison in (">", ">=", "!=") else NEVER


def _stated(term: Term) -> Expression:
    """The paper says all that the term is about; text is what is there."""
    if isinstance(term, Author | Category) or term.field == ORGANIZATION:
        return _at(term.field, STATED)
    return ALWAYS


def _term(term: Term, sure: bool) -> Expression:
    match term:
        case Words() | Exact() | Near():
            return _text(term, sure)
        case Author():
            return _author(term, sure)
        case Category():
            return _at("cat", encoded(term.code))
        case Source():
            return Listed(term.name)
        case Known():
            return Named(term.identifier)
    raise TypeError(f"nothing looks up {term!r}")


# Texts ----------------------------------------------------------------------------------------------------------------


def _text(term: Words | Exact | Near, sure: bool) -> Expression:
    match term:
        case Words() if len(term.parts) == 1 and not term.run:
            return _word(term, sure)
        case Words():
            return _spelled_out(term) if sure else _phrase(term)
        case _ if sure:
            return NEVER
        case Exact():
            return every(_solid(part.tokens[:1], term.field) for part in parts_of(term.text)[0])
        case Near():
            return _near(term)


def _word(term: Words, sure: bool) -> Expression:
    part = term.parts[0]
    if part.prefix:
        return _prefix(part.tokens[0], term.field, sure)
    solid = _solid(part.tokens, term.field, sure)
    return solid if sure else some((solid, _guessed(part.tokens, term.field)))


def _solid(tokens: Iterable[str], field: str, sure: bool = False) -> Expression:
    """Any of the tokens is offered, by a word or by a hyphenated one."""
    words = [encoded(token) for token in tokens]
    return some(_at(field, sign + word) for word in words if not (sure and _is_cut(word)) for sign in _SIGNS)


def _prefix(prefix: str, field: str, sure: bool) -> Expression:
    word = encoded(prefix)
    return NEVER if sure and _is_cut(word) else some(_at(field, sign + word, prefix=True) for sign in _SIGNS)


def _guessed(tokens: Iterable[str], field: str) -> Expression:
    """Two words of the field make any of the tokens: `fine tuning` is found by `finetuning`."""
    whole = [token for token in tokens if len(token.rstrip(PLURAL)) >= 2 * MIN_HALF - 1]
    halves = {(token[:at], token[at:]) for token in whole for at in range(MIN_HALF, len(token.rstrip(PLURAL)))}
    return some(_in_a_row(field, map(shown, both)) for both in sorted(halves))


def _in_a_row(field: str, words: Iterable[Iterable[str]]) -> Expression:
    """For each place any of its words, one after the other."""
    return some(
        Phrase(_column(field), texts) for texts in product(*([in_field(field, one) for one in some] for some in words))
    )


def _phrase(term: Words) -> Expression:
    """The words of the phrase are there: one after the other, or one of them written in another way."""
    field = term.field
    if term.run:
        return _in_a_row(field, ([encoded(part.tokens[0])] for part in term.parts))
    over = (
        [step for ways in term.steps[: part + 1] for step in ways if part < step.to] for part in range(len(term.parts))
    )
    loose = every(some(_step(step, field) for step in steps) for steps in over)
    row = [[word for token in part.tokens for word in shown(token)] for part in term.parts]
    if any(part.prefix for part in term.parts) or prod(map(len, row)) > _SPELLINGS:
        return loose
    other = some(_otherwise(step, field) for ways in term.steps for step in ways)
    return some((_in_a_row(field, row), every((loose, other))))


def _step(step: Step, field: str) -> Expression:
    if step.prefix:
        return _prefix(step.tokens[0], field, sure=False)
    return some((_solid(step.tokens, field), NEVER if step.joined else _guessed(step.tokens, field)))


def _otherwise(step: Step, field: str) -> Expression:
    """Words of a phrase are written as one, or one of them as two or with a hyphen."""
    if step.joined:
        return _solid(step.tokens, field)
    hyphenated = some(_at(field, JOINED + encoded(token)) for token in step.tokens)
    return some((hyphenated, _guessed(step.tokens, field)))


def _spelled_out(term: Words) -> Expression:
    """The words of the phrase one after the other, each as its own word, in whichever form it may have."""
    row = [[encoded(token) for token in part.tokens] for part in term.parts]
    plain = not any(part.prefix or part.link is Link.RUN for part in term.parts)
    if not plain or prod(map(len, row)) > _SPELLINGS or any(_is_cut(word) for words in row for word in words):
        return NEVER
    return _in_a_row(term.field, row)


def _near(term: Near) -> Expression:
    """Every word is there, by itself or written as one with another of them."""
    made = [(one, two, _solid(tokens, term.field)) for one, two, tokens in term.compounds]
    return every(
        some((_text(unit, False), *(found for one, two, found in made if place in (one, two))))
        for place, unit in enumerate(term.units)
    )


def _somehow(node: And, met: Expression, day: date) -> Expression:
    """All children are met, or two of the words stand there written as one, and all children but the words are met."""
    words = node.halves
    if len(words) < 2:
        return met
    if len(words) <= _FEW:
        written = some(_compounds(node, word) for word in words)
    else:
        written = every(some((_is(word, True, False, day), _compounds(node, word))) for word in _longest(words))
    return some((met, every((*(_is(child, True, False, day) for child in node.others), written))))


def _surely_fails(node: And, day: date) -> Expression:
    """A child is not met, nor does it stand there written as one with another word."""
    words = _longest(node.halves)
    failed = (every((_is(word, False, True, day), unless(_compounds(node, word)))) for word in words)
    return some((*(_is(child, False, True, day) for child in node.others), *failed))


def _compounds(node: And, word: Words) -> Expression:
    """The word stands there written as one with another word of the AND."""
    return some(_solid(pair.tokens, pair.first.field) for pair in node.compounds(word))


def _longest(words: Sequence[Words]) -> Sequence[Words]:
    """All of a few words; of many, which have thousands of compounds, the longest ones."""
    return words if len(words) <= _FEW else sorted(words, key=lambda word: -len(word.text))[:_RAREST]


# Persons --------------------------------------------------------------------------------------------------------------


def _author(term: Author, sure: bool) -> Expression:
    if term.family:
        return _family(term, sure)
    if sure:
        return NEVER
    whole = glued(term.names)
    turned = {ASIDE + encoded(whole[at:] + whole[:at]) for at in range(len(whole))}  # either name may stand first
    surnames = {encoded("".join(name)) for name in (*term.names, *in_parts(term.names))}
    return some(_at("author", name) for name in sorted(turned | surnames))


def _family(term: Author, sure: bool) -> Expression:
    name = "".join(term.names[0])
    if term.prefix or (not sure and len(name) <= 2):  # a Chinese or Korean name begins with the family name
        return _at("author", encoded(name), prefix=True)
    return _at("author", encoded(name))


# Expressions ----------------------------------------------------------------------------------------------------------


def _at(field: str, word: str, *, prefix: bool = False) -> Word:
    return Word(_column(field), in_field(field, word), prefix)


def _column(field: str) -> str:
    return field if field in (ANYWHERE, "title", "abstract") else FACTS


def _is_cut(word: str) -> bool:
    return len(word) >= LONGEST


def _shallow(expression: Expression, deeper: Expression, depth: int = _DEEPEST) -> Expression:
    """The same with `deeper` in place of what lies too deep in it."""
    match expression:
        case Every() | Some() if not depth:
            return deeper
        case Every() | Some():
            parts = (_shallow(part, deeper, depth - 1) for part in expression.parts)
            return every(parts) if isinstance(expression, Every) else some(parts)
        case Unless():
            return unless(_shallow(expression.part, unless(deeper), depth))
    return expression


def _without_places(expression: Expression, wanted: bool) -> Expression:
    """The same where all words of a wanted phrase stand in a paper that is crowded; what is not wanted is so inside
    of Unless."""
    match expression:
        case Phrase() if wanted:
            words = (Word(expression.field, text) for text in expression.texts)
            return some((expression, every((Word(FACTS, CROWDED), *words))))
        case Some() if wanted and len(expression.parts) > _SPELLINGS:  # PostgreSQL takes 1 MB, and this has half of it
            return some((expression, Word(FACTS, CROWDED)))
        case Every() | Some():
            parts = (_without_places(part, wanted) for part in expression.parts)
            return every(parts) if isinstance(expression, Every) else some(parts)
        case Unless():
            return unless(_without_places(expression.part, not wanted))
    return expression


def every(parts: Iterable[Expression]) -> Expression:
    """All of them, without what always is so."""
    kept: dict[Expression, None] = {}
    for part in parts:
        if part == NEVER:
            return NEVER
        kept.update(dict.fromkeys(part.parts if isinstance(part, Every) else (part,)))
    return next(iter(kept)) if len(kept) == 1 else Every(tuple(kept))


def some(parts: Iterable[Expression]) -> Expression:
    """Any of them, without what never is so."""
    kept: dict[Expression, None] = {}
    for part in parts:
        if part == ALWAYS:
            return ALWAYS
        kept.update(dict.fromkeys(part.parts if isinstance(part, Some) else (part,)))
    return next(iter(kept)) if len(kept) == 1 else Some(tuple(kept))


def unless(part: Expression) -> Expression:
    """The contrary."""
    if part in (ALWAYS, NEVER):
        return NEVER if part == ALWAYS else ALWAYS
    return part.part if isinstance(part, Unless) else Unless(part)
