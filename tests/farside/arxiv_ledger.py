"""What a fake arXiv has announced, when that is to be seen, and how lists go wrong. All papers are invented."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from farside.fake_web import Fault

NEW_YORK = ZoneInfo("America/New_York")
UNLISTED_FROM = 6  # replacements of this version and later are neither on pages nor in feeds
FEED_CAP = 2_000
# Evenings of 2026 without an announcement (reference, section 0); of the two Fridays, the Sunday after.
EVENINGS_OFF = frozenset(
    date.fromisoformat(f"2026-{day}")
    for day in ("01-01", "01-19", "06-21", "07-05", "09-07", "11-26", "12-25", "12-29", "12-31")
)
# The classes that there are, and their names.
CLASSES = {
    "cs.CL": "Computation and Language",
    "cs.LG": "Machine Learning",
    "cs.AI": "Artificial Intelligence",
    "cs.CV": "Computer Vision and Pattern Recognition",
    "math.NA": "Numerical Analysis",
    "stat.ML": "Machine Learning",
    "hep-th": "High Energy Physics - Theory",
}


@dataclass(frozen=True)
class Invented:
    """A paper as arXiv knows it. `classes`: the primary one first. `shows_version`: pages link to its HTML, which says
    the version."""

    id: str
    title: str
    abstract: str
    authors: tuple[str, ...] = ("Ada Quill", "Bram Oosterlinck")
    classes: tuple[str, ...] = ("cs.CL",)
    version: int = 1
    shows_version: bool = False
    comments: str = ""


def invented(number: int, day: date, *classes: str, **facts: object) -> Invented:
    """A paper that got the number `number` in the month of `day`; `facts` replace its fields."""
    found = Invented(
        id=f"{day:%y%m}.{number:05}",
        title=f"Invented Results on Teacup Number {number} of {day:%B %Y}",
        abstract=f"We invent result {number} of {day:%B} and show that nobody has invented it before us.",
        classes=classes or ("cs.CL",),
    )
    return replace(found, **facts)  # type: ignore[arg-type]


@dataclass(frozen=True)
class Batch:
    """What was announced for a class under one day."""

    day: date
    part: str
    new: tuple[Invented, ...] = ()
    cross: tuple[Invented, ...] = ()
    replaced: tuple[Invented, ...] = ()

    @property
    def papers(self) -> tuple[Invented, ...]:
        return (*self.new, *self.cross, *self.replaced)


@dataclass(frozen=True)
class View:
    """What a page or a feed is about to show: a batch, the day that it states, and, where the count that it states is
    wrong, how many entries it says there are."""

    transport: str
    batch: Batch
    day: date
    says: int | None = None
    cap: int = FEED_CAP


class Ledger:
    """All announcements. A list day is the day after its evening: Sunday to Thursday, but for the evenings off."""

    def __init__(self, evenings_off: Iterable[date] = EVENINGS_OFF) -> None:
        self.evenings_off = frozenset(evenings_off)
        self.batches: dict[tuple[str, date], Batch] = {}

    def announce(
        self,
        day: date,
        part: str,
        *,
        new: Sequence[Invented] = (),
        cross: Sequence[Invented] = (),
        replaced: Sequence[Invented] = (),
    ) -> None:
        """Put these on the list of that day and class, beside what is there already."""
        if not self.is_list_day(day):
            raise ValueError(f"arXiv announces nothing for {day:%A}, {day}")
        old = self.batches.get((part, day), Batch(day, part))
        self.batches[part, day] = Batch(day, part, (*old.new, *new), (*old.cross, *cross), (*old.replaced, *replaced))

    def is_list_day(self, day: date) -> bool:
        return day.weekday() < 5 and day - timedelta(days=1) not in self.evenings_off

    def newest_day(self, now: datetime) -> date:
        """The list day that was announced last."""
        day = now.astimezone(NEW_YORK).date() + timedelta(days=1)
        while not self.is_list_day(day) or opens(day) > now:
            day -= timedelta(days=1)
        return day

    def day_before(self, day: date) -> date:
        """The list day before this one."""
        day -= timedelta(days=1)
        while not self.is_list_day(day):
            day -= timedelta(days=1)
        return day

    def batch(self, part: str, day: date) -> Batch:
        """What pages and feeds show of that day: all but replacements of late versions."""
        found = self.batches.get((part, day), Batch(day, part))
        return replace(found, replaced=tuple(one for one in found.replaced if one.version < UNLISTED_FROM))

    def records(self, now: datetime) -> list[tuple[Invented, date]]:
        """Each paper's last version with the day of its last announcement, as OAI-PMH and the API have them."""
        latest: dict[str, tuple[Invented, date]] = {}
        for batch in sorted(self.batches.values(), key=lambda one: one.day):
            if in_oai(batch.day) <= now:
                latest |= {one.id: (one, batch.day) for one in batch.papers}
        return sorted(latest.values(), key=lambda one: (one[1], one[0].id))


def in_new_york(day: date, at: time) -> datetime:
    """That local time, in UTC."""
    return datetime.combine(day, at, NEW_YORK).astimezone(UTC)


def opens(day: date) -> datetime:
    """When the list of that day is announced."""
    return in_new_york(day - timedelta(days=1), time(20))


def in_oai(day: date) -> datetime:
    """When OAI-PMH has it."""
    return in_new_york(day - timedelta(days=1), time(22, 30))


def stale(*, says_today: bool = False) -> Fault:
    """The batch before is served: by pages under its own date, or with `says_today` under that of the newest list; by
    feeds always under the date of the day."""

    def before(ledger: Ledger, view: View) -> View:
        batch = ledger.batch(view.batch.part, ledger.day_before(view.batch.day))
        is_dated_today = says_today or view.transport in ("rss", "atom")
        return replace(view, batch=batch, day=view.day if is_dated_today else batch.day)

    return Fault(shown=before)


def short(keep: int = 26) -> Fault:
    """The list holds so many of its new papers and nothing else, and its counts agree with that."""
    return _on_batch(lambda batch: replace(batch, new=batch.new[:keep], cross=(), replaced=()))


def contradict(says: int = 300) -> Fault:
    """A page says that it shows so many new papers, whatever it holds."""
    return Fault(shown=lambda _, view: replace(view, says=says))


def cap(most: int) -> Fault:
    """A feed holds no more than so many entries, and drops the new papers first."""
    return Fault(shown=lambda _, view: replace(view, cap=most))


def _on_batch(change: Callable[[Batch], Batch]) -> Fault:
    return Fault(shown=lambda _, view: replace(view, batch=change(view.batch)))
