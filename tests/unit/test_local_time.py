"""Hours, weekdays, quiet hours and days as people write them."""

from datetime import date, time

import pytest

from bot.local_time import coming_day, hour, quiet_hours, weekday, zone

FRIDAY = date(2026, 11, 20)


@pytest.mark.parametrize(
    ("text", "number"), [("monday", 0), ("Monday", 0), ("mon", 0), (" THU ", 3), ("Sun", 6), ("sunday", 6)]
)
def test_a_weekday_has_a_name_and_a_short_one(text: str, number: int) -> None:
    assert weekday(text) == number


@pytest.mark.parametrize(
    ("text", "says"),
    [("wensday", "did you mean wednesday?"), ("thrusday", "thursday?"), ("0", "there are monday"), ("", "there are")],
)
def test_another_weekday_is_refused_with_a_proposal(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=rf"{text!r} is not a day of the week; .*{says}"):
        weekday(text)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("22:00-07:00", ("22:00", "07:00")),
        ("22:00 – 7:00", ("22:00", "07:00")),
        ("0:00-23:00", ("00:00", "23:00")),
        ("12:30-14:00", ("12:30", "14:00")),
        ("22:00-21:00", ("22:00", "21:00")),
        ("off", None),
        (" None ", None),
    ],
)
def test_quiet_hours_are_from_and_until_or_off(text: str, hours: tuple[str, str] | None) -> None:
    assert quiet_hours(text) == hours


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("22:00-21:59", "less than an hour"),
        ("22:00-21:01", "less than an hour"),
        ("08:00-08:00", "less than an hour"),
        ("00:00-23:59", "less than an hour"),
        ("00:00-24:00", "'24:00' is not a time of day"),
        ("22:00-22:30..21:59", "'22:30..21:59' is not a time of day"),
        ("22:00", "from and until"),
        ("at night", "from and until"),
        ("-07:00", "'' is not a time of day"),
        ("22:00-", "'' is not a time of day"),
        ("", "from and until"),
    ],
)
def test_quiet_hours_that_are_none_or_leave_nothing_are_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        quiet_hours(text)


@pytest.mark.parametrize(
    ("text", "at"),
    [("08:00", time(8)), ("8:05", time(8, 5)), (" 23:59 ", time(23, 59)), ("7", time(7)), ("7.30", time(7, 30)),
     ("7h30", time(7, 30)), ("7:30 Uhr", time(7, 30))],
)  # fmt: skip
def test_an_hour_is_hours_and_minutes_as_people_write_them(text: str, at: time) -> None:
    assert hour(text) == at


@pytest.mark.parametrize("text", ["24:00", "08+01", "0800Z", "T0800", "08;30", "08:0", "8 pm", "٠٨:٠٠"])
def test_other_ways_to_write_an_hour_are_refused_and_not_guessed(text: str) -> None:
    with pytest.raises(ValueError, match="not a time of day; write hours and minutes from 00:00 to 23:59"):
        hour(text)


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("tomorrow", date(2026, 11, 21)),
        ("1d", date(2026, 11, 21)),
        ("14d", date(2026, 12, 4)),
        ("saturday", date(2026, 11, 21)),
        ("Thursday", date(2026, 11, 26)),
        ("fri", date(2026, 11, 27)),  # the next one, not today
        ("2026-11-23", date(2026, 11, 23)),
    ],
)
def test_a_coming_day_is_named_or_counted(text: str, day: date) -> None:
    assert coming_day(text, FRIDAY) == day


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("2026-11-20", "over or today"),
        ("2025-11-23", "over or today"),
        ("0d", "over or today"),
        ("9999-12-31", "too far ahead"),
        ("2026-02-30", "is no day"),
        ("next monday", "is no day; write 2026-11-23, monday, tomorrow or 3d"),
        ("-3d", "is no day"),
        ("99999999d", "is no day"),
        ("d", "is no day"),
        ("", "is no day"),
    ],
)
def test_a_day_that_is_over_or_none_is_refused(text: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        coming_day(text, FRIDAY)


@pytest.mark.parametrize("text", ["", "/etc/passwd", "../Berlin", "Europe", "Europe/Berlin\0", "a" * 5_000])
def test_what_is_no_zone_is_refused_whatever_it_is(text: str) -> None:
    with pytest.raises(ValueError, match="there is no time zone called"):
        zone(text)
