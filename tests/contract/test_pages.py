"""All pages: their ways, headers and limits, what comes of damaged addresses and forms, in four languages."""

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from farside.visiting import BASE, Visitor, actions, seen, text_of
from farside.world import NOON, World, paper

from bot import opt_in, recipients
from bot import subscriptions as subs
from bot.language import LANGUAGES
from bot.links import MANAGED_FOR
from bot.models import Draft, Recipient
from bot.store.engine import Engine, make_engine

ADA = "email", "ada@example.org"
MIB = 1_048_576


@pytest.fixture
def visitor(sqlite_engine: Engine) -> Visitor:
    return Visitor(sqlite_engine)


async def filled(visitor: Visitor) -> dict[str, str]:
    """A library with a subscription, a question and a digest; each page of it, by its kind."""
    world = World(visitor.engine, name="email")
    subs.subscribe(visitor.engine, ADA, "source:hf", name="all", now=NOON, language="de")
    world.take_in(paper(1))
    opt_in.ask(visitor.engine, ADA[1], opt_in.Wanted("kettles"), now=NOON, zone_name="UTC", language="en")
    await world.deliver()
    (draft,) = [one.id for one in world.rows(Draft)]
    made = visitor.addresses
    message = next(one.message for one in world.channel.sent if one.kind == "alert")
    manage = made.manage(1, NOON + MANAGED_FOR)
    return {
        "home": f"{visitor.base}/", "subscribe": f"{visitor.base}/subscribe", "link": f"{visitor.base}/link",
        "confirm": made.confirm(draft), "one": made.unsubscribe(1, 1), "all": made.unsubscribe(1), "manage": manage,
        "export": f"{manage}/export", "feed": made.feed(1), "archive": made.archive(message),
        "health": f"{visitor.base}/healthz",
    }  # fmt: skip


# Ways and headers ----------------------------------------------------------------------------------------------------

CHANGED_BY_POST = {"subscribe", "link", "confirm", "one", "all", "manage"}


@pytest.mark.parametrize("base", [BASE, f"{BASE}/papers", f"{BASE}/a/b%20c"])
async def test_every_page_answers_the_methods_that_it_has(sqlite_engine: Engine, base: str) -> None:
    visitor = Visitor(sqlite_engine, base)
    for name, address in (await filled(visitor)).items():
        got, head = await visitor.get(address), await visitor.ask("HEAD", address)
        assert (got.status_code, head.status_code) == (200, 200), name
        assert dict(head.headers) == dict(got.headers)
        allowed = {"GET", "HEAD"} | ({"POST"} if name in CHANGED_BY_POST else set())
        for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", *({"POST"} - allowed)):
            refused = await visitor.ask(method, address)
            assert refused.status_code == 405, (name, method)
            assert set(refused.headers["allow"].split(", ")) == allowed


async def test_an_address_that_leads_nowhere_is_a_page_too(visitor: Visitor) -> None:
    for address in ("/nothing", "/u", "/u/", "/u/a/b", "/link/", "/m//export", "/%00", "/%ff", "/../etc/passwd"):
        assert (await visitor.get(address)).status_code == 404, address
        assert (await visitor.post(address)).status_code == 404, address


async def test_links_and_forms_stay_below_the_address_of_the_installation(sqlite_engine: Engine) -> None:
    visitor = Visitor(sqlite_engine, f"{BASE}/papers")
    for address in (await filled(visitor)).values():
        assert address.startswith(f"{BASE}/papers/")
        got = await visitor.get(address)
        if got.headers["content-type"].startswith("text/html"):
            ours = [str(got.request.url.join(one)) for one in seen(got).links]
            ours = [one for one in ours if one.startswith(BASE)]
            for one in [*ours, *actions(got)]:
                assert one.startswith(f"{BASE}/papers/"), one
            assert [(await visitor.get(one)).status_code for one in ours] == [200] * len(ours)
    assert (await visitor.get("/")).status_code == 404
    assert (await visitor.get("/link")).status_code == 404
    went = await visitor.post((await visitor.get("/papers/link")).request.url.path, {"address": "cy@example.org"})
    assert went.status_code == 200


async def test_the_address_of_the_installation_may_be_written_without_its_slash(sqlite_engine: Engine) -> None:
    visitor = Visitor(sqlite_engine, f"{BASE}/papers")
    assert (await visitor.get("/papers")).status_code == 200


async def test_every_page_is_right_in_every_language(visitor: Visitor) -> None:
    pages = await filled(visitor)
    bad = {
        "subscribe": {"query": '"a', "address": "x"}, "link": {"address": "x"}, "manage": {"do": "add", "query": "("},
    }  # fmt: skip
    for code in LANGUAGES:
        recipients.change_settings(visitor.engine, ADA, now=NOON, language=code)
        found = [await visitor.get(address, accept_language=code) for address in pages.values()]
        found += [await visitor.post(pages[name], form, accept_language=code) for name, form in bad.items()]
        found.append(await visitor.post(pages["manage"], {"do": "forget"}, accept_language=code))
        found.append(await visitor.get(f"{pages['one']}x", accept_language=code))
        html = [one.text for one in found if one.headers["content-type"].startswith("text/html")]
        assert len(html) == len(pages) - 3 + 5
        assert all(f'<html lang="{code}">' in one for one in html)


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("de-CH, en;q=0.5", "de"), ("fr, ru;q=0.8, en;q=0.9", "en"), ("zh-Hans-CN", "zh"), ("de;q=0", "en"),
        ("de;q=nonsense, ru", "ru"), ("", "en"), ("*", "en"), (";;;,,,=q", "en"), ("de;q=nan", "en"),
    ],
)  # fmt: skip
async def test_a_page_speaks_what_its_reader_reads(visitor: Visitor, accepted: str, code: str) -> None:
    got = await visitor.get("/link", accept_language=accepted)

    assert f'<html lang="{code}">' in got.text


