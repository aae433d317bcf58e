"""Terms: from a field and a value, as they stand in a query, to a leaf of the tree."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import get_close_matches

from bot.query.categories import canonical_category
from bot.query.leaves import ORGANIZATION, Author, Category, Exact, Has, Known, Near, Source, Term, Words
from bot.query.names import names_of
from bot.query.phrase import OPERATORS, parts_of
from scrapers.identifiers import SCHEMES, Identifier, canonical, identifier
from scrapers.text import fold, one_line

FIELDS = {
    "title": "title", "ti": "title", "abstract": "abstract", "abs": "abstract", "author": "author", "au": "author",
    "cat": "cat", "category": "cat", "org": "org", "organization": "org", "organisation": "org", "source": "source",
    "note": "note", "co": "note", "comment": "note", "id": "id", "has": "has",
}  # fmt: skip
NAMES = ("title", "abstract", "author", "cat", "org", "source", "note", "id", "has")  # as they are offered to people
MIN_PREFIX = 3
MAX_NEAR = 16  # words of a phrase with a distance; its compounds grow with the square
_OPERATORS_MEANT = {"&&": "AND", "&": "AND", "+": "AND", "||": "OR", "|": "OR", "/": "OR", "!": "NOT", "~": "NOT"}
_STRAY = re.compile(r"\*(?!$)")
_AROUND = ",.;:!?()[]{}"


class Mistake(ValueError):
    """What is wrong with a term, and what was probably meant; the parser knows where it stands."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Value:
    """What a term looks for, as written: without quotes, `=` and distance, which are told apart."""

    text: str
    quoted: bool = False
    exact: bool = False
    distance: int | None = None

    def __str__(self) -> str:
        text = f'"{self.text}"' if self.quoted else self.text
        return ("=" if self.exact else "") + text + (f"~{self.distance}" if self.distance is not None else "")


def make_term(field: str, value: Value) -> Term:
    """The term that looks for the value in the field. Raises Mistake."""
    text = one_line(value.text)
    if not text:
        raise Mistake("There is nothing between the quotes." if value.quoted else "There is nothing to look for here.")
    if field not in _MAKERS:
        return _text(field, Value(text, value.quoted, value.exact, value.distance))
    if value.exact:
        raise Mistake(f"= asks for a spelling in the text; it says nothing for {field}:.", f"{field}:{value.text}")
    if value.distance is not None:
        raise Mistake(f"A distance between words says nothing for {field}:.", f'{field}:"{value.text}"')
    if field == "author" and not value.quoted:
        for name in text.split():
            _check_bare(name)
    return _MAKERS[field](text)


def unknown_field(name: str, rest: str) -> Mistake:
    """Why `name:` is no field, and which was meant."""
    if found := identifier(name + ":" + rest):
        return Mistake("An identifier is asked for with the field id.", f"id:{found.value}")
    close = get_close_matches(fold(name), FIELDS, n=1, cutoff=0.6)
    if close:
        return Mistake(f"There is no field {name}:.", f"{close[0]}:")
    fields = ", ".join(f"{field}:" for field in NAMES)
    return Mistake(f"There is no field {name}: (the fields are {fields}; put text with a colon in quotes).")


def _text(field: str, value: Value) -> Term:
    if value.exact:
        return _exact(field, value)
    for chunk in value.text.split():
        _check_stars(chunk)
    if not value.quoted:
        _check_operators(value.text)
    words = _words(field, value.text)
    if value.distance is None:
        return words
    return _near(field, value.text, value.distance)


def _words(field: str, text: str) -> Words:
    parts, shown = parts_of(text, stems=field != ORGANIZATION)
    if not parts:
        raise _punctuation(text)
    return Words(field, parts, shown)


def _punctuation(text: str) -> Mistake:
    meant = _OPERATORS_MEANT.get(text)
    return Mistake(f"{text} is punctuation alone; a term needs a letter or a digit.", meant)


def _exact(field: str, value: Value) -> Term:
    if not value.quoted and "*" in value.text:
        is_prefix = sum(map(str.isalnum, value.text)) >= MIN_PREFIX
        raise Mistake("= asks for one spelling, and * for many: use one of them.", value.text if is_prefix else None)
    parts, _ = parts_of(value.text.replace("*", " "))
    if not parts:
        raise _punctuation(value.text)
    return Exact(field, _trimmed(value.text))


