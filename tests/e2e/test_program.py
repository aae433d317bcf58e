"""The program from end to end: as a subprocess, against fake sites on loopback."""

import hashlib
import hmac
import json
import os
import pty
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from farside.site import Site, bomb, drip, redirect

TODAY = datetime.now(UTC).date()
# The last day but one that has a list, so that tests do not depend on the day and hour they run at.
LIST_DAY = next(day for n in range(2, 9) if (day := TODAY - timedelta(days=n)).weekday() < 5)


def test_a_listing_becomes_an_alert(program: Any, hugging_face: Any, hook: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY, upvotes=30)
    hugging_face.add(2, "Storage Systems", LIST_DAY)
    program.env["PAPERWATCH_WEBHOOK__SECRET"] = "shared between us"
    program("subscribe", hook.address, '"use tools" OR RAG', "--name", "tools")

    done = program("scrape", "hf", "--date", str(LIST_DAY), "--deliver")

    assert hook.titles == ["Agents That Use Tools"]
    (message,) = hook.got
    assert message["papers"][0]["reasons"] == ["tools"]
    assert message["papers"][0]["identifiers"] == {"arxiv": "2611.00001"}
    assert "1 alert queued" in done.err
    stamp, signature = (part.split("=")[1] for part in hook.headers[0]["x-paperwatch-signature"].split(","))
    body = json.dumps(message, separators=(",", ":"), ensure_ascii=False)
    expected = hmac.new(b"shared between us", f"{stamp}.{body}".encode(), hashlib.sha256).hexdigest()
    assert signature == expected
    assert "secret-path" not in done.out + done.err


