"""Pure: what does a reading prove? Verdicts of readings, states of list days, which days are to be read."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from scrapers.crawl import Crawl
from scrapers.request import Calendar, NotOpenYet, ScrapeError

GOOD = frozenset({"ok", "quiet"})
BAD = frozenset({"partial", "stale", "failed"})
# A complete list repeats nothing. On 93 of 410 recorded days a reader got an older list again: on 87 of them whole, on
# the others 60 to 99 % of it, because some classes had been made anew and some had not.
MOSTLY = 0.5
_REFRESH_EVERY = timedelta(hours=23)
COMPLETED_DAYS = 7
_SOON = timedelta(days=14)
_FIRST_DAY = date(1991, 8, 1)  # arXiv opened
_EVER = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Evidence:
    """What is known beside what was just read of a part.

    repeated  how many of the papers an earlier list day had, announced in the same way, for each such day
    compared  of how many; 0 where the list announces nothing that could not come again
    follows   whether the list day before was read completely
    usual     the numbers of papers on the same weekday before
    lately    the numbers of papers on all days before
    seen      whether anything was ever read of the part
    """

    repeated: Mapping[date, int] = field(default_factory=dict)
    compared: int = 0
    follows: bool = True
    usual: Collection[int] = ()
    lately: Collection[int] = ()
    seen: bool = False

    def again(self) -> tuple[date, float]:
        """The earlier list day that the list repeats most of, and its share; only where there is one."""
        day = max(self.repeated, key=lambda one: (self.repeated[one], one))
        return day, self.repeated[day] / self.compared


NOTHING_KNOWN = Evidence()


@dataclass(frozen=True)
class Judgement:
    """The verdict of a reading and, where it is not `ok`, the sentence that says why. `lost`: what was listed before
    and is not now may never be seen."""

    verdict: str
    reason: str | None = None
    lost: bool = False


def judge(
    result: Crawl | ScrapeError,
    day: date | None,
    now: datetime,
    calendar: Calendar,
    evidence: Evidence = NOTHING_KNOWN,
) -> Judgement:
    """What a reading proves. `day` is the list day that was asked for; None for a search or a trending list."""
    if isinstance(result, NotOpenYet):
        return _nothing(day, now, calendar, str(result), else_="failed")
    if isinstance(result, ScrapeError):
        return Judgement("failed", str(result))
    if result.unchanged:
        return Judgement("quiet", "nothing has changed since the last reading")
    if day and result.day and result.day != day and not calendar.rolling:
        shows = f"asked for {day}, the answer shows {result.day}"
        return _nothing(day, now, calendar, shows, else_="stale")
    if result.problem or result.skipped:
        return Judgement("partial", result.problem or "; ".join(result.skipped[:3]))
    if result.stated is not None and result.stated != len(result.listed):
        return Judgement("partial", f"{result.stated} papers stated, {len(result.listed)} read")
    if calendar.rolling:
        return _judge_rolling(result, evidence)
    if not result.listed:
        return _nothing(day, now, calendar, "the list is empty", else_="stale" if result.undated else "quiet")
    return _judge_day(result, day, now, calendar, evidence) if day else Judgement("ok")


def _judge_rolling(result: Crawl, evidence: Evidence) -> Judgement:
    """A list of the newest is complete where it reaches back to what was seen before."""
    if evidence.seen and not evidence.repeated:
        missed = f"none of its {len(result.listed)} papers was there before: some between may have been missed"
        return Judgement("partial", missed, lost=True)
    return Judgement("ok")


def _judge_day(result: Crawl, day: date, now: datetime, calendar: Calendar, evidence: Evidence) -> Judgement:
    """What whole lists prove that state the day that was asked for, or none."""
    if evidence.repeated and evidence.compared:
        again, share = evidence.again()
        if share >= MOSTLY:
            says = f"{share:.0%} of it was announced on {again} already"
            return Judgement("stale" if share == 1 else "partial", says)
    if result.undated and not evidence.follows:
        return Judgement("partial", "it states no day of its own, and the list of the day before was not read")
    if far_below_usual(len(result.listed), evidence.usual, evidence.lately):
        few = f"only {len(result.listed)} papers, far fewer than usual"
        if _may_grow_yet(day, now, calendar):
            return Judgement("partial", f"{few}; the rest may follow")
        if (newest(now, calendar) - day).days >= calendar.grows:
            return Judgement("ok", few)
    return Judgement("ok")


def _nothing(day: date | None, now: datetime, calendar: Calendar, reason: str, *, else_: str) -> Judgement:
    """There is no list: normal on days without lists, to be expected until the day is over, and then `else_`."""
    if day and not calendar.has_list(day):
        why = f"no list on a {day:%A}" if day.weekday() not in calendar.weekdays else f"no list on {day}, a holiday"
        return Judgement("quiet", why)
    if day and not is_over(day, now, calendar):
        return Judgement("late", reason)
    return Judgement(else_, reason)


def is_over(day: date, now: datetime, calendar: Calendar) -> bool:
    """Whether the list after it should have opened: until then that of `day` may still come."""
    return now >= calendar.opening(day + timedelta(days=1))


def _may_grow_yet(day: date, now: datetime, calendar: Calendar) -> bool:
    """Whether a list that is complete at once may still be made anew; one that grows is short in the morning."""
    return calendar.grows == 0 and not is_over(day, now, calendar)


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
    return "given_up" if age > calendar.reaches else ("growing" if before == "growing" else "open")


def earlier_days(states: Mapping[date, str], day: date, judgement: Judgement) -> dict[date, str]:
    """What a reading of a rolling list on that day says of the days before: where it reaches back to what was seen
    then, that was all there was; if it does not, nobody can read any more what was between."""
    if judgement.verdict not in GOOD and not judgement.lost:
        return {}
    unfinished = [one for one, state in states.items() if one < day and state in ("open", "growing")]
    return dict.fromkeys(unfinished, "given_up" if judgement.lost else "closed")


def today(now: datetime, calendar: Calendar) -> date:
    """The day that it is where the site is."""
    return now.astimezone(ZoneInfo(calendar.zone)).date()


def newest(now: datetime, calendar: Calendar) -> date:
    """The list day that opens on this day where the site is; it need not be open yet, nor have a list."""
    return today(now, calendar) + timedelta(days=calendar.opens_before)


def list_day_before(day: date, calendar: Calendar) -> date:
    """The last day before it with a list."""
    day -= timedelta(days=1)
    while not calendar.has_list(day):
        day -= timedelta(days=1)
    return day


def check_days(days: Iterable[date], now: datetime, calendar: Calendar) -> None:
    """Raises ValueError for a day of which there can be no list."""
    last = newest(now, calendar)
    for day in days:
        if calendar.rolling:
            raise ValueError("there is one list of the newest only, and none of earlier days")
        if day > last:
            raise ValueError(f"{day} is in the future; there is no list yet (today is {last})")
        if day < _FIRST_DAY:
            raise ValueError(f"{day} is before any list of papers ({_FIRST_DAY:%B %Y})")


def days_to_read(
    now: datetime, states: Mapping[date, str], calendar: Calendar, last_good_at: datetime | None
) -> list[date]:
    """The list days that a run reads, oldest first: those that may still grow, those that were not read completely,
    and those since the last good run, as far back as the source reaches; today's once it has opened. The last two weeks
    come before what is older. A rolling list is read as today's."""
    if calendar.rolling:
        return [today(now, calendar)]
    last = newest(now, calendar)
    if calendar.opening(last) > now:
        last -= timedelta(days=1)
    earliest = last - timedelta(days=calendar.reaches)
    since = min(last - timedelta(days=calendar.grows), today(last_good_at, calendar) if last_good_at else last)
    days = {max(since, earliest) + timedelta(days=n) for n in range((last - max(since, earliest)).days + 1)}
    unfinished = {day for day, state in states.items() if state in ("open", "growing") and earliest <= day <= last}
    listed = {day for day in days if calendar.has_list(day)}
    wanted = [day for day in listed | unfinished if states.get(day) not in ("closed", "given_up")]
    return sorted(wanted, key=lambda day: (last - day > _SOON, day))


