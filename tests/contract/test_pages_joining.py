"""Signing up by the web: what may be asked, that nobody learns who is known here, and the link that confirms."""

from datetime import timedelta

import pytest
from farside.visiting import BASE, Visitor, actions, contents, path, seen, text_of
from farside.world import NOON, World, paper
from markupsafe import escape

from bot import opt_in, recipients
from bot import subscriptions as subs
from bot.models import Draft, Message, Recipient, Subscription
from bot.store.engine import Engine

PLACE = "ada@example.org"
ADA = "email", PLACE
GOOD = {"query": "source:hf", "address": PLACE, "rhythm": "weekly", "do": "subscribe"}


@pytest.fixture
def visitor(sqlite_engine: Engine) -> Visitor:
    visitor = Visitor(sqlite_engine)
    assert visitor.addresses  # which makes the keys
    return visitor


# The whole way -------------------------------------------------------------------------------------------------------


async def test_from_the_form_by_a_mail_to_a_subscription(engine: Engine) -> None:
    world, visitor = World(engine, name="email"), Visitor(engine)
    home = await visitor.get("/?query=source:hf")
    assert actions(home) == [f"{BASE}/subscribe"]
    assert ">source:hf</textarea>" in home.text

    answer = await visitor.post(actions(home)[0], GOOD, accept_language="de")
    assert answer.status_code == 200
    assert PLACE in answer.text
    await world.deliver()
    (sent,) = world.channel.sent
    assert (sent.kind, sent.language) == ("confirm", "de")
    assert world.rows(Subscription) == []

    assert sent.notice
    link = visitor.addresses.confirm(sent.notice.draft)
    asked = await visitor.get(link)
    assert "source:hf" in text_of(asked)
    assert PLACE in text_of(asked)
    before = contents(engine)
    for _ in range(3):
        await visitor.get(link)
        await visitor.ask("HEAD", link)
    assert contents(engine) == before

    done = [await visitor.post(actions(asked)[0], {"do": "confirm"}) for _ in range(2)]
    assert ["You are subscribed" in text_of(one) for one in done] == [True, False]
    assert "This was confirmed before" in text_of(done[1])
    (saved,) = world.rows(Subscription)
    assert (saved.text, saved.rhythm) == ("source:hf", "weekly")
    (manage,) = [one for one in seen(done[0]).links if "/m/" in one]
    assert (await visitor.get(manage)).status_code == 200


async def test_a_question_that_is_not_open_any_more_is_a_page(visitor: Visitor) -> None:
    await visitor.post("/subscribe", GOOD)
    link = visitor.addresses.confirm(World(visitor.engine).rows(Draft)[0].id)
    visitor.now += timedelta(days=7)

    for method in ("GET", "POST"):
        late = await visitor.ask(method, link)
        assert (late.status_code, f"{BASE}/" in {str(late.request.url.join(one)) for one in seen(late).links}) == (
            200,
            True,
        )
        for bad in (
            link[:-1],
            link + "x",
            link.replace("/confirm/", "/u/"),
            visitor.addresses.feed(1),
            f"{BASE}/confirm/é",
        ):
            damaged = bad.replace("/f/", "/confirm/")
            assert (await visitor.ask(method, damaged)).status_code == 404
    assert World(visitor.engine).rows(Subscription) == []


async def test_who_has_too_many_subscriptions_is_told_so(sqlite_engine: Engine) -> None:
    visitor = Visitor(sqlite_engine, pages={"subscriptions": 1})
    subs.subscribe(sqlite_engine, ADA, "kettles", now=NOON, owner=ADA)
    await visitor.post("/subscribe", GOOD)
    link = visitor.addresses.confirm(World(sqlite_engine).rows(Draft)[0].id)

    refused = await visitor.post(link)

    assert refused.status_code == 400
    assert "there are 1 subscriptions already" in text_of(refused)
    assert len(World(sqlite_engine).rows(Subscription)) == 1


# Bad input -----------------------------------------------------------------------------------------------------------

BAD = {
    "empty": "",
    "blanks": " \t ",
    "no domain": "ada",
    "no name": "@example.org",
    "no dot": "ada@example",
    "a list": "ada@example.org,ben@example.org",
    "a list with blanks": "ada@example.org ben@example.org",
    "a list with semicolons": "ada@example.org;ben@example.org",
    "two signs": "ada@ben@example.org",
    "line break": "ada@example.org\r\nBcc: ben@example.org",
    "line break inside": "ada\n@example.org",
    "a sender": "Ada <ada@example.org>",
    "quoted": '"ada smith"@example.org',
    "full-width letters": "\uff41\uff44\uff41@example.org",
    "a number": "ada@127.0.0.1",
    "a literal": "ada@[127.0.0.1]",
    "dots": "ada..b@example.org",
    "too long": f"{'a' * 65}@example.org",
    "too long a domain": f"ada@{'a.' * 130}org",
    "markup": '"><script>alert(1)</script>@example.org',
    "an escape": "ada%0a@exam ple.org",
    "bidi": "ada\u202e@example.org",
    "an address of a page": "mailto:ada@example.org",
}


@pytest.mark.parametrize("address", BAD.values(), ids=BAD)
async def test_what_is_no_address_is_refused_and_asked_again(visitor: Visitor, address: str) -> None:
    before = contents(visitor.engine)
    for page in ("/subscribe", "/link"):
        got = await visitor.post(page, {**GOOD, "address": address})
        assert got.status_code == 400
        assert 'role="alert"' in got.text
        assert "<script" not in got.text
        assert "source:hf" in text_of(got) or page == "/link"  # what else was filled in stays
    assert contents(visitor.engine) == before


