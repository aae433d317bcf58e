"""A fake arXiv: it answers by the clock, from a ledger of announcements, as arXiv's hosts do, each with its ways.

What it shows of a day is `ledger.batch`; faults of tests/farside/arxiv_ledger.py change that, those of fake_web.py the
answer. It keeps all requests in `log`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qsl, quote, unquote, urlencode

from farside import arxiv_feeds, arxiv_pages, arxiv_records
from farside.arxiv_ledger import CLASSES, EVENINGS_OFF, NEW_YORK, Invented, Ledger, View
from farside.arxiv_records import Token
from farside.fake_web import Answer, Asked, Clock, FakeSite, Fault

_ID = re.compile(r"(\d{4}\.\d{5}|[a-z-]+/\d{7})(v\d+)?")
_BAD_TOKEN = "The value of the resumptionToken argument is invalid or expired."
_NO_RECORDS = (
    "The combination of the values of the from, until, set and metadataPrefix arguments results in an empty list."
)
_CATCHUP_DAYS = 91  # "91 just in case time zone differences" (arXiv/arxiv-browse, controllers/catchup_page)


class ArxivSite(FakeSite):
    """arxiv.org, rss.arxiv.org, oaipmh.arxiv.org and export.arxiv.org. `page_size` are the most entries of a page
    (arXiv: 2,000), `oai_size` the records of one answer of OAI-PMH."""

    hosts = frozenset({"arxiv.org", "rss.arxiv.org", "oaipmh.arxiv.org", "export.arxiv.org"})

    def __init__(
        self,
        clock: Clock,
        *,
        evenings_off: Iterable[date] = EVENINGS_OFF,
        page_size: int = 2_000,
        oai_size: int = 2_000,
    ) -> None:
        super().__init__(clock)
        self.ledger = Ledger(evenings_off)
        self.page_size, self.oai_size = page_size, oai_size
        self._tokens: dict[str, datetime] = {}

    def announce(
        self,
        day: date,
        part: str,
        *,
        new: Sequence[Invented] = (),
        cross: Sequence[Invented] = (),
        replaced: Sequence[Invented] = (),
    ) -> None:
        """Put these on the list of that day and class; it is there from 20:00 in New York on the evening before."""
        self.ledger.announce(day, part, new=new, cross=cross, replaced=replaced)

    def understood(self, host: str, path: str, query: Mapping[str, str]) -> Asked:
        words = path.strip("/").split("/")
        if words[0] == "list":
            return Asked(host, path, query, words[-1], words[1])
        if words[0] in ("catchup", "rss", "atom"):
            return Asked(host, path, query, words[0], words[1])
        if words[0] in ("oai", "api"):
            return Asked(host, path, query, words[0])
        return Asked(host, path, query, "robots" if words == ["robots.txt"] else "")

    def answer(self, asked: Asked) -> Answer:
        answers = {
            "new": self._new,
            "catchup": self._catchup,
            "rss": self._feed,
            "atom": self._feed,
            "oai": self._oai,
            "api": self._api,
            "robots": self._robots,
        }
        found = answers.get(asked.transport)
        return found(asked) if found else Answer("<html><body>Not found</body></html>", 404)

    def _robots(self, asked: Asked) -> Answer:
        delay = "Crawl-delay: 15\n" if asked.host == "arxiv.org" else ""
        return Answer(f"User-agent: *\n{delay}Disallow: /search\n")

    @property
    def _today(self) -> date:
        return self.clock().astimezone(NEW_YORK).date()

    def _view(self, asked: Asked, day: date) -> View:
        view = View(asked.transport, self.ledger.batch(asked.part, day), day)
        for fault in self.faults(asked):
            view = fault.shown(self.ledger, view) if fault.shown else view
        return view

    def _new(self, asked: Asked) -> Answer:
        if asked.part not in CLASSES:
            return Answer(arxiv_pages.bad_request(f"Invalid archive or category: {asked.part}"), 400)
        skip, show = int(asked.query.get("skip", 0)), min(int(asked.query.get("show", 2_000)), self.page_size)
        view = self._view(asked, self.ledger.newest_day(self.clock()))
        return Answer(arxiv_pages.new_page(view, skip, show))

    def _catchup(self, asked: Asked) -> Answer:
        day = date.fromisoformat(asked.path.rpartition("/")[2])
        if refusal := self._refusal(asked.part, day):
            return Answer(arxiv_pages.bad_request(refusal), 400)
        next_day = day + timedelta(days=1)
        while not self.ledger.is_list_day(next_day):
            next_day += timedelta(days=1)
        number = int(asked.query.get("page", 1))
        return Answer(arxiv_pages.catchup_page(self._view(asked, day), next_day, number, self.page_size))

    def _refusal(self, part: str, day: date) -> str:
        if part not in CLASSES:
            return "Invalid subject. Subject must be an archive, category or 'grp_physics'"
        if day > self._today:
            return f"Invalid date: {day}. Can't request date later than today"
        is_old = day < self._today - timedelta(days=_CATCHUP_DAYS)
        return f"Invalid date: {day}. Catchup only allowed for past 90 days" if is_old else ""

    def _feed(self, asked: Asked) -> Answer:
        if asked.part not in CLASSES:
            reason = f"Bad subject class {asked.part.partition('.')[2]!r}."
            return Answer(arxiv_feeds.feed_error(asked.part, self._today, reason), 400)
        render = arxiv_feeds.rss if asked.transport == "rss" else arxiv_feeds.atom
        return Answer(render(self._view(asked, self._today)))  # made again each midnight

    def _oai(self, asked: Asked) -> Answer:
        now, query = self.clock(), dict(asked.query)
        if token := query.get("resumptionToken"):
            if self._tokens.get(token, now) <= now:
                return Answer(arxiv_records.oai_error("badResumptionToken", _BAD_TOKEN, now))
            query = dict(parse_qsl(unquote(token)))
        if query.get("verb") != "ListRecords" or query.get("metadataPrefix") != "arXivRaw":
            return Answer(arxiv_records.oai_error("badArgument", "This server has ListRecords of arXivRaw only.", now))
        found, skip = self._records(query), int(query.get("skip", 0))
        if not found:
            return Answer(arxiv_records.oai_error("noRecordsMatch", _NO_RECORDS, now))
        is_last = skip + self.oai_size >= len(found)
        after = None if is_last else self._token({**query, "skip": str(skip + self.oai_size)})
        return Answer(arxiv_records.list_records(found[skip : skip + self.oai_size], after, now))

    def _records(self, query: Mapping[str, str]) -> list[tuple[Invented, date]]:
        first, last = (query.get(name, default) for name, default in (("from", "0001-01-01"), ("until", "9999-12-31")))
        wanted = query.get("set")
        return [
            (paper, day)
            for paper, day in self.ledger.records(self.clock())
            if first <= day.isoformat() <= last and (wanted is None or wanted in arxiv_records.sets_of(paper))
        ]

    def _token(self, query: Mapping[str, str]) -> Token:
        tomorrow = self.clock().astimezone(UTC) + timedelta(days=1)
        token = Token(quote(urlencode(query)), tomorrow.replace(hour=0, minute=0, second=0, microsecond=0))
        self._tokens[token.text] = token.expires
        return token

    def _api(self, asked: Asked) -> Answer:
        now, ids = self.clock(), [one for one in asked.query.get("id_list", "").split(",") if one]
        if damaged := next((one for one in ids if not _ID.fullmatch(one)), None):
            return Answer(arxiv_records.api_error(f"incorrect id format for {damaged}", now), 400)
        known = {paper.id: paper for paper, _ in self.ledger.records(now)}
        asked_for = (_ID.fullmatch(one) for one in ids)
        found = [_version(known[one[1]], one[2]) for one in asked_for if one and one[1] in known]
        start, per_page = int(asked.query.get("start", 0)), int(asked.query.get("max_results", 10))
        title = f"arXiv Query: search_query=&id_list={','.join(ids)}&start={start}&max_results={per_page}"
        return Answer(arxiv_records.by_id(found, title, start=start, per_page=per_page, now=now))


def _version(paper: Invented, wanted: str | None) -> Invented:
    return replace(paper, version=int(wanted[1:])) if wanted else paper


def expire_tokens() -> Fault:
    """Resumption tokens count as expired."""

    def refused(asked: Asked, answer: Answer) -> Answer:
        if "resumptionToken" not in asked.query:
            return answer
        return Answer(arxiv_records.oai_error("badResumptionToken", _BAD_TOKEN, datetime.now(UTC)))

    return Fault(answered=refused)
