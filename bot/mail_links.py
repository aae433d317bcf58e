"""Where a mail leads its reader. Pure."""

from collections.abc import Callable
from urllib.parse import quote

from bot import tokens
from bot.channels import Outgoing
from bot.channels.mail_text import NO_LINKS, Links, subscriptions
from bot.links import MANAGED_FOR, Addresses


def for_mails(addresses: Addresses, mailbox: str = "") -> Callable[[Outgoing], Links]:
    """What gives each mail its links; a mail to `mailbox` unsubscribes too, where there is one."""
    return lambda outgoing: _links(addresses, mailbox, outgoing)


def _links(addresses: Addresses, mailbox: str, outgoing: Outgoing) -> Links:
    if not outgoing.recipient:
        return NO_LINKS
    until = outgoing.created_at + MANAGED_FOR  # not of now: each attempt sends the same
    mac = tokens.mac(addresses.keys, tokens.BOUNCE, outgoing.key)
    returns = f"{outgoing.key}-{mac}"
    manage = addresses.manage(outgoing.recipient, until)
    if outgoing.notice:
        return Links(manage=manage, confirm=addresses.confirm(outgoing.notice.draft), returns=returns)
    asked = {id: addresses.unsubscribe(outgoing.recipient, id) for id in subscriptions(outgoing)}
    every = addresses.unsubscribe(outgoing.recipient)
    clicked = next(iter(asked.values())) if len(asked) == 1 else every
    return Links(
        unsubscribe_one=asked,
        unsubscribe_all=every,
        manage=manage,
        archive=addresses.archive(outgoing.message),
        returns=returns,
        mailto=_mailto(mailbox, clicked) if mailbox else "",
    )


def _mailto(mailbox: str, address: str) -> str:
    """A mail that unsubscribes from the same (RFC 6068). The token is in its subject: the part before the @ has 64
    letters at most, and some servers change their case."""
    return f"mailto:{mailbox}?subject={quote('unsubscribe ' + address.rpartition('/')[2])}"
