"""The tables: every step leads to what the models say, on both databases, also when several processes start at once."""

import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from farside.world import World, paper

from bot import migrations
from bot.models import metadata
from bot.store import condition
from bot.store.engine import Engine, StoreError, make_engine, migrate, missing_steps, writing
from bot.store.refusal import passwords

ELSEWHERE = "postgresql://someone@127.0.0.1:1/papers?connect_timeout=5&password=topsecret"
pytestmark = pytest.mark.own_database


def test_the_tables_are_what_the_models_say(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"include_name": lambda name, kind, _: kind != "table" or not name.startswith("paper_fts")}
        )
        assert compare_metadata(context, metadata) == []


def test_a_second_migration_changes_nothing(engine: Engine) -> None:
    World(engine).take_in(paper())
    before = everything(engine)
    assert before["paper"]

    migrate(engine)

    assert everything(engine) == before


def everything(engine: Engine) -> dict[str, list[str]]:
    """All rows of all tables, also of those that the models do not know."""
    with engine.connect() as connection:
        names = sa.inspect(connection).get_table_names()
        rows = {name: connection.execute(sa.text(f"select * from {name}")).all() for name in names}
    return {name: sorted(map(repr, some)) for name, some in rows.items()}


def test_looking_at_the_tables_does_not_wait_for_a_writer(engine: Engine) -> None:
    quick = make_engine(engine.url.render_as_string(hide_password=False))
    if engine.dialect.name == "sqlite":
        sa.event.listen(quick, "connect", lambda raw, _: raw.execute("pragma busy_timeout=0").close())

    with writing(engine) as session:
        session.execute(sa.text("update alembic_version set version_num = version_num"))
        migrate(quick)
        assert missing_steps(quick) == []
    quick.dispose()


def test_every_step_can_be_taken_back_and_again(engine: Engine) -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    config.set_main_option("path_separator", "os")
    for where in ("base", "head"):
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            (command.downgrade if where == "base" else command.upgrade)(config, where)
            tables = sa.inspect(connection).get_table_names()
        assert ("paper" in tables) == (where == "head")


def test_four_processes_may_start_at_once(engine: Engine, database_url: str) -> None:
    with engine.begin() as connection:
        for statement in ["drop table paper_fts", "drop table alembic_version"]:
            connection.execute(sa.text(statement))
        metadata.drop_all(connection)
    script = "import sys; from bot.store.engine import *; migrate(make_engine(sys.argv[1]))"
    processes = [
        subprocess.Popen([sys.executable, "-c", script, database_url], stderr=subprocess.PIPE) for _ in range(4)
    ]

    errors = [process.communicate()[1].decode() for process in processes]

    assert [process.returncode for process in processes] == [0] * 4, errors


def test_a_newer_database_is_refused(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(sa.text("update alembic_version set version_num = '9999'"))

    with pytest.raises(StoreError, match="newer version"):
        migrate(engine)


@pytest.mark.parametrize("version", [None, "a1b2c3d4e5f6", "0005"])
def test_a_database_of_another_program_is_left_alone(engine: Engine, version: str | None) -> None:
    with engine.begin() as connection:
        for statement in ["drop table paper_fts", "delete from alembic_version"]:
            connection.execute(sa.text(statement))
        metadata.drop_all(connection)
        connection.execute(sa.text("create table users (name text)"))
        if version:
            connection.execute(sa.text(f"insert into alembic_version values ('{version}')"))

    with pytest.raises(StoreError, match="another program") as refused:
        migrate(engine)

    assert "database.url" in str(refused.value)
    assert set(sa.inspect(engine).get_table_names()) == {"users", "alembic_version"}


@pytest.mark.parametrize(
    "url", ["nonsense", "mysql://root:topsecret@localhost/x", "sqlite:////", "postgresql://me:is:topsecret@there/x"]
)
def test_an_impossible_address_is_one_sentence_without_the_password(url: str) -> None:
    with pytest.raises(StoreError) as refused:
        migrate(make_engine(url))

    assert "topsecret" not in str(refused.value)


@pytest.mark.parametrize("url", ["postgresql://someone:topsecret@127.0.0.1:1/papers", ELSEWHERE])
def test_a_server_that_is_not_there_is_one_sentence_without_the_password(url: str) -> None:
    engine = make_engine(url)

    with pytest.raises(StoreError, match="does not answer") as refused:
        migrate(engine)

    assert "topsecret" not in str(refused.value)
    assert "topsecret" not in condition.place_of(engine)
    assert passwords(url) == {"topsecret"}
