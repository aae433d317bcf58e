"""Workers that send mails to aiosmtpd, and are killed at each step of it; and the addresses that they send to."""

import asyncio
import email
import email.policy
from collections import defaultdict
from collections.abc import Callable
from random import Random
from typing import Any

from farside.kills import Account, Telling, deliver, kill
from farside.mail import CLOSE, TAKE_AND_CLOSE, MailServer, mail_server, read
from farside.worker import Fate

from bot.channels.email import EmailChannel
from bot.store.engine import Engine

# Where a worker is killed, and how often it gets there at the most: in the transaction that claims, after it, before it
# connects, when sender or receiver were named, when half of the content was written, or all of it, when the answer was
# read, in one of the transactions after the claim, after them.
ENDS = {
    "claiming": 12, "claimed": 5, "connecting": 1, "MAIL": 5, "RCPT": 5, "half": 5, "flying": 5, "answered": 5,
    "recording": 8, "recorded": 5,
}  # fmt: skip
PEOPLE = 8
# What goes wrong with a mail, apart from kills.
FAULTS = (
    ("MAIL", "451 4.3.0 later"),
    ("MAIL", CLOSE),
    ("RCPT", "451 4.7.1 greylisted"),
    ("RCPT", "550 5.1.1 nobody of that name"),
    ("RCPT", CLOSE),
    ("DATA", "451 4.3.0 later"),
    ("DATA", CLOSE),
    ("DATA", TAKE_AND_CLOSE),
)


class _Line(asyncio.Protocol):
    """What is between aiosmtplib and its connection: the protocol of this, and a transport for that."""

    def __init__(self, protocol: Any, fate: Fate) -> None:
        self._protocol, self._fate, self._is_flying = protocol, fate, False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._protocol.connection_made(self)

    def data_received(self, data: bytes) -> None:
        if self._is_flying:
            self._is_flying = False
            self._fate.reached("answered")
        self._protocol.data_received(data)

    def eof_received(self) -> bool | None:
        return bool(self._protocol.eof_received())

    def connection_lost(self, exc: Exception | None) -> None:
        self._protocol.connection_lost(exc)

    def write(self, data: bytes) -> None:
        is_content = data.endswith(b"\r\n.\r\n")
        half = len(data) // 2 if is_content else 0
        if is_content:
            self._transport.write(data[:half])
            self._fate.reached("half")
        self._transport.write(data[half:])
        self._is_flying = is_content
        self._fate.reached("flying" if is_content else data[:4].decode("ascii"))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class _Loop(asyncio.SelectorEventLoop):
    """A loop whose connections have the steps of a mail."""

    fate: Fate

    async def create_connection(self, protocol_factory: Callable[[], Any], *args: Any, **options: Any) -> Any:  # type: ignore[override]
        self.fate.reached("connecting")
        return await super().create_connection(lambda: _Line(protocol_factory(), self.fate), *args, **options)


class _Channel(Telling, EmailChannel):
    pass


def work(database_url: str, smtp_url: str, fate: Fate) -> None:
    """What a worker does."""
    channel = _Channel(smtp_url, "alerts@papers.test", bounce="bounce@papers.test", per_minute=0, timeout=20)
    with asyncio.Runner(loop_factory=_Loop) as runner:
        runner.get_loop().fate = fate  # type: ignore[attr-defined]
        runner.run(deliver(database_url, "email", channel, fate))


class Addresses:
    """Some addresses, whose server refuses mails and breaks off as it is told to."""

    channel = "email"
    addresses = tuple(f"reader{number}@example.org" for number in range(PEOPLE))

    def __init__(self, server: MailServer) -> None:
        self.server, self.url = server, f"smtp://127.0.0.1:{server.port}"

    def let_go_wrong(self, random: Random) -> None:
        self.mend()  # else what a stopped lane has not met yet would stop it again and again
        for step, answer in random.sample(FAULTS, random.randint(0, 2)):
            self.server.answers[step].append(answer)

    def let_everybody_back(self) -> None:
        pass  # each refusal is of one mail

    def mend(self) -> None:
        self.server.answers.clear()

    def arrived(self) -> list[tuple[str, str]]:
        return [(one.to, _text(one.data)) for one in self.server.got]

    def unlike(self) -> list[str]:
        """The messages whose copies are not the same, byte by byte, and those with the Message-ID of another: by their
        return paths."""
        copies, names = defaultdict[str, set[bytes]](set), defaultdict[str, set[str]](set)
        for one in self.server.got:
            copies[one.sender].add(one.data)
            names[email.message_from_bytes(one.data)["Message-ID"]].add(one.sender)
        unlike = [key for key, found in copies.items() if len(found) > 1]
        return unlike + [key for keys in names.values() if len(keys) > 1 for key in keys]


def _text(data: bytes) -> str:
    return str(read(data).get_body(("plain",)).get_content())  # type: ignore[attr-defined]


def kill_senders(
    engine: Engine, database_url: str, kills: int, seed: int, say: Callable[[str], None]
) -> tuple[Account, list[str]]:
    """The account of so many kills of processes that send mail, and the messages whose copies are not the same."""
    with mail_server() as server:
        places = Addresses(server)
        return kill(engine, database_url, places, (work, ENDS), kills, seed, say), places.unlike()
