"""arXiv: https://arxiv.org, by its listing pages, its feeds, OAI-PMH, and for single papers its query API.

Each class (`part`: `cs.CL`) is a list of its own, with the days of `timetable`. In the order in which they are asked:

| transport | what it gives | `day` of what it lists | stated |
| --- | --- | --- | --- |
| `new` | the newest list of a class: new, cross-listed, replaced | the day that the page states | by the page |
| `catchup` | the same for any of the last 90 days | the day that the page states | by the page |
| `rss` | the newest list; 2,000 entries at most | the announcement's, in New York | entries counted |
| `oai` | the records that changed on a day: versions, licence | the day of the change; no announce type | counted |

By name only: `recent` (five days, no abstracts), `atom` (as `rss`), `api` (papers by id, without a day). The metadata
is CC0 (https://info.arxiv.org/help/api/tou.html); robots.txt asks for 15 s between pages, the terms for 3 s elsewhere.
"""

from scrapers.scraper import Scraper
from scrapers.sources.arxiv.answers import parse, parse_saved, recognises
from scrapers.sources.arxiv.entries import BASE_URL
from scrapers.sources.arxiv.lists import part_named, start, transports
from scrapers.sources.arxiv.timetable import CALENDAR

SCRAPER = Scraper(
    name="arxiv",
    base_url=BASE_URL,
    calendar=CALENDAR,
    start=start,
    parse=parse,
    transports=transports,
    part_named=part_named,
    recognises=recognises,
    completing="oai",
    parse_saved=parse_saved,
    # robots.txt and the terms, see above; the feeds are made once a day.
    gaps={"arxiv.org": 15.0, "export.arxiv.org": 3.0, "oaipmh.arxiv.org": 3.0, "rss.arxiv.org": 3.0},
)
