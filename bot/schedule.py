"""Pure: when is something due? Instants are UTC-aware datetimes; hours are local times "HH:MM" of an IANA zone."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger
from apscheduler.triggers.interval import IntervalTrigger

from bot.local_time import hour, instant, zone


@dataclass(frozen=True)
class Slot:
    """When something is sent, and the name under which all that is sent together is known."""

    name: str
    send_at: datetime


@dataclass(frozen=True)
class Times:
    """When a subscription is told: its rhythm, and the local hour and weekday (Monday is 0) of its digests."""

    rhythm: str
    at: time
    local: ZoneInfo
    weekday: int = 0


ALERT = "alert"
DIGEST = "digest:"
_WORKDAYS = frozenset(range(5))


def slot(now: datetime, times: Times, told_on: date | None = None) -> Slot:
    """When what matches now is sent: at once, or with the next digest.

    One digest comes on each local date of the rhythm, and none on the date `told_on` of the last one, or before it:
    whatever hour and zone that one had.
    """
    if times.rhythm == "instant":
        return Slot(ALERT, now)
    day = now.astimezone(times.local).date() - timedelta(days=1)  # whose hour may come after a jump over midnight
    while not ((told_on is None or day > told_on) and _is_day_of(day, times) and _instant(day, times) > now):
        day += timedelta(days=1)
    return Slot(digest_slot(day, times.at), _instant(day, times))


def digest_slot(day: date, at: time) -> str:
    """The name of the digest of that local date and hour."""
    return f"{DIGEST}{day.isoformat()} {at:%H:%M}"


def day_of(slot_name: str) -> date | None:
    """The local date of a digest's slot; None for another slot."""
    if not slot_name.startswith(DIGEST):
        return None
    return date.fromisoformat(slot_name.removeprefix(DIGEST)[:10])


def _instant(day: date, times: Times) -> datetime:
    return instant(day, times.at, times.local)


def _is_day_of(day: date, times: Times) -> bool:
    days = {"daily": range(7), "weekdays": _WORKDAYS, "weekly": (times.weekday,)}[times.rhythm]
    if day.weekday() not in days:
        return False
    # A zone that crosses the date line leaves out a day. (Another leaves out the last hour of one: the day is there.)
    return instant(day, time(0), times.local).astimezone(times.local).date() == day


def quiet_until(now: datetime, start: str | None, end: str | None, local: ZoneInfo) -> datetime | None:
    """The end (UTC) of the quiet hours that `now` lies in, or None. They may go over midnight; equal ends mean none."""
    if not start or not end or start == end:
        return None
    begins, ends = hour(start), hour(end)
    today, found = now.astimezone(local).date(), now
    for day in (today - timedelta(days=1), today, today + timedelta(days=1)):  # tomorrow may be left out
        last = instant(day + timedelta(days=begins > ends), ends, local)
        if instant(day, begins, local) <= found < last:
            found = last
    return found if found > now else None


def next_run(now: datetime, *, every: timedelta | None, cron: str | None, zone_name: str) -> datetime:
    """When a source is read again: after `every`, or at the next time of the cron line in that zone."""
    local = zone(zone_name)
    trigger = CronTrigger.from_crontab(cron, timezone=local) if cron else IntervalTrigger(
        seconds=int((every or timedelta(minutes=30)).total_seconds()), timezone=UTC
    )  # fmt: skip
    # A trigger may fire at the very instant it is asked about; a source must not be due twice at one.
    after = now + timedelta(seconds=1) if cron else now
    found: datetime | None = trigger.get_next_fire_time(None if cron else now, after)
    return found.astimezone(UTC) if found else now + timedelta(days=1)


def backoff(failures: int, *, base: float, cap: float, random: Random) -> timedelta:
    """How long to wait after that many failures in a row: doubled each time, with jitter from half to the whole."""
    return timedelta(seconds=min(cap, base * 2 ** min(failures - 1, 30)) * (0.5 + random.random() / 2))
