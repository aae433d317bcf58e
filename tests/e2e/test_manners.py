"""The manners of several processes on one library: one request at a time to a host, with its gap, and its pauses."""

import signal
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from farside.program import LIST_DAY, Program, wait_until
from farside.site import Answer, Seen, Site, silent

from bot.gate import MARGIN

GAP = 0.4
LONG = 0.1  # seconds that the site takes to answer, so that two exchanges at a time would be seen
EDGE = 0.01  # two clocks
LISTS = "/api/daily_papers"


class Slow(Site):
    """A site that takes its time, and writes down from when to when (by `time.monotonic`) it answered."""

    def __init__(self) -> None:
        self.exchanges: list[tuple[float, float]] = []
        super().__init__()

    def answer(self, seen: Seen) -> Answer:
        answer = super().answer(seen)
        self.closing.wait(LONG)
        self.exchanges.append((seen.at, time.monotonic()))
        return answer


@pytest.fixture
def site() -> Iterator[Slow]:
    with Slow() as site:
        yield site


@pytest.fixture
def polite(program: Program, hugging_face: Any, database_url: str) -> Program:
    """The program, which reads a site that wants a gap; there are lists for a week."""
    for number in range(10):
        hugging_face.add(number, f"Invented Results, Number {number}", LIST_DAY - timedelta(days=number))
    program.env |= {
        "PAPERWATCH_DATABASE__URL": database_url,
        "PAPERWATCH_NETWORK__GAPS": f'{{"127.0.0.1": {GAP}}}',
    }
    return program


def scrape(program: Program, days: int = 7) -> Any:
    """Start to read the lists of so many days."""
    since = LIST_DAY - timedelta(days=days - 1)
    return program.start("scrape", "hf", "--since", str(since), "--until", str(LIST_DAY))


def ended(process: Any) -> tuple[int, str]:
    """Wait for its end; its exit code, and what it said."""
    _, errors = process.communicate(timeout=60)
    assert "Traceback" not in errors
    return process.returncode, errors


def assert_one_at_a_time(site: Slow) -> None:
    """No request begins before the one before has its answer, and the gap is over."""
    exchanges = sorted(site.exchanges)
    assert len(exchanges) == len(site.seen)
    assert [pair for pair in pairwise(exchanges) if pair[1][0] - pair[0][1] < GAP - EDGE] == []


def test_several_processes_ask_one_at_a_time(site: Slow, polite: Program) -> None:
    polite.env["PAPERWATCH_NETWORK__CONTACT"] = RUNS
    running = polite.start("run")
    wait_until(lambda: asked_by(site, RUNS))
    polite.env["PAPERWATCH_NETWORK__CONTACT"] = ""
    scraping = [scrape(polite) for _ in range(2)]

    assert [ended(one)[0] for one in scraping] == [0, 0]
    running.send_signal(signal.SIGTERM)
    assert ended(running)[0] == 0
    assert asked_by(site, RUNS) >= 2
    assert asked_by(site, "paperwatch") >= 2 + 2 * 6  # robots.txt, and a list of five days at least
    assert_one_at_a_time(site)


RUNS = "mailto:runs@paperwatch.example"


def asked_by(site: Slow, agent: str) -> int:
    """The number of requests of processes that say that of themselves."""
    return sum(agent in seen.headers["user-agent"] for seen in site.seen)


def limited_once(hugging_face: Any, retry_after: int) -> Callable[[Seen], Answer]:
    """Lists, but that the first one who asks is told to wait."""
    answers: list[Answer] = [(429, {"Retry-After": str(retry_after)}, b"Rate exceeded.")]
    return lambda seen: answers.pop() if answers else hugging_face.answer(seen)


def test_a_pause_is_kept_by_all_processes(site: Slow, polite: Program, hugging_face: Any) -> None:
    site.route(LISTS, limited_once(hugging_face, 2))

    first, *others = [ended(one) for one in [scrape(polite, days=2) for _ in range(3)]]

    codes = sorted(code for code, _ in (first, *others))
    assert codes == [0, 0, 1]
    (said,) = [said for code, said in (first, *others) if code]
    assert "asks for a pause of 2 seconds first" in said
    limited = next(number for number, seen in enumerate(site.seen) if seen.path.startswith(LISTS))
    assert site.exchanges[limited + 1][0] - site.exchanges[limited][1] >= 2
    assert_one_at_a_time(site)


def test_a_long_pause_is_not_waited_for(site: Slow, polite: Program, hugging_face: Any) -> None:
    site.route(LISTS, limited_once(hugging_face, 43_838))

    assert ended(scrape(polite))[0] == 1
    asked = len(site.seen)
    code, said = ended(scrape(polite))

    assert (code, len(site.seen)) == (1, asked)
    assert "asked for a pause until" in said


def test_a_process_that_is_killed_frees_the_host_in_time(site: Slow, polite: Program, hugging_face: Any) -> None:
    polite.env["PAPERWATCH_NETWORK__DEADLINE"] = "3"
    site.route(LISTS, silent())
    killed = scrape(polite, days=1)
    wait_until(lambda: any(seen.path.startswith(LISTS) for seen in site.seen))
    begun = site.seen[-1].at
    killed.kill()
    killed.communicate()
    site.route(LISTS, hugging_face.answer)

    assert ended(scrape(polite, days=1))[0] == 0
    again = next(seen.at for seen in site.seen if seen.at > begun)
    assert 3 + MARGIN - EDGE <= again - begun <= 3 + MARGIN + 10  # a busy machine is late
