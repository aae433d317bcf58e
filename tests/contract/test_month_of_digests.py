"""A month of digests by two processes that are killed and started again, on SQLite and on PostgreSQL: each slot's
digest comes once, or twice where that is known, with the same papers in the same message."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa
from farside.worker import STEPS, Workers, accepted, working
from farside.world import World, paper

from bot import recipients, subscriptions
from bot.models import Delivery, Message, Recipient
from bot.store import backlog
from bot.store.engine import Engine, reading
from bot.subscriptions import Rhythm

pytestmark = pytest.mark.timeout(300)

# The clocks of Europe, of America and of Lord Howe Island change within the month.
BEGIN = datetime(2026, 10, 3, 5, tzinfo=UTC)
DAYS, MOVES_ON = 30, 15
SEEDS = {"sqlite": 1, "postgresql": 2}  # a month of its own for each database


@dataclass(frozen=True)
class Reader:
    """A recipient: zone, hour of digests, quiet hours, papers of a digest at most; and its subscriptions with rhythms.
    `then` is the zone and the hour that it changes to."""

    zone: str
    at: str
    subscriptions: Mapping[str, Rhythm]
    quiet: str = "off"
    most: int = 60
    then: tuple[str, str] | None = None


READERS = {
    "berlin": Reader(
        "Europe/Berlin", "02:30", {"source:hf": Rhythm("daily"), "upvotes>=10": Rhythm("weekdays", "18:30")}
    ),
    "kathmandu": Reader(
        "Asia/Kathmandu", "07:15", {"source:hf": Rhythm("weekly", None, "wednesday"), "cats": Rhythm("daily", "21:45")}
    ),
    "new york": Reader(
        "America/New_York", "06:00", {"source:hf": Rhythm("daily"), "cats": Rhythm()}, quiet="22:00-07:30", most=4
    ),
    "traveller": Reader(
        "Australia/Lord_Howe", "08:00", {"source:hf": Rhythm("daily"), "cats": Rhythm("daily", "19:00")},
        quiet="23:00-06:00", then=("America/Los_Angeles", "20:00"),
    ),
}  # fmt: skip


@dataclass
class Month:
    """What was told in the month, and what the database says about it."""

    messages: Sequence[dict[str, Any]]
    deliveries: Sequence[Delivery]
    kept: Mapping[str, Message]
    names: Mapping[int, str]
    moved_at: datetime

    def zone(self, address: str, at: datetime) -> ZoneInfo:
        reader = READERS[address]
        return ZoneInfo(reader.then[0] if reader.then and at >= self.moved_at else reader.zone)

    def just_moved(self, address: str, at: datetime) -> bool:
        """What was due already when its reader moved comes by the old clock."""
        return bool(READERS[address].then) and self.moved_at <= at < self.moved_at + timedelta(days=1)


def subscribe_all(world: World) -> None:
    for name, reader in READERS.items():
        address = ("test", name)
        for query, rhythm in reader.subscriptions.items():
            subscriptions.subscribe(world.engine, address, query, now=world.now, rhythm=rhythm, zone_name=reader.zone)
        recipients.change_settings(
            world.engine, address, now=world.now, at=reader.at, quiet=reader.quiet, most=reader.most
        )


def move(world: World) -> datetime:
    """Some readers go to other zones and want other hours."""
    for name, reader in READERS.items():
        if reader.then:
            zone, at = reader.then
            recipients.change_settings(world.engine, ("test", name), now=world.now, zone_name=zone, at=at)
    return world.now


def list_papers(world: World, random: Random, before: int) -> int:
    """Some new papers, and a known one that is liked now; how many are known then."""
    known = before + random.randint(1, 4)
    new = [paper(n, upvotes=random.randint(0, 14), **_about(random)) for n in range(before + 1, known + 1)]
    liked = [paper(random.randint(1, before), upvotes=20)] if before else []
    world.take_in(*new, *liked, day=world.now.date())
    return known


def _about(random: Random) -> dict[str, object]:
    return {"abstract": f"We show that {random.choice(['cats', 'dogs', 'birds'])} do what they want. " * 5}


def live_through(world: World, workers: Workers, random: Random) -> datetime:
    """The month, in steps of an hour or two, until nothing is owed any more; when readers moved."""
    subscribe_all(world)
    known, moved_at, listed_on = 0, None, None
    while (day := (world.now - BEGIN).days) < DAYS:
        if random.random() < 0.05 or listed_on != day:
            known, listed_on = list_papers(world, random, known), day
        if moved_at is None and day == MOVES_ON:
            moved_at = move(world)
        workers.deliver(world.now)
        world.wait(hours=random.choice((1, 2)))
    while owed(world):
        assert world.now < BEGIN + timedelta(days=DAYS + 10), "what is owed is never sent"
        workers.deliver(world.now)
        world.wait(hours=1)
    assert moved_at
    return moved_at


def owed(world: World) -> int:
    with reading(world.engine) as session:
        depth = backlog.depth(session, world.now)
    return depth["waiting"] + depth["due"] + depth["retrying"]


def remembered(engine: Engine, ledger: Path, moved_at: datetime) -> Month:
    with reading(engine) as session:
        deliveries = session.execute(sa.select(Delivery)).scalars().all()
        kept = {f"{one.recipient_id}-{one.id}": one for one in session.execute(sa.select(Message)).scalars()}
        names = {one.id: one.address for one in session.execute(sa.select(Recipient)).scalars()}
        session.expunge_all()
    return Month(accepted(ledger), deliveries, kept, names, moved_at)


def everything_owed_was_told(month: Month) -> None:
    told = {(message["key"], paper) for message in month.messages for paper in message["papers"]}
    not_shown = {message["key"]: message["more"] for message in month.messages if message["more"]}
    carried = [(f"{one.recipient_id}-{one.message_id}", one) for one in month.deliveries if not one.dropped]

    assert all(message.state == "sent" for message in month.kept.values())
    assert {(key, one.paper_id) for key, one in carried if one.rank} == told
    assert Counter(key for key, one in carried if one.rank is None) == not_shown
    assert not_shown


def what_came_twice_is_known_and_the_same(month: Month) -> int:
    """How many messages came once more than they should have."""
    by_key = defaultdict(list)
    for message in month.messages:
        by_key[message["key"]].append({name: value for name, value in message.items() if name != "at"})
    repetitions = {key: len(copies) - 1 for key, copies in by_key.items() if len(copies) > 1}

    assert all(copies == copies[:1] * len(copies) for copies in by_key.values())
    assert {key: times for key, times in repetitions.items() if times > month.kept[key].ambiguous} == {}
    return sum(repetitions.values())


def each_part_and_each_paper_is_in_one_message(month: Month) -> None:
    keys = {message["key"]: message for message in month.messages}
    parts = Counter((message["address"], message["slot"], message["part"]) for message in keys.values())
    papers = Counter((one.recipient_id, one.paper_id, one.kind) for one in month.deliveries)

    assert set(parts.values()) == {1}
    assert set(papers.values()) == {1}
    assert max(part for _, _, part in parts) > 2


def nothing_came_in_quiet_hours_or_before_its_hour(month: Month) -> None:
    for message in month.messages:
        reader, at = message["address"], datetime.fromisoformat(message["at"])
        zone, slot = month.zone(reader, at), _slot(message["slot"])
        assert not _is_quiet(at.astimezone(zone).time(), READERS[reader].quiet), message
        if slot and not month.just_moved(reader, at):
            assert at >= slot.replace(tzinfo=zone), message


def _is_quiet(at: time, quiet: str) -> bool:
    if quiet == "off":
        return False
    begin, end = map(time.fromisoformat, quiet.split("-"))
    return at >= begin or at < end


def _slot(name: str) -> datetime | None:
    """The local date and hour of a digest's slot."""
    return datetime.fromisoformat(name.removeprefix("digest:")) if name.startswith("digest:") else None


