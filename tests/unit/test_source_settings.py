"""The sources that README.md shows are taken as they stand; mistakes in their keys are named."""

import re
from pathlib import Path

import pytest

from bot.config import ConfigError, load

ROOT = Path(__file__).parents[2]


def settings(tmp_path: Path, lines: str) -> dict[str, str]:
    file = tmp_path / "paperwatch.toml"
    file.write_text(lines)
    return {name: source.scraper for name, source in load(file, {}).sources.items()}


def test_the_examples_of_the_readme_are_taken(tmp_path: Path) -> None:
    section = (ROOT / "README.md").read_text().partition("## More sources")[2]
    lines = re.search(r"```\n(.*?)```", section, re.DOTALL)
    assert lines

    assert settings(tmp_path, lines[1]) == {
        "hf": "huggingface", "cell": "biorxiv", "heart": "biorxiv", "rag": "semanticscholar", "group": "feed",
    }  # fmt: skip


def test_the_examples_of_the_configuration_are_taken(tmp_path: Path) -> None:
    example = (ROOT / "config" / "paperwatch.toml").read_text()
    lines = (line.removeprefix("#   ") for line in example.splitlines() if line.startswith("#   "))
    shown = "\n".join(re.sub(r"^(\[\S+\]).*", r"\1", line) for line in lines)

    assert settings(tmp_path, shown) == {
        "hf": "huggingface", "cell": "biorxiv", "rag": "semanticscholar", "group": "feed",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('x = { scraper = "feed" }', "sources.x: a feed needs its address"),
        ('x = { scraper = "feed", url = "https://me:pw@example.org/" }', "must not hold a user name"),
        ('x = { scraper = "feed", ulr = "https://example.org/" }', "feed has no key 'ulr'; did you mean url?"),
        ('x = { scraper = "biorxiv", server = "arxiv" }', "server is biorxiv or medrxiv"),
        ('x = { scraper = "semanticscholar" }', "Semantic Scholar needs a query"),
        ('x = { scraper = "feed", url = "https://example.org/", key = "k" }', "feed has no key 'key'"),
    ],
)
def test_a_mistake_is_one_line(tmp_path: Path, line: str, told: str) -> None:
    with pytest.raises(ConfigError) as caught:
        settings(tmp_path, f"[sources]\n{line}")

    assert told in str(caught.value)
    assert "pw" not in str(caught.value).replace(str(tmp_path), "")