async def test_a_domain_that_looks_like_another_is_shown_for_what_it_is(visitor: Visitor) -> None:
    cyrillic_a = "\u0430"
    got = await visitor.post("/subscribe", {**GOOD, "address": f"Ada@ex{cyrillic_a}mple.org"})

    assert got.status_code == 200
    assert "ada@xn--exmple-4nf.org" in got.text
    assert [one.address for one in World(visitor.engine).rows(Recipient)] == ["ada@xn--exmple-4nf.org"]


@pytest.mark.parametrize("address", ["Ada@Example.ORG", " ada@example.org\n", "ada@ＥＸＡＭＰＬＥ.org"])
async def test_an_address_has_one_form(visitor: Visitor, address: str) -> None:
    assert (await visitor.post("/subscribe", {**GOOD, "address": address})).status_code == 200
    assert [one.address for one in World(visitor.engine).rows(Recipient)] == [PLACE]


@pytest.mark.parametrize(
    ("query", "excerpt"),
    [
        ('"llm agents', '  "llm agents\n  ^'),
        ("a AND", "  a AND\n    ^"),
        ("cat:", None),
        ("", None),
        ("\0", None),
        ("x" * 1_001, None),
        ("(" * 500, None),
        ('"><script>alert(1)</script>', None),
    ],
)
async def test_a_query_that_is_none_is_shown_with_its_mistake(
    visitor: Visitor, query: str, excerpt: str | None
) -> None:
    before = contents(visitor.engine)
    for do in ("preview", "subscribe"):
        got = await visitor.post("/subscribe", {**GOOD, "query": query, "do": do})
        assert got.status_code == 400
        assert 'role="alert"' in got.text
        assert "<script" not in got.text
        if excerpt:
            assert f"<pre>{escape(excerpt)}</pre>" in got.text
    assert contents(visitor.engine) == before


async def test_a_query_is_tried_before(visitor: Visitor) -> None:
    world = World(visitor.engine)
    world.take_in(paper(1, title="Singing <Kettles>"), paper(2, title="Paper Bridges"), alert=False)
    before = contents(visitor.engine)

    got = await visitor.post("/subscribe", {**GOOD, "query": "kettles", "do": "preview"}, accept_language="en")

    assert "1 paper in the last" in text_of(got)
    assert "Singing <Kettles>" in text_of(got)
    assert "Bridges" not in text_of(got)
    assert f'value="{PLACE}"' in got.text
    assert '<option value="weekly" selected>' in got.text
    assert contents(visitor.engine) == before


async def test_a_rhythm_that_is_none_is_the_usual_one(visitor: Visitor) -> None:
    await visitor.post("/subscribe", {**GOOD, "rhythm": "hourly"})
    (draft,) = World(visitor.engine).rows(Draft)
    assert draft.data["wanted"][0]["rhythm"] == "daily"


# Who is known --------------------------------------------------------------------------------------------------------


async def test_the_answer_does_not_tell_who_is_known(visitor: Visitor) -> None:
    """Of those who are subscribed, disabled, asked too often or unknown, all get the same bytes."""
    places = [f"{name}@example.org" for name in ("known", "wrong", "often", "newer")]
    for place in places[:2]:
        subs.subscribe(visitor.engine, ("email", place), "source:hf", now=NOON)
    recipients.pause(visitor.engine, ("email", places[1]), NOON)
    for _ in range(3):
        opt_in.ask(visitor.engine, places[2], opt_in.Wanted("x"), now=NOON, zone_name="UTC", language="en")

    for page in ("/link", "/subscribe", "/link"):
        got = [await visitor.post(page, {**GOOD, "address": place}) for place in places]
        answers = {one.content.replace(place.encode(), b"?") for one, place in zip(got, places, strict=True)}
        assert len(answers) == 1
        assert len({(one.status_code, *sorted(one.headers.items())) for one in got}) == 1


async def test_a_link_is_mailed_to_who_is_known(engine: Engine) -> None:
    world, visitor = World(engine, name="email"), Visitor(engine)
    subs.subscribe(engine, ADA, "source:hf", now=NOON)
    for place in (PLACE, "nobody@example.org"):
        await visitor.post("/link", {"address": place})

    await world.deliver()
    assert [one.kind for one in world.channel.sent] == ["manage"]
    assert [one.address for one in world.rows(Recipient)] == [PLACE]


async def test_what_only_a_program_fills_in_is_not_asked(visitor: Visitor) -> None:
    home, before = await visitor.get("/"), contents(visitor.engine)
    assert 'name="website"' in home.text
    honest = await visitor.post("/subscribe", {**GOOD, "address": "bot@example.org", "website": ""})
    assert contents(visitor.engine) != before
    before = contents(visitor.engine)

    trapped = await visitor.post("/subscribe", {**GOOD, "address": "tob@example.org", "website": "http://spam.test"})

    assert contents(visitor.engine) == before
    assert trapped.text == honest.text.replace("bot@", "tob@")


async def test_no_address_gets_more_than_three_mails_a_day(visitor: Visitor) -> None:
    for number in range(5):
        assert (await visitor.post("/subscribe", GOOD, host=f"192.0.2.{number}")).status_code == 200
        assert (await visitor.post("/link", {"address": PLACE}, host=f"192.0.2.{number}")).status_code == 200

    assert len(World(visitor.engine).rows(Message)) == 3


async def test_a_query_in_the_address_is_cut_and_stays_text(visitor: Visitor) -> None:
    got = await visitor.get("/?query=%3C/textarea%3E%3Cscript%3E" + "x" * 3_000)

    assert "</textarea>&lt;" not in got.text
    assert "<script" not in got.text
    assert path(str(got.url)) == "/"
    assert got.text.count("x" * 900) == 1
    assert "x" * 1_000 not in got.text
