"""Pure: local times of a zone, as instants."""

import re
from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_HOUR = re.compile("([01]?[0-9]|2[0-3])(?:[:.h]([0-5][0-9]))?(?: ?(?:uhr|h|o'clock))?", re.IGNORECASE)
_LATEST = date(9000, 1, 1)  # what comes near the last date there is cannot be put in every zone
_DAY, _LOUD_AT_LEAST = 24 * 60, 60  # minutes


def zone(name: str) -> ZoneInfo:
    """The zone of that IANA name. Raises ValueError with a proposal where there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        known = {each.casefold(): each for each in available_timezones()}
        by_city = {each.rpartition("/")[2]: key for key, each in zip(known, known.values(), strict=True)}
        wanted = name.casefold().replace(" ", "_")
        near = get_close_matches(wanted, known, 1) or [
            by_city[city] for city in get_close_matches(name.title().replace(" ", "_"), by_city, 1)
        ]
        hint = f"; did you mean {known[near[0]]}?" if near else "; zones look like Europe/Berlin or America/New_York"
        raise ValueError(f"there is no time zone called {name!r}{hint}") from None


def hour(text: str) -> time:
    """The time of day "HH:MM", also as people write it: 7, 7.30, 7h30, 7:30 Uhr. Raises ValueError."""
    found = _HOUR.fullmatch(text.strip())
    if not found:
        raise ValueError(f"{text!r} is not a time of day; write hours and minutes from 00:00 to 23:59, such as 08:00")
    return time(int(found[1]), int(found[2] or 0))


def weekday(text: str) -> int:
    """The day of the week of that English name, or of its first three letters; Monday is 0. Raises ValueError."""
    name = text.strip().casefold()
    found = [number for number, day in enumerate(WEEKDAYS) if name in (day, day[:3])]
    if not found:
        near = get_close_matches(name, WEEKDAYS, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(WEEKDAYS)}"
        raise ValueError(f"{text!r} is not a day of the week; {hint}")
    return found[0]


def quiet_hours(text: str) -> tuple[str, str] | None:
    """The hours from and until which it is quiet: "22:00-07:00"; None for "off". Raises ValueError where too little of
    the day is left."""
    if text.strip().casefold() in ("off", "none"):
        return None
    begin, sign, end = text.replace("\u2013", "-").partition("-")
    if not sign:
        raise ValueError(f"{text!r} are no quiet hours; write from and until, such as 22:00-07:00, or off")
    first, last = hour(begin), hour(end)
    loud = (first.hour - last.hour) * 60 + first.minute - last.minute
    if loud % _DAY < _LOUD_AT_LEAST:
        raise ValueError(f"quiet hours {text} leave less than an hour of the day; to hear nothing, pause the address")
    return f"{first:%H:%M}", f"{last:%H:%M}"


def coming_day(text: str, today: date) -> date:
    """The day that `2026-11-23`, `monday` (the next one), `tomorrow` or `3d` means. Raises ValueError unless it lies
    ahead."""
    found = _day_named(text.strip().casefold(), today)
    if found is None:
        raise ValueError(f"{text!r} is no day; write 2026-11-23, monday, tomorrow or 3d")
    if found > _LATEST:
        raise ValueError(f"{found} is too far ahead")
    if found <= today:
        raise ValueError(f"{found} is over or today; name a day that lies ahead")
    return found


def _day_named(text: str, today: date) -> date | None:
    if text == "tomorrow":
        return today + timedelta(days=1)
    if text[:-1].isdecimal() and text[-1] == "d" and len(text) <= 4:
        return today + timedelta(days=int(text[:-1]))
    try:
        return date.fromisoformat(text)
    except ValueError:
        pass
    try:
        return today + timedelta(days=(weekday(text) - today.weekday() - 1) % 7 + 1)
    except ValueError:
        return None


def instant(day: date, at: time, local: ZoneInfo) -> datetime:
    """The instant (UTC) of that local time: where the clocks go back, the first of the two; where they go forward
    over it, the first instant after the gap."""
    wanted = datetime.combine(day, at, local).replace(fold=0)
    found = wanted.astimezone(UTC)
    if found.astimezone(local) == wanted:  # of one zone, these are compared as the clock on the wall shows them
        return found
    naive = wanted.replace(tzinfo=None)
    before, after = naive.replace(tzinfo=local).utcoffset(), naive.replace(tzinfo=local, fold=1).utcoffset()
    gap_ends = found - (abs((after or timedelta()) - (before or timedelta())))
    while gap_ends.astimezone(local).replace(tzinfo=None) < naive:
        gap_ends += timedelta(minutes=1)
    return gap_ends
