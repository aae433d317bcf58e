"""The server by hand, with a person, a private chat, a group with topics and a channel to begin with."""

import argparse
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[2]))

from fakes.telegram import TOKEN, FakeTelegram


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.telegram", description=__doc__)
    parser.add_argument("--port", type=int, default=8081)
    parser.add_argument("--real-limits", action="store_true", help="answer 429 as Telegram would")
    options = parser.parse_args()
    with FakeTelegram(TOKEN, port=options.port, real_limits=options.real_limits) as api:
        furnish(api)
        print(
            f"PAPERWATCH_TELEGRAM__TOKEN={TOKEN}\nPAPERWATCH_TELEGRAM__BASE_URL={api.url()}\n\n"
            f"The base URL is {api.url()}, the bot is @{api.me['username']}.\n"
            f"The chats are at {api.url()}/ ; Ctrl+C ends it.",
            flush=True,
        )
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            pass


def furnish(api: FakeTelegram) -> None:
    ada = api.user("Ada Tester", "ada_tester")
    api.private(ada, started=False)
    forum = api.forum("Reading group", ada)
    forum.topic("alerts")
    forum.topic("digest")
    api.channel("Invented papers", "invented_papers", admins=[ada])
    for chat in api.chats.values():
        print(f"telegram:{chat.id:<16} {chat.kind:<11} {chat.title or 'Ada Tester'}")


if __name__ == "__main__":
    main()
