"""Pure: what was read and what was not, for people: in digests, in chats, in `status`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Protocol

from bot.coverage import BAD, newest
from bot.language import ENGLISH, Language
from scrapers.request import Calendar

OVERDUE = timedelta(hours=2)
SILENT = timedelta(hours=24)
_EACH = 3  # complete days that are told one by one; of more the sum


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


@dataclass(frozen=True)
class Shown:
    """A day of a part in a calendar. Beside the states of list days there are `none` (no list on that day), `later`,
    `before` (not watched yet) and `unread` (there should be a list, and nobody has looked)."""

    day: date
    state: str
    papers: int = 0


def calendar_days(
    states: Mapping[date, tuple[str, int]], first: date | None, since: date, now: datetime, calendar: Calendar
) -> list[Shown]:
    """The days from then until now with their states and papers. `first` is the first list day that was ever read."""
    last = newest(now, calendar)
    days = [since + timedelta(days=n) for n in range((last - since).days + 1)]
    return [Shown(day, *(states.get(day) or (_unread(day, first, now, calendar),))) for day in days]


def _unread(day: date, first: date | None, now: datetime, calendar: Calendar) -> str:
    if calendar.rolling or not calendar.has_list(day):
        return "none"
    if calendar.opening(day) > now:
        return "later"
    return "before" if first is None or day < first else "unread"


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
