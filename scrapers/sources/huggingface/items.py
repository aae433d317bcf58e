"""The items of the API, which its pages carry too: each is a paper and what the site says of it."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from scrapers.paper import Organization, Paper
from scrapers.request import Listed, ListingError, Page
from scrapers.sources._records import day_in, json_of, known, require_facts, text_in
from scrapers.sources.huggingface.entries import SITE, absolute, collect, count_in, naming
from scrapers.text import one_line


def decoded(text: str) -> Any:
    """The JSON of an answer or of a page. Raises ListingError for what is none."""
    if text.startswith("<"):
        raise ListingError(f"{SITE} sent a web page where its API should have answered")
    return json_of(text, SITE)


def read_items(items: Sequence[Any], *, day: date | None, before: int = 0) -> Page:
    """The papers of a list of items; `day` is that of those that name none. Raises ListingError."""
    page = collect(items, read_item, day=day, before=before)
    require_facts(page.listed, ("abstract", "authors", "published", "upvotes"), SITE)
    return page


def read_item(item: Any) -> Listed:
    """The paper of an item, and the day on whose list it is. Raises ValueError."""
    if not isinstance(item, dict) or not isinstance(paper := item.get("paper"), dict):
        raise ValueError("it has no paper")
    abstract = text_in(paper, "summary") or text_in(item, "summary")
    words: dict[str, Any] = {"abstract": abstract} if abstract else {}
    authors = [author for author in _list(paper, "authors") if isinstance(author, dict) and text_in(author, "name")]
    return Listed(
        Paper(
            # Where the two differ (until March 2025), the paper's own title lost its LaTeX: "LLMtimesMapReduce".
            title=text_in(item, "title") or text_in(paper, "title") or "",
            authors=tuple(author["name"] for author in authors if author.get("hidden") is not True),
            authors_count=len(authors) or None,
            published=day_in(paper.get("publishedAt")),
            organizations=_organizations(item, paper),
            upvotes=count_in(paper.get("upvotes")),
            comments=count_in(item.get("numComments")),
            stars=count_in(paper.get("githubStars")),
            code_url=text_in(paper, "githubRepo"),
            project_url=text_in(paper, "projectPage"),
            extras=_extras(item, paper),
            **naming(paper.get("id")),
            **words,
        ),
        day_in(paper.get("submittedOnDailyAt")),
    )


def _organizations(item: dict[str, Any], paper: dict[str, Any]) -> tuple[Organization, ...]:
    found = (paper.get("organization"), item.get("organization"), item.get("submitterOrganization"))
    named = (Organization(slug=text_in(o, "name"), name=text_in(o, "fullname")) for o in found if isinstance(o, dict))
    return tuple(organization for organization in named if organization.slug or organization.name)[:1]


def _extras(item: dict[str, Any], paper: dict[str, Any]) -> dict[str, Any]:
    by = next((who for who in (item.get("submittedBy"), paper.get("submittedOnDailyBy")) if isinstance(who, dict)), {})
    media = _list(item, "mediaUrls") or _list(paper, "mediaUrls") or [item.get("mediaUrl")]
    thumbnail = text_in(item, "thumbnail")
    return known(
        ai_summary=text_in(paper, "ai_summary"),
        ai_keywords=[one_line(word) for word in _list(paper, "ai_keywords") if isinstance(word, str)],
        submitter=text_in(by, "name") or text_in(by, "user"),
        thumbnail=thumbnail and absolute(thumbnail),
        media=[absolute(url) for url in media if isinstance(url, str)],
    )


def _list(record: dict[str, Any], key: str) -> list[Any]:
    value = record.get(key)
    return value if isinstance(value, list) else []
