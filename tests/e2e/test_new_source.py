"""CONTRIBUTING.md says how a source is added: this does what it says, in a copy of the program."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from farside.program import LIST_DAY
from farside.site import Site

ROOT = Path(__file__).parents[2]
_BLOCKS = re.compile(r"```(?:python|json|toml)\n(.*?)```", re.DOTALL)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The program and the tests of sources, with the module and the fixture of the page beside the others."""
    folder = tmp_path / "copy"
    for part in ("bot", "scrapers", "tests/fixtures"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "tests" / "contract").mkdir()
    shutil.copy(ROOT / "tests" / "contract" / "test_sources.py", folder / "tests" / "contract")
    shutil.copy(ROOT / "pyproject.toml", folder)
    module, fixture, expected, _ = blocks()
    (folder / "scrapers" / "sources" / "moss.py").write_text(module)
    beside = folder / "tests" / "fixtures" / "moss"
    beside.mkdir()
    (beside / "day.json").write_text(fixture)
    (beside / "day.expected.json").write_text(expected)
    return folder


def blocks() -> list[str]:
    section = (ROOT / "CONTRIBUTING.md").read_text().partition("## A new source")[2]
    return _BLOCKS.findall(section)


def test_the_fixture_of_the_page_is_tried_and_passes(copy: Path) -> None:
    tests = ["tests/contract/test_sources.py", "-k", "moss or used", "-q", "-p", "no:cacheprovider"]
    environment = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *tests], cwd=copy, env=environment, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stdout[-4_000:]
    assert int(re.search(r"(\d+) passed", done.stdout)[1]) > 25  # type: ignore[index]


def test_the_program_reads_the_source_of_the_page(copy: Path, program: Any, site: Site) -> None:
    _, fixture, _, line = blocks()
    site.route(f"/api/{LIST_DAY}.json", (200, {}, fixture.replace("2026-11-19", str(LIST_DAY)).encode()))
    (program.home / "paperwatch.toml").write_text(line)
    program.env |= {"PYTHONPATH": str(copy), "PAPERWATCH_SOURCES__MOSS__BASE_URL": site.url()}

    done = program("scrape", "moss", "--date", str(LIST_DAY), "--json", code=1)

    (paper,) = done.json_lines()
    assert (paper["title"], paper["identifiers"]) == ("Moss Hears Nothing", {"doi": "10.9999/moss.1"})
    assert (paper["source"], paper["list_day"]) == ("moss", str(LIST_DAY))
    assert "it has no doi" in done.err
