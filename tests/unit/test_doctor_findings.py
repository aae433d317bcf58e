"""What `doctor` decides: without a database, a network or a clock."""

import asyncio
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from bot.config import load
from bot.covered import Problem
from bot.doctor import database, examine, settings, sites, ways, work
from bot.doctor.finding import Finding, examined, examining, failure, ok, told, warning, without
from bot.doctor.screen import show, summary
from bot.sections import SourceSettings
from scrapers.addresses import private_host
from scrapers.fetch import Forbidden, RateLimited, Unreachable
from scrapers.request import Request, Response

NOW = datetime(2026, 11, 20, 12, 0, 0, tzinfo=UTC)


def moved(seconds: float) -> dict[str, str]:
    return {"date": (NOW + timedelta(seconds=seconds)).strftime("%a, %d %b %Y %H:%M:%S GMT")}


@pytest.mark.parametrize(
    ("headers", "took", "ahead"),
    [
        (moved(0), 0, 0.0),
        (moved(0), 20, 0.0),  # a slow answer proves nothing
        (moved(40), 20, -20.0),
        (moved(-90), 20, 90.0),
        ({**moved(-3600), "age": "3600"}, 1, 0.0),  # from a cache
        ({}, 0, None),
        ({"date": "yesterday"}, 0, None),
        ({**moved(0), "age": "old"}, 0, None),
    ],
)
def test_a_sites_clock_is_read_from_its_answer(headers: dict[str, str], took: float, ahead: float | None) -> None:
    assert sites.seconds_ahead(headers, NOW, NOW + timedelta(seconds=took)) == ahead


def test_one_site_that_agrees_is_enough() -> None:
    assert sites.clock_of([None]) == []
    assert [one.state for one in sites.clock_of([4000.0, 2.0, None])] == ["ok"]
    (wrong,) = sites.clock_of([4000.0, 3990.0])
    assert wrong.says == "this machine's clock is 3,990 s ahead of the clocks of all sites that were asked"


@pytest.mark.parametrize(
    ("finding", "state"),
    [
        (database.room(5_000_000_000), "ok"),
        (database.room(199_000_000), "warning"),
        (database.soundness("", 10), "ok"),
        (database.soundness("wrong # of entries in index", 10), "failure"),
        (database.server(160_004, "UTF8", only_reads=False), "ok"),
        (database.server(120_010, "UTF8", only_reads=False), "failure"),
        (database.server(160_004, "SQL_ASCII", only_reads=False), "failure"),
        (database.server(160_004, "UTF8", only_reads=True), "failure"),
        (database.server_clock(4.9), "ok"),
        (database.server_clock(-5.1), "failure"),
        (settings.zones({"Europe/Berlin", "UTC"}), "ok"),
        (settings.zones({"Europe/Berlin", "Mars/Olympus"}), "failure"),
        (work.running(None), "ok"),
        (work.running(is_running=False), "ok"),
    ],
)
def test_limits(finding: Finding, state: str) -> None:
    assert finding.state == state
    assert (state == "ok") or finding.advice


@pytest.mark.parametrize(
    ("posts_to", "own", "says"),
    [
        ("", "", []),
        ("https://papers.test/x", "https://papers.test/x", []),
        ("https://other.test/x", "", ["other.test"]),
        ("", "https://papers.test/x", ["nowhere"]),
        ("https://other.test/x", "https://papers.test/x", ["other.test"]),
    ],
)
def test_where_telegram_posts(posts_to: str, own: str, says: list[str]) -> None:
    found = ways.updates(posts_to, own)

    assert len(found) == len(says)
    assert all(word in one.says and one.state == "warning" for word, one in zip(says, found, strict=True))


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ('telegram.token = "123456789:AAF-invented-token-of-a-bot"', True),
        ('telegram.webhook = { url = "https://papers.test/a", secret = "0123456789abcdef" }', True),
        ('sources.s2 = { scraper = "semanticscholar", query = "kettles", key = "x" }', True),
        ('database.url = "postgresql://ada:x@localhost/papers"', True),
        ('database.url = "postgresql://localhost/papers?password=x"', True),
        ('database.url = "postgresql://localhost/papers"', False),
        ('email = { smtp_url = "smtp://localhost", from = "ada@papers.test" }', False),
        ('database.url = "sqlite:///papers.db"', False),
    ],
)
def test_which_files_hold_secrets(text: str, holds: bool, tmp_path: Path) -> None:
    file = tmp_path / "paperwatch.toml"
    file.write_text(f"{text}\n")
    file.chmod(0o644)

    found = [one for one in settings.checks(load(file, {}), file) if "holds secrets" in one.says]

    assert [one.state for one in found] == (["failure"] if holds else [])
    assert all(f"chmod o-rwx {file};" in one.advice for one in found)


