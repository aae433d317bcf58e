"""Three real pastes from $PAPERWATCH_CORPUS or ../shared/corpus beside the repository, against what a person read."""

import json
import os
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from scrapers import pasted
from scrapers.paper import Paper

ROOT = Path(os.environ.get("PAPERWATCH_CORPUS") or Path(__file__).parents[3] / "shared" / "corpus") / "pasted"
pytestmark = [
    pytest.mark.corpus,
    pytest.mark.skipif(not ROOT.is_dir(), reason=f"there is no corpus at {ROOT.parent} (set PAPERWATCH_CORPUS)"),
]
COUNTS = {"huggingface-search-a.txt": 27, "huggingface-titles-abstracts.txt": 119, "scholarfeed-author-a.txt": 9}
TODAY = date(2026, 11, 21)


def facts(paper: Paper) -> dict[str, Any]:
    organizations = [str(organization) for organization in paper.organizations]
    return {
        "title": paper.title,
        "authors": list(paper.authors),
        "authors_truncated": paper.authors_truncated,
        "authors_count": paper.authors_count,
        "organization": organizations[0] if organizations else None,
        "organizations": organizations,
        "published": paper.published and paper.published.isoformat(),
        "category": paper.categories[0] if paper.categories else None,
        "comments": paper.comments,
        "score": paper.score,
        "has_code": paper.has_code,
    }


@pytest.mark.parametrize("stated", [True, False])
@pytest.mark.parametrize("name", COUNTS)
def test_every_field_is_read(name: str, stated: bool) -> None:
    truth = json.loads((ROOT / "truth.json").read_text("utf-8"))[name]
    as_of = date.fromisoformat(truth["as_of"]) if stated and truth["as_of"] else None
    page = pasted.parse((ROOT / name).read_text("utf-8"), as_of=as_of, today=TODAY)
    assert len(page.listed) == COUNTS[name]
    for listed, wanted in zip(page.listed, truth["papers"], strict=True):
        assert (listed.paper.abstract or "").startswith(wanted.pop("abstract_start"))
        read = facts(listed.paper)
        assert {key: read[key] for key in wanted} == wanted
    assert page.skipped == ()
