"""When something is due: digests, quiet hours, zones, backoff."""

from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.local_time import hour, instant, zone
from bot.schedule import Times, backoff, day_of, next_run, quiet_until, slot

BERLIN, LORD_HOWE, KATHMANDU = ZoneInfo("Europe/Berlin"), ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kathmandu")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@pytest.mark.parametrize(
    ("local", "day", "at", "utc"),
    [
        (BERLIN, date(2026, 11, 20), time(8), "2026-11-20T07:00"),
        (BERLIN, date(2026, 7, 1), time(8), "2026-07-01T06:00"),
        (BERLIN, date(2026, 3, 29), time(2, 30), "2026-03-29T01:00"),  # the clocks jump from 2 to 3
        (BERLIN, date(2026, 10, 25), time(2, 30), "2026-10-25T00:30"),  # 2:30 comes twice: the first
        (LORD_HOWE, date(2026, 10, 4), time(2, 15), "2026-10-03T15:30"),  # a jump of half an hour
        (KATHMANDU, date(2026, 1, 1), time(8), "2026-01-01T02:15"),
    ],
)
def test_local_times_are_instants_also_at_the_changes_of_the_clocks(
    local: ZoneInfo, day: date, at: time, utc: str
) -> None:
    assert instant(day, at, local) == datetime.fromisoformat(f"{utc}:00+00:00")


@given(start=MOMENTS, name=ZONES, minutes=st.integers(0, 1439))
def test_a_daily_digest_comes_exactly_once_for_each_local_date(start: datetime, name: str, minutes: int) -> None:
    at, local, now, days = time(minutes // 60, minutes % 60), ZoneInfo(name), start, []
    for _ in range(5):
        found = slot(now, Times("daily", at, local))
        assert now < found.send_at
        days.append(day_of(found.name))
        now = found.send_at

    assert days == [days[0] + timedelta(days=n) for n in range(5)]


def test_weekday_and_weekly_digests_skip_the_other_days() -> None:
    friday_noon = datetime(2026, 11, 20, 12, tzinfo=UTC)

    assert slot(friday_noon, Times("weekdays", time(8), BERLIN)).name == "digest:2026-11-23 08:00"
    assert slot(friday_noon, Times("weekly", time(8), BERLIN, weekday=2)).name == "digest:2026-11-25 08:00"
    assert slot(friday_noon, Times("instant", time(8), BERLIN)).send_at == friday_noon


@pytest.mark.parametrize(
    ("now", "start", "end", "until"),
    [
        ("2026-11-20T20:59", "22:00", "07:00", None),
        ("2026-11-20T21:00", "22:00", "07:00", "2026-11-21T06:00"),
        ("2026-11-21T03:00", "22:00", "07:00", "2026-11-21T06:00"),
        ("2026-11-21T06:00", "22:00", "07:00", None),
        ("2026-11-20T12:00", "12:30", "14:00", "2026-11-20T13:00"),
        ("2026-11-20T12:00", "08:00", "08:00", None),
        ("2026-11-20T12:00", None, None, None),
    ],
)
def test_quiet_hours_end_when_they_end_where_the_person_is(
    now: str, start: str | None, end: str | None, until: str | None
) -> None:
    now_at = datetime.fromisoformat(f"{now}:00+00:00")
    expected = datetime.fromisoformat(f"{until}:00+00:00") if until else None

    assert quiet_until(now_at, start, end, BERLIN) == expected


@given(now=MOMENTS, name=ZONES, start=st.integers(0, 1439), end=st.integers(0, 1439))
def test_quiet_hours_never_end_in_the_past_and_never_last_longer_than_a_day(
    now: datetime, name: str, start: int, end: int
) -> None:
    hours = [f"{minutes // 60:02}:{minutes % 60:02}" for minutes in (start, end)]
    until = quiet_until(now, hours[0], hours[1], ZoneInfo(name))

    assert until is None or now <= until <= now + timedelta(hours=25)


@pytest.mark.parametrize(
    ("wrong", "proposal"),
    [("Europe/Berln", "Europe/Berlin"), ("Berlin", "Europe/Berlin"), ("new york", "America/New_York")],
)
def test_an_unknown_zone_is_refused_with_a_proposal(wrong: str, proposal: str) -> None:
    with pytest.raises(ValueError, match=proposal):
        zone(wrong)


@pytest.mark.parametrize("wrong", ["24:00", "eight", "08:60", "08:00:00", "-1:00", ""])
def test_what_is_no_time_of_day_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="time of day"):
        hour(wrong)


def test_a_timetable_is_an_interval_or_a_cron_line_in_a_zone() -> None:
    now = datetime(2026, 11, 20, 12, tzinfo=UTC)  # a Friday

    assert next_run(now, every=timedelta(minutes=30), cron=None, zone_name="UTC") == now + timedelta(minutes=30)
    monday = next_run(now, every=None, cron="15 8 * * mon-fri", zone_name="Europe/Berlin")
    assert monday == datetime(2026, 11, 23, 7, 15, tzinfo=UTC)
    at_the_instant = next_run(monday, every=None, cron="15 8 * * mon-fri", zone_name="Europe/Berlin")
    assert at_the_instant == monday + timedelta(days=1)


@given(failures=st.integers(1, 10_000), seed=st.integers())
def test_backoff_grows_to_its_cap_and_not_beyond(failures: int, seed: int) -> None:
    wait = backoff(failures, base=2, cap=900, random=Random(seed)).total_seconds()

    assert min(900, 2 ** min(failures, 10)) / 2 * 0.999 <= wait <= 900
