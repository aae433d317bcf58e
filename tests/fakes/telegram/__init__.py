"""A Telegram Bot API server for tests and for hand use: the bot's side over HTTP, the person's side in Python.

    with FakeTelegram() as api:
        ada = api.user(first_name="Ada", language="de")
        chat = api.private(ada)
        chat.say(ada, "/start")
        message = chat.wait(lambda m: "Saved" in m.text)
        chat.tap(ada, message, "Undo")
        assert not api.violations()

By hand: `python -m tests.fakes.telegram --port 8081`. The Bot API is described at https://core.telegram.org/bots/api;
what it says when it refuses is in the sources of its server, https://github.com/tdlib/telegram-bot-api and
https://github.com/tdlib/td.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))  # started by hand, only the repository's root is there

from fakes.telegram.chats import Chat, Tap
from fakes.telegram.model import GROUP_ANONYMOUS_BOT, Call, InlineAnswer, Message, Person, Refusal, Upload
from fakes.telegram.server import TOKEN, FakeTelegram

__all__ = [
    "GROUP_ANONYMOUS_BOT",
    "TOKEN",
    "Call",
    "Chat",
    "FakeTelegram",
    "InlineAnswer",
    "Message",
    "Person",
    "Refusal",
    "Tap",
    "Upload",
]
