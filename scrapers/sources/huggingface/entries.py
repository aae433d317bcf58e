"""What items and cards have in common: each is an entry of a list, with a paper, and is read alone."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any, TypeVar
from urllib.parse import urljoin

from scrapers.identifiers import canonical
from scrapers.request import Listed, Page
from scrapers.sources._records import collect_entries

BASE_URL = "https://huggingface.co"
SITE = "Hugging Face"
T = TypeVar("T")


def collect(entries: Sequence[T], read: Callable[[T], Listed], *, day: date | None, before: int = 0) -> Page:
    """The entries that can be read, each paper once; `day` is that of those that name none."""
    listed, skipped = collect_entries(entries, read, SITE, day=day, before=before)
    return Page(listed, stated=len(listed) + len(skipped), skipped=skipped)


def naming(number: Any) -> dict[str, Any]:
    """What names a paper, by its number: the arXiv id and the address. Raises ValueError."""
    if not isinstance(number, str):
        raise ValueError(f"its id {number!r} is not text")
    arxiv = canonical("arxiv", number)
    return {"identifiers": [arxiv], "url": f"{BASE_URL}/papers/{arxiv.value}"}


def count_in(value: Any) -> int | None:
    """A count, where the value is one."""
    return value if type(value) is int and 0 <= value <= 2_000_000_000 else None


def absolute(url: str) -> str:
    """The whole address; what cannot be one stays as it is."""
    try:
        return urljoin(BASE_URL, url)
    except ValueError:
        return url