def test_a_paper_is_told_by_telegram(program: Any, hugging_face: Any, bot_api: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    program("subscribe", "telegram:42/7", '"use tools"', "--name", "tools")

    done = program("--debug", "scrape", "hf", "--date", str(LIST_DAY), "--deliver")

    (message,) = bot_api.got
    assert (message["chat_id"], message["message_thread_id"]) == ("42", "7")
    assert message["text"].endswith('<i>matched: tools · "use tools" (title, abstract)</i>')
    assert program.env["PAPERWATCH_TELEGRAM__TOKEN"] not in done.err


def test_telegram_without_a_token_is_one_sentence(program: Any) -> None:
    refused = program("subscribe", "telegram:42", "tools", code=2)

    assert refused.err == "paperwatch: telegram is not configured; set PAPERWATCH_TELEGRAM__TOKEN\n"


def test_a_second_scrape_tells_nothing_again(program: Any, hugging_face: Any, hook: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    program("subscribe", hook.address, "source:hf")

    for _ in range(3):
        program("scrape", "hf", "--date", str(LIST_DAY), "--deliver")

    assert len(hook.titles) == 1


def test_console_alerts_are_cards_on_standard_output(program: Any, hugging_face: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    program("subscribe", "console:", "tools", "--name", "my tools")

    done = program("scrape", "hf", "--date", str(LIST_DAY), "--deliver")

    assert "Agents That Use Tools" in done.out
    assert "my tools" in done.out


def test_run_reads_what_is_due_and_stops_on_sigterm(program: Any, hugging_face: Any, hook: Any) -> None:
    program("run", "--once")
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    program("subscribe", hook.address, "tools")
    _make_due(program)

    process = program.start("run")
    _wait_until(lambda: hook.titles)
    process.send_signal(signal.SIGTERM)
    _, err = process.communicate(timeout=30)

    assert process.returncode == 0, err
    assert hook.titles == ["Agents That Use Tools"]


def test_the_first_reading_of_a_source_alerts_nobody_and_says_so(program: Any, hugging_face: Any, hook: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    program("subscribe", hook.address, "tools")

    done = program("run", "--once")

    assert hook.titles == []
    assert "first reading" in done.err


def test_two_runs_on_one_file_are_refused(program: Any, hugging_face: Any) -> None:
    first = program.start("run")
    assert first.stderr is not None
    _wait_until(lambda: "watching" in first.stderr.readline())

    refused = program("run", "--once", code=1)

    assert "another paperwatch run" in refused.err


def test_a_killed_run_loses_nothing(program: Any, hugging_face: Any, hook: Any) -> None:
    program("run", "--once")
    for number in range(60):
        hugging_face.add(number, f"Invention Number {number}", LIST_DAY)
    program("subscribe", hook.address, "source:hf")
    hook.answers = [drip(b"x" * 50)]
    _make_due(program)
    process = program.start("run")
    _wait_until(lambda: hook.titles)
    process.kill()
    process.communicate()

    _make_due(program)
    program("run", "--once")

    assert {*hook.titles} == {f"Invention Number {number}" for number in range(60)}
    repeated = len(hook.titles) - 60
    assert repeated in (0, 10, 50)
    assert _query(program, "select sum(ambiguous) from message")[0][0] == (1 if repeated else 0)


def test_scrape_prints_one_paper_a_line_as_json(program: Any, hugging_face: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY, githubRepo="https://github.com/a/b")
    hugging_face.add(2, "Storage Systems", LIST_DAY)

    papers = program("scrape", "hf", "--date", str(LIST_DAY), "--dry-run", "--json").json_lines()

    assert [paper["title"] for paper in papers] == ["Agents That Use Tools", "Storage Systems"]
    wanted = "title abstract authors authors_truncated published categories organizations has_code code_url upvotes"
    wanted += " comments score identifiers url source"
    assert set(wanted.split()) <= set(papers[0])
    assert (papers[0]["has_code"], papers[1]["has_code"], papers[1]["score"]) == (True, None, None)
    assert papers[0]["source"] == "hf"
    assert not (Path(program.home) / "data").exists()


def test_a_paste_from_standard_input_is_stored_and_searched(program: Any) -> None:
    paste = (
        "Get trending papers in your email inbox!\nSubscribe\nDaily Papers\n\n"
        "Invented Agents and Their Tools\n\n" + "We invent agents that use tools, and measure them. " * 12 + "\n\n"
        "  • 3 authors\n·\nMay 26, 2024 2\n"
    )

    stored = program("scrape", "--from", "-", stdin=paste)
    found = program("search", "agents tools", "--json").json_lines()

    assert "1 new" in stored.err
    assert (found[0]["published"], found[0]["comments"], found[0]["authors_count"]) == ("2024-05-26", 2, 3)


def test_search_gives_the_newest_or_the_best_in_pages(program: Any, tmp_path: Path) -> None:
    titles = ["Kettles and Fine-Tuning", "Finetuning of Clocks", "Fine Tuning Forks", "A Survey of Tuning"]
    votes = [5, 30, None, 99]
    papers = [{"title": one, "identifiers": {}, "upvotes": n} for one, n in zip(titles, votes, strict=True)]
    file = tmp_path / "papers.jsonl"
    file.write_text("".join(json.dumps(paper) + "\n" for paper in papers))
    program("scrape", "--from", str(file))

    def found(*options: str) -> list[str]:
        return [paper["title"] for paper in program("search", "finetuning", *options, "--json").json_lines()]

    assert found() == [titles[2], titles[1], titles[0]]
    assert found("--sort", "best") == [titles[1], titles[0], titles[2]]
    assert found("--limit", "2", "--page", "2") == [titles[0]]
    assert program("search", "finetuning", "--limit", "2").err == "there are more: --page 2\n"
    assert program("search", "finetuning", "--limit", "2", "--page", "2").err == ""
    assert program("search", "finetuning", "--page", "2").err == "there is no page 2\n"
    assert program("search", "umbrellas").err == "nothing found\n"


def test_why_says_what_was_told_or_why_not(program: Any, hugging_face: Any, hook: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    program("subscribe", hook.address, "tools", "--name", "mine")
    program("subscribe", hook.address, "cryptography", "--name", "other")
    program("scrape", "hf", "--date", str(LIST_DAY), "--deliver")

    told = program("why", hook.address, "arXiv:2611.00001v2").out

    assert "told 20" in told
    assert "'mine'" in told
    assert "'other' does not ask for it" in told


def test_status_is_healthy_after_a_good_run_and_unhealthy_after_a_bad_one(program: Any, hugging_face: Any) -> None:
    program("run", "--once")
    healthy = json.loads(program("status", "--json").out)
    hugging_face.broken = True
    _make_due(program)
    program("run", "--once")

    unhealthy = program("status", code=1)

    assert healthy["wrong"] == []
    assert "failed" in unhealthy.out
    assert "wrong: hf" in unhealthy.err


def test_subscriptions_are_listed_edited_muted_paused_and_removed(program: Any) -> None:
    program("subscribe", "console:", "RAG", "--rhythm", "daily", "--at", "8:00", "--zone", "Europe/Berlin")
    program("subscription", "edit", "console:", "RAG", "--query", "RAG OR retrieval", "--name", "retrieval")
    program("subscription", "mute", "console:", "retrieval", "--until", "2999-01-01")
    (row,) = program("subscriptions", "--json").json_lines()
    assert (row["name"], row["query"], row["at"], row["zone"], row["state"]) == (
        "retrieval", "RAG OR retrieval", "08:00", "Europe/Berlin", "muted until 2999-01-01",
    )  # fmt: skip
    program("subscription", "pause", "console:")
    assert program("subscriptions", "--json").json_lines()[0]["state"] == "paused"
    program("subscription", "resume", "console:")
    program("unsubscribe", "console:", "retrieval")
    assert program("subscriptions").out == ""


def test_demo_shows_alerts_offline_and_keeps_nothing(program: Any) -> None:
    done = program("demo")

    assert "ToolSmith" in done.out
    assert "Storage-Aware" not in done.out
    assert not (Path(program.home) / "data").exists()


# Previews -------------------------------------------------------------------------------------------------------------

PAPERS = [
    {"title": "Kettles That Sing", "abstract": "We teach kettles to sing.", "published": f"{TODAY}", "source": "hf"},
    {"title": "Clocks and Their Habits", "authors": ["Ada Quill"], "published": f"{TODAY - timedelta(days=3)}"},
    {"title": "Fast Kettles", "published": f"{TODAY - timedelta(days=1)}", "list_day": f"{TODAY}"},
]
LINES = "".join(json.dumps(one) + "\n" for one in PAPERS)


def test_preview_shows_what_a_query_would_have_told(program: Any, hugging_face: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    hugging_face.add(2, "Storage Systems", LIST_DAY)
    program("scrape", "hf", "--date", str(LIST_DAY))

    done = program("preview", "tools")

    assert done.out.splitlines() == [
        "1 of 2 papers of the last 30 days matches, 1 a day (the library holds 1 day)",
        f"{LIST_DAY}  Agents That Use Tools",
        "            We invent Agents That Use Tools and measure it.",
        "            Matched: tools in title and abstract",
    ]
    assert done.err == ""
    assert "1 of 2 papers of the last 7 days" in program("preview", "tools", "--days", "7").out


def test_preview_proposes_a_query_that_it_tried(program: Any, hugging_face: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    program("scrape", "hf", "--date", str(LIST_DAY))

    done = program("preview", "tools umbrellas")

    assert "0 of 1 paper of the last 30 days match" in done.out
    assert done.err.splitlines() == ["nothing matches; wider, with 1 paper, 1 a day:", "  tools"]
    assert "1 of 1 paper of" in program("preview", "tools").out


def test_preview_warns_of_too_much_and_shows_three(program: Any) -> None:
    lines = [
        {"title": f"Kettles, Part {n}", "published": f"{TODAY}", "categories": ["cs.SD" if n < 40 else "cs.AI"]}
        for n in range(60)
    ]
    text = "".join(json.dumps(one) + "\n" for one in lines)

    done = program("preview", "kettles", "--papers", "-", stdin=text)
    narrower = program("preview", "kettles AND cat:cs.SD", "--papers", "-", stdin=text)

    assert done.out.splitlines()[0] == "60 of 60 papers in standard input match, 60 a day"
    assert sum(line.startswith(f"{TODAY}  Kettles") for line in done.out.splitlines()) == 3
    assert done.err.splitlines() == [
        "more than 50 a day is more than most people read; narrower, with 40 papers, 40 a day:",
        "  kettles AND cat:cs.SD",
    ]
    assert narrower.out.startswith("40 of 60 papers in standard input match, 40 a day\n")
    assert narrower.err == ""


def test_preview_reads_a_file_or_standard_input_and_no_library(program: Any) -> None:
    (program.home / "papers.jsonl").write_text(LINES)

    file = program("preview", "kettles", "--papers", "papers.jsonl")
    piped = program("preview", "kettles", "--papers", "-", stdin=f"\ufeff{LINES}\n\n")
    recent = program("preview", "clocks OR kettles", "--papers", "papers.jsonl", "--days", "2")
    nothing = program("preview", "kettles", "--papers", "-", stdin="")

    assert file.out.splitlines() == [
        "2 of 3 papers in papers.jsonl match, 0.5 a day",
        f"{TODAY}  Kettles That Sing",
        "            We teach kettles to sing.",
        "            Matched: kettles in title and abstract",
        f"{TODAY}  Fast Kettles",
        "            Matched: kettles in title",
    ]
    assert piped.out == file.out.replace("papers.jsonl", "standard input")
    assert recent.out.startswith("2 of 2 papers in papers.jsonl of the last 2 days match, 2 a day\n")
    assert nothing.err == "there are no papers in standard input to try it on\n"
    assert not (Path(program.home) / "data").exists()


def test_the_page_shows_what_preview_prints(program: Any) -> None:
    page = (Path(__file__).parents[2] / "docs" / "queries.md").read_text("utf-8")
    papers, shown = re.search(r"```json\n(.*?)```.*?```\n(.*?)```", page, re.DOTALL).groups()
    (program.home / "papers.jsonl").write_text(papers)

    examples = re.findall(r"^\$ paperwatch (.*)\n((?:[^$].*\n)+)", shown, re.MULTILINE)

    assert len(examples) == 2
    for command, output in examples:
        done = program(*shlex.split(command))
        assert done.out + done.err == output


def test_preview_reads_what_scrape_printed(program: Any, hugging_face: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    hugging_face.add(2, "Storage Systems", LIST_DAY)
    printed = program("scrape", "hf", "--date", str(LIST_DAY), "--dry-run", "--json")

    (found,) = program("preview", "tools source:hf", "--papers", "-", "--json", stdin=printed.out).json_lines()

    matched = found.pop("matches")
    assert found == printed.json_lines()[0]
    assert [(one["term"], one["field"], one["text"]) for one in matched] == [
        ("tools", "title", "Tools"),
        ("tools", "abstract", "Tools"),
        ("source:hf", "source", ""),
    ]


def test_preview_prints_json_of_the_library_and_talks_aside(program: Any, hugging_face: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    program("scrape", "hf", "--date", str(LIST_DAY))

    done = program("preview", 'author:"Ada Tester"', "--json")

    (found,) = done.json_lines()
    assert (found["title"], found["source"]) == ("Agents That Use Tools", "hf")
    assert found["matches"] == [
        {"term": 'author:"Ada Tester"', "field": "author", "start": 0, "end": 10, "text": "Ada Tester"}
    ]
    assert done.err == "1 of 1 paper of the last 30 days matches, 1 a day (the library holds 1 day)\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LINES + '{"title": "Half', "papers.jsonl, line 4: this is no JSON, or cut off"),
        (LINES + '\n{"title": "A", "source": 5}', "papers.jsonl, line 5: source: "),
        ("Dear all,\n", "papers.jsonl, line 1: this is no JSON, or cut off"),
        ("[1]\n", "papers.jsonl, line 1: a paper is an object with a title"),
        ('{"title": "' + "a" * 1_000_000, "papers.jsonl, line 1: this is longer than any paper"),
    ],
)
def test_a_mistake_in_a_file_of_papers_is_named_with_its_line(program: Any, text: str, says: str) -> None:
    (program.home / "papers.jsonl").write_text(text)

    done = program("preview", "kettles", "--papers", "papers.jsonl", code=2)

    assert says in done.err
    assert len(done.err.splitlines()) == 1
    assert done.out == ""


def test_a_reader_that_has_seen_enough_of_a_preview_is_no_failure(program: Any) -> None:
    text = "".join(json.dumps({"title": f"Kettles {n}", "abstract": "Sing. " * 400}) + "\n" for n in range(200))
    (program.home / "papers.jsonl").write_text(text)
    process = program.start("preview", "kettles", "--papers", "papers.jsonl", "--json")
    assert json.loads(process.stdout.readline())["title"] == "Kettles 0"
    process.stdout.close()

    assert process.wait(timeout=30) == 0
    assert "Traceback" not in process.stderr.read()


def test_subscribe_shows_a_preview_before_it_saves(program: Any, hugging_face: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    program("scrape", "hf", "--date", str(LIST_DAY))

    shown = program("subscribe", "console:", "tools umbrellas")
    silent = program("subscribe", "console:", "tools", "--yes")
    taken = program("subscribe", "console:", "tools", code=2)

    assert shown.err.splitlines() == [
        "0 of 1 paper of the last 30 days match (the library holds 1 day)",
        "nothing matches; wider, with 1 paper, 1 a day:",
        "  tools",
        "subscribed 'tools umbrellas'",
    ]
    assert (shown.out, silent.out) == ("", "")
    assert silent.err == "subscribed 'tools'\n"
    assert taken.err == "paperwatch: console: has a subscription called 'tools' already; give this one a --name\n"
    assert [row["name"] for row in program("subscriptions", "--json").json_lines()] == ["tools umbrellas", "tools"]


@pytest.mark.parametrize(("answer", "saved"), [("n", []), ("y", ["tools"]), ("", ["tools"])])
def test_subscribe_asks_a_person(program: Any, answer: str, saved: list[str]) -> None:
    person, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "subscribe", "console:", "tools"],
        stdin=terminal, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd=program.home,
        env=program.environment(),
    )  # fmt: skip
    program.started.append(process)
    os.write(person, f"{answer}\n".encode())
    _, err = process.communicate(timeout=30)
    os.close(person)
    os.close(terminal)

    assert process.returncode == 0, err
    assert "there are no papers of the last 30 days to try it on" in err
    assert "Subscribe? [Y/n]" in err
    assert [row["name"] for row in program("subscriptions", "--json").json_lines()] == saved


# Bad input: one clear sentence, the right code, nothing half written --------------------------------------------------


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
    _execute(program, "update alembic_version set version_num = '9999'")

    done = program("run", "--once", code=1)

    assert "newer version" in done.err
    assert _query(program, "select version_num from alembic_version") == [("9999",)]


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
    assert _query(program, "select verdict from reading") == [("failed",)]
    assert _query(program, "select state from list_day") == [("open",)]


def test_a_full_disk_leaves_nothing_half_written(program: Any, hugging_face: Any) -> None:
    program("scrape", "hf", "--date", str(LIST_DAY))
    for number in range(300):
        hugging_face.add(number, f"Invention Number {number}", LIST_DAY, summary="Invented. " * 400)
    program.file_size = 700_000

    done = program("scrape", "hf", "--date", str(LIST_DAY), code=1)
    program.file_size = None

    assert "disk is full" in done.err
    assert _query(program, "pragma integrity_check") == [("ok",)]
    stored = _query(program, "select count(*) from paper")[0][0]
    assert stored % 50 == 0
    program("scrape", "hf", "--date", str(LIST_DAY))
    assert _query(program, "select count(*), count(distinct title) from paper") == [(300, 300)]


def _database(program: Any) -> Path:
    return next(Path(program.home).glob("data/**/paperwatch.db"))


def _query(program: Any, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(_database(program))
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def _execute(program: Any, sql: str) -> None:
    connection = sqlite3.connect(_database(program), isolation_level=None)
    connection.execute(sql)
    connection.close()


def _make_due(program: Any) -> None:
    """As if the time had come: the sources and recipients are due, and no claim is held any more."""
    for table in ("source", "recipient"):
        _execute(program, f"update {table} set due_at = '2026-01-01 00:00:00.000000'")


def _wait_until(true: Any, seconds: float = 30) -> None:
    """Look again every few milliseconds until it is so; the time out is for when it never is."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        pause.wait(0.02)
    pytest.fail(f"not within {seconds} s")
