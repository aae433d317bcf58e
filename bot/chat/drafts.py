"""What buttons act on later: a draft remembers it, and its number stands in their data."""

from collections.abc import Mapping
from typing import Any

from bot.chat.talk import Talk
from bot.models import Draft
from bot.store import chats
from bot.store.engine import writing


def remember(talk: Talk, kind: str, data: Mapping[str, Any]) -> int:
    """Make a draft of that kind; its number."""
    with writing(talk.engine) as session:
        return chats.new_draft(session, talk.target, talk.account, kind, data, talk.now)


def change(talk: Talk, draft: Draft, values: Mapping[str, Any]) -> None:
    """Change some values of a draft that is still remembered."""
    with writing(talk.engine) as session:
        kept = chats.find_draft(session, draft.id or 0)
        if kept:
            kept.data = {**kept.data, **values}
