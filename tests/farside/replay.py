"""A year of recorded lists through the real loops, with a clock that jumps from day to day.

As a program: python replay.py DATABASE_URL SITE_URL CLOCK_FILE END. It keeps its clock in a file, so that it can be
killed at any moment and started again. What it tells goes to a webhook on the site, which counts.
"""

import asyncio
import gzip
import json
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from urllib.parse import parse_qs, urlsplit

from farside.site import Answer, Seen, Site

from bot.app import make_channels, make_fetcher, make_poster
from bot.config import Settings
from bot.deliver import deliver_once
from bot.ingest import ingest_once
from bot.sections import Network, SourceSettings
from bot.store.engine import make_engine

RECORDED = "huggingface/replay/daily_papers_2024-05-27_2025-08-20.jsonl.gz"


def recorded(corpus: Path) -> dict[str, list[dict[str, Any]]]:
    """The recorded items of each list day."""
    with gzip.open(corpus / RECORDED, "rt") as lines:
        return {day["date"]: day["items"] for day in map(json.loads, lines)}


@dataclass
class RecordedSite:
    """Hugging Face's API with the recorded answers, and webhooks that count what they accepted."""

    site: Site
    days: dict[str, list[dict[str, Any]]]
    today: Callable[[], date]
    accepted: dict[str, Counter[int]] = field(default_factory=dict)
    attempts: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.bodies = {day: json.dumps(items).encode() for day, items in self.days.items()}
        self.site.route("/api/daily_papers", self.list_day)

    def list_day(self, seen: Seen) -> Answer:
        query = parse_qs(urlsplit(seen.path).query)
        day = query["date"][0]
        if date.fromisoformat(day) > self.today():
            return 400, {}, b'{"error": "Invalid date"}'
        first_page = query.get("p", ["0"]) == ["0"]
        return 200, {"Content-Type": "application/json"}, self.bodies.get(day, b"[]") if first_page else b"[]"

    def hook(self, name: str) -> str:
        """The address of a webhook of that name."""
        self.accepted[name] = Counter()

        def take(seen: Seen) -> Answer:
            message = json.loads(seen.body)
            self.attempts[message["id"]] += 1
            self.accepted[name].update(paper["paper"] for paper in message["papers"])
            return 204, {}, b""

        self.site.route(f"/{name}", take)
        return self.site.url(f"/{name}")


def installed(site_url: str) -> Settings:
    """The settings of an installation that reads this site."""
    return Settings(
        sources={"hf": SourceSettings(scraper="huggingface", base_url=site_url)},
        network=Network(allow_private=("127.0.0.1",), gap=0, respect_robots=False),
    )


async def replay(database_url: str, site_url: str, clock_file: Path, end: datetime) -> None:
    """Read and deliver day by day until `end`, beginning where the clock file says."""
    settings = installed(site_url)
    engine, random = make_engine(database_url), Random(1)
    # A claim of a process that was killed runs out meanwhile.
    now = [_read(clock_file) + timedelta(hours=1)]

    def clock() -> datetime:
        return now[0]

    async with make_fetcher(settings, None) as fetcher, make_poster(settings) as poster:
        channels = make_channels(settings, poster)
        while now[0] < end:
            while await ingest_once(engine, settings.watched, fetcher.get, clock=clock, random=random):
                pass
            while await deliver_once(engine, channels, clock=clock, random=random):
                pass
            now[0] = datetime.combine(now[0].date() + timedelta(days=1), now[0].time(), UTC)
            _write(clock_file, now[0])
    engine.dispose()


def _read(clock_file: Path) -> datetime:
    return datetime.fromisoformat(clock_file.read_text())


def _write(clock_file: Path, now: datetime) -> None:
    new = clock_file.with_suffix(".new")
    new.write_text(now.isoformat())
    new.replace(clock_file)


if __name__ == "__main__":
    asyncio.run(replay(sys.argv[1], sys.argv[2], Path(sys.argv[3]), datetime.fromisoformat(sys.argv[4])))
