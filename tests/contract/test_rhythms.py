"""What is told when, for every state of a recipient, kind of delivery and rhythm: the table of the design."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
from farside.world import NOON, World, paper

from bot import recipients, subscriptions
from bot.deliver import drop_expired
from bot.models import Delivery, Recipient, Subscription
from bot.store.engine import Engine, reading, writing
from bot.subscriptions import Rhythm

# Two papers match on Friday at noon, or are to be reminded of on Saturday. Digests come at 08:00.
# It is quiet from 11:00 to 09:00. All other states end on Sunday at noon, `long disabled` after eight days.
TABLE = """
state          kind       instant               daily
free           new        alert at once         digest at 08:00
free           version    alert at once         digest at 08:00
free           rise       alert at once         digest at 08:00
free           reminder   digest at 08:00       digest at 08:00
muted          new        never                 never
muted          version    never                 never
muted          rise       never                 never
muted          reminder   digest at 08:00       digest at 08:00
paused         new        digest on return      digest on return
paused         version    digest on return      digest on return
paused         rise       digest on return      digest on return
paused         reminder   digest on return      digest on return
quiet          new        alert at 09:00        digest at 09:00
quiet          version    alert at 09:00        digest at 09:00
quiet          rise       alert at 09:00        digest at 09:00
quiet          reminder   digest at 09:00       digest at 09:00
disabled       new        digest on return      digest on return
disabled       version    digest on return      digest on return
disabled       rise       digest on return      digest on return
disabled       reminder   digest on return      digest on return
long disabled  new        never                 never
long disabled  version    never                 never
long disabled  rise       never                 never
long disabled  reminder   never                 never
erased         new        gone                  gone
erased         version    gone                  gone
erased         rise       gone                  gone
erased         reminder   gone                  gone
"""
ME, SUBJECT = ("test", "me"), "subject"
SATURDAY = NOON + timedelta(days=1)
MOMENTS = {"at once": NOON, "at 08:00": SATURDAY.replace(hour=8), "at 09:00": SATURDAY.replace(hour=9)}


def cases() -> list[tuple[str, str, str, str]]:
    head, *lines = (re.split(r" {2,}", line) for line in TABLE.strip().splitlines())
    return [(*line[:2], rhythm, told) for line in lines for rhythm, told in zip(head[2:], line[2:], strict=True)]


@pytest.mark.parametrize(("state", "kind", "rhythm", "told"), cases())
async def test_what_matches_and_then_the_state_comes(
    engine: Engine, state: str, kind: str, rhythm: str, told: str
) -> None:
    world = World(engine)
    await prepare(world, kind, Rhythm(rhythm))

    HAPPENS[kind](world)
    ENTER[state](world)

    assert await outcome(world, state, kind) == told


@pytest.mark.parametrize(("state", "kind", "rhythm", "told"), [case for case in cases() if case[0] != "erased"])
async def test_what_matches_while_the_state_lasts(
    engine: Engine, state: str, kind: str, rhythm: str, told: str
) -> None:
    world = World(engine)
    await prepare(world, kind, Rhythm(rhythm))

    ENTER[state](world)
    HAPPENS[kind](world)

    assert await outcome(world, state, kind) == told


def test_the_table_is_complete() -> None:
    assert len(cases()) == len({case[:3] for case in cases()}) == len(ENTER) * len(HAPPENS) * 2


async def prepare(world: World, kind: str, rhythm: Rhythm) -> None:
    """The papers are as they were before; only of those that will rise something was told."""
    if kind == "rise":
        subscriptions.subscribe(world.engine, ME, "source:hf", name="words", now=world.now)
    query = "upvotes>=20" if kind == "rise" else "source:hf"
    subscriptions.subscribe(world.engine, ME, query, name=SUBJECT, rhythm=rhythm, now=world.now)
    with writing(world.engine) as session:
        session.execute(sa.update(Subscription).where(Subscription.name == SUBJECT).values(versions=kind == "version"))
    if kind != "new":
        world.take_in(paper(1), paper(2), alert=kind == "rise")
    await world.deliver()
    assert len(world.channel.titles) == (2 if kind == "rise" else 0)
    world.channel.sent.clear()


def matching(**facts: object) -> Callable[[World], None]:
    return lambda world: world.take_in(paper(1, **facts), paper(2, **facts)) and None


def reminders(world: World) -> None:
    for id in (1, 2):
        recipients.remind(world.engine, ME, id, "tomorrow", world.now)


def disable(world: World) -> None:
    with writing(world.engine) as session:
        session.execute(sa.update(Recipient).values(disabled_at=world.now, disabled_reason="blocked by the user"))


HAPPENS: dict[str, Callable[[World], None]] = {
    "new": matching(),
    "version": matching(version=2),
    "rise": matching(upvotes=30),
    "reminder": reminders,
}
ENTER: dict[str, Callable[[World], object]] = {
    "free": lambda world: None,
    "muted": lambda world: subscriptions.mute(world.engine, ME, SUBJECT, world.now + timedelta(days=2)),
    "paused": lambda world: recipients.pause(world.engine, ME, world.now),
    "quiet": lambda world: recipients.change_settings(world.engine, ME, now=world.now, quiet="11:00-09:00"),
    "disabled": disable,
    "long disabled": disable,
    "erased": lambda world: subscriptions.unsubscribe(world.engine, ME),
}


async def outcome(world: World, state: str, kind: str) -> str:
    """In which kind of message the two papers were told, and when."""
    told = []
    for when, moment in MOMENTS.items():
        world.now = moment
        told += await messages(world, when)
    leave(world, state)
    told += await messages(world, "on return")
    world.take_in(paper(1, upvotes=31, version=2), paper(2, upvotes=31, version=2))
    world.wait(days=3)
    told += await messages(world, "much later")
    if told:
        assert [item.kind.split(":")[0] for item in world.channel.sent[0].items] == [kind, kind]
    return ", ".join(told) or ("gone" if is_empty(world, Recipient) and is_empty(world, Delivery) else "never")


def leave(world: World, state: str) -> None:
    world.now = NOON + timedelta(days=8 if state == "long disabled" else 2)
    drop_expired(world.engine, world.clock)
    if state in ("paused", "disabled", "long disabled"):
        recipients.resume(world.engine, ME, world.now)


async def messages(world: World, when: str) -> list[str]:
    before = len(world.channel.sent)
    await world.deliver()
    return [f"{message.kind} {when}" for message in world.channel.sent[before:]]


def is_empty(world: World, table: type) -> bool:
    with reading(world.engine) as session:
        return session.execute(sa.select(table)).first() is None
