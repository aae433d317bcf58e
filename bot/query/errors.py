"""QueryError: what is wrong with a query, where, and what was probably meant."""

import unicodedata

_WIDTH = 100  # columns of a query that are shown around a mistake


class QueryError(ValueError):
    """A query that cannot be accepted. str() is the whole message for a person, with a caret under the mistake.

    `message` is the reason as one sentence, `position` the column (from 1), `hint` what to write at that place
    instead, or None where nothing can be guessed.
    """

    def __init__(self, message: str, query: str = "", position: int = 1, hint: str | None = None) -> None:
        super().__init__(message, query, position, hint)
        self.message = message
        self.query = query
        self.position = position
        self.hint = hint

    def __str__(self) -> str:
        sentence = f"{self.message} Did you mean: {self.hint}" if self.hint else self.message
        line, caret = _excerpt(_visible(self.query), self.position - 1)
        return f"{_visible(sentence)}\n  {line}\n  {' ' * _columns(line[:caret])}^"


def _visible(text: str) -> str:
    return "".join(char if char.isprintable() else " " for char in text)


def _excerpt(line: str, at: int) -> tuple[str, int]:
    """What is shown of a long line, and where the place is in it."""
    if len(line) <= _WIDTH:
        return line, at
    start = max(0, min(at - _WIDTH // 2, len(line) - _WIDTH))
    before, after = "…" if start else "", "…" if start + _WIDTH < len(line) else ""
    return before + line[start : start + _WIDTH] + after, at - start + len(before)


def _columns(text: str) -> int:
    """How many columns a terminal gives the text: East Asian characters take two, accents none."""
    return sum(_column(char) for char in text)


def _column(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
