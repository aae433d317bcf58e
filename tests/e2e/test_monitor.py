"""Health and numbers of a running program, for machines."""

import json
import signal
import urllib.error
import urllib.request
from typing import Any

import pytest
from farside.fetching import closed_port
from farside.program import LIST_DAY, Forked, make_due, wait_until
from prometheus_client.parser import text_string_to_metric_families

from bot.run import ROLES

PROGRAM = Forked


@pytest.fixture
def monitored(program: Any) -> Any:
    """The program, told where to say how it is."""
    program.listen = f"127.0.0.1:{closed_port()}"
    program.env["PAPERWATCH_MONITOR__LISTEN"] = program.listen
    return program


def ask(program: Any, path: str, method: str = "GET") -> tuple[int, str]:
    request = urllib.request.Request(f"http://{program.listen}{path}", method=method)
    try:
        with urllib.request.urlopen(request, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def is_up(program: Any) -> bool:
    try:
        return ask(program, "/healthz") == (200, "ok\n")
    except OSError:
        return False


def numbers(program: Any) -> dict[tuple[str, tuple[str, ...]], float]:
    """All samples by name and the values of their labels."""
    status, text = ask(program, "/metrics")
    assert status == 200
    families = text_string_to_metric_families(text)
    return {(one.name, tuple(one.labels.values())): one.value for family in families for one in family.samples}


def test_a_running_program_says_how_it_is(monitored: Any, hugging_face: Any, hook: Any) -> None:
    hugging_face.add(1, "Agents That Use Tools", LIST_DAY)
    monitored("subscribe", hook.address, "tools", "--yes")
    monitored("scrape", "hf", "--date", str(LIST_DAY))
    make_due(monitored)
    running = monitored.start("run")
    wait_until(lambda: hook.titles and is_up(monitored))

    status, body = ask(monitored, "/readyz")
    assert (status, json.loads(body)) == (200, {"ready": True, "problems": []})
    wait_until(lambda: numbers(monitored).get(("paperwatch_messages_total", ("webhook", "sent"))) == 1)
    wait_until(lambda: any(name == "paperwatch_readings_total" for name, _ in numbers(monitored)))
    found = numbers(monitored)
    assert found["paperwatch_outbox", ("dead",)] == 0
    assert found["paperwatch_outbox_age_seconds", ()] == 0
    assert sum(value for (name, _), value in found.items() if name == "paperwatch_readings_total") >= 1
    assert ("paperwatch_last_good_reading_timestamp_seconds", ("hf",)) in found
    assert {labels[0] for name, labels in found if name == "paperwatch_loop_age_seconds"} >= {"ingest", "deliver many"}
    assert 0 <= found["paperwatch_loop_lag_seconds", ()] < 30
    assert found["process_resident_memory_bytes", ()] > 10_000_000
    assert ask(monitored, "/elsewhere")[0] == 404
    assert ask(monitored, "/healthz", "POST")[0] == 405
    assert ask(monitored, "/healthz", "HEAD") == (200, "")
    running.send_signal(signal.SIGTERM)
    running.communicate(timeout=60)
    assert not is_up(monitored)


def test_a_port_that_is_taken_is_said(monitored: Any, site: Any) -> None:
    monitored.env["PAPERWATCH_MONITOR__LISTEN"] = site.url("").removeprefix("http://").rstrip("/")

    assert "monitor.listen: nobody can listen at" in monitored("run", code=2).err


def test_logs_are_json_where_that_is_wanted(monitored: Any, hugging_face: Any) -> None:
    hugging_face.broken = True
    monitored.env |= {"PAPERWATCH_LOG__FORMAT": "json", "PAPERWATCH_LOG__LEVEL": "INFO"}
    running = monitored.start("run")
    wait_until(lambda: is_up(monitored))
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=60)

    records = [json.loads(line) for line in err.splitlines()]
    assert all(record.keys() >= {"time", "level", "logger", "message"} for record in records)
    assert "watching hf; 0 subscriptions; add one: paperwatch subscribe" in [one["message"] for one in records]
    assert records[-1]["message"] == "stopping"


def test_what_ends_the_program_is_json_too(program: Any) -> None:
    program.env |= {"PAPERWATCH_LOG__FORMAT": "json", "PAPERWATCH_DATABASE__URL": "postgresql://me@127.0.0.1:1/papers"}

    said = json.loads(program("run", code=1).err)

    assert said["level"] == "ERROR"
    assert "does not answer" in said["message"]


def test_each_role_turns_its_own_loops(monitored: Any) -> None:
    running = monitored.start("run", "--role", "deliver")
    wait_until(lambda: is_up(monitored))
    wait_until(lambda: json.loads(ask(monitored, "/readyz")[1])["ready"])

    loops = {labels[0] for name, labels in numbers(monitored) if name == "paperwatch_loop_age_seconds"}
    assert loops == {"deliver many", "empty days", "tidy"}
    running.send_signal(signal.SIGTERM)
    _, err = running.communicate(timeout=60)
    assert "this process only does: deliver" in err


def test_a_role_that_there_is_not_is_refused(program: Any) -> None:
    assert "there is no role 'all'; the roles are ingest" in program("run", "--role", "all", code=2).err
    assert all(role in program("run", "--help").out for role in ROLES)


@pytest.mark.parametrize(("role", "needs"), [("bot", "telegram.token"), ("web", "web.base_url")])
def test_a_role_that_has_nothing_to_do_is_refused(program: Any, role: str, needs: str) -> None:
    assert needs in program("run", "--role", role, code=2).err
