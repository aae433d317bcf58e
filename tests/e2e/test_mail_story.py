"""Mail from the first visit to the last goodbye: the installed program, a mail server, a browser without scripts."""

import json
import socket
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from farside.mail import Arrived, MailServer, mail_server, read, settings_for
from farside.mail_reader import shown
from farside.pages import Browser
from farside.program import LIST_DAY, Forked

PROGRAM = Forked

BASE = "https://papers.example.org"


@pytest.fixture
def mails(program: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        program.env |= settings_for(server) | {
            "PAPERWATCH_EMAIL__UNSUBSCRIBE": "stop@papers.test",
            "PAPERWATCH_EMAIL__BOUNCE": "bounce@papers.test",
        }
        yield server


@pytest.fixture
def browser(program: Any, mails: MailServer) -> Browser:
    """At the pages of a running program."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    program.env |= {"PAPERWATCH_WEB__BASE_URL": BASE, "PAPERWATCH_WEB__LISTEN": f"127.0.0.1:{port}"}
    return Browser(BASE, port)


def links_of(arrived: Arrived) -> list[str]:
    body = read(arrived).get_body(("html",))
    assert body
    return shown(body.get_content()).links


def link_to(arrived: Arrived, page: str) -> str:
    return next(one for one in links_of(arrived) if one.startswith(f"{BASE}/{page}/"))


def started(program: Any, browser: Browser) -> Any:
    """The program, running, with its pages there."""
    process = program.start("run")
    for line in process.stderr:
        if "pages at" in line:
            break
    page = browser.open(f"{BASE}/healthz")
    assert (page.status, page.body) == (200, b"ok\n")
    return process


def test_from_the_first_visit_to_the_last_goodbye(
    program: Any, hugging_face: Any, mails: MailServer, browser: Browser
) -> None:
    process = started(program, browser)
    home = browser.open(f"{BASE}/")

    # She asks; nothing happens before she says yes, and opening the link says nothing.
    asked = browser.press(home, "Subscribe", address="Ada@Example.org", query="kettles", rhythm="instant")
    assert "If ada@example.org is right, a mail is on its way there." in asked.text
    question = mails.wait_for(1)
    assert (question.to, read(question)["Subject"]) == (
        "ada@example.org",
        "Please confirm your subscription to new papers",
    )
    assert program("subscriptions", "--json").json_lines() == []
    page = browser.open(link_to(question, "confirm"))
    assert "Shall these papers come to ada@example.org?" in page.text
    assert program("subscriptions", "--json").json_lines() == []
    done = browser.press(page, "Yes, send them to me")
    assert "You are subscribed" in done.text

    # She changes things: two more subscriptions, a pause.
    manage = browser.open(done.links["Change your subscriptions"])
    manage = browser.press(manage, "Preview", query="clocks OR")  # of the first form: her subscription
    assert manage.status == 400
    manage = browser.open(done.links["Change your subscriptions"])
    address, form = manage.form("Save")
    assert form["query"] == "kettles"
    added = browser.open(address, {"do": "add", "query": "clocks", "name": "time", "rhythm": "instant"})
    assert "Saved." in added.text
    browser.press(added, "Pause everything")

    # Papers come while she pauses, and one digest after it.
    hugging_face.add(2, "Kettles that Sing", LIST_DAY)
    hugging_face.add(3, "Clocks that Wait", LIST_DAY)
    hugging_face.add(4, "Clocks that Hurry", LIST_DAY)
    program("scrape", "hf", "--date", str(LIST_DAY))
    assert len(mails.got) == 1
    browser.press(browser.open(done.links["Change your subscriptions"]), "Go on")
    digest = mails.wait_for(2)
    assert read(digest)["Subject"].startswith("3 new papers · 2 subscriptions · ")
    assert digest.sender.startswith("bounce+")
    archive = browser.open(link_to(digest, "d"))
    assert all(title in archive.text for title in ("Kettles that Sing", "Clocks that Wait", "Clocks that Hurry"))

    # One click of her mail program ends all of it, without cookies; a second one is as polite.
    header = str(read(digest)["List-Unsubscribe"])
    clicked = header.partition(">")[0].removeprefix("<")
    assert read(digest)["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for _ in range(2):
        page = browser.open(clicked, {"List-Unsubscribe": "One-Click"})
        assert (page.status, "You are unsubscribed" in page.text) == (200, True)
        assert "set-cookie" not in {name.lower() for name in page.headers}
    assert program("subscriptions", "--json").json_lines() == []
    hugging_face.add(5, "Kettles that Whistle", LIST_DAY)
    program("scrape", "hf", "--date", str(LIST_DAY))

    process.terminate()
    assert process.wait(30) == 0
    assert "Traceback" not in process.stderr.read()
    assert len(mails.got) == 2


def test_a_mail_unsubscribes_too_and_an_address_that_is_refused_gets_nothing_more(
    program: Any, hugging_face: Any, mails: MailServer, browser: Browser
) -> None:
    program("subscribe", "email:ada@example.org", "kettles", "--yes", "--confirmed")
    hugging_face.add(2, "Kettles that Sing", LIST_DAY)
    program("scrape", "hf", "--date", str(LIST_DAY))
    program("run", "--once")
    header = str(read(mails.got[0])["List-Unsubscribe"])
    mailto = urlsplit(header.partition("<mailto:")[2].removesuffix(">"))
    answer = f"From: ada@example.org\nTo: {mailto.path}\nSubject: {parse_qs(mailto.query)['subject'][0]}\n\n"

    assert "ada@example.org is unsubscribed from 'kettles'" in program("receive", stdin=answer).err
    assert "has ended already" in program("receive", stdin=answer).err
    assert "neither a report" in program("receive", stdin="Subject: Hello\n\n", code=2).err
    assert program("subscriptions", "--json").json_lines() == []

    mails.answers["RCPT"] = ["550 5.1.1 no such user"]
    program("subscribe", "email:ben@example.org", "kettles OR clocks", "--yes", "--confirmed")
    hugging_face.add(3, "Clocks that Wait", LIST_DAY)
    program("scrape", "hf", "--date", str(LIST_DAY))
    assert "550 5.1.1 no such user" in program("run", "--once").err
    (kept,) = json.loads(program("export", "email:ben@example.org").out)["recipients"]
    assert kept["disabled_at"]
    assert "550 5.1.1 no such user" in kept["disabled_reason"]
    assert len(kept["subscriptions"]) == 1
    assert len(mails.got) == 1


def test_the_operator_has_an_address_asked_and_its_owner_says_yes(
    program: Any, mails: MailServer, browser: Browser
) -> None:
    for query in ("kettles", "clocks"):
        asked = program("subscribe", "email:ada@example.org", query, "--rhythm", "weekly", "--yes")
        assert "a mail asks ada@example.org to confirm this" in asked.err
    again = program("subscribe", "email:ada@example.org", "clocks", "--rhythm", "weekly", "--yes")
    assert "was asked already" in again.err
    process = started(program, browser)

    page = browser.open(link_to(mails.wait_for(1), "confirm"))
    browser.press(page, "Yes, send them to me")

    listed = program("subscriptions", "email:ada@example.org", "--json").json_lines()
    assert [(one["query"], one["rhythm"]) for one in listed] == [("kettles", "weekly"), ("clocks", "weekly")]
    program("subscribe", "email:ada@example.org", "watches", "--yes")
    assert len(program("subscriptions", "email:ada@example.org", "--json").json_lines()) == 3
    process.terminate()
    process.wait(30)
    assert len(mails.got) == 1


def test_without_pages_nobody_could_say_yes(program: Any, mails: MailServer) -> None:
    done = program("subscribe", "email:ada@example.org", "kettles", "--yes", code=2)

    assert "set web.base_url (PAPERWATCH_WEB__BASE_URL)" in done.err
    assert "--confirmed" in done.err


def test_an_address_that_is_listened_at_already_is_said(program: Any, mails: MailServer, browser: Browser) -> None:
    with socket.create_server(("127.0.0.1", browser.port)):
        done = program("run", code=2)

    assert f"web.listen: nobody can listen at 127.0.0.1:{browser.port}" in done.err
