"""What the answers of all sites have in common: each entry is read alone, and those in JSON are decoded whole."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import date
from typing import Any, TypeVar

from pydantic import ValidationError

from scrapers.paper import why_refused
from scrapers.request import Listed, ListingError, Response
from scrapers.text import one_line

_COUNT = re.compile(r"[0-9]{1,9}")
_MANY = 3  # papers without a fact that all papers have are no accident
T = TypeVar("T")


def decoded(response: Response, site: str) -> Any:
    """The JSON of an answer. Raises ListingError for any other status than 200, with the site's reason if it gives one,
    and for what is no JSON."""
    if response.status != 200:
        reason = _reason_in(response.body)
        raise ListingError(f"{site} answered with status {response.status}{f': {reason}' if reason else ''}")
    return json_of(response.body, site)


def json_of(text: bytes | str, site: str) -> Any:
    """What the JSON says. Raises ListingError for what is none."""
    try:
        return json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except (ValueError, RecursionError):
        raise ListingError(f"{site} sent something that is not JSON, or only a part of it") from None


def _reason_in(body: bytes) -> str:
    try:
        answer = json.loads(body[:20_000])
    except (ValueError, RecursionError):
        return ""
    return error_in(answer) or ""


def error_in(answer: Any) -> str | None:
    """What the site says is wrong: `{"error": …}` or `{"message": …}`."""
    if not isinstance(answer, dict):
        return None
    told = answer.get("error") or answer.get("message")
    return one_line(str(told))[:200] if told else None


def collect(
    records: Iterable[Any], read: Callable[[dict[str, Any]], Listed], site: str, *, day: date | None = None
) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    """The records of JSON that can be read, as `collect_entries` has it: none is that is no object, or where `read`
    raises KeyError."""
    return collect_entries(records, lambda record: _read_object(record, read), site, day=day)


def _read_object(record: Any, read: Callable[[dict[str, Any]], Listed]) -> Listed:
    if not isinstance(record, dict):
        raise ValueError("it is no record")
    try:
        return read(record)
    except KeyError as error:
        raise ValueError(f"it has no {error.args[0]}") from None


def collect_entries(
    entries: Iterable[T],
    read: Callable[[T], Listed],
    site: str,
    *,
    part: str = "",
    day: date | None = None,
    before: int | None = None,
    key: Callable[[Listed], object] = lambda one: one.paper.identifiers,
) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    """The entries that can be read, each paper once (by its `key`), and a sentence for each other one, where `read`
    raises ValueError. They are of that part, and of that day where they name none. Where they are in an order, they
    get ranks: `before` entries were on earlier pages. Raises ListingError where there are entries and none can be
    read."""
    listed: dict[object, Listed] = {}
    skipped: list[str] = []
    for number, entry in enumerate(entries, start=1 + (before or 0)):
        try:
            one = read(entry)
        except ValueError as error:
            skipped.append(f"entry {number} could not be read: {reason(error)}")
            continue
        rank = None if before is None else number
        listed.setdefault(key(one), replace(one, day=one.day or day, part=part, rank=rank))
    if skipped and not listed:
        raise ListingError(f"{site} sent a list of which nothing can be read: {skipped[0]}")
    return tuple(listed.values()), tuple(skipped)


def reason(error: ValueError) -> str:
    """Why a record could not be read, as one sentence."""
    return why_refused(error) if isinstance(error, ValidationError) else str(error)


def require_facts(listed: Sequence[Listed], facts: Iterable[str], site: str) -> None:
    """What every paper has: if none of several has it, the format has changed. Raises ListingError."""
    for fact in facts if len(listed) >= _MANY else ():
        if not any(getattr(entry.paper, fact) not in (None, ()) for entry in listed):
            raise ListingError(f"no paper of the list has {fact}: the format of {site} seems to have changed")


def text_in(record: dict[str, Any], key: str) -> str | None:
    """The text under this key; None where there is none."""
    value = record.get(key)
    return (one_line(value) or None) if isinstance(value, str) else None


def number_in(value: Any) -> int | None:
    """The count that a value is, as a number or in digits."""
    digits = str(value) if type(value) is int else value
    return int(digits) if isinstance(digits, str) and _COUNT.fullmatch(digits) else None


def day_in(value: Any) -> date | None:
    """The day with which the value begins."""
    try:
        return date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None


def known(**facts: Any) -> dict[str, Any]:
    """The facts that are known."""
    return {name: value for name, value in facts.items() if value not in (None, "", [], {})}
