"""Messages a second that 1, 2 and 4 processes send together from one database to webhooks that take everything.

./check bench deliver [MESSAGES]    (10000; `run --role deliver`, alerts of one paper each to as many addresses)

Beside it what the machine allows: a plain loop in each of as many processes that posts the same body with httpx, one
after the other, and remembers nothing. PostgreSQL is measured where $PAPERWATCH_TEST_POSTGRES points to one; a
library in a file has one process.
"""

import asyncio
import contextlib
import json
import multiprocessing
import os
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))

from farside.databases import fresh_library
from farside.program import Program
from farside.world import paper

from bot.intake import take_in
from bot.models import Delivery, Message, Person, Recipient, Subscription
from bot.store.engine import Engine, make_engine, writing
from scrapers.request import Listed

ANSWER = b"HTTP/1.1 204 No Content\r\n\r\n"
WITHIN = 120.0  # seconds that all may take


class Receiver(asyncio.Protocol):
    """Takes what is posted, at once; keeps when, and to which path."""

    taken: list[tuple[float, bytes]]
    expected: int
    all_came: asyncio.Event

    def __init__(self) -> None:
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            size = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            if len(self._read) < end + 4 + size:
                return
            self._read = self._read[end + 4 + size :]
            self.taken.append((time.monotonic(), head.split(b" ", 2)[1]))
            self._transport.write(ANSWER)  # type: ignore[attr-defined]
            if len(self.taken) == self.expected:
                self.all_came.set()


def receive(pipe: Connection, expected: int) -> None:
    """Serve until so many came, or the time is over; then say what came."""

    async def serve() -> None:
        Receiver.taken, Receiver.expected, Receiver.all_came = [], expected, asyncio.Event()
        server = await asyncio.get_running_loop().create_server(Receiver, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(Receiver.all_came.wait(), WITHIN)
        await asyncio.sleep(1)  # is there one too many?
        pipe.send(Receiver.taken)

    asyncio.run(serve())


@contextmanager
def far_side(expected: int):
    mine, other = multiprocessing.Pipe()
    process = multiprocessing.Process(target=receive, args=(other, expected))
    process.start()
    yield mine.recv(), mine
    process.join()


def owe(engine: Engine, port: int, messages: int) -> None:
    """One alert to each of so many webhooks."""
    now = datetime.now(UTC)
    ids = range(1, messages + 1)
    with writing(engine) as session:
        session.execute(
            sa.insert(Person), [{"id": n, "kind": "bench", "account": str(n), "created_at": now} for n in ids]
        )
        session.execute(sa.insert(Recipient), [
            {"id": n, "person_id": n, "channel": "webhook", "address": f"http://127.0.0.1:{port}/{n}", "due_at": now,
             "created_at": now, "confirmed_at": now} for n in ids
        ])  # fmt: skip
        session.execute(sa.insert(Subscription), [
            {"id": n, "recipient_id": n, "name": "all", "text": "source:hf", "key": "source:hf", "rhythm": "instant",
             "changed_in": n, "created_at": now - timedelta(days=1)} for n in ids
        ])  # fmt: skip
    listed = [Listed(paper(1, abstract="Invented abstracts have a hundred words or more. " * 20))]
    taken = take_in(engine, "hf", "huggingface", listed, day=now.date(), alert=True, now=now)
    assert taken.alerts == messages


def ours(url: str, processes: int, messages: int) -> float:
    """Messages a second; all arrived once."""
    engine = make_engine(url)
    with far_side(messages) as (port, pipe), tempfile.TemporaryDirectory() as home:
        owe(engine, port, messages)
        if engine.dialect.name == "postgresql":
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("analyze"))
        program = Program(Path(home), {
            "PAPERWATCH_DATABASE__URL": url, "PAPERWATCH_SOURCES__HF__ENABLED": "false",
            "PAPERWATCH_NETWORK__ALLOW_PRIVATE": '["127.0.0.1"]',
        })  # fmt: skip
        try:
            for _ in range(processes):
                program.start("run", "--role", "deliver")
            taken = pipe.recv()
        finally:
            program.end()
    with engine.connect() as connection:
        sent = sa.select(sa.func.count()).select_from(Message).where(Message.state == "sent")
        assert connection.execute(sent).scalar_one() == messages
        told = sa.select(sa.func.count()).select_from(Delivery).where(Delivery.message_id.is_not(None))
        assert connection.execute(told).scalar_one() == messages
    engine.dispose()
    return rate(taken, messages)


def rate(taken: list[tuple[float, bytes]], messages: int) -> float:
    """Messages a second from the first quarter on: before, processes still start. Each arrived once."""
    assert len(taken) == messages
    assert len({path for _, path in taken}) == messages
    times = sorted(at for at, _ in taken)[messages // 4 :]
    return len(times) / (times[-1] - times[0])


def post(port: int, numbers: range) -> None:
    import httpx

    body = b"x" * 1_500

    async def run() -> None:
        async with httpx.AsyncClient() as client:
            for n in numbers:
                await client.post(f"http://127.0.0.1:{port}/{n}", content=body)

    asyncio.run(run())


def plain(processes: int, messages: int) -> float:
    """Only the posts."""
    with far_side(messages) as (port, pipe):
        some = [
            multiprocessing.Process(target=post, args=(port, range(n, messages, processes))) for n in range(processes)
        ]
        for one in some:
            one.start()
        taken = pipe.recv()
        for one in some:
            one.join()
    return rate(taken, messages)


def main(messages: int) -> None:
    found = []
    server = os.environ.get("PAPERWATCH_TEST_POSTGRES")
    with tempfile.TemporaryDirectory() as folder:
        kinds = {"SQLite": f"sqlite:///{folder}/N.db", **({"PostgreSQL": server} if server else {})}
        for name, given in kinds.items():
            for processes in (1, 2, 4) if name == "PostgreSQL" else (1,):
                with fresh_library(given.replace("N.db", f"{processes}.db")) as url:
                    told = ours(url, processes, messages)
                row = {"database": name, "processes": processes, "ours": told, "plain": plain(processes, messages)}
                print(row, file=sys.stderr, flush=True)
                found.append(row)
    print(json.dumps(found))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 10_000)