def days_to_refresh(
    now: datetime, states: Mapping[date, str], calendar: Calendar, read_at: Mapping[date, datetime]
) -> list[date]:
    """The closed days whose papers may still get upvotes, comments and stars, and were not read for a day."""
    last = newest(now, calendar)
    recent = [last - timedelta(days=n) for n in range(1, calendar.refreshes + 1)]
    return [day for day in recent if states.get(day) == "closed" and now - read_at.get(day, _EVER) >= _REFRESH_EVERY]


def days_to_complete(
    now: datetime, states: Mapping[date, str], calendar: Calendar, done: Collection[date]
) -> list[date]:
    """The closed days of the last week of which the source can say more by now than their lists, and was not asked."""
    last = newest(now, calendar)
    recent = [last - timedelta(days=n) for n in range(COMPLETED_DAYS)]
    return [
        day
        for day in recent
        if states.get(day) == "closed"
        and day not in done
        and calendar.has_list(day)
        and now >= calendar.opening(day) + calendar.completed_after
    ]


def far_below_usual(count: int, same_weekday: Collection[int], lately: Collection[int] = ()) -> bool:
    """Whether a complete day has less than 40 % of the median of at least four earlier days of that weekday; where
    there are not so many yet, less than 25 % of that of at least three days."""
    if len(same_weekday) >= 4:
        return count < 0.4 * median(same_weekday)
    return len(lately) >= 3 and count < 0.25 * median(lately)
