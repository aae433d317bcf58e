"""The listing pages: https://arxiv.org/list/CLASS/new, /list/CLASS/recent and /catchup/CLASS/DAY?abs=True&page=N.

As arXiv's own code renders them (arXiv/arxiv-browse, 2026). A page states its day, its sections and how many papers
each has; that is what tells a quiet day (`No updates`) from a broken page. `/recent` lists five days, without abstracts
and replacements. `/catchup` says `No updates` also of a day whose announcement is still to come: it is final only when
the next list has opened. What one page does not hold is on further ones (`skip=`, `page=`).

Entries have an id without version; the version stands only in the link to the HTML, where there is one. Replacements of
the sixth version and later are not listed.

A second page of `/catchup` is numbered on (arXiv/arxiv-browse, controllers/catchup_page.py); a page has 2,000 entries,
and a class has not had as many in a day.
"""

import re
from collections.abc import Sequence
from datetime import date
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode, urlsplit

from scrapers.request import ListingError, Page, Request, Response, agreed_day
from scrapers.sources._records import require_facts
from scrapers.sources.arxiv.cards import Card, read_card
from scrapers.sources.arxiv.days import printed_day
from scrapers.sources.arxiv.entries import SITE, collect, require_part
from scrapers.sources.arxiv.markup import Element, content, page

_WEEKDAY_DATE = r"(?P<day>\w{3,9}, \d{1,2} \w{3,9} \d{4})"
_STATED_DAY = re.compile(rf"(?:Showing new listings for|Catchup results for .{{1,200}} on) {_WEEKDAY_DATE}")
_COUNTS = r"(?: \((?:continued, )?showing (?:(?:first|last) )?(?P<shown>\d[\d,]*) of (?P<all>\d[\d,]*) entries ?\))?"
_SECTION = re.compile(rf"(?P<kind>New|Cross|Replacement) submissions{_COUNTS}")
_DAY_SECTION = re.compile(_WEEKDAY_DATE + _COUNTS)
_TOTAL = re.compile(r"Total of (\d[\d,]*) entries")
_QUIET = re.compile(r"No updates (?:today\.|for (?:this time period\.|\w{3}, ))")
_PAST_THE_END = re.compile(r"No further updates for ")
_PART = re.compile(r"""id=["']?(?:recent|new)-([A-Za-z-]+(?:\.[A-Za-z-]+)?)["' ]|/catchup/([^/"'<>\s]{1,40})/\d{4}-""")
_KINDS = {"New": "new", "Cross": "cross", "Replacement": "replace"}


class Section(NamedTuple):
    """A part of a page: its day, its announce type (None where each entry says its own), how many entries it says that
    it shows, and of how many."""

    day: date | None
    announced: str | None
    shown: int
    all: int


def parse_listing(text: str, response: Response) -> Page:
    """The papers of a page and the request for the next. `stated` is the number of papers of the whole list, on its
    first page only. Raises ListingError for what is no listing, or contradicts itself."""
    root = page(text)
    frame = text.partition("<dt")[0]
    part = require_part(response.request.part, _part_in(frame))
    stated_day = _stated_day(root)
    sections, cards = _contents(root, stated_day)
    total = _number(found[1]) if (found := _TOTAL.search(frame)) else None
    if not cards:
        return _without_papers(frame, stated_day, total)
    listed, skipped = collect(cards, read_card, part=part, before=max((cards[0].number or 1) - 1, 0))
    has_abstracts = "Showing new listings for" in frame or "abs=True" in response.request.url
    require_facts(listed, ("authors", "categories", *(("abstract",) if has_abstracts else ())), SITE)
    total = sum(section.all for section in sections) if total is None else total
    is_first = (cards[0].number or 1) <= 1
    last = cards[-1].number or len(cards)
    return Page(
        listed,
        (_page_after(response.request, last),) if last < total else (),
        day=stated_day or agreed_day(listed),
        stated=total if is_first else None,
        skipped=skipped,
        problem=_contradiction(sections, cards, total, is_whole=is_first and last >= total),
    )


def _part_in(frame: str) -> str | None:
    """The class that the page says it lists."""
    found = _PART.search(frame)
    return (found[1] or found[2]) if found else None


def _stated_day(root: Element) -> date | None:
    """The day of the whole page; None on `/recent`, which has a heading for each of its days."""
    headings = [content(heading) or "" for heading in root.iter("h1", "h2", "h3")]
    found = next((match for match in map(_STATED_DAY.fullmatch, headings) if match), None)
    if not found:
        if "Authors and titles for recent submissions" in headings:
            return None
        raise ListingError("arXiv sent a page that is no listing")
    if day := printed_day(found["day"]):
        return day
    raise ListingError(f"arXiv's page states a day that there is not: {found['day']}")


def _contents(root: Element, stated_day: date | None) -> tuple[list[Section], list[Card]]:
    """The sections and, with the section that each is in, the cards. Raises ListingError for a card without one."""
    sections: list[Section] = []
    cards: list[Card] = []
    current: Section | None = None
    for element in root.iter("h3", "dt", "dd"):
        if element.tag == "h3":
            current = _section(content(element) or "", stated_day)
            sections += [current] if current else []
        elif current is None:
            raise ListingError("arXiv's page lists papers under a heading that is not known")
        elif element.tag == "dt" or not cards or cards[-1].details is not None:
            head, details = (element, None) if element.tag == "dt" else (None, element)
            cards.append(Card(current.day, current.announced, head, details))
        else:
            cards[-1] = cards[-1]._replace(details=element)
    return sections, cards


def _section(heading: str, stated_day: date | None) -> Section | None:
    found = (_SECTION if stated_day else _DAY_SECTION).fullmatch(heading)
    if not found:
        return None
    shown, count = _number(found["shown"] or "0"), _number(found["all"] or "0")
    if stated_day:
        return Section(stated_day, _KINDS[found["kind"]], shown, count)
    day = printed_day(found["day"])
    return Section(day, None, shown, count) if day else None


def _number(digits: str) -> int:
    return int(digits.replace(",", "")[:9])


def _without_papers(frame: str, day: date | None, total: int | None) -> Page:
    """An empty page: a quiet day, or one past the end of the list. Raises ListingError where it does not say so."""
    if _PAST_THE_END.search(frame):
        return Page((), day=day, problem=f"the page is past the end of the list of {total or 0} papers")
    if not _QUIET.search(frame) or total:
        says = f"that should list {total}" if total else "that does not say that there are none"
        raise ListingError(f"arXiv sent a page without papers {says}")
    return Page((), day=day, stated=0)


def _contradiction(sections: Sequence[Section], cards: Sequence[Card], total: int, *, is_whole: bool) -> str | None:
    """Where the numbers on the page contradict each other or what it holds; None where they do not."""
    shown, known = sum(section.shown for section in sections), sum(section.all for section in sections)
    if shown != len(cards):
        return f"the page says that it shows {shown} papers, and has {len(cards)}"
    if known > total or (is_whole and known != total):
        return f"the page says that there are {total} papers, and {known} in its sections"
    return None


def _page_after(request: Request, last: int) -> Request:
    """The page that follows the paper of that number."""
    address = urlsplit(request.url)
    options = dict(parse_qsl(address.query))
    if "/catchup/" in address.path:
        number = options.get("page", "1")
        options["page"] = str(int(number) + 1 if number.isascii() and number.isdigit() else 2)
    else:
        options["skip"] = str(last)
    url = address._replace(query=urlencode(options)).geturl()
    return Request(url, request.transport, request.day, request.part, request.accept)