def each_subscription_came_at_its_next_hour_and_once_a_day(month: Month) -> None:
    slots = defaultdict(set)
    for one in month.deliveries:
        slot, reader = _slot(one.slot), READERS[month.names[one.recipient_id]]
        if slot is None or one.dropped or len(one.reasons) > 1:  # with two reasons, the earlier hour counts
            continue
        query = one.reasons[0]["query"]
        slots[one.recipient_id, query, slot.date()].add(slot)
        if not reader.then:
            assert slot == _next(reader, query, one.queued_at), (reader, query, one.queued_at)
    assert {key: found for key, found in slots.items() if len(found) > 1} == {}


def _next(reader: Reader, query: str, after: datetime) -> datetime:
    """The next local hour of a subscription."""
    rhythm, zone = reader.subscriptions[query], ZoneInfo(reader.zone)
    days = {"daily": range(7), "weekdays": range(5), "weekly": (rhythm.day,)}[rhythm.name]
    found = datetime.combine(after.astimezone(zone).date(), time.fromisoformat(rhythm.at or reader.at))
    while found.replace(tzinfo=zone) <= after or found.weekday() not in days:
        found += timedelta(days=1)
    return found


def test_each_digest_of_a_month_comes_once_or_twice_where_that_is_known(
    engine: Engine, database_url: str, tmp_path: Path
) -> None:
    seed = SEEDS[engine.dialect.name]
    world, random, ledger = World(engine, BEGIN), Random(seed), tmp_path / "ledger"
    with working(2, Workers(database_url, ledger, Random(seed))) as workers:
        moved_at = live_through(world, workers, random)
    month = remembered(engine, ledger, moved_at)

    everything_owed_was_told(month)
    repeated = what_came_twice_is_known_and_the_same(month)
    each_part_and_each_paper_is_in_one_message(month)
    nothing_came_in_quiet_hours_or_before_its_hour(month)
    each_subscription_came_at_its_next_hour_and_once_a_day(month)
    assert repeated
    assert min(workers.ended[step] for step in STEPS) > 0
