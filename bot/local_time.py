"""Pure: local times of a zone, as instants."""

from datetime import UTC, date, datetime, time, timedelta
from difflib import get_close_matches
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones


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
    """The time of day "HH:MM". Raises ValueError."""
    try:
        parsed = time.fromisoformat(text.strip().rjust(5, "0"))
    except ValueError:
        parsed = None
    if parsed is None or len(text.strip()) > 5:
        raise ValueError(f"{text!r} is not a time of day; write hours and minutes from 00:00 to 23:59, such as 08:00")
    return parsed


def instant(day: date, at: time, local: ZoneInfo) -> datetime:
    """The instant (UTC) of that local time: where the clocks go back, the first of the two; where they go forward
    over it, the first instant after the gap."""
    naive = datetime.combine(day, at)
    found = naive.replace(tzinfo=local, fold=0).astimezone(UTC)
    if found.astimezone(local).replace(tzinfo=None) == naive:
        return found
    before, after = naive.replace(tzinfo=local).utcoffset(), naive.replace(tzinfo=local, fold=1).utcoffset()
    gap_ends = found - (abs((after or timedelta()) - (before or timedelta())))
    while gap_ends.astimezone(local).replace(tzinfo=None) < naive:
        gap_ends += timedelta(minutes=1)
    return gap_ends
