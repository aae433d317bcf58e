"""Who visits which page with what, and what the pages work with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address, ip_address, ip_network

from bot import tokens
from bot.config import Settings
from bot.language import LANGUAGES, Language, language, nearest_language
from bot.links import Addresses
from bot.store import keys
from bot.store.engine import Clock, Engine

_NEIGHBOURS = 64  # bits of an IPv6 address that one customer has: RFC 6177


@dataclass(frozen=True)
class Web:
    """What stays the same from visit to visit; `base` is the address of this installation."""

    engine: Engine
    settings: Settings
    base: str
    clock: Clock


@dataclass(frozen=True)
class Visit:
    """One visit: from whom (an IP address, or its neighbourhood), in which language, when (UTC), with which token in
    the address, and what was filled in. `known` is the tag of what they have already (RFC 9110, 13.1.2)."""

    web: Web
    client: str
    tr: Language
    now: datetime
    token: str
    form: Mapping[str, str]
    asked: Mapping[str, str]
    known: str = ""

    @property
    def engine(self) -> Engine:
        return self.web.engine

    @property
    def sends_mails(self) -> bool:
        """Whether this installation sends any."""
        return self.web.settings.email.smtp_url is not None

    def addresses(self) -> Addresses:
        """Where the pages are. The keys are read each time: another process may have made new ones."""
        return Addresses(self.web.base, keys.load(self.engine, tokens.PURPOSES, self.now))

    def read(self, purpose: str, length: int) -> tuple[int, ...] | None:
        """The numbers of the token; None where it was not signed here for that purpose."""
        return tokens.read(self.addresses().keys, purpose, self.token, length)


def client_of(host: str | None) -> str:
    """An IPv4 address, the network of an IPv6 one, or whatever else it is."""
    try:
        address = ip_address(host or "")
    except ValueError:
        return host or ""
    if isinstance(address, IPv6Address):
        known = address.ipv4_mapped  # which a server that listens for both calls its IPv4 visitors
        return str(known or ip_network((int(address), _NEIGHBOURS), strict=False))
    return str(address)


def spoken(accepted: str) -> Language:
    """The first of our languages that a browser accepts (RFC 9110, 12.5.4), else English."""
    wanted = sorted((_weighed(one) for one in accepted.split(",")[:20]), key=lambda one: -one[1])
    codes = (code.partition("-")[0].lower() for code, weight in wanted if weight > 0)
    return language(nearest_language(next((code for code in codes if code in LANGUAGES), "")))


def _weighed(part: str) -> tuple[str, float]:
    code, _, weight = part.partition(";")
    try:
        return code.strip(), float(weight.strip().removeprefix("q=") or 1)
    except ValueError:
        return code.strip(), 0
