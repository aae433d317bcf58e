"""Chunks: which words and prefixes that queries ask for a chunk of a text meets.

Texts repeat their chunks, so what a chunk meets is computed once and kept; what is asked for later is added to it.
"""

from collections.abc import Iterable, Iterator

from bot.query.entries import Entry
from bot.query.terms import MIN_PREFIX
from bot.query.words import PLURAL, tokens_of

_MAX_KEPT = 100_000  # chunks
_MAX_KEPT_LENGTH = 64  # characters of a chunk; longer ones do not repeat


class Chunks(dict[str, tuple[Entry, ...]]):
    """For each chunk the entries of words and prefixes that it meets in one text of a paper (title, abstract, ...)."""

    def __init__(self) -> None:
        super().__init__()
        self._asked: dict[str, tuple[Entry, ...]] = {}  # by token
        self._prefixes: dict[str, tuple[Entry, ...]] = {}
        self._longest = 0  # letters of a prefix
        self._offering: dict[str, list[str]] = {}  # token -> the chunks here that offer it
        self._beginning: dict[str, list[str]] = {}  # the least letters of a prefix -> the tokens that begin so

    def __missing__(self, chunk: str) -> tuple[Entry, ...]:
        tokens = tokens_of([chunk])
        entries = tuple({entry: None for token in tokens for entry in self._asked_by(token)})
        if len(chunk) <= _MAX_KEPT_LENGTH:
            if len(self) >= _MAX_KEPT:
                self.clear()
                self._offering.clear()
                self._beginning.clear()
            self[chunk] = entries
            self._keep(chunk, tokens)
        return entries

    def _asked_by(self, token: str) -> Iterator[Entry]:
        yield from self._asked.get(token, ())
        if self._prefixes and token[-1] != PLURAL:
            for end in range(MIN_PREFIX, min(len(token), self._longest) + 1):
                yield from self._prefixes.get(token[:end], ())

    def _keep(self, chunk: str, tokens: Iterable[str]) -> None:
        for token in tokens:
            if token not in self._offering:
                self._offering[token] = []
                self._beginning.setdefault(token[:MIN_PREFIX], []).append(token)
            self._offering[token].append(chunk)

    def ask(self, tokens: Iterable[str], entry: Entry) -> None:
        """From now on each of these tokens meets the entry."""
        for token in tokens:
            self._asked[token] = (*self._asked.get(token, ()), entry)
        self._add(tokens, entry)

    def ask_prefix(self, prefix: str, entry: Entry) -> None:
        """From now on tokens that begin so meet the entry."""
        self._prefixes[prefix] = (*self._prefixes.get(prefix, ()), entry)
        self._longest = max(self._longest, len(prefix))
        alike = self._beginning.get(prefix[:MIN_PREFIX], ())
        self._add([token for token in alike if token.startswith(prefix) and token[-1] != PLURAL], entry)

    def _add(self, tokens: Iterable[str], entry: Entry) -> None:
        for chunk in {chunk for token in tokens for chunk in self._offering.get(token, ())}:
            self[chunk] = (*self[chunk], entry)
