"""Where the mails and the pages of an installation lead: addresses below its base, with signed tokens in them. Pure.

A token that unsubscribes, and that of a feed or a kept digest, is good for ever; one that shows subscriptions is good
for a week, since mails are passed on.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot import tokens

MANAGED_FOR = timedelta(days=7)


@dataclass(frozen=True)
class Addresses:
    """The addresses of one installation: `base` is its own, without a slash at the end."""

    base: str
    keys: tokens.Keys

    def confirm(self, draft: int) -> str:
        """Where what a mail asked is confirmed."""
        return self._address("confirm", tokens.CONFIRM, draft)

    def unsubscribe(self, recipient: int, subscription: int = 0) -> str:
        """Where one subscription (0: all of them) is ended."""
        return self._address("u", tokens.UNSUBSCRIBE, recipient, subscription)

    def manage(self, recipient: int, until: datetime) -> str:
        """Where a recipient's subscriptions are changed, until then."""
        return self._address("m", tokens.MANAGE, recipient, int(until.timestamp()))

    def feed(self, subscription: int) -> str:
        """The Atom feed of a subscription."""
        return self._address("f", tokens.FEED, subscription)

    def archive(self, message: int) -> str:
        """A digest as a page, by one of its messages."""
        return self._address("d", tokens.ARCHIVE, message)

    def _address(self, page: str, purpose: str, *numbers: int) -> str:
        return f"{self.base}/{page}/{tokens.sign(self.keys, purpose, *numbers)}"
