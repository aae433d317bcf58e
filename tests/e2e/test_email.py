"""Mail from end to end: the program as a subprocess, and a mail server on loopback."""

import json
from collections.abc import Iterator
from email.message import EmailMessage
from typing import Any

import pytest
from farside.mail import MailServer, mail_server, read, settings_for
from farside.mail_reader import shown
from farside.program import LIST_DAY, Forked

PROGRAM = Forked

PASSWORD = "an-invented-password"


@pytest.fixture
def mails(program: Any) -> Iterator[MailServer]:
    with mail_server() as server:
        program.env |= settings_for(server)
        yield server


def list_kettles(program: Any, hugging_face: Any) -> None:
    """A paper is listed, and read."""
    hugging_face.add(2, "Kettles that Sing", LIST_DAY, githubRepo="https://github.com/invented/kettles")
    program("scrape", "hf", "--date", str(LIST_DAY))


def text_of(message: EmailMessage) -> str:
    body = message.get_body(("plain",))
    assert body
    return str(body.get_content())


def test_an_alert_and_a_digest_arrive(program: Any, hugging_face: Any, mails: MailServer) -> None:
    program("subscribe", "email:Ada@Example.org", "kettles", "--yes", "--confirmed")
    program("subscribe", "email:ben@example.org", "kettles OR clocks", "--yes", "--confirmed")
    program("subscription", "pause", "email:ben@example.org")
    list_kettles(program, hugging_face)
    program("run", "--once")

    (got,) = mails.got
    message = read(got)
    assert (got.sender, got.to, message["Subject"]) == ("alerts@papers.test", "ada@example.org", "Kettles that Sing")
    assert "https://huggingface.co/papers/2611.00002" in text_of(message)
    html = message.get_body(("html",))
    assert html
    assert "https://github.com/invented/kettles" in shown(html.get_content()).links

    program("subscription", "resume", "email:ben@example.org")
    program("run", "--once")
    assert [one.to for one in mails.got] == ["ada@example.org", "ben@example.org"]
    assert read(mails.got[1])["Subject"].startswith('1 new paper for "kettles OR clocks" · ')


def test_digest_prints_a_mail_as_it_would_be_sent(program: Any, hugging_face: Any, mails: MailServer) -> None:
    program("subscribe", "email:ada@example.org", "kettles", "--rhythm", "daily", "--yes", "--confirmed")
    list_kettles(program, hugging_face)

    message = read(program("digest", "email:ada@example.org", "--format", "mail").out.encode())

    assert (message["From"], message["To"]) == ("Paperwatch <alerts@papers.test>", "ada@example.org")
    assert message["Subject"].startswith('1 new paper for "kettles" · ')
    assert "1. Kettles that Sing" in text_of(message)
    assert mails.got == []


def test_a_server_that_refuses_us_is_said_without_the_password(
    program: Any, hugging_face: Any, mails: MailServer
) -> None:
    url = program.env["PAPERWATCH_EMAIL__SMTP_URL"]
    program.env["PAPERWATCH_EMAIL__SMTP_URL"] = url.replace("//", f"//ada:{PASSWORD}@")
    program("subscribe", "email:ada@example.org", "kettles", "--yes", "--confirmed")
    list_kettles(program, hugging_face)

    run, status = program("--debug", "run", "--once"), program("status", code=1)

    assert "the mail server offers no AUTH; correct email.smtp_url (PAPERWATCH_EMAIL__SMTP_URL)" in run.err
    assert "email stands until" in status.err
    assert PASSWORD not in run.out + run.err + status.out + status.err

    program.env["PAPERWATCH_EMAIL__SMTP_URL"] = url
    program("run", "--once")
    assert len(mails.got) == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"SMTP_URL": f"smtps://ada:{PASSWORD}@papers.test"}, "mails need both email.smtp_url and email.from"),
        ({"SMTP_URL": f"ada:{PASSWORD}@papers.test", "FROM": "a@papers.test"}, "email.smtp_url: a mail server is"),
        ({"SMTP_URL": "smtps://papers.test", "FROM": "a@papers.test, b@papers.test"}, "email.from: "),
        ({"SMTP_URL": "smtps://papers.test", "FRM": "a@papers.test"}, "email.frm: there is no such key; did you mean"),
        ({}, "set PAPERWATCH_EMAIL__SMTP_URL and PAPERWATCH_EMAIL__FROM"),
    ],
)
def test_settings_that_cannot_be_used_are_named(program: Any, settings: dict[str, str], says: str) -> None:
    program.env |= {f"PAPERWATCH_EMAIL__{name}": value for name, value in settings.items()}

    done = program("subscribe", "email:ada@example.org", "kettles", "--yes", code=2)

    assert says in done.err
    assert PASSWORD not in done.err


def test_an_address_that_is_none_is_refused(program: Any, mails: MailServer) -> None:
    for address in (
        "email:",
        "email:ada",
        "email:ada@example.org,ben@example.org",
        "email:ada@example.org\nBcc: x@y.org",
    ):
        assert "mail address" in program("subscribe", address, "kettles", "--yes", code=2).err
    assert program("subscriptions", "--json").json_lines() == []
    assert json.loads(program("status", "--json").out)["lanes"] == []


def test_a_run_without_the_server_holds_mails_and_says_why(program: Any, hugging_face: Any, mails: MailServer) -> None:
    program("subscribe", "email:ada@example.org", "kettles", "--yes", "--confirmed")
    list_kettles(program, hugging_face)
    known = {name: program.env.pop(name) for name in list(program.env) if name.startswith("PAPERWATCH_EMAIL")}

    run, status = program("run", "--once"), program("status", code=1)

    said = "mails or messages wait for 1 recipient: email is not configured; set PAPERWATCH_EMAIL__SMTP_URL"
    assert said in run.err
    assert said in status.err
    assert "its last attempt failed" not in run.err
    program.env |= known
    program("run", "--once")
    assert len(mails.got) == 1
