"""What is kept, and for how long, on SQLite and on PostgreSQL: what is old goes, and no paper is told again for it."""

from datetime import date, timedelta

import pytest
import sqlalchemy as sa
from farside.world import World, paper

from bot import pruning, subscriptions
from bot.models import Delivery, ListDay, Listing, Message, Reading, Recipient, StoredPaper
from bot.pruning import Pruned, prune, prune_daily, would_prune
from bot.sections import Keep
from bot.show import told_lines
from bot.store import outbox, sources
from bot.store.engine import Engine, reading, writing
from bot.store.merging import merge_records
from bot.store.moving import move_chat
from bot.subscriptions import Rhythm

ME, OTHER = ("test", "me"), ("test", "other")
KEEP = Keep()


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


def subscribe(world: World, query: str, name: str = "all", address: tuple[str, str] = ME, **options: object) -> None:
    subscriptions.subscribe(world.engine, address, query, now=world.now, name=name, **options)  # type: ignore[arg-type]


def pruned(world: World) -> Pruned:
    expected = would_prune(world.engine, KEEP, world.clock)
    done = prune(world.engine, KEEP, world.clock)
    assert done == expected
    assert prune(world.engine, KEEP, world.clock) == Pruned()
    return done


def why(world: World, number: int) -> list[str]:
    return told_lines(subscriptions.why(world.engine, ME, number, world.now))


async def test_what_is_not_old_stays(world: World) -> None:
    subscribe(world, "invented")
    world.take_in(paper(1))
    await world.deliver()
    world.wait(days=399)

    assert pruned(world) == Pruned()


async def test_old_messages_go_and_a_relisted_paper_is_not_told_again(world: World) -> None:
    subscribe(world, "invented")
    subscribe(world, "source:arxiv", "from arxiv")
    subscribe(world, "rewritten", "rewritten")
    world.take_in(paper(1))
    await world.deliver()
    world.wait(days=401)

    assert pruned(world) == Pruned(messages=1)
    assert world.rows(Message) == []
    for source, facts in (("hf", {}), ("arxiv", {}), ("hf", {"title": "Rewritten Results"}), ("hf", {"upvotes": 90})):
        world.take_in(paper(1, **facts), source=source, day=date(2027, 12, 30))
        assert await world.deliver() == []

    assert len(world.channel.sent) == 1
    (line,) = [line for line in why(world, 1) if "'all'" in line]
    assert line == "told 2026-11-20 12:00 UTC for 'all'; the message is not kept any more"


async def test_a_condition_that_comes_true_is_still_told_once(world: World) -> None:
    subscribe(world, "invented")
    subscribe(world, "upvotes>=20", "liked")
    subscribe(world, "upvotes>=50", "very much liked")
    world.take_in(paper(1, upvotes=21))
    await world.deliver()
    world.wait(days=401)
    pruned(world)

    for upvotes in (15, 22, 60, 40, 70):
        world.take_in(paper(1, upvotes=upvotes))
        await world.deliver()
    world.wait(days=401)
    pruned(world)
    for upvotes in (15, 80):
        world.take_in(paper(1, upvotes=upvotes))
        await world.deliver()

    assert [message.items[0].reasons for message in world.channel.sent[1:]] == [("very much liked",)]


async def test_what_nobody_may_miss_stays(world: World) -> None:
    """What waits for a paused recipient, a message that is not sent yet, and list days with their medians."""
    subscribe(world, "invented")
    subscribe(world, "invented", "his", OTHER)
    world.take_in(paper(1))
    with writing(world.engine) as session:
        for one in session.execute(sa.select(Recipient)).scalars():
            one.paused_at = world.now
        row = sources.source_named(session, "hf", "huggingface", world.now)
        session.add(ListDay(source_id=row.id or 0, day=date(2026, 11, 20), papers=7, changed_at=world.now))
    world.wait(days=900)

    assert pruned(world) == Pruned()
    with writing(world.engine) as session:
        for one in session.execute(sa.select(Recipient)).scalars():
            one.paused_at = None
    await world.deliver()
    assert len(world.channel.sent) == 2
    assert len(world.rows(ListDay)) == 1


