"""A mail as the bytes that are sent: headers, and both forms of its content. The same mail gives the same bytes.

Headers are folded before 78 columns (RFC 5322, 2.1.1), and words of other scripts encoded in pieces of at most 75
characters (RFC 2047, 2), but those of lists stay on one line: Python would encode an address that is longer than a line
(https://github.com/python/cpython/issues/91203), and then no reader shows its button. So these bytes go out as they are
(aiosmtplib's `send_message` would fold them again).
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy

from bot.channels.mail_text import NO_LINKS, Links, Mail, mail, subscriptions
from bot.channels.outgoing import Outgoing
from bot.mailbox import Mailbox

_WHOLE = policy.SMTP.clone(max_line_length=998, cte_type="7bit")  # RFC 5322, 2.1.1: no line may be longer


class _Folding(EmailPolicy):
    def fold_binary(self, name: str, value: str) -> bytes:
        whole = name.lower().startswith("list-")
        return _WHOLE.clone(utf8=self.utf8).fold_binary(name, value) if whole else super().fold_binary(name, value)


# 7 bits: every relay passes them on unchanged, and with them the signature.
_POLICY = _Folding(linesep="\r\n", cte_type="7bit", max_line_length=76)  # with 78, Python's encoded words have 76
_UTF8 = _POLICY.clone(utf8=True)  # RFC 6532, for addresses that ASCII cannot write


@dataclass(frozen=True)
class Letter:
    """A mail with what its headers say beside its subject. `key` is of the message, the same for each attempt;
    `unsubscribe` are the addresses that unsubscribe from what it was sent for, the first by one click."""

    mail: Mail
    key: str
    kind: str
    language: str
    created_at: datetime
    unsubscribe: tuple[str, ...] = ()


def letter(outgoing: Outgoing, links: Links = NO_LINKS) -> Letter:
    """The message as a mail."""
    asked = subscriptions(outgoing)
    one = links.unsubscribe_one.get(next(iter(asked)), "") if len(asked) == 1 else ""
    click = one or links.unsubscribe_all
    ways = (click, f"mailto:{links.mailto}?subject=unsubscribe" if links.mailto else "")
    made = mail(outgoing, links)
    return Letter(made, outgoing.key, outgoing.kind, outgoing.language, outgoing.created_at, tuple(filter(None, ways)))


def as_bytes(letter: Letter, sender: Mailbox, to: str) -> bytes:
    """The letter to that address, ready to be sent. Raises ValueError where anything in it would become a header."""
    name = hashlib.sha256(f"{letter.key} {letter.created_at.isoformat()} {to}".encode()).hexdigest()[:32]
    message = EmailMessage(policy=_POLICY if to.isascii() else _UTF8)
    message["From"] = Address(sender.name, addr_spec=sender.address)
    local, _, domain = to.rpartition("@")
    message["To"] = Address(username=local, domain=domain)
    message["Subject"] = letter.mail.subject
    message["Date"] = letter.created_at
    message["Message-ID"] = f"<{name}@{sender.domain}>"
    message["List-Id"] = f"Paperwatch <paperwatch.{sender.domain}>"
    if letter.unsubscribe:
        message["List-Unsubscribe"] = ", ".join(f"<{way}>" for way in letter.unsubscribe)
    if any(way.startswith("https://") for way in letter.unsubscribe):
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"  # RFC 8058
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    message["Precedence"] = "bulk"
    message["X-Auto-Response-Suppress"] = "All"
    message["Feedback-ID"] = f"{letter.kind}:{letter.language}:alerts:paperwatch"
    message.set_content(letter.mail.text)
    message.add_alternative(letter.mail.html, subtype="html")
    message["Content-Language"] = letter.language
    message.set_boundary(f"=_{name}")  # which no encoded text contains
    return message.as_bytes()


def return_path(bounce: str, sender: Mailbox, key: str) -> str:
    """Where it is told that a message could not be delivered: `bounce+KEY@domain`, or the sender."""
    local, at, domain = bounce.rpartition("@")
    return f"{local}+{key}{at}{domain}" if bounce else sender.address
