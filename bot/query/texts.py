"""Texts: which words and phrases that queries ask for stand in a field. One table for each field that is asked.

Words are looked up by chunk (`chunks`). Phrases are looked up by their letters (`words.letters`) in the letters of one
word and of two neighbouring ones, and of more where a longer phrase begins so. Words that are written as one, with a
hyphen or with a blank have the same letters; what has the letters is then checked word by word.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar

from bot.query.chunks import Chunks
from bot.query.entries import Entry, FactEntry
from bot.query.field import Field, made_of, places_of
from bot.query.leaves import Words
from bot.query.phrase import Part, joinable, parts_of
from bot.query.words import CHUNKS, MIN_HALF, Link, letters

LONGEST = 6  # words of a phrase; longer ones are rare enough to be checked where their longest word is met
_PLURAL_AT_MOST = 3  # letters: `quizzes`
_TIGHT_LINK = Link.TIGHT.value  # looking it up takes longer than comparing it
_TIGHT = bytes([_TIGHT_LINK])


class WordEntry(Entry):
    """A word that is asked for by any of some tokens; `alike` is something else of the same letters."""

    __slots__ = ("alike", "tokens")

    def __init__(self, tokens: tuple[str, ...]) -> None:
        super().__init__()
        self.tokens = tokens
        self.alike: Spelled | None = None

    @property
    def weight(self) -> float:
        return word_weight(len(self.tokens[0]))


class PhraseEntry(Entry):
    """A phrase: for each word the tokens any of which meets it, and a bit where it may be written as one with the next;
    `alike` is something else of the same letters."""

    __slots__ = ("alike", "joins", "length", "text", "tokens")

    def __init__(self, tokens: tuple[frozenset[str], ...], joins: int, length: int, text: str) -> None:
        super().__init__()
        self.tokens = tokens
        self.joins = joins
        self.length = length  # of its words together
        self.text = text
        self.alike: Spelled | None = None

    @property
    def weight(self) -> float:
        return word_weight(self.length) / 2


class Beginning:
    """A longer phrase begins with these letters; `solid`: which may be those of one word."""

    __slots__ = ("alike", "solid")

    def __init__(self) -> None:
        self.solid = False
        self.alike: Spelled | None = None


class Compound:
    """Two words of these letters are asked for by the queries of these numbers, which a text may write as one."""

    __slots__ = ("alike", "numbers")

    def __init__(self) -> None:
        self.numbers: tuple[int, ...] = ()
        self.alike: Spelled | None = None


Spelled = WordEntry | PhraseEntry | Beginning | Compound
Kind = TypeVar("Kind", Beginning, Compound)


def word_weight(length: int) -> float:
    """The rarer the longer: where it was tried, as good as to count the papers."""
    return 100 / (length + 1)


class Texts:
    """The words, prefixes and phrases that are asked for in one field of a paper."""

    def __init__(self, field: str, chunks: Sequence[Chunks], *, stems: bool) -> None:
        self._field = field
        self._stems = stems
        self._chunks = chunks  # of the texts in which this field looks
        self._words: dict[tuple[str, ...], WordEntry] = {}
        self._prefixes: dict[str, Entry] = {}
        # By letters: phrases, their beginnings, compounds, words that two words of a text may make; None where such a
        # word is only a part of a phrase.
        self.spelled: dict[str, Spelled | None] = {}
        self.solid: set[str] = set()  # those of these letters that may be the letters of one word of a text
        self.parts: set[str] = set()  # the letters of single words of phrases
        self.longest = 0  # words of a phrase
        self._tokens: dict[tuple[str, ...], frozenset[str]] = {}

    def word(self, tokens: tuple[str, ...]) -> WordEntry:
        """The entry of the word that these tokens meet."""
        known = self._words.get(tokens)
        if known is None:
            known = self._words[tokens] = WordEntry(tokens)
            for chunks in self._chunks:
                chunks.ask(tokens, known)
            if len(tokens[0]) >= 2 * MIN_HALF:
                self._put(letters(tokens[0]), known)
        return known

    def prefix(self, prefix: str) -> Entry:
        """The entry of all words that begin so."""
        known = self._prefixes.get(prefix)
        if known is None:
            known = self._prefixes[prefix] = FactEntry(10 * word_weight(len(prefix)))
            for chunks in self._chunks:
                chunks.ask_prefix(prefix, known)
        return known

    def phrase(self, parts: tuple[Part, ...], text: str) -> PhraseEntry:
        """The entry of a phrase of two to LONGEST words, none of them a prefix."""
        spelled = [letters(part.tokens[0]) for part in parts]
        tokens = tuple(self._shared(part.tokens) for part in parts)
        joins = sum(joinable(*pair) << place for place, pair in enumerate(pairwise(parts)))
        for known in self._of_letters("".join(spelled)):
            if isinstance(known, PhraseEntry) and known.tokens == tokens and known.joins == joins:
                return known
        entry = PhraseEntry(tokens, joins, sum(len(part.tokens[0]) for part in parts), text)
        self._put("".join(spelled), entry)
        if _all_join(joins, len(parts)):
            self.solid.add("".join(spelled))
        self.longest = max(self.longest, len(parts))
        self.parts.update(spelled)
        for part, key in zip(parts, spelled, strict=True):
            if len(part.tokens[0]) >= 2 * MIN_HALF:
                self.spelled.setdefault(key, None)
        for end in range(2, len(parts)):
            beginning = self._made("".join(spelled[:end]), Beginning)
            if _all_join(joins, end):
                beginning.solid = True
                self.solid.add("".join(spelled[:end]))
        return entry

    def compound(self, one: Words, two: Words, number: int) -> None:
        """The query of that number is to be tried where a text writes the two words as one."""
        for key in {letters(a.parts[0].tokens[0] + b.parts[0].tokens[0]) for a, b in ((one, two), (two, one))}:
            there = self._made(key, Compound)
            there.numbers = (*there.numbers, number)
            self.solid.add(key)

    def _made(self, key: str, kind: type[Kind]) -> Kind:
        """The one of this kind with these letters, made where there is none."""
        for known in self._of_letters(key):
            if isinstance(known, kind):
                return known
        new = kind()
        self._put(key, new)
        return new

    def _of_letters(self, key: str) -> Iterator[Spelled]:
        """What is spelled with these letters."""
        known = self.spelled.get(key)
        while known:
            yield known
            known = known.alike

    def _put(self, key: str, new: Spelled) -> None:
        new.alike = self.spelled.get(key)
        self.spelled[key] = new

    def _shared(self, tokens: tuple[str, ...]) -> frozenset[str]:
        return self._tokens.setdefault(tokens, frozenset(tokens))

    def meet(self, field: Field, met: set[Entry], tried: set[int]) -> None:
        """Add the phrases of the field to `met`, words too that two of its words make, and the numbers of queries that
        are to be tried to `tried`."""
        if self.spelled:
            _Reading(self, field, met, tried).read()


class _Reading:
    """One field, read for phrases and for words that its neighbouring words make.

    A phrase begins with two words that have the letters of a beginning. If not, then it begins where a text writes
    one word as several or several as one: from there, and from the word before, every way on is tried.
    """

    def __init__(self, texts: Texts, field: Field, met: set[Entry], tried: set[int]) -> None:
        self.texts, self.field, self.met, self.tried = texts, field, met, tried
        self.letters, self.links, self.twos, self.places = field.spelling
        self.guesses: set[int] = set()  # where two words are one that is a part of a phrase

    def read(self) -> None:
        """Add what is met."""
        begun = {key for key in self.texts.spelled.keys() & self.places.keys() if self._read_two(key)}
        if self.texts.longest:
            self._find_hyphens()
        for start in {start for place in self.guesses for start in (place - 1, place) if start >= 0}:
            self._read_on(self.letters[start], start, 1)
        for key in self.texts.solid.intersection(self.letters):
            self._read_one(key)
        if begun:
            for start in [place for place, key in enumerate(self.twos) if key in begun]:
                self._read_on(self.twos[start], start, 2)

    def _find_hyphens(self) -> None:
        """Phrases may begin in a hyphenated word or just before it, if they write parts of it as one."""
        end = self.links.find(_TIGHT)
        while end >= 0:
            longer = self.links[end - 1] == _TIGHT_LINK or self.links[end + 1 : end + 2] == _TIGHT
            if longer or self.twos[end - 1] in self.texts.parts:
                self.guesses.update((max(end - 1, 0), end))
            elif self.texts.longest > 2 <= end and "".join(self.letters[end - 2 : end + 1]) in self.texts.spelled:
                self.guesses.add(end - 1)
            end = self.links.find(_TIGHT, end + 1)

    def _read_one(self, key: str) -> None:
        """What one word of these letters is, if phrases write it as several."""
        known = self.texts.spelled[key]
        while known:
            if isinstance(known, PhraseEntry):
                if _all_join(known.joins, len(known.tokens)):
                    self._add(known, places_of(self.letters, key), 1)
            elif isinstance(known, Compound):
                self.tried.update(known.numbers)
            elif isinstance(known, Beginning) and known.solid:
                for start in places_of(self.letters, key):
                    self._read_on(key, start, 1)
            known = known.alike

    def _read_two(self, key: str) -> bool:
        """Add the phrases that two words of these letters are, and the words that they make; whether a longer phrase
        begins with them."""
        known, place, begins = self.texts.spelled[key], self.places[key], False
        one, two = self.field.pieces[place : place + 2]
        while known:
            if isinstance(known, PhraseEntry):
                tokens = known.tokens
                if len(tokens) != 2 or tokens[0].isdisjoint(one.offered) or tokens[1].isdisjoint(two.offered):
                    self._add(known, places_of(self.twos, key), 2)
                else:
                    self.met.add(known)
            elif isinstance(known, Beginning):
                begins = True
            elif isinstance(known, WordEntry):
                if any(made for _, made in self._made(key) if not made.isdisjoint(known.tokens)):
                    self.met.add(known)
            elif any(self.links[place + 1] == _TIGHT_LINK for place in places_of(self.twos, key)):
                self.tried.update(known.numbers)
            known = known.alike
        if key in self.texts.parts:
            self.guesses.update(place for place, made in self._made(key) if made)
        return begins

    def _made(self, key: str) -> Iterator[tuple[int, set[str]]]:
        """Where two words of these letters stand, and the tokens that they make when they are written as one."""
        pieces = self.field.pieces
        return ((place, set(made_of(pieces[place], pieces[place + 1]))) for place in places_of(self.twos, key))

    def _read_on(self, spelled: str, start: int, count: int) -> None:
        """Every phrase from the start, beyond so many words that are spelled so: on while a phrase may begin so, or
        the text may write a part of it as two words, or with hyphens."""
        for end in range(start + count, len(self.letters)):
            spelled += self.letters[end]
            known, begins = self.texts.spelled.get(spelled), spelled in self.texts.parts
            while known:
                if isinstance(known, PhraseEntry):
                    self._add(known, (start,), end + 1 - start)
                elif isinstance(known, Beginning):
                    begins = True
                elif isinstance(known, Compound) and self.links.count(_TIGHT, start + 1, end + 1) == end - start:
                    self.tried.update(known.numbers)
                known = known.alike
            if not (begins or end in self.guesses or self.links.startswith(_TIGHT, end + 1)):
                return

    def _add(self, entry: PhraseEntry, places: Sequence[int], count: int) -> None:
        """Add the phrase if so many words from any of these places are it."""
        if entry not in self.met and any(self._is(entry, place, count) for place in places):
            self.met.add(entry)

    def _is(self, entry: PhraseEntry, start: int, count: int) -> bool:
        """Whether the words from there are the phrase, word by word; if not, perhaps with some written as one."""
        if len(entry.tokens) != count:
            return self._is_somehow(entry, start, count)
        for tokens, piece in zip(entry.tokens, self.field.pieces[start : start + count], strict=True):
            if tokens.isdisjoint(piece.offered):
                return self._is_somehow(entry, start, count)
        return True

    def _is_somehow(self, entry: PhraseEntry, at: int, count: int) -> bool:
        """Whether the words are the phrase with some of them written as one, here or there."""
        if count > 1:
            here = " ".join(self._chunks_of(at, at + count))
            return _stands(self.texts._field, entry.text, self.texts._stems, here)
        piece = self.field.pieces[at]
        if abs(len(piece.word.raw) - entry.length) > _PLURAL_AT_MOST:
            return False
        return not _glued(self.texts._field, entry.text, self.texts._stems).isdisjoint(piece.offered)

    def _chunks_of(self, first: int, last: int) -> list[str]:
        """The chunks that hold these words."""
        found, at = [], 0
        for chunk in self.field.chunks:
            if at >= last:
                break
            at += len(CHUNKS[chunk].pieces)
            if at > first:
                found.append(chunk)
        return found


def _all_join(joins: int, words: int) -> bool:
    """Whether so many words of a phrase may all be written as one."""
    return ~joins & ((1 << (words - 1)) - 1) == 0


@lru_cache(maxsize=10_000)
def _term(field: str, text: str, stems: bool) -> Words:
    parts, shown = parts_of(text, stems=stems)
    return Words(field, parts, shown)


@lru_cache(maxsize=10_000)
def _glued(field: str, text: str, stems: bool) -> frozenset[str]:
    """The tokens of all words of the phrase written as one."""
    term = _term(field, text, stems)
    return frozenset(token for step in term.steps[0] if step.to == len(term.parts) for token in step.tokens)


@lru_cache(maxsize=10_000)  # `state-of-the-art`: most papers that write words otherwise do it in the same few ways
def _stands(field: str, text: str, stems: bool, chunks: str) -> bool:
    """Whether the phrase stands among these chunks of a text."""
    term, here = _term(field, text, stems), Field(field, chunks)
    return here.may_have(term.steps) and next(here.spans(term.steps), None) is not None
