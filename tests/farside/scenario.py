"""Days in the life of an installation, in no time: a fake web, both loops, and a clock that jumps to what is due next.

After every run it is checked that no list day is closed of which a paper is missing, that no digest and no status says
that there is more, and that nobody was told twice.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import NamedTuple

import sqlalchemy as sa
from farside.arxiv_ledger import opens
from farside.arxiv_site import ArxivSite
from farside.claims import claims
from farside.fake_web import Logged, Together, gaps_kept
from farside.hf_site import HuggingFaceSite
from farside.world import Remembering, World
from sqlmodel import col

from bot import alarms, subscriptions
from bot.channels import Outgoing, Sent
from bot.gate import Gate
from bot.ingest import ingest_once
from bot.models import Delivery, ListDay, Listing, Message, Reading, Source, StoredIdentifier, StoredPaper
from bot.report import report
from bot.sections import SourceSettings
from bot.store.engine import reading
from bot.subscriptions import Rhythm
from scrapers.fetch import Fetcher

# The seconds that the hosts want between two requests: robots.txt, and the terms of the API.
GAPS = {"arxiv.org": 15.0, "export.arxiv.org": 3.0, "oaipmh.arxiv.org": 3.0, "rss.arxiv.org": 3.0}


class Read(NamedTuple):
    """A reading as it was kept."""

    part: str
    day: date | None
    transport: str
    verdict: str


class Told(NamedTuple):
    """A paper in a message: when it went to whom, why, and which; title and abstract before a new version."""

    at: datetime
    to: str
    kind: str
    id: str
    title: str
    before: tuple[str, str | None] | None


@dataclass
class Hearing(Remembering):
    """A channel that also remembers whom it told what, and when."""

    clock: Callable[[], datetime] = datetime.now
    told: list[Told] = field(default_factory=list)

    async def send(self, address: str, rendered: Outgoing) -> Sent:
        sent = await super().send(address, rendered)
        for item in rendered.items:
            id = item.paper.identifier("arxiv") or ""
            self.told.append(Told(self.clock(), address, item.kind, id, item.paper.title, item.before))
        return sent


@dataclass
class Scenario(World):
    """An installation that reads the classes `parts` of a fake arXiv, if any, and `with_hf` Hugging Face, each `every`.
    The far sides are `arxiv` and `hf`: announce there, and let go wrong there, what the scenario is about."""

    parts: tuple[str, ...] = ("cs.CL",)
    with_hf: bool = False
    every: timedelta = timedelta(hours=2)

    def __post_init__(self) -> None:
        self.arxiv, self.hf = ArxivSite(self.clock), HuggingFaceSite(self.clock)
        self.web = Together(self.arxiv, self.hf)
        self.settings: dict[str, SourceSettings] = {}
        if self.parts:
            self.settings["arxiv"] = SourceSettings(scraper="arxiv", parts=self.parts, every=self.every)
        if self.with_hf:
            self.settings["hf"] = SourceSettings(scraper="huggingface", every=self.every)
        self.sources = tuple(self.settings)
        self.hearing = self.channel = Hearing(papers_at_most=1_000, clock=self.clock)
        gate = Gate(self.engine, gap=0.6, gaps=GAPS, clock=self.clock, sleep=self.sleep)
        self.fetcher = polite_fetcher(self.web, gate, self.clock)
        self.all_of_arxiv: set[str] = set()
        self.alarms: list[tuple[datetime, str]] = []
        self._claimed = 0  # messages whose sentences were looked at

    def subscribe(
        self,
        who: str,
        query: str = "source:arxiv",
        *,
        rhythm: str = "instant",
        at: str | None = None,
        versions: bool = False,
    ) -> None:
        """Let somebody ask for papers."""
        subscriptions.subscribe(
            self.engine, (self.name, who), query, now=self.now, rhythm=Rhythm(rhythm, at), versions=versions
        )
        if query == "source:arxiv":
            self.all_of_arxiv.add(who)

    async def run_until(self, instant: datetime) -> None:
        """Read and send whatever is due, when it is due, until that instant."""
        while (due := self._next_due()) is not None and due <= instant:
            self.now, asked = max(self.now, due), len(self.log)
            while await self._ingest():
                if len(self.log) > asked:  # else nothing can have changed
                    self.assert_no_false_claim()
            await self.deliver()
            self.assert_nobody_told_twice()
            if len(self.log) > asked or len(self.channel.sent) > self._claimed:
                self.assert_only_true_sentences()
                self._alarm()
        self.off_until(instant)
        self._alarm()

    def off_until(self, instant: datetime) -> None:
        """Let the time pass in which the program is not running."""
        self.now = max(self.now, instant)

    async def _ingest(self) -> str | None:
        return await ingest_once(
            self.engine, self.settings, self.fetcher.get, clock=self.clock, random=self.random, watching=self.watching
        )

    def _alarm(self) -> None:
        self.alarms += ((self.now, told) for told in alarms.tell(self.engine, self.settings, (), self.clock))

    async def sleep(self, seconds: float) -> None:
        """Spend the scenario's time."""
        self.wait(seconds=seconds)

    def _next_due(self) -> datetime | None:
        """When a source is due, or something is to be sent; now where no source was ever read."""
        with reading(self.engine) as session:
            sources = session.execute(sa.select(sa.func.min(col(Source.due_at)), sa.func.count())).one()
            waiting = sa.select(sa.func.min(col(Delivery.send_at))).where(
                col(Delivery.message_id).is_(None), col(Delivery.dropped).is_(None), col(Delivery.send_at) > self.now
            )
            ready = sa.select(sa.func.min(col(Message.send_at))).where(
                col(Message.state) == "ready", col(Message.send_at) > self.now
            )
            found = [sources[0], session.execute(waiting).scalar(), session.execute(ready).scalar()]
        return self.now if sources[1] < len(self.settings) else min(filter(None, found))

    @property
    def log(self) -> list[Logged]:
        """All requests, oldest first."""
        return self.web.log

    def asked(self, begin: datetime, end: datetime, part: str = "cs.CL") -> list[str]:
        """By which transports a class was asked for in that time, in their order."""
        return [one.transport for one in self.log if begin <= one.at < end and one.part == part]

    @property
    def readings(self) -> list[Read]:
        """All readings, oldest first."""
        return [Read(one.part, one.day, one.transport, one.verdict) for one in self.rows(Reading)]

    def verdicts(self, day: date, part: str = "cs.CL") -> list[tuple[str, str]]:
        """Transport and verdict of each reading of that day's list; OAI-PMH says more of papers, but knows no lists."""
        found = [one for one in self.readings if (one.part, one.day) == (part, day)]
        return [(one.transport, one.verdict) for one in found if one.transport != "oai"]

    @property
    def states(self) -> dict[tuple[str, date], str]:
        """The states of all list days, by part (Hugging Face: "") and day."""
        return {(one.part, one.day): one.state for one in self.rows(ListDay)}

    @property
    def told(self) -> dict[str, list[str]]:
        """The titles that were told, by recipient."""
        found: dict[str, list[str]] = {}
        for one in self.hearing.told:
            found.setdefault(one.to, []).append(one.title)
        return found

    def assert_no_false_claim(self) -> None:
        """Of each closed list day, all papers that were announced are in the library, as listed there."""
        listed = self.listed()
        for (part, day), state in self.states.items():
            if state == "closed":
                missing = [id for id in self._announced(part, day) if (part, day, id) not in listed]
                assert not missing, f"{part} {day} is closed at {self.now}, but {missing} are missing"

    def assert_only_true_sentences(self) -> None:
        """What the new messages and the status say of complete days is so."""
        told = [one.coverage for one in self.channel.sent[self._claimed :]]
        told += [one.get("coverage", "") for one in report(self.engine, self.settings, self.now)["sources"]]
        self._claimed = len(self.channel.sent)
        states = self.states
        for sentence in told:
            for claim in claims(sentence):
                days = claim.means(states)
                papers = sum(len(self._announced(claim.part, day)) for day in days)
                assert (claim.days, claim.papers) == (len(days), papers), f"at {self.now}: {sentence}"

    def assert_good_manners(self) -> None:
        """No host was asked more often than it wants."""
        broken = gaps_kept(self.log, GAPS)
        assert not broken, f"too fast: {broken}"

    def _announced(self, part: str, day: date) -> list[str]:
        """The ids of what a list shows."""
        if part:
            return [one.id for one in self.arxiv.ledger.batch(part, day).papers]
        return [one.paper.id for one in self.hf.days.get(day, {}).values() if one.at <= self.now]

    def listed(self) -> set[tuple[str, date, str]]:
        """Part, day and arXiv id of each listing in the library."""
        query = (
            sa.select(col(Listing.part), col(Listing.day), col(StoredIdentifier.value))
            .join(StoredIdentifier, col(StoredIdentifier.paper_id) == col(Listing.paper_id))
            .where(col(StoredIdentifier.scheme) == "arxiv")
        )
        with reading(self.engine) as session:
            return {(part, day, id) for part, day, id in session.execute(query)}

    def assert_nobody_told_twice(self) -> None:
        """Each recipient was told each new paper once at most."""
        counts = Counter((one.to, one.id) for one in self.hearing.told if one.kind == "new")
        twice = [one for one, count in counts.items() if count > 1]
        assert not twice, f"told twice: {twice}"

    def assert_all_told_once(self) -> None:
        """Each paper that was announced as new or cross after the first reading is in the library once, and was told
        once to everybody who asks for `source:arxiv`; and nothing else was."""
        expected = self._to_be_told()
        ids = [one.value for one in self.rows(StoredIdentifier) if one.scheme == "arxiv"]
        papers = [one for one in self.rows(StoredPaper) if one.merged_into is None]
        assert expected <= set(ids), f"not in the library: {sorted(expected - set(ids))}"
        assert len(papers) == len(set(ids))
        for who in self.all_of_arxiv:
            told = Counter(one.id for one in self.hearing.told if one.to == who and one.kind == "new")
            wrong = sorted((told - Counter(expected)) + (Counter(expected) - told))
            assert not wrong, f"{who}: {len(wrong)} papers not told once, such as {wrong[:5]}"

    def _to_be_told(self) -> set[str]:
        """The ids of the papers whose first announcement in the classes as new or cross-listed, of those that could be
        read since the first list day, came after the first reading."""
        (source,) = [one for one in self.rows(Source) if one.name == "arxiv"]
        first_day = min(day for part, day in self.states if part)
        first: dict[str, date] = {}
        for batch in sorted(self.arxiv.ledger.batches.values(), key=lambda one: one.day):
            if batch.part in self.parts and batch.day >= first_day and opens(batch.day) <= self.now:
                for one in (*batch.new, *batch.cross):
                    first.setdefault(one.id, batch.day)
        return {id for id, day in first.items() if opens(day) > source.seeded_at}


def polite_fetcher(web: Together, gate: Gate, clock: Callable[[], datetime]) -> Fetcher:
    """The fetcher as the program makes it (`bot.app.make_fetcher`), on a fake web."""
    return Fetcher(
        user_agent="paperwatch/0 (tests)",
        timeout=20,
        deadline=60,
        max_bytes=30_000_000,
        gate=gate,
        respect_robots=True,
        transport=web,
        clock=lambda: clock().timestamp(),
    )
