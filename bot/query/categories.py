"""Categories: arXiv's aliases folded, since one listing says cs.NA where another says math.NA.

https://arxiv.org/category_taxonomy; the archive of an alias counts too: a paper of math.NA is one of cs.*.
"""

import re
from collections.abc import Iterable

from scrapers.categories import ALIASES

_ALIASES = {alias.lower(): canonical.lower() for alias, canonical in ALIASES.items()}
_NAMES = {canonical: alias for alias, canonical in _ALIASES.items()}
_CATEGORY = re.compile(r"[a-z][a-z-]*(\.[a-z][a-z-]+)?")


def canonical_category(text: str) -> str | None:
    """The category or archive (`cs.*` is `cs`) in lower case, of several names the canonical one; or None."""
    code = text.lower().removesuffix(".*")
    return _ALIASES.get(code, code) if _CATEGORY.fullmatch(code) else None


def category_codes(categories: Iterable[str]) -> frozenset[str]:
    """Everything that `cat:` may ask for and a paper of these categories meets."""
    codes: set[str] = set()
    for category in categories:
        code = category.lower()
        code = _ALIASES.get(code, code)
        codes |= {code, code.partition(".")[0], _NAMES.get(code, code).partition(".")[0]}
    return frozenset(codes)
