"""Lines that every channel's card has, as plain text."""

from collections.abc import Iterable

from bot.channels.outgoing import Item
from bot.language import ENGLISH, Language
from bot.query import Mark
from scrapers.paper import Paper

_FIRST = 3  # authors that are named, with the last one: in many fields that is the one who leads the work


def by(paper: Paper, tr: Language = ENGLISH) -> str:
    """Who wrote it: the first authors and the last, how many there are, and their organisations."""
    return " · ".join(filter(None, [_authors(paper, tr), *(one.name or one.slug or "" for one in paper.organizations)]))


def _authors(paper: Paper, tr: Language) -> str:
    names, count = paper.authors, paper.authors_count
    if not names:
        return tr.plural("{n} author", "{n} authors", count) if count else ""
    known = f"{', '.join(names[:_FIRST])} … {names[-1]}" if len(names) > _FIRST + 1 else ", ".join(names)
    if paper.authors_truncated:
        return f"{known} et al. ({tr.number(count)})" if count else f"{known} et al."
    return f"{known} ({len(names)})" if len(names) > _FIRST + 1 else known


def facts(paper: Paper, tr: Language = ENGLISH) -> str:
    """Categories, date, votes, stars and code, as far as they are known."""
    known = [
        " ".join(paper.categories),
        tr.full_day(paper.published) if paper.published else "",
        f"▲ {tr.number(paper.upvotes)}" if paper.upvotes is not None else "",
        f"★ {_short(paper.stars)}" if paper.stars is not None else "",
        tr("code") if paper.has_code else "",
    ]
    return " · ".join(filter(None, known))


def _short(number: int) -> str:
    """`999`, `1.2k`, `21k`."""
    if number < 1_000:
        return str(number)
    return f"{number / 1_000:.1f}k" if number < 9_950 else f"{number / 1_000:.0f}k"


def reasons(item: Item, tr: Language = ENGLISH) -> str:
    """Why the paper is told."""
    if item.kind.startswith("reminder"):
        return tr("you asked to be told of it again")
    names = ", ".join(item.reasons)
    match item.kind.split(":")[0]:
        case "version":
            return tr("new version: {names}", names=names)
        case "rise":
            return tr("rising: {names}", names=names)
    return tr("matched: {names}", names=names)


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
