"""The feeds: https://rss.arxiv.org/rss/CLASS (RSS 2.0) and /atom/CLASS.

https://info.arxiv.org/help/rss_specifications.html and atom_specifications.html. A feed is made again each midnight in
New York, and has no entries on days without an announcement: an empty feed is empty, not broken. It states no count. It
holds 2,000 entries at most, and those that the cap cuts are the newest papers, so a feed of nearly that many may miss
some, and the whole of an archive must not be asked for. Replacements from the sixth version on are not in it. A feed
may show the batch before under today's date (seen on 12 August 2026): its dates alone prove nothing.

The feed names no primary class; the first is taken for it. The affiliations behind names are left out. In an Atom feed
only entries say a day, so an empty one has none.
"""

import re
from datetime import date
from zoneinfo import ZoneInfo

from scrapers.categories import classes_in
from scrapers.identifiers import Identifier
from scrapers.paper import Paper
from scrapers.request import Listed, ListingError, Page, Response, agreed_day
from scrapers.sources._records import require_facts
from scrapers.sources.arxiv.authors import separated_by_commas
from scrapers.sources.arxiv.days import day_in
from scrapers.sources.arxiv.entries import (
    SITE,
    announce_type,
    collect,
    dois_in,
    extras_of,
    naming,
    require_part,
)
from scrapers.sources.arxiv.markup import ARXIV, ATOM, DC, Element, child, children, xml

FULL = 1_900  # entries; the cap is 2,000 (service behind rss.arxiv.org, 2025), and what it drops is not told
_ZONE = ZoneInfo("America/New_York")
_TITLE = re.compile(r"([A-Za-z-]+(?:\.[A-Za-z-]+)?) updates on arXiv\.org")
_DESCRIPTION = re.compile(r"(arXiv:\S+)\s+Announce Type:\s*(\S+)\s*(?:Abstract:\s*(.*))?", re.DOTALL)


def parse_feed(text: str, response: Response) -> Page:
    """The papers of a feed. Raises ListingError for `Feed error`, for another class, and for what is no feed."""
    root = xml(text)
    is_atom = root.tag == f"{ATOM}feed"
    channel = root if is_atom else root.find("channel") if root.tag == "rss" else None
    if channel is None:
        raise ListingError("arXiv sent XML that is not a feed")
    title = child(channel, f"{ATOM}title" if is_atom else "title") or ""
    if title.startswith("Feed error"):
        reason = child(channel, f"{ATOM}subtitle" if is_atom else "description") or title
        raise ListingError(f"arXiv answered with an error: {reason[:200]}")
    named = _TITLE.fullmatch(title)
    if not named:
        raise ListingError(f"arXiv sent a feed that is not one of its classes: {title[:80]!r}")
    part = require_part(response.request.part, named[1])
    items = channel.findall(f"{ATOM}entry" if is_atom else "item")
    listed, skipped = collect(items, _read_entry if is_atom else _read_item, part=part)
    require_facts(listed, ("authors", "abstract", "categories"), SITE)
    day = None if is_atom else day_in(child(channel, "pubDate"), _ZONE)
    return Page(
        listed,
        day=day or agreed_day(listed),
        stated=len(items),
        skipped=skipped,
        problem=_cut(len(items)),
        undated=True,
    )


def _cut(count: int) -> str | None:
    return f"the feed has {count} entries; arXiv cuts it at 2,000, the newest papers first" if count >= FULL else None


def _read_item(item: Element) -> Listed:
    return _entry(
        item,
        number=child(item, "guid"),
        link=child(item, "link"),
        title=child(item, "title"),
        description=child(item, "description"),
        categories=tuple(children(item, "category")),
        day=day_in(child(item, "pubDate"), _ZONE),
    )


def _read_entry(entry: Element) -> Listed:
    links = (link.get("href") for link in entry.findall(f"{ATOM}link") if link.get("rel", "alternate") == "alternate")
    return _entry(
        entry,
        number=child(entry, f"{ATOM}id"),
        link=next(links, None),
        title=child(entry, f"{ATOM}title"),
        description=child(entry, f"{ATOM}summary"),
        categories=tuple(category.get("term", "") for category in entry.findall(f"{ATOM}category")),
        day=day_in(child(entry, f"{ATOM}published"), _ZONE),
    )


def _entry(
    element: Element,
    *,
    number: str | None,
    link: str | None,
    title: str | None,
    description: str | None,
    categories: tuple[str, ...],
    day: date | None,
) -> Listed:
    said = _DESCRIPTION.fullmatch(description or "")
    names = naming(number, link, said[1] if said else None)
    names["identifiers"] += _dois(element)
    kind = child(element, f"{ARXIV}announce_type") or (said[2] if said else None)
    return Listed(
        Paper(
            title=title or "",
            abstract=said[3] if said else description,
            authors=separated_by_commas(", ".join(children(element, f"{DC}creator"))),
            categories=classes_in(categories),
            extras=extras_of(
                license=child(element, f"{DC}rights"), journal_ref=child(element, f"{ARXIV}journal_reference")
            ),
            **names,
        ),
        day,
        announced=announce_type(kind),
    )


def _dois(element: Element) -> list[Identifier]:
    return dois_in(child(element, f"{ARXIV}DOI"))
