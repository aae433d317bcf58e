"""The page on which the owner of an address changes its subscriptions: each button, and what it refuses."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from farside.visiting import BASE, Visitor, contents, text_of
from farside.world import NOON, World, paper

from bot import opt_in, own_data, recipients
from bot import subscriptions as subs
from bot.links import MANAGED_FOR
from bot.models import Draft, Recipient, Subscription
from bot.store.engine import Engine
from bot.subscriptions import Rhythm

PLACE = "ada@example.org"
ADA, BEN = ("email", PLACE), ("email", "ben@example.org")
SAVE = {"do": "save", "id": "1", "query": "source:hf", "name": "all", "rhythm": "daily", "at": "", "weekday": ""}
SETTINGS = {
    "do": "settings", "zone": "Europe/Berlin", "language": "en", "at": "08:00", "weekday": "0", "most": "60",
    "quiet_from": "", "quiet_until": "",
}  # fmt: skip


def fill(engine: Engine) -> Visitor:
    subs.subscribe(engine, ADA, "source:hf", name="all", now=NOON, owner=ADA)
    subs.subscribe(engine, ADA, "kettles", now=NOON, owner=ADA, rhythm=Rhythm("weekly", "18:00", "friday"))
    subs.subscribe(engine, BEN, "bridges", now=NOON, owner=BEN)
    visitor = Visitor(engine)
    assert visitor.addresses  # which makes the keys
    return visitor


@pytest.fixture
def visitor(sqlite_engine: Engine) -> Visitor:
    return fill(sqlite_engine)


def page_of(visitor: Visitor, recipient: int = 1) -> str:
    return visitor.addresses.manage(recipient, visitor.now + MANAGED_FOR)


async def press(visitor: Visitor, form: dict[str, str]) -> httpx.Response:
    """Ada presses a button: the page that she sees then."""
    answer = await visitor.post(page_of(visitor), form)
    if answer.status_code != 303:
        return answer
    assert answer.headers["location"].startswith("/m/")
    return await visitor.get(f"{BASE}{answer.headers['location']}")


def subscription(visitor: Visitor, id: int = 1) -> Subscription:
    listed = subs.named(visitor.engine, id)
    assert listed
    return listed.subscription


def recipient(visitor: Visitor) -> Recipient:
    found = recipients.find(visitor.engine, ADA)
    assert found
    return found


# What it shows -------------------------------------------------------------------------------------------------------


async def test_it_shows_what_is_asked_there_and_nothing_of_others(visitor: Visitor) -> None:
    got = await visitor.get(page_of(visitor))

    assert [one in text_of(got) for one in (PLACE, "all", "source:hf", "kettles")] == [True] * 4
    assert "bridges" not in got.text
    assert BEN[1] not in got.text
    assert '<option value="4" selected>' in got.text


async def test_it_speaks_the_language_of_its_owner(visitor: Visitor) -> None:
    recipients.change_settings(visitor.engine, ADA, now=NOON, language="ru", zone_name="Asia/Tokyo")

    got = await visitor.get(page_of(visitor), accept_language="de")
    refused = await visitor.post(page_of(visitor), {**SETTINGS, "most": "x"}, accept_language="de")

    assert '<html lang="ru">' in got.text
    assert '<html lang="ru">' in refused.text


async def test_nothing_that_was_written_becomes_markup(sqlite_engine: Engine) -> None:
    evil = '"><script>alert(1)</script><b onclick=x>\u202etxt'
    place = f"{evil}@example.org"
    subs.subscribe(sqlite_engine, ("email", place), '"</textarea><script>x"', now=NOON, name=evil)
    visitor = Visitor(sqlite_engine)
    made, page = visitor.addresses, page_of(visitor)

    found = [await visitor.get(one) for one in (page, made.unsubscribe(1, 1), made.unsubscribe(1))]
    for field in ("query", "name", "at", "zone", "most", "quiet_from", "id"):
        found += [await visitor.post(page, {**form, field: evil}) for form in (SAVE, SETTINGS)]
    found.append(await visitor.post(page, {"do": "preview", "id": "1", "query": evil, "name": evil}))
    found.append(await visitor.get(f"{page}?done={evil}"))
    found.append(await visitor.post(made.unsubscribe(1), {"do": "all"}))

    for one in found:
        assert not [tag for tag in ("<script", "<b ", "<b>") if tag in one.text]
    assert evil in text_of(found[0])
    assert place in text_of(found[-1])


# Subscriptions -------------------------------------------------------------------------------------------------------


async def test_a_subscription_is_changed(engine: Engine) -> None:
    visitor = fill(engine)
    changed = {
        "query": "source:hf AND clocks",
        "name": " my  clocks ",
        "rhythm": "weekly",
        "at": "7:30",
        "weekday": "6",
    }

    assert "Saved." in text_of(await press(visitor, {**SAVE, **changed}))

    sub = subscription(visitor)
    assert (sub.text, sub.name, sub.rhythm, sub.at, sub.weekday, sub.revision) == (
        "source:hf AND clocks", "my clocks", "weekly", "07:30", 6, 2,
    )  # fmt: skip
    await press(visitor, {**SAVE, **changed, "name": "", "at": "", "weekday": ""})
    sub = subscription(visitor)
    assert (sub.name, sub.at, sub.weekday, sub.revision) == ("my clocks", None, None, 2)
    await press(visitor, {**SAVE, **changed, "rhythm": "instant", "at": "09:00", "weekday": "1"})
    assert (subscription(visitor).rhythm, subscription(visitor).at) == ("instant", None)


CHECKED = '<input type="checkbox" name="versions" value="yes" checked>'


async def test_new_versions_are_told_to_who_ticks_the_box(engine: Engine) -> None:
    visitor = fill(engine)
    before = await visitor.get(page_of(visitor))
    new = {"do": "add", "query": "clocks", "rhythm": "daily", "versions": "yes"}

    changed = await press(visitor, {**SAVE, "versions": "yes"})
    added = await press(visitor, new)

    assert [one.text.count(CHECKED) for one in (before, changed, added)] == [0, 1, 2]
    assert [one.subscription.versions for one in subs.list_all(engine, ADA)] == [True, False, True]
    assert "Every day at 08:00 (UTC). New versions too." in text_of(changed)
    await press(visitor, SAVE)
    assert not subscription(visitor).versions
    assert subscription(visitor).revision == 1


@pytest.mark.parametrize("do", ["save", "add", "preview"])
async def test_the_box_stays_as_it_was_ticked_where_nothing_is_saved(visitor: Visitor, do: str) -> None:
    form = {**SAVE, "do": do, "query": '"a'}
    if do == "add":
        del form["id"]

    ticked, not_ticked = await press(visitor, {**form, "versions": "yes"}), await press(visitor, form)

    assert [one.text.count(CHECKED) for one in (ticked, not_ticked)] == [1, 0]


async def test_a_subscription_is_added_and_ended(engine: Engine) -> None:
    visitor = fill(engine)
    form = {**SAVE, "do": "add", "query": "clocks", "name": "", "rhythm": "weekdays", "at": "06:15"}
    del form["id"]

    assert "clocks" in text_of(await press(visitor, form))
    sub = subscription(visitor, 4)
    assert (sub.name, sub.rhythm, sub.at) == ("clocks", "weekdays", "06:15")
    assert "Unsubscribed." in text_of(await press(visitor, {"do": "delete", "id": "4"}))
    assert [one.subscription.id for one in subs.list_all(engine, ADA)] == [1, 2]


async def test_a_subscription_is_muted_and_goes_on(visitor: Visitor) -> None:
    muted = await press(visitor, {"do": "mute", "id": "2"})
    assert "Muted for a week." in text_of(muted)
    assert 'value="unmute"' in muted.text
    assert subscription(visitor, 2).muted_until == NOON + timedelta(days=7)

    assert 'value="unmute"' not in (await press(visitor, {"do": "unmute", "id": "2"})).text
    assert subscription(visitor, 2).muted_until is None


async def test_a_query_is_tried_and_nothing_is_saved(visitor: Visitor) -> None:
    World(visitor.engine).take_in(paper(1, title="Singing Clocks"), alert=False)
    before = contents(visitor.engine)
    for form in (SAVE, {key: value for key, value in SAVE.items() if key != "id"}):
        got = await press(visitor, {**form, "do": "preview", "query": "clocks", "name": "x y", "at": "07:00"})
        assert "Singing Clocks" in text_of(got)
        assert got.text.count(">clocks</textarea>") == 1
        assert got.text.count('value="x y"') == 1
    assert contents(visitor.engine) == before


BAD_SUBSCRIPTIONS: list[dict[str, str]] = [
    {"query": ""}, {"query": " "}, {"query": '"a'}, {"query": "x" * 1_001}, {"query": "\0"}, {"at": "25:00"},
    {"at": "noon"}, {"name": "kettles"}, {"rhythm": "weekly", "at": "é", "weekday": "2"},
]  # fmt: skip


@pytest.mark.parametrize("do", ["save", "add"])
async def test_what_cannot_be_saved_is_refused_and_stays_filled_in(visitor: Visitor, do: str) -> None:
    before = contents(visitor.engine)
    for number, bad in enumerate(BAD_SUBSCRIPTIONS):
        form = {**SAVE, "do": do, "query": "clocks", "name": f"new {number}", **bad}
        if do == "add":
            del form["id"]
        got = await press(visitor, form)
        assert got.status_code == 400, bad
        assert 'role="alert"' in got.text
        assert f'value="new {number}"' in got.text or "name" in bad
    assert contents(visitor.engine) == before


async def test_a_subscription_of_another_or_none_is_refused(engine: Engine) -> None:
    visitor = fill(engine)
    before = contents(engine)
    for id in ("3", "99", "", "0", "-1", "1.5", "x", "9" * 10, "9" * 18, "9" * 5_000, "²"):
        for do in ("save", "delete", "mute", "unmute"):
            got = await press(visitor, {**SAVE, "do": do, "id": id, "name": "mine", "query": "mine"})
            assert (got.status_code, "That subscription is gone." in text_of(got)) == (400, True), (id, do)
    assert contents(engine) == before


async def test_no_more_are_added_than_one_may_have(sqlite_engine: Engine) -> None:
    fill(sqlite_engine)
    visitor = Visitor(sqlite_engine, pages={"subscriptions": 2})

    got = await press(visitor, {"do": "add", "query": "clocks"})

    assert (got.status_code, "there are 2 subscriptions already" in text_of(got)) == (400, True)


# Settings ------------------------------------------------------------------------------------------------------------


async def test_settings_are_changed(engine: Engine) -> None:
    visitor = fill(engine)
    wanted = {
        "zone": "Tokyo", "language": "de", "at": "6:05", "weekday": "3", "most": "1000", "quiet_from": "22:00",
        "quiet_until": "07:00",
    }  # fmt: skip

    got = await press(visitor, {**SETTINGS, **wanted})

    assert '<html lang="de">' in got.text
    one = recipient(visitor)
    assert (one.zone, one.language, one.digest_at, one.digest_weekday) == ("Asia/Tokyo", "de", "06:05", 3)
    assert (one.digest_most, one.quiet_from, one.quiet_until) == (1000, "22:00", "07:00")
    await press(visitor, SETTINGS)
    assert (recipient(visitor).quiet_from, recipient(visitor).zone) == (None, "Europe/Berlin")


BAD_SETTINGS = [
    *({"zone": text} for text in ("", "Xyzzyqua", "../etc", "\0", "x" * 5_000)),
    *({"most": text} for text in ("", "0", "1001", "-5", "6.5", "x", "１２", "9" * 30, "0000000059999999999")),
    *({"at": text} for text in ("24:00", "x", "08:00\n09:00", "-1:00")),
    {"quiet_from": "22:00"}, {"quiet_until": "07:00"}, {"quiet_from": "x", "quiet_until": "y"},
    {"quiet_from": "22:00", "quiet_until": "22:00"},
]  # fmt: skip


async def test_settings_that_are_none_are_refused_and_stay_filled_in(engine: Engine) -> None:
    visitor = fill(engine)
    before = contents(engine)
    for bad in BAD_SETTINGS:
        got = await press(visitor, {**SETTINGS, "most": "17", **bad})
        assert got.status_code == 400, bad
        assert 'role="alert"' in got.text
        assert 'name="most" min="1" max="1000" value="17"' in got.text or "most" in bad
    assert contents(engine) == before


async def test_a_language_or_a_day_that_is_none_stays_what_it_was(visitor: Visitor) -> None:
    await press(visitor, {**SETTINGS, "language": "de", "weekday": "5"})
    await press(visitor, {**SETTINGS, "language": "xx", "weekday": "7"})

    assert (recipient(visitor).language, recipient(visitor).digest_weekday) == ("de", 5)


async def test_everything_is_paused_and_goes_on(visitor: Visitor) -> None:
    paused = await press(visitor, {"do": "pause"})
    assert (recipient(visitor).paused_at, 'value="resume"' in paused.text) == (NOON, True)

    assert 'value="pause"' in (await press(visitor, {"do": "resume"})).text
    assert recipient(visitor).paused_at is None


# The address itself --------------------------------------------------------------------------------------------------


async def test_everything_is_erased_after_a_question(engine: Engine) -> None:
    visitor = fill(engine)
    before, page = contents(engine), page_of(visitor)
    asked = await visitor.post(page, {"do": "forget"})
    kept = await visitor.post(page, {"do": "keep"})
    assert 'value="erase"' in asked.text
    assert "kettles" in text_of(kept)
    assert contents(engine) == before

    await visitor.post(page, {"do": "erase"})

    assert not any(PLACE in row for rows in contents(engine).values() for row in rows)
    assert [one.recipient.address for one in subs.list_all(engine)] == [BEN[1]]
    for method in ("GET", "POST"):
        assert (await visitor.ask(method, page, {"do": "erase"})).status_code == 200
        assert (await visitor.ask(method, page, {"do": "add", "query": "x"})).status_code == 200
    assert len(subs.list_all(engine)) == 1


async def test_the_export_has_all_of_the_address_and_nothing_else(visitor: Visitor) -> None:
    world = World(visitor.engine, name="email")
    opt_in.ask(visitor.engine, PLACE, opt_in.Wanted("clocks"), now=NOON, zone_name="UTC", language="en")
    opt_in.ask_code(visitor.engine, PLACE, "1001", now=NOON, zone_name="UTC", language="en")
    opt_in.ask_code(visitor.engine, BEN[1], "1001", now=NOON, zone_name="UTC", language="en")
    world.take_in(paper(1))
    await world.deliver()
    codes = [one.data["code"] for one in world.rows(Draft) if one.kind == "code"]
    assert opt_in.check_code(visitor.engine, BEN[1], ("telegram", "1001"), codes[1], NOON) == "right"

    got = await visitor.get(f"{page_of(visitor)}/export")

    data: dict[str, Any] = got.json()
    (place,) = data["recipients"]
    assert (place["address"], [one["name"] for one in place["subscriptions"]]) == (PLACE, ["all", "kettles"])
    assert (len(place["deliveries"]), len(place["messages"])) == (1, 3)
    assert [one["data"]["wanted"][0]["query"] for one in data["dialogs"]] == ["clocks"]
    # A code proves that somebody reads the mail of the address, which a link that was passed on does not.
    assert not [one for one in (BEN[1], "bridges", "1001", codes[0]) if one in got.text]
    assert got.headers["content-disposition"] == 'attachment; filename="paperwatch.json"'
    assert own_data.read_import(json.dumps(data), 50).good[0].query == "source:hf"


async def test_a_link_that_is_too_old_mails_a_new_one(engine: Engine) -> None:
    visitor, world = fill(engine), World(engine, name="email")
    page = page_of(visitor)
    visitor.now = world.now = NOON + MANAGED_FOR - timedelta(seconds=1)
    assert (await visitor.get(page)).status_code == 200
    visitor.now = world.now = NOON + MANAGED_FOR
    before = contents(engine)
    for address, form in ((page, {"do": "erase"}), (page, SETTINGS), (page, {}), (f"{page}/export", {})):
        old = await visitor.ask("GET" if "export" in address else "POST", address, form)
        assert (old.status_code, 'value="renew"' in old.text, PLACE in old.text) == (410, True, False)
    assert contents(engine) == before

    assert (await visitor.post(page, {"do": "renew"})).status_code == 200
    await world.deliver()

    (sent,) = world.channel.sent
    assert (sent.kind, sent.recipient) == ("manage", 1)
    for _ in range(5):
        await visitor.post(page, {"do": "renew"})
    assert len(world.rows(Draft)) == 3


async def test_a_damaged_link_shows_and_changes_nothing(visitor: Visitor) -> None:
    page, before = page_of(visitor), contents(visitor.engine)
    for bad in (
        page[:-1],
        f"{page}x",
        page.replace(".", ""),
        visitor.addresses.unsubscribe(1, 1).replace("/u/", "/m/"),
    ):
        for method, address in (("GET", bad), ("POST", bad), ("GET", f"{bad}/export")):
            assert (await visitor.ask(method, address, {"do": "renew"})).status_code == 404
    assert contents(visitor.engine) == before
