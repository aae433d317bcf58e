"""Dates as the pages print them, which is often without a year, and the years they belong to.

A date without a year belongs to the year of the capture, which is `as_of`'s year; without `as_of` it is the year after
the latest one printed (a page prints the year only of other years), and today's year where none is printed.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
MONTH = rf"(?P<month>{'|'.join(MONTHS)})"
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
DATE = re.compile(
    rf"(?:Published on )?{MONTH} (?P<digits>\d{{1,8}})(?:, ?(?P<year>\d{{4}}))?(?P<comments> ?\d{{1,6}})?", re.ASCII
)


class Day(NamedTuple):
    """A day as it is printed."""

    month: int
    day: int
    year: int | None


def printed_day(match: re.Match[str]) -> tuple[Day | None, int | None]:
    """The day and the number of comments; two digits of the day are better than one, where both are possible."""
    month, digits = MONTHS.index(match["month"]) + 1, match["digits"]
    comments = int(match["comments"]) if match["comments"] else None
    if match["year"] or comments is not None:
        year = int(match["year"]) if match["year"] else None
        return valid_day(month, digits, year), comments
    for size in (2, 1):
        rest = digits[size:]
        if (day := valid_day(month, digits[:size], None)) and not rest.startswith("0"):
            return day, int(rest) if rest else None
    return None, None


def valid_day(month: int, digits: str, year: int | None) -> Day | None:
    """The day of these digits; None where no year's month has it."""
    return Day(month, int(digits), year) if len(digits) < 3 and 1 <= int(digits) <= _DAYS[month - 1] else None


class Calendar(NamedTuple):
    """The latest day on which the text can have been captured, and whether somebody said so."""

    latest: date
    stated: bool

    @classmethod
    def of(cls, days: Sequence[Day], as_of: date | None, today: date) -> "Calendar":
        """The calendar of a text on which these days are printed."""
        if as_of:
            return cls(as_of, True)
        years = [day.year for day in days if day.year and day.year <= today.year + 1]
        if not years:
            return cls(today, False)
        year = max(years) + 1
        if any(day[:] == (2, 29, None) for day in days):
            leap = (y for y in range(year, max(year, today.year) + 1) if _existing_date(y, 2, 29))
            year = next(leap, year)
        return cls(date(year, 12, 31), False)

    def resolve(self, day: Day | None) -> date | None:
        """The date, in the latest year in which it is not in the future; None for a day that its year does not have."""
        if day is None:
            return None
        later = (day.month, day.day) > (self.latest.month, self.latest.day)
        year = self.latest.year - later if day.year is None else day.year
        return _existing_date(year, day.month, day.day)

    def notes(self, days: Iterable[Day]) -> tuple[str, ...]:
        """What the reader of these days is to be told about their years."""
        if self.stated or not any(day.year is None for day in days):
            return ()
        note = (
            f"Dates without a year were taken to be of {self.latest.year}, or of the year before where they would be "
            "in the future; `--as-of DATE` says when the text was copied."
        )
        return (note,)


def _existing_date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