def test_what_is_not_installed_is_told(tmp_path: Path) -> None:
    file = tmp_path / "paperwatch.toml"
    file.write_text(
        '[web]\nbase_url = "https://papers.test"\n[telegram.webhook]\nurl = "https://papers.test/bot"\n'
        'secret = "0123456789abcdef"\n'
    )

    found = list(settings.extras(load(file, {}), {"starlette"}))

    assert [one.what for one in found] == ["web pages", "telegram"]
    assert "PAPERWATCH_EXTRAS=webhook" in found[1].advice
    assert list(settings.extras(load(file, {}), {"starlette", "uvicorn", "tornado"})) == []


def test_secrets_are_found_in_all_settings(tmp_path: Path) -> None:
    file = tmp_path / "paperwatch.toml"
    file.write_text(
        '[telegram]\ntoken = "123456789:AAF-invented-token-of-a-bot"\n'
        '[telegram.webhook]\nurl = "https://papers.test/a-path"\nsecret = "0123456789abcdef"\n'
        '[email]\nsmtp_url = "smtps://ada:pass%20word@papers.test"\nfrom = "a@papers.test"\n'
        '[database]\nurl = "postgresql://ada@papers.test/papers?password=of%20the%20database"\n'
    )

    known = settings.secrets(load(file, {}))

    assert {"a-path", "0123456789abcdef", "pass word", "123456789:AAF-invented-token-of-a-bot"} <= known
    assert "of the database" in known
    finding = failure("x", "it said 0123456789abcdef", "remove pass word, not ab")
    assert without({*known, "ab"}, finding) == failure("x", "it said [secret]", "remove [secret], not ab")


def test_a_configuration_that_cannot_be_used_shows_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "paperwatch.toml"
    file.write_text('alarms = ["https://ada:a-password@papers.test"]\n')

    (finding,) = examine(file, online=False, clock=lambda: NOW, say=print)

    assert finding.state == "failure"
    assert "papers.test" in finding.says
    assert "a-password" not in finding.says


HF = SourceSettings(scraper="huggingface")
CS = SourceSettings(scraper="arxiv", parts=("cs.CL", "cs.LG"))
ARXIV = (Path(__file__).parents[1] / "fixtures" / "arxiv" / "new_2026-11-19.html").read_bytes()
A_THURSDAY, THE_NEXT_MONDAY = NOW - timedelta(days=1), NOW + timedelta(days=3, hours=14)


class Web:
    """Answers every request in the same way, and keeps what was asked."""

    def __init__(self, answer: bytes | Exception, status: int = 200) -> None:
        self.answer, self.status = answer, status
        self.asked: list[Request] = []

    async def get(self, request: Request) -> Response:
        self.asked.append(request)
        if isinstance(self.answer, Exception):
            raise self.answer
        return Response(request, request.url, self.status, self.answer, moved(0))


async def test_the_first_part_is_asked_for_once() -> None:
    web = Web(ARXIV)

    finding, ahead = await sites.examine("arxiv", CS, web.get, lambda: A_THURSDAY)

    (asked,) = web.asked
    assert (asked.url, asked.transport) == ("https://arxiv.org/list/cs.CL/new?skip=0&show=2000", "new")
    assert finding == ok("site of arxiv", "answers: 7 papers of 2026-11-19 cs.CL, ok")
    assert ahead == -86_400.0


async def test_a_list_of_another_day_is_a_warning() -> None:
    finding, _ = await sites.examine("arxiv", CS, Web(ARXIV).get, lambda: THE_NEXT_MONDAY)

    assert finding.state == "warning"
    assert "the answer shows 2026-11-19" in finding.says


