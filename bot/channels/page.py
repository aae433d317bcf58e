"""A digest as a page: one file, without anything from elsewhere, readable on a phone, in light and dark."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import groupby
from typing import Any

from jinja2 import Environment, PackageLoader, Template
from markupsafe import Markup

from bot.channels.lines import by, facts, news, reasons, united
from bot.channels.outgoing import Item, Outgoing
from bot.language import Language, language
from bot.query import Mark
from bot.schedule import day_of
from scrapers.text import plain


def page(parts: Sequence[Outgoing]) -> str:
    """The parts of a digest, one after the other, as HTML in their recipient's language."""
    tr, more = language(parts[0].language), sum(part.more for part in parts)
    items = [item for part in parts for item in part.items]
    groups = [
        ("".join(name), [_card(item, tr) for item in some])
        for name, some in groupby(items, key=lambda one: one.reasons[:1])
    ]
    return _template().render(
        language=tr.code,
        heading=_heading(parts[0], tr),
        groups=groups,
        more=tr.plural("and {n} more", "and {n} more", more) if more else "",
        coverage=" ".join(part.coverage for part in parts if part.coverage),
    )


@cache
def _template() -> Template:
    loader = PackageLoader("bot", "templates")
    return Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True).get_template("digest.html")


def _heading(first: Outgoing, tr: Language) -> str:
    day, papers = day_of(first.slot), tr.plural("{n} paper", "{n} papers", first.total)
    return f"{papers} · {tr.full_day(day)}" if day else papers


def _card(item: Item, tr: Language) -> dict[str, Any]:
    paper = item.paper
    return {
        "title": marked(plain(paper.title), item.marks, "title"),
        "url": paper.url,
        "lines": list(filter(None, [by(paper, tr), facts(paper, tr)])),
        "abstract": marked(plain(paper.abstract), item.marks, "abstract") if paper.abstract else "",
        "reasons": reasons(item, tr),
        "news": news(item, tr),
    }


def marked(text: str, marks: Iterable[Mark], field: str) -> Markup:
    """The text as HTML, with what matched of that field in <mark>."""
    found = pieces(text, marks, field)
    return Markup().join(Markup("<mark>{}</mark>").format(one) if is_marked else one for one, is_marked in found)


def pieces(text: str, marks: Iterable[Mark], field: str, end: int | None = None) -> Iterator[tuple[str, bool]]:
    """The text in pieces, and whether they are what matched of that field (up to `end`)."""
    at = 0
    for start, stop in united(marks, field, end):
        yield text[at:start], False
        yield text[start:stop], True
        at = stop
    yield text[at:], False
