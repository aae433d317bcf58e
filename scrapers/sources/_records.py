"""What answers in JSON have in common: they are decoded whole, and each record of theirs is read alone."""

import json
import re
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from pydantic import ValidationError

from scrapers.request import Listed, ListingError, Response
from scrapers.text import one_line

_COUNT = re.compile(r"[0-9]{1,9}")


def decoded(response: Response, site: str) -> Any:
    """The JSON of an answer. Raises ListingError for any other status than 200, with the site's reason if it gives one,
    and for what is no JSON."""
    if response.status != 200:
        reason = _reason_in(response.body)
        raise ListingError(f"{site} answered with status {response.status}{f': {reason}' if reason else ''}")
    try:
        return json.loads(response.body.decode("utf-8-sig"))
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
    records: Iterable[Any], read: Callable[[dict[str, Any]], Listed], site: str
) -> tuple[tuple[Listed, ...], tuple[str, ...]]:
    """The records that can be read, each paper once, and a sentence for each other one: for what is no object, and
    where `read` raises ValueError, or KeyError. Raises ListingError where there are records and none can be read."""
    listed: dict[Any, Listed] = {}
    skipped: list[str] = []
    for number, record in enumerate(records, start=1):
        try:
            one = _read_object(record, read)
        except ValueError as error:
            skipped.append(f"entry {number} could not be read: {reason(error)}")
            continue
        listed.setdefault(one.paper.identifiers or number, one)
    if skipped and not listed:
        raise ListingError(f"{site} sent a list of which nothing can be read: {skipped[0]}")
    return tuple(listed.values()), tuple(skipped)


def _read_object(record: Any, read: Callable[[dict[str, Any]], Listed]) -> Listed:
    if not isinstance(record, dict):
        raise ValueError("it is no record")
    try:
        return read(record)
    except KeyError as error:
        raise ValueError(f"it has no {error.args[0]}") from None


def reason(error: ValueError) -> str:
    """Why a record could not be read, as one sentence."""
    if not isinstance(error, ValidationError):
        return str(error)
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    return f"{'.'.join(map(str, first['loc']))}: {first['msg'].removeprefix('Value error, ')}"


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
