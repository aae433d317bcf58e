"""When arXiv announces: on Sunday to Thursday at 20:00 in New York, for the list of the weekday after.

https://info.arxiv.org/help/availability.html gives the timetable and, for each year, the evenings without an
announcement. `/list/CLASS/new` states the day after the announcing evening, and so do the feeds, which are made again
at midnight; OAI-PMH follows at about 22:30. All in New York time, whatever the clocks do.

Not established: which list the holidays on a Friday cost, when there never is an announcement in the evening. The page
for 2025 names Sunday, 6 July, after Friday, 4 July; a reader of the lists got that of Friday, 19 June 2026 once more
on Monday, 22 June. So the Sunday's announcement is taken to fall out. Nor are mailings foreseen that arXiv defers at
short notice (https://status.arxiv.org), nor the holidays of years that are not in the table: a day without a list is
known for sure only by `/catchup/CLASS/DAY`, asked for when the next list has opened.
"""

from datetime import date, datetime, time, timedelta

from scrapers.request import Calendar

# Evenings without an announcement, year by year, as the page above names them. For 2025 (page of mid-2025) it left
# December open; those two are from a reader's lists, which lack 26 December and repeat 30 December a day later.
_EVENINGS = {
    2025: "01-01 01-20 06-19 07-06 09-01 11-27 12-25 12-30",
    2026: "01-01 01-19 06-19 07-03 09-07 11-26 12-25 12-29 12-31",
}
_SATURDAY = 5


def _list_day_after(evening: date) -> date:
    """The list day that the announcement of that evening opens; for a Friday or Saturday, that of the Sunday after."""
    day = evening + timedelta(days=1)
    while day.weekday() >= _SATURDAY:
        day += timedelta(days=1)
    return day


CALENDAR = Calendar(
    "America/New_York",
    opens=time(20),
    opens_before=1,
    reaches=88,  # of the 90 of /catchup: no day may be asked for too late
    completed_after=timedelta(hours=6),  # OAI-PMH follows two and a half hours after the announcement, "about"
    holidays=frozenset(
        _list_day_after(date.fromisoformat(f"{year}-{evening}"))
        for year, evenings in _EVENINGS.items()
        for evening in evenings.split()
    ),
)


def is_list_day(day: date) -> bool:
    """Whether arXiv lists papers under that day: a weekday, unless the evening before is a holiday's."""
    return CALENDAR.has_list(day)


def opens(day: date) -> datetime:
    """When the list of that day is there: 20:00 in New York on the evening before, as UTC. Raises ValueError for a
    day without a list."""
    if not is_list_day(day):
        raise ValueError(f"arXiv has no list of {day:%A}, {day}")
    return CALENDAR.opening(day)


def list_day(now: datetime) -> date:
    """The list day that should be open now. `now` has a zone."""
    return CALENDAR.latest(now)
