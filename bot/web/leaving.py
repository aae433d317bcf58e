"""Unsubscribing by the link of a mail: by one click of a mail reader (RFC 8058), or by the button of a page."""

from dataclasses import dataclass

from starlette.responses import Response

from bot import subscriptions as subs
from bot import tokens
from bot.models import Recipient, Subscription
from bot.web.page import Button, damaged, said
from bot.web.visit import Visit


@dataclass(frozen=True)
class _Named:
    """What the link unsubscribes from: a subscription, or (None) all of the recipient's."""

    recipient: Recipient
    subscription: Subscription | None

    @property
    def address(self) -> tuple[str, str]:
        return self.recipient.channel, self.recipient.address


def question(visit: Visit) -> Response:
    """What the link would do, with a button for it."""
    numbers = visit.read(tokens.UNSUBSCRIBE, 2)
    if numbers is None:
        return damaged(visit)
    tr, named = visit.tr, _named(visit, *numbers)
    if named is None:
        return _nothing(visit)
    everything: Button = ("all", tr("Unsubscribe from everything"), "bad")
    if named.subscription is None:
        return said(visit, tr("No more mails to {address}?", address=named.recipient.address), buttons=[everything])
    return said(
        visit,
        tr("No more mails about this?"),
        queries=[named.subscription.name],
        buttons=[("one", tr("Unsubscribe"), "main"), everything],
    )


def act(visit: Visit) -> Response:
    """Unsubscribe; as often as it is asked. A mail reader sends a form without our button's name."""
    numbers = visit.read(tokens.UNSUBSCRIBE, 2)
    if numbers is None:
        return damaged(visit)
    tr, named = visit.tr, _named(visit, *numbers)
    if named is None:
        return _nothing(visit)
    if named.subscription is None or visit.form.get("do") == "all":
        subs.unsubscribe(visit.engine, named.address)
        return said(
            visit,
            tr("You are unsubscribed"),
            tr("No more mails come to {address}, and nothing is kept of it.", address=named.recipient.address),
        )
    subs.unsubscribe(visit.engine, named.address, named.subscription.name)
    return said(
        visit,
        tr("You are unsubscribed"),
        tr("No more mails come about this:"),
        queries=[named.subscription.name],
        buttons=[("all", tr("Unsubscribe from everything"), "bad")],
    )


def _named(visit: Visit, recipient_id: int, subscription_id: int) -> _Named | None:
    """What the numbers of a token name; None where that is gone. (They are never given to another row.)"""
    if subscription_id:
        listed = subs.named(visit.engine, subscription_id)
        if listed and listed.recipient.id == recipient_id:
            return _Named(listed.recipient, listed.subscription)
        if visit.form.get("do") != "all":
            return None
    recipient = subs.numbered(visit.engine, recipient_id)
    return _Named(recipient, None) if recipient else None


def _nothing(visit: Visit) -> Response:
    """It was done before. Whether the address was ever known is nobody's business."""
    tr = visit.tr
    return said(visit, tr("You are unsubscribed"), tr("No more mails come by this subscription."))
