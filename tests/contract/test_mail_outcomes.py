"""What comes of a mail server's answers, for those who wait for mails, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta

import pytest
from farside.mail import TAKE_AND_CLOSE, MailServer, mail_server, read
from farside.world import NOON, World, paper

from bot import recipients, subscriptions
from bot.channels.email import EmailChannel
from bot.deliver import Attempt, deliver_once
from bot.models import Message, Pace, Recipient
from bot.store.engine import Engine
from bot.subscriptions import Rhythm

ADA, BEN = ("email", "ada@example.org"), ("email", "ben@example.org")


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as server:
        yield server


@pytest.fixture
async def channel(server: MailServer) -> AsyncIterator[EmailChannel]:
    url, sender = f"smtp://127.0.0.1:{server.port}", "alerts@papers.test"
    channel = EmailChannel(url, sender, per_minute=60_000, timeout=2)
    yield channel
    await channel.close()


@pytest.fixture
def world(engine: Engine) -> World:
    return World(engine)


async def send(world: World, channel: EmailChannel) -> list[Attempt]:
    """Send all that is due; the attempts."""

    async def sleep(seconds: float) -> None:
        world.wait(seconds=seconds)

    attempts, channels = [], {"email": channel}
    while found := await deliver_once(world.engine, channels, clock=world.clock, random=world.random, sleep=sleep):
        attempts.append(found)
    return attempts


def owe(world: World, *addresses: tuple[str, str]) -> None:
    for address in addresses:
        subscriptions.subscribe(world.engine, address, "source:hf", now=world.now)
    world.take_in(paper(1))


async def test_who_is_greylisted_is_asked_again_after_five_minutes_and_holds_nobody_up(
    world: World, channel: EmailChannel, server: MailServer
) -> None:
    owe(world, ADA, BEN)
    server.answers["RCPT"] += ["451 4.7.1 greylisted", ""]

    await send(world, channel)
    assert [one.to for one in server.got] == ["ben@example.org"]
    (message, _) = world.rows(Message)
    assert timedelta(minutes=5) <= message.send_at - world.now <= timedelta(minutes=10)
    assert (message.state, message.attempts, message.ambiguous) == ("ready", 1, 0)
    assert "451 4.7.1 greylisted" in message.error

    world.wait(minutes=10)
    await send(world, channel)
    assert [one.to for one in server.got] == ["ben@example.org", "ada@example.org"]


async def test_who_is_refused_for_now_all_day_is_given_up_after_a_day_and_not_much_asked(
    world: World, channel: EmailChannel, server: MailServer
) -> None:
    owe(world, ADA)
    server.answers["RCPT"] += ["452 4.2.2 full"] * 50

    for _ in range(30 * 12):
        await send(world, channel)
        world.wait(minutes=5)

    (message,) = world.rows(Message)
    assert message.state == "dead"
    assert 5 <= message.attempts <= 15


async def test_an_address_that_is_not_there_is_disabled_at_once_with_its_reason(
    world: World, channel: EmailChannel, server: MailServer
) -> None:
    owe(world, ADA)
    server.answers["RCPT"].append("550 5.1.1 no such user")

    await send(world, channel)

    (recipient,) = world.rows(Recipient)
    assert recipient.disabled_reason == "the mail server says at RCPT: 550 5.1.1 no such user"
    recipients.resume(world.engine, ADA, world.now)
    await send(world, channel)
    assert len(server.got) == 1


async def test_an_address_that_is_refused_is_disabled_on_the_third_day(
    world: World, channel: EmailChannel, server: MailServer
) -> None:
    owe(world, ADA)
    server.answers["RCPT"] += ["552 5.2.2 mailbox full"] * 3

    for day in range(3):
        world.now = NOON + timedelta(days=day, minutes=day)
        assert len(await send(world, channel)) == 1
        world.wait(hours=12)
        assert await send(world, channel) == []
        assert bool(world.rows(Recipient)[0].disabled_at) == (day == 2)


async def test_a_mail_that_arrives_forgets_the_days_before(
    world: World, channel: EmailChannel, server: MailServer
) -> None:
    owe(world, ADA)
    for day in range(4):
        world.now = NOON + timedelta(days=2 * day, minutes=day)
        server.answers["RCPT"].append("552 5.2.2 mailbox full")
        assert len(await send(world, channel)) == 1
        world.wait(days=1, seconds=1)
        assert len(await send(world, channel)) == 1
        world.take_in(paper(10 + day))

    assert len(server.got) == 4
    assert not world.rows(Recipient)[0].disabled_at


async def test_what_several_servers_have_against_us_stops_all_mails(
    world: World, channel: EmailChannel, server: MailServer
) -> None:
    others = [("email", f"{name}@example.org") for name in ("cy", "dot", "eve")]
    owe(world, ADA, BEN, *others)
    server.answers["RCPT"] += ["550 5.7.1 not authenticated"] * 3

    assert len(await send(world, channel)) == 3
    assert server.got == []
    lane = next(one for one in world.rows(Pace) if one.name == "lane:email")
    assert "5.7.1" in lane.reason
    assert lane.next_at >= world.now + timedelta(minutes=59)
    assert {one.state for one in world.rows(Message)} == {"ready"}

    world.wait(hours=2)
    await send(world, channel)
    assert {one.to for one in server.got} == {address for _, address in (ADA, BEN, *others)}


async def test_what_one_receiver_has_against_us_keeps_no_mail_from_others(
    world: World, channel: EmailChannel, server: MailServer
) -> None:
    """Anybody may have a mail sent to a server that refuses it."""
    owe(world, ADA, BEN)
    server.answers["RCPT"] += ["550 5.7.1 blocked by policy"]

    for _ in range(6):
        await send(world, channel)
        server.answers["RCPT"] += ["550 5.7.1 blocked by policy"]
        world.wait(hours=2)

    assert [one.to for one in server.got] == ["ben@example.org"]
    assert not any(one.reason for one in world.rows(Pace) if one.name == "lane:email")
    assert [one.attempts > 1 for one in world.rows(Message)] == [True, False]


async def test_a_mail_that_may_have_arrived_is_sent_again_under_the_same_name(
    world: World, channel: EmailChannel, server: MailServer
) -> None:
    owe(world, ADA)
    server.answers["DATA"] += [TAKE_AND_CLOSE]
    await send(world, channel)
    (message,) = world.rows(Message)
    assert (message.state, message.ambiguous) == ("ready", 1)

    world.wait(minutes=3)
    await send(world, channel)
    (message,) = world.rows(Message)
    assert (message.state, message.remote_id) == ("sent", "2.0.0 OK: queued as 2")
    first, second = server.got
    assert first.data == second.data


async def test_a_digest_is_one_mail_and_tells_everything_once(
    world: World, channel: EmailChannel, server: MailServer
) -> None:
    daily = Rhythm("daily", "18:00")
    subscriptions.subscribe(world.engine, ADA, "source:hf", name="all", now=world.now, rhythm=daily)
    subscriptions.subscribe(world.engine, ADA, "invented", name="some", now=world.now, rhythm=daily)
    world.take_in(*(paper(number) for number in range(1, 46)))
    world.wait(hours=6)

    await send(world, channel)

    (got,) = server.got
    message = read(got)
    assert message["Subject"] == "45 new papers · 2 subscriptions · 20 Nov"
    text = message.get_body(("plain",)).get_content()
    assert all(text.count(f"Test Number {number}\r\n") == 1 for number in range(1, 46))
