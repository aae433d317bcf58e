"""Pure: when is something due? Instants are UTC-aware datetimes; hours are local times "HH:MM" of an IANA zone."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
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


ALERT = "alert"
_WORKDAYS = frozenset(range(5))


def slot(now: datetime, rhythm: str, at: time, local: ZoneInfo, weekday: int | None = None) -> Slot:
    """When what matches now is sent: at once, or with the next digest of that rhythm."""
    if rhythm == "instant":
        return Slot(ALERT, now)
    days = {"daily": frozenset(range(7)), "weekdays": _WORKDAYS, "weekly": frozenset({weekday or 0})}[rhythm]
    day = now.astimezone(local).date()
    while day.weekday() not in days or instant(day, at, local) <= now:
        day += timedelta(days=1)
    return Slot(f"digest:{day.isoformat()}", instant(day, at, local))


def quiet_until(now: datetime, start: str | None, end: str | None, local: ZoneInfo) -> datetime | None:
    """The end (UTC) of the quiet hours that `now` lies in, or None. They may go over midnight; equal ends mean none."""
    if not start or not end or start == end:
        return None
    here = now.astimezone(local)
    begins, ends, at = hour(start), hour(end), here.time()
    if not (begins <= at < ends if begins < ends else at >= begins or at < ends):
        return None
    day = here.date() + timedelta(days=1 if begins > ends and at >= begins else 0)
    return instant(day, ends, local)


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
