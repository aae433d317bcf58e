"""Days, in the ways in which arXiv writes them."""

from datetime import date, datetime, tzinfo
from email.utils import parsedate_to_datetime

_PRINTED = ("%A, %d %B %Y", "%a, %d %b %Y")


def day_in(text: str | None, zone: tzinfo) -> date | None:
    """The day in that zone of an instant as mails (RFC 822) or ISO 8601 write it; None for anything else."""
    text = text or ""
    try:
        at = parsedate_to_datetime(text) if "," in text else datetime.fromisoformat(text)
        return at.astimezone(zone).date() if at.tzinfo else at.date()
    except (ValueError, OverflowError):
        return None


def printed_day(text: str) -> date | None:
    """The day in `Tuesday, 30 June 2026` or `Tue, 30 Jun 2026`; None where it is none, or not that weekday."""
    for form in _PRINTED:
        try:
            day = datetime.strptime(text.strip(), form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
        return day if text.strip().startswith(f"{day:%a}") else None
    return None
