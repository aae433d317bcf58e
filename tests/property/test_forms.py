"""Whatever is filled in, a page answers, and its answer is right; on SQLite and on PostgreSQL."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from urllib.parse import quote, quote_from_bytes

import pytest
from farside.visiting import Visitor
from farside.world import NOON, World, paper
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot import opt_in, recipients
from bot import subscriptions as subs
from bot.links import MANAGED_FOR
from bot.models import Draft
from bot.store.engine import Engine

ADA = "email", "ada@example.org"
FIELDS = [
    "do", "query", "address", "rhythm", "name", "id", "at", "weekday", "zone", "language", "most", "quiet_from",
    "quiet_until", "website", "x",
]  # fmt: skip
BUTTONS = [
    "preview", "subscribe", "save", "add", "delete", "mute", "unmute", "settings", "pause", "resume", "forget", "renew",
    "one", "all", "confirm",
]  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from([
        "", "0", "1", "2", "08:00", "23:59", "24:00", "weekly", "instant", "Berlin", "Europe/Berlin", "de", "kettles",
        "title:x OR author:y", '"a', "(", "a AND", "upvotes>=1e400", "ada@example.org", "ben@example.org", "a@b", "\0",
        "\ud83d", "\u202e<b>", "9" * 30, "-1", "\N{SUPERSCRIPT TWO}", "\N{ARABIC-INDIC DIGIT ONE}", "x" * 1_001,
    ]),
)  # fmt: skip
FORMS = st.fixed_dictionaries(
    {"do": st.sampled_from(BUTTONS)}, optional={name: TEXTS for name in FIELDS if name != "do"}
) | st.dictionaries(st.sampled_from(FIELDS), TEXTS)


def encoded(form: dict[str, str]) -> bytes:
    return "&".join(
        f"{name}={quote_from_bytes(text.encode(errors='surrogatepass'))}" for name, text in form.items()
    ).encode()


@pytest.fixture
def visitor(engine: Engine) -> Visitor:
    subs.subscribe(engine, ADA, "source:hf", now=NOON, owner=ADA)
    opt_in.ask(engine, ADA[1], opt_in.Wanted("kettles"), now=NOON, zone_name="UTC", language="en")
    World(engine).take_in(paper(1), alert=False)
    return Visitor(engine)


def links(visitor: Visitor) -> dict[str, str]:
    """Where forms are sent; the address of the page is made again where the last form has erased it."""
    with suppress(ValueError):
        subs.subscribe(visitor.engine, ADA, "source:hf", now=NOON, owner=ADA)
    recipient = recipients.find(visitor.engine, ADA)
    id = recipient.id if recipient else 0
    made, drafts = visitor.addresses, World(visitor.engine).rows(Draft)
    listed = subs.list_all(visitor.engine, ADA)
    return {
        "subscribe": "/subscribe",
        "link": "/link",
        "manage": made.manage(id or 0, NOON + MANAGED_FOR),
        "old": made.manage(id or 0, NOON - timedelta(days=1)),
        "leave": made.unsubscribe(id or 0, listed[0].subscription.id or 0),
        "confirm": made.confirm(drafts[-1].id if drafts else 0),
    }


@settings(
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(
    page=st.sampled_from(["subscribe", "link", "manage", "manage", "old", "leave", "confirm"]),
    form=FORMS,
    host=st.integers(0, 2**32 - 1).map(lambda number: ".".join(str(number >> shift & 255) for shift in (24, 16, 8, 0))),
    accepted=st.sampled_from(["en", "de", "ru", "zh"]),
)
def test_every_form_is_answered(visitor: Visitor, page: str, form: dict[str, str], host: str, accepted: str) -> None:
    """What goes wrong is raised, and so found."""
    there = subs.list_all(visitor.engine, ADA)  # another example may have ended them
    form = {**form, "id": str(there[0].subscription.id)} if there and form.get("id") == "1" else form
    got = asyncio.run(visitor.post(links(visitor)[page], encoded(form), host=host, accept_language=accepted))

    assert got.status_code in (200, 303, 400, 404, 410, 429)
    assert "Traceback" not in got.text


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["", "subscribe", "link", "u/", "m/", "f/", "d/", "confirm/"]),
    rest=st.text(max_size=40) | st.sampled_from(["/export", "..", "%2e%2e/", "."]),
    asked=st.text(max_size=20),
    method=st.sampled_from(["GET", "HEAD", "POST"]),
    accepted=st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30),
    body=st.binary(max_size=60),
)
def test_every_address_is_answered(
    visitor: Visitor, path: str, rest: str, asked: str, method: str, accepted: str, body: bytes
) -> None:
    address = f"https://papers.test/{path}{quote(rest)}?query={quote(asked)}&done={quote(asked)}"
    got = asyncio.run(visitor.ask(method, address, body, accept_language=accepted, if_none_match=accepted))

    assert got.status_code in (200, 400, 404, 405, 429)
