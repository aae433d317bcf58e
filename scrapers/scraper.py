"""Scraper: what one site offers. Each module of `scrapers.sources` makes one, and calls it SCRAPER."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from scrapers.request import Calendar, ListingError, Page, Request, Response

_OURS = frozenset({"base_url", "transport", "day", "part", "since", "until"})


def by(*transports: str) -> Callable[[date | None, datetime], tuple[str, ...]]:
    """These transports in this order, whatever day is asked for."""
    return lambda _day, _now: transports


_BY_PAGES = by("page")


def _without_parts(text: str) -> str:
    if text:
        raise ValueError(f"this site has no parts, and so no {text!r}")
    return text


def _unsaved(_text: str, _day: date | None = None) -> Page:
    raise ListingError("saved answers of this site are not read")


@dataclass(frozen=True)
class Scraper:
    """A site: what to ask it for, and how its answers are read. Pure; only the first five must be given.

    name         what `scraper = "…"` in the configuration means
    base_url     where the site is; the configuration may name another place
    calendar     on which days there are lists
    start        the first requests for one list: (base_url, transport, *, day, part, options of its own)
    parse        what an answer lists. Raises ListingError where it is not the listing that was asked for
    transports   the ways in which the list of that day can be read now, in the order in which they are asked
    part_named   the part of that name, as the site spells it; "" is all of a site without parts. Raises ValueError
    recognises   does this text look like a saved answer of this site? It begins with neither a mark nor white space
    parse_saved  what a saved answer lists: `parse` without the request, so the day comes from the text itself
    gaps         seconds between two requests to a host, where it asks for more than others
    completing   the transport that says more of a day's papers than its lists do, such as their versions
    conditional  whether answers that have not changed since the last reading need not be sent again
    """

    name: str
    base_url: str
    calendar: Calendar
    start: Callable[..., tuple[Request, ...]]
    parse: Callable[[Response], Page]
    transports: Callable[[date | None, datetime], tuple[str, ...]] = _BY_PAGES
    part_named: Callable[[str], str] = _without_parts
    recognises: Callable[[str], bool] = lambda _text: False
    parse_saved: Callable[..., Page] = _unsaved
    gaps: Mapping[str, float] = field(default_factory=dict)
    completing: str = ""
    conditional: bool = False

    @property
    def options(self) -> frozenset[str]:
        """The names of what the site can be asked for beside days and parts."""
        return frozenset(inspect.signature(self.start).parameters) - _OURS
