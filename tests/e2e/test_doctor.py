"""`paperwatch doctor`: a whole installation on loopback, in order, and broken in one place after the other."""

import json
import socket
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fakes.telegram import FakeTelegram
from farside.mail import MailServer, mail_server, settings_for
from farside.program import Done, Forked, Program, execute, make_due, query, wait_until
from farside.site import Answer, drip, raw, redirect

PROGRAM = Forked
# The server is on this machine, and the password is invented.
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

TOKEN, WRONG = "123456789:AAF-invented-token-of-a-bot", "123456789:AAF-another-token-of-no-bot"
PASSWORD = "an-invented-password"
SECRET = "shared-between-the-two-of-us"
HTML = {"Content-Type": "text/html"}


@dataclass
class Installation:
    """The program with a source, a bot and a mail server that all work."""

    program: Program
    hugging_face: Any
    api: FakeTelegram
    mails: MailServer

    def doctor(self, *arguments: str, code: int = 0) -> Done:
        done = self.program("doctor", *arguments, code=code)
        for secret in (TOKEN, WRONG, PASSWORD, "a-wrong-password", SECRET):
            assert secret not in done.out + done.err
        return done

    def set(self, **settings: str) -> None:
        self.program.env |= {f"PAPERWATCH_{name}": value for name, value in settings.items()}

    def route(self, answer: Answer) -> None:
        self.hugging_face.site.route("/api/daily_papers", answer)


@pytest.fixture
def here(program: Program, hugging_face: Any) -> Iterator[Installation]:
    with FakeTelegram(token=TOKEN) as api, mail_server(password=PASSWORD) as mails:
        program.env |= settings_for(mails)
        here = Installation(program, hugging_face, api, mails)
        here.set(
            EMAIL__SMTP_URL=_smtp(mails, PASSWORD), TELEGRAM__TOKEN=TOKEN, TELEGRAM__BASE_URL=api.url(),
            NETWORK__CONTACT="ada@papers.test", WEBHOOK__SECRET=SECRET,
        )  # fmt: skip
        program("subscriptions")
        for number in range(3):
            for back in range(4):  # the newest list may be of the Friday before a weekend
                day = datetime.now(UTC).date() - timedelta(days=back)
                hugging_face.add(10 * back + number, f"Invention Number {10 * back + number}", day)
        yield here


def _smtp(mails: MailServer, password: str) -> str:
    return f"smtp://ada:{password}@127.0.0.1:{mails.port}"


def test_a_sound_installation_has_nothing_to_be_done(here: Installation) -> None:
    done = here.doctor("--online")

    assert "to do" not in done.out
    assert done.err == "asking hf, telegram, email\nnothing is wrong\n"
    for line in (
        "✓ telegram       @paperwatch_test_bot",
        f"✓ email          127.0.0.1:{here.mails.port} answers by smtp; logged in",
        "✓ clock          agrees with the sites'",
        "answers: 3 papers of ",
    ):
        assert line in done.out
    assert here.mails.got == []
    assert [path.partition("?")[0] for path in here.hugging_face.site.paths()] == ["/robots.txt", "/api/daily_papers"]
    assert query(here.program, "select count(*) from paper") == [(0,)]
    assert query(here.program, "select count(*) from source") == [(0,)]


def test_without_online_nobody_is_asked(here: Installation) -> None:
    assert here.doctor().err == "nothing is wrong\n"

    assert here.hugging_face.site.seen == []
    assert here.mails.connections == 0


def _unread(here: Installation) -> None:
    here.program("run", "--once")
    make_due(here.program)


def _wrong_clock() -> Answer:
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Tue, 06 Oct 2026 08:00:00 GMT\r\n"
    return raw(head + b"Content-Length: 2\r\n\r\n[]")


