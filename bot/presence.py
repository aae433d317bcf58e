"""Whether a chat is there: what Telegram's service messages say of it, beside what comes of sending to it.

A chat is a channel and the address of all its topics, such as ("telegram", "-1001234567890").
"""

from datetime import datetime

from bot.store import moving, pace, people
from bot.store import outbox as store
from bot.store.engine import Engine, lock_library, writing


def gone(engine: Engine, chat: tuple[str, str], reason: str, now: datetime) -> int:
    """Tell the recipients of a chat nothing more: it blocked or removed us. What they are owed waits for their return;
    how many there were."""
    with writing(engine) as session:
        here = [one for one in people.recipients_at(session, *chat) if not one.disabled_at]
        store.disable(session, here, reason, now)
        return len(here)


def back(engine: Engine, chat: tuple[str, str], now: datetime) -> int:
    """Tell the disabled recipients of a chat again; what waited comes as one digest. How many papers waited."""
    with writing(engine) as session:
        here = [one for one in people.recipients_at(session, *chat) if one.disabled_at]
        for recipient in here:
            recipient.returned_at, recipient.disabled_at, recipient.disabled_reason = now, None, None
            store.let_go(session, recipient, now)
        pace.start_anew(session, *chat, now)
        return sum(len(store.waiting(session, one.id or 0, now)) for one in here)


def moved(engine: Engine, old: tuple[str, str], new: tuple[str, str], now: datetime) -> int:
    """Give all recipients of a chat its new address; how many there were. It may be told again and again."""
    with writing(engine) as session:
        lock_library(session)
        return moving.move_chat(session, old[0], old[1], new[1], now)
