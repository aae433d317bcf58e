"""Two processes deliver to the fake Bot API and are killed 200 times, at random moments of each step of a delivery.

./check bench telegram_kills [KILLS [SEED]]    on SQLite, and on PostgreSQL where $PAPERWATCH_TEST_POSTGRES points to it
"""

import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[1])  # instead of this folder, in which `telegram` is a benchmark

from benchmarks._kills import main  # noqa: E402
from farside.kills import Account  # noqa: E402
from farside.telegram_kills import ENDS, kill_senders  # noqa: E402


def kill(*given: Any) -> tuple[Account, list[int]]:
    return kill_senders(*given), []


if __name__ == "__main__":
    main(ENDS, kill)
