"""Words: where they begin and end in a text, and the tokens under which a text offers them and a query asks for them.

A text is cut at blanks into chunks, a chunk into pieces: `fine-tuning,` is one chunk of two pieces. Texts repeat
their chunks, so everything known of a chunk is computed once and kept.

A text offers for each word its folded spelling, and for a plural also `SINGULAR~`; a query asks for any of a few
tokens. So `model` (asks for `model`, `model~`) finds `models` (offers `models`, `model~`), and `RAG`, which is not
stemmed (asks for `rag`), does not find `rags` (offers `rags`, `rag~`). One set of strings a text, for an index too.
"""

import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from functools import lru_cache
from typing import NamedTuple

from bot.query.shapes import shape_of
from bot.query.stem import stem
from scrapers.text import fold

PLURAL = "~"  # no word contains it
MARKS = ("", "-", "_")  # by link; no word begins so
LATER = "="  # for the third part of a hyphenated word, and all after it
HYPHENS = MARKS[1] + LATER
MIN_HALF = 3  # letters in each part of a solid word that is also sought as two
_MAX_JOINED = 4  # pieces of a hyphenated word that are joined with one another; all of them are joined in any case
_MAX_KEPT = 50_000  # chunks
_MAX_KEPT_LENGTH = 64  # characters of a chunk; longer ones do not repeat

_PIECE = re.compile(
    r"(?P<word>[A-Za-z0-9]+(?:(?<=[0-9])\.[0-9]+[A-Za-z0-9]*)*(?:[+#]+(?![A-Za-z]))?)(?:'s(?![A-Za-z0-9]))?|(?P<run>_+)"
)
# Not the apostrophe and not the point: `we'll` is not `well`, and `U.S.` is not `us`.
_TIGHT_GAPS = frozenset({"-", "--", "&"})


class Link(IntEnum):
    """How a piece hangs on the one before it."""

    LOOSE = 0  # a blank, or any punctuation
    TIGHT = 1  # a hyphen or the like: both together are a word too
    RUN = 2  # nothing: the next character of a script without borders of words


class Word(NamedTuple):
    """A word as written, its folded spelling, its singular, and whether it stands for itself (capitals, C++)."""

    text: str
    raw: str
    singular: str
    fixed: bool

    @property
    def offered(self) -> tuple[str, ...]:
        """The tokens of this word in a text."""
        if self.singular == self.raw:
            return (self.raw,)
        return (self.raw, self.singular if self.fixed else self.singular + PLURAL)

    @property
    def asked(self) -> tuple[str, ...]:
        """The tokens any of which meets this word in a query."""
        if self.fixed:
            return tuple(dict.fromkeys((self.raw, self.singular)))
        return tuple(dict.fromkeys((self.raw, self.singular, self.singular + PLURAL)))


class Piece(NamedTuple):
    """A word at its place in a chunk; the tokens it offers there; its spelling, if it may be half of a solid word."""

    word: Word
    start: int
    end: int
    link: Link
    offered: tuple[str, ...]
    half: str


class Joined(NamedTuple):
    """The pieces from first up to last (exclusive) of a hyphenated word, written as one."""

    first: int
    last: int
    word: Word


class Chunk(NamedTuple):
    """What is known of a chunk: its pieces, the joined forms of what is hyphenated in it, and the words with the mark
    of their links before them (`state`, `-of`, `=the`, `=art`), each with its letters behind it."""

    pieces: tuple[Piece, ...]
    joined: tuple[Joined, ...]
    spelled: tuple[str, ...]


def word(text: str) -> Word:
    """The word that is written so."""
    raw = fold(text)
    if text[-1] in "+#":
        return Word(text, raw, raw, True)
    if len(text) > 1 and text.isupper():
        return Word(text, raw, raw, True)
    if len(text) > 2 and text[-1] == "s" and text[:-1].isupper():
        return Word(text, raw, raw[:-1], True)
    return Word(text, raw, stem(raw), False)


def cut(chunk: str) -> tuple[Piece, ...]:
    """The pieces of a chunk, with their places in it."""
    shape = shape_of(chunk)
    pieces: list[Piece] = []
    after = -1
    for match in _PIECE.finditer(shape):
        gap = shape[after : match.start()] if after >= 0 else " "
        link = Link.TIGHT if gap in _TIGHT_GAPS else Link.LOOSE
        if match["run"]:
            pieces += _cut_run(chunk[match.start() : match.end()], match.start())
        else:
            start, end = match.span("word")
            written = word(chunk[start:end])
            if written.raw:  # nothing is left of an accent that stands alone
                pieces.append(_piece(written, start, end, link))
        after = match.end()
    return tuple(pieces)


