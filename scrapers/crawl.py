"""Crawl: the requests of one listing in, everything that its pages list out.

A module of `scrapers.sources` offers its `SCRAPER`, which says what to ask for and reads the answers. Who fetches is an
argument, so a crawl runs on recorded answers as well as on the web.
"""

import asyncio
import difflib
import importlib
import pkgutil
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any

from scrapers import sources
from scrapers.identifiers import Identifier
from scrapers.request import Listed, ListingError, Page, Request, Response, ScrapeError
from scrapers.scraper import Scraper
from scrapers.text import fingerprint

MAX_PAGES = 60

Fetch = Callable[[Request], Awaitable[Response]]
Validators = tuple[str | None, str | None]  # an answer's ETag and Last-Modified (RFC 9110, 8.8)


@dataclass(frozen=True)
class Crawl:
    """What the pages of one listing said together.

    A paper that several pages list stands once, where it came first. `day` is the day that all pages state; `stated`
    is the number of papers that they say they list, None if one of them does not say. `problem` is the reason why
    something may be missing: a sentence, or None. `unchanged`: the site says that nothing has changed since the last
    reading; `undated`: it does not say which day the list is of. `validators` tell, by the addresses that were asked
    first, whether their answers change.
    """

    listed: tuple[Listed, ...]
    day: date | None = None
    stated: int | None = None
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    problem: str | None = None
    unchanged: bool = False
    undated: bool = False
    validators: Mapping[str, Validators] = field(default_factory=dict)


def names() -> tuple[str, ...]:
    """The names of all sources there are."""
    found = (module.name for module in pkgutil.iter_modules(sources.__path__))
    return tuple(sorted(name for name in found if not name.startswith("_")))


def gaps() -> dict[str, float]:
    """The seconds between two requests to hosts that ask for more than others, of all sources."""
    return {host: gap for name in names() for host, gap in load(name).gaps.items()}


@cache
def load(name: str) -> Scraper:
    """The scraper of that name. Raises ValueError, naming those there are, for any other."""
    known = names()
    if name in known:
        found: Scraper = importlib.import_module(f"{sources.__name__}.{name}").SCRAPER
        return found
    close = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"; did you mean {close[0]}?" if close else ""
    raise ValueError(f"there is no source {name!r}: the sources are {', '.join(known)}{hint}")


async def crawl(scraper: Scraper, requests: Sequence[Request], fetch: Fetch) -> Crawl:
    """Fetch and read the requests and, depth first, whatever completes them.

    A failure of the first page raises ScrapeError. After that, what was read is kept and `problem` says what went
    wrong: where an answer cannot be read the rest is still asked for, where none can be fetched it is not.
    """
    walk, pending, asked = _Walk(), list(requests), set[Request]()
    while pending:
        if len(asked) >= MAX_PAGES:
            walk.problems.append(f"stopped after {MAX_PAGES} pages, with more to read")
            break
        request = pending.pop(0)
        asked.add(request)
        try:
            response = await fetch(request)
            page = await asyncio.to_thread(scraper.parse, response)  # seconds, for what means harm
        except ScrapeError as error:
            if len(asked) == 1:
                raise
            walk.problems.append(f"page {len(asked)} of the listing could not be read: {error}")
            if isinstance(error, ListingError):
                continue
            break
        validators = response.headers.get("etag"), response.headers.get("last-modified")
        if (is_root := request in requests) and any(validators):
            walk.validators[request.url] = validators
        further = page.further if walk.add(page, is_root=is_root) else ()
        pending[:0] = [r for r in further if r not in asked]
    return walk.result()


@dataclass
class _Walk:
    """The pages read so far, merged."""

    listed: dict[Any, Listed] = field(default_factory=dict)
    days: set[date | None] = field(default_factory=set)
    stated: int | None = 0
    skipped: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    pages: int = 0
    unchanged: bool = True
    undated: bool = False
    validators: dict[str, Validators] = field(default_factory=dict)

    def add(self, page: Page, *, is_root: bool) -> bool:
        """Take in a page; False where it does not lead on, because it lists nothing new."""
        self.pages += 1
        self.unchanged &= page.unchanged
        self.undated |= page.undated
        fresh = {key: listed for listed in page.listed if (key := _key(listed)) not in self.listed}
        self._count(page, repeated=len(page.listed) - len(fresh), is_root=is_root)
        self.listed |= fresh
        self.days |= {page.day} if page.listed or not self.days else set()
        self.skipped += page.skipped
        self.notes += (note for note in page.notes if note not in self.notes)
        self.problems += [page.problem] if page.problem else []
        if self.pages > 1 and not fresh:
            self._explain_nothing_new(page)
        return self.pages == 1 or bool(fresh)

    def _count(self, page: Page, *, repeated: int, is_root: bool) -> None:
        # A source whose pages state the total of the whole list states it on the first page only.
        if is_root and page.stated is None:
            self.stated = None
        elif self.stated is not None:
            self.stated += max((page.stated or 0) - repeated, 0)

    def _explain_nothing_new(self, page: Page) -> None:
        if page.listed:
            self.problems.append(f"page {self.pages} of the listing repeats what was read before; more may be missing")
        elif page.stated != 0 and not page.skipped:
            self.problems.append(f"page {self.pages} of the listing is empty; more may be missing")

    def result(self) -> Crawl:
        return Crawl(
            listed=tuple(self.listed.values()),
            day=next(iter(self.days)) if len(self.days) == 1 else None,
            stated=self.stated,
            skipped=tuple(self.skipped),
            notes=tuple(self.notes),
            problem="; ".join(self.problems) or None,
            unchanged=self.unchanged and self.pages > 0,
            undated=self.undated,
            validators=self.validators,
        )


def _key(listed: Listed) -> tuple[str, date | None, Identifier | str]:
    paper = listed.paper
    return listed.part, listed.day, paper.identifiers[0] if paper.identifiers else fingerprint(paper.title)
