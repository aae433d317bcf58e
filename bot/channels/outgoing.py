"""What a channel gets to tell, what it is, and how it says that it could not."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bot.preview import Met
from bot.query import Mark
from scrapers.paper import Paper


def version_of(kind: str) -> int | None:
    """The number of the new version that a delivery of that kind tells; None for another kind."""
    what, _, number = kind.partition(":")
    return int(number) if what == "version" else None


@dataclass(frozen=True)
class Item:
    """One paper of a message: its id in the library, why it is told (`new`, `version:2`, `rise:7`), the names (and ids)
    of the subscriptions that ask for it, what they matched where, and the terms that were met. `before` is title and
    abstract before the new version that is told, where that is known."""

    id: int
    paper: Paper
    kind: str
    reasons: tuple[str, ...]
    marks: tuple[Mark, ...] = ()
    subscriptions: tuple[int, ...] = ()
    met: tuple[Met, ...] = ()
    before: tuple[str, str | None] | None = None


# Kinds of messages that carry no papers: `confirm` asks whether a subscription is wanted, `code` proves whose address
# it is, `manage` leads to the subscriptions, `alarm` says what is wrong with this installation.
NOTICES = ("confirm", "code", "manage", "alarm")


@dataclass(frozen=True)
class Notice:
    """What a message without papers is about: its `draft` remembers what was asked, such as `queries`, the `code` that
    proves whose address it is, or a `text` of some lines."""

    draft: int
    queries: tuple[str, ...] = ()
    code: str = ""
    text: str = ""


@dataclass(frozen=True)
class Outgoing:
    """One message, frozen: the same papers for each attempt, with what is known of them then. `key` is the same for
    each attempt, so that a receiver can tell a repeated message from a new one; `created_at` is UTC. All parts of a
    slot have `total` papers together; `more` of them no part shows. `coverage` says what was read for it. It is told in
    that language, and without a sound where `silent`. One of the kinds in NOTICES has no papers but a `notice`; only
    mail is asked to say it, if it is no alarm. `recipient` and `message` are the numbers of both."""

    key: str
    kind: str
    slot: str
    part: int
    parts: int
    total: int
    zone: str
    created_at: datetime
    items: tuple[Item, ...]
    more: int = 0
    coverage: str = ""
    language: str = "en"
    silent: bool = False
    notice: Notice | None = None
    recipient: int = 0
    message: int = 0


@dataclass(frozen=True)
class Pace:
    """How fast an address may be sent to: `gap` seconds pass between two messages to all addresses of the same
    `place`, such as a group with its topics."""

    place: str
    gap: float = 0


@dataclass(frozen=True)
class Sent:
    """A message that was accepted: the far side's id of it, if it gives one. `note` says how it differs from what was
    rendered; `disable`, why nothing more can be sent to the address, and what to do."""

    remote_id: str | None = None
    note: str = ""
    disable: str = ""


class ChannelError(Exception):
    """A message was not sent, or nobody knows whether it was. The text is one sentence without secrets.

    `sent`: False, it certainly was not; None, it may have been. `rejected`: this message will never be accepted: do not
    try it again. `gone`: the place does not exist any more or does not want us: disable it. `wait`: seconds until the
    far side wants to be asked again; of a place that is `gone`, to be asked whether it really is. `again`: seconds
    until the next attempt, longer each time, where this message or place was refused for now. `maybe_ours`: for a
    reason that may lie with us; what several places say is said of all. `lane`: nothing can be sent by this channel at
    all, for `wait` seconds, or (0) nobody knows how long. `moved_to`: the place is called that now.
    """

    def __init__(
        self,
        text: str,
        *,
        sent: bool | None = False,
        gone: bool = False,
        rejected: bool = False,
        wait: float = 0,
        again: float = 0,
        lane: bool = False,
        moved_to: str = "",
        maybe_ours: bool = False,
    ) -> None:
        super().__init__(text)
        self.sent, self.gone, self.rejected, self.wait = sent, gone, rejected, wait
        self.again, self.lane, self.moved_to, self.maybe_ours = again, lane, moved_to, maybe_ours


class Channel(Protocol):
    """One way of telling people. `papers_at_most` papers go into one message, `alerts_at_most` into one that alerts at
    once; `rate` is how many messages a second go to all places together, `a_day` how many a UTC day (0: as many as
    there are). After `timeout` seconds `send` has ended."""

    @property
    def papers_at_most(self) -> int: ...

    @property
    def alerts_at_most(self) -> int: ...

    @property
    def rate(self) -> float: ...

    @property
    def a_day(self) -> int: ...

    @property
    def timeout(self) -> float: ...

    def check(self, address: str) -> str:
        """The address in its canonical form. Raises ValueError with a sentence where nothing can be sent there."""

    def pace(self, address: str) -> Pace:
        """How fast may be sent to that address; pure."""

    def render(self, outgoing: Outgoing) -> Any:
        """The message as the far side takes it; pure."""

    async def send(self, address: str, rendered: Any) -> Sent:
        """Send it. Raises ChannelError."""

    async def probe(self) -> str:
        """Reach the far side, and log in, without sending anything; who answered, for people. Empty where there is
        nobody to ask. Raises ChannelError."""

    async def close(self) -> None:
        """Give back what was opened for sending."""
