"""Digests by mail: rendered and sent over one connection to a server on loopback, mails a second, CPU and peak memory,
beside the plain way (smtplib, a message and a connection each) in the same run. The server is of Python too, and takes
as long for a mail as our side: so its time is in the mails a second of both, and not in their CPU.

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

from aiosmtpd.controller import Controller

from bot.channels import Item, Outgoing
from bot.channels.email import EmailChannel
from bot.channels.mail_text import mail
from bot.query import document, explain, parse
from scrapers import saved

PORT = 22_525
SENDER = "alerts@papers.test"
NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
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
    channel = EmailChannel(f"smtp://127.0.0.1:{PORT}", SENDER)
    for to, outgoing in digests(count):
        await channel.send(to, channel.render(outgoing))
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


class Taking:
    """Takes every mail, and keeps none."""

    async def handle_DATA(self, *_: object) -> str:  # noqa: N802 - aiosmtpd's name
        return "250 OK"


def serve() -> None:
    controller = Controller(Taking(), hostname="127.0.0.1", port=PORT)
    controller.start()
    print("ready", flush=True)
    sys.stdin.read()
    controller.stop()


def measure(way: str, count: int) -> None:
    begin, used = time.perf_counter(), time.process_time()
    WAYS[way](count)
    rate, cpu = count / (time.perf_counter() - begin), 1_000 * (time.process_time() - used) / count
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{way:6} {rate:6.0f} mails/s {cpu:6.2f} ms of its CPU a mail {peak:4} MB")


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["serve"]:
        serve()
    elif arguments[:1] and arguments[0] in WAYS:
        measure(arguments[0], int(arguments[1]))
    else:
        count = arguments[0] if arguments else "10000"
        server = subprocess.Popen([sys.executable, __file__, "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert server.stdout
        server.stdout.readline()
        for way in WAYS:
            subprocess.run([sys.executable, __file__, way, count], check=True)
        server.communicate()


if __name__ == "__main__":
    main(sys.argv[1:])
