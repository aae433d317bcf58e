"""Papers as JSON: what `scrape --json` prints and webhooks carry, one flat object each."""

from datetime import date
from typing import Any

from scrapers.paper import Paper


def to_dict(paper: Paper, source: str | None = None, day: date | None = None) -> dict[str, Any]:
    """The paper as plain values: unknown is None, dates are `YYYY-MM-DD`, identifiers an object by scheme, an
    organisation its short and full name as one text."""
    return {
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "authors_truncated": paper.authors_truncated,
        "authors_count": paper.authors_count,
        "published": paper.published.isoformat() if paper.published else None,
        "updated": paper.updated.isoformat() if paper.updated else None,
        "version": paper.version,
        "categories": list(paper.categories),
        "organizations": [str(one) for one in paper.organizations],
        "has_code": paper.has_code,
        "code_url": paper.code_url,
        "project_url": paper.project_url,
        "upvotes": paper.upvotes,
        "comments": paper.comments,
        "stars": paper.stars,
        "score": paper.score,
        "note": paper.note,
        "identifiers": dict(paper.identifiers),
        "url": paper.url,
        "uncertain": sorted(paper.uncertain),
        "source": source,
        "list_day": day.isoformat() if day else None,
    }