def _cut_run(run: str, start: int) -> Iterator[Piece]:
    """One piece a character; characters that fold together (half-width voicing marks, jamo) share a place."""
    link = Link.LOOSE
    for begin, end in _clusters(run):
        for char in fold(run[begin:end]):
            yield Piece(Word(char, char, char, True), start + begin, start + end, link, (char,), "")
            link = Link.RUN


def _clusters(run: str) -> Iterator[tuple[int, int]]:
    begin = 0
    for end in range(1, len(run) + 1):
        if end == len(run) or not _continues(run[end]):
            yield begin, end
            begin = end


def _continues(char: str) -> bool:
    return "\u1160" <= char <= "\u11ff" or char in "\u3099\u309a\uff9e\uff9f"


def join(pieces: Sequence[Piece]) -> Iterator[Joined]:
    """The joined forms of the hyphenated words among the pieces: of two to four neighbours, and of each whole."""
    first = 0
    for index in range(1, len(pieces) + 1):
        if index == len(pieces) or pieces[index].link is not Link.TIGHT:
            yield from _join_all(pieces, first, index)
            first = index


def _join_all(pieces: Sequence[Piece], first: int, last: int) -> Iterator[Joined]:
    for start, end in joined_within(first, last):
        yield Joined(start, end, word("".join(p.word.text for p in pieces[start:end])))


def joined_within(first: int, last: int) -> Iterator[tuple[int, int]]:
    """From where to where (exclusive) the pieces of one hyphenated word are joined."""
    for start in range(first, last - 1):
        for end in range(start + 2, min(start + _MAX_JOINED, last) + 1):
            yield start, end
    if last - first > _MAX_JOINED:
        yield first, last


def _analyse(chunk: str) -> Chunk:
    simple = chunk.isascii() and chunk.isalnum()
    pieces = (_piece(word(chunk), 0, len(chunk), Link.LOOSE),) if simple else cut(chunk)
    return Chunk(pieces, () if simple else tuple(join(pieces)), tuple(_spelled(pieces)))


def _spelled(pieces: Sequence[Piece]) -> Iterator[str]:
    before = Link.LOOSE
    for piece in pieces:
        is_later = before is piece.link is Link.TIGHT
        yield (LATER if is_later else MARKS[piece.link]) + piece.word.text
        yield letters(piece.word.raw)
        before = piece.link


@lru_cache(maxsize=_MAX_KEPT)
def piece_of(marked: str) -> Piece:
    """The word with this mark or none (`Chunk.words`), as a piece of its own."""
    text = marked[1:] if marked[0] in HYPHENS or marked[0] == MARKS[Link.RUN] else marked
    return _piece(word(text), 0, len(text), Link.LOOSE)


def _piece(written: Word, start: int, end: int, link: Link) -> Piece:
    """`GaLore+` is found as `GaLore` too (but `C++` is not C)."""
    bare = written.raw.rstrip("+#")
    offered = written.offered if bare == written.raw or len(bare) < 2 else (written.raw, bare)
    half = written.raw if len(written.raw) >= MIN_HALF else ""
    return Piece(written, start, end, link, offered, half)


# What a plural adds or changes (`boxes`, `queries`, `quizzes`), and the signs that `GaLore+` may do without.
_PASSING = str.maketrans({**dict.fromkeys("sez+#"), "i": "y"})


def letters(raw: str) -> str:
    """What a folded spelling has in common with its plural, its singular, and with both when other words are glued to
    them: letters(one + two) = letters(one) + letters(two). Words that can meet have the same letters; not every two
    words of the same letters do."""
    return raw.translate(_PASSING)


class _Chunks(dict[str, Chunk]):
    def __missing__(self, chunk: str) -> Chunk:
        known = _analyse(chunk)
        if len(chunk) <= _MAX_KEPT_LENGTH:
            if len(self) >= _MAX_KEPT:
                self.clear()
            self[chunk] = known
        return known


class _Tokens(dict[str, tuple[str, ...]]):
    """All tokens of a chunk: those of a paper are then one union, without a loop."""

    def __missing__(self, chunk: str) -> tuple[str, ...]:
        tokens = _tokens(chunk)
        if len(chunk) <= _MAX_KEPT_LENGTH:
            if len(self) >= _MAX_KEPT:
                self.clear()
            self[chunk] = tokens
        return tokens


def _tokens(chunk: str) -> tuple[str, ...]:
    known = CHUNKS[chunk]
    if len(known.pieces) == 1:
        return known.pieces[0].offered
    single = [token for piece in known.pieces for token in piece.offered]
    return (*single, *(token for form in known.joined for token in form.word.offered))


CHUNKS = _Chunks()
TOKENS = _Tokens()


def tokens_of(chunks: Sequence[str]) -> frozenset[str]:
    """All tokens of the chunks of a text."""
    return frozenset().union(*map(TOKENS.__getitem__, set(chunks)))
