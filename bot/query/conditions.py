"""Conditions on numbers and days: from their parts, as they stand in a query, to a leaf of the tree."""

import re
from calendar import monthrange
from datetime import date, timedelta
from difflib import get_close_matches
from typing import cast

from bot.query.leaves import Age, Comparison, Condition, Number, Published, Term
from bot.query.terms import FIELDS, Mistake

NUMBERS = ("upvotes", "comments", "stars", "score", "authors")
DAYS = ("published", "age")
_SWAPPED = {"=>": ">=", "=<": "<=", "==": "="}
UNEQUAL = ("!=", "≠", "<>")
_SIGNS = {"≥": ">=", "≤": "<="}
_WHOLE = re.compile(r"[0-9]{1,10}")
_DECIMAL = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,15})?")
_AGE = re.compile(r"([0-9]{1,5})\s*(d|w|days?|weeks?)?", re.IGNORECASE)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?")


def make_condition(name: str, sign: str, value: str) -> Term:
    """`upvotes >= 20`. Raises Mistake."""
    if sign in UNEQUAL:
        meant = f"-{name}:{value}" if name in FIELDS or name == "published" else f"-{name}={value}"
        raise Mistake("What is not to be has a - before it.", meant if value else None)
    if name not in NUMBERS + DAYS:
        raise _unknown(name, sign, value)
    if sign in _SWAPPED:
        raise Mistake(f"{sign} is written {_SWAPPED[sign]}.", f"{name}{_SWAPPED[sign]}{value}")
    comparison = cast(Comparison, _SIGNS.get(sign, sign))
    if name == "published":
        return _compared_day(comparison, value)
    if name == "age":
        return _age(comparison, value)
    return Condition(cast(Number, name), comparison, _number(name, comparison, value))


def with_colon(name: str, value: str) -> Mistake:
    """Why `upvotes:20` cannot be said, and what can."""
    number = value.lstrip("<>=")
    sign = value[: len(value) - len(number)] or ("<" if name == "age" else ">=")
    number += "d" if name == "age" and number.isdigit() else ""
    is_number = _DECIMAL.fullmatch(number) or _AGE.fullmatch(number) or _DATE.fullmatch(number)
    correction = f"{name}{_SWAPPED.get(sign, sign)}{number}" if is_number else None
    return Mistake(f"{name} is compared with <, <=, =, >= or >.", correction)


def _unknown(name: str, sign: str, value: str) -> Mistake:
    if name in FIELDS and not (name.startswith("au") and value.isdigit()):
        return Mistake(f"{name} is text and cannot be compared.", f"{name}:{value}" if value else None)
    close = get_close_matches(name, NUMBERS + DAYS, n=1, cutoff=0.6)
    numbers = ", ".join(NUMBERS)
    if close:
        return Mistake(f"There is no number {name}.", f"{close[0]}{_SWAPPED.get(sign, sign)}{value}")
    return Mistake(f"There is no number {name} (there are {numbers}, and age; put text with {sign} in quotes).")


def _number(name: str, comparison: str, value: str) -> int | float:
    if name == "score" and _DECIMAL.fullmatch(value):
        return float(value)
    if name != "score" and _WHOLE.fullmatch(value):
        return int(value)
    plain = value.replace(",", ".") if name == "score" else value.replace(",", "").replace("_", "")
    hint = f"{name}{comparison}{plain}" if plain != value and _DECIMAL.fullmatch(plain) else None
    kind = "a number" if name == "score" else "a whole number"
    raise Mistake(f"{name}{comparison} needs {kind}, not {value or 'nothing'}.", hint)


def _age(comparison: Comparison, value: str) -> Age:
    match = _AGE.fullmatch(value)
    if not match:
        raise Mistake(f"age{comparison} needs a number of days, such as 7d, not {value or 'nothing'}.")
    days, unit = int(match[1]), (match[2] or "").lower()
    if unit != "d":
        days *= 7 if unit.startswith("w") else 1
        raise Mistake("An age is given in days, such as 7d.", f"age{comparison}{days}d")
    return Age(comparison, days)


def published(first: str, last: str | None) -> Published:
    """`published:FIRST..LAST`, either of them empty; one day where last is None. Raises Mistake."""
    if not first and not last:
        raise Mistake("published: needs a day or a range, such as published:2026-11-01..2026-11-30.")
    begins, ends = _days_of(first), _days_of(first if last is None else last)
    meant = f"published:{begins[0] if begins else ''}..{ends[1] if ends else ''}"
    if last is None:
        day = _date(first, meant if begins else None)
        return Published(day, day)
    hint = meant if (begins or not first) and (ends or not last) else None
    begin, end = (_date(text, hint) if text else None for text in (first, last))
    if begin and end and begin > end:
        raise Mistake("This range ends before it begins.", f"published:{end}..{begin}")
    return Published(begin, end)


def _compared_day(comparison: str, value: str) -> Published:
    days = _days_of(value)
    day = _date(value, _compared(comparison, *days) if days else None)
    try:
        if comparison[0] == ">":
            return Published(day + timedelta(days=comparison == ">"), None)
        if comparison[0] == "<":
            return Published(None, day - timedelta(days=comparison == "<"))
    except OverflowError:
        raise Mistake(f"{value} is too far away.") from None
    return Published(day, day)


def _compared(comparison: str, first: date, last: date) -> str:
    if comparison == "=":
        return f"published:{first}..{last}"
    return f"published{comparison}{last if comparison in ('>', '<=') else first}"


def _date(text: str, hint: str | None) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        raise Mistake(f"{text} is not a day of the calendar.") from None
    raise Mistake(f"{text or 'Nothing'} is not a day such as 2026-11-30.", hint)


def _days_of(text: str) -> tuple[date, date] | None:
    """The first and the last day of a day, a month or a year."""
    match = _MONTH.fullmatch(text)
    try:
        if not match:
            return (date.fromisoformat(text),) * 2 if _DATE.fullmatch(text) else None
        year, first, last = int(match[1]), int(match[2] or 1), int(match[2] or 12)
        return date(year, first, 1), date(year, last, monthrange(year, last)[1])
    except ValueError:
        return None
