"""Papers as JSON: what `scrape --json` prints and webhooks carry, one flat object each."""

import json
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError

from scrapers.identifiers import Identifier
from scrapers.paper import Organization, Paper, why_refused

_ALIKE = Paper.model_fields.keys() - {"identifiers", "organizations", "extras"}
_NO_JSON = "this is no JSON, or cut off; each line must be a paper as `scrape --json` prints it"


class Line(NamedTuple):
    """A line read back: the paper, the source that showed it, and on which list day."""

    paper: Paper
    source: str | None = None
    day: date | None = None


class _Other(BaseModel):
    """What a line says in another form than a Paper, or beside it."""

    identifiers: dict[str, str] = {}
    organizations: tuple[str, ...] = ()
    source: str | None = None
    list_day: date | None = None


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
    if not isinstance(values, dict) or not values.get("title"):
        raise ValueError("a paper is an object with a title")
    stated = {name: value for name, value in values.items() if value not in (None, "")}
    facts = {name: value for name, value in stated.items() if name in _ALIKE}
    try:
        other = _Other(**{name: value for name, value in stated.items() if name in _Other.model_fields})
        organizations = tuple(Organization(name=name) for name in other.organizations)
        identifiers = tuple(Identifier(scheme, value) for scheme, value in other.identifiers.items())
        paper = Paper(**facts, identifiers=identifiers, organizations=organizations)
    except ValidationError as error:
        raise ValueError(why_refused(error)) from None
    return Line(paper, other.source, other.list_day)


def read_lines(lines: Iterable[bytes], name: str) -> Iterator[Line]:
    """The papers of a file of that name, one a line; blank lines are nothing. Raises ValueError, with the line."""
    for number, line in enumerate(lines, start=1):
        if text := line.removeprefix(BOM_UTF8).strip():
            try:
                yield from_dict(_loaded(text))
            except ValueError as error:
                raise ValueError(f"{name}, line {number}: {error}") from None


def _loaded(text: bytes) -> Any:
    try:
        return json.loads(text.decode())
    except (ValueError, RecursionError):
        raise ValueError(_NO_JSON) from None
