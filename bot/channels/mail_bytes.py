"""A mail as the bytes that are sent: headers, and both forms of its content. The same content gives the same bytes.

They are put together by hand: Python's EmailMessage takes ten times as long, loses blanks between words of different
scripts, and would encode an address for unsubscribing that is longer than a line, for which no reader shows a button
(https://github.com/python/cpython/issues/91203). They go out as they are; aiosmtplib's `send_message` would fold them
again.
"""

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime, formataddr

from bot.channels.mail_text import NO_LINKS, Links, Mail, mail, subscriptions
from bot.channels.notice_text import notice
from bot.channels.outgoing import Outgoing
from bot.mailbox import Mailbox

_LONGEST = 998  # bytes of a line: RFC 5322, 2.1.1
_FOLDED = 75  # characters of an encoded word: RFC 2047, 2


@dataclass(frozen=True)
class Letter:
    """A mail with what its headers say beside its subject. `key` is of the message, the same for each attempt;
    `unsubscribe` are the addresses that unsubscribe from what it was sent for, the first by one click. If it cannot be
    delivered, it comes back under the name `returns`."""

    mail: Mail
    key: str
    kind: str
    language: str
    created_at: datetime
    unsubscribe: tuple[str, ...] = ()
    returns: str = ""


def letter(outgoing: Outgoing, links: Links = NO_LINKS) -> Letter:
    """The message as a mail."""
    asked = subscriptions(outgoing)
    one = links.unsubscribe_one.get(next(iter(asked)), "") if len(asked) == 1 else ""
    click = one or links.unsubscribe_all
    ways = (click, links.mailto)
    made = notice(outgoing, links) if outgoing.notice else mail(outgoing, links)
    return Letter(
        made, outgoing.key, outgoing.kind, outgoing.language, outgoing.created_at, tuple(filter(None, ways)),
        links.returns or outgoing.key,
    )  # fmt: skip


def as_bytes(letter: Letter, sender: Mailbox, to: str, reply_to: str = "") -> bytes:
    """The letter to that address, ready to be sent: RFC 5322, with parts as RFC 2046, 5.1, has them. Answers go to
    `reply_to`, else to the sender. Raises ValueError where a header would become two."""
    name = hashlib.sha256(f"{letter.key} {letter.created_at.isoformat()} {to}".encode()).hexdigest()[:32]
    mark = f"=_{name}"  # which no encoded content has
    head = [_from(sender), b"Subject: " + _words("Subject", letter.mail.subject) + b"\r\n"]
    head += [_line("Reply-To", reply_to)] if reply_to else []
    head += [_line(key, value) for key, value in _headers(letter, sender, to, name)]
    head.append(_line("Content-Type", f'multipart/alternative; boundary="{mark}"'))
    parts = [_part("plain", letter.mail.text), _part("html", letter.mail.html)]
    return b"".join([*head, *(f"\r\n--{mark}\r\n".encode() + part for part in parts), f"\r\n--{mark}--\r\n".encode()])


def _headers(letter: Letter, sender: Mailbox, to: str, name: str) -> Iterator[tuple[str, str]]:
    """Those that stand on one line each."""
    yield "To", to
    yield "Date", format_datetime(letter.created_at)
    yield "Message-ID", f"<{name}@{sender.domain}>"
    yield "List-Id", f"Paperwatch <paperwatch.{sender.domain}>"  # RFC 2919
    if letter.unsubscribe:
        yield "List-Unsubscribe", ", ".join(f"<{way}>" for way in letter.unsubscribe)  # RFC 2369
    if any(way.startswith("https://") for way in letter.unsubscribe):
        yield "List-Unsubscribe-Post", "List-Unsubscribe=One-Click"  # RFC 8058
    yield "Auto-Submitted", "auto-generated"  # RFC 3834
    yield "Precedence", "bulk"
    yield "X-Auto-Response-Suppress", "All"
    yield "Feedback-ID", f"{letter.kind}:{letter.language}:alerts:paperwatch"
    yield "Content-Language", letter.language
    yield "MIME-Version", "1.0"


def _line(name: str, value: str) -> bytes:
    """A header that is not folded. Other letters than English ones (in `to`) stay: RFC 6532."""
    line = f"{name}: {value}"
    if not line.isprintable() or len(line.encode()) > _LONGEST:
        raise ValueError(f"this cannot stand in the header {name}: {value[:80]!r}")
    return f"{line}\r\n".encode()


def _from(sender: Mailbox) -> bytes:
    if sender.name.isascii():
        return _line("From", formataddr(sender))
    return b"From: " + _words("From", sender.name) + f"\r\n <{sender.address}>\r\n".encode()


def _words(header: str, text: str) -> bytes:
    """What people wrote, as a header has it: folded, and as a whole encoded where it is not in ASCII, or looks as if it
    were encoded already. Raises ValueError where there is a line break in it."""
    if len(text.splitlines()) > 1:
        raise ValueError(f"this cannot stand in a header: {text[:80]!r}")
    charset = "us-ascii" if text.isascii() and "=?" not in text else "utf-8"
    return Header(text, charset, maxlinelen=_FOLDED, header_name=header).encode(linesep="\r\n").encode()


def _part(kind: str, text: str) -> bytes:
    """A form of the content in 7 bits, which every relay passes on unchanged, and with it the signature: in the shorter
    of the two encodings of RFC 2045, 6."""
    data = text.replace("\n", "\r\n").encode()
    quoted = binascii.b2a_qp(data, istext=True)
    in_base64 = base64.encodebytes(data).replace(b"\n", b"\r\n") if len(quoted) > len(data) * 1.37 else b""
    encoding, body = ("base64", in_base64) if in_base64 else ("quoted-printable", quoted)
    head = f'Content-Type: text/{kind}; charset="utf-8"\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n'
    return head.encode() + body


def return_path(bounce: str, sender: Mailbox, key: str) -> str:
    """Where it is told that a message could not be delivered: `bounce+KEY@domain`, or the sender."""
    local, at, domain = bounce.rpartition("@")
    return f"{local}+{key}{at}{domain}" if bounce else sender.address
