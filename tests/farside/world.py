"""A small world for tests: papers, a channel that remembers, a clock that is set."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import sqlalchemy as sa

from bot.channels import ChannelError, Outgoing, Pace, Sent
from bot.deliver import Attempt, deliver_once
from bot.intake import Taken, take_in
from bot.models import Delivery, Message, Recipient
from bot.store.engine import Engine, reading
from bot.watching import Watching
from scrapers.paper import Paper
from scrapers.request import Listed

DAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def paper(number: int = 1, **facts: object) -> Paper:
    """An invented paper with an arXiv id; `facts` replace its fields."""
    values: dict[str, object] = {
        "title": f"Invented Results on the Behaviour of Test Number {number}",
        "abstract": f"We invent result number {number} and show that nobody has invented it before us. " * 3,
        "authors": [f"Ada Tester{number}", "Ben Checker"],
        "published": date(2026, 11, 19),
        "identifiers": [("arxiv", f"2611.{number:05}")],
        "upvotes": 5,
    }
    return Paper(**{**values, **facts})


@dataclass
class World:
    """A database with a clock and a channel; the far side of everything."""

    engine: Engine
    now: datetime = NOON
    channel: "Remembering" = field(default_factory=lambda: Remembering())  # noqa: PLW0108 - defined below
    random: Random = field(default_factory=lambda: Random(7))
    watching: Watching = field(default_factory=Watching)
    sources: tuple[str, ...] = ()  # that digests wait for
    name: str = "test"  # of the channel

    def clock(self) -> datetime:
        return self.now

    def wait(self, **time: float) -> None:
        self.now += timedelta(**time)

    def take_in(self, *papers: Paper, source: str = "hf", alert: bool = True, day: date = DAY) -> Taken:
        listed = [Listed(one, rank=rank) for rank, one in enumerate(papers, 1)]
        return take_in(
            self.engine, source, "huggingface", listed, day=day, alert=alert, now=self.now, watching=self.watching
        )

    async def deliver(self) -> list[Attempt]:
        """Send everything that is due; the attempts that were made."""
        attempts, channels = [], {self.name: self.channel}
        while attempt := await deliver_once(
            self.engine, channels, sources=self.sources, clock=self.clock, random=self.random
        ):
            attempts.append(attempt)
        return attempts

    def everything(self) -> list[dict[str, Any]]:
        """All that is stored of recipients, and of what is owed and sent to them."""
        return [row.model_dump() for table in (Recipient, Delivery, Message) for row in self.rows(table)]

    def rows(self, table: Any) -> list[Any]:
        return rows(self.engine, table)


def rows(engine: Engine, table: Any) -> list[Any]:
    """The rows of a table, oldest first."""
    with reading(engine) as session:
        found = session.execute(sa.select(table).order_by(*table.__table__.primary_key)).scalars().all()
        session.expunge_all()
        return list(found)


@dataclass
class Remembering:
    """A channel that keeps what it was given, and fails as it is told to (`failures` are used up one by one)."""

    papers_at_most: int = 50
    rate: float = 0
    gap: float = 0
    timeout: float = 30
    a_day: int = 0
    sent: list[Outgoing] = field(default_factory=list)
    failures: list[ChannelError | Sent | None] = field(default_factory=list)
    tried: int = 0

    @property
    def alerts_at_most(self) -> int:
        return self.papers_at_most

    def check(self, address: str) -> str:
        return address

    def pace(self, address: str) -> Pace:
        return Pace(f"test:{address.partition('/')[0]}", self.gap)

    def render(self, outgoing: Outgoing) -> Outgoing:
        return outgoing

    async def send(self, address: str, rendered: Outgoing) -> Sent:
        self.tried += 1
        answer = self.failures.pop(0) if self.failures else None
        failure = answer if isinstance(answer, ChannelError) else None
        if failure is None or failure.sent is None:
            self.sent.append(rendered)
        if failure:
            raise failure
        return answer or Sent(f"remote-{self.tried}")

    async def close(self) -> None:
        pass

    @property
    def titles(self) -> list[str]:
        return [item.paper.title for outgoing in self.sent for item in outgoing.items]
