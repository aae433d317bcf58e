"""A mail server on loopback, aiosmtpd, that keeps what it takes and refuses what it is told to."""

import asyncio
import contextlib
import email
import email.policy
import socket
import ssl
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

HANG, CLOSE, TAKE_AND_CLOSE = "hang", "close", "take and close"


@dataclass(frozen=True)
class Arrived:
    """A mail as it arrived: who sent it to whom by the envelope, with which options, and its bytes."""

    sender: str
    to: str
    options: list[str]
    data: bytes


@dataclass
class MailServer:
    """`answers` by step (MAIL, RCPT, DATA) are given one after the other, and then everything is taken. HANG, CLOSE
    and TAKE_AND_CLOSE are answers too. `password` is asked for where there is one."""

    port: int
    password: str = ""
    answers: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    got: list[Arrived] = field(default_factory=list)
    connections: int = 0
    logins: list[bytes] = field(default_factory=list)
    transports: list[Any] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    async def handle_EHLO(  # noqa: N802 - aiosmtpd's names
        self, server: SMTP, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        if server.transport not in self.transports:
            self.transports.append(server.transport)
            self.connections += not session.ssl  # with STARTTLS, the same connection says hello again
        return responses

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if answer := await self._answer("MAIL", server):
            return answer
        envelope.mail_from, envelope.mail_options = address, options
        return "250 2.1.0 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: list[str]) -> str:  # noqa: N802
        if answer := await self._answer("RCPT", server):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        (to,) = envelope.rcpt_tos
        arrived = Arrived(envelope.mail_from, to, envelope.mail_options, envelope.original_content)
        if self.answers["DATA"][:1] == [TAKE_AND_CLOSE]:
            self._take(arrived)
        if answer := await self._answer("DATA", server):
            return answer
        self._take(arrived)
        return f"250 2.0.0 OK: queued as {len(self.got)}"

    def _take(self, arrived: Arrived) -> None:
        with self.changed:
            self.got.append(arrived)
            self.changed.notify_all()

    def wait_for(self, count: int) -> Arrived:
        """The mail of that number (from 1), when it has come."""
        with self.changed:
            assert self.changed.wait_for(lambda: len(self.got) >= count, 60), f"only {len(self.got)} mails came"
            return self.got[count - 1]

    async def _answer(self, step: str, server: SMTP) -> str:
        answer = self.answers[step].pop(0) if self.answers[step] else ""
        if answer in (CLOSE, TAKE_AND_CLOSE):
            server.transport.abort()
        if answer in (HANG, CLOSE, TAKE_AND_CLOSE):
            await asyncio.sleep(3600)
        return answer

    def authenticate(self, server: SMTP, session: Any, envelope: Any, mechanism: str, login: Any) -> AuthResult:
        assert isinstance(login, LoginPassword)
        self.logins.append(login.login)
        return AuthResult(success=login.password == self.password.encode(), handled=False)


def settings_for(server: "MailServer") -> dict[str, str]:
    """What the program needs to send by that server."""
    return {
        "PAPERWATCH_EMAIL__SMTP_URL": f"smtp://127.0.0.1:{server.port}",
        "PAPERWATCH_EMAIL__FROM": "Paperwatch <alerts@papers.test>",
        "PAPERWATCH_EMAIL__PER_MINUTE": "6000",
    }


def read(mail: Arrived | bytes) -> EmailMessage:
    """The mail as the standard library reads it, which finds nothing wrong in it."""
    data = mail.data if isinstance(mail, Arrived) else mail
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


@contextmanager
def mail_server(
    *, password: str = "", tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, **options: Any
) -> Iterator[MailServer]:
    """A server that speaks TLS from the beginning (`tls`), after STARTTLS (`starttls`), or not."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = MailServer(port, password)
    if password:
        options |= {"authenticator": server.authenticate, "auth_required": True, "auth_require_tls": bool(starttls)}
    controller = Controller(
        server, hostname="127.0.0.1", port=port, ssl_context=tls, tls_context=starttls, ident="papers.test", **options
    )
    controller.start()
    server.connections = 0  # `start` tries it
    try:
        yield server
    finally:
        for transport in server.transports:  # aiosmtpd leaves those open whose handshake failed
            controller.loop.call_soon_threadsafe(transport.abort)
        controller.stop()


@contextmanager
def blunt_server(*answers: bytes, most: int = 65_536) -> Iterator[int]:
    """A port where each line (or `most` bytes) is answered with the next of these bytes (the first at once), and then
    closed."""
    listener, open_ = socket.create_server(("127.0.0.1", 0)), list[socket.socket]()

    def talk() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                open_.append(connection)
                with connection:
                    for answer in answers:
                        connection.sendall(answer)
                        if not connection.recv(most):
                            break

    thread = threading.Thread(target=talk, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        for one in (listener, *open_):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        thread.join(5)
        listener.close()
