"""What the benchmarks that kill senders share: the databases, and a table of the accounts."""

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from farside.databases import fresh_library
from farside.kills import UNCLEAR, Account

from bot.store.engine import Engine, make_engine

COUNTED = (
    "unclear answers", "alerts", "messages", "accepted", "lost", "doubled", "not counted", "ambiguous", "in doubt",
)  # fmt: skip
Kill = Callable[[Engine, str, int, int, Callable[[str], None]], tuple[Account, list[int]]]


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main(ends: Iterable[str], kill: Kill, more: Iterable[str] = ()) -> None:
    """KILLS and SEED are the program's arguments. `kill` gives an account, and numbers for the columns `more`."""
    given = [int(argument) for argument in sys.argv[1:]]
    kills, seed = given[0] if given else 200, given[1] if len(given) > 1 else time.time_ns() % 100_000
    heads = ("", "killed", *ends, *COUNTED, *more)
    rows = []
    with tempfile.TemporaryDirectory() as name:
        server = os.environ.get("PAPERWATCH_TEST_POSTGRES")
        urls = {"SQLite": f"sqlite:///{Path(name) / 'library.db'}", **({"PostgreSQL": server} if server else {})}
        for database, there in urls.items():
            with fresh_library(there) as url:
                engine = make_engine(url)
                found, others = kill(engine, url, kills, seed, say)
                engine.dispose()
            steps = [found.ended[step] for step in ends]
            rows.append(_row(database, sum(steps), *steps, *_counted(found), *others))
    print("", _row(*heads), f"|{' --- |' * len(heads)}", *rows, sep="\n")


def _counted(found: Account) -> tuple[int, ...]:
    return (
        found.ended[UNCLEAR], found.alerts, len(found.copies), found.accepted, len(found.lost), found.doubled,
        len(found.doubled_without_doubt), sum(found.ambiguous.values()), found.in_doubt,
    )  # fmt: skip


def _row(*cells: object) -> str:
    return f"| {' | '.join(map(str, cells))} |"
