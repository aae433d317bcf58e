"""Unsubscribing by a link or by a mail: whoever has a token that we signed may end what it names, at any time."""

from contextlib import suppress
from dataclasses import dataclass

from bot import recipients
from bot import subscriptions as subs
from bot.models import Recipient, Subscription
from bot.store.engine import Engine


@dataclass(frozen=True)
class Ending:
    """What is to end: a subscription, or (None) all of a recipient's."""

    recipient: Recipient
    subscription: Subscription | None

    @property
    def address(self) -> tuple[str, str]:
        return self.recipient.channel, self.recipient.address


def named(engine: Engine, recipient_id: int, subscription_id: int, *, everything: bool = False) -> Ending | None:
    """What the numbers of a token name (or `everything` there); None where it has ended. Numbers are never given to
    another row."""
    listed = subs.named(engine, subscription_id) if subscription_id and not everything else None
    if listed and listed.recipient.id == recipient_id:
        return Ending(listed.recipient, listed.subscription)
    if subscription_id and not everything:
        return None
    recipient = recipients.numbered(engine, recipient_id)
    return Ending(recipient, None) if recipient else None


def end(engine: Engine, ending: Ending) -> None:
    """End it, if somebody else was not faster: of all, nothing is kept."""
    if ending.subscription:
        subs.end(engine, ending.subscription.id or 0)
        return
    with suppress(ValueError):
        subs.unsubscribe(engine, ending.address)
