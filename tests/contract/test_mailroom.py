"""Mails that come back, and what becomes of addresses, on SQLite and on PostgreSQL."""

from typing import Any

import pytest
from farside.world import NOON, World

from bot import mailroom, opt_in, recipients, subscriptions, tokens
from bot.models import Recipient
from bot.store import keys
from bot.store.engine import Engine

ADA = ("email", "ada@example.org")
REPORT = """\
To: bounce+{key}@papers.test
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.org

Final-Recipient: rfc822; ada@example.org
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 invented reason

--b--
"""


@pytest.fixture
def world(engine: Engine) -> World:
    world = World(engine)
    subscriptions.subscribe(engine, ADA, "kettles", now=NOON, owner=ADA)
    subscriptions.subscribe(engine, ADA, "clocks", now=NOON, owner=ADA)
    return world


@pytest.fixture
def known(world: World) -> dict[str, list[str]]:
    return keys.load(world.engine, tokens.PURPOSES, NOON)


def recipient(world: World) -> Recipient:
    found = recipients.find(world.engine, ADA)
    assert found
    return found


def bounce(world: World, known: Any, status: str) -> str:
    """The report about a mail of today."""
    key = f"{recipient(world).id}-{world.now:%d}"
    data = REPORT.format(key=f"{key}-{tokens.mac(known, tokens.BOUNCE, key)}", status=status)
    return mailroom.take(world.engine, known, data.encode(), world.now).said


def unsubscribing(token: str) -> bytes:
    return f"From: ada@example.org\nSubject: unsubscribe {token}\n\n".encode()


def names(world: World) -> list[str]:
    return [one.subscription.name for one in subscriptions.list_all(world.engine, ADA)]


def test_three_days_of_refusals_end_the_mails_with_the_reason(world: World, known: Any) -> None:
    said = []
    for _ in range(3):
        assert recipient(world).disabled_at is None
        said += [bounce(world, known, "5.2.1"), bounce(world, known, "5.2.1")]  # the second of a day does not count
        world.wait(days=1)

    assert [one.startswith("ada@example.org gets nothing more") for one in said[:5]] == [False] * 4 + [True]
    assert "about an address that gets nothing any more" in said[5]
    assert recipient(world).disabled_reason == "a mail could not be delivered: 5.2.1 smtp; 550 invented reason"
    assert names(world) == ["kettles", "clocks"]


def test_failures_that_may_pass_end_them_on_the_fifth_day(world: World, known: Any) -> None:
    ended = []
    for _ in range(5):
        bounce(world, known, "4.2.2")
        ended.append(recipient(world).disabled_at is not None)
        world.wait(days=1)

    assert ended == [False] * 4 + [True]


def test_what_is_said_of_us_is_no_fault_of_the_address(world: World, known: Any) -> None:
    for _ in range(9):
        assert "5.7.1" in bounce(world, known, "5.7.1")
        world.wait(days=1)

    assert recipient(world).disabled_at is None


def test_failures_of_long_ago_are_forgotten(world: World, known: Any) -> None:
    for _ in range(4):
        bounce(world, known, "5.1.1")
        world.wait(days=1)
        bounce(world, known, "5.1.1")
        world.wait(days=31)

    assert recipient(world).disabled_at is None


def test_whoever_proves_the_address_again_gets_mails_again(world: World, known: Any) -> None:
    for _ in range(3):
        bounce(world, known, "5.1.1")
        world.wait(days=1)
    assert recipient(world).disabled_at

    opt_in.take_over(world.engine, ADA[1], now=world.now, zone_name="UTC")
    bounce(world, known, "5.1.1")

    assert recipient(world).disabled_at is None


def test_a_report_that_anybody_could_have_written_does_nothing(world: World, known: Any) -> None:
    for mac in ("0" * 12, tokens.mac(known, tokens.UNSUBSCRIBE, "1-1")):
        done = mailroom.take(world.engine, known, REPORT.format(key=f"1-1-{mac}", status="5.1.1").encode(), world.now)
        assert done == ("the report names no mail of ours", True)


def test_a_mail_unsubscribes_from_one_or_from_all(world: World, known: Any) -> None:
    sub = subscriptions.list_all(world.engine, ADA)[0].subscription
    one = tokens.sign(known, tokens.UNSUBSCRIBE, recipient(world).id or 0, sub.id or 0)
    every = tokens.sign(known, tokens.UNSUBSCRIBE, recipient(world).id or 0, 0)

    done = [mailroom.take(world.engine, known, unsubscribing(one), NOON) for _ in range(2)]
    assert [each.is_done for each in done] == [True, True]
    assert names(world) == ["clocks"]

    mailroom.take(world.engine, known, unsubscribing(every), NOON)
    assert names(world) == []
    assert recipients.find(world.engine, ADA) is None
    assert "has ended already" in mailroom.take(world.engine, known, unsubscribing(every), NOON).said


def test_a_token_for_something_else_unsubscribes_nobody(world: World, known: Any) -> None:
    for purpose in (tokens.MANAGE, tokens.FEED, tokens.ARCHIVE):
        token = tokens.sign(known, purpose, recipient(world).id or 0, 0)
        assert not mailroom.take(world.engine, known, unsubscribing(token), NOON).is_done

    assert names(world) == ["kettles", "clocks"]
