"""Papers as JSON: what `scrape --json` prints and webhooks carry, one flat object each."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from pydantic import ValidationError

from scrapers.paper import Organization, Paper

_DIFFERENT = frozenset({"identifiers", "organizations", "extras"})
_NO_JSON = "this is no JSON, or cut off; each line must be a paper as `scrape --json` prints it"


class Line(NamedTuple):
    """A line read back: the paper, the source that showed it, and on which list day."""

    paper: Paper
    source: str | None = None
    day: date | None = None


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


def from_dict(values: Any) -> Line:
    """What `to_dict` made, read back; keys that are unknown here are passed over. Raises ValueError, in a sentence."""
    if not isinstance(values, dict) or not isinstance(values.get("title"), str):
        raise ValueError("a paper is an object with a title")
    facts = {name: value for name, value in values.items() if name in Paper.model_fields and name not in _DIFFERENT}
    facts = {name: value for name, value in facts.items() if value is not None}
    day, source = values.get("list_day"), values.get("source")
    try:
        facts["identifiers"] = tuple((values.get("identifiers") or {}).items())
        facts["organizations"] = tuple(Organization(name=name) for name in values.get("organizations") or ())
        return Line(Paper(**facts), source or None, date.fromisoformat(day) if day else None)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        reason = first["msg"].removeprefix("Value error, ")
        raise ValueError(f"{'.'.join(map(str, first['loc']))}: {reason}") from None
    except (TypeError, AttributeError):  # values of a quite different type
        raise ValueError("its identifiers, organizations or list_day are not what they should be") from None


def read_lines(lines: Iterable[bytes], name: str) -> Iterator[Line]:
    """The papers of a file of that name, one a line; blank lines are nothing. Raises ValueError, with the line."""
    for number, line in enumerate(lines, start=1):
        if text := line.strip():
            try:
                yield from_dict(json.loads(text.removeprefix(b"\xef\xbb\xbf")))
            except RecursionError:
                raise ValueError(f"{name}, line {number}: this is no paper") from None
            except ValueError as error:
                what = _NO_JSON if isinstance(error, json.JSONDecodeError | UnicodeDecodeError) else error
                raise ValueError(f"{name}, line {number}: {what}") from None
