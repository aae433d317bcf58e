"""Asking for what is missing: the next message (in groups: the reply) is the answer."""

from typing import Any

from bot.channels.screen import Screen
from bot.chat.said import Show
from bot.chat.talk import Talk
from bot.store import chats
from bot.store.engine import writing


def ask(talk: Talk, what: str, question: str, **known: Any) -> Show:
    """Ask, and remember what the answer is for (`what`, with what is known already). Channels take no answers: whatever
    is posted there is for their readers."""
    if talk.place.kind == "channel":
        return Show(Screen(f"{question} {talk.tr('Write it behind the command, in one message.')}"))
    data = {"what": what, "target": talk.target, **known}
    with writing(talk.engine) as session:
        chats.ask(session, talk.place.address, talk.account, data, talk.now)
    return Show(Screen(question), asks=True)


def answered(talk: Talk, *, may_change: bool) -> dict[str, Any] | None:
    """What the speaker was asked here, which is not asked any more. Administrators may answer what one of them was
    asked without a name, and the other way round."""
    accounts = [talk.account, str(talk.place.chat)] if may_change else [talk.account]
    with writing(talk.engine) as session:
        return chats.take_question(session, talk.place.address, accounts if talk.who else None, talk.now)


def forget(talk: Talk) -> None:
    """Whatever the speaker was asked here is not asked any more."""
    with writing(talk.engine) as session:
        chats.take_question(session, talk.place.address, [talk.account], talk.now)
