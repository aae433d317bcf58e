"""Processes that deliver by a real channel to its fake far side and are killed at each step of it; and the account
afterwards: what the far side accepted, beside what the database says."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import sqlalchemy as sa
from farside.worker import IDLE, Fate, Work, Workers, working
from farside.world import World, paper

from bot import presence, subscriptions
from bot.channels import ChannelError, Sent
from bot.deliver import deliver_once
from bot.models import Delivery, Message, Recipient
from bot.store.engine import Engine, make_engine, reading

# After these, it is known whether the message arrived: killed in the transaction that claims it, or when all was over.
# After the others nobody knows; nor after an answer that says nothing.
CERTAIN, UNCLEAR = ("claiming", "recorded"), "unclear"


class FarSide(Protocol):
    """Where the messages of a channel go."""

    @property
    def channel(self) -> str: ...

    @property
    def addresses(self) -> Iterable[str]: ...

    @property
    def url(self) -> str:
        """Where workers find it."""

    def let_go_wrong(self, random: Random) -> None:
        """Some of what is sent next goes wrong, and a place may be closed."""

    def let_everybody_back(self) -> None:
        """All places are open again."""

    def mend(self) -> None:
        """Nothing goes wrong any more."""

    def arrived(self) -> list[tuple[str, str]]:
        """The addresses and texts of what was accepted."""


class Telling:
    """A channel that remembers whether the last answer left it open what became of the message."""

    unclear = False

    async def send(self, address: str, rendered: Any) -> Sent:
        try:
            return await super().send(address, rendered)  # type: ignore[misc, no-any-return]
        except ChannelError as error:
            self.unclear = error.sent is None
            raise


async def deliver(database_url: str, name: str, channel: Any, fate: Fate) -> None:
    """Deliver by the channel, which is a Telling one, whenever a time is told. Steps are claiming, claimed, recording
    and recorded, and those of the channel."""
    engine, random = make_engine(database_url), Random(1)
    writing = "claiming"

    def after_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "WITH")):
            fate.reached(writing)

    def found() -> None:
        nonlocal writing
        writing = "recording"
        fate.reached("claimed")

    async def sleep(seconds: float) -> None:
        fate.wait(seconds)

    sa.event.listen(engine, "after_cursor_execute", after_statement)
    while True:
        fate.next_time()
        while await deliver_once(engine, {name: channel}, clock=fate.clock, random=random, sleep=sleep, found=found):
            writing = "claiming"
            if channel.unclear:
                channel.unclear = False
                fate.parent.send(UNCLEAR)
            fate.reached("recorded")
        fate.parent.send(IDLE)


@dataclass
class Story:
    """Alerts for some places, in rounds of five minutes, until so many workers were killed; then all that is left."""

    world: World
    far_side: FarSide
    workers: Workers
    random: Random
    papers: int = 0

    def __post_init__(self) -> None:
        for address in self.far_side.addresses:
            to = self.far_side.channel, address
            subscriptions.subscribe(self.world.engine, to, "source:hf", now=self.world.now)

    @property
    def killed(self) -> int:
        return sum(self.workers.ended[step] for step in self.workers.ends)

    def live(self, kills: int, say: Callable[[str], None]) -> None:
        while self.killed < kills:
            self.papers += 1
            self.world.take_in(paper(self.papers))
            self.far_side.let_go_wrong(self.random)
            if self.random.random() < 0.2:
                self._let_everybody_back()
            self._deliver()
            if self.papers % 10 == 0:
                say(f"{self.killed} killed, {self.papers} papers")
        self.far_side.mend()
        self._let_everybody_back()
        for _ in range(200):
            if not _owed(self.world.engine):
                return
            self._deliver(minutes=30)
        raise AssertionError("what is owed is never sent")

    def _deliver(self, minutes: int = 5) -> None:
        self.workers.deliver(self.world.now)
        self.world.wait(minutes=minutes)

    def _let_everybody_back(self) -> None:
        self.far_side.let_everybody_back()
        for address in self.far_side.addresses:
            presence.back(self.world.engine, (self.far_side.channel, address), self.world.now)


def _owed(engine: Engine) -> int:
    """How much is in no message that was sent."""
    sent = sa.exists().where(Message.id == Delivery.message_id, Message.state == "sent")
    with reading(engine) as session:
        return int(session.execute(sa.select(sa.func.count()).select_from(Delivery).where(~sent)).scalar_one())


@dataclass
class Account:
    """What the far side accepted and the database knows: of each message that was sent, how often it came and how often
    it was in doubt. A long digest only tells how many papers it does not show: these, and what it tells, are
    `not_shown`."""

    alerts: int
    lost: list[tuple[str, int]]
    not_shown: tuple[int, int]
    copies: dict[int, int]
    ambiguous: dict[int, int]
    accepted: int
    ended: Counter[str]

    @property
    def doubled(self) -> int:
        return sum(copies - 1 for copies in self.copies.values() if copies)

    @property
    def doubled_without_doubt(self) -> list[int]:
        """The messages that came more often than was in doubt."""
        return [id for id, copies in self.copies.items() if copies - 1 > self.ambiguous[id]]

    @property
    def in_doubt(self) -> int:
        """How many attempts ended, as far as the processes know, so that nobody knows what became of them."""
        return sum(times for step, times in self.ended.items() if step not in CERTAIN)


def account(story: Story) -> Account:
    came: Counter[tuple[str, int]] = Counter()
    accepted = story.far_side.arrived()
    came.update((address, int(number)) for address, text in accepted for number in set(_numbers(text)))
    with reading(story.world.engine) as session:
        rows = session.execute(
            sa.select(Recipient.address, Delivery)
            .join(Recipient, Recipient.id == Delivery.recipient_id)
            .order_by(Delivery.id)
        ).all()
        messages = {one.id or 0: one for one in session.execute(sa.select(Message)).scalars()}
        session.expunge_all()
    shown = [(address, one) for address, one in rows if one.rank]
    lost = [(to, one.paper_id) for to, one in shown if not came[to, one.paper_id]]
    lost += [(to, one.paper_id) for to, one in rows if messages[one.message_id].state != "sent"]
    copies = {one.message_id: came[address, one.paper_id] for address, one in shown}
    ambiguous = {id: one.ambiguous for id, one in messages.items()}
    not_shown = len(rows) - len(shown), sum(messages[id].more for id in copies)
    return Account(len(rows), lost, not_shown, copies, ambiguous, len(accepted), story.workers.ended)


def _numbers(text: str) -> list[str]:
    return re.findall(r"Test\s+Number\s+(\d+)", text)


def kill(
    engine: Engine, database_url: str, far_side: FarSide, way: tuple[Work, Mapping[str, int]], kills: int, seed: int,
    say: Callable[[str], None],
) -> Account:  # fmt: skip
    """Let two workers deliver until so many were killed, and then the rest; the account of it. The `way` is what a
    worker does, and its steps with how often it gets there at the most."""
    say(f"seed {seed}")
    workers = Workers(database_url, far_side.url, Random(seed), *way)
    story = Story(World(engine), far_side, workers, Random(seed))
    with working(2, workers):
        story.live(kills, say)
    return account(story)
