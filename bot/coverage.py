"""Pure: what does a reading prove? Verdicts of readings, states of list days, which days are to be read, alarms."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from statistics import median
from typing import Protocol
from zoneinfo import ZoneInfo

from bot.language import ENGLISH, Language
from scrapers.crawl import Crawl
from scrapers.request import Calendar, NotOpenYet, ScrapeError

GOOD = frozenset({"ok", "quiet"})
BAD = frozenset({"partial", "stale", "failed"})
CATCH_UP_DAYS = 14
GIVE_UP_DAYS = 14
OVERDUE = timedelta(hours=2)
SILENT = timedelta(hours=24)
_EACH = 3  # complete days that are told one by one; of more the sum


@dataclass(frozen=True)
class Judgement:
    """The verdict of a reading and, where it is not `ok`, the sentence that says why."""

    verdict: str
    reason: str | None = None


def judge(result: Crawl | ScrapeError, day: date | None, now: datetime, calendar: Calendar) -> Judgement:
    """What a reading proves. `day` is the list day that was asked for; None for a search or a trending list."""
    if isinstance(result, NotOpenYet):
        return _nothing(day, now, calendar, str(result), else_="failed")
    if isinstance(result, ScrapeError):
        return Judgement("failed", str(result))
    if day and result.day and result.day != day:
        shows = f"asked for {day}, the answer shows {result.day}"
        return _nothing(day, now, calendar, shows, else_="stale")
    if result.unchanged:
        return Judgement("quiet", "nothing has changed since the last reading")
    if result.problem or result.skipped:
        return Judgement("partial", result.problem or "; ".join(result.skipped[:3]))
    if result.stated is not None and result.stated != len(result.listed):
        return Judgement("partial", f"{result.stated} papers stated, {len(result.listed)} read")
    if not result.listed:
        return _nothing(day, now, calendar, "the list is empty", else_="quiet")
    return Judgement("ok")


def _nothing(day: date | None, now: datetime, calendar: Calendar, reason: str, *, else_: str) -> Judgement:
    """There is no list: normal on days without lists, to be expected until the day is over, and then `else_`."""
    if day and not calendar.has_list(day):
        why = f"no list on a {day:%A}" if day.weekday() not in calendar.weekdays else f"no list on {day}, a holiday"
        return Judgement("quiet", why)
    if day and not _is_over(day, now, calendar):
        return Judgement("late", reason)
    return Judgement(else_, reason)


def _is_over(day: date, now: datetime, calendar: Calendar) -> bool:
    """Whether the list after it should have opened: until then that of `day` may still come."""
    return now >= calendar.opening(day + timedelta(days=1))


def day_state(day: date, before: str, verdict: str, now: datetime, calendar: Calendar) -> str:
    """The state of a list day after a reading of it."""
    age = (newest(now, calendar) - day).days
    if before == "closed":
        return before
    if calendar.rolling:
        return "growing" if verdict in GOOD or before == "growing" else "open"
    if verdict in GOOD:
        complete = age >= calendar.grows or (verdict == "quiet" and not calendar.has_list(day))
        return "closed" if complete else "growing"
    return "given_up" if age > GIVE_UP_DAYS else ("growing" if before == "growing" else "open")


def earlier_days(states: Mapping[date, str], day: date, verdict: str) -> dict[date, str]:
    """What a reading of a rolling list says of the days before: what it showed then and shows now was all there was; if
    that is gone, nobody can read any more what was between."""
    after = {"ok": "closed", "quiet": "closed", "partial": "given_up"}.get(verdict)
    unfinished = [one for one, state in states.items() if one < day and state in ("open", "growing")]
    return dict.fromkeys(unfinished, after) if after else {}


def today(now: datetime, calendar: Calendar) -> date:
    """The day that it is where the site is."""
    return now.astimezone(ZoneInfo(calendar.zone)).date()


def newest(now: datetime, calendar: Calendar) -> date:
    """The list day that opens on this day where the site is; it need not be open yet, nor have a list."""
    return today(now, calendar) + timedelta(days=calendar.opens_before)


def days_to_read(
    now: datetime, states: Mapping[date, str], calendar: Calendar, last_good_at: datetime | None
) -> list[date]:
    """The list days that a run reads, oldest first: those that may still grow, those that were not read completely,
    and those since the last good run, up to two weeks back; today's once it has opened. A rolling list is read as
    today's."""
    if calendar.rolling:
        return [today(now, calendar)]
    last = newest(now, calendar)
    if calendar.opening(last) > now:
        last -= timedelta(days=1)
    earliest = last - timedelta(days=CATCH_UP_DAYS)
    since = min(last - timedelta(days=calendar.grows), today(last_good_at, calendar) if last_good_at else last)
    days = {max(since, earliest) + timedelta(days=n) for n in range((last - max(since, earliest)).days + 1)}
    unfinished = {day for day, state in states.items() if state in ("open", "growing") and earliest <= day <= last}
    listed = {day for day in days if calendar.has_list(day)}
    return sorted(day for day in listed | unfinished if states.get(day) not in ("closed", "given_up"))


