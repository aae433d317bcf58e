"""What only an author page of Scholar Feed has: its meta lines ("35.3CLApr 1, 2025Code") and the author's profile."""

import re

from scrapers.pasted.dates import MONTH, MONTHS, Day, valid_day

META = re.compile(
    rf"(?P<score>\d{{1,3}}\.\d)? ?(?P<part>[A-Z]{{2}}) ?{MONTH} (?P<day>\d{{1,2}})(?:, ?(?P<year>\d{{4}}))?"
    r" ?(?P<code>Code)?",
    re.ASCII,
)
PROFILE = re.compile(
    r"h-index:? ?\d+|[\d,.]+[kK]? ?(?:papers?|Papers?|citations?)|Novelty ?\d+ ?%|AI Score ?\d+|[A-Z]{2}", re.ASCII
)

_ARCHIVES = {  # the later one is preferred for classes such as SY and OT
    "stat": "AP CO ME ML OT TH",
    "eess": "AS IV SP SY",
    "cs": "AI AR CC CE CG CL CR CV CY DB DC DL DM DS ET FL GL GR GT HC IR IT LG LO MA MM MS NA NE NI OH OS PF PL RO SC "
    "SD SE SI SY",
}
_CATEGORIES = {part: f"{archive}.{part}" for archive, parts in _ARCHIVES.items() for part in parts.split()}


def category(meta: re.Match[str]) -> str | None:
    """The class of a meta line as arXiv writes it: `cs.CL` for `CL`."""
    return _CATEGORIES.get(meta["part"])


def meta_day(meta: re.Match[str]) -> Day | None:
    """The day of a meta line."""
    year = int(meta["year"]) if meta["year"] else None
    return valid_day(MONTHS.index(meta["month"]) + 1, meta["day"], year)
