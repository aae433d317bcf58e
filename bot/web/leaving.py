"""Unsubscribing by the link of a mail: by one click of a mail reader (RFC 8058), or by the button of a page."""

from starlette.responses import Response

from bot import opt_out, tokens
from bot.web.page import Button, damaged, said
from bot.web.visit import Visit


def question(visit: Visit) -> Response:
    """What the link would do, with a button for it."""
    numbers = visit.read(tokens.UNSUBSCRIBE, 2)
    if numbers is None:
        return damaged(visit)
    tr, named = visit.tr, opt_out.named(visit.engine, *numbers)
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
    tr, named = visit.tr, opt_out.named(visit.engine, *numbers, everything=visit.form.get("do") == "all")
    if named is None:
        return _nothing(visit)
    opt_out.end(visit.engine, named)
    if named.subscription is None:
        return said(
            visit,
            tr("You are unsubscribed"),
            tr("No more mails come to {address}, and nothing is kept of it.", address=named.recipient.address),
        )
    return said(
        visit,
        tr("You are unsubscribed"),
        tr("No more mails come about this:"),
        queries=[named.subscription.name],
        buttons=[("all", tr("Unsubscribe from everything"), "bad")],
    )


def _nothing(visit: Visit) -> Response:
    """It was done before. Whether the address was ever known is nobody's business."""
    tr = visit.tr
    return said(visit, tr("You are unsubscribed"), tr("No more mails come by this subscription."))
