"""Signed tokens and the links that they are in."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

from hypothesis import given
from hypothesis import strategies as st

from bot import tokens
from bot.channels import Item, Notice, Outgoing
from bot.channels.mail_text import NO_LINKS
from bot.links import Addresses
from bot.mail_links import for_mails
from scrapers.paper import Paper

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
KEYS = {purpose: [f"old key for {purpose}", f"new key for {purpose}"] for purpose in tokens.PURPOSES}
ITEM = Item(1, Paper(title="Kettles that Sing", url="https://arxiv.org/abs/2611.00001"), "new", ("kettles",), (), (7,))
DIGEST = Outgoing("3-12", "digest", "digest:2026-11-20 08:00", 1, 1, 1, "UTC", NOW, (ITEM,), recipient=3, message=12)


@given(st.lists(st.integers(0, 2**63)), st.sampled_from(tokens.PURPOSES))
def test_what_was_signed_is_read_back(numbers: list[int], purpose: str) -> None:
    token = tokens.sign(KEYS, purpose, *numbers)

    assert tokens.read(KEYS, purpose, token, len(numbers)) == (tuple(numbers) if len(token) <= 200 else None)
    assert set(token) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.")
    assert token == tokens.sign(KEYS, purpose, *numbers)


def test_a_token_for_one_purpose_is_none_for_another() -> None:
    token = tokens.sign({purpose: ["the same key"] for purpose in tokens.PURPOSES}, tokens.FEED, 1, 7)

    assert tokens.read({purpose: ["the same key"] for purpose in tokens.PURPOSES}, tokens.UNSUBSCRIBE, token, 2) is None


@given(st.data())
def test_an_altered_token_is_none(data: st.DataObject) -> None:
    token = tokens.sign(KEYS, tokens.UNSUBSCRIBE, 3, 7)
    place = data.draw(st.integers(0, len(token) - 1))
    how = data.draw(st.sampled_from(["cut", "changed", "longer"]))
    other = data.draw(st.sampled_from("AZaz09-_.é \n"))
    altered = {"cut": token[:place], "changed": token[:place] + other + token[place + 1 :], "longer": token + other}[
        how
    ]

    read = tokens.read(KEYS, tokens.UNSUBSCRIBE, altered, 2)

    # What is read never differs: letters that base64 does not have, and the last bits of the last one, are not read.
    assert read in ((None,) if how == "cut" else (None, (3, 7)))


def test_a_key_that_was_followed_by_another_is_still_good() -> None:
    before = {**KEYS, tokens.UNSUBSCRIBE: KEYS[tokens.UNSUBSCRIBE][:1]}
    token = tokens.sign(before, tokens.UNSUBSCRIBE, 3, 7)

    assert tokens.read(KEYS, tokens.UNSUBSCRIBE, token, 2) == (3, 7)
    assert tokens.sign(KEYS, tokens.UNSUBSCRIBE, 3, 7) != token
    assert tokens.read({**KEYS, tokens.UNSUBSCRIBE: ["new key for unsubscribe"]}, tokens.UNSUBSCRIBE, token, 2) is None


def test_a_mail_has_links_for_its_subscription_and_for_all() -> None:
    links = for_mails(Addresses("https://papers.test", KEYS), "stop@papers.test")(DIGEST)

    read = {
        "one": _read(tokens.UNSUBSCRIBE, links.unsubscribe_one[7], 2),
        "all": _read(tokens.UNSUBSCRIBE, links.unsubscribe_all, 2),
        "manage": _read(tokens.MANAGE, links.manage, 2),
        "archive": _read(tokens.ARCHIVE, links.archive, 1),
    }
    assert read == {
        "one": (3, 7),
        "all": (3, 0),
        "manage": (3, int((NOW + timedelta(days=7)).timestamp())),
        "archive": (12,),
    }
    said = parse_qs(urlsplit(links.mailto).query)["subject"][0]
    assert said.removeprefix("unsubscribe ") == links.unsubscribe_one[7].rpartition("/")[2]
    assert links.mailto.startswith("mailto:stop@papers.test?")


def test_a_notice_leads_to_what_it_asks() -> None:
    asked = Outgoing(
        "3-13", "confirm", "confirm:5", 1, 1, 0, "UTC", NOW, (), notice=Notice(5, ("kettles",)), recipient=3, message=13
    )

    links = for_mails(Addresses("https://papers.test", KEYS))(asked)

    assert _read(tokens.CONFIRM, links.confirm, 1) == (5,)
    assert not links.unsubscribe_all


def test_what_has_no_recipient_has_no_links() -> None:
    assert for_mails(Addresses("https://papers.test", KEYS))(Outgoing(**{**vars(DIGEST), "recipient": 0})) == NO_LINKS


def _read(purpose: str, address: str, length: int) -> tuple[int, ...] | None:
    assert address.startswith("https://papers.test/")
    return tokens.read(KEYS, purpose, address.rpartition("/")[2], length)
