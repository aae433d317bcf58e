"""The items of the API, which its pages carry too: each is a paper and what the site says of it."""

import json
from collections.abc import Sequence
from typing import Any

from scrapers.paper import Organization, Paper
from scrapers.request import Listed, ListingError
from scrapers.sources.huggingface.entries import absolute, count_in, day_in, naming
from scrapers.text import one_line

_MANY = 3  # papers without a fact that all papers have are no accident


def decoded(text: str) -> Any:
    """The JSON of an answer or of a page."""
    if text.startswith("<"):
        raise ListingError("Hugging Face sent a web page where its API should have answered")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ListingError("Hugging Face sent something that is not JSON, or only a part of it") from None


def require_facts(listed: Sequence[Listed]) -> None:
    """What every paper of the API has: if none of several has it, the format has changed."""
    for fact in ("abstract", "authors", "published", "upvotes") if len(listed) >= _MANY else ():
        if not any(getattr(entry.paper, fact) not in (None, ()) for entry in listed):
            raise ListingError(f"no paper of the list has {fact}: the format of Hugging Face seems to have changed")


def read_item(item: Any) -> Listed:
    """The paper of an item, and the day on whose list it is. Raises ValueError."""
    if not isinstance(item, dict) or not isinstance(paper := item.get("paper"), dict):
        raise ValueError("it has no paper")
    abstract = _text(paper, "summary") or _text(item, "summary")
    words: dict[str, Any] = {"abstract": abstract} if abstract else {}
    authors = [author for author in _list(paper, "authors") if isinstance(author, dict) and _text(author, "name")]
    return Listed(
        Paper(
            # Where the two differ (until March 2025), the paper's own title lost its LaTeX: "LLMtimesMapReduce".
            title=_text(item, "title") or _text(paper, "title") or "",
            authors=tuple(author["name"] for author in authors if author.get("hidden") is not True),
            authors_count=len(authors) or None,
            published=day_in(paper.get("publishedAt")),
            organizations=_organizations(item, paper),
            upvotes=count_in(paper.get("upvotes")),
            comments=count_in(item.get("numComments")),
            stars=count_in(paper.get("githubStars")),
            code_url=_text(paper, "githubRepo"),
            project_url=_text(paper, "projectPage"),
            extras=_extras(item, paper),
            **naming(paper.get("id")),
            **words,
        ),
        day_in(paper.get("submittedOnDailyAt")),
    )


def _organizations(item: dict[str, Any], paper: dict[str, Any]) -> tuple[Organization, ...]:
    found = (paper.get("organization"), item.get("organization"), item.get("submitterOrganization"))
    named = (Organization(slug=_text(o, "name"), name=_text(o, "fullname")) for o in found if isinstance(o, dict))
    return tuple(organization for organization in named if organization.slug or organization.name)[:1]


def _extras(item: dict[str, Any], paper: dict[str, Any]) -> dict[str, Any]:
    by = next((who for who in (item.get("submittedBy"), paper.get("submittedOnDailyBy")) if isinstance(who, dict)), {})
    media = _list(item, "mediaUrls") or _list(paper, "mediaUrls") or [item.get("mediaUrl")]
    thumbnail = _text(item, "thumbnail")
    extras = {
        "ai_summary": _text(paper, "ai_summary"),
        "ai_keywords": [one_line(word) for word in _list(paper, "ai_keywords") if isinstance(word, str)],
        "submitter": _text(by, "name") or _text(by, "user"),
        "thumbnail": thumbnail and absolute(thumbnail),
        "media": [absolute(url) for url in media if isinstance(url, str)],
    }
    return {name: value for name, value in extras.items() if value}


def _text(record: dict[str, Any], key: str) -> str | None:
    value = record.get(key)
    return one_line(value) or None if isinstance(value, str) else None


def _list(record: dict[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    return value if isinstance(value, list) else []
