"""Ten years of digests in every zone there is: one for each local date, never early, never in quiet hours."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import cycle, islice, pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.schedule import Slot, Times, day_of, quiet_until, slot

HOURS = (time(0), time(2, 30), time(8), time(12, 15), time(23, 59))
QUIET = (("22:00", "07:00"), ("00:00", "08:30"), ("02:15", "02:45"), ("12:00", "13:00"), ("07:00", "06:00"))
RHYTHMS = {"daily": range(7), "weekdays": range(5), "weekly": (6,)}  # clocks are changed on Sundays
HALF_A_DAY, DAY = timedelta(hours=12), timedelta(days=1)


class Span(NamedTuple):
    """A zone and a time, with the local dates (those at its ends may be cut) and the days around changes of clocks."""

    local: ZoneInfo
    start: datetime
    days: tuple[date, ...]
    changes: tuple[datetime, ...]


def span(name: str, start: datetime, years: int) -> Span:
    local, count = ZoneInfo(name), years * 2 * 366
    times = [start + n * HALF_A_DAY for n in range(count)]
    here = [at.astimezone(local) for at in times]
    steps = zip(times, pairwise(here), strict=False)
    changes = [at for at, (one, other) in steps if one.utcoffset() != other.utcoffset()]
    return Span(local, start, tuple(dict.fromkeys(one.date() for one in here)), tuple(changes))


def distinct_spans(start: datetime, years: int) -> list[Span]:
    """One zone for each way in which local time went and will go."""
    noons = [start + n * DAY + HALF_A_DAY for n in range(years * 366)]
    by_offsets = {}
    for name in sorted(available_timezones()):
        local = ZoneInfo(name)
        by_offsets.setdefault(tuple(at.astimezone(local).utcoffset() for at in noons), name)
    return [span(name, start, years) for name in by_offsets.values()]


@cache
def ten_years() -> list[Span]:
    return distinct_spans(datetime(2026, 1, 1, tzinfo=UTC), 10)


# Samoa went over the date line: there was no 30 December 2011.
SAMOA = span("Pacific/Apia", datetime(2011, 1, 1, tzinfo=UTC), 2)


def firings(now: datetime, times: Times) -> Iterator[Slot]:
    """The digests that follow each other."""
    told_on = None
    while True:
        found = slot(now, times, told_on)
        assert found.send_at > now
        yield found
        now, told_on = found.send_at, day_of(found.name)


def check(where: Span, start: datetime, wanted: list[date], times: Times, quiet: tuple[str, str]) -> None:
    """The digests after `start` are those of the wanted dates, none too early, and none in quiet hours."""
    for day, found in zip(wanted, islice(firings(start, times), len(wanted)), strict=True):
        here = found.send_at.astimezone(where.local)
        assert found.name == f"digest:{day} {times.at:%H:%M}"
        assert here.replace(tzinfo=None) >= datetime.combine(day, times.at)
        assert here.replace(tzinfo=None) <= datetime.combine(day, times.at) + timedelta(hours=2)
        sent = quiet_until(found.send_at, *quiet, where.local) or found.send_at
        assert not is_quiet(sent, quiet, where.local)
        assert timedelta() <= sent - found.send_at <= DAY


def is_quiet(at: datetime, quiet: tuple[str, str], local: ZoneInfo) -> bool:
    """Whether the clock on the wall says so. Of an hour that comes twice only the first counts."""
    here, (begins, ends) = at.astimezone(local), quiet
    clock = f"{here:%H:%M}"
    within = begins <= clock < ends if begins < ends else clock >= begins or clock < ends
    return within and not here.fold


def wanted_days(where: Span, start: datetime, times: Times) -> list[date]:
    first = start.astimezone(where.local).date() + DAY
    return [day for day in where.days[:-2] if day >= first and day.weekday() in RHYTHMS[times.rhythm]]


def test_all_zones_are_here_with_their_odd_offsets() -> None:
    offsets = {where.start.astimezone(where.local).utcoffset() for where in ten_years()}

    assert len(ten_years()) > 50
    assert {timedelta(hours=5, minutes=45), timedelta(hours=9, minutes=30), timedelta(hours=14)} <= offsets
    assert date(2011, 12, 30) not in SAMOA.days


@pytest.mark.parametrize("rhythm", RHYTHMS)
def test_ten_years_have_one_digest_for_each_local_date_in_every_zone(rhythm: str) -> None:
    for where, at, quiet in zip(ten_years(), cycle(HOURS), cycle(QUIET[1:] + QUIET), strict=False):
        times = Times(rhythm, at, where.local, weekday=6)
        start = where.start.astimezone(where.local).replace(hour=23, minute=59, second=59).astimezone(UTC)
        check(where, start, wanted_days(where, start, times), times, quiet)


@pytest.mark.parametrize("at", [*HOURS, time(1), time(3), time(23), time(23, 30)])
def test_no_change_of_the_clocks_leaves_out_or_doubles_a_digest(at: time) -> None:
    for where in [*ten_years(), SAMOA]:
        for change, quiet in zip(where.changes[:6], cycle(QUIET), strict=False):
            before = (change - 3 * DAY).astimezone(where.local).replace(hour=23, minute=59, second=59)
            for rhythm in RHYTHMS:
                times = Times(rhythm, at, where.local, weekday=6)
                wanted = wanted_days(where, before.astimezone(UTC), times)[:6]
                check(where, before.astimezone(UTC), wanted, times, quiet)


@pytest.mark.parametrize("at", HOURS)
@pytest.mark.parametrize("quiet", QUIET)
def test_a_date_that_a_zone_leaves_out_has_no_digest_and_the_others_have(at: time, quiet: tuple[str, str]) -> None:
    for rhythm in RHYTHMS:
        times = Times(rhythm, at, SAMOA.local, weekday=4)
        start = SAMOA.start.astimezone(SAMOA.local).replace(hour=23, minute=59, second=59).astimezone(UTC)
        wanted = [day for day in SAMOA.days[:-2] if day > start.astimezone(SAMOA.local).date()]
        days = (4,) if rhythm == "weekly" else RHYTHMS[rhythm]
        check(SAMOA, start, [day for day in wanted if day.weekday() in days], times, quiet)


class Move(NamedTuple):
    """After so many minutes the person is in that zone, and wants digests so."""

    minutes: int
    times: Times


MOVES = st.builds(
    Move,
    st.integers(0, 3 * 24 * 60),
    st.builds(
        Times,
        rhythm=st.sampled_from(["daily", "weekdays", "weekly"]),
        at=st.sampled_from(HOURS) | st.times().map(lambda at: at.replace(second=0, microsecond=0)),
        local=st.deferred(lambda: st.sampled_from([*(where.local for where in ten_years()), SAMOA.local])),
        weekday=st.integers(0, 6),
    ),
)
STARTS = st.sampled_from([datetime(2011, 12, 20, tzinfo=UTC), datetime(2026, 3, 20, tzinfo=UTC)])


@settings(max_examples=400, deadline=None)
@given(start=STARTS, moves=st.lists(MOVES, min_size=1, max_size=20))
def test_who_travels_and_changes_the_hour_gets_no_date_twice_and_always_a_next_digest(
    start: datetime, moves: list[Move]
) -> None:
    now, told = start, []
    for move, following in pairwise([*moves, Move(30 * 24 * 60, moves[-1].times)]):
        end = now + timedelta(minutes=following.minutes)
        found = slot(now, move.times, told[-1] if told else None)
        while found.send_at <= end:
            assert now < found.send_at
            now = found.send_at
            told.append(day_of(found.name))
            found = slot(now, move.times, told[-1])
        # Two weeks where a Friday is left out, and what two changes of the date line can add.
        assert found.send_at - now <= timedelta(days=16)
        now = end

    assert told
    assert all(earlier < later for earlier, later in pairwise(told))
