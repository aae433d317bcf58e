"""The whole of a pasted text: whether it is a listing at all, and if it is, the Page that it makes.

Text without marks of a listing (dates, numbers of authors, meta lines) is taken only where most of it is titles (three
words or more), each with one abstract of 300 characters or more in the words of research; a lone title with its
abstract is enough.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import islice

from scrapers.paper import Paper
from scrapers.pasted.blocks import join_lines
from scrapers.pasted.cards import Card, CardReader, day_of, shows_upvotes
from scrapers.pasted.dates import Calendar
from scrapers.pasted.furniture import is_page_top
from scrapers.pasted.lines import Kind, Line, read_lines
from scrapers.pasted.organizations import mark_organizations
from scrapers.pasted.papers import make_paper
from scrapers.pasted.titles_and_abstracts import is_research
from scrapers.request import Listed, ListingError, Page

_MOST_LINES = 1_000_000

_MARKUP = re.compile(r"</?[A-Za-z!][^>]*>|[{}\[\]]|\"[\w-]+\": ?|```|\|")
_WANTED = (
    "expected is text copied from a page of Hugging Face Papers (titles, abstracts, dates) or from an author page of "
    "Scholar Feed; select the list on that page, copy it and try again"
)


def parse(text: str, *, as_of: date | None = None, today: date) -> Page:
    """What a person copied from a listing page, as a Page in the order of the text.

    `as_of` is the day of the capture, where it is known; `today` is used where neither it nor the text gives a year.
    `skipped` says which pieces of cards were left out, `notes` which year was assumed. Raises ListingError, in one
    sentence, for text that is no listing.
    """
    lines = list(islice(read_lines(text), _MOST_LINES + 1))
    if len(lines) > _MOST_LINES:
        raise ListingError(f"This text has more than {_MOST_LINES:,} lines; hand it over in several parts.")
    if not lines:
        raise ListingError(f"This text is empty: {_WANTED}.")
    cards = CardReader(shows_upvotes(lines)).read(join_lines(mark_organizations(lines)))
    found = [card for card in cards if card.title]
    if not found or not _is_listing(lines, cards):
        raise ListingError(f"This text is not a listing of papers: {_WANTED}.")
    days = [day for card in found if (day := day_of(card))]
    calendar = Calendar.of(days, as_of, today)
    papers: dict[tuple[str, str | None], Paper] = {}
    for paper in (make_paper(card, calendar) for card in found):
        papers.setdefault((paper.title, paper.abstract), paper)
    listed = (Listed(paper, rank=rank) for rank, paper in enumerate(papers.values(), start=1))
    return Page(tuple(listed), skipped=tuple(_skipped(cards)), notes=calendar.notes(days))


def _is_listing(lines: Sequence[Line], cards: Sequence[Card]) -> bool:
    markup = sum(bool(_MARKUP.match(line.text)) for line in lines if line.kind is Kind.TEXT)
    if 4 * markup > len(lines):
        return False
    pairs = sum(_is_pair(card) for card in cards)
    marked = sum(_is_marked(card) for card in cards)
    if marked or any(is_page_top(line.text) for line in lines if line.kind is not Kind.TEXT):
        return 4 * sum(_is_marked(card) or _is_pair(card) for card in cards) >= len(cards)
    return pairs > 0 and 2 * pairs >= len(cards)


def _is_marked(card: Card) -> bool:
    """Does the card have what only a listing has?"""
    if not card.title:
        return False
    if card.marks & {Kind.META, Kind.AUTHORS} or (card.heading and card.heading.more):
        return True
    return card.abstract is not None and card.marks >= {Kind.SEPARATOR, Kind.DATE}


def _is_pair(card: Card) -> bool:
    """Is this a title with an abstract of research?"""
    if not card.title or not card.abstract:
        return False
    return is_research(card.title, card.abstract)


def _skipped(cards: Sequence[Card]) -> Iterator[str]:
    """A sentence for each piece of a card that was left out."""
    for card in cards:
        if not card.title and card.abstract:
            yield f"Line {card.number}: an abstract without its title was left out ({card.abstract[:60]!r})."
        elif not card.title and card is not cards[0]:
            yield f"Line {card.number}: what is left of a card, without title and abstract, was left out."
