"""What a full-text index holds of a paper: texts of words with blanks between them, for any index that knows words,
their order and the beginnings of words.

A word stands in its order under the last of the tokens that it offers (`words`): its singular, as `~model`, if it is a
plural. The other tokens follow at the end of the text with `=` before them, and hyphenated words written as one with
`/`, so that they do not come between two words of a phrase. What is not title or abstract bears the name of its field.
"""

import re
from collections.abc import Iterable, Iterator
from itertools import chain
from operator import itemgetter
from typing import NamedTuple

from bot.query.document import Document
from bot.query.field import Field
from bot.query.leaves import ORGANIZATION
from bot.query.names import glued
from bot.query.stem import stem
from bot.query.words import CHUNKS, PLURAL

VERSION = 4  # to be raised whenever another paper or word would be held otherwise: libraries are then indexed anew
NAMED = ("note", ORGANIZATION, "cat", "author")  # whose words bear the name of their field
STATED = "_"  # stands in a field of facts that the paper states completely
BORDER = "_"  # stands between two texts of one field
CROWDED = "_crowded"  # among the facts of a paper of which an index does not hold all places; see `lookup`
ASIDE = "="  # begins a token that does not stand in the order of the text
JOINED = "/"  # begins a hyphenated word written as one
_PLAIN = re.compile(r"[a-z0-9.+#]+")
_STRANGE = re.compile(r"[\x00-\x22\x24-\x2a\x2c\x2d\x2f\x3a-\x60\x7b-\x7f\s]")
LONGEST = 400  # characters of a word; PostgreSQL's have at most 2,046 bytes
_MAX_KEPT = 50_000  # chunks

Listed = tuple[tuple[str, ...], tuple[str, ...]]


class Indexed(NamedTuple):
    """The words of a paper, by where they stand."""

    title: str
    abstract: str
    facts: str  # of all other fields


def indexed(document: Document) -> Indexed:
    """What an index holds of the paper."""
    title, abstract = (" ".join(_text(document.fields(name))) for name in ("title", "abstract"))
    return Indexed(title, abstract, " ".join(_facts(document)))


def _facts(document: Document) -> Iterator[str]:
    for field in ("note", ORGANIZATION):
        yield from (in_field(field, word) for word in _text(document.fields(field)))
    yield from (in_field("cat", encoded(code)) for code in sorted(document.categories))
    for someone in document.persons:
        yield from (in_field("author", encoded(name)) for name in sorted(someone.surnames))
        yield in_field("author", ASIDE + encoded(glued(someone.given + someone.family)))
    complete = bool(document.persons) and document.paper.authors_truncated is False
    stated = {"cat": document.categories, ORGANIZATION: document.fields(ORGANIZATION), "author": complete}
    yield from (in_field(field, STATED) for field, known in stated.items() if known)


def in_field(field: str, word: str) -> str:
    """The word as it stands there: those of title and abstract as they are."""
    return f"{field}/{word}" if field not in ("", "title", "abstract") else word


def _text(fields: Iterable[Field]) -> list[str]:
    found: list[str] = []
    for field in fields:
        listed = list(map(_LISTED.__getitem__, field.chunks))
        found += chain.from_iterable(map(itemgetter(0), listed))
        found += set(chain.from_iterable(map(itemgetter(1), listed)))
        found.append(BORDER)
    return found


class _Words(dict[str, Listed]):
    def __missing__(self, chunk: str) -> Listed:
        if len(self) >= _MAX_KEPT:
            self.clear()
        known = self[chunk] = _listed(chunk)
        return known


def _listed(chunk: str) -> Listed:
    """The words of a chunk in their order, and what else it offers."""
    known = CHUNKS[chunk]
    more = [ASIDE + encoded(token) for piece in known.pieces for token in piece.offered[:-1]]
    more += [JOINED + encoded(token) for form in known.joined for token in form.word.offered]
    return tuple(encoded(piece.offered[-1]) for piece in known.pieces), tuple(more)


def shown(token: str) -> tuple[str, ...]:
    """Under which words a word that offers the token may stand in its order."""
    if token[-1:] == PLURAL:
        return (encoded(token),)
    plural = (stem(token) + PLURAL,) if stem(token) != token else ()
    capitals = (token[:-1],) if token[-1:] == "s" else ()
    bare = token.rstrip("+#")
    return tuple(dict.fromkeys(map(encoded, filter(None, (token, *plural, *capitals, bare)))))


_LISTED = _Words()


def encoded(token: str) -> str:
    """The token as a word of the index, in which nothing is taken for a border. Words are cut: those of LONGEST
    characters may be one there that are two."""
    word = token.rstrip(PLURAL)
    if not _PLAIN.fullmatch(word):
        word = _STRANGE.sub(lambda char: f"_{ord(char[0]):x}_", word)
    return PLURAL + word[:LONGEST] if token[-1:] == PLURAL else word[:LONGEST]
