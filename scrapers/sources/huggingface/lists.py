"""Which lists there are, and the first request for each."""

import re
from datetime import date
from typing import Any
from urllib.parse import urlencode

from scrapers.identifiers import canonical
from scrapers.request import Request

TRANSPORTS = ("api", "page")
API_LIMIT, _SEARCH_LIMIT = 100, 120  # the most that the API gives per page
_MAX_QUERY = 250
_ACCEPT = {"api": "application/json", "page": "text/html"}


def start(
    base_url: str,
    transport: str,
    *,
    day: date | None = None,
    week: str | None = None,
    month: str | None = None,
    trending: bool = False,
    query: str | None = None,
    paper: str | None = None,
) -> tuple[Request, ...]:
    """The first request for one list: a day's, a week's (2026-W07), a month's (2026-02), the trending papers, what is
    found for a query, or one paper by its arXiv id; without any, the newest papers. Raises ValueError for anything
    else."""
    asked = {"day": day, "week": week, "month": month, "trending": trending or None, "query": query, "paper": paper}
    given = {name: value for name, value in asked.items() if value is not None}
    if len(given) > 1:
        raise ValueError(f"Hugging Face gives one list at a time, not {' and '.join(given)} together")
    if transport not in TRANSPORTS:
        raise ValueError(f"Hugging Face is read by {' or '.join(TRANSPORTS)}, not by {transport!r}")
    kind, value = next(((name, _checked(name, value)) for name, value in given.items()), ("", ""))
    address = _api_address(kind, value) if transport == "api" else _page_address(kind, value)
    return (Request(base_url.rstrip("/") + address, transport, day=day, accept=_ACCEPT[transport]),)


def _checked(kind: str, value: Any) -> str:
    text = str(value).strip()
    try:
        if kind == "week":
            date.fromisoformat(text if re.fullmatch(r"\d{4}-W\d\d", text) else "")
        if kind == "month":
            date.fromisoformat(f"{text}-01" if re.fullmatch(r"\d{4}-\d\d", text) else "")
    except ValueError:
        example = "2026-W07" if kind == "week" else "2026-02"
        raise ValueError(f"{text!r} is not a {kind}: write it as {example}") from None
    if kind == "paper":
        return canonical("arxiv", text).value
    if kind == "query" and not 0 < len(text) <= _MAX_QUERY:
        raise ValueError(f"a search on Hugging Face takes 1 to {_MAX_QUERY} characters, not {len(text)}")
    return text


def _api_address(kind: str, value: str) -> str:
    if kind == "query":
        return "/api/papers/search?" + urlencode({"q": value, "limit": _SEARCH_LIMIT})
    if kind == "paper":
        return f"/api/papers/{value}"
    which = {"day": {"date": value}, "week": {"week": value}, "month": {"month": value}, "trending": {"sort": kind}}
    return "/api/daily_papers?" + urlencode({**which.get(kind, {}), "limit": API_LIMIT})


def _page_address(kind: str, value: str) -> str:
    if kind == "query":
        return "/papers?" + urlencode({"q": value})
    return "/papers" + {"day": f"/date/{value}", "": "", "trending": "/trending"}.get(kind, f"/{kind}/{value}")
