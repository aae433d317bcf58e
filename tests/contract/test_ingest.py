"""What the reading loop promises, on SQLite and on PostgreSQL."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest
from farside.world import rows

from bot import subscriptions
from bot.ingest import ingest_once
from bot.models import Delivery, ListDay, Reading, Source
from bot.readings import Read
from bot.sections import SourceSettings
from bot.store.engine import Engine
from scrapers.fetch import RateLimited, Unreachable
from scrapers.request import Request, Response

THURSDAY, FRIDAY = date(2026, 11, 19), date(2026, 11, 20)
SETTINGS = {"hf": SourceSettings(scraper="huggingface")}


@dataclass
class Far:
    """Hugging Face as a function; `api` may be replaced by whatever it should do instead."""

    engine: Engine
    now: datetime = datetime(2026, 11, 20, 12, tzinfo=UTC)
    days: dict[date, int] = field(default_factory=dict)
    api: Callable[[Request], Response] | None = None
    everywhere: bool = False  # the page does what `api` does, too
    asked: list[str] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)

    async def fetch(self, request: Request) -> Response:
        self.asked.append(request.transport)
        if self.api and (request.transport == "api" or self.everywhere):
            return self.api(request)
        if request.transport != "api":
            return Response(request, request.url, 200, b"<html><body>We are fixing things</body></html>")
        day = date.fromisoformat(parse_qs(urlsplit(request.url).query)["date"][0])
        items = [item(day, number) for number in range(self.days.get(day, 0))]
        return Response(request, request.url, 200, json.dumps(items).encode())

    async def run(self) -> int:
        """Read whatever is due; how many sources were."""
        number = 0
        while await ingest_once(
            self.engine, SETTINGS, self.fetch, clock=lambda: self.now, random=Random(3), report=self.reads.append
        ):
            number += 1
        return number

    def rows(self, table: type) -> list:
        return rows(self.engine, table)


def item(day: date, number: int) -> dict:
    paper = {
        "id": f"26{day:%m}.{day.day:02}{number:03}",
        "title": f"Invention {number} of {day}",
        "summary": "We invent.",
        "authors": [{"name": "Ada Tester", "hidden": False}],
        "publishedAt": f"{day}T00:00:00.000Z",
        "submittedOnDailyAt": f"{day}T00:00:00.000Z",
        "upvotes": 1,
    }
    return {"paper": paper, "title": paper["title"], "numComments": 0}


@pytest.fixture
def far(engine: Engine) -> Far:
    subscriptions.subscribe(engine, ("test", "me"), "source:hf", now=datetime(2026, 11, 20, tzinfo=UTC))
    return Far(engine)


async def test_the_first_reading_alerts_nobody_and_the_next_everybody(far: Far) -> None:
    far.days = {THURSDAY: 3, FRIDAY: 2}
    await far.run()
    first = len(far.rows(Delivery))
    far.days[FRIDAY] = 4
    far.now += timedelta(hours=1)
    await far.run()

    assert first == 0
    assert len(far.rows(Delivery)) == 2


async def test_a_first_reading_that_failed_in_part_still_alerts_nobody_when_it_is_made_up_for(far: Far) -> None:
    far.days = {THURSDAY: 3, FRIDAY: 2}
    far.api = lambda request: Response(request, request.url, 200, b"<html>")
    await far.run()
    far.api = None
    far.now += timedelta(hours=1)
    await far.run()

    assert len(far.rows(Delivery)) == 0
    assert {row.verdict for row in far.rows(Reading)} == {"failed", "ok", "quiet"}


async def test_a_source_is_due_again_by_its_timetable(far: Far) -> None:
    far.days = dict.fromkeys((FRIDAY - timedelta(days=n) for n in range(4)), 1)
    assert await far.run() == 1
    far.now += timedelta(minutes=29)
    assert await far.run() == 0
    far.now += timedelta(minutes=1)
    assert await far.run() == 1


async def test_a_bad_reading_is_tried_by_the_other_transport_and_again_sooner(far: Far) -> None:
    far.api = lambda request: Response(request, request.url, 500, b"")
    await far.run()

    assert set(far.asked) == {"api", "page"}
    (source,) = far.rows(Source)
    assert source.failures == 1
    assert far.now + timedelta(seconds=30) <= source.due_at <= far.now + timedelta(seconds=60)
    assert {row.state for row in far.rows(ListDay)} == {"open"}


async def test_a_site_that_asks_for_a_pause_gets_it(far: Far) -> None:
    def busy(request: Request) -> Response:
        raise RateLimited("huggingface.co asks for a pause", retry_after=5000)

    far.api = busy
    await far.run()

    assert far.asked == ["api"]
    assert far.rows(Source)[0].due_at == far.now + timedelta(seconds=5000)


async def test_a_site_that_does_not_answer_is_not_asked_for_every_day(far: Far) -> None:
    def dead(request: Request) -> Response:
        raise Unreachable("huggingface.co cannot be reached")

    far.api, far.everywhere = dead, True
    far.days = {FRIDAY: 1}
    await far.run()

    assert len(far.rows(Reading)) == 1


async def test_days_missed_while_the_program_was_off_are_made_up_for_and_alerted(far: Far) -> None:
    far.days = {FRIDAY - timedelta(days=n): 1 for n in range(12) if (FRIDAY - timedelta(days=n)).weekday() < 5}
    far.now = datetime(2026, 11, 10, 12, tzinfo=UTC)
    known = {day: number for day, number in far.days.items() if day <= far.now.date()}
    everything, far.days = far.days, known
    await far.run()
    far.days, far.now = everything, datetime(2026, 11, 20, 12, tzinfo=UTC)
    await far.run()

    assert len(far.rows(Delivery)) == 8
    assert {read.day for read in far.reads if read.taken.new} == set(everything)


async def test_a_list_that_is_shorter_than_before_replaces_nothing(far: Far) -> None:
    far.days = {FRIDAY: 9}
    await far.run()
    far.days = {FRIDAY: 4}
    far.now += timedelta(hours=1)
    await far.run()

    assert {row.day: row.papers for row in far.rows(ListDay)}[FRIDAY] == 9


async def test_stopping_in_the_middle_gives_the_source_back_at_once(far: Far) -> None:
    arrived, never = asyncio.Event(), asyncio.Event()

    async def slow(request: Request) -> Response:
        arrived.set()
        await never.wait()
        raise AssertionError

    task = asyncio.create_task(ingest_once(far.engine, SETTINGS, slow, clock=lambda: far.now, random=Random(3)))
    await arrived.wait()
    assert await far.run() == 0
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    far.days = {FRIDAY: 1}
    assert await far.run() == 1


async def test_a_process_that_died_holds_its_source_for_its_lease_only(far: Far) -> None:
    from bot.ingest import LEASE, _claim

    assert _claim(far.engine, SETTINGS, lambda: far.now)
    assert await far.run() == 0
    far.now += LEASE
    assert await far.run() == 1
