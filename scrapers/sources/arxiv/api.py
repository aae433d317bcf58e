"""The query API, asked by ids only: https://export.arxiv.org/api/query?id_list=...&max_results=...

https://info.arxiv.org/help/api/user-manual.html; the answers of 2026 differ from it (arxiv.py's recordings). Its index
is a day or more late, and pages in the middle may come empty, so it is not asked for what is new. `max_results` is
always given: without it ten entries come, however many ids were asked. An error is a feed with one entry `Error` and
status 400; an id that is not known is left out of the answer without a word, which becomes a note.
"""

from datetime import UTC
from urllib.parse import parse_qs, urlsplit

from scrapers.categories import classes_in
from scrapers.identifiers import arxiv_id
from scrapers.paper import Paper
from scrapers.request import Listed, ListingError, Page, Response
from scrapers.sources._records import require_facts
from scrapers.sources.arxiv.days import day_in
from scrapers.sources.arxiv.entries import SITE, collect, dois_in, extras_of, naming
from scrapers.sources.arxiv.markup import ARXIV, ATOM, OPENSEARCH, Element, child, children, xml

_SHOWN = 5  # ids that a note names


def parse_api(text: str, response: Response) -> Page:
    """The papers of an answer. `stated` is the number that should be on this page. Raises ListingError for errors and
    for what is no answer of the API."""
    root = xml(text)
    counts = [child(root, f"{OPENSEARCH}{name}") for name in ("totalResults", "startIndex", "itemsPerPage")]
    if root.tag != f"{ATOM}feed" or not all(count and count.isascii() and count.isdigit() for count in counts):
        raise ListingError("arXiv sent XML that is not an answer of its API")
    total, start, per_page = (int(count or 0) for count in counts)
    entries = root.findall(f"{ATOM}entry")
    for entry in entries:
        if "/api/errors" in (child(entry, f"{ATOM}id") or ""):
            raise ListingError(f"arXiv answered with an error: {(child(entry, f'{ATOM}summary') or '')[:200]}")
    listed, skipped = collect(entries, _read, part=response.request.part, before=start)
    require_facts(listed, ("authors", "abstract", "categories", "published"), SITE)
    return Page(
        listed,
        stated=max(min(total - start, per_page), 0),
        skipped=skipped,
        notes=(*_note_on_unknown(listed, response.request.url), *_note_on_more(total, start, len(entries))),
    )


def _note_on_unknown(listed: tuple[Listed, ...], url: str) -> tuple[str, ...]:
    asked = [id for value in parse_qs(urlsplit(url).query).get("id_list", ()) for id in value.split(",")]
    found = {entry.paper.identifier("arxiv") for entry in listed}
    unknown = [id for id in asked if (known := arxiv_id(id)) and known[0] not in found]
    if not unknown:
        return ()
    more = f" and {len(unknown) - _SHOWN} more" if len(unknown) > _SHOWN else ""
    return (f"arXiv's API does not know (yet): {', '.join(unknown[:_SHOWN])}{more}",)


def _note_on_more(total: int, start: int, count: int) -> tuple[str, ...]:
    return (f"the answer holds papers {start + 1} to {start + count} of {total}",) if 0 < count < total else ()


def _read(entry: Element) -> Listed:
    names = naming(child(entry, f"{ATOM}id"), _abstract_page(entry))
    names["identifiers"] += dois_in(child(entry, f"{ARXIV}doi"))
    note = child(entry, f"{ARXIV}comment")
    primary = [element.get("term", "") for element in entry.findall(f"{ARXIV}primary_category")]
    others = [element.get("term", "") for element in entry.findall(f"{ATOM}category")]
    return Listed(
        Paper(
            title=child(entry, f"{ATOM}title") or "",
            abstract=child(entry, f"{ATOM}summary"),
            authors=tuple(children(entry, f"{ATOM}author/{ATOM}name")),
            published=day_in(child(entry, f"{ATOM}published"), UTC),
            updated=day_in(child(entry, f"{ATOM}updated"), UTC),
            categories=classes_in([*primary, *others]),
            note=note,
            extras=extras_of(note, journal_ref=child(entry, f"{ARXIV}journal_ref")),
            **names,
        )
    )


def _abstract_page(entry: Element) -> str | None:
    links = (link for link in entry.findall(f"{ATOM}link") if link.get("rel") == "alternate")
    return next((link.get("href") for link in links), None)
