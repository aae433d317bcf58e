"""A list as the API gives it."""

from urllib.parse import parse_qsl, urlencode, urlsplit

from scrapers.request import ListingError, Page, Request, Response, agreed_day
from scrapers.sources._records import number_in
from scrapers.sources.huggingface.items import decoded, read_items
from scrapers.sources.huggingface.lists import API_LIMIT
from scrapers.text import one_line

_DEFAULT_LIMIT = 50


def parse_api(text: str, response: Response) -> Page:
    """The papers that the API lists, and the request for more where the list goes on."""
    items = decoded(text)
    if isinstance(items, dict) and "error" in items:
        raise ListingError(f"Hugging Face answered with an error: {one_line(str(items['error']))[:200]}")
    if isinstance(items, dict) and {"id", "title", "authors"} <= items.keys():
        items = [{"paper": items}]  # one paper by its id: https://huggingface.co/api/papers/ID
    if not isinstance(items, list):
        raise ListingError("Hugging Face sent JSON that is not a list of papers")
    options = dict(parse_qsl(urlsplit(response.request.url).query))
    number, limit = number_in(options.get("p")) or 0, number_in(options.get("limit"))
    page = read_items(items, day=response.request.day, before=number * (limit or 0))
    # Only these lists have an end; the newest, the trending and the found papers are cut where the first page ends.
    has_end = not options.keys().isdisjoint(("date", "week", "month"))
    is_full = bool(items) and (len(items) == limit or 'rel="next"' in response.headers.get("link", ""))
    return Page(
        page.listed,
        (_page_after(response.request, options, number),) if has_end and is_full else (),
        agreed_day(page.listed, response.request.day),
        page.stated,
        page.skipped,
        () if limit else _note_on_length(len(items)),
    )


def _page_after(request: Request, options: dict[str, str], number: int) -> Request:
    query = urlencode({**options, "p": number + 1})
    address = urlsplit(request.url)._replace(query=query).geturl()
    return Request(address, request.transport, request.day, request.part, request.accept)


def _note_on_length(count: int) -> tuple[str, ...]:
    if count not in (_DEFAULT_LIMIT, API_LIMIT):
        return ()
    return (f"the list has exactly {count} papers, the number at which Hugging Face cuts it: there may be more",)
