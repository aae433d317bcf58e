"""Unsubscribing by the link of a mail: by one click, for ever, and by nobody's scanner."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle, islice

import pytest
from farside.visiting import BASE, Visitor, actions, contents, seen, text_of
from farside.world import NOON, World, paper

from bot import opt_in, own_data, recipients, tokens
from bot import subscriptions as subs
from bot.mail_links import for_mails
from bot.models import Draft, Person, Recipient, Subscription
from bot.store import keys
from bot.store.engine import Engine, writing
from bot.subscriptions import Rhythm

PLACE = "ada@example.org"
ADA, BEN = ("email", PLACE), ("email", "ben@example.org")
ONE_CLICK = b"List-Unsubscribe=One-Click"
MULTIPART = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n',
    "multipart/form-data; boundary=x",
)


def fill(engine: Engine) -> None:
    for address in (ADA, BEN):
        for query in ("source:hf", "kettles"):
            subs.subscribe(engine, address, query, now=NOON, owner=address, language="de")


@pytest.fixture
def visitor(sqlite_engine: Engine) -> Visitor:
    fill(sqlite_engine)
    return Visitor(sqlite_engine)


def left(engine: Engine) -> list[tuple[str, str]]:
    return [(one.recipient.address, one.subscription.name) for one in subs.list_all(engine)]


OTHERS = [(BEN[1], "source:hf"), (BEN[1], "kettles")]


# One click -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind"),
    [(ONE_CLICK, "application/x-www-form-urlencoded"), MULTIPART, (b"", "text/plain"), (b"\xff\0=%zz&&==", "x/y")],
    ids=["urlencoded", "multipart", "empty", "nonsense"],
)
async def test_one_click_ends_one_subscription(engine: Engine, body: bytes, kind: str) -> None:
    fill(engine)
    visitor = Visitor(engine)
    link = visitor.addresses.unsubscribe(1, 1)

    for _ in range(3):  # readers do it again when they get no answer
        got = await visitor.post(link, body, content_type=kind)
        assert got.status_code == 200
        assert not got.history

    assert left(engine) == [(PLACE, "kettles"), *OTHERS]


async def test_one_click_ends_everything(engine: Engine) -> None:
    fill(engine)
    visitor = Visitor(engine)
    opt_in.ask_manage(engine, PLACE, NOON)

    for _ in range(2):
        assert (await visitor.post(visitor.addresses.unsubscribe(1), ONE_CLICK)).status_code == 200

    assert left(engine) == OTHERS
    assert not any(PLACE in row for rows in contents(engine).values() for row in rows)


async def test_clicks_at_the_same_time_are_all_answered(engine: Engine) -> None:
    fill(engine)
    visitor = Visitor(engine)
    for link in (visitor.addresses.unsubscribe(1, 1), visitor.addresses.unsubscribe(1)):
        answers = await asyncio.gather(*(visitor.post(link, ONE_CLICK) for _ in range(6)))
        assert {one.status_code for one in answers} == {200}
    assert left(engine) == OTHERS


# The page ------------------------------------------------------------------------------------------------------------


async def test_a_page_asks_before_it_ends_one_or_all(visitor: Visitor) -> None:
    link, before = visitor.addresses.unsubscribe(1, 2), contents(visitor.engine)
    asked = await visitor.get(link)
    assert "kettles" in text_of(asked)
    assert actions(asked) == [link]
    assert [value in asked.text for value in ('value="one"', 'value="all"')] == [True, True]
    assert contents(visitor.engine) == before

    done = await visitor.post(link, {"do": "one"})
    assert "kettles" in text_of(done)
    assert left(visitor.engine) == [(PLACE, "source:hf"), *OTHERS]

    assert 'value="all"' in done.text  # which is on the page that says what was done, and still works
    everything = await visitor.post(link, {"do": "all"})
    assert PLACE in text_of(everything)
    assert left(visitor.engine) == OTHERS


async def test_a_page_asks_before_it_ends_everything(visitor: Visitor) -> None:
    link = visitor.addresses.unsubscribe(1)
    asked = await visitor.get(link)

    assert PLACE in text_of(asked)
    assert 'value="one"' not in asked.text
    await visitor.post(link, {"do": "all"})
    assert left(visitor.engine) == OTHERS


# Links that are no more, or never were -------------------------------------------------------------------------------


async def test_a_damaged_link_is_said_to_be_one_and_ends_nothing(visitor: Visitor) -> None:
    made, before = visitor.addresses, contents(visitor.engine)
    token = made.unsubscribe(1, 1).rpartition("/")[2]
    payload, dot, signature = token.partition(".")
    other = made.unsubscribe(2, 3).rpartition("/")[2]
    own = tokens.sign({purpose: ["mine"] for purpose in tokens.PURPOSES}, tokens.UNSUBSCRIBE, 1, 1)
    all_keys = keys.load(visitor.engine, tokens.PURPOSES, NOON)
    damaged = [
        token[:-1], token[1:], payload, dot + signature, f"{payload}.", token.swapcase(), f"{token}.x",
        f"{other.partition('.')[0]}.{signature}", own, "x", "é", "%00", "." * 300, "x" * 10_000,
        made.manage(1, NOON + timedelta(days=7)).rpartition("/")[2], made.feed(1).rpartition("/")[2],
        made.archive(1).rpartition("/")[2], made.confirm(1).rpartition("/")[2],
        tokens.sign(all_keys, tokens.UNSUBSCRIBE, 1), tokens.sign(all_keys, tokens.UNSUBSCRIBE, 1, 1, 1),
    ]  # fmt: skip
    for one in damaged:
        for method in ("GET", "POST"):
            got = await visitor.ask(method, f"{BASE}/u/{one}")
            assert got.status_code == 404, one
            assert f"{BASE}/link" in [str(got.request.url.join(link)) for link in seen(got).links]
    assert contents(visitor.engine) == before


@pytest.mark.parametrize("gone", [subs.unsubscribe, own_data.forget])
async def test_who_was_erased_gets_a_polite_answer(
    visitor: Visitor, gone: Callable[[Engine, tuple[str, str]], object]
) -> None:
    made = visitor.addresses
    links = [made.unsubscribe(1, 1), made.unsubscribe(1), made.unsubscribe(99, 99), made.unsubscribe(99)]
    gone(visitor.engine, ADA)
    before = contents(visitor.engine)

    answers = [await visitor.ask(method, link, {"do": do}) for link in links for do in ("one", "all") for method in
               ("GET", "POST")]  # fmt: skip

    assert {one.status_code for one in answers} == {200}
    assert len({one.text for one in answers}) == 1  # nor does it tell who ever was here
    assert PLACE not in answers[0].text
    assert contents(visitor.engine) == before


async def test_a_link_of_an_ended_subscription_ends_no_other(engine: Engine) -> None:
    fill(engine)
    visitor = Visitor(engine)
    link = visitor.addresses.unsubscribe(2, 4)  # Ben's last, and the last of all
    await visitor.post(link, ONE_CLICK)
    subs.subscribe(engine, BEN, "kettles", now=NOON)
    subs.subscribe(engine, ADA, "bridges", now=NOON)
    before = left(engine)
    assert len(before) == 5

    for _ in range(2):
        assert (await visitor.post(link, ONE_CLICK)).status_code == 200

    assert left(engine) == before


async def test_a_link_of_an_erased_address_ends_no_other(engine: Engine) -> None:
    fill(engine)
    visitor = Visitor(engine)
    links = [visitor.addresses.unsubscribe(2), visitor.addresses.unsubscribe(2, 4)]
    await visitor.post(links[0], ONE_CLICK)
    for address in (BEN, ("email", "cy@example.org")):
        subs.subscribe(engine, address, "kettles", now=NOON)

    for link in links:
        assert (await visitor.post(link, {"do": "all"})).status_code == 200

    assert [place for place, _ in left(engine)] == [PLACE, PLACE, BEN[1], "cy@example.org"]


async def test_a_link_names_both_the_address_and_its_subscription(visitor: Visitor) -> None:
    link = visitor.addresses.unsubscribe(1, 3)  # which is Ben's
    await visitor.post(link, ONE_CLICK)
    assert len(left(visitor.engine)) == 4


async def test_a_renamed_subscription_is_ended_by_its_old_link(visitor: Visitor) -> None:
    subs.edit(visitor.engine, ADA, "source:hf", now=NOON, new_name="all", text="bridges", rhythm="daily")
    await visitor.post(visitor.addresses.unsubscribe(1, 1), ONE_CLICK)
    assert left(visitor.engine) == [(PLACE, "kettles"), *OTHERS]


async def test_a_link_is_good_after_years_and_other_keys(visitor: Visitor) -> None:
    link = visitor.addresses.unsubscribe(1, 1)
    with writing(visitor.engine) as session:
        keys.add(session, tokens.UNSUBSCRIBE, NOON)
    visitor.now += timedelta(days=4_000)

    assert visitor.addresses.unsubscribe(1, 1) != link
    assert (await visitor.post(link, ONE_CLICK)).status_code == 200
    assert left(visitor.engine) == [(PLACE, "kettles"), *OTHERS]


# Scanners ------------------------------------------------------------------------------------------------------------


async def test_a_thousand_visits_by_a_link_scanner_change_nothing(engine: Engine) -> None:
    """All links of a digest and of a notice, and what the pages behind them lead to."""
    world, visitor = World(engine, name="email"), Visitor(engine)
    subs.subscribe(engine, ADA, "source:hf", now=NOON, owner=ADA, rhythm=Rhythm("daily", "18:00"))
    recipients.change_settings(engine, ADA, now=NOON, most=2)
    opt_in.ask(engine, PLACE, opt_in.Wanted("kettles"), now=NOON, zone_name="UTC", language="en")
    world.take_in(*map(paper, range(1, 5)))
    world.wait(hours=6)
    await world.deliver()
    world.take_in(paper(9))  # which still waits
    links = map(for_mails(visitor.addresses), world.channel.sent)
    found = {one for each in links for one in (*each.unsubscribe_one.values(), each.unsubscribe_all, each.manage,
             each.archive, each.confirm) if one}  # fmt: skip
    assert len(found) == 6
    found.add(visitor.addresses.feed(1))
    visitor.now = world.now
    for address in sorted(found):
        page = await visitor.get(address)
        assert page.status_code == 200
        shown = seen(page).links if page.headers["content-type"].startswith("text/html") else []
        found |= {one for one in (str(page.request.url.join(link)) for link in shown) if one.startswith(BASE)}
    assert len(found) == 10  # two exports and the first page too
    before = contents(engine)

    for number, address in enumerate(islice(cycle(sorted(found)), 1_000)):
        got = await visitor.ask(("GET", "HEAD")[number % 2], address, strict=False)
        assert got.status_code == 200

    assert contents(engine) == before
    assert len(before["draft"]) == len(world.rows(Draft)) == 1
    assert [len(world.rows(table)) for table in (Recipient, Person, Subscription)] == [1, 1, 1]