@pytest.mark.parametrize(
    ("source", "web", "says", "advises"),
    [
        (
            HF,
            Web(Unreachable("https://papers.test cannot be reached (its certificate is not valid): try again later.")),
            "certificate is not valid)",
            "check this machine's clock and certificates",
        ),
        (HF, Web(Forbidden(private_host("papers.test"))), "at a private address", "network.allow_private"),
        (
            HF,
            Web(RateLimited("papers.test asked for a pause (429): x", 3_600)),
            "a pause (429)",
            "wait 3,600 s",
        ),
        (HF, Web(b"<h1>Hello</h1>"), "", "curl -o page.html 'https://huggingface.co/api/daily_papers?date="),
        (HF, Web(b"<h1>No</h1>", 403), "403", "network.contact"),
        (HF, Web(b"<h1>No</h1>", 418), "418", "open it in a browser"),
        (
            SourceSettings(scraper="huggingface", base_url="https://papers.test/a-secret"),
            Web(b"<h1>Hello</h1>"),
            "",
            "curl -o page.html 'https://papers.test/…'",
        ),
    ],
)
async def test_failures_of_sites_say_what_to_do(source: SourceSettings, web: Web, says: str, advises: str) -> None:
    finding, _ = await sites.examine("it", source, web.get, lambda: NOW)

    assert (finding.what, finding.state) == ("site of it", "failure")
    assert says in finding.says
    assert advises in finding.advice
    assert "a-secret" not in finding.says + finding.advice
    assert len(web.asked) == 1


def test_what_a_site_wrote_cannot_steer_the_terminal() -> None:
    assert without([], failure("x", "a\x1b[2Jb\nc", "")).says == "a [2Jb\nc"


async def test_a_check_that_breaks_is_a_finding() -> None:
    def breaks() -> Iterator[Finding]:
        yield ok("x", "the first")
        raise RuntimeError("a page\nof reasons")

    async def breaks_later() -> list[Finding]:
        await asyncio.sleep(0)
        raise KeyError("x")

    first, second = examined("x", breaks)
    (third,) = await examining("x", breaks_later())

    assert first.says == "the first"
    assert second.says == "this check broke (RuntimeError: a page)"
    assert third.says == "this check broke (KeyError: 'x')"


def test_a_sentence_is_parted_where_it_says_what_to_do() -> None:
    assert told("x", "it is closed; open it; then go in") == failure("x", "it is closed", "open it; then go in")
    assert told("x", "it is closed", "wait") == failure("x", "it is closed", "wait")


def test_a_report_becomes_findings() -> None:
    late, dead = Problem("hf was not read", "start it"), Problem("1 message could not be sent", "drop it")
    report = {
        "sources": [{"name": "hf", "problems": [late]}, {"name": "arxiv", "last_good_at": NOW, "problems": []}],
        "outbox": {"waiting": 2, "due": 0},
        "wrong": [late, dead],
    }

    (first, second), (third,) = work.sources(report), work.outbox(report)

    assert first == failure("source hf", "hf was not read", "start it")
    assert second == ok("source arxiv", "read without a fault, last at 2026-11-20 12:00 UTC")
    assert third == failure("outbox", "1 message could not be sent", "drop it")
    assert [one.says for one in work.outbox({**report, "wrong": [late]})] == ["2 waiting"]


def test_findings_on_a_narrow_terminal_and_in_a_file() -> None:
    findings = [ok("a", "fine", "go on"), warning("b", "so so " * 12, "mend it"), failure("c", "[bold]", "do it")]
    shown = {}
    for width, is_terminal in ((60, True), (60, False)):
        file = StringIO()
        show(Console(file=file, width=width, force_terminal=is_terminal, no_color=True, soft_wrap=True), findings)
        shown[is_terminal] = file.getvalue()

    bare = re.sub(r"\x1b\[[0-9;]*m", "", shown[True])
    assert max(map(len, bare.splitlines())) <= 60
    assert "so so " * 11 in shown[False]
    assert "[bold]" in shown[True]
    assert "[bold]" in shown[False]
    assert summary(findings) == "1 failure, 1 warning"
