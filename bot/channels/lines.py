"""Lines that every channel's card has, as plain text."""

from collections.abc import Iterable
from dataclasses import dataclass

from bot.channels.outgoing import Item, version_of
from bot.language import ENGLISH, Language
from bot.preview import Met
from bot.query import Mark
from scrapers.paper import Paper
from scrapers.text import one_line, plain

_OLD_TITLE = 200  # characters
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
            return tr("new version {number}: {names}", number=version_of(item.kind), names=names)
        case "rise":
            return tr("rising: {names}", names=names)
    return tr("matched: {names}", names=names)


@dataclass(frozen=True)
class Changed:
    """What a new version changed: the `title` that was another, else empty, and whether the abstract was."""

    title: str
    abstract: bool


def changed(item: Item) -> Changed | None:
    """What the new version that is told changed, where that is known. A text that was missing was not changed."""
    if item.before is None:
        return None
    (old_title, old_abstract), paper = item.before, item.paper
    return Changed(
        old_title if _is_other(old_title, paper.title) else "",
        bool(old_abstract and paper.abstract) and _is_other(old_abstract or "", paper.abstract or ""),
    )


def _is_other(old: str, new: str) -> bool:
    """Whether it reads otherwise: sources break lines and write formulas in their own ways."""
    return one_line(plain(old)) != one_line(plain(new))


def news(item: Item, tr: Language = ENGLISH) -> str:
    """What the new version that is told changed."""
    found = changed(item)
    if found is None:
        return ""
    told = [
        tr("abstract changed") if found.abstract else "",
        tr("was: {title}", title=cut(one_line(plain(found.title)), _OLD_TITLE)) if found.title else "",
    ]
    return " · ".join(filter(None, told)) or tr("title and abstract as before")


def why(item: Item, tr: Language, *, is_said: bool, is_short: bool = False) -> str:
    """Why the paper is told, and which terms were met where; `is_said`: a heading above says for which subscription it
    is; `is_short`: without what is marked in title and abstract."""
    because = [] if is_said or not item.reasons else [reasons(item, tr)]
    marked = {"title", "abstract"} if is_short else set[str]()
    return " · ".join([*because, *(_met(one, tr) for one in item.met if not marked.intersection(one.fields))])


def _met(one: Met, tr: Language) -> str:
    fields = {"title": tr("title"), "abstract": tr("abstract")}
    where = [fields[field] for field in one.fields if field in fields] or [one.text]
    return f"{one.term} ({', '.join(where)})" if where[0] else one.term


def places(paper: Paper, tr: Language) -> list[tuple[str, str]]:
    """Where the paper can be read: names and addresses."""
    arxiv, doi = paper.identifier("arxiv"), paper.identifier("doi")
    found = [("PDF", f"https://arxiv.org/pdf/{arxiv}")] if arxiv else []
    if doi and not arxiv:
        found.append(("DOI", f"https://doi.org/{doi}"))
    if arxiv and paper.url and paper.url.startswith("https://huggingface.co/papers/"):
        found.append(("Hugging Face", paper.url))
    if paper.code_url:
        found.append((tr("Code"), paper.code_url))
    elif paper.project_url:
        found.append((tr("Project"), paper.project_url))
    return found


def cut(text: str, most: int) -> str:
    """The text, or as many of its words as fit."""
    if len(text) <= most:
        return text
    blank = text.rfind(" ", most // 2, most - 2)
    return text[: blank if blank > 0 else most - 2] + " …"


def united(marks: Iterable[Mark], field: str, end: int | None = None) -> list[tuple[int, int]]:
    """The marked places of a field (up to `end`) in order, those that overlap as one: tags must not cross."""
    marked = sorted((mark.start, mark.end) for mark in marks if mark.field == field)
    found: list[tuple[int, int]] = []
    for start, stop in marked:
        if stop <= start or (end is not None and stop > end):
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(stop, found[-1][1]))
        else:
            found.append((start, stop))
    return found
