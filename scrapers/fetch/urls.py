"""Whole addresses (URLs): which may be asked for, and how a message names them without their secrets."""

from contextlib import suppress
from typing import cast

import httpx

from scrapers import addresses
from scrapers.fetch.errors import Forbidden


def check_address(url: str, allow_private: frozenset[str] = frozenset()) -> None:
    """Refuse an address that could never be used, without asking the name server.

    Raises Forbidden for what is no http(s) address, holds a user name, uses a port other than 80 and 443, or spells a
    private IP address, unless `allow_private` holds its host. Whether a name leads to a private address shows later.
    """
    checked(url, allow_private)


def checked(url: str, allowed: frozenset[str], base: httpx.URL | None = None) -> httpx.URL:
    """The address, parsed, if it may be used. `base` is the page that redirects to it. Raises Forbidden."""
    parsed, reason = httpx.URL(), cast(str | None, "The address is not valid: write it as https://host/path.")
    with suppress(httpx.InvalidURL, ValueError, TypeError):
        parsed = base.join(url) if base else httpx.URL(url)
        reason = addresses.refusal(parsed.scheme, parsed.userinfo, host_of(parsed), parsed.port, allowed)
    if reason:
        raise Forbidden(reason, sent=False)
    return parsed.copy_with(fragment=None)


def host_of(url: httpx.URL) -> str:
    """The host as it goes over the wire."""
    return url.raw_host.decode("ascii")


def place_of(url: httpx.URL) -> str:
    """Scheme, host and port: all that messages may name."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}"