@pytest.mark.parametrize(
    ("break_it", "says", "advises"),
    [
        (lambda here: here.set(TELEGRAM__TOKEN=WRONG), "Telegram refuses the bot's token", "correct telegram.token"),
        (
            lambda here: here.set(TELEGRAM__BASE_URL=f"http://127.0.0.1:{_closed_port()}"),
            "Telegram cannot be reached",
            "check this machine's network, telegram.base_url",
        ),
        (
            lambda here: here.set(EMAIL__SMTP_URL=_smtp(here.mails, "a-wrong-password")),
            "the mail server refuses the user or the password",
            "correct email.smtp_url",
        ),
        (
            lambda here: here.set(EMAIL__SMTP_URL=f"smtps://ada:{PASSWORD}@127.0.0.1:{_closed_port()}"),
            "the mail server cannot be reached (connecting)",
            "check host, port and encryption in email.smtp_url",
        ),
        (
            lambda here: here.set(EMAIL__SMTP_URL=_smtp(here.mails, PASSWORD).replace("smtp:", "smtp+starttls:")),
            "the mail server offers no STARTTLS",
            "correct email.smtp_url",
        ),
        (lambda here: here.route((200, HTML, b"<h1>We are fixing things</h1>")), "", "the site may have changed"),
        (lambda here: here.route((403, HTML, b"<h1>No</h1>")), "403", "network.contact"),
        (lambda here: here.route((404, HTML, b"<h1>What?</h1>")), "404", "correct parts, base_url or url"),
        (lambda here: here.route((429, {"Retry-After": "7200"}, b"")), "asked for a pause (429)", "wait 7,200 s"),
        (lambda here: here.route((500, {}, b"")), "failed with status 500", "try again later"),
        (lambda here: here.route(redirect("http://10.0.0.1/")), "redirects to a private", "ask for it directly"),
        (lambda here: here.route(drip(b"[" + b" " * 1000)), "did not answer in time", "try again later"),
        (
            lambda here: here.hugging_face.site.route("/robots.txt", (200, {}, b"User-agent: *\nDisallow: /")),
            "robots.txt forbids this page to programs",
            "use another source",
        ),
        (
            lambda here: here.set(SOURCES__HF__BASE_URL=f"http://127.0.0.1:{_closed_port()}"),
            "cannot be reached",
            "try again later",
        ),
        (
            lambda here: here.set(SOURCES__HF__BASE_URL="http://papers.invalid"),
            "papers.invalid has no address",
            "check the name and this machine's network",
        ),
        (lambda here: here.route(_wrong_clock()), "the clocks of all sites that were asked", "NTP"),
        (
            lambda here: execute(here.program, "update alembic_version set version_num = '9999'"),
            "the database belongs to a newer version of Paperwatch",
            "update the program, or name another database",
        ),
        (
            lambda here: here.program.env.pop("PAPERWATCH_TELEGRAM__TOKEN") and _tell(here, "telegram", "42"),
            "telegram is not configured, but has 1 recipient",
            "set PAPERWATCH_TELEGRAM__TOKEN",
        ),
        (
            lambda here: _tell(here, "email", "ada@example.org", disabled="no such mailbox"),
            "email:ada@example.org is disabled: no such mailbox",
            "paperwatch subscription resume",
        ),
        (_unread, "hf was due at 2026-01-01", "start it: paperwatch run"),
    ],
)
def test_what_is_broken_is_told_with_what_to_do(
    here: Installation, break_it: Callable[[Installation], object], says: str, advises: str
) -> None:
    here.set(NETWORK__DEADLINE="3", NETWORK__TIMEOUT="2")
    break_it(here)

    done = here.doctor("--online", code=1)

    (wrong,) = [one for one in here.doctor("--online", "--json", code=1).json_lines() if one["state"] == "failure"]
    assert says in wrong["says"]
    assert advises in wrong["advice"]
    assert f"to do: {wrong['advice']}\n" in done.out
    assert done.err.endswith("\n1 failure\n")


def _closed_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _tell(here: Installation, channel: str, address: str, disabled: str = "") -> None:
    here.set(TELEGRAM__TOKEN=TOKEN)
    here.program("subscribe", f"{channel}:{address}", "kettles", "--yes", "--confirmed")
    if disabled:
        execute(here.program, f"update recipient set disabled_at = '2026-01-01', disabled_reason = '{disabled}'")
    if channel == "telegram":
        del here.program.env["PAPERWATCH_TELEGRAM__TOKEN"]


