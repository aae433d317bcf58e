"""OAI-PMH: https://oaipmh.arxiv.org/oai (https://info.arxiv.org/help/oa/index.html; the server of March 2025).

`from` and `until` mean the day on which a record last changed (`day` of what is listed here: the datestamp, as arXiv
states it, which follows the announcement's list day but also every administrative edit). OAI-PMH says neither how a
paper was announced nor how many records follow. Errors come with status 200; `noRecordsMatch` is an empty list. A
resumption token is passed on as it is; it expires at the next midnight UTC, whereupon the rest is an error.

In the format `arXiv`, `created` was the day of the first version on the old server and is that of the current version
on the new (recorded answers of both), so no day of it is kept; `arXivRaw` dates every version, and is what we ask for.
Not established: answers of the production server since March 2025; ours were rendered by its code.
"""

import re
from datetime import UTC
from typing import Any
from urllib.parse import urlencode, urlsplit

from scrapers.categories import classes_in
from scrapers.paper import Paper
from scrapers.request import Listed, ListingError, Page, Request, Response, agreed_day
from scrapers.sources._records import require_facts
from scrapers.sources.arxiv.authors import as_submitted
from scrapers.sources.arxiv.days import day_in
from scrapers.sources.arxiv.entries import SITE, collect, dois_in, extras_of, naming
from scrapers.sources.arxiv.markup import Element, child, xml
from scrapers.text import one_line, plain

OAI = "{http://www.openarchives.org/OAI/2.0/}"
RAW = "{http://arxiv.org/OAI/arXivRaw/}"
PARSED = "{http://arxiv.org/OAI/arXiv/}"
_VERSION = re.compile(r"v([1-9]\d{0,3})", re.ASCII)
_SHOWN = 5  # ids that a note names


def parse_oai(text: str, response: Response) -> Page:
    """The papers of ListRecords or GetRecord, and the request for the records after. Raises ListingError for every
    error but `noRecordsMatch`."""
    root = xml(text)
    if root.tag != f"{OAI}OAI-PMH":
        raise ListingError("arXiv sent XML that is not an answer of OAI-PMH")
    errors = [(error.get("code"), "".join(error.itertext())) for error in root.findall(f"{OAI}error")]
    if any(code != "noRecordsMatch" for code, _ in errors):
        code, reason = next(error for error in errors if error[0] != "noRecordsMatch")
        raise ListingError(f"arXiv answered with the error {one_line(code or '')[:60]}: {one_line(reason)[:200]}")
    records = [record for verb in ("ListRecords", "GetRecord") for record in root.findall(f"{OAI}{verb}/{OAI}record")]
    if bool(errors) == bool(records):
        raise ListingError("arXiv sent an answer of OAI-PMH that is not a list of records")
    deleted = [record for record in records if record.find(f"{OAI}header[@status='deleted']") is not None]
    kept = [record for record in records if record not in deleted]
    listed, skipped = collect(kept, _read, part=response.request.part)
    require_facts(listed, ("authors", "abstract", "categories"), SITE)
    return Page(
        listed,
        _after(root, response.request),
        day=agreed_day(listed, response.request.day),
        stated=len(kept),
        skipped=skipped,
        notes=_note_on(deleted),
    )


def _after(root: Element, request: Request) -> tuple[Request, ...]:
    token = (root.findtext(f"{OAI}ListRecords/{OAI}resumptionToken") or "").strip()
    if not token:
        return ()
    query = urlencode({"verb": "ListRecords", "resumptionToken": token})
    address = urlsplit(request.url)._replace(query=query, fragment="").geturl()
    return (Request(address, request.transport, request.day, request.part, request.accept),)


def _note_on(deleted: list[Element]) -> tuple[str, ...]:
    if not deleted:
        return ()
    ids = [(record.findtext(f"{OAI}header/{OAI}identifier") or "?").strip()[:60] for record in deleted]
    more = f" and {len(ids) - _SHOWN} more" if len(ids) > _SHOWN else ""
    return (f"arXiv has deleted: {', '.join(ids[:_SHOWN])}{more}",)


def _read(record: Element) -> Listed:
    number, stamp = (record.findtext(f"{OAI}header/{OAI}{name}") for name in ("identifier", "datestamp"))
    raw, parsed = (record.find(f"{OAI}metadata/{name}") for name in (f"{RAW}arXivRaw", f"{PARSED}arXiv"))
    found, namespace = (parsed, PARSED) if raw is None else (raw, RAW)
    if found is None:
        raise ValueError("it is in neither of the formats arXivRaw and arXiv")
    names = naming(number, child(found, f"{namespace}id"))
    names["identifiers"] += dois_in(child(found, f"{namespace}doi"))
    note = child(found, f"{namespace}comments")
    extras = extras_of(
        note, journal_ref=child(found, f"{namespace}journal-ref"), license=child(found, f"{namespace}license")
    )
    facts = _parsed_facts(found) if raw is None else _raw_facts(found)
    return Listed(
        Paper(
            title=child(found, f"{namespace}title") or "",
            abstract=child(found, f"{namespace}abstract"),
            categories=classes_in((child(found, f"{namespace}categories") or "").split()),
            note=note,
            **{**names, **facts, "extras": {**extras, **facts["extras"]}},
        ),
        day_in(stamp, UTC),
    )


def _raw_facts(raw: Element) -> dict[str, Any]:
    """What arXivRaw has alone: authors in one text, and all versions with their days (UTC)."""
    versions = {int(found[1]): one for one in raw.findall(f"{RAW}version") if (found := _number(one))}
    days = {number: day_in(child(one, f"{RAW}date"), UTC) for number, one in sorted(versions.items())}
    last = max(versions, default=None)
    is_withdrawn = last is not None and "I" in (child(versions[last], f"{RAW}source_type") or "")
    return {
        "authors": as_submitted(child(raw, f"{RAW}authors")),
        "version": last,
        "published": days.get(1),
        "updated": days[last] if last else None,
        "extras": extras_of(versions=[str(day) for day in days.values()], withdrawn=is_withdrawn),
    }


def _number(version: Element) -> re.Match[str] | None:
    return _VERSION.fullmatch(version.get("version") or "")


def _parsed_facts(parsed: Element) -> dict[str, Any]:
    """What the format arXiv has alone: the authors' names in parts."""
    authors = parsed.findall(f"{PARSED}authors/{PARSED}author")
    parts = ([child(author, f"{PARSED}{name}") for name in ("forenames", "keyname", "suffix")] for author in authors)
    return {"authors": tuple(plain(" ".join(filter(None, names))) for names in parts), "extras": {}}
