"""Asking for what is missing: the next message (in groups: the reply) is the answer."""

from typing import Any

from bot.channels.screen import Screen
from bot.chat.said import Show
from bot.chat.talk import Talk
from bot.store import chats
from bot.store.engine import writing


def ask(talk: Talk, what: str, question: str, **known: Any) -> Show:
    """Ask, and remember what the answer is for (`what`, with what is known already)."""
    data = {"what": what, "target": talk.target, **known}
    with writing(talk.engine) as session:
        chats.ask(session, talk.place.address, talk.account, data, talk.now)
    return Show(Screen(question), asks=True)


def answered(talk: Talk) -> dict[str, Any] | None:
    """What the speaker was asked here, which is now answered."""
    with writing(talk.engine) as session:
        return chats.take_question(session, talk.place.address, talk.account, talk.now)
