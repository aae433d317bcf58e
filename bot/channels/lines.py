"""Lines that every channel's card has, as plain text."""

from collections.abc import Iterable

from bot.channels.outgoing import Item
from bot.query import Mark
from scrapers.paper import Paper

_AUTHORS = 3


def by(paper: Paper) -> str:
    """Who wrote it: the first authors, how many more, and their organisations."""
    names = list(paper.authors[:_AUTHORS])
    rest = (paper.authors_count or len(paper.authors)) - len(names)
    if not names:
        who = f"{paper.authors_count} author{'s' if paper.authors_count != 1 else ''}" if paper.authors_count else ""
    else:
        more = f" and {rest} more" if rest > 0 else " et al." if paper.authors_truncated else ""
        who = ", ".join(names) + more
    return " · ".join(filter(None, [who, *(one.name or one.slug or "" for one in paper.organizations)]))


def facts(paper: Paper) -> str:
    """Categories, date, votes, stars and code, as far as they are known."""
    known = [
        " ".join(paper.categories),
        f"{paper.published.day} {paper.published:%b %Y}" if paper.published else "",
        f"▲ {paper.upvotes}" if paper.upvotes is not None else "",
        f"★ {paper.stars}" if paper.stars is not None else "",
        "code" if paper.has_code else "",
    ]
    return " · ".join(filter(None, known))


def reasons(item: Item) -> str:
    """Why the paper is told."""
    if item.kind.startswith("reminder"):
        return "you asked to be told of it again"
    why = {"version": "new version", "rise": "rising"}.get(item.kind.split(":")[0], "matched")
    return f"{why}: {', '.join(item.reasons)}"


def united(marks: Iterable[Mark], field: str, end: int | None = None) -> list[tuple[int, int]]:
    """The marked places of a field (up to `end`) in order, those that overlap as one: tags must not cross."""
    places = sorted((mark.start, mark.end) for mark in marks if mark.field == field)
    found: list[tuple[int, int]] = []
    for start, stop in places:
        if stop <= start or (end is not None and stop > end):
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found
