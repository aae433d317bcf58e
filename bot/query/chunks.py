"""Chunks: which words and prefixes that queries ask for a chunk of a text meets.

Texts repeat their chunks, so what a chunk meets is computed once and kept; what is asked for later is added to it.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence

from bot.query.entries import Entry, FactEntry
from bot.query.terms import MIN_PREFIX
from bot.query.words import CHUNKS, PLURAL, TOKENS
from scrapers.text import fold

LONG = FactEntry(0)  # met by chunks of three hyphenated words and more that a query may write otherwise
_MAX_KEPT = 50_000  # chunks
_MAX_KEPT_LENGTH = 64  # characters of a chunk; longer ones do not repeat

# The entries that a chunk meets, and how it is spelled (`words.Chunk`). A NamedTuple is read more slowly.
Found = tuple[tuple[Entry, ...], tuple[str, ...]]


class Chunks(dict[str, Found]):
    """For each chunk the entries of words and prefixes that it meets in one text of a paper (title, abstract, ...),
    what else a chunk meets that offers its tokens (`besides`), and LONG if it hyphenates three words or more of whose
    letters somebody has to know that they stand together (`matters`)."""

    def __init__(
        self, besides: Callable[[Collection[str]], Iterable[Entry]], matters: Callable[[Sequence[str]], bool]
    ) -> None:
        super().__init__()
        self._besides = besides
        self._matters = matters
        self._asked: dict[str, tuple[Entry, ...]] = {}  # by token
        self._exactly: dict[str, tuple[Entry, ...]] = {}  # by spelling
        self._prefixes: dict[str, tuple[Entry, ...]] = {}
        self._shortest, self._longest = MIN_PREFIX, 0  # letters of a prefix; of `fine-t*` just one
        self._offering: dict[str, list[str]] = {}  # token -> the chunks here that offer it
        self._beginning: dict[str, list[str]] = {}  # the first MIN_PREFIX letters -> the tokens that begin so
        self._long: dict[str, list[str]] = {}  # letters -> the chunks here that hyphenate them, three words and more

    def __missing__(self, chunk: str) -> Found:
        tokens = dict.fromkeys(TOKENS[chunk])
        met = {entry: None for token in tokens for entry in self._asked.get(token, ())}
        if self._prefixes:
            met.update({entry: None for token in tokens for entry in self._begun_by(token)})
        met.update(dict.fromkeys(self._besides(tokens)))
        met.update({entry: None for text in _words_of(chunk) for entry in self._exactly.get(text, ())})
        long = _long(chunk)
        if any(map(self._matters, long)):
            met[LONG] = None
        known = (tuple(met), CHUNKS[chunk].spelled)
        if len(chunk) <= _MAX_KEPT_LENGTH:
            if len(self) >= _MAX_KEPT:
                self.clear()
                self._offering.clear()
                self._beginning.clear()
                self._long.clear()
            self[chunk] = known
            self._keep(chunk, tokens)
            for spelled in long:
                self._long.setdefault("".join(spelled), []).append(chunk)
        return known

    def _begun_by(self, token: str) -> Iterator[Entry]:
        if token[-1] != PLURAL:
            for end in range(self._shortest, min(len(token), self._longest) + 1):
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
        self.meet(tokens, entry)

    def ask_exactly(self, spelling: str, entry: Entry) -> None:
        """From now on a word that is spelled just so meets the entry."""
        self._exactly[spelling] = (*self._exactly.get(spelling, ()), entry)
        self._add((chunk for chunk in self._offering.get(fold(spelling), ()) if spelling in _words_of(chunk)), entry)

    def ask_prefix(self, prefix: str, entry: Entry) -> None:
        """From now on tokens that begin so meet the entry."""
        self._prefixes[prefix] = (*self._prefixes.get(prefix, ()), entry)
        self._shortest, self._longest = min(self._shortest, len(prefix)), max(self._longest, len(prefix))
        key = prefix[:MIN_PREFIX]
        keys = [key] if len(key) == MIN_PREFIX else [one for one in self._beginning if one.startswith(key)]
        alike = [token for one in keys for token in self._beginning.get(one, ())]
        self.meet([token for token in alike if token.startswith(prefix) and token[-1] != PLURAL], entry)

    def let_matter(self, key: str) -> None:
        """From now on it matters where these letters stand together."""
        if key in self._long:
            self._add([chunk for chunk in self._long[key] if any(map(self._matters, _long(chunk)))], LONG)

    def meet(self, tokens: Iterable[str], entry: Entry) -> None:
        """The chunks that are known and offer any of the tokens meet the entry."""
        self._add({chunk for token in tokens for chunk in self._offering.get(token, ())}, entry)

    def _add(self, chunks: Iterable[str], entry: Entry) -> None:
        for chunk in chunks:
            entries, spelled = self[chunk]
            if entry not in entries:
                self[chunk] = ((*entries, entry), spelled)


def _words_of(chunk: str) -> list[str]:
    return [piece.word.text for piece in CHUNKS[chunk].pieces]


def _long(chunk: str) -> list[tuple[str, ...]]:
    """The letters of each three words and more that are hyphenated."""
    known = CHUNKS[chunk]
    spelled = known.spelled[1::2]
    return [spelled[form.first : form.last] for form in known.joined if form.last - form.first > 2]