def test_old_readings_go_but_the_last_good_one_of_a_source(world: World) -> None:
    with writing(world.engine) as session:
        for name in ("hf", "arxiv"):
            row = sources.source_named(session, name, "huggingface", world.now)
            for days, verdict in ((900, "ok"), (800, "ok"), (700, "failed"), (10, "failed")):
                at = world.now - timedelta(days=days)
                session.add(Reading(source_id=row.id or 0, verdict=verdict, started_at=at, finished_at=at))

    assert pruned(world) == Pruned(readings=4)
    with reading(world.engine) as session:
        last = [sources.last_good(session, row.source_id) for row in session.execute(sa.select(Reading)).scalars()]
    assert last == [world.now - timedelta(days=800)] * 4


async def test_what_was_dropped_goes_and_what_was_given_up(world: World) -> None:
    subscribe(world, "invented", rhythm=Rhythm("daily", "18:00"))
    world.take_in(paper(1))
    subscriptions.edit(world.engine, ME, "all", now=world.now, text="nothing")
    world.wait(days=1)
    await world.deliver()
    subscribe(world, "invented", "now")
    world.take_in(paper(2))
    with writing(world.engine) as session:
        (recipient,) = session.execute(sa.select(Recipient)).scalars()
        waits = outbox.waiting(session, recipient.id or 0)
        frozen = outbox.freeze(recipient.id or 0, "alert", "alert", [waits], world.now)
        outbox.put(session, [frozen])
        (message,) = frozen.messages
        message.state, message.error = "dead", "the channel would not take it"
    world.wait(days=401)

    assert pruned(world) == Pruned(messages=1, deliveries=1)
    (left,) = world.rows(Delivery)
    assert (left.paper_id, left.dropped) == (2, "could not be sent")
    assert any("could not be sent" in line for line in why(world, 2))


async def test_in_pieces_all_goes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "AT_ONCE", 3)
    subscribe(world, "invented")
    for number in range(1, 9):
        world.take_in(paper(number))
        await world.deliver()
        if number == 4:
            with writing(world.engine) as session:
                session.execute(sa.update(Message).values(state="ready"))  # some that must stay, at the front
    world.wait(days=401)

    with writing(world.engine) as session:
        stay = session.execute(sa.select(sa.func.count()).where(Message.state == "ready")).scalar_one()
    assert pruned(world) == Pruned(messages=8 - stay)
    assert len(world.rows(Message)) == stay
    assert len(world.rows(Delivery)) == 8


async def test_a_merged_and_a_moved_paper_is_not_told_again(world: World) -> None:
    subscribe(world, "invented")
    subscribe(world, "invented", "his", OTHER)
    world.take_in(paper(1))
    await world.deliver()
    world.wait(days=401)
    pruned(world)
    told = len(world.channel.sent)

    world.take_in(paper(2))  # the same, as it turns out
    with writing(world.engine) as session:
        merge_records(session, 2, 1)
        move_chat(session, "test", "other", "me", world.now)
    await world.deliver()

    assert len(world.channel.sent) == told


async def test_each_day_one_process_prunes(world: World) -> None:
    subscribe(world, "invented")
    world.take_in(paper(1))
    await world.deliver()
    world.wait(days=401)

    assert prune_daily(world.engine, KEEP, world.clock) == Pruned(messages=1)
    world.take_in(paper(2))
    await world.deliver()
    with writing(world.engine) as session:
        session.execute(sa.update(Message).values(created_at=world.now - timedelta(days=500), sent_at=None))
    assert prune_daily(world.engine, KEEP, world.clock) == Pruned()
    world.wait(days=1)
    assert prune_daily(world.engine, KEEP, world.clock, is_stopped=lambda: True) == Pruned()
    world.wait(days=1)
    assert prune_daily(world.engine, KEEP, world.clock) == Pruned(messages=1)


async def test_papers_and_listings_stay(world: World) -> None:
    world.take_in(paper(1), alert=False)
    world.wait(days=4000)
    pruned(world)

    assert len(world.rows(StoredPaper)) == len(world.rows(Listing)) == 1
