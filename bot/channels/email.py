"""Mail by SMTP (RFC 5321, RFC 6409 for submission), over one connection that is kept for many mails.

What an answer means depends on what was said last. Before the receiver is named, the server refuses us: the lane stops.
Then it refuses the receiver; and after the content was sent, only its last answer says whether it has the mail.
"""

import asyncio
import contextlib
import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected

from bot import mailbox
from bot.channels.lines import cut
from bot.channels.mail_bytes import Letter, as_bytes, letter, return_path
from bot.channels.mail_text import NO_LINKS, PAPERS, Links
from bot.channels.outgoing import ChannelError, Outgoing, Pace, Sent
from bot.redaction import redacted
from scrapers.text import one_line

_IDLE = 30.0  # seconds until an unused connection is given up: servers close them after a minute or more
_OPERATOR_WAITS = 3_600.0  # seconds until what the operator must correct is tried again
_AGAIN = 600.0  # seconds, or half of them, until what was refused for now is tried again: greylisting wants 5 minutes
_DAY = 86_400.0
_SAID = 200  # characters of an answer
_SETTING = "correct email.smtp_url (PAPERWATCH_EMAIL__SMTP_URL) and start again"
# Enhanced codes: RFC 3463, and https://www.iana.org/assignments/smtp-enhanced-status-codes. These say that there is no
# such address; others may be a full or a locked mailbox.
_CODE = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
_NOBODY = frozenset({"5.1.1", "5.1.3", "5.1.6", "5.1.10"})
_UNAVAILABLE, _TOO_LARGE = 421, 552
_LOGIN_WANTED = frozenset({530, 534, 535, 538})  # RFC 4954, 6


@dataclass
class _Step:
    """What was said last."""

    name: str = "waiting"


