"""When a process works, and what its log says."""

import json
import logging

import pytest

from bot.channels import ChannelError, Sent
from bot.looping import Loop, Turns
from bot.monitor.counts import outcome
from bot.monitor.health import PATIENCE, standing
from bot.redaction import JsonFormatter


async def nothing() -> bool:
    return False


LOOPS = [Loop("ingest", 5, nothing), Loop("tidy", 3600, nothing)]


@pytest.mark.parametrize(
    ("ingest", "tidy", "said"),
    [
        (0, 0, []),
        (PATIENCE, 3600 + PATIENCE, []),
        (PATIENCE + 6, 0, ["the loop ingest came round 606 seconds ago"]),
        (0, PATIENCE + 3601, ["the loop tidy came round 4201 seconds ago"]),
    ],
)
def test_a_loop_that_stands_is_named(ingest: float, tidy: float, said: list[str]) -> None:
    assert standing(LOOPS, Turns({"ingest": 10_000 - ingest, "tidy": 10_000 - tidy}), 10_000) == said


def test_a_loop_that_has_not_begun_is_named() -> None:
    assert standing(LOOPS, Turns({"tidy": 5}), 6) == ["the loop ingest has not begun"]


@pytest.mark.parametrize(
    ("result", "word"),
    [
        (Sent("1"), "sent"),
        (ChannelError("x", sent=None), "ambiguous"),
        (ChannelError("x", gone=True), "gone"),
        (ChannelError("x", rejected=True), "rejected"),
        (ChannelError("x", wait=3), "again"),
    ],
)
def test_what_came_of_an_attempt_is_a_word(result: Sent | ChannelError, word: str) -> None:
    assert outcome(result) == word


def test_a_record_is_an_object_without_secrets() -> None:
    token = "123456789:AAF-invented-token-of-a-bot"
    error = ValueError(f"https://api.telegram.org/bot{token}/getMe")
    problem = (type(error), error, error.__traceback__)
    record = logging.LogRecord("bot.x", logging.ERROR, "x.py", 1, "asked %s", ("smtp://me:pass@host",), problem)

    line = JsonFormatter().format(record)

    said = json.loads(line)
    assert (said["level"], said["logger"], said["message"]) == ("ERROR", "bot.x", "asked smtp://[user:password]@host")
    assert "ValueError" in said["traceback"]
    assert token not in line
    assert "\n" not in line
