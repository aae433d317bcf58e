"""Names of authors, where a transport has them in one text."""

import re

from scrapers.text import one_line, plain

_IN_PARENTHESES = re.compile(r"\([^()]*\)")
_DEPTH = 5  # parentheses within each other
_SUFFIX = re.compile(r"(?:Jr|Sr|I{2,3}|IV)\.?")


def separated_by_commas(text: str | None) -> tuple[str, ...]:
    """The names in `Ada Quill, Bo Reed (Institute of Tests, Oslo)`, without the affiliations."""
    return _joined(_without_affiliations(text or "").split(","))


def as_submitted(text: str | None) -> tuple[str, ...]:
    """The names as the authors typed them: `A. Quill, B. Reed and C. Sand`, with LaTeX's accents."""
    return _joined(re.split(r",|;|\s+and\s+|\s&\s", _without_affiliations(text or "")))


def _joined(pieces: list[str]) -> tuple[str, ...]:
    names: list[str] = []
    for name in (plain(one_line(piece)).strip(" ,") for piece in pieces):
        if names and _SUFFIX.fullmatch(name):
            names[-1] += f" {name}"
        elif name := name.removeprefix("and "):
            names.append(name)
    return tuple(names)


def _without_affiliations(text: str) -> str:
    for _ in range(_DEPTH):
        text, count = _IN_PARENTHESES.subn(" ", text)
        if not count:
            break
    return text