class EmailChannel:
    """Sends mails as `sender`, `Paperwatch <alerts@example.org>`, by the server `smtp_url`: smtps://…, smtp+starttls://…
    or smtp://… (never encrypted), with user:password@. Answers go to `reply_to`, and that a mail could not be delivered
    is told to `bounce`; else both to the sender. `per_minute` mails go out, and `per_day` (0: any number); each has
    `timeout` seconds. `links` are where a message leads to, and `tls` is what the server's certificate must satisfy.
    Raises ValueError."""

    papers_at_most, alerts_at_most = PAPERS, 1

    def __init__(
        self,
        smtp_url: str,
        sender: str,
        *,
        reply_to: str = "",
        bounce: str = "",
        per_minute: float = 60,
        per_day: int = 0,
        timeout: float = 60,
        links: Callable[[Outgoing], Links] = lambda _: NO_LINKS,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.rate, self.a_day, self.timeout = per_minute / 60, per_day, timeout
        self._server, self._sender = mailbox.server(smtp_url), mailbox.mailbox(sender)
        self._reply_to, self._bounce, self._links, self._tls = reply_to, bounce, links, tls
        self._client: SMTP | None = None
        self._used_at = 0.0
        self._turn = asyncio.Lock()

    def __repr__(self) -> str:
        return f"EmailChannel({self._server.host!r})"

    def check(self, address: str) -> str:
        return mailbox.address(address)

    def pace(self, address: str) -> Pace:
        return Pace(f"email:{address}")

    def render(self, outgoing: Outgoing) -> Letter:
        return letter(outgoing, self._links(outgoing))

    async def send(self, address: str, rendered: Letter) -> Sent:
        step, data = _Step(), as_bytes(rendered, self._sender, address, self._reply_to)
        try:
            async with asyncio.timeout(self.timeout), self._turn:
                return Sent(await self._send(address, rendered.returns, data, step))
        except (SMTPException, OSError) as error:  # TimeoutError is an OSError
            raise self._failure(step.name, error) from None

    async def probe(self) -> str:
        step, server = _Step(), self._server
        try:
            async with asyncio.timeout(self.timeout), self._turn:
                client = await self._connect(step)
                step.name = "NOOP"
                await client.noop()
        except (SMTPException, OSError) as error:
            raise self._failure(step.name, error) from None
        who = "logged in" if server.user else "nobody logs in"
        return f"{server.host}:{server.port} answers by {server.security}; {who}"

    async def close(self) -> None:
        client, self._client = self._client, None
        if client and client.is_connected:
            with contextlib.suppress(SMTPException, OSError):
                await client.quit(timeout=5)
            client.close()

    async def _send(self, to: str, key: str, data: bytes, step: _Step) -> str:
        """Send it over the connection, and over a new one where that turns out to be closed; the server's answer."""
        if client := self._kept():
            try:
                return await self._say(client, to, key, data, step)
            except SMTPException as error:
                if step.name != "MAIL" or not _is_closed(error):
                    raise
        return await self._say(await self._connect(step), to, key, data, step)

    def _kept(self) -> SMTP | None:
        """The connection, where it is there and was used a short time ago."""
        client = self._client
        if client and client.is_connected and asyncio.get_running_loop().time() - self._used_at < _IDLE:
            return client
        self._drop()
        return None

    def _drop(self) -> None:
        if self._client:
            self._client.close()
        self._client = None

    async def _connect(self, step: _Step) -> SMTP:
        """A new connection, encrypted and logged in as the server's address says; nothing is tried without."""
        self._drop()
        server = self._server
        client = SMTP(
            hostname=server.host, port=server.port, use_tls=server.security == "smtps", start_tls=False,
            timeout=self.timeout, tls_context=self._tls,
        )  # fmt: skip
        try:
            step.name = "connecting"
            await client.connect()
            if server.security == "smtp+starttls":
                step.name = "STARTTLS"
                await client.starttls()
            step.name = "EHLO"
            await client.ehlo()  # only then it is known what the server can do
            if server.user:
                step.name = "AUTH"
                await client.login(server.user, server.password)
        except BaseException:
            client.close()
            raise
        self._client = client
        return client

    async def _say(self, client: SMTP, to: str, key: str, data: bytes, step: _Step) -> str:
        """Name sender and receiver, and hand over the content. What the server has answered leaves the connection
        usable; anything else does not."""
        try:
            options, encoding = _options(client, to, len(data))
            step.name = "MAIL"
            await client.mail(return_path(self._bounce, self._sender, key), options=options, encoding=encoding)
            step.name = "RCPT"
            await client.rcpt(to, encoding=encoding)
            step.name = "DATA"
            answer = await client.data(data)
        except ChannelError:
            raise
        except SMTPResponseException as error:
            if _is_closed(error) or not await _is_reset(client):
                self._drop()
            raise
        except BaseException:
            self._drop()
            raise
        self._used_at = asyncio.get_running_loop().time()
        return cut(one_line(answer.message), _SAID)

    def _failure(self, step: str, error: Exception) -> ChannelError:
        """What became of the mail. The text has no secrets, although a server might repeat them."""
        if isinstance(error, SMTPResponseException) and 400 <= error.code < 600:
            said = one_line(error.message)
            if self._server.password:
                said = said.replace(self._server.password, "[password]")
            return _refused(step, error.code, cut(redacted(said), _SAID))
        return _broken(step, error)


def _options(client: SMTP, to: str, size: int) -> tuple[list[str], str]:
    """What is said beside the sender, and how addresses are encoded. Raises ChannelError where the server does not take
    such an address (RFC 6531)."""
    options = [f"SIZE={size}"] if client.supports_extension("size") else []
    if to.isascii():
        return options, "ascii"
    if not client.supports_extension("smtputf8"):
        raise ChannelError("the mail server takes no addresses with letters like these (SMTPUTF8)", gone=True)
    return [*options, "SMTPUTF8", "BODY=8BITMIME"], "utf-8"


def _is_closed(error: SMTPException) -> bool:
    """Whether the server has closed the connection, or is about to."""
    return isinstance(error, SMTPServerDisconnected) or getattr(error, "code", 0) == _UNAVAILABLE


async def _is_reset(client: SMTP) -> bool:
    """Whether the server is ready for the next mail."""
    try:
        await client.rset()
    except (SMTPException, OSError):
        return False
    return True


def _refused(step: str, code: int, said: str) -> ChannelError:
    """What a refusal means: RFC 5321, 4.2 and 4.3.2."""
    text = f"the mail server says at {step}: {code} {said}"
    if step == "AUTH" and code >= 500:
        # What is answered to a password may hold it.
        return ChannelError(
            f"the mail server refuses the user or the password; {_SETTING}", lane=True, wait=_OPERATOR_WAITS
        )
    if step not in ("RCPT", "DATA") or code == _UNAVAILABLE:
        if step == "MAIL" and code == _TOO_LARGE:
            return ChannelError(text, rejected=True)
        shown = "the mail server does not log anybody in now" if step == "AUTH" else text
        return ChannelError(shown, lane=True, wait=_OPERATOR_WAITS if code >= 500 else 0)
    if code < 500:
        return ChannelError(text, again=_AGAIN)
    found = _CODE.search(said)
    enhanced = found[0] if found else ""
    if code in _LOGIN_WANTED or "relay" in said.lower():
        return ChannelError(text, lane=True, wait=_OPERATOR_WAITS)
    if enhanced.startswith("5.7."):  # a policy against us, or of this one receiver
        return ChannelError(text, again=_OPERATOR_WAITS, maybe_ours=True)
    if step == "DATA" and not enhanced.startswith(("5.1.", "5.2.")):
        return ChannelError(text, rejected=True)
    return ChannelError(text, gone=True, wait=0 if enhanced in _NOBODY else _DAY)


def _broken(step: str, error: Exception) -> ChannelError:
    """What it means that a server did not answer, or not as one."""
    if step == "waiting":
        return ChannelError("the connection to the mail server was not free in time")
    if step == "RCPT":
        return ChannelError("the mail server did not answer when the receiver was named", again=_AGAIN)
    if step == "DATA":
        return ChannelError("the mail server did not say whether it has the mail", sent=None)
    for one in (error, error.__cause__):
        if isinstance(one, ssl.SSLCertVerificationError):
            text = f"the mail server's certificate is not valid: {one.verify_message}"
            return ChannelError(text, lane=True, wait=_OPERATOR_WAITS)
    if step in ("STARTTLS", "AUTH") and type(error) is SMTPException:  # the library's: not offered at all
        return ChannelError(f"the mail server offers no {step}; {_SETTING}", lane=True, wait=_OPERATOR_WAITS)
    return ChannelError(f"the mail server cannot be reached ({step})", lane=True)
