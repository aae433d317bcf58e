"""A short form of `./check chaos`: seeded faults of all kinds, and the account afterwards."""

import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from chaos.seeds import missing, prepare, run

SECONDS = 3
SEEDS = [("sqlite", 1), ("sqlite", 4), ("postgres", 3), ("postgres", 5), ("postgres", 6)]


@pytest.fixture(scope="module")
def templates() -> Iterator[Path]:
    """Where runs find what they begin with. (Not in a folder of pytest's: PostgreSQL's user may not look there.)"""
    with TemporaryDirectory() as name:
        yield Path(name)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("kind", "seed"), SEEDS)
def test_nothing_is_lost_doubled_or_unasked(kind: str, seed: int, templates: Path) -> None:
    if lacks := missing([kind]):
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"it needs {lacks}")
    template = templates / kind
    if not template.exists():
        templates.chmod(0o755)
        template.mkdir()
        prepare(template, [kind])

    line, is_good = run(seed, kind, SECONDS, template)

    assert is_good, line
