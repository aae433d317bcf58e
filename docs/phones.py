"""Makes docs/telegram-*.png: the bot in the fake Telegram of the tests, as headless Chromium shows it.

Run it with .venv/bin/python docs/phones.py; it needs chromium, and fonts with emoji (fonts-noto-color-emoji).
"""

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "tests"))

from fakes.telegram import TOKEN, Chat, FakeTelegram, Person  # noqa: E402 - the path comes first

WIDTH, SCALE = 430, 2
LISTS = ROOT / "bot" / "demo.json"


def main() -> None:
    for name, height, scene in (
        ("card", 560, card), ("digest", 1080, digest), ("preview", 760, preview), ("settings", 560, settings),
    ):  # fmt: skip
        with FakeTelegram(TOKEN) as api, tempfile.TemporaryDirectory() as home:
            ada = api.user("Ada")
            chat = api.private(ada)
            env = {
                **os.environ, "HOME": home, "XDG_DATA_HOME": home, "PAPERWATCH_SOURCES__HF__ENABLED": "false",
                "PAPERWATCH_TELEGRAM__TOKEN": TOKEN, "PAPERWATCH_TELEGRAM__BASE_URL": api.url(),
            }  # fmt: skip
            program = subprocess.Popen([sys.executable, "-m", "bot", "run"], env=env, stderr=subprocess.DEVNULL)
            try:
                scene(chat, ada, lambda *options, env=env: read(env, *options))
                shoot(
                    f"{api.url()}/chat/{chat.id}?last={2 if name in ('preview', 'settings') else 1}",
                    ROOT / "docs" / f"telegram-{name}.png",
                    height,
                )
            finally:
                program.terminate()
                program.wait()


def read(env: dict[str, str], *options: str) -> None:
    """The invented day is read."""
    command = [sys.executable, "-m", "bot", "scrape", "--from", str(LISTS), *options]
    subprocess.run(command, env=env, check=True, capture_output=True)


def subscribe(chat: Chat, ada: Person, query: str) -> None:
    chat.say(ada, f"/sub {query}")
    chat.tap(ada, chat.wait(lambda message: "30 days" in message.text), "At once")
    chat.tap(ada, chat.last, "Save")
    chat.wait(lambda message: "Subscribed" in message.text)


def card(chat: Chat, ada: Person, read: Callable[..., None]) -> None:
    subscribe(chat, ada, "agents planning")
    read("--alert")
    chat.wait(lambda message: "Code" in message.labels)


def digest(chat: Chat, ada: Person, read: Callable[..., None]) -> None:
    subscribe(chat, ada, "agents OR retrieval")
    chat.say(ada, "/pause")
    chat.wait(lambda message: "Paused" in message.text)
    read("--alert")
    chat.say(ada, "/resume")
    chat.wait(lambda message: "1" in message.labels)


def preview(chat: Chat, ada: Person, read: Callable[..., None]) -> None:
    read("--no-alert")
    chat.say(ada, "agents -survey")
    chat.wait(lambda message: "30 days" in message.text)


def settings(chat: Chat, ada: Person, _read: Callable[..., None]) -> None:
    chat.say(ada, "/tz Lisbon")
    chat.wait(lambda message: "Time zone: Europe/Lisbon" in message.text)


def shoot(address: str, target: Path, height: int) -> None:
    """The page as a picture."""
    subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--hide-scrollbars", "--virtual-time-budget=2000",
         f"--force-device-scale-factor={SCALE}", f"--window-size={WIDTH},{height}", f"--screenshot={target}", address],
        check=True, capture_output=True,
    )  # fmt: skip


if __name__ == "__main__":
    main()
