"""A year and more of recorded lists through the real loops: every paper is stored once and told once."""

import os
import resource
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa
from farside import replay as replaying
from farside.replay import RecordedSite, recorded
from farside.site import Site

from bot import subscriptions
from bot.store.engine import Engine, reading

pytestmark = [pytest.mark.corpus, pytest.mark.timeout(900)]

# A quiet Sunday before the first recorded day: the first reading of a source alerts nobody.
BEGIN, END = datetime(2024, 5, 26, 6, tzinfo=UTC), datetime(2025, 8, 25, tzinfo=UTC)
CORPUS = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus")
TESTS = Path(__file__).parents[1]


@pytest.fixture
def world(site: Site, tmp_path: Path, engine: Engine) -> Iterator[RecordedSite]:
    if not (CORPUS / replaying.RECORDED).exists():
        pytest.skip(f"the corpus is not there: {CORPUS}")
    clock = tmp_path / "clock"
    clock.write_text(BEGIN.isoformat())
    world = RecordedSite(site, recorded(CORPUS), lambda: datetime.fromisoformat(clock.read_text()).date())
    for name, query in (("all", "source:hf"), ("liked", "upvotes>=20")):
        subscriptions.subscribe(engine, ("webhook", world.hook(name)), query, now=BEGIN)
    return world


def start(world: RecordedSite, database_url: str, tmp_path: Path) -> subprocess.Popen[bytes]:
    arguments = [database_url, world.site.url(), str(tmp_path / "clock"), END.isoformat()]
    env = {**os.environ, "PYTHONPATH": str(TESTS), "PYTHONWARNINGS": "error"}
    return subprocess.Popen([sys.executable, "-m", "farside.replay", *arguments], env=env, stderr=subprocess.PIPE)


def papers(engine: Engine) -> dict[int, int | None]:
    """The upvotes of all stored papers."""
    with reading(engine) as session:
        return dict(session.execute(sa.text("select id, upvotes from paper where merged_into is null")).all())  # type: ignore[arg-type]


def count_of(engine: Engine, table: str) -> int:
    with reading(engine) as session:
        return int(session.execute(sa.text(f"select count(*) from {table}")).scalar_one())


def cpu_seconds() -> float:
    """That the processes have taken that were started here and have ended: what else runs beside them hardly counts."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def test_a_year_is_stored_once_and_told_once(
    world: RecordedSite, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    begun = cpu_seconds()
    process = start(world, database_url, tmp_path)
    _, errors = process.communicate()
    seconds = cpu_seconds() - begun

    assert process.returncode == 0, errors.decode()[-2000:]
    stored = papers(engine)
    assert len(stored) == 4445
    assert world.accepted["all"] == Counter(dict.fromkeys(stored, 1))
    assert world.accepted["liked"] == Counter({id: 1 for id, upvotes in stored.items() if (upvotes or 0) >= 20})
    if engine.dialect.name == "sqlite":
        # As fast as the 60 seconds for 1,500 readings that it was before upvotes were read again for two weeks.
        assert seconds < 0.04 * count_of(engine, "reading")


_HIDDEN = """
    select delivery.paper_id from delivery join message on message.id = delivery.message_id
    where message.state = 'sent' and delivery.rank is null and delivery.dropped is null
"""


def test_killed_at_random_moments_nothing_is_lost_and_what_comes_twice_is_known(
    world: RecordedSite, engine: Engine, database_url: str, tmp_path: Path
) -> None:
    random, kills, process = Random(20), 0, start(world, database_url, tmp_path)
    while process.poll() is None:
        try:
            process.communicate(timeout=random.uniform(1.2, 4) if kills < 25 else 600)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.communicate()
            kills += 1
            process = start(world, database_url, tmp_path)

    assert process.returncode == 0
    assert kills >= 5
    stored = papers(engine)
    assert len(stored) == 4445
    with reading(engine) as session:
        rows = session.execute(sa.text("select recipient_id, id, ambiguous from message")).all()
        # What was held up by kills may come as a digest of two days, which shows 60 papers and counts the others.
        counted = session.execute(
            sa.text("select coalesce(sum(more), 0) from message where state = 'sent'")
        ).scalar_one()
        hidden = set(session.execute(sa.text(_HIDDEN)).scalars())
    assert len(hidden) == counted
    assert set(world.accepted["all"]) | hidden == set(stored)
    ambiguous = {f"{recipient}-{id}": times for recipient, id, times in rows}
    repeated = {key: times for key, times in world.attempts.items() if times > 1}
    assert all(times - 1 <= ambiguous[key] for key, times in repeated.items())
    twice = {id for counts in world.accepted.values() for id, times in counts.items() if times > 1}
    assert len(twice) <= 50 * sum(ambiguous.values())