def far_below_usual(count: int, earlier: Collection[int]) -> bool:
    """Whether a complete day has less than 40 % of the median of at least four earlier days of that weekday."""
    return len(earlier) >= 4 and count < 0.4 * median(earlier)


@dataclass(frozen=True)
class Covered:
    """Of a source: its list days (day, state, papers) that are to be told of, and whether a reading is due now."""

    source: str
    days: Sequence[tuple[date, str, int]]
    is_due: bool = False

    def missing(self, tr: Language = ENGLISH) -> str:
        """What should have been read by now and was not; empty where there is nothing."""
        unread = [tr.day(day) for day, state, _ in self.days if state == "open"]
        if not unread and self.is_due:
            return tr("{source} since its last list", source=self.source)
        return tr("{source} of {days}", source=self.source, days=", ".join(unread)) if unread else ""


def sentence(covered: Sequence[Covered], tr: Language = ENGLISH) -> str:
    """What a digest covers, for people, and what is missing."""
    read = [(one.source, [day for day in one.days if day[1] != "open"]) for one in covered]
    told = "; ".join(f"{source}: {describe(days, tr) if days else tr('nothing new')}" for source, days in read)
    missing = "; ".join(filter(None, (one.missing(tr) for one in covered)))
    sentences = [
        tr("Read: {told}.", told=told) if told else "",
        tr("Not read yet: {missing}.", missing=missing) if missing else "",
    ]
    return " ".join(filter(None, sentences))


def describe(days: Sequence[tuple[date, str, int]], tr: Language = ENGLISH) -> str:
    """What was covered, for people: `42 so far on 20 Nov` while the list may grow, `42 on 19 Nov` after."""
    closed = [one for one in days if one[1] == "closed"]
    if len(closed) > _EACH:
        papers = tr.number(sum(papers for _, _, papers in closed))
        first, last = tr.day(closed[0][0]), tr.day(closed[-1][0])
        days = [one for one in days if one[1] != "closed"]
        parts = [
            tr(
                "{papers} on {days} days from {first} to {last}",
                papers=papers,
                days=len(closed),
                first=first,
                last=last,
            )
        ]
    else:
        parts = []
    parts += [_describe_day(day, state, papers, tr) for day, state, papers in days]
    return ", ".join(parts) if parts else tr("nothing read yet")


def _describe_day(day: date, state: str, papers: int, tr: Language) -> str:
    on, number = tr.day(day), tr.number(papers)
    return {
        "closed": tr("{papers} on {day}", papers=number, day=on),
        "growing": tr("{papers} so far on {day}", papers=number, day=on),
        "open": tr("{day} not read yet", day=on),
        "given_up": tr("{day} could not be read", day=on),
    }[state]


class Kept(Protocol):
    """What is looked at of a stored reading."""

    @property
    def part(self) -> str: ...
    @property
    def day(self) -> date | None: ...
    @property
    def verdict(self) -> str: ...
    @property
    def error(self) -> str | None: ...


def problems(
    source: str, due_at: datetime, last_good_at: datetime | None, readings: Sequence[Kept], now: datetime
) -> list[str]:
    """What is wrong with a source, a sentence each; empty where all is well."""
    found = [
        f"{' '.join(filter(None, [source, one.part, str(one.day or '')]))} {one.verdict}: {one.error or ''}".rstrip(
            ": "
        )
        for one in readings
        if one.verdict in BAD or (one.verdict == "ok" and one.error)
    ]
    if now - due_at > OVERDUE:
        found.append(f"{source} was due at {due_at:%Y-%m-%d %H:%M} UTC and was not read; is paperwatch run running?")
    elif last_good_at and now - last_good_at > SILENT:
        found.append(f"{source} could not be read completely since {last_good_at:%Y-%m-%d %H:%M} UTC")
    return found
