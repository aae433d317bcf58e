"""Pure: what was read and what was not, for people: in digests, in chats, in `status`."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Protocol

from bot.coverage import BAD, newest
from bot.language import ENGLISH, Language
from scrapers.request import Calendar

OVERDUE = timedelta(hours=2)
SILENT = timedelta(hours=24)
_EACH = 3  # complete days that are told one by one; of more the sum


@dataclass(frozen=True)
class Covered:
    """Of a part of a source: its list days (day, state, papers) that are to be told of, and whether a reading is due
    now."""

    source: str
    days: Sequence[tuple[date, str, int]]
    is_due: bool = False
    part: str = ""

    @property
    def unread(self) -> tuple[date, ...]:
        """The days that should have been read by now and were not."""
        return tuple(day for day, state, _ in self.days if state == "open")

    @property
    def is_missing(self) -> bool:
        """Whether something should have been read by now and was not."""
        return bool(self.unread) or self.is_due


def sentence(covered: Sequence[Covered], tr: Language = ENGLISH) -> str:
    """What a digest covers, for people, and what is missing: `Read: hf: 42 so far on 20 Nov; arxiv: cs.CL 117, cs.AI 98
    on 20 Nov. Not read yet: arxiv cs.LG of 20 Nov.`"""
    told, missing = "; ".join(f"{name}: {says}" for name, says in lines(covered, tr)), missing_from(covered, tr)
    sentences = [
        tr("Read: {told}.", told=told) if told else "",
        tr("Not read yet: {missing}.", missing=missing) if missing else "",
    ]
    return " ".join(filter(None, sentences))


def missing_from(covered: Sequence[Covered], tr: Language = ENGLISH) -> str:
    """What should have been read by now and was not; empty where there is nothing."""
    found = []
    for (source, unread), some in _alike([one for one in covered if one.is_missing], lambda one: one.unread):
        name = " ".join(filter(None, [source, ", ".join(one.part for one in some)]))
        days = ", ".join(map(tr.day, unread))
        since = tr("{source} since its last list", source=name)
        found.append(tr("{source} of {days}", source=name, days=days) if days else since)
    return "; ".join(found)


def lines(covered: Sequence[Covered], tr: Language = ENGLISH) -> Iterator[tuple[str, str]]:
    """What was read, by the name of the source: parts of which the same is known stand together."""
    for (source, days), some in _alike(covered, _days_read):
        if len(some) > 1 and len(days) == 1:
            (day, state), *_ = days
            counts = [next(papers for at, _, papers in one.days if at == day) for one in some]
            numbers = ", ".join(f"{one.part} {tr.number(count)}" for one, count in zip(some, counts, strict=True))
            yield source, _describe_day(day, state, numbers, tr)
            continue
        for one in some:
            read = [each for each in one.days if each[1] != "open"]
            if read or not one.unread:
                name = " ".join(filter(None, [source, one.part]))
                yield name, describe(read, tr) if read else tr("nothing new")


def _days_read(one: Covered) -> tuple[tuple[date, str], ...]:
    return tuple((day, state) for day, state, _ in one.days if state != "open")


def _alike(
    covered: Sequence[Covered], key: Callable[[Covered], tuple[Any, ...]]
) -> Iterator[tuple[tuple[str, tuple[Any, ...]], list[Covered]]]:
    """The parts of each source together of which the key is the same, in the order of the first."""
    found: dict[tuple[str, tuple[Any, ...]], list[Covered]] = {}
    for one in covered:
        found.setdefault((one.source, key(one)), []).append(one)
    yield from found.items()


def describe(days: Sequence[tuple[date, str, int]], tr: Language = ENGLISH) -> str:
    """What was covered, for people: `42 so far on 20 Nov` while the list may grow, `42 on 19 Nov` after."""
    closed = [one for one in days if one[1] == "closed"]
    parts = []
    if len(closed) > _EACH:
        papers = tr.number(sum(papers for _, _, papers in closed))
        first, last = tr.day(closed[0][0]), tr.day(closed[-1][0])
        days = [one for one in days if one[1] != "closed"]
        among = {"papers": papers, "days": len(closed), "first": first, "last": last}
        parts = [tr("{papers} on {days} days from {first} to {last}", **among)]
    parts += [_describe_day(day, state, tr.number(papers), tr) for day, state, papers in days]
    return ", ".join(parts) if parts else tr("nothing read yet")


def _describe_day(day: date, state: str, papers: str, tr: Language) -> str:
    on = tr.day(day)
    return {
        "closed": tr("{papers} on {day}", papers=papers, day=on),
        "growing": tr("{papers} so far on {day}", papers=papers, day=on),
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


@dataclass(frozen=True)
class Problem:
    """What is wrong, in a sentence, and what to do about it."""

    says: str
    advice: str

    def __str__(self) -> str:
        return self.says


_START = "start it: paperwatch run (or, every few minutes, paperwatch run --once)"
_WAIT = "paperwatch run tries again by itself; paperwatch doctor --online asks the site now"


def problems(
    source: str, due_at: datetime, last_good_at: datetime | None, readings: Sequence[Kept], now: datetime
) -> list[Problem]:
    """What is wrong with a source; empty where all is well."""
    found = [
        Problem(_failed(source, one), _WAIT)
        for one in readings
        if one.verdict in BAD or (one.verdict == "ok" and one.error)
    ]
    if now - due_at > OVERDUE:
        says = f"{source} was due at {due_at:%Y-%m-%d %H:%M} UTC and was not read; is paperwatch run running?"
        found.append(Problem(says, _START))
    elif last_good_at and now - last_good_at > SILENT:
        says = f"{source} could not be read completely since {last_good_at:%Y-%m-%d %H:%M} UTC"
        found.append(Problem(says, _WAIT))
    return found


def _failed(source: str, one: Kept) -> str:
    what = " ".join(filter(None, [source, one.part, str(one.day or "")]))
    return f"{what} {one.verdict}: {one.error or ''}".rstrip(": ")
