"""Semantic Scholar: the newest papers that its search finds, `https://api.semanticscholar.org/graph/v1/paper/search/bulk`.

https://api.semanticscholar.org/api-docs/graph (bulk search: 1,000 papers an answer, a `token` for the next ones).
Without a key all callers share one pool and are often refused (429); a key is sent as the header x-api-key.

* The papers come by their publication date, the newest first, and the first 2,000 are read. A paper that is found late
  and is older than these is missed, so a query should not ask for whole sciences. Those without a date come last.
* `total` is an estimate, and so no number of papers is stated; but that there are some and none is sent is an error.
* Many papers have no abstract here, and some only a year instead of a date. Damaged external ids are left out.
* Saved answers of the other searches, of a batch, of an author's papers and of recommendations are read, too.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any
from urllib.parse import parse_qsl, urlencode

from scrapers.identifiers import Identifier, canonical
from scrapers.paper import Paper
from scrapers.request import Calendar, Listed, ListingError, Page, Request, Response
from scrapers.scraper import Scraper, by
from scrapers.sources._records import collect, day_in, decoded, error_in, known, number_in, text_in

BASE_URL = "https://api.semanticscholar.org"
_SITE = "Semantic Scholar"
_FIELDS = "title,abstract,authors,externalIds,publicationDate,year,venue,openAccessPdf,citationCount,fieldsOfStudy,url"
_SCHEMES = {"ArXiv": "arxiv", "DOI": "doi", "ACL": "acl", "PubMed": "pubmed"}
_LISTS = ("data", "recommendedPapers")


def start(
    base_url: str,
    transport: str,
    *,
    day: date | None = None,
    query: str = "",
    fields_of_study: str | None = None,
    key: str | None = None,
) -> tuple[Request, ...]:
    """The request for the newest papers that match the query, of these fields (with commas). Raises ValueError."""
    if transport != "api":
        raise ValueError(f"{_SITE} is read by its api, not by {transport!r}")
    if day is not None:
        raise ValueError(f"{_SITE} has no lists of days, only one of the newest papers")
    if not str(query).strip():
        raise ValueError('Semantic Scholar needs a query, such as query = "retrieval augmented generation"')
    asked = {"query": str(query).strip(), "fields": _FIELDS, "sort": "publicationDate:desc"}
    asked |= {"fieldsOfStudy": str(fields_of_study)} if fields_of_study else {}
    headers = (("x-api-key", key),) if key else ()
    address = f"{base_url}/graph/v1/paper/search/bulk?{urlencode(asked)}"
    return (Request(address, "api", accept="application/json", headers=headers),)


def parse(response: Response) -> Page:
    """The papers of an answer; behind the first one the request for the second. Raises ListingError."""
    answer = decoded(response, _SITE)
    records = _records(answer)
    listed, skipped = collect(records, _read, _SITE)
    token = answer.get("token") if isinstance(answer, dict) else None
    is_first = "token=" not in response.request.url
    return Page(
        listed,
        further=(_after(response.request, token),) if isinstance(token, str) and token and is_first else (),
        stated=None if records else 0,
        skipped=skipped,
    )


def _records(answer: Any) -> Sequence[Any]:
    """The papers of an answer, whichever it is. A paper that a batch does not find is null there."""
    if isinstance(answer, list) and any(isinstance(one, dict) and "paperId" in one for one in answer):
        return [one for one in answer if one is not None]
    if not isinstance(answer, dict):
        raise ListingError(f"{_SITE} sent JSON that is not a list of papers")
    if told := error_in(answer):
        raise ListingError(f"{_SITE} answered with an error: {told}")
    records: list[Any] | None = next((answer[name] for name in _LISTS if isinstance(answer.get(name), list)), None)
    total = number_in(answer.get("total"))
    if not records and total != 0:
        raise ListingError(f"{_SITE} sent no papers, but did not say that there are none")
    return records or ()


def _after(request: Request, token: str) -> Request:
    address, _, query = request.url.partition("?")
    return replace(request, url=f"{address}?{urlencode([*parse_qsl(query), ('token', token)])}")


def _read(record: dict[str, Any]) -> Listed:
    """A paper. Raises ValueError."""
    if not (own := text_in(record, "paperId")):
        raise ValueError("it has no paperId")
    authors = record.get("authors")
    names = [text_in(one, "name") for one in authors if isinstance(one, dict)] if isinstance(authors, list) else []
    return Listed(
        Paper(
            title=text_in(record, "title") or "",
            abstract=text_in(record, "abstract"),
            authors=tuple(filter(None, names)),
            published=day_in(record.get("publicationDate")),
            identifiers=(*_external(record.get("externalIds")), Identifier("s2", own)),
            url=text_in(record, "url") or f"https://www.semanticscholar.org/paper/{own}",
            extras=_extras(record),
        )
    )


def _external(ids: Any) -> tuple[Identifier, ...]:
    """The ids that other sites gave the paper, those that are whole."""
    found: dict[str, Identifier] = {}
    for name, scheme in _SCHEMES.items() if isinstance(ids, dict) else ():
        try:
            one = canonical(scheme, text_in(ids, name) or "")
        except ValueError:
            continue
        found.setdefault(one.scheme, one)
    return tuple(found.values())


def _extras(record: dict[str, Any]) -> dict[str, Any]:
    pdf, fields = record.get("openAccessPdf"), record.get("fieldsOfStudy")
    return known(
        venue=text_in(record, "venue"),
        year=number_in(record.get("year")),
        citations=number_in(record.get("citationCount")),
        pdf=text_in(pdf, "url") if isinstance(pdf, dict) else None,
        fields=[one for one in fields if isinstance(one, str)] if isinstance(fields, list) else None,
    )


def recognises(text: str) -> bool:
    """Does this text look like an answer of the API?"""
    is_empty = text.startswith("{") and '"total"' in text and len(text) < 200 and '"results"' not in text
    return text.startswith(("{", "[")) and ('"paperId"' in text or is_empty)


def parse_saved(text: str, day: date | None = None) -> Page:
    """What a saved answer lists."""
    page = parse(Response(Request("", "api", day=day), "", 200, text.encode(errors="replace")))
    return replace(page, further=())


SCRAPER = Scraper(
    name="semanticscholar",
    base_url=BASE_URL,
    calendar=Calendar("UTC", opens=time(0), weekdays=frozenset(range(7)), rolling=True),
    start=start,
    parse=parse,
    transports=by("api"),
    recognises=recognises,
    parse_saved=parse_saved,
    gaps={"api.semanticscholar.org": 1.5},  # with a key one request a second is allowed, over all endpoints
)
