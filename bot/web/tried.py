"""What a query would find, for a page."""

from dataclasses import dataclass

from bot import previewing, wording
from bot.channels.lines import cut
from bot.preview import DAYS
from bot.query import parse
from bot.web.visit import Visit
from scrapers.text import plain

_LATEST = 5
_TITLE = 200  # characters


@dataclass(frozen=True)
class Tried:
    """How many papers a query found, the latest of them (titles and addresses), and what to do instead."""

    said: str
    latest: tuple[tuple[str, str], ...]
    instead: str


def tried(visit: Visit, text: str) -> Tried:
    """The preview of a query. Raises ValueError where it is none."""
    tr, query = visit.tr, parse(text)
    preview = previewing.of_library(visit.engine, query, days=DAYS, now=visit.now)
    papers = (one.paper for one in preview.found[:_LATEST])
    latest = tuple((cut(plain(paper.title), _TITLE), paper.url or "") for paper in papers)
    better = ""
    if preview.proposal:
        other, count = preview.proposal
        papers_found = tr.plural("{n} paper", "{n} papers", count)
        better = f"{tr('This one would have found {found}:', found=papers_found)} {other.text}"
    instead = " ".join(filter(None, [wording.warning(preview, tr), better]))
    return Tried(wording.found(preview, tr), latest, instead)
