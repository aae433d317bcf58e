"""Is the work done: is somebody running it, is everything read, and does everything get to where it is told?"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from bot.doctor.finding import Finding, failure, ok
from bot.show import many, moment


def running(is_running: bool | None) -> Finding:
    """Does a process do the work? None: on a server any number may, and none has to say so."""
    if is_running is None:
        return ok("run", "any number may run on a server; what was not done in time is told below")
    if is_running:
        return ok("run", "paperwatch run is running")
    return ok("run", "none is running now", "start paperwatch run, unless cron calls paperwatch run --once")


def told(channels: Iterable[str], missing: Mapping[str, str]) -> Iterator[Finding]:
    """Is there a way to each recipient? `channels` has one name for each."""
    counted = Counter(channels)
    if not counted:
        yield ok("recipients", "nobody is told anything yet", "paperwatch subscribe console: QUERY")
        return
    listed = ", ".join(f"{number} by {name}" for name, number in sorted(counted.items()))
    yield ok("recipients", listed)
    for name in sorted(missing.keys() & counted.keys()):
        says, _, advice = missing[name].partition("; ")
        yield failure(name, f"{says}, but has {many(counted[name], 'recipient')}", advice)


def sources(report: Mapping[str, Any]) -> Iterator[Finding]:
    """What was read of each source."""
    for source in report["sources"]:
        name = f"source {source['name']}"
        problems = source.get("problems", [])
        for problem in problems:
            yield failure(name, problem.says, problem.advice)
        if not problems:
            yield ok(name, _read(source))


def _read(source: Mapping[str, Any]) -> str:
    if source.get("last_good_at"):
        return f"read without a fault, last at {moment(source['last_good_at'])}"
    return "not read yet"


def outbox(report: Mapping[str, Any]) -> Iterator[Finding]:
    """What waits, and what cannot be sent."""
    known = {problem for source in report["sources"] for problem in source.get("problems", [])}
    wrong = [problem for problem in report["wrong"] if problem not in known]
    for problem in wrong:
        yield failure("outbox", problem.says, problem.advice)
    if not wrong:
        counted = [f"{number} {name}" for name, number in report["outbox"].items() if number]
        yield ok("outbox", ", ".join(counted) or "nothing waits")
