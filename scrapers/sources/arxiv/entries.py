"""What the entries of pages, feeds, OAI-PMH and API have in common: each is a paper, and is read alone."""

import re
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar

from scrapers.categories import is_same_class
from scrapers.identifiers import Identifier, arxiv_id, doi
from scrapers.request import Listed, ListingError
from scrapers.sources._records import collect_entries

BASE_URL = "https://arxiv.org"
SITE = "arXiv"
_TYPES = {"replace-cross": "replace"}  # a replacement that the class lists as a cross-list
_WITHDRAWN = re.compile(
    r"(?:this |the )?(?:paper|article|manuscript|submission|work|preprint|version)?\s*"
    r"(?:has been |is |was |have been )?(?:temporarily )?withdrawn\b",
    re.IGNORECASE,
)
T = TypeVar("T")


def collect(
    entries: Sequence[T], read: Callable[[T], Listed], *, part: str, before: int = 0
) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    """The entries that can be read, each paper once a day, and a sentence for each other. `before` entries were on
    earlier pages. Raises ListingError where there are entries and none can be read."""
    return collect_entries(entries, read, SITE, part=part, before=before, key=_day_and_id)


def _day_and_id(one: Listed) -> tuple[date | None, str | None]:
    return one.day, one.paper.identifier("arxiv")


def naming(*texts: str | None) -> dict[str, Any]:
    """What names a paper, by its id as it stands in several places: identifier, address and, where one of them has it,
    version. Raises ValueError where one is damaged, or where they differ."""
    found = [(text, arxiv_id(text)) for text in texts if text is not None]
    if not found:
        raise ValueError("it has no id")
    for text, one in found:
        if not one:
            raise ValueError(f"{text.strip()[:60]!r} is not an arXiv id (ids are text such as 2504.00891)")
    ids, versions = ({one[n] for _, one in found if one and one[n]} for n in (0, 1))
    if len(ids) > 1 or len(versions) > 1:
        raise ValueError(f"its ids differ: {' and '.join(sorted(text.strip()[:60] for text, _ in found))}")
    number = str(ids.pop())
    version = versions.pop() if versions else None
    return {
        "identifiers": [Identifier("arxiv", number)],
        "url": f"{BASE_URL}/abs/{number}",
        "version": version,
    }


def dois_in(text: str | None) -> list[Identifier]:
    """The publishers' DOIs: authors give one, several with blanks between, or something else."""
    found = (doi(word) for word in re.split(r"[\s,;]+", text or "") if word)
    return [Identifier("doi", one) for one in found if one and not one.startswith("10.48550/arxiv.")]


def announce_type(word: str | None) -> str | None:
    """`new`, `cross` or `replace`, whichever way arXiv says it; a word that is not known stays."""
    return _TYPES.get(word, word) if word else None


def extras_of(note: str | None = None, **more: Any) -> dict[str, Any]:
    """The extras that are known; `withdrawn` where the authors' comment begins by saying so."""
    if note and _WITHDRAWN.match(note):
        more["withdrawn"] = True
    return {name: value for name, value in more.items() if value}


def require_part(asked: str, stated: str | None) -> str:
    """The part that was asked for, or else the one stated. Raises ListingError where the two differ."""
    if asked and stated and not is_same_class(asked, stated):
        raise ListingError(f"arXiv sent the list of {stated}, not of {asked}")
    return asked or stated or ""
