"""Statuses that are failures: 5xx, and those by which a site asks for a pause."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import httpx

from scrapers.fetch.errors import BadStatus, RateLimited

_DEFAULT_WAIT, _LONGEST_WAIT = 60.0, 24 * 3600.0


def refuse_status(place: str, answer: httpx.Response) -> None:
    """Raise RateLimited where the site asks for a pause, and BadStatus for any other 5xx."""
    status, wait = answer.status_code, _asked_wait(answer.headers)
    if status == 429 or (status == 503 and wait is not None):
        wait = min(max(_DEFAULT_WAIT if wait is None else wait, 1.0), _LONGEST_WAIT)
        raise RateLimited(f"{place} asked for a pause ({status}): ask again in {wait:.0f} s.", wait)
    if status >= 500:
        raise BadStatus(f"{place} failed with status {status}: try again later.", status)


def _asked_wait(headers: httpx.Headers) -> float | None:
    """Seconds to wait: from Hugging Face's `RateLimit: "api";r=0;t=55`, else from Retry-After; None if neither says.

    https://huggingface.co/docs/hub/rate-limits and https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    spent = re.findall(r"r\s*=\s*0\s*;\s*t\s*=\s*(\d{1,9})", headers.get("ratelimit", ""))
    if spent:
        return float(max(map(int, spent)))
    after = headers.get("retry-after", "").strip()
    if re.fullmatch(r"\d{1,9}", after, re.ASCII):
        return float(after)
    then, now = _http_date(after), _http_date(headers.get("date", "")) or datetime.now(UTC)
    return (then - now).total_seconds() if then else None


def _http_date(text: str) -> datetime | None:
    try:
        found = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
