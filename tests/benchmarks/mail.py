"""Digests by mail: rendered and sent over one connection to a server on loopback, mails a second, CPU and peak memory,
beside the plain way (smtplib, a message and a connection each) in the same run.

What is measured is the sender. The server, the same for both, takes next to nothing: those that take mail are written
in C, and aiosmtpd, of Python, needs as long for a mail as we do. It keeps none, but counts them.

./check bench mail [MAILS]    each way has a process of its own, for its memory; so has the server
"""

import asyncio
import resource
import smtplib
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime
from email.message import EmailMessage
from pathlib import Path

from bot.channels import Item, Outgoing
from bot.channels.email import EmailChannel
from bot.channels.mail_text import mail
from bot.query import document, explain, parse
from scrapers import saved

PORT = 22_525
SENDER = "alerts@papers.test"
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
SENDERS = 8  # at once, as in bot.run
LISTS = Path(__file__).parents[2] / "bot" / "demo.json"


def digests(count: int) -> Iterator[tuple[str, Outgoing]]:
    """Receivers, and the demo's day for each."""
    asked = parse("agents OR retrieval OR upvotes>=1")
    listed = saved.read(LISTS.read_bytes(), name="demo.json", today=date(2026, 11, 20)).listed
    items = tuple(
        Item(number, one.paper, "new", ("papers",), explain(asked, document(one.paper), NOW), (1,))
        for number, one in enumerate(listed, 1)
    )
    first = Outgoing("", "digest", "digest:2026-11-20 08:00", 1, 1, len(items), "UTC", NOW, items)
    for number in range(count):
        yield f"reader{number}@example.org", replace(first, key=f"1-{number}")


async def ours(count: int) -> None:
    """As the program does: one makes its mail while another waits for the server."""
    channel, owed = EmailChannel(f"smtp://127.0.0.1:{PORT}", SENDER), digests(count)

    async def send() -> None:
        for to, outgoing in owed:
            await channel.send(to, channel.render(outgoing))

    await asyncio.gather(*(send() for _ in range(SENDERS)))
    await channel.close()


def plain(count: int) -> None:
    """As most would write it; the text is ours."""
    for to, outgoing in digests(count):
        made, message = mail(outgoing), EmailMessage()
        message["From"], message["To"], message["Subject"] = SENDER, to, made.subject
        message.set_content(made.text)
        message.add_alternative(made.html, subtype="html")
        with smtplib.SMTP("127.0.0.1", PORT) as client:
            client.send_message(message)


WAYS: dict[str, Callable[[int], None]] = {"ours": lambda count: asyncio.run(ours(count)), "plain": plain}


class Taking(asyncio.Protocol):
    """A connection to the server, as RFC 5321, 4.1.1, has it: takes every mail, and keeps none."""

    taken = 0  # by all of them

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport, self.unread, self.to, self.in_content = transport, bytearray(), 0, False
        transport.write(b"220 bench.test\r\n")

    def data_received(self, data: bytes) -> None:
        self.unread += data
        while answer := self.content() if self.in_content else self.line():
            self.transport.write(answer + b"\r\n")

    def content(self) -> bytes:
        """The answer to the content; none, where its end, a line of a dot, is not there yet."""
        end = self.unread.find(b"\r\n.\r\n")
        if end < 0:
            del self.unread[:-4]
            return b""
        del self.unread[: end + 5]
        self.to, self.in_content = 0, False
        Taking.taken += 1
        return b"250 2.0.0 taken"

    def line(self) -> bytes:
        """The answer to the next line, if it is there as a whole."""
        line, end, rest = self.unread.partition(b"\r\n")
        if not end:
            return b""
        self.unread = rest
        match line[:4].upper():
            case b"EHLO":
                return b"250-bench.test\r\n250-8BITMIME\r\n250 SIZE 33554432"
            case b"RCPT":
                self.to += 1
            case b"DATA" if not self.to:
                return b"503 5.5.1 to whom?"
            case b"DATA":
                self.in_content = True
                self.unread[:0] = b"\r\n"  # so that the end is the same where there is no line before it
                return b"354 go on"
            case b"MAIL" | b"RSET":
                self.to = 0
            case b"QUIT":
                self.transport.write(b"221 2.0.0 bye\r\n")
                self.transport.close()
                return b""
            case _:
                return b"500 5.5.2 what?"
        return b"250 2.0.0 yes"


async def serve() -> None:
    """Take mails until nobody wants to send any; how many they were."""
    server = await asyncio.get_running_loop().create_server(Taking, "127.0.0.1", PORT)
    async with server:
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.read)
    print(Taking.taken)


def measure(way: str, count: int) -> None:
    begin, used = time.perf_counter(), time.process_time()
    WAYS[way](count)
    rate, cpu = count / (time.perf_counter() - begin), 1_000 * (time.process_time() - used) / count
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{way:6} {rate:6.0f} mails/s {cpu:6.2f} ms of its CPU a mail {peak:4} MB")


def compare(count: int) -> None:
    server = subprocess.Popen([sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert server.stdout
    server.stdout.readline()
    said = [
        subprocess.run(
            [sys.executable, __file__, way, str(count)], check=True, stdout=subprocess.PIPE, text=True
        ).stdout
        for way in WAYS
    ]
    taken = int(server.communicate()[0])
    assert taken == len(WAYS) * count, f"{taken} arrived"
    rates = [float(one.split()[1]) for one in said]
    print(*said, f"ours sends {rates[0] / rates[1]:.1f} times as many; all {taken} arrived", sep="")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["serve"]:
        asyncio.run(serve())
    elif arguments[:1] and arguments[0] in WAYS:
        measure(arguments[0], int(arguments[1]))
    else:
        compare(int(arguments[0]) if arguments else 10_000)


if __name__ == "__main__":
    main(sys.argv[1:])