@pytest.mark.parametrize(
    ("mode", "state", "code"), [(0o600, "", 0), (0o640, "warning", 0), (0o604, "failure", 1), (0o666, "failure", 1)]
)
def test_a_file_with_a_token_is_private(here: Installation, mode: int, state: str, code: int) -> None:
    file = here.program.home / "paperwatch.toml"
    file.write_text(f'[telegram]\ntoken = "{TOKEN}"\n')
    file.chmod(mode)

    found = here.doctor("--json", code=code).json_lines()

    told = [one for one in found if "holds secrets" in one["says"]]
    assert [one["state"] for one in told] == ([state] if state else [])
    whose = "o-rwx" if state == "failure" else "g-rwx"
    assert all(f"chmod {whose} paperwatch.toml" in one["advice"] for one in told)


def test_all_mistakes_of_the_configuration_are_told(program: Program) -> None:
    (program.home / "paperwatch.toml").write_text('[databse]\nurl = "x"\n[network]\ntimeout = -1\n')

    done = program("doctor", "--online", code=1)

    assert "databse" in done.out
    assert "network.timeout" in done.out
    assert "to do: correct it; config/paperwatch.toml explains every key" in done.out
    assert done.err == "1 failure\n"


def test_no_database_is_made(program: Program) -> None:
    program.env["PAPERWATCH_DATABASE__URL"] = f"sqlite:///{program.home}/new/folder/library.db"

    assert "library.db is not there yet; the first command makes it" in program("doctor").out

    assert not (program.home / "new").exists()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:///{home}", "is a folder"),
        ("sqlite:///{home}/not-a-database", "this file is not a Paperwatch database"),
        ("mysql://ada:an-invented-password@localhost/x", "mysql is not supported"),
        ("sqlite:///{home}/not-a-database/x.db", "x.db is not there, and cannot be made"),
        ("postgresql://ada:an-invented-password@127.0.0.1:1/x", "the database server does not answer"),
    ],
)
def test_an_unusable_database_is_one_finding_among_others(program: Program, url: str, says: str) -> None:
    (program.home / "not-a-database").write_text("just a text, and long enough to be no header of SQLite\n" * 100)
    program.env["PAPERWATCH_DATABASE__URL"] = url.format(home=program.home)

    done = program("doctor", code=1)

    assert says in done.out
    assert "time zones" in done.out
    assert PASSWORD not in done.out + done.err


def test_an_older_database_is_left_as_it_is(here: Installation) -> None:
    execute(here.program, "update alembic_version set version_num = '0001'")

    done = here.doctor("--online")

    assert "without the newest tables: the next command brings it up to date" in done.out
    assert query(here.program, "select version_num from alembic_version") == [("0001",)]


def test_a_run_is_seen_and_not_disturbed(here: Installation) -> None:
    first = here.program.start("run")
    assert first.stderr is not None
    wait_until(lambda: "watching" in first.stderr.readline())

    done = here.doctor()

    assert "paperwatch run is running" in done.out
    assert first.poll() is None


def test_another_program_that_gets_the_updates_is_told(here: Installation) -> None:
    asked = urllib.parse.urlencode({"url": here.hugging_face.site.url("/a-secret-path")}).encode()
    with urllib.request.urlopen(f"{here.api.url()}/bot{TOKEN}/setWebhook", asked, timeout=10) as answer:
        assert json.load(answer)["ok"]

    done = here.doctor("--online")

    assert "! telegram" in done.out
    assert "Telegram posts what people write to 127.0.0.1, and this bot would ask for it" in done.out
    assert "a-secret-path" not in done.out


def test_pages_that_cannot_be_reached_are_a_warning(here: Installation) -> None:
    here.set(WEB__BASE_URL=f"http://127.0.0.1:{_closed_port()}", NETWORK__ALLOW_PRIVATE='["127.0.0.1"]')
    assert "! web pages      not reached from here" in here.doctor("--online").out

    here.set(WEB__BASE_URL=here.hugging_face.site.url())
    here.hugging_face.site.route("/healthz", (200, {}, b"ok"))
    assert f"✓ web pages      {here.hugging_face.site.url()} answers\n" in here.doctor("--online").out


def test_nameless_programs_and_open_passwords_are_warned_of(program: Program) -> None:
    program.env["PAPERWATCH_EMAIL__SMTP_URL"] = f"smtp://ada:{PASSWORD}@mail.example.org"
    program.env["PAPERWATCH_EMAIL__FROM"] = "alerts@papers.test"

    done = program("doctor")

    assert "network.contact is empty" in done.out
    assert "the password goes to mail.example.org unencrypted" in done.out
    assert done.err == "2 warnings\n"
