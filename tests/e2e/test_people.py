"""Settings, digests, reminders, saved papers and exports from the command line."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from farside.program import LIST_DAY, TODAY, Forked

PROGRAM = Forked

# Each may be tomorrow where it is past 23:59 (UTC) or midnight comes between.
SOON = {str(TODAY + timedelta(days=n)) for n in (0, 1)}


@pytest.fixture
def stored(program: Any, hugging_face: Any) -> Any:
    """The program with a daily subscription that two papers wait for."""
    program("subscribe", "console:", "tools", "--name", "my tools", "--rhythm", "daily", "--at", "23:59", "--yes")
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY, upvotes=3)
    hugging_face.add(2, "Tools for Everyone", LIST_DAY, upvotes=30)
    program("scrape", "hf", "--date", str(LIST_DAY))
    return program


def test_settings_are_shown_and_changed(program: Any) -> None:
    program("subscribe", "console:", "tools", "--yes")

    shown = program("settings", "console:")
    changed = program(
        "settings", "console:", "--zone", "Asia/Kathmandu", "--at", "7:30", "--weekday", "fri", "--quiet",
        "22:00-07:00", "--most", "1", "--wait", "0", "--empty-days",
    )  # fmt: skip
    off = program("settings", "console:", "--quiet", "off")

    assert rows(shown.out) == [
        "address console:",
        "zone UTC",
        "digests at 08:00, weekly ones on Monday",
        "at most 60 papers",
        "wait up to 45 minutes for lists that are not read yet",
        "empty days silent",
        "quiet hours none",
    ]
    assert rows(changed.out)[1:] == [
        "zone Asia/Kathmandu",
        "digests at 07:30, weekly ones on Friday",
        "at most 1 paper",
        "wait up to 0 minutes for lists that are not read yet",
        "empty days told too",
        "quiet hours 22:00-07:00",
    ]
    assert rows(off.out)[-1] == "quiet hours none"


def rows(table: str) -> list[str]:
    return [" ".join(line.split()) for line in table.splitlines()]


def test_a_weekly_subscription_has_a_day_and_takes_the_address_s_hour(program: Any) -> None:
    program("subscribe", "console:", "tools", "--rhythm", "weekly", "--weekday", "wed", "--yes")
    program("settings", "console:", "--at", "18:15", "--zone", "Europe/Berlin")

    (row,) = program("subscriptions", "--json").json_lines()
    table = program("subscriptions").out
    program("subscription", "edit", "console:", "tools", "--rhythm", "daily", "--at", "6:00")
    (edited,) = program("subscriptions", "--json").json_lines()

    assert (row["rhythm"], row["weekday"], row["at"], row["zone"]) == ("weekly", "Wednesday", "18:15", "Europe/Berlin")
    assert "weekly Wednesday 18:15 Europe/Berlin" in table
    assert (edited["rhythm"], edited["weekday"], edited["at"]) == ("daily", None, "06:00")


def test_new_versions_are_told_to_who_wants_them(program: Any) -> None:
    def listed() -> list[bool]:
        return [one["versions"] for one in program("subscriptions", "--json").json_lines()]

    program("subscribe", "console:", "tools", "--versions", "--yes")
    program("subscribe", "console:", "kettles", "--rhythm", "daily", "--yes")
    table, first = rows(program("subscriptions").out), listed()
    on = program("subscription", "edit", "console:", "kettles", "--versions")
    both, whole = listed(), rows(program("subscriptions").out)
    off = program("subscription", "edit", "console:", "tools", "--no-versions")
    program("subscription", "edit", "console:", "kettles", "--query", "kettles OR clocks")

    assert (first, both, listed()) == ([True, False], [True, True], [False, True])
    assert [line for line in table if "with new versions" in line] == [
        "console: tools instant with new versions active"
    ]
    assert "console: kettles daily 08:00 UTC with new versions active" in whole
    assert on.err == "changed 'kettles': kettles (daily with new versions)\n"
    assert off.err == "changed 'tools': tools (instant)\n"


CONFIGURED = """
[sources.hf]
enabled = false
[[subscriptions]]
address = "console:"
query = "tools"
versions = {versions}
"""


def test_the_configuration_says_whether_new_versions_are_told(program: Any, tmp_path: Path) -> None:
    found, path = [], tmp_path / "paperwatch.toml"
    for versions in ("true", "false", "true"):
        path.write_text(CONFIGURED.format(versions=versions))
        program("--config", str(path), "run", "--once")
        found += [one["versions"] for one in program("subscriptions", "--json").json_lines()]

    path.write_text(CONFIGURED.format(versions='"sometimes"'))
    assert "subscriptions.0.versions" in program("--config", str(path), "run", "--once", code=2).err
    assert found == [True, False, True]


def test_digest_shows_what_the_next_one_carries_and_sends_nothing(stored: Any) -> None:
    shown = stored("digest", "console:").out
    day = next(day for day in SOON if f"digest of {day}" in shown)
    again, of_day, of_another = (
        stored("digest", "console:", *more) for more in ((), ("--date", day), ("--date", "2026-01-01"))
    )

    assert f"2 papers · digest of {day}" in shown
    assert shown.index("Tools for Everyone") < shown.index("Agents That Use Tools")
    assert "Read: hf: 2" in shown
    assert again.out == of_day.out == shown
    assert (of_another.out, of_another.err) == ("", "there is no digest of 2026-01-01\n")
    assert "waits until" in stored("why", "console:", "2611.00001").out


def test_digest_counts_what_is_too_much(stored: Any) -> None:
    stored("settings", "console:", "--most", "1")

    shown = stored("digest", "console:").out

    assert "Tools for Everyone" in shown
    assert "Agents That Use Tools" not in shown
    assert "and 1 more" in shown


def test_a_paper_is_told_again_on_the_day_that_is_wanted(stored: Any) -> None:
    day = datetime.now(UTC).date() + timedelta(days=40)

    said = stored("remind", "console:", "2611.00002", "--on", str(day))
    shown = stored("digest", "console:", "--date", str(day))
    tomorrow = stored("remind", "console:", "2611.00002")

    assert said.err == f"console: is told again on {day:%A} {day}\n"
    assert f"1 paper · digest of {day}" in shown.out
    assert "reminder" in shown.out
    assert any(str(TODAY + timedelta(days=n)) in tomorrow.err for n in (1, 2))


def test_papers_are_saved_listed_and_forgotten(stored: Any) -> None:
    nothing = stored("saved", "console:")
    said = [stored("save", "console:", "2611.00001", *more).err for more in ((), (), ("--remove",), ("--remove",), ())]

    assert (nothing.out, nothing.err) == ("", "nothing is saved; save a paper: paperwatch save ADDRESS PAPER\n")
    assert said == ["saved\n", "it was saved already\n", "not saved any more\n", "it was not saved\n", "saved\n"]
    assert "Agents That Use Tools" in stored("saved", "console:").out
    (row,) = stored("saved", "console:", "--json").json_lines()
    assert row["identifiers"] == {"arxiv": "2611.00001"}


def test_saved_papers_are_printed_for_reference_managers(stored: Any) -> None:
    forms = ("json", "bibtex", "ris", "csl-json")
    nothing = {form: stored("saved", "console:", "--format", form).out for form in forms}
    stored("save", "console:", "2611.00001")
    shown = {form: stored("saved", "console:", "--format", form).out for form in (*forms, "table")}

    assert nothing == {"json": "", "bibtex": "", "ris": "", "csl-json": "[]\n"}
    assert json.loads(shown["json"])["identifiers"] == {"arxiv": "2611.00001"}
    assert "  eprint = {2611.00001},\n" in shown["bibtex"]
    assert "TI  - Agents That Use Tools\n" in shown["ris"]
    assert json.loads(shown["csl-json"])[0]["number"] == "arXiv:2611.00001"
    assert shown["table"] == stored("saved", "console:").out
    assert "'html' is not one of" in stored("saved", "console:", "--format", "html", code=2).err


def test_export_prints_everything_as_json(stored: Any) -> None:
    stored("save", "console:", "2611.00001")

    found = json.loads(stored("export", "console:").out)

    (place,) = found["recipients"]
    assert [sub["text"] for sub in place["subscriptions"]] == ["tools"]
    assert [one["kind"] for one in place["deliveries"]] == ["new", "new"]
    assert len(found["saved"]) == 1


MISTAKES = [
    (["settings", "console:", "--zone", "Europe/Berln"], "did you mean Europe/Berlin?"),
    (["settings", "console:", "--at", "24:00"], "'24:00' is not a time of day"),
    (["settings", "console:", "--at", "08+01"], "'08+01' is not a time of day"),
    (["settings", "console:", "--quiet", "22:00-21:59"], "less than an hour of the day"),
    (["settings", "console:", "--weekday", "wensday"], "did you mean wednesday?"),
    (["settings", "console:", "--most", "0"], "--most"),
    (["settings", "console:", "--wait", "721"], "--wait"),
    (["subscribe", "console:", "RAG", "--rhythm", "weekly", "--weekday", "8"], "'8' is not a day of the week"),
    (["subscribe", "console:", "RAG", "--rhythm", "daily", "--weekday", "monday"], "only a weekly"),
    (["subscribe", "console:", "RAG", "--at", "08:00"], "an instant subscription has no hour"),
    (["subscription", "edit", "console:", "instant"], "nothing to change"),
    (["subscription", "edit", "console:", "instant", "--at", "9:00"], "an instant subscription has no hour"),
    (["remind", "console:", "nothing", "--on", "monday"], "no paper"),
    (["remind", "console:", "2611.00001", "--on", "2020-01-01"], "over or today"),
    (["remind", "console:", "2611.00001", "--on", "9999-12-31"], "too far ahead"),
    (["save", "console:", "nothing"], "no paper"),
]


def test_mistakes_are_one_sentence_and_change_nothing(stored: Any) -> None:
    stored("subscribe", "console:", "RAG", "--name", "instant", "--zone", "America/New_York", "--yes")
    before = stored("export", "console:").out

    for arguments, says in MISTAKES:
        done = stored(*arguments, code=2)
        assert says in done.err
        assert done.out == ""

    assert stored("export", "console:").out == before


@pytest.mark.parametrize("command", ["settings", "digest", "export"])
def test_an_address_that_nobody_knows_is_named(program: Any, command: str) -> None:
    assert program(command, "console:", code=2).err == "paperwatch: nobody is subscribed at console:\n"
