"""Papers: what a card says, as a value that says which of it is uncertain."""

from scrapers.paper import Organization, Paper
from scrapers.pasted.cards import Card, day_of
from scrapers.pasted.dates import Calendar
from scrapers.pasted.organizations import read_organization
from scrapers.pasted.scholar_feed import category


def make_paper(card: Card, calendar: Calendar) -> Paper:
    """The paper of this card."""
    day = day_of(card)
    published = calendar.resolve(day)
    heading, meta = card.heading, card.meta
    part = category(meta) if meta else None
    inferred = published is not None and day is not None and day.year is None and not calendar.stated
    doubts = {"published": inferred, "title": heading is not None and not heading.sure}
    values = {
        "title": card.title,
        "abstract": card.abstract,
        "authors": heading.authors if heading else (),
        "authors_truncated": heading.more if heading else None,
        "authors_count": card.authors_count,
        "published": published,
        "categories": (part,) if part else (),
        "organizations": _organizations(card),
        "identifiers": (("arxiv", card.arxiv),) if card.arxiv else (),
        "has_code": True if meta and meta["code"] else None,
        "upvotes": card.upvotes,
        "comments": card.comments,
        "score": float(meta["score"]) if meta and meta["score"] else None,
        "uncertain": frozenset(name for name, doubtful in doubts.items() if doubtful),
    }
    return Paper.model_validate({name: value for name, value in values.items() if value is not None})


def _organizations(card: Card) -> tuple[Organization, ...]:
    if card.heading:
        return tuple(Organization(slug=slug) for slug in card.heading.slugs)
    return (read_organization(card.organization),) if card.organization else ()
