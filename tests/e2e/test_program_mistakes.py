"""Bad input: one clear sentence, the right code, nothing half written."""

from datetime import timedelta
from typing import Any

import pytest
from farside.program import LIST_DAY, TODAY, Forked, execute, query
from farside.site import Site, bomb, drip, redirect

from bot.intake import MATCHED_AT_FIRST, MATCHED_AT_ONCE

PROGRAM = Forked


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["scrape", "hff"], "no source called 'hff'"),
        (["scrape", "hf", "--date", str(TODAY + timedelta(days=3))], "in the future"),
        (["scrape", "hf", "--date", "2026-13-40"], "2026-13-40"),
        (["scrape", "--from", "missing.txt"], "cannot be read"),
        (["scrape", "--from", "."], "is a folder"),
        (["scrape", "--from", "binary"], "not text"),
        (["scrape", "--from", "half.json"], "half.json"),
        (["scrape", "--from", "prose.txt"], "listing"),
        (["scrape", "--from", "error.html"], "error.html"),
        (["scrape", "hf", "--from", "prose.txt"], "--from"),
        (["scrape", "--as-of", "2026-01-01"], "--from"),
        (["subscribe", "console:", "(RAG OR"], "^"),
        (["subscribe", "carrier-pigeon:x", "RAG"], "not an address"),
        (["subscribe", "webhook:http://10.0.0.1/x", "RAG"], "allow_private"),
        (["subscribe", "webhook:ftp://example.org/x", "RAG"], "http"),
        (["subscribe", "console:", "RAG", "--zone", "Europe/Berln"], "Europe/Berlin"),
        (["subscribe", "console:", "RAG", "--rhythm", "hourly"], "rhythm"),
        (["subscribe", "console:", "RAG", "--rhythm", "daily", "--at", "24:00"], "24:00"),
        (["subscription", "edit", "console:", "nothing", "--query", "x"], "console:"),
        (["why", "console:", "2611.00001"], "no paper"),
        (["preview", "(RAG OR"], "^"),
        (["search", "tool use", "x"], "put the whole query in quotes"),
        (["search", 'author:"Ada Quill"', "[x"], "round brackets"),
        (["search", "[tool OR use]"], "(tool OR use)"),
        (["preview", "RAG", "--days", "0"], "--days"),
        (["preview", "RAG", "--papers", "missing.jsonl"], "missing.jsonl cannot be read"),
        (["preview", "RAG", "--papers", "."], "cannot be read"),
        (["preview", "RAG", "--papers", "binary"], "binary, line 1"),
        (["--config", "missing.toml", "status"], "missing.toml"),
    ],
)
def test_mistakes_are_one_sentence_and_exit_code_2(program: Any, arguments: list[str], says: str) -> None:
    files = {
        "binary": b"\x7fELF\x00\x01\x02" * 100,
        "half.json": b'[{"paper": {"id": "2611.00001", "title": "Half',
        "prose.txt": b"Dear all,\n\nplease find attached the minutes of yesterday's meeting.\n\nBest wishes\n",
        "error.html": b"<html><head><title>502 Bad Gateway</title></head><body><h1>502</h1></body></html>",
    }
    for name, data in files.items():
        (program.home / name).write_bytes(data)

    done = program(*arguments, code=2)

    assert says in done.err
    assert done.out == ""


def test_all_mistakes_of_the_configuration_are_reported_at_once(program: Any) -> None:
    (program.home / "paperwatch.toml").write_text(
        '[databse]\nurl = "x"\n[network]\ntimeout = -1\n[sources.hf]\nevery = "soon"\n'
        '[sources.other]\nscraper = "hugingface"\n'
    )
    program.env["PAPERWATCH_NETWRK__GAP"] = "1"

    done = program("status", code=2)

    for mistake in ("databse", "network.timeout", "sources.hf.every", "sources.other.scraper", "NETWRK", "huggingface"):
        assert mistake in done.err


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("sqlite:///{home}", "is a folder"),
        ("sqlite:///{home}/not-a-database", "not a Paperwatch database"),
        ("mysql://localhost/x", "not supported"),
        ("sqlite:////proc/nowhere/x.db", "cannot be made"),
    ],
)
def test_an_unusable_database_is_one_sentence(program: Any, url: str, says: str) -> None:
    (program.home / "not-a-database").write_text("just a text, and long enough to be no header of SQLite\n" * 100)
    program.env["PAPERWATCH_DATABASE__URL"] = url.format(home=program.home)

    assert says in program("status", code=1).err


def test_a_database_of_a_newer_version_is_refused_and_left_alone(program: Any) -> None:
    program("subscriptions")
    execute(program, "update alembic_version set version_num = '9999'")

    done = program("run", "--once", code=1)

    assert "newer version" in done.err
    assert query(program, "select version_num from alembic_version") == [("9999",)]


def test_a_huge_paste_is_refused(program: Any) -> None:
    with (program.home / "huge.txt").open("wb") as file:
        file.truncate(200_000_000)

    assert "larger than" in program("scrape", "--from", "huge.txt", code=2).err


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (bomb(), "failed"),
        (drip(b"[" + b" " * 1000), "failed"),
        (redirect("http://10.0.0.1/api"), "failed"),
        ((200, {"Content-Type": "text/html"}, b"<html><h1>Oops</h1></html>"), "failed"),
        ((200, {}, b'[{"paper": {"id": "2611'), "failed"),
        ((406, {}, b""), "failed"),
        ((429, {"RateLimit": '"api";r=0;t=55'}, b""), "failed"),
    ],
)
def test_a_bad_answer_is_a_failed_reading_and_not_a_quiet_day(
    program: Any, site: Site, hugging_face: Any, answer: Any, says: str
) -> None:
    site.route("/api/daily_papers", answer)
    program.env["PAPERWATCH_NETWORK__DEADLINE"] = "2"

    done = program("scrape", "hf", "--date", str(LIST_DAY), code=1)

    assert f"{LIST_DAY}: {says}" in done.err
    assert query(program, "select verdict from reading") == [("failed",)]
    assert query(program, "select state from list_day") == [("open",)]


def test_a_full_disk_leaves_nothing_half_written(program: Any, hugging_face: Any) -> None:
    program("scrape", "hf", "--date", str(LIST_DAY))
    for number in range(300):
        hugging_face.add(number, f"Invention Number {number}", LIST_DAY, summary="Invented. " * 400)
    program.file_size = 700_000

    done = program("scrape", "hf", "--date", str(LIST_DAY), code=1)
    program.file_size = None

    assert "disk is full" in done.err
    assert query(program, "pragma integrity_check") == [("ok",)]
    stored = query(program, "select count(*) from paper")[0][0]
    assert (stored - MATCHED_AT_FIRST) % MATCHED_AT_ONCE == 0  # only whole transactions
    program("scrape", "hf", "--date", str(LIST_DAY))
    assert query(program, "select count(*), count(distinct title) from paper") == [(300, 300)]
