"""Operands: reads what stands between two operators, a term with its field or the beginning of `field:(`."""

import re
from collections.abc import Callable

from bot.query.conditions import DAYS, NUMBERS, UNEQUAL, make_condition, published, with_colon
from bot.query.leaves import Term
from bot.query.phrase import OPERATORS
from bot.query.scanner import MINUS, Scanner
from bot.query.terms import FIELDS, Mistake, make_term, unknown_field
from scrapers.text import fold

_NAME = r'([^\s()":<>≥≤=≠!]+)\s*'
_FIELD = re.compile(_NAME + r":\s*")
_COMPARISON = re.compile(_NAME + r"(>=|=>|<=|=<|==|!=|≠|<>|≥|≤|>|<|=)\s*")
_DAY = re.compile(r'["(]?\s*([<>]=?)?\s*"?(\d{4}-\d\d-\d\d)')
_RANGE = re.compile(r"(\d[\d-]*)?(?:\s*(\.\.)(?:\s*(?=\d{4}-))?(\d[\d-]*)?)?(?=[\s()]|$)")


def read_operand(scanner: Scanner, within: str) -> Term | str:
    """The term that begins here, or the field before the bracket that opens here. Raises QueryError.

    `within` is the field whose brackets stand around it.
    """
    if scanner.peek() in '"=':
        return _term(scanner, within, grouped=True)
    match = _COMPARISON.match(scanner.line, scanner.at)
    if match and (match[2] not in ("=", "==", *UNEQUAL) or fold(match[1]) in (*NUMBERS, *DAYS, *FIELDS)):
        _refuse_within(scanner, within)
        return _condition(scanner, match)
    if match := _FIELD.match(scanner.line, scanner.at):
        _refuse_within(scanner, within)
        return _with_field(scanner, fold(match[1]), match)
    if not scanner.word():
        before = "a field such as title" if scanner.peek() == ":" else "a number such as upvotes"
        raise scanner.error(f"{scanner.peek()} must follow {before}.", scanner.at)
    return _term(scanner, within, grouped=True)


def _made(scanner: Scanner, at: int, make: Callable[[], Term]) -> Term:
    try:
        return make()
    except Mistake as mistake:
        raise scanner.error(mistake.message, at, mistake.hint) from None


def _term(scanner: Scanner, field: str, *, grouped: bool = False) -> Term:
    at = scanner.at
    value = scanner.value(field, grouped=grouped)
    return _made(scanner, at, lambda: make_term(field, value))


def _refuse_within(scanner: Scanner, within: str) -> None:
    if within:
        raise scanner.error(f"Inside {within}:( ) there can be no other field; end those brackets first.", scanner.at)


def _condition(scanner: Scanner, match: re.Match[str]) -> Term:
    value = scanner.word(match.end())
    scanner.at = match.end() + len(value)
    return _made(scanner, match.start(), lambda: make_condition(fold(match[1]), match[2], value))


def _with_field(scanner: Scanner, name: str, match: re.Match[str]) -> Term | str:
    rest = "".join(scanner.line[match.end() :].split(maxsplit=1)[:1])
    if name == "published":
        return _published(scanner, match)
    if name in FIELDS:
        return _field(scanner, FIELDS[name], match)
    if name == "authors" and rest and not (rest[0].isdigit() or rest[0] in "<>="):
        raise scanner.error("authors is a number.", match.start(), "author:")
    mistake = with_colon(name, rest.rstrip(")")) if name in NUMBERS + DAYS else unknown_field(match[1], rest)
    raise scanner.error(mistake.message, match.start(), mistake.hint)


def _field(scanner: Scanner, name: str, match: re.Match[str]) -> Term | str:
    scanner.at = match.end()
    following = scanner.word()
    if scanner.peek() == "(":
        return name
    if scanner.at == len(scanner.line) or scanner.peek() in ")<>:≥≤":
        raise scanner.error(f"There is nothing after {name}:.", match.start())
    if scanner.peek() in MINUS or following == "NOT":
        excluded = scanner.line[scanner.at :].removeprefix("NOT").lstrip(MINUS + " ").split(maxsplit=1)
        is_word = excluded and scanner.word(scanner.line.index(excluded[0], scanner.at)) == excluded[0]
        hint = f"-{name}:{excluded[0] if is_word else ''}" if excluded else None
        raise scanner.error(f"What is excluded stands before {name}:, not after it.", scanner.at, hint)
    if following in OPERATORS:
        raise scanner.error(f"There is nothing after {name}:.", match.start(), f'{name}:"{following}"')
    return _term(scanner, name)


def _published(scanner: Scanner, match: re.Match[str]) -> Term:
    span = _RANGE.match(scanner.line, match.end())
    if not span:
        if meant := _DAY.match(scanner.line, match.end()):
            hint = f"published{meant[1] or ':'}{meant[2]}"
            raise scanner.error("published: needs a day or a range, without anything around it.", match.start(), hint)
        value = scanner.word(match.end())
        return _made(scanner, match.start(), lambda: published(value, None))
    scanner.at = span.end()
    last = (span[3] or "") if span[2] else None
    return _made(scanner, match.start(), lambda: published(span[1] or "", last))
