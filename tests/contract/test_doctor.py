"""What `doctor` finds out about a database, on both kinds; and of channels that answer."""

import asyncio
import fcntl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from fakes.telegram import FakeTelegram
from farside.mail import mail_server

from bot.alone import is_running, only_one
from bot.channels import ChannelError
from bot.channels.email import EmailChannel
from bot.channels.telegram import TelegramChannel
from bot.doctor import database, examine
from bot.doctor.finding import Finding
from bot.store.engine import Engine, StoreError, make_engine, missing_steps

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")


def now() -> datetime:
    return datetime.now(UTC)


def states(findings: list[Finding]) -> set[str]:
    return {one.state for one in findings}


def test_a_fresh_database_is_sound(engine: Engine) -> None:
    found = list(database.checks(engine, now, print))

    assert states(found) == {"ok"}
    assert found[0].says.endswith(", up to date")


@pytest.mark.own_database
def test_an_older_database_is_told_and_not_migrated(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '0001'"))

    found = list(database.checks(engine, now, print))

    assert found[0].says.endswith("the next command brings it up to date")
    assert "0001" not in missing_steps(engine)
    assert missing_steps(engine)


@pytest.mark.own_database
def test_a_newer_database_is_not_touched(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))

    with pytest.raises(StoreError, match="newer version"):
        list(database.checks(engine, now, print))


def test_an_empty_database_lacks_every_step(tmp_path: Path) -> None:
    engine = make_engine(f"sqlite:///{tmp_path / 'empty.db'}")
    steps = missing_steps(engine)
    engine.dispose()

    assert steps[0] == "0001"


def test_a_clock_that_differs_from_the_servers_is_told(engine: Engine) -> None:
    found = list(database.checks(engine, lambda: now() - timedelta(seconds=40), print))

    wrong = [one.says for one in found if one.state == "failure"]
    on_server = engine.dialect.name == "postgresql"
    assert wrong == (["this machine's clock is 40 s behind the database's"] if on_server else [])


def test_a_database_that_takes_no_changes_is_told(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        url = engine.url.set(database=f"file:{engine.url.database}", query={"mode": "ro", "uri": "true"})
    else:
        url = engine.url.update_query_dict({"options": "-c default_transaction_read_only=on"})
    only_reading = make_engine(url.render_as_string(hide_password=False))
    try:
        found = list(database.checks(only_reading, now, print))
    except StoreError as refused:
        assert "cannot be written" in str(refused)  # noqa: PT017 - SQLite refuses, PostgreSQL tells
    else:
        assert "it takes no changes" in [one.says for one in found]
    finally:
        only_reading.dispose()


def test_damage_in_the_file_is_told(sqlite_engine: Engine) -> None:
    sqlite_engine.dispose()
    file = Path(sqlite_engine.url.database or "")
    data = bytearray(file.read_bytes())
    data[4096 * 3 : 4096 * 6] = b"\xff" * (4096 * 3)
    file.write_bytes(data)

    try:
        said = " ".join(one.says for one in database.checks(sqlite_engine, now, print) if one.state == "failure")
    except StoreError as refused:
        said = str(refused)
    assert "damaged" in said


def test_the_whole_installation_on_either_database(database_url: str, tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text(f'[database]\nurl = "{database_url}"\n[network]\ncontact = "ada@papers.test"\n')
    file.chmod(0o600)

    found = examine(file, online=False, clock=now, say=print)

    assert states(found) == {"ok"}
    assert [one.what for one in found][-3:] == ["run", "source hf", "outbox"]


def test_whether_a_run_goes_on_is_known_where_only_one_may(engine: Engine) -> None:
    nobody_knows = None if engine.dialect.name == "postgresql" else False
    assert is_running(engine) is nobody_knows
    with only_one(engine):
        assert is_running(engine) is (None if nobody_knows is None else True)
    assert is_running(engine) is nobody_knows


def test_who_asks_for_a_run_is_not_taken_for_one(sqlite_engine: Engine) -> None:
    with only_one(sqlite_engine):
        pass
    with Path(f"{sqlite_engine.url.database}.lock").open() as other:
        fcntl.flock(other, fcntl.LOCK_SH)
        assert is_running(sqlite_engine) is False


def test_the_lock_lies_beside_the_file_however_that_is_named(
    sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = sqlite_engine.url.database
    same = make_engine(f"sqlite:///file:{file}?uri=true")
    with only_one(same):
        assert is_running(sqlite_engine) is True
    same.dispose()
    assert not Path("file:").exists()


async def test_a_mail_server_is_tried_without_a_mail() -> None:
    with mail_server(password="an-invented-password") as server:
        channel = EmailChannel(f"smtp://ada:an-invented-password@127.0.0.1:{server.port}", "alerts@papers.test")

        assert await channel.probe() == f"127.0.0.1:{server.port} answers by smtp; logged in"
        await channel.close()

        assert (server.logins, server.got) == ([b"ada"], [])


async def test_a_bot_is_asked_who_it_is() -> None:
    with FakeTelegram(token="123456789:AAF-invented-token-of-a-bot") as api:
        channel = TelegramChannel(api.token, api.url(), 10)
        wrong = TelegramChannel("123456789:AAF-another-token-of-no-bot", api.url(), 10)

        assert await channel.probe() == "@paperwatch_test_bot"
        assert await channel.posts_to() == ""
        with pytest.raises(ChannelError, match="refuses the bot's token"):
            await wrong.probe()
        await asyncio.gather(channel.close(), wrong.close())
