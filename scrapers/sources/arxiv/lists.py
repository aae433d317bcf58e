"""Which lists there are, and the first request for each."""

from collections.abc import Iterable
from datetime import date, datetime
from urllib.parse import urlencode

from scrapers.categories import ARCHIVES, class_named
from scrapers.identifiers import arxiv_id
from scrapers.request import Request
from scrapers.sources.arxiv.entries import BASE_URL
from scrapers.sources.arxiv.timetable import list_day

TRANSPORTS = ("new", "catchup", "rss", "oai")  # in the order in which they are asked for a list day of a class
BY_ID, RECENT, ATOM = "api", "recent", "atom"  # read where they are asked for by name
CATCHUP_DAYS = 90
_ALL = 2_000  # the most entries that a listing page shows
_IDS = 100  # in one request of the API
_HOSTS = {
    "rss": "https://rss.arxiv.org",
    ATOM: "https://rss.arxiv.org",
    "oai": "https://oaipmh.arxiv.org",
    BY_ID: "https://export.arxiv.org",
}
_PHYSICS = (
    "astro-ph cond-mat gr-qc hep-ex hep-lat hep-ph hep-th math-ph nlin nucl-ex nucl-th physics quant-ph"
).split()


def start(
    base_url: str,
    transport: str,
    *,
    day: date | None = None,
    part: str = "",
    since: date | None = None,
    until: date | None = None,
    ids: Iterable[str] = (),
) -> tuple[Request, ...]:
    """The first request for one list of one class (`part`).

    `new`, `rss` and `atom` give the newest list, whatever `day` is asked for, and state its day; `recent` the last
    five; `catchup` that of `day`; `oai` the records of the class, or of all, that changed on `day`, or from `since` to
    `until`; `api` the papers of these `ids`, a hundred a request. Everything but the pages has hosts of its own; below
    any other base address than arXiv's, all are asked of that one. Raises ValueError for anything else.
    """
    known = (*TRANSPORTS, RECENT, ATOM, BY_ID)
    if transport not in known:
        raise ValueError(f"arXiv is read by {', '.join(known)}, not by {transport!r}")
    base_url = base_url.rstrip("/")
    host = _HOSTS.get(transport, base_url) if base_url == BASE_URL else base_url
    if transport == BY_ID:
        return tuple(Request(host + address, BY_ID) for address in _by_id(ids))
    part = class_named(part) if part else part
    address = _records(day, part, since, until) if transport == "oai" else _list(transport, day, part)
    return (Request(host + address, transport, day, part),)


def part_named(text: str) -> str:
    """The class or archive of that name, as arXiv spells it. Raises ValueError where there is none."""
    if not text:
        raise ValueError('arXiv is read class by class: name them, such as parts = ["cs.CL", "cs.LG"]')
    return class_named(text)


def transports(day: date | None, now: datetime) -> tuple[str, ...]:
    """The transports that can have the list of that day (None: the newest) at that time, in their order. OAI-PMH knows
    no announcements: what it gives for a day proves nothing about its list. `now` has a zone."""
    age = (list_day(now) - day).days if day else 0
    newest = ("new", "rss") if age <= 0 else ()
    dated = ("catchup",) if day and age < CATCHUP_DAYS else ()
    return tuple(name for name in TRANSPORTS if name in (*newest, *dated))


def _list(transport: str, day: date | None, part: str) -> str:
    if not part:
        raise ValueError("arXiv is read class by class: name one, such as cs.CL")
    if transport == "catchup":
        if day is None:
            raise ValueError("arXiv's catchup page needs a day")
        return f"/catchup/{part}/{day}?" + urlencode({"abs": "True", "page": 1})
    if transport in ("rss", ATOM):
        return f"/{transport}/{part}"
    return f"/list/{part}/{transport}?" + urlencode({"skip": 0, "show": _ALL})


def _records(day: date | None, part: str, since: date | None, until: date | None) -> str:
    days = {"from": day or since, "until": day or until}
    options = {name: str(value) for name, value in days.items() if value}
    if not options:
        raise ValueError("arXiv's OAI-PMH needs a day, or the days since and until")
    chosen = {"set": _set_of(part)} if part else {}
    return "/oai?" + urlencode({"verb": "ListRecords", "metadataPrefix": "arXivRaw", **chosen, **options})


def _set_of(part: str) -> str:
    """`cs:cs:CL`, `physics:hep-th`, `physics:astro-ph:EP`; for an archive `cs`, `physics:astro-ph`."""
    archive, _, name = part.partition(".")
    group = "physics" if archive in _PHYSICS else archive
    if not name:
        return group if part in ARCHIVES and group == archive else f"{group}:{archive}"
    return f"{group}:{archive}:{name}"


def _by_id(ids: Iterable[str]) -> list[str]:
    """One address for each hundred ids. Raises ValueError for an id that is damaged, and where there is none."""
    wanted: dict[str, None] = {}
    for text in ids:
        if not (found := arxiv_id(text)):
            raise ValueError(f"{text!r} is not an arXiv id (ids are text such as 2504.00891 or math/0611800)")
        wanted[found[0] + (f"v{found[1]}" if found[1] else "")] = None
    if not wanted:
        raise ValueError("arXiv's API is asked by ids: give some")
    batches = [list(wanted)[first : first + _IDS] for first in range(0, len(wanted), _IDS)]
    # The comma and the slash stay as they are: that is how the manual writes them.
    return [
        "/api/query?" + urlencode({"id_list": ",".join(batch), "max_results": len(batch)}, safe=",/")
        for batch in batches
    ]