# Too much ------------------------------------------------------------------------------------------------------------


async def test_a_form_has_64_000_bytes_at_most(visitor: Visitor) -> None:
    body = b"address=" + b"a" * 64_000
    assert (await visitor.post("/link", body[:64_000])).status_code == 400
    assert (await visitor.post("/link", body[:64_001])).status_code == 413
    assert (await visitor.post("/link", b"a" * MIB, content_type="multipart/form-data; boundary=x")).status_code == 413


async def test_a_form_has_fifty_fields_at_most(visitor: Visitor) -> None:
    good = "&".join(["address=ada@example.org", *(f"x{number}=1" for number in range(49))])
    assert (await visitor.post("/link", good.encode())).status_code == 200
    assert (await visitor.post("/link", f"{good}&y=1".encode())).status_code == 400


async def test_a_client_may_ask_thirty_times_in_ten_minutes(visitor: Visitor) -> None:
    async def ask(host: str) -> int:
        return (await visitor.post("/link", {"address": "nobody@example.org"}, host=host)).status_code

    assert [await ask("192.0.2.7") for _ in range(29)] == [200] * 29
    preview = {"query": "kettles", "do": "preview"}
    assert (await visitor.post("/subscribe", preview, host="192.0.2.7")).status_code == 200
    assert (await visitor.post("/subscribe", preview, host="192.0.2.7")).status_code == 429
    assert [await ask("192.0.2.7"), await ask("192.0.2.7")] == [429, 429]
    assert await ask("192.0.2.8") == 200
    assert (await visitor.get("/link", host="192.0.2.7")).status_code == 200  # to look is free

    visitor.now += timedelta(minutes=10)
    assert await ask("192.0.2.7") == 200


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.7", "192.0.2.7", True),
        ("::ffff:192.0.2.7", "::ffff:192.0.2.8", False),
        ("testclient", "192.0.2.7", False),
    ],
)
async def test_neighbours_of_a_network_are_one_client(visitor: Visitor, one: str, other: str, same: bool) -> None:
    for _ in range(30):
        await visitor.ask("POST", "/link", {"address": ""}, host=one, strict=False)

    assert (await visitor.post("/link", {"address": ""}, host=other)).status_code == (429 if same else 400)


async def test_links_of_mails_work_however_often(visitor: Visitor) -> None:
    leave = (await filled(visitor))["one"]
    assert {(await visitor.post(leave)).status_code for _ in range(40)} == {200}


# Health, and when there is none --------------------------------------------------------------------------------------


@pytest.fixture
def broken(sqlite_template: Path, tmp_path: Path) -> Iterator[Engine]:
    """A library whose folder is gone."""
    folder = tmp_path / "gone"
    engine = make_engine(f"sqlite:///{folder / 'library.db'}")
    shutil.rmtree(folder)
    yield engine
    engine.dispose()


async def test_health_is_whether_the_database_answers(engine: Engine, broken: Engine) -> None:
    good, bad = await Visitor(engine).get("/healthz"), await Visitor(broken).get("/healthz")

    assert (good.status_code, good.text) == (200, "ok\n")
    assert (bad.status_code, bad.text) == (503, "the database does not answer\n")


async def test_what_fails_here_is_a_page_that_tells_nothing(broken: Engine) -> None:
    visitor = Visitor(broken)
    visitor.raises = False

    got = await visitor.post("/subscribe", {"do": "preview", "query": "kettles"}, accept_language="de")

    assert got.status_code == 500
    assert '<html lang="de">' in got.text
    assert "sqlite" not in got.text.lower()
    assert text_of(got)


@pytest.mark.parametrize("closed", [{"pages": {"sign_up": False}}, {"mails": False}], ids=["private", "no mails"])
async def test_where_nobody_may_sign_up_the_links_still_work(sqlite_engine: Engine, closed: dict[str, Any]) -> None:
    visitor = Visitor(sqlite_engine, **closed)
    pages = await filled(visitor)
    before = len(World(visitor.engine).rows(Recipient))
    for method in ("GET", "POST"):
        got = await visitor.ask(method, "/subscribe", {"query": "kettles", "address": "new@example.org"})
        assert got.status_code == 200
        assert actions(got) == ([f"{BASE}/link"] if visitor.mails else [])
    assert len(World(visitor.engine).rows(Recipient)) == before
    assert [(await visitor.get(address)).status_code for address in pages.values()] == [200] * len(pages)
