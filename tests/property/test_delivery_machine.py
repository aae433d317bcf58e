"""Claims, crashes, unknown outcomes and the clock, in any order, over the real store: nothing is lost, and nothing is
told twice without being known as ambiguous."""

import shutil
import tempfile
from collections import Counter
from datetime import timedelta
from functools import cache
from pathlib import Path
from random import Random

import sqlalchemy as sa
from farside.world import NOON, Remembering, World, paper
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot import recipients, subscriptions
from bot.channels import ChannelError, Sent
from bot.claiming import LEASE
from bot.deliver import Attempt, claim, finish, finish_sent, give_back
from bot.models import Delivery, Message
from bot.store.engine import make_engine, migrate, reading

ERRORS = {
    "refused": ChannelError("connection refused", sent=False),
    "busy": ChannelError("too many requests", sent=False, wait=30),
    "unknown": ChannelError("no answer in time", sent=None),
    "long": ChannelError("too many requests", sent=False, wait=3),
    "unreachable": ChannelError("nobody is there", lane=True),
    "unsure": ChannelError("chat not found", gone=True, wait=3_600),
}


@cache
def _template() -> Path:
    path = Path(tempfile.mkdtemp()) / "empty.db"
    engine = make_engine(f"sqlite:///{path}")
    migrate(engine)
    engine.dispose()
    return path


ADDRESSES = ("one", "two", "three")


class Deliveries(RuleBasedStateMachine):
    """Three recipients, some workers that may die at any moment, and a far side that counts what it accepted."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(self.folder.name) / "library.db"
        shutil.copy(_template(), path)
        self.world = World(make_engine(f"sqlite:///{path}"), NOON, Remembering(papers_at_most=3))
        for address in ADDRESSES:
            subscriptions.subscribe(self.world.engine, ("test", address), "source:hf", now=NOON)
        self.stored = 0
        self.accepted: Counter[tuple[str, int]] = Counter()
        self.working: list[Attempt] = []

    def teardown(self) -> None:
        self.everything_is_told_in_the_end()
        self.world.engine.dispose()
        self.folder.cleanup()

    @rule(number=st.integers(1, 5))
    def a_listing_comes(self, number: int) -> None:
        self.world.take_in(*(paper(self.stored + n) for n in range(1, number + 1)))
        self.stored += number

    @rule()
    def the_same_listing_comes_again(self) -> None:
        self.world.take_in(*(paper(n, upvotes=self.world.now.minute) for n in range(1, self.stored + 1)))

    @rule(most=st.integers(1, 3))
    def a_worker_claims(self, most: int) -> None:
        claimed = claim(self.world.engine, {"test": self.world.channel}, self.world.clock, most=most)
        assert len({attempt.recipient_id for attempt in claimed}) == len(claimed) <= most
        self.working.extend(claimed)

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def a_worker_sends_and_records(self, data: st.DataObject) -> None:
        attempt = self._one(data)
        self._accept(attempt)
        self._finish(attempt, Sent())

    @precondition(lambda self: len(self.working) > 1)
    @rule(data=st.data())
    def workers_send_and_record_together(self, data: st.DataObject) -> None:
        attempts = [self._one(data) for _ in range(data.draw(st.integers(2, len(self.working))))]
        for attempt in attempts:
            self._accept(attempt)
        finish_sent(self.world.engine, [(attempt, Sent()) for attempt in attempts], self.world.clock)

    @precondition(lambda self: self.working)
    @rule(data=st.data(), error=st.sampled_from(sorted(ERRORS)), arrived=st.booleans())
    def a_worker_fails(self, data: st.DataObject, error: str, arrived: bool) -> None:
        attempt = self._one(data)
        if ERRORS[error].sent is None and arrived:
            self._accept(attempt)
        self._finish(attempt, ERRORS[error])

    @precondition(lambda self: self.working)
    @rule(data=st.data(), arrived=st.booleans())
    def a_worker_dies(self, data: st.DataObject, arrived: bool) -> None:
        attempt = self._one(data)
        if arrived:
            self._accept(attempt)

    @precondition(lambda self: self.working)
    @rule(data=st.data())
    def a_worker_gives_back(self, data: st.DataObject) -> None:
        give_back(self.world.engine, self._one(data), self.world.clock)

    @rule(seconds=st.sampled_from([1, 30, 119, 121, 3600]))
    def time_passes(self, seconds: int) -> None:
        self.world.wait(seconds=seconds)

    def _one(self, data: st.DataObject) -> Attempt:
        return self.working.pop(data.draw(st.integers(0, len(self.working) - 1)))

    def _accept(self, attempt: Attempt) -> None:
        # A worker checks nothing before it sends: one that was asleep past its lease is the worst case.
        self.accepted.update((attempt.address, item.id) for item in attempt.outgoing.items)

    def _finish(self, attempt: Attempt, result: ChannelError | Sent) -> None:
        finish(self.world.engine, attempt, result, self.world.clock, Random(1))

    @invariant()
    def each_paper_is_owed_once_and_in_one_message(self) -> None:
        with reading(self.world.engine) as session:
            owed = session.execute(sa.select(Delivery.recipient_id, Delivery.paper_id, Delivery.kind)).all()
        assert len(owed) == len(set(owed)) == len(ADDRESSES) * self.stored

    @invariant()
    def what_was_told_twice_is_known_as_ambiguous(self) -> None:
        with reading(self.world.engine) as session:
            ambiguous = {
                (address, paper_id)
                for address, paper_id in session.execute(
                    sa.text(
                        "select r.address, d.paper_id from delivery d join message m on m.id = d.message_id"
                        " join recipient r on r.id = d.recipient_id where m.ambiguous > 0"
                    )
                )
            }
        assert {key for key, times in self.accepted.items() if times > 1} <= ambiguous

    @invariant()
    def a_message_that_is_recorded_as_sent_was_accepted(self) -> None:
        with reading(self.world.engine) as session:
            sent = session.execute(
                sa.text(
                    "select r.address, d.paper_id from delivery d join message m on m.id = d.message_id"
                    " join recipient r on r.id = d.recipient_id where m.state = 'sent'"
                )
            ).all()
        assert {tuple(row) for row in sent} <= set(self.accepted)

    def everything_is_told_in_the_end(self) -> None:
        self.working.clear()
        for address in ADDRESSES:
            recipients.resume(self.world.engine, ("test", address), self.world.now)
        for _ in range(500):
            self.world.now += LEASE + timedelta(hours=6)
            while found := claim(self.world.engine, {"test": self.world.channel}, self.world.clock):
                (attempt,) = found
                self._accept(attempt)
                self._finish(attempt, Sent())
            with reading(self.world.engine) as session:
                left = session.execute(sa.select(Message.id).where(Message.state.in_(("ready", "sending")))).all()
            if not left:
                break
        told = {key for key, times in self.accepted.items() if times}
        dead, more = self._carried("m.state = 'dead'"), self._carried("d.rank is null")
        assert told | dead | more == {(address, n) for address in ADDRESSES for n in range(1, self.stored + 1)}
        assert not told & more

    def _carried(self, condition: str) -> set[tuple[str, int]]:
        with reading(self.world.engine) as session:
            rows = session.execute(
                sa.text(
                    "select r.address, d.paper_id from delivery d join message m on m.id = d.message_id"
                    f" join recipient r on r.id = d.recipient_id where {condition}"
                )
            ).all()
        return {tuple(row) for row in rows}


TestDeliveries = Deliveries.TestCase
TestDeliveries.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
