"""What is done about the mails that come back."""

from datetime import datetime, timedelta
from typing import NamedTuple

from bot import incoming, opt_out, tokens
from bot.incoming import Bounce, Leaving
from bot.models import Recipient
from bot.store import outbox, pace
from bot.store.engine import Engine, writing

# Mailman's way (https://docs.mailman3.org/projects/mailman/en/latest/src/mailman/model/docs/bouncing.html): one report
# a day counts; three days with a refusal are enough, or five with a failure that may pass.
_HARD, _SOFT, _ENOUGH = 5, 3, 15
_DAY, _FORGIVEN = timedelta(days=1), timedelta(days=30)


class Done(NamedTuple):
    """What came of a mail, in a sentence; `is_done`: nobody need be told that nothing did."""

    said: str
    is_done: bool = True


def take(engine: Engine, keys: tokens.Keys, data: bytes, now: datetime) -> Done:
    """Read a mail, and do what it wants."""
    match incoming.read(data):
        case Leaving(token):
            return _leave(engine, keys, token)
        case Bounce() as bounce:
            return _bounced(engine, keys, bounce, now)
    return Done("this mail is neither a report about one of ours, nor unsubscribes", incoming.is_automatic(data))


def _leave(engine: Engine, keys: tokens.Keys, token: str) -> Done:
    numbers = tokens.read(keys, tokens.UNSUBSCRIBE, token, 2)
    if numbers is None:
        return Done("the mail wants to unsubscribe, but its token is not one of ours", is_done=False)
    ending = opt_out.named(engine, *numbers)
    if ending is None:
        return Done("what the mail unsubscribes from has ended already")
    opt_out.end(engine, ending)
    what = f"from {ending.subscription.name!r}" if ending.subscription else "from everything"
    return Done(f"{ending.recipient.address} is unsubscribed {what}")


def _bounced(engine: Engine, keys: tokens.Keys, bounce: Bounce, now: datetime) -> Done:
    key, _, mac = bounce.key.rpartition("-")
    if not tokens.is_mac(keys, tokens.BOUNCE, key, mac):
        return Done("the report names no mail of ours")
    said = f"a mail could not be delivered: {bounce.status} {bounce.said}".strip()
    with writing(engine) as session:
        recipient = session.get(Recipient, int(key.partition("-")[0]))
        if recipient is None or recipient.disabled_at:
            return Done("the report is about an address that gets nothing any more")
        # 5.7 is said of us (RFC 3463, 3.8): no fault of the address.
        points = 0 if bounce.status.startswith("5.7.") else _HARD if bounce.status.startswith("5.") else _SOFT
        name = f"bounce:{recipient.id}"
        if pace.count_points(session, name, points, now, once_in=_DAY, for_=_FORGIVEN) < _ENOUGH:
            return Done(f"{recipient.address}: {said}")
        outbox.disable(session, [recipient], said, now)
        pace.forget_points(session, name)  # whoever proves the address again begins anew
        return Done(f"{recipient.address} gets nothing more: {said}")
