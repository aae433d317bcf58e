"""10,000 alerts through the fake Bot API with Telegram's limits, beside python-telegram-bot's own rate limiter.

./check bench telegram [PEOPLE [GROUPS]]    (4600 and 100; each group has four topics, all addresses get two alerts)

The product's eight senders deliver from both databases in virtual time (a call takes 20 to 100 ms, the database no
time). So does the peer: an ExtBot with AIORateLimiter(max_retries=3) is given all the same messages at once. The rate
is measured from the first message until only 100 chats were owed something: at the end, the groups' own limits hold.
Then four processes share a bot, in real time, for 18 s. PostgreSQL is used where $PAPERWATCH_TEST_POSTGRES points to
one.
"""

import os
import sys
import tempfile
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).parents[1])  # instead of this folder, in which `telegram` is this file

from farside.bulk import Bulk, Crowd, deliver, deliver_by_peer  # noqa: E402
from farside.databases import fresh_library  # noqa: E402
from farside.sharing import share  # noqa: E402

from bot.channels.telegram import TelegramChannel  # noqa: E402
from bot.store.engine import make_engine  # noqa: E402

PROCESSES, SECONDS, FEW = 4, 18.0, 100
HEADS = ("", "messages", "rate", "of 25/s", "worst second", "429", "lost", "doubled", "longest wait")


def row(name: str, bulk: Bulk, rate: float) -> str:
    cells = (
        f"{len(bulk.sent):,}", f"{rate:.2f}/s", f"{rate / TelegramChannel.rate:.1%}", f"{bulk.worst_second}",
        f"{bulk.refused:,}", f"{bulk.lost:,}", f"{bulk.doubled:,}", f"{bulk.longest_wait:.0f} s",
    )  # fmt: skip
    return f"| {' | '.join((name, *cells))} |"


def say(text: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main(crowd: Crowd) -> None:
    few = min(FEW, crowd.addresses // 10)
    with tempfile.TemporaryDirectory() as name:
        home, server = Path(name), os.environ.get("PAPERWATCH_TEST_POSTGRES")
        urls = {"SQLite": f"sqlite:///{home / 'library.db'}", **({"PostgreSQL": server} if server else {})}
        rows = []
        for database, given in urls.items():
            with fresh_library(given) as url:
                engine = make_engine(url)
                bulk = deliver(engine, crowd, say)
                engine.dispose()
            say(f"delivered from {database}; the fake says: {bulk.api.violations() or 'nothing'}")
            rows.append(row(f"paperwatch, {database}", bulk, bulk.rate(few)))
        peer = deliver_by_peer(crowd, bulk.sent)
        say(f"the peer is done and gave {peer.gave_up:,} up; the fake says: {peer.api.violations() or 'nothing'}")
        rows.append(row("python-telegram-bot, AIORateLimiter", peer, peer.rate(few)))
        if server:
            with fresh_library(server) as url:
                engine = make_engine(url)
                bulk = share(engine, url, home, Crowd(people=600, groups=10), PROCESSES, SECONDS)
                engine.dispose()
            rows.append(row(f"{PROCESSES} processes, {SECONDS:.0f} s of real time", bulk, len(bulk.sent) / SECONDS))
        print(f"\n{crowd.messages:,} alerts to {crowd.people:,} people and {crowd.groups} groups:\n")
        print(f"| {' | '.join(HEADS)} |\n|{' --- |' * len(HEADS)}", *rows, sep="\n")


if __name__ == "__main__":
    main(Crowd(*map(int, sys.argv[1:] or ("4600", "100"))))
