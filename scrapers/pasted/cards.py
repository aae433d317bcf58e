"""Cards: blocks and the marks around them (dates, upvotes, meta lines), gathered by the paper that they speak of."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from scrapers.pasted.dates import DATE, Day, printed_day
from scrapers.pasted.furniture import is_page_top
from scrapers.pasted.headings import Heading, is_topic, split_heading
from scrapers.pasted.lines import LONGEST_BLOCK, NUMBER, Kind, Line
from scrapers.pasted.scholar_feed import META, meta_day
from scrapers.pasted.titles_and_abstracts import breaks_off, settle


@dataclass
class Card:
    """What the text says about one paper, beginning at line `number`. Any part may be missing."""

    number: int
    title: str | None = None
    abstract: str | None = None
    heading: Heading | None = None
    meta: re.Match[str] | None = None
    authors_count: int | None = None
    organization: str | None = None
    day: Day | None = None
    comments: int | None = None
    upvotes: int | None = None
    arxiv: str | None = None
    marks: set[Kind] = field(default_factory=set)


def day_of(card: Card) -> Day | None:
    """The day that the card prints."""
    return card.day or (meta_day(card.meta) if card.meta else None)


class CardReader:
    """Gathers blocks and marks into cards. A mark belongs to the card before it, a META line to the one after it."""

    def __init__(self, numbers_are_upvotes: bool) -> None:
        self._upvotes_shown = numbers_are_upvotes
        self._cards: list[Card] = []
        self._card: Card | None = None  # the last one, as long as marks may belong to it
        self._open = False  # may it get a block?
        self._meta: re.Match[str] | None = None
        self._numbers: list[str] = []
        self._separated = False  # is a date expected?
        self._at_top = False  # are we in the head of a page?

    def read(self, blocks: Iterable[Line]) -> list[Card]:
        """The cards, those included that have lost their titles."""
        reading = {
            Kind.TITLE: self._title,
            Kind.HEADING: self._title,
            Kind.ABSTRACT: self._abstract,
            Kind.META: self._read_meta,
            Kind.AUTHORS: self._mark,
            Kind.ORGANIZATION: self._mark,
            Kind.SEPARATOR: self._separator,
            Kind.DATE: self._date,
            Kind.NUMBER: self._number,
            Kind.LINK: self._link,
            Kind.PROFILE: self._profile,
            Kind.FURNITURE: self._furniture,
        }
        for line in settle(list(blocks)):
            reading[line.kind](line)
            self._separated = line.kind in (Kind.SEPARATOR, Kind.AUTHORS, Kind.ORGANIZATION)
        self._end()
        return self._cards

    def _begin(self, line: Line) -> Card:
        card = Card(line.number, arxiv=line.arxiv, meta=self._meta, marks={Kind.META} if self._meta else set())
        self._give_numbers(card)
        self._meta, self._open = None, True
        self._cards.append(card)
        self._card = card
        return card

    def _end(self) -> None:
        self._give_numbers(None)
        self._card, self._open = None, False

    def _title(self, line: Line) -> None:
        split = split_heading(line.text) if line.kind is Kind.HEADING or self._among_headings() else None
        if split and line.kind is not Kind.HEADING and len(split.authors) < 2:
            split = split if self._meta and not is_topic(split.authors[0]) else None
        card = self._begin(line)
        card.title, card.heading = (split.title, split) if split else (line.text, None)
        if split:
            card.marks.add(Kind.HEADING)

    def _among_headings(self) -> bool:
        before = self._cards[-1].marks if self._cards else set()
        return self._meta is not None or bool(before & {Kind.META, Kind.HEADING})

    def _abstract(self, line: Line) -> None:
        card = self._card if self._open and not self._meta else None
        self._at_top = False
        if card and card.abstract is None:
            card.abstract, card.arxiv = line.text, card.arxiv or line.arxiv
        elif card and card.abstract and len(card.abstract) < LONGEST_BLOCK and breaks_off(card.abstract, line.text):
            card.abstract += " " + line.text
        else:
            self._begin(line).abstract = line.text

    def _read_meta(self, line: Line) -> None:
        self._end()
        self._meta = META.fullmatch(line.text)

    def _mark(self, line: Line) -> None:
        card = self._card
        if card is None or card.marks & {Kind.AUTHORS, Kind.ORGANIZATION, Kind.DATE}:
            card = self._begin(line)
        card.marks.add(line.kind)
        if line.kind is Kind.AUTHORS:
            card.authors_count = int(line.text)
        else:
            card.organization = line.text
        self._open = self._at_top = False

    def _separator(self, line: Line) -> None:
        if self._card:
            self._card.marks.add(line.kind)
        self._open = False

    def _date(self, line: Line) -> None:
        match, card = DATE.fullmatch(line.text), self._card
        if self._at_top and not self._separated:
            self._drop_a_name()
        elif card and match and not card.marks & {Kind.DATE, Kind.META, Kind.HEADING}:
            card.day, card.comments = printed_day(match)
            card.marks.add(Kind.DATE)
            self._open = False
        elif self._separated:
            self._begin(line).marks.add(Kind.DATE)

    def _number(self, line: Line) -> None:
        match = NUMBER.fullmatch(line.text)
        self._numbers += [match[1]] if match and not self._separated else []
        self._open = False

    def _give_numbers(self, following: Card | None) -> None:
        """The first of two numbers is the comments of the card before, the last the upvotes of the one that follows."""
        numbers, self._numbers = self._numbers, []
        before = self._card
        own = len(numbers) > 1 or following is None or not self._upvotes_shown
        if numbers and own and before and Kind.DATE in before.marks and before.comments is None and numbers[0] != "-":
            before.comments = int(numbers.pop(0))
        if numbers and following:
            following.upvotes = 0 if numbers[-1] == "-" else int(numbers[-1])

    def _link(self, line: Line) -> None:
        if self._card and self._open and self._card.arxiv is None:
            self._card.arxiv = line.arxiv

    def _profile(self, line: Line) -> None:
        self._drop_a_name()
        self._end()

    def _furniture(self, line: Line) -> None:
        if is_page_top(line.text):
            self._end()
            self._at_top = True
        elif self._at_top:
            self._drop_a_name()

    def _drop_a_name(self) -> None:
        """In the head of a page stands the author's name or the query, which is no title."""
        card = self._card
        if card and card.title and not card.marks and card.abstract is None and len(card.title.split()) <= 5:
            self._cards.pop()
            self._card = None


def shows_upvotes(lines: Sequence[Line]) -> bool:
    """Does the page show upvotes, so that a lone number after a date is that of the next card, and not comments?"""
    before, text_seen = None, False
    for line in lines:
        if line.kind is Kind.NUMBER:
            glued = before is not None and before.kind is Kind.DATE and _has_comments(before)
            if line.text.endswith("-") or not text_seen or glued or (before and before.kind is Kind.NUMBER):
                return True
        text_seen = text_seen or line.kind is Kind.TEXT
        if line.kind is not Kind.LINK:
            before = line
    return False


def _has_comments(line: Line) -> bool:
    match = DATE.fullmatch(line.text)
    return match is not None and printed_day(match)[1] is not None
