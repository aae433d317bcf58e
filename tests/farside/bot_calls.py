"""Calls of the fake Telegram server, by python-telegram-bot as the product uses it, and bare where it cannot."""

from typing import Any

from fakes.telegram import TOKEN, FakeTelegram
from telegram import Bot
from telegram.request import HTTPXRequest

FAR = 4_000_000_000


class Clock:
    def __init__(self) -> None:
        self.now = 1_795_000_000.0

    def __call__(self) -> float:
        return self.now


def library(api: FakeTelegram, token: str = TOKEN, timeout: float = 3) -> Bot:
    requests = [
        HTTPXRequest(connection_pool_size=4, read_timeout=timeout, httpx_kwargs={"trust_env": False}) for _ in "ab"
    ]
    return Bot(
        token,
        base_url=f"{api.url()}/bot",
        base_file_url=f"{api.url()}/file/bot",
        request=requests[0],
        get_updates_request=requests[1],
    )


def ask(api: FakeTelegram, method: str, **parameters: Any) -> Any:
    """The result of a call that must be accepted."""
    status, body = api.call(TOKEN, method, parameters)
    assert status == 200, body
    return body["result"]


def refused(api: FakeTelegram, method: str, **parameters: Any) -> str:
    """The words of a call that must be refused."""
    status, body = api.call(TOKEN, method, parameters)
    assert (body["ok"], body["error_code"]) == (False, status), body
    return str(body["description"])


def told(api: FakeTelegram) -> list[dict[str, Any]]:
    """The updates that wait, which are taken."""
    updates = ask(api, "getUpdates")
    if updates:
        ask(api, "getUpdates", offset=updates[-1]["update_id"] + 1)
    return list(updates)
