"""Two processes send mails to aiosmtpd and are killed 200 times, at random moments of each step of a mail. "Unlike" are
the messages that came again with other bytes, or with the Message-ID of another one.

./check bench mail_kills [KILLS [SEED]]    on SQLite, and on PostgreSQL where $PAPERWATCH_TEST_POSTGRES points to it
"""

import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path(__file__).parents[1])  # instead of this folder, in which `mail` is a benchmark

from benchmarks._kills import main  # noqa: E402
from farside.kills import Account  # noqa: E402
from farside.mail_kills import ENDS, kill_senders  # noqa: E402


def kill(*given: Any) -> tuple[Account, list[int]]:
    found, unlike = kill_senders(*given)
    return found, [len(unlike)]


if __name__ == "__main__":
    main(ENDS, kill, ["unlike"])
