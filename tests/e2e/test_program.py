"""The program from end to end, against fake sites on loopback; in processes that are started anew where that counts."""

import hashlib
import hmac
import json
import signal
from pathlib import Path
from typing import Any

from farside.program import LIST_DAY, Forked, Program, make_due, query, wait_until
from farside.site import drip

PROGRAM = Forked


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
    make_due(program)

    process = program.start("run")
    wait_until(lambda: hook.titles)
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
    wait_until(lambda: "watching" in first.stderr.readline())

    refused = program("run", "--once", code=1)

    assert "another paperwatch run" in refused.err


def test_a_killed_run_loses_nothing(program: Any, hugging_face: Any, hook: Any) -> None:
    program("run", "--once")
    for number in range(60):
        hugging_face.add(number, f"Invention Number {number}", LIST_DAY)
    program("subscribe", hook.address, "source:hf")
    hook.answers = [drip(b"x" * 50)]
    make_due(program)
    process = program.start("run")
    wait_until(lambda: hook.titles)
    process.kill()
    process.communicate()

    make_due(program)
    program("run", "--once")

    assert {*hook.titles} == {f"Invention Number {number}" for number in range(60)}
    repeated = len(hook.titles) - 60
    assert repeated in (0, 10, 50)
    assert query(program, "select sum(ambiguous) from message")[0][0] == (1 if repeated else 0)


def test_scrape_prints_one_paper_a_line_as_json(program: Any, hugging_face: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY, githubRepo="https://github.com/a/b")
    hugging_face.add(2, "Storage Systems", LIST_DAY)

    new = Program(program.home, program.env)
    papers = new("scrape", "hf", "--date", str(LIST_DAY), "--dry-run", "--json").json_lines()

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
    assert found[0]["source"] == "pasted"


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
    assert len(program("search", "fine", "tuning", "--json").json_lines()) == 3  # as shells cut it


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
    make_due(program)
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
    done = Program(program.home, program.env)("demo")

    assert "ToolSmith" in done.out
    assert "Storage-Aware" not in done.out
    assert not (Path(program.home) / "data").exists()
