"""What a query would have told: `preview`, and `subscribe`, which shows it first."""

import json
import os
import pty
import re
import shlex
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from farside.program import LIST_DAY, TODAY, Forked

PROGRAM = Forked

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
    undated = program("preview", "kettles", "--papers", "-", "--days", "2", stdin=LINES + '{"title": "Kettles of Old"}')

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
    assert "of the last 2 days match, 2 a day (1 without a day is left out)\n" in undated.out
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


def test_brackets_in_titles_and_names_are_shown_as_they_are(program: Any) -> None:
    titles = ["Do models follow [/INST] tags? :smile:", "Building Dialog[ue]s", "注意力" * 30 + " tags"]
    lines = [{"title": title, "identifiers": {"arxiv": f"2611.0010{n}"}} for n, title in enumerate(titles)]
    (program.home / "papers.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    program("subscribe", "console:", "tags OR [rag]", "--name", "[red]x[/y]", "--yes")

    read = program("scrape", "--from", "papers.jsonl", "--alert", "--deliver")
    found = program("search", "tags OR building")
    listed = program("subscriptions")

    assert "3 new papers; 2 alerts queued" in read.err
    assert "matched: [red]x[/y]" in read.out
    for title in titles:
        assert title.replace(" ", "") in "".join(found.out.split())
    assert "[red]x[/y]" in listed.out
    assert "tags OR [rag]" in listed.out


def test_a_muting_that_says_two_things_is_refused(program: Any) -> None:
    program("subscribe", "console:", "tools", "--yes")

    both = program("subscription", "mute", "console:", "tools", "--until", "2031-01-01", "--off", code=2)
    past = program("subscription", "mute", "console:", "tools", "--until", "2020-01-01", code=2)

    assert both.err == "paperwatch: --until and --off exclude one another: give one of them\n"
    assert past.err == "paperwatch: 2020-01-01 is past: --until takes a day that is still to come\n"


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
    assert taken.err == "paperwatch: console: has a subscription called 'tools' already; give this one another --name\n"
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
