"""Two processes deliver to the fake Bot API and are killed 200 times, at random moments of each step of a delivery.

./check bench telegram_kills [KILLS [SEED]]    on SQLite, and on PostgreSQL where $PAPERWATCH_TEST_POSTGRES points to it
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])  # instead of this folder, in which `telegram` is a benchmark

from farside.databases import fresh_library  # noqa: E402
from farside.kills import ENDS, UNCLEAR, Account, kill  # noqa: E402

from bot.store.engine import make_engine  # noqa: E402

HEADS = (
    "", "killed", *ENDS, "unclear answers", "alerts", "messages", "accepted", "lost", "doubled", "not counted",
    "ambiguous", "in doubt",
)  # fmt: skip


def row(name: str, found: Account) -> str:
    steps = [found.ended[step] for step in ENDS]
    cells = [
        sum(steps), *steps, found.ended[UNCLEAR], found.alerts, len(found.copies), found.accepted, len(found.lost),
        found.doubled, len(found.doubled_without_doubt), sum(found.ambiguous.values()), found.in_doubt,
    ]  # fmt: skip
    return f"| {' | '.join((name, *map(str, cells)))} |"


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main(kills: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        server = os.environ.get("PAPERWATCH_TEST_POSTGRES")
        urls = {"SQLite": f"sqlite:///{Path(name) / 'library.db'}", **({"PostgreSQL": server} if server else {})}
        rows = []
        for database, given in urls.items():
            with fresh_library(given) as url:
                engine = make_engine(url)
                rows.append(row(database, kill(engine, url, kills, seed, say)))
                engine.dispose()
    print(f"\n| {' | '.join(HEADS)} |\n|{' --- |' * len(HEADS)}", *rows, sep="\n")


if __name__ == "__main__":
    given = [int(argument) for argument in sys.argv[1:]]
    main(given[0] if given else 200, given[1] if len(given) > 1 else time.time_ns() % 100_000)
