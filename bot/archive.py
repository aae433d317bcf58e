"""A digest that was sent, whole: also what it counted but did not show."""

from dataclasses import replace
from datetime import datetime

from bot.channels import NOTICES, Outgoing
from bot.composing import compose
from bot.models import Message, Recipient
from bot.store import outbox
from bot.store.engine import Engine, reading


def kept(engine: Engine, message_id: int, now: datetime) -> list[Outgoing]:
    """The parts of the message's slot, in order; empty where they are kept no more."""
    with reading(engine) as session:
        message = session.get(Message, message_id)
        if message is None or message.kind in NOTICES:
            return []
        recipient = session.get_one(Recipient, message.recipient_id)
        parts = outbox.messages_of_slot(session, message.recipient_id, message.slot)
        whole = compose(session, [(recipient, part) for part in parts], now, with_hidden=True)
        return [replace(part, more=0) for part in whole]
