"""Mails that come back: somebody unsubscribes, or a server tells that a mail could not be delivered. Pure.

A report is of RFC 3464; which of our mails it is about, the address says that it was sent to (VERP). What people and
their vacation programs write is neither.
"""

import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage, Message

_UNSUBSCRIBE = re.compile(r"\bunsubscribe\s+([A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{20,})", re.IGNORECASE)
_RETURN_PATH = re.compile(r"\+([0-9]{1,18}-[0-9]{1,18}-[0-9a-f]{12})@", re.IGNORECASE)
_SENT_TO = ("To", "Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To")
_STATUS = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_SAID = 200  # characters of what a server says


@dataclass(frozen=True)
class Leaving:
    """Somebody unsubscribes with that token."""

    token: str


@dataclass(frozen=True)
class Bounce:
    """A mail was not delivered: `key` names it (`RECIPIENT-MESSAGE-MAC`), `status` is of RFC 3463, `said` by the
    server."""

    key: str
    status: str
    said: str


def is_automatic(data: bytes) -> bool:
    """Whether a program wrote the mail, which nobody need answer: RFC 3834, 5, and RFC 3464."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    answers = _header(message, "Auto-Submitted").lower()
    return message.get_content_type() == "multipart/report" or (bool(answers) and not answers.startswith("no"))


def read(data: bytes) -> Leaving | Bounce | None:
    """What a mail wants of us; None where that is nothing."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    if message.get_content_type() == "multipart/report":
        return _bounce(message)
    if _header(message, "Auto-Submitted").lower().startswith("auto-replied"):
        return None
    found = _UNSUBSCRIBE.search(_header(message, "Subject"))
    return Leaving(found[1]) if found else None


def _bounce(report: EmailMessage) -> Bounce | None:
    found = next((one for name in _SENT_TO if (one := _RETURN_PATH.search(_header(report, name)))), None)
    failed = next(_failures(report), None)
    if found is None or failed is None:
        return None
    status, said = failed
    return Bounce(found[1].lower(), status, said)


def _failures(report: EmailMessage) -> Iterator[tuple[str, str]]:
    """Status and words for each receiver that did not get it. What is only late may still arrive."""
    for part in report.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        blocks = part.get_payload()
        for block in blocks if isinstance(blocks, list) else ():
            assert isinstance(block, Message)
            status = _STATUS.match(_header(block, "Status"))
            if status and _header(block, "Action").strip().lower() == "failed":
                yield status[1], " ".join(_header(block, "Diagnostic-Code").split())[:_SAID]


def _header(message: "Message[str, str]", name: str) -> str:
    """A header as text; empty where it is missing, or damaged."""
    try:
        return str(message.get(name, ""))
    except (ValueError, IndexError, AttributeError, TypeError):  # what Python's parser raises for damaged headers
        return ""
