"""Which parts of a source are read: those that the operator names and, if allowed, those that subscriptions ask for."""

from collections import Counter
from collections.abc import Iterable

from bot.outbox import query_of
from bot.query import Query, asked_categories
from bot.sections import SourceSettings
from bot.store import people
from bot.store.engine import Session
from scrapers.categories import CLASSES, is_same_class
from scrapers.crawl import load
from scrapers.scraper import Scraper


def parts_of(session: Session, settings: SourceSettings) -> tuple[str, ...]:
    """The parts in their order; ("",) for a source that has none. At most `asked_parts` are there for subscriptions:
    the exact classes that most of them ask for by `cat:`."""
    if not settings.asked_parts:
        return settings.parts or ("",)
    scraper, parts = load(settings.scraper), list(settings.parts)
    asked = _asked(session)
    for code in sorted(asked, key=lambda one: (-asked[one], one)):
        part = _part(scraper, code)
        if len(parts) == len(settings.parts) + settings.asked_parts:
            break
        if part and not any(is_covered(part, one) for one in parts):
            parts.append(part)
    return tuple(parts)


def unread_classes(query: Query, watched: Iterable[SourceSettings]) -> list[str]:
    """The classes that a query asks for and that no source reads: papers of them come by chance only."""
    sources = list(watched)
    if any(one.asked_parts for one in sources):
        return []
    parts = [part for one in sources for part in one.parts]
    asked = [one for one in CLASSES if one.lower() in asked_categories(query)]
    return [one for one in sorted(asked) if not any(is_covered(one, part) for part in parts)]


def is_covered(part: str, by: str) -> bool:
    """Whether the list of that class, or of a whole archive, has the papers of the part."""
    return is_same_class(part, by) or part.partition(".")[0] == by


def _asked(session: Session) -> Counter[str]:
    """How many subscriptions ask for each class."""
    found = Counter[str]()
    for text, count in people.queries_with(session, "cat"):
        found.update(dict.fromkeys(asked_categories(query_of(text)), count))
    return found


def _part(scraper: Scraper, code: str) -> str:
    """The part of that name, if it is one class: a whole archive is the operator's to ask for."""
    try:
        return scraper.part_named(code) if "." in code or "-" in code else ""
    except ValueError:
        return ""
