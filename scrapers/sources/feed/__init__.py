"""Any feed by its address: RSS 0.9 to 2.0, Atom, and JSON Feed 1 and 1.1.

https://www.rssboard.org/rss-specification, https://www.rfc-editor.org/rfc/rfc4287, https://www.jsonfeed.org/version/1.1/.
RSS and Atom are read by feedparser, also where they are damaged; then the page's `problem` says so.

* An entry is named by the arXiv id or the DOI that it holds, else by its own address, else by its guid. An address that
  several entries share names none of them.
* Dates are read as UTC days; many feeds have none. Classes of arXiv are categories, other tags stand in the extras.
* A feed that declares entities is refused, and one of more than 10 MB or 100,000 tags.
* A feed is a rolling list: what has left it before it was read is lost. Unchanged ones are not sent again (ETag,
  Last-Modified).
"""

from datetime import time

from scrapers.request import Calendar
from scrapers.scraper import Scraper, by
from scrapers.sources.feed.answers import parse, parse_saved, recognises, start

SCRAPER = Scraper(
    name="feed",
    base_url="https://feeds.invalid",  # of no use: each feed has its own `url`
    calendar=Calendar("UTC", opens=time(0), weekdays=frozenset(range(7)), rolling=True),
    start=start,
    parse=parse,
    transports=by("feed"),
    recognises=recognises,
    parse_saved=parse_saved,
    conditional=True,
)
