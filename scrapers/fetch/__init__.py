"""HTTP for everything that reads or tells the web: the only package that imports httpx.

httpx's transport is used without its client: the client keeps cookies, reads netrc and the proxy variables, follows
redirects unasked and logs whole addresses. Each request has its own connection, so an address is checked whenever it
is used, and a POST never fails because an idle connection had been closed by the other side.
"""

from scrapers.fetch.errors import (
    BadRedirect,
    BadStatus,
    Damaged,
    FetchError,
    Forbidden,
    RateLimited,
    RobotsDisallow,
    TooLarge,
    TooSlow,
    Unreachable,
)
from scrapers.fetch.fetcher import Fetcher
from scrapers.fetch.urls import check_address

__all__ = [
    "BadRedirect",
    "BadStatus",
    "Damaged",
    "FetchError",
    "Fetcher",
    "Forbidden",
    "RateLimited",
    "RobotsDisallow",
    "TooLarge",
    "TooSlow",
    "Unreachable",
    "check_address",
]
