"""Requests, responses and what was read in them, as plain values: a source knows no HTTP library."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from scrapers.paper import Paper


class ScrapeError(Exception):
    """A listing could not be fetched or read. The text is one sentence for a person."""


class ListingError(ScrapeError):
    """The answer is not the listing that was asked for: an error page, half a page, something else."""


class NotOpenYet(ListingError):
    """The source has no list for that day (yet). Whether that is normal depends on the day that it is now."""


@dataclass(frozen=True)
class Request:
    """One GET request. `transport`, `day` and `part` say what it was made for, for the one who parses the answer.

    `headers` may hold a key, and go to the asked host only. `etag` and `last_modified` of an earlier answer ask for
    another answer only if there is one: status 304 says that there is not.
    """

    url: str
    transport: str = ""
    day: date | None = None
    part: str = ""
    accept: str = "*/*"
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True)
class Response:
    """An answer: `url` is the final address after redirects; header names are in lower case; `body` is decoded."""

    request: Request
    url: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Listed:
    """A source showed this paper on this day. `rank` counts from 1; `announced` is the source's word (new, cross)."""

    paper: Paper
    day: date | None = None
    part: str = ""
    rank: int | None = None
    announced: str | None = None


def agreed_day(listed: Sequence[Listed], otherwise: date | None = None) -> date | None:
    """The day that all entries name; None where they name several, and `otherwise` where there are none."""
    days = {entry.day for entry in listed}
    return otherwise if not days else days.pop() if len(days) == 1 else None


@dataclass(frozen=True)
class Page:
    """What one response said.

    `further` are the requests that complete it; `day` is the list day that the page itself states; `stated` is the
    number of papers that it says it lists; `skipped` holds a sentence for each entry that could not be read;
    `notes` are sentences for the person who asked (what had to be inferred); `problem` is a sentence that says why
    something may be missing; `scraper` is the one that recognised a saved answer as its site's. `unchanged`: the site
    says that nothing has changed since the last reading. `undated`: the day is only that on which the answer was
    made, and an older list may stand under it.
    """

    listed: tuple[Listed, ...]
    further: tuple[Request, ...] = ()
    day: date | None = None
    stated: int | None = None
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str | None = None
    scraper: str | None = None
    unchanged: bool = False
    undated: bool = False


@dataclass(frozen=True)
class Calendar:
    """What is known of a site's list days: on which weekdays (0 = Monday) there is a list, when it opens (local time
    of `zone`), and for how many days it may still grow where the site never says that a list is complete (0: it is
    complete when it can be read). `holidays` have no list whatever their weekday; `opens_before` is the number of days
    by which a list opens before the day that it bears (1: on the evening before). `rolling`: there are no lists of
    days, but one list of the newest, which loses what is older. `reaches`: how many days back lists can still be
    read. `refreshes`: for so many days the numbers of a list's
    papers (upvotes) are worth to be read again. `completed_after`: so long after its opening the source can say more of
    a list's papers than the list did."""

    zone: str
    opens: time
    weekdays: frozenset[int] = frozenset(range(5))
    grows: int = 0
    holidays: frozenset[date] = frozenset()
    opens_before: int = 0
    rolling: bool = False
    reaches: int = 14
    refreshes: int = 0
    completed_after: timedelta = timedelta(0)

    def has_list(self, day: date) -> bool:
        """Whether the site has a list of that day."""
        return day.weekday() in self.weekdays and day not in self.holidays

    def opening(self, day: date) -> datetime:
        """When the list of that day opens (or would, if there is none), in UTC."""
        evening = datetime.combine(day - timedelta(days=self.opens_before), self.opens, ZoneInfo(self.zone))
        return evening.astimezone(UTC)

    def latest(self, now: datetime) -> date:
        """The list day that should have opened last. `now` has a zone."""
        day = now.astimezone(ZoneInfo(self.zone)).date() + timedelta(days=self.opens_before)
        while not self.has_list(day) or self.opening(day) > now:
            day -= timedelta(days=1)
        return day
