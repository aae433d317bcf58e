"""Daily digests of three subscriptions that overlap, over a recorded month: each paper once, with every reason."""

import os
from collections import Counter
from collections.abc import Collection
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest
from farside.replay import RECORDED, recorded
from farside.world import Remembering, World
from pydantic_core import to_json

from bot import recipients, subscriptions
from bot.query import document, matches, parse
from bot.schedule import day_of
from bot.store.engine import Engine, reading
from bot.store.records import load, sources_of
from bot.subscriptions import Rhythm
from scrapers import crawl

huggingface = crawl.load("huggingface")
pytestmark = pytest.mark.corpus

CORPUS = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
MONTH, READ_AT = "2024-06", time(7, tzinfo=UTC)
ME = ("test", "me")
ASKED = {"language": '"language model"', "seeing": "vision OR image OR video", "liked": "upvotes>=20"}
MOST = 8


@pytest.fixture
def month() -> dict[date, bytes]:
    """The list of each day of the month."""
    if not (CORPUS / RECORDED).exists():
        pytest.skip(f"the corpus is not there: {CORPUS}")
    return {date.fromisoformat(day): to_json(items) for day, items in recorded(CORPUS).items() if day[:7] == MONTH}


async def read_and_told(world: World, month: dict[date, bytes]) -> dict[int, date]:
    """Each day's list is read in the morning, and told an hour later; the day of each stored paper."""
    days = {}
    for day, items in month.items():
        world.now = datetime.combine(day, READ_AT)
        listed = huggingface.parse_saved(items.decode(), day).listed
        taken = world.take_in(*(one.paper for one in listed), day=day)
        days.update({change.id: day for change in taken.changes})
        world.wait(hours=1)
        await world.deliver()
    return days


def matched(world: World, ids: Collection[int]) -> dict[int, set[str]]:
    """The papers that are asked for, each with the subscriptions that do."""
    queries = {name: parse(text) for name, text in ASKED.items()}
    with reading(world.engine) as session:
        papers, sources = load(session, ids), sources_of(session, ids)
    documents = {id: document(paper, sources[id]) for id, paper in papers.items()}
    found = {
        id: {name for name, query in queries.items() if matches(query, one, world.now)} for id, one in documents.items()
    }
    return {id: names for id, names in found.items() if names}


async def test_each_paper_comes_once_with_every_reason_and_none_is_left_out(
    month: dict[date, bytes], engine: Engine
) -> None:
    world = World(engine, datetime.combine(min(month), READ_AT), Remembering(papers_at_most=5))
    for name, query in ASKED.items():
        subscriptions.subscribe(engine, ME, query, now=world.now, name=name, rhythm=Rhythm("daily", "08:00"))
    recipients.change_settings(engine, ME, now=world.now, most=MOST)

    days = await read_and_told(world, month)
    asked = matched(world, days)
    told = {day: [one for one in world.channel.sent if day_of(one.slot) == day] for day in month}
    shown = [(item.id, set(item.reasons)) for message in world.channel.sent for item in message.items]

    assert len(days) == 316
    assert Counter(map(len, asked.values())).keys() == {1, 2, 3}
    assert [(id, asked[id]) for id, _ in shown] == shown
    assert len(shown) == len(dict(shown))
    for day, messages in told.items():
        papers, more = sum(len(one.items) for one in messages), sum(one.more for one in messages)
        assert (papers + more, papers) == _counts(sum(days[id] == day for id in asked))
    assert len(shown) + sum(one.more for one in world.channel.sent) == len(asked)


def _counts(of_day: int) -> tuple[int, int]:
    """How many papers a digest has, and how many it shows."""
    return of_day, min(of_day, MOST)
