"""What the documents say is so: every key is explained, every command is named, no index host is recorded."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from bot.cli import app
from bot.config import Settings, load
from bot.sections import Keep, SourceSettings, Subscribed

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config" / "paperwatch.toml").read_text()
SECTIONS: dict[str, Any] = {
    **{
        name: kind for name, field in Settings.model_fields.items() if hasattr(kind := field.annotation, "model_fields")
    },
    "sources": SourceSettings,
    "subscriptions": Subscribed,
}


def uncommented() -> dict[str, Any]:
    """The example with every key switched on."""
    lines = [re.sub(r"^# (?=\[\[|[a-z_]+ = )", "", line) for line in EXAMPLE.splitlines()]
    return tomllib.loads("\n".join(lines))


def test_every_key_is_in_the_example_and_nothing_else_is() -> None:
    found = uncommented()
    keys = {
        "sources": found["sources"]["hf"], "subscriptions": found["subscriptions"][0],
        **{name: found[name] for name in SECTIONS if name not in ("sources", "subscriptions")},
    }  # fmt: skip

    known = {
        name: {field.alias or key for key, field in model.model_fields.items()} for name, model in SECTIONS.items()
    }
    assert known == {name: set(section) for name, section in keys.items()}
    assert set(found) == set(Settings.model_fields)


@pytest.mark.parametrize("section", ["network", "webhook", "telegram", "email", "web", "monitor", "log"])
def test_the_example_shows_the_defaults(section: str) -> None:
    defaults = SECTIONS[section]().model_dump(mode="json", by_alias=True)
    shown = {key: value for key, value in uncommented()[section].items() if defaults[key] is not None}

    assert {key: defaults[key] for key in shown} == shown


def test_the_example_shows_how_long_things_are_kept() -> None:
    assert Keep(**uncommented()["keep"]) == Keep()


def test_the_example_as_it_stands_changes_nothing(tmp_path: Path) -> None:
    empty = tmp_path / "empty.toml"
    empty.write_text("")

    assert load(ROOT / "config" / "paperwatch.toml", {}) == load(empty, {})


def test_every_command_is_in_the_readme_and_has_help() -> None:
    readme = (ROOT / "README.md").read_text()
    for name, command in get_command(app).commands.items():  # type: ignore[attr-defined]
        assert re.search(rf"`[^`]*\b{name}\b|/paperwatch {name}\b", readme), name
        assert command.help or command.short_help, name


def test_links_in_the_readme_lead_somewhere() -> None:
    for link in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / link).exists(), link


def test_no_constraint_names_a_place() -> None:
    constraints = (ROOT / "config" / "constraints.txt").read_text()

    assert "//" not in constraints
    assert all(re.match(r"[a-z0-9._-]+==\S+( ; .*)?$", line) for line in constraints.splitlines())
