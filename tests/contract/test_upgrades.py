"""From the tables of each older version, with data, to today's, on both databases: everything is found again, and what
was owed is told. And back again, as far as one can go."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from farside.world import World, paper

from bot import backing_up, migrations, subscriptions
from bot.models import Delivery, Key, Message, metadata
from bot.query import parse
from bot.store import fulltext, search
from bot.store.engine import Engine, StoreError, migrate, missing_steps, steps
from bot.store.records import title_key

pytestmark = pytest.mark.own_database

OLDER = steps()[:-1]
AT = datetime(2026, 11, 19, 8, tzinfo=UTC)
REASON = {"subscription": 1, "revision": 1, "name": "all", "query": "invented"}
ME = ("test", "me")


def stored(number: int) -> dict[str, Any]:
    one = paper(number)
    return {
        "id": number, "title": one.title, "abstract": one.abstract, "authors": list(one.authors),
        "categories": ["cs.CL"], "published": one.published, "upvotes": 5,
        "extras": {"from": "old"}, "organizations": [], "uncertain": [],
        "fingerprint": title_key(one.title), "first_seen_at": AT, "changed_at": AT,
    }  # fmt: skip


def delivery(paper_id: int, message_id: int | None) -> dict[str, Any]:
    return {
        "recipient_id": 1, "paper_id": paper_id, "kind": "new", "reasons": [REASON], "slot": "alert", "send_at": AT,
        "queued_at": AT, "message_id": message_id, "rank": 1 if message_id else None,
    }  # fmt: skip


def message(part: int, **values: Any) -> dict[str, Any]:
    return {
        "recipient_id": 1, "kind": "alert", "slot": "alert", "part": part, "parts": 1, "more": 0, "send_at": AT,
        "attempts": 0, "ambiguous": 0, "created_at": AT, **values,
    }  # fmt: skip


# A library of any version: of each table what it has there, in an order in which each row finds what it names. Papers:
# 1 was told, 2 is in a message that was not sent yet, 3 waits, 4 is nobody's, and 5 was merged into 1.
LIBRARY: dict[str, list[dict[str, Any]]] = {
    "source": [{"name": "hf", "scraper": "huggingface", "due_at": AT, "attempt": 3, "failures": 1, "last_good_at": AT}],
    "reading": [
        {
            "source_id": 1, "part": "", "day": date(2026, 11, 19), "verdict": "ok", "transport": "api", "stated": 4,
            "parsed": 4, "new": 4, "started_at": AT, "finished_at": AT,
        }
    ],
    "list_day": [
        {"source_id": 1, "part": "", "day": date(2026, 11, 19), "state": "closed", "papers": 4, "changed_at": AT},
    ],
    "paper": [
        *(stored(number) for number in range(1, 5)), {**stored(5), "merged_into": 1, "before_merge": {"winner": {}}},
    ],
    "identifier": [{"scheme": "arxiv", "value": f"2611.{n:05}", "paper_id": n} for n in range(1, 5)],
    "listing": [
        {"source_id": 1, "part": "", "paper_id": n, "day": date(2026, 11, 19), "rank": n, "seen_at": AT}
        for n in range(1, 5)
    ],
    "person": [{"kind": "operator", "account": "", "created_at": AT}],
    "recipient": [
        {
            "person_id": 1, "channel": "test", "address": "me", "topic": 0, "language": "de", "zone": "Europe/Berlin",
            "digest_at": "07:30", "quiet_from": None, "due_at": AT, "attempt": 2, "failures": 0, "confirmed_at": AT,
            "created_at": AT,
        }
    ],
    "subscription": [
        {
            "recipient_id": 1, "name": name, "text": query, "key": query, "rhythm": rhythm, "versions": False,
            "revision": 1, "created_at": AT,
        }
        for name, query, rhythm in (("all", "invented", "instant"), ("weekly", "cat:cs.LG", "weekly"))
    ],
    "message": [
        message(1, state="sent", sent_at=AT, remote_id="remote-1", attempts=1),
        message(2, state="ready"),
        message(3, state="dead", error="the channel would not take it", attempts=5),
    ],
    "delivery": [delivery(1, 1), delivery(2, 2), delivery(3, None), {**delivery(4, None), "dropped": "muted"}],
    "saved": [{"person_id": 1, "paper_id": 4, "verdict": "saved", "saved_at": AT}],
    "pace": [{"name": "host:example.org", "next_at": AT}],
    "counter": [{"name": "subscriptions", "value": 7}],
    "clipping": [{"person_id": 1, "fingerprint": "clipped", "paper": {"title": "Clipped"}, "saved_at": AT}],
    "draft": [{"place": "test:me", "account": "me", "kind": "query", "data": {"text": "RAG"}, "made_at": AT}],
    "lease": [{"name": "bot", "holder": "somebody", "until": AT}],
    "key": [{"purpose": "unsubscribe", "secret": "invented", "made_at": AT}],
}  # fmt: skip


def move(engine: Engine, revision: str) -> None:
    """Take the tables of an empty database to that revision, as the program of that time did."""
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)


@pytest.fixture
def empty(engine: Engine) -> Engine:
    """A database in which there was never anything."""
    with engine.begin() as connection:
        for name in ("paper_fts", "alembic_version"):
            connection.execute(sa.text(f"drop table {name}"))
        metadata.drop_all(connection)
    return engine


def filled(engine: Engine, revision: str) -> dict[str, list[dict[str, Any]]]:
    """A library of that version; what was put into it."""
    move(engine, revision)
    found = sa.MetaData()
    found.reflect(engine)
    put: dict[str, list[dict[str, Any]]] = {}
    with engine.begin() as connection:
        for name, rows in LIBRARY.items():
            if name not in found.tables:
                continue
            here = [column for column in metadata.tables[name].columns if column.name in found.tables[name].columns]
            table = sa.table(name, *(sa.column(column.name, column.type) for column in here))
            put[name] = [{key: value for key, value in row.items() if key in table.columns} for row in rows]
            for row in put[name]:
                connection.execute(sa.insert(table).values(row))
    return put


def check_everything_is_there(engine: Engine, put: dict[str, list[dict[str, Any]]]) -> None:
    with engine.connect() as connection:
        for name, rows in put.items():
            table = metadata.tables[name]
            keys = list(table.primary_key)
            there = connection.execute(sa.select(table).order_by(*keys)).mappings().all()
            expected = sorted(rows, key=lambda row: [row.get(key.name, 0) for key in keys])
            assert [{key: one[key] for key in row} for one, row in zip(there, expected, strict=True)] == expected, name


def test_older_versions_differ_and_each_is_tried() -> None:
    assert len(OLDER) >= 7
    assert set(LIBRARY) == set(metadata.tables)


@pytest.mark.parametrize("revision", OLDER)
async def test_everything_is_found_again_after_an_upgrade(empty: Engine, revision: str) -> None:
    put = filled(empty, revision)
    assert missing_steps(empty) == [step for step in steps() if step > revision]

    migrate(empty)

    assert missing_steps(empty) == []
    check_everything_is_there(empty, put)
    fulltext.bring_up_to_date(empty)
    with sa.orm.Session(empty) as session:
        found = search.find(session, parse("invented cat:cs.CL"), now=World(empty).now, limit=10)  # type: ignore[arg-type]
    assert {id for id, _ in found} == {1, 2, 3, 4}
    assert {one.subscription.name for one in subscriptions.list_all(empty, ME)} == {"all", "weekly"}

    world = World(empty)
    world.take_in(paper(1), paper(2), paper(6))
    await world.deliver()

    assert sorted(world.channel.titles) == sorted(paper(number).title for number in (2, 3, 6))
    assert len(world.rows(Message)) >= 4
    assert {one.paper_id for one in world.rows(Delivery) if one.message_id} == {1, 2, 3, 6}


@pytest.mark.parametrize("revision", [OLDER[0], "0007"])
def test_an_older_backup_is_welcome(
    empty: Engine, revision: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also in the place of a library that is newer, and has tables of which the backup knows nothing."""
    put = filled(empty, revision)
    url = empty.url.render_as_string(hide_password=False)
    monkeypatch.setenv("PAPERWATCH_DATABASE__URL", url)
    backing_up.backup(None, tmp_path / "old", force=False)
    migrate(empty)
    with sa.orm.Session(empty) as session:
        session.add(Key(purpose="archive", secret="of the new one", made_at=AT))
        session.commit()
    empty.dispose()

    backing_up.restore(None, tmp_path / "old", yes=True)
    empty.dispose()

    assert missing_steps(empty) == [step for step in steps() if step > revision]
    migrate(empty)
    check_everything_is_there(empty, put)


def test_the_database_of_a_newer_version_is_refused_by_all_that_opens_it(empty: Engine) -> None:
    filled(empty, "head")
    with empty.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))

    for use in (migrate, missing_steps):
        with pytest.raises(StoreError, match="newer version of Paperwatch; update the program"):
            use(empty)