def _trimmed(text: str) -> str:
    """The text from its first word to the end of its last one."""
    _, shown = parts_of(text)
    return shown.rstrip("*") if text.endswith("*") else shown


def _near(field: str, text: str, distance: int) -> Term:
    units = {unit.key: unit for unit in (_words(field, chunk) for chunk in text.split() if parts_of(chunk)[0])}
    if len(units) < 2:
        raise Mistake("A distance needs at least two words.", text)
    if len(units) > MAX_NEAR:
        raise Mistake(f"A phrase with a distance may have at most {MAX_NEAR} words.")
    # In the order of their keys, since equal queries are matched once.
    return Near(field, tuple(unit for _, unit in sorted(units.items())), distance, text)


def _check_stars(chunk: str) -> None:
    """A * stands at the end of three letters or more."""
    if "*" not in chunk:
        return
    letters = chunk.replace("*", "")
    if not any(map(str.isalnum, letters)):
        raise Mistake("A * alone stands for everything; it needs at least three letters before it.")
    if chunk.startswith("*"):
        raise Mistake("A * can only stand at the end of a word.", letters + ("*" if chunk.endswith("*") else ""))
    if _STRAY.search(chunk):
        begin = chunk.partition("*")[0]
        raise Mistake("A * can only stand at the end of a word.", f"{begin}*" if len(begin) >= MIN_PREFIX else letters)
    if sum(map(str.isalnum, letters)) < MIN_PREFIX:
        raise Mistake("A * needs at least three letters before it.", letters)
    if not _is_word_end(letters[-1]):
        raise Mistake("A * must follow a letter or a digit.", letters.rstrip("+#-.&'") + "*")


def _is_word_end(char: str) -> bool:
    return bool(parts_of(char)[0])


def _check_operators(text: str) -> None:
    """Signs that are operators elsewhere must not pass for punctuation: they would turn the meaning round."""
    if text[0] == "!" and len(text) > 1:
        raise Mistake("NOT is written as NOT or -.", "-" + text[1:])
    _check_bare(text)
    for sign, operator in (("||", "OR"), ("|", "OR"), ("&&", "AND")):
        one, found, two = text.partition(sign)
        if found and one and two:
            raise Mistake(f"{operator} is written as {operator}.", f"{one} {operator} {two}")


def _check_bare(text: str) -> None:
    bare = text.strip(_AROUND)
    if bare != text and bare in OPERATORS:
        raise Mistake(f"{bare} is an operator where blanks stand around it, and a word in quotes.", bare)


def _author(text: str) -> Term:
    prefix = text.endswith("*")
    names = names_of(text)
    if not names:
        raise _no_name(text)
    if "*" in text:
        _check_stars(text)
    if prefix and len(names) > 1:
        raise Mistake("A * is for a family name alone.", f'author:"{text.rstrip("*")}"')
    return Author(names, len(names) == 1, prefix, text)


def _no_name(text: str) -> Mistake:
    if any(map(str.isalnum, text)):
        return Mistake(f"{text} is a title or a suffix, not a name; ask for the family name.")
    return _punctuation(text)


def _category(text: str) -> Term:
    code = canonical_category(text)
    if code is None:
        raise Mistake(f"{text} is no category; categories look like cs.CL, math or math.*.")
    return Category(code, text)


def _source(text: str) -> Term:
    if "*" in text or not any(map(str.isalnum, text)):
        raise Mistake("A source is asked for by its whole name, such as source:hf.")
    return Source(fold(text))


def _known(text: str) -> Term:
    found = identifier(text) or _with_scheme(text)
    if not found:
        raise Mistake(f"{text} is no identifier; they look like 2504.00891, 10.1145/1234567 or openreview:abc.")
    return Known(found)


def _with_scheme(text: str) -> Identifier | None:
    scheme, _, value = text.partition(":")
    if scheme.lower() not in SCHEMES:
        return None
    try:
        return canonical(scheme.lower(), value)
    except ValueError:
        return None


def _has(text: str) -> Term:
    if fold(text) != "code":
        raise Mistake(f"has:{text} cannot be asked for; there is has:code.", "has:code")
    return Has()


_MAKERS: dict[str, Callable[[str], Term]] = {
    "author": _author, "cat": _category, "source": _source, "id": _known, "has": _has,
}  # fmt: skip
