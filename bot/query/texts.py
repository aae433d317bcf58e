"""Texts: which words and phrases that queries ask for stand in a text. One table for texts that are read alike.

Words are looked up by chunk (`chunks`). Phrases are looked up by their letters (`words.letters`) in the letters of two
neighbouring words, and of more where a longer phrase begins so. Words that are written as one, with a hyphen or with a
blank have the same letters; what has the letters is then checked word by word. What two words meet is computed once
and kept, since texts repeat those that anyone asks for.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import lru_cache, partial
from itertools import accumulate, combinations, compress, count, islice, pairwise
from typing import NamedTuple

from bot.query.chunks import Chunks
from bot.query.entries import Entry, FactEntry
from bot.query.field import Field, Span, made_of
from bot.query.leaves import ANYWHERE, Near, Words
from bot.query.nears import Nears
from bot.query.phrase import Part, compound, joinable, parts_of, steps
from bot.query.textual import Beginning, Compound, PhraseEntry, TextEntry, WordEntry, all_join, word_weight
from bot.query.words import HYPHENS, LATER, MARKS, MIN_HALF, PLURAL, Link, letters, piece_of

LONGEST = 12  # words of a phrase; longer ones are rare enough to be checked where their longest word is met
_MIN_KEPT = 50_000  # of two or three words; where a million queries are asked, 2,000 papers have more that matter


class Met(NamedTuple):
    """What two or three neighbouring words meet; whether a longer phrase begins with them; and, of two, whether a
    phrase writes them otherwise, as one word or as a few with other borders, and whether they may be `one` word that is
    to stand near others."""

    entries: tuple[Entry, ...]
    begins: bool
    otherwise: bool = False
    one: bool = False


class Texts:
    """The words, prefixes and phrases that are asked for in texts of these names."""

    def __init__(self, names: Iterable[str], *, stems: bool) -> None:
        self._stems = stems
        self.chunks = {name: Chunks(partial(self._solid, name), self._matters) for name in names}
        self._words: dict[tuple[str, tuple[str, ...]], WordEntry] = {}
        self._spellings: dict[tuple[str, str], Entry] = {}
        self._prefixes: dict[tuple[str, str], Entry] = {}
        # By letters: phrases, their beginnings, and words that two words of a text may make; None for what is only a
        # part of a phrase, or of words that are to stand near one another.
        self._spelled: dict[str, TextEntry | None] = {}
        self._compounds: dict[str, Compound] = {}
        # By the letters of a word of a phrase, or of a few that join: where these begin, in letters, as bits. A text
        # may write them with other borders.
        self._borders: dict[str, tuple[int, ...]] = {}
        self._nears = Nears()
        self._most = 0  # letters of a phrase
        self._tokens: dict[tuple[str, ...], frozenset[str]] = {}
        self._met: dict[str, dict[str, Met]] = {name: {} for name in self.chunks}  # by two or three words, marked
        self._known: dict[str, list[tuple[str, str]]] = {}  # by letters: what is kept there

    def word(self, field: str, tokens: tuple[str, ...]) -> WordEntry:
        """The entry of the word that these tokens meet."""
        known = self._words.get((field, tokens))
        if known is None:
            known = self._words[field, tokens] = WordEntry(field, tokens)
            for chunks in self._chunks_of(field):
                chunks.ask(tokens, known)
            if len(tokens[0]) >= 2 * MIN_HALF:
                self._put(letters(tokens[0]), known)
        return known

    def exact(self, field: str, spelling: str) -> Entry:
        """The entry of a word that is spelled just so."""
        known = self._spellings.get((field, spelling))
        if known is None:
            known = self._spellings[field, spelling] = FactEntry(word_weight(len(spelling)))
            for chunks in self._chunks_of(field):
                chunks.ask_exactly(spelling, known)
        return known

    def prefix(self, field: str, prefix: str) -> Entry:
        """The entry of all words that begin so."""
        known = self._prefixes.get((field, prefix))
        if known is None:
            known = self._prefixes[field, prefix] = FactEntry(10 * word_weight(len(prefix)))
            for chunks in self._chunks_of(field):
                chunks.ask_prefix(prefix, known)
        return known

    def phrase(self, field: str, parts: tuple[Part, ...], text: str) -> PhraseEntry:
        """The entry of a phrase of two to LONGEST words, none of them a prefix."""
        spelled = [letters(part.tokens[0]) for part in parts]
        whole = "".join(spelled)
        tokens = tuple(self._shared(part.tokens) for part in parts)
        joins = sum(joinable(*pair) << place for place, pair in enumerate(pairwise(parts)))
        for known in self._of_letters(whole):
            if isinstance(known, PhraseEntry) and (known.field, known.tokens, known.joins) == (field, tokens, joins):
                return known
        entry = PhraseEntry(field, tokens, joins, sum(len(part.tokens[0]) for part in parts), text)
        self._put(whole, entry)
        self._most = max(self._most, len(whole))
        for end in range(2, len(parts)):
            self._begin("".join(spelled[:end]))
        self._add_borders(spelled, joins)
        if entry.is_solid:
            for chunks in filter(None, self._chunks_of(field)):
                chunks.meet(_glued(parts, self._stems), entry)
        return entry

    def near(self, term: Near) -> Entry:
        """A new entry for two words that are to stand near one another."""
        entry = self._nears.add(term)
        for key in term.letters or ():
            self._spelled.setdefault(key, None)
            self._forget(key)
            self._let_matter(key)
        return entry

    def compound(self, one: Words, two: Words) -> Entry:
        """The entry of two words that a text writes as one, in this order."""
        key = letters(one.parts[0].tokens[0] + two.parts[0].tokens[0])
        known = self._compounds.get(key)
        if known is None:
            known = self._compounds[key] = Compound(ANYWHERE)
        for chunks in filter(None, self._chunks_of(one.field)):
            chunks.meet(one.compound(two), known)
        return known

    def _chunks_of(self, field: str) -> Collection[Chunks]:
        return self.chunks.values() if field == ANYWHERE else (self.chunks[field],)

    def _begin(self, key: str) -> None:
        if not any(isinstance(known, Beginning) for known in self._of_letters(key)):
            self._put(key, Beginning(ANYWHERE))

    def _add_borders(self, spelled: Sequence[str], joins: int) -> None:
        """Remember what a text may write otherwise: each word, and each few that join, but not the whole phrase."""
        for first, last in combinations(range(len(spelled) + 1), 2):
            if last - first < len(spelled) and all_join(joins, first, last):
                key, borders = "".join(spelled[first:last]), _borders(spelled[first:last])
                known = self._borders.get(key, ())
                if borders not in known:
                    self._borders[key] = (*known, borders)
                    self._spelled.setdefault(key, None)
                    self._forget(key)
                    self._let_matter(key)

    def _let_matter(self, key: str) -> None:
        for chunks in self.chunks.values():
            chunks.let_matter(key)

    def _matters(self, spelled: Sequence[str]) -> bool:
        """Whether it matters that words of these letters are hyphenated: a query writes them otherwise."""
        together = "".join(spelled)
        return together in self._nears.alike or _differ(self._borders.get(together, ()), spelled)

    def _of_letters(self, key: str) -> Iterator[TextEntry]:
        """What is spelled with these letters."""
        known = self._spelled.get(key)
        while known:
            yield known
            known = known.alike

    def _put(self, key: str, new: TextEntry) -> None:
        new.alike = self._spelled.get(key)
        self._spelled[key] = new
        self._forget(key)

    def _forget(self, key: str) -> None:
        for name, pair in self._known.pop(key, ()):
            del self._met[name][pair]

    def _keep(self, key: str, name: str, pair: str, met: Met) -> Met:
        if len(self._met[name]) >= max(_MIN_KEPT, len(self._spelled) // 4):
            self._known.clear()
            for kept in self._met.values():
                kept.clear()
        self._known.setdefault(key, []).append((name, pair))
        self._met[name][pair] = met
        return met

    def _shared(self, tokens: tuple[str, ...]) -> frozenset[str]:
        return self._tokens.setdefault(tokens, frozenset(tokens))

    def _solid(self, name: str, tokens: Collection[str]) -> Iterator[Entry]:
        """What a text of that name meets besides, if it offers these tokens in one chunk."""
        for key in {letters(token.rstrip(PLURAL)) for token in tokens}:
            for known in self._of_letters(key):
                if isinstance(known, PhraseEntry) and known.is_sought_in(name) and self._may_be_one(known, tokens):
                    yield known
            if key in self._compounds:
                yield self._compounds[key]

    def meet(self, field: Field, met: set[Entry], *, is_long: bool) -> None:
        """Add the phrases of the field to `met`, and the words that two of its words make; `is_long`: one of its chunks
        meets LONG."""
        spelled = self._spelled
        if not spelled:
            return
        words, ones, twos = field.spelling
        begun, otherwise, made = list[int](), set[int](), dict[Span, str]()
        known = self._met[field.name]
        for place in compress(count(), map(spelled.__contains__, twos)):
            pair = f"{words[place]} {words[place + 1]}"
            entries, begins, are_otherwise, are_one = known.get(pair) or self._learn(field, place, pair)
            if entries:
                met.update(entries)
            if begins:
                begun.append(place)
            if are_otherwise:
                otherwise.add(place)
            if are_one:
                made[place, place + 2] = twos[place]
        hyphens = field.hyphens if is_long else {}
        for (first, last), together in hyphens.items():
            if _differ(self._borders.get(together, ()), ones[first:last]):
                otherwise.update(range(first, last - 1))
        if begun or otherwise:
            self._read_on(field, begun, otherwise, met)
        if alike := self._nears.alike:
            made.update((span, together) for span, together in hyphens.items() if together in alike)
            self._nears.meet(field, made, met)

    def _learn(self, field: Field, place: int, pair: str) -> Met:
        """What the two words there meet, from now on known."""
        words, ones, twos = field.spelling
        key, made = twos[place], set(made_of(piece_of(words[place]), piece_of(words[place + 1])))
        entries, begins = list[Entry](), False
        for known in self._of_letters(key):
            if isinstance(known, Beginning):
                begins = True
            elif known.is_sought_in(field.name):
                is_made = isinstance(known, WordEntry) and not made.isdisjoint(known.tokens)
                if is_made or self._is_phrase(known, field, place, place + 2):
                    entries.append(known)
        borders = self._borders.get(key, ())
        is_hyphenated = words[place + 1][0] in HYPHENS
        otherwise = (bool(made) and 0 in borders) or (is_hyphenated and _differ(borders, ones[place : place + 2]))
        one = key in self._nears.alike and (bool(made) or is_hyphenated)
        return self._keep(key, field.name, pair, Met(tuple(entries), begins, otherwise, one))

    def _read_on(self, field: Field, begun: Iterable[int], otherwise: Collection[int], met: set[Entry]) -> None:
        """Add the phrases of more than two words, and those that the text writes otherwise: these begin there, or with
        the word before, or two words begin them as they begin others."""
        words, ones, twos = field.spelling
        known, last = self._met[field.name], len(ones) - 2
        for place in begun:
            if place + 2 in otherwise:
                self._read_from(place, twos[place], place + 2, field, otherwise, met)
            elif place < last and (spelled := twos[place] + ones[place + 2]) in self._spelled:
                three = f"{words[place]} {words[place + 1]} {words[place + 2]}"
                entries, begins, *_ = known.get(three) or self._learn_three(field, place, three, spelled)
                met.update(entries)
                if begins:
                    self._read_from(place, spelled, place + 3, field, otherwise, met)
        for start in {max(place - back, 0) for place in otherwise for back in (0, 1)}:
            self._read_from(start, ones[start], start + 1, field, otherwise, met)

    def _learn_three(self, field: Field, place: int, three: str, spelled: str) -> Met:
        """What the three words there meet, from now on known."""
        entries = set[Entry]()
        begins = self._add_phrases(spelled, field, place, place + 3, entries)
        return self._keep(spelled, field.name, three, Met(tuple(entries), begins))

    def _read_from(
        self, start: int, spelled: str, end: int, field: Field, otherwise: Collection[int], met: set[Entry]
    ) -> None:
        """Add the phrases that begin there, with words of those letters up to the end (exclusive)."""
        for place, key in enumerate(islice(field.spelling.letters, end, None), end):
            spelled += key
            goes_on = place in otherwise
            if spelled in self._spelled:
                goes_on |= self._add_phrases(spelled, field, start, place + 1, met)
            if not goes_on or len(spelled) > self._most:
                break

    def _add_phrases(self, spelled: str, field: Field, first: int, last: int, met: set[Entry]) -> bool:
        """Add the phrases that these words are; whether one may go on from here."""
        goes_on = spelled in self._borders
        for known in self._of_letters(spelled):
            if isinstance(known, Beginning):
                goes_on = True
            elif known not in met and known.is_sought_in(field.name) and self._is_phrase(known, field, first, last):
                met.add(known)
        return goes_on

    def _may_be_one(self, entry: PhraseEntry, tokens: Collection[str]) -> bool:
        """Whether a word of these tokens is the phrase, written as one."""
        if not entry.is_solid:
            return False
        parts, _ = parts_of(entry.text, stems=self._stems)
        return any(token in tokens for token in _glued(parts, self._stems))

    def _is_phrase(self, entry: TextEntry, field: Field, first: int, last: int) -> bool:
        """Whether this is a phrase and these words are it: word by word, or with some of them written otherwise."""
        if not isinstance(entry, PhraseEntry):
            return False
        if len(entry.tokens) == last - first:
            pieces = map(piece_of, field.spelling.words[first:last])
            if not any(tokens.isdisjoint(piece.offered) for tokens, piece in zip(entry.tokens, pieces, strict=True)):
                return True
        return _stands(entry.text, self._stems, _as_written(field.spelling.words[first:last]))


def _borders(words: Sequence[str]) -> int:
    """Where words of these letters begin when they are written as one, but for the first, in letters, as bits."""
    return sum([1 << place for place in accumulate(map(len, words[:-1]))]) if len(words) > 1 else 0


def _differ(borders: Iterable[int], words: Sequence[str]) -> bool:
    """Whether a phrase writes these letters with other borders."""
    here = _borders(words)
    return any(other != here for other in borders)


def _glued(parts: Iterable[Part], stems: bool) -> tuple[str, ...]:
    """The tokens that meet all words of a phrase written as one."""
    return compound(*(part.text for part in parts), stems=stems)


@lru_cache(maxsize=10_000)  # `state-of-the-art`: most papers that write words otherwise do it in the same few ways
def _stands(text: str, stems: bool, written: str) -> bool:
    """Whether the phrase stands in these words."""
    ways, here = steps(parts_of(text, stems=stems)[0], stems=stems), Field("", written)
    return here.may_have(ways) and next(here.spans(ways), None) is not None


def _as_written(words: Sequence[str]) -> str:
    """The words as a text may write them that is read alike."""
    links = {MARKS[Link.TIGHT]: "-", LATER: "-", MARKS[Link.RUN]: ""}
    return "".join(links[word[0]] + word[1:] if word[0] in links else " " + word for word in words)
