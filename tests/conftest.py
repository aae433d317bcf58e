"""What all tests share: the fake far sides in tests/farside, as `from farside.site import Site`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

sys.path.insert(0, str(Path(__file__).parent))

from farside.databases import (  # noqa: F401 - fixtures
    database_url,
    engine,
    postgres_database,
    postgres_template,
    sqlite_engine,
    sqlite_template,
)
from farside.site import Site

# A busy machine is no defect; in CI, Hypothesis sets no deadlines either.
settings.register_profile("busy", deadline=None)
if not os.environ.get("CI"):
    settings.load_profile("busy")


@pytest.fixture
def site() -> Iterator[Site]:
    """An empty web site on 127.0.0.1, to be scripted with `route`."""
    with Site() as site:
        yield site
