"""Where mail goes and who sends it: addresses, and the server that takes it, as plain values.

An address is words with dots between them (RFC 5322, 3.2.3; of letters of all scripts: RFC 6531, 3.3), an @ and a
domain, which is kept in its ASCII form (RFC 5891), so that a domain that only looks like another is seen to be one.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

import idna

_MARKS = frozenset("!#$%&'*+/=?^_`{|}~-")
_NAME_MOST = 100
_LOCAL_MOST, _ADDRESS_MOST = 64, 254  # bytes: RFC 5321, 4.5.3.1, and erratum 1690 of RFC 3696
# What the scheme of a server's address means, and its port: RFC 5321, RFC 6409, RFC 8314.
_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class Mailbox(NamedTuple):
    """Who sends, or is sent to: a name for people, which may be empty, and an address."""

    name: str
    address: str

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


@dataclass(frozen=True)
class Server:
    """A server that takes mail. `security` is smtp (none at all), smtp+starttls or smtps; without a `user` nobody
    logs in."""

    host: str
    port: int
    security: str
    user: str = ""
    password: str = field(default="", repr=False)


def address(text: str) -> str:
    """The one address that a text is, in its canonical form: in small letters, the domain in ASCII. Raises ValueError
    with a sentence."""
    given = unicodedata.normalize("NFC", text.strip())
    local, at, domain = given.rpartition("@")
    if not at or not _is_local(local):
        raise ValueError(f"{text!r} is not one mail address; write it as me@example.org")
    if unicodedata.normalize("NFKC", local) != local:
        raise ValueError(f"the address {text!r} has letters that only look like others; write it with ordinary ones")
    found = f"{local.lower()}@{_domain(domain)}"
    if len(local.encode()) > _LOCAL_MOST or len(found.encode()) > _ADDRESS_MOST:
        raise ValueError(f"{text[:80]!r} is too long for a mail address")
    return found


def same_box(address: str) -> str:
    """What addresses of one mailbox have in common at most providers: without dots and without what follows a plus.
    Only for counting; mail goes to the address as it is."""
    local, _, domain = address.rpartition("@")
    return f"{local.partition('+')[0].replace('.', '')}@{domain}"


def _is_local(text: str) -> bool:
    return all(word and all(map(_is_letter, word)) for word in text.split("."))


def _is_letter(char: str) -> bool:
    return char in _MARKS or unicodedata.category(char)[0] in "LMN"


def _domain(text: str) -> str:
    text = text.removesuffix(".")
    if text.lower() == "localhost":
        return "localhost"
    try:
        found = idna.encode(text, uts46=True).decode().lower()
    except (idna.IDNAError, UnicodeError):
        found = ""
    if "." not in found or found.rpartition(".")[2].isdecimal():
        raise ValueError(f"{text!r} is not the domain of a mail address; write one such as example.org")
    return found


def mailbox(text: str) -> Mailbox:
    """The sender that `Paperwatch <alerts@example.org>` or `alerts@example.org` names. Raises ValueError."""
    found = re.fullmatch(r"\s*(?:([^<>]*)<([^<>]*)>|([^<>]*))\s*", text)
    if not found:
        raise ValueError(f"{text!r} is not a sender; write it as Paperwatch <alerts@example.org>")
    name, place = (found[1] or "").strip().strip('"'), address(found[2] or found[3] or "")
    if not name.isprintable() or len(name) > _NAME_MOST:
        raise ValueError(f"{name[:80]!r} is not the name of a sender: it is too long, or has line breaks")
    if not place.isascii():
        raise ValueError("the address of a sender has no letters but English ones: every server must take it")
    return Mailbox(name, place)


def server(url: str) -> Server:
    """The server that `smtps://user:password@mail.example.org:465` names. Raises ValueError, without the password."""
    try:
        parts = urlsplit(url)
        port, security = parts.port, parts.scheme
    except ValueError:
        port, parts, security = None, urlsplit(""), ""
    if security not in _PORTS or not parts.hostname or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError(
            "a mail server is written as smtps://user:password@host:port, smtp+starttls://… or, without encryption,"
            " smtp://…; in user and password write %40 for @, %3A for : and %2F for /"
        )
    user, password = unquote(parts.username or ""), unquote(parts.password or "")
    if bool(user) != bool(password):
        raise ValueError("a mail server has a user and a password, or neither")
    return Server(parts.hostname, port or _PORTS[security], security, user, password)
