"""Memory of `paperwatch run` in all roles, at rest and at its peak, and how long it takes from its start to its first
reading.

./check bench rest [TIMES]    (5 starts; a fake Hugging Face and a fake Bot API on loopback, pages and mails configured)

Beside it the plain form: a process that imports the five libraries of the task (httpx, beautifulsoup4, apscheduler,
sqlmodel, python-telegram-bot), opens a database and fetches the same page.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median
from threading import Event

sys.path.insert(0, str(Path(__file__).parents[1]))

from fakes.telegram import TOKEN, FakeTelegram
from farside.fetching import closed_port
from farside.program import Program
from farside.site import Seen, Site

RESTING = 8.0  # seconds after the first reading
PATH = "/api/daily_papers"
PLAIN = """
import sys
import apscheduler.schedulers.asyncio, bs4, httpx, sqlmodel, telegram.ext
engine = sqlmodel.create_engine("sqlite:///plain.db")
sqlmodel.SQLModel.metadata.create_all(engine)
bs4.BeautifulSoup(httpx.get(sys.argv[1]).text, "lxml")
import time
time.sleep(3600)
"""


def listing(seen: Seen) -> tuple[int, dict[str, str], bytes]:
    """Fifty invented papers on each day."""
    day = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    items = [
        {
            "title": f"Invented Results Number {n}",
            "summary": "We invent a result. " * 60,
            "paper": {
                "id": f"2611.{n:05}", "title": f"Invented Results Number {n}", "summary": "We invent a result. " * 60,
                "authors": [{"name": f"Ada Tester{m}"} for m in range(6)], "publishedAt": f"{day}T00:00:00.000Z",
                "submittedOnDailyAt": f"{day}T00:00:00.000Z", "upvotes": n,
            },
        }
        for n in range(50)
    ]  # fmt: skip
    body = json.dumps(items if "p=0" in seen.path or "p=" not in seen.path else [])
    return 200, {"Content-Type": "application/json"}, body.encode()


def megabytes(process: int, name: str) -> float:
    """A line of /proc/PID/status (Linux): VmRSS is what is held, VmHWM the most that was."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith(name + ":"))) / 1024


@contextmanager
def site() -> Iterator[Site]:
    with Site() as found:
        found.route(PATH, listing)
        yield found


def started(start: Callable[[], subprocess.Popen[str]], site: Site) -> tuple[float, float, float]:
    """Seconds until its first request, then the memory at rest and at the peak."""
    before, pause, begin = len(site.seen), Event(), time.monotonic()
    process = start()
    while len(site.seen) == before and process.poll() is None:
        pause.wait(0.005)
    seconds = time.monotonic() - begin
    pause.wait(RESTING)
    return seconds, megabytes(process.pid, "VmRSS"), megabytes(process.pid, "VmHWM")


def ours(site: Site) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as home, FakeTelegram() as api:
        program = Program(Path(home), {
            "PAPERWATCH_SOURCES__HF__BASE_URL": site.url(), "PAPERWATCH_TELEGRAM__TOKEN": TOKEN,
            "PAPERWATCH_TELEGRAM__BASE_URL": api.url(), "PAPERWATCH_WEB__BASE_URL": "http://127.0.0.1:8080",
            "PAPERWATCH_WEB__LISTEN": f"127.0.0.1:{closed_port()}",
        })  # fmt: skip
        try:
            program("status")  # makes the library
            return started(lambda: program.start("run"), site)
        finally:
            program.end()


def plain(site: Site) -> tuple[float, float, float]:
    with tempfile.TemporaryDirectory() as home:
        command = [sys.executable, "-c", PLAIN, site.url(PATH)]
        running: list[subprocess.Popen[str]] = []

        def start() -> subprocess.Popen[str]:
            running.append(subprocess.Popen(command, cwd=home, text=True, env=dict(os.environ)))
            return running[0]

        try:
            return started(start, site)
        finally:
            running[0].kill()
            running[0].wait()


def measure(times: int) -> dict[str, dict[str, float]]:
    found = {}
    with site() as far:
        for way in (ours, plain):
            seconds, rest, peak = zip(*(way(far) for _ in range(times)), strict=True)
            found[way.__name__] = {"start": median(seconds), "rest": median(rest), "peak": max(peak)}
            print(way.__name__, found[way.__name__], file=sys.stderr, flush=True)
    return found


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if sys.argv[1:] else 5)))
