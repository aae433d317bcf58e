"""The bot's updates: the queue, the long poll, and the webhook that takes its place.

https://core.telegram.org/bots/api#getting-updates. Of two long polls the earlier is ended; updates are kept 24 hours.
A webhook may be plain HTTP here, but must be on this machine.
"""

import json
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from fakes.telegram.model import Json, Params, Refusal, bad

if TYPE_CHECKING:
    from fakes.telegram.server import FakeTelegram

_KEPT = 86_400.0
_NOT_BY_DEFAULT = ("chat_member", "message_reaction", "message_reaction_count")
_OTHER_POLL = "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"
_WEBHOOK_SET = (
    "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
_HERE = ("127.0.0.1", "localhost", "::1")


class Updates:
    """What waits for the bot. `changed` is the condition of the whole server."""

    def __init__(self, clock: Callable[[], float], changed: threading.Condition) -> None:
        self.clock, self.changed = clock, changed
        self.waiting: list[tuple[float, Json]] = []
        self.allowed: list[str] = []
        self.webhook: Webhook | None = None
        self.poller: object = None
        self.stopped = False  # nobody listens: a poll that comes in at the last moment must not stay
        self.ended = ""  # why the last poll was
        self._next = 700_000_001

    def put(self, kind: str, payload: Json) -> None:
        wanted = kind in self.allowed if self.allowed else kind not in _NOT_BY_DEFAULT
        with self.changed:
            if wanted:
                self.waiting.append((self.clock(), {"update_id": self._next, kind: payload}))
                self._next += 1
                self.changed.notify_all()

    def fresh(self) -> list[Json]:
        self.waiting = [(at, update) for at, update in self.waiting if self.clock() - at < _KEPT]
        return [update for _, update in self.waiting]

    def drop(self, before: float) -> None:
        self.waiting = [(at, update) for at, update in self.waiting if update["update_id"] >= before]

    def end_poll(self, why: str) -> None:
        self.poller, self.ended = None, why
        self.changed.notify_all()

    def allow(self, params: Params) -> None:
        given = params.json("allowed_updates", "allowed updates")
        if given is not None:
            self.allowed = [str(one) for one in given]

    def poll(self, params: Params) -> list[Json]:
        """getUpdates: what is there, or what comes within `timeout` seconds, on the wall's clock."""
        if self.webhook:
            raise Refusal(409, _WEBHOOK_SET)
        self.allow(params)
        self.end_poll(_OTHER_POLL)
        me = self.poller = object()
        offset, limit = params.number("offset"), min(100, max(1, params.number("limit", 100)))
        if offset < 0:
            ids = [update["update_id"] for update in self.fresh()][offset:]
            self.drop(ids[0] if ids else self._next)
        elif offset:
            self.drop(offset)
        until = time.monotonic() + min(50, max(0, params.number("timeout")))
        while not self.fresh() and time.monotonic() < until and self.poller is me and not self.stopped:
            self.changed.wait(until - time.monotonic())
        if self.poller is not me:
            raise Refusal(409, self.ended)
        self.poller = None
        return self.fresh()[:limit]

    def close(self) -> None:
        with self.changed:
            self.end_poll(_OTHER_POLL)
            hook, self.webhook = self.webhook, None
        if hook:
            hook.stop()


class Webhook:
    """Pushes updates to an address, one after the other, each until it is taken."""

    def __init__(self, updates: Updates, url: str, secret: str, delay: float, on_reply: Callable[[Json], Any]) -> None:
        self.updates, self.url, self.secret, self.delay, self.on_reply = updates, url, secret, delay, on_reply
        self.error: tuple[float, str] | None = None
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()
        with self.updates.changed:
            self.updates.changed.notify_all()
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        tries = 0
        while not self._stopped.is_set():
            with self.updates.changed:
                waiting = self.updates.fresh()
                if not waiting:
                    self.updates.changed.wait(1)
                    continue
            error = self._push(waiting[0])
            with self.updates.changed:
                if not error:
                    self.updates.drop(waiting[0]["update_id"] + 1)
                    self.updates.changed.notify_all()
                    tries = 0
                else:
                    self.error, tries = (self.updates.clock(), error), tries + 1
            if error:
                self._stopped.wait(min(60, self.delay * 2 ** (tries - 1)))

    def _push(self, update: Json) -> str:
        headers = {"Content-Type": "application/json"}
        if self.secret:
            headers["X-Telegram-Bot-Api-Secret-Token"] = self.secret
        request = urllib.request.Request(self.url, json.dumps(update).encode(), headers)
        try:
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=10) as answer:
                self._take(answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return f"Wrong response from the webhook: {error.code} {error.reason}"
        except OSError:
            return "Connection refused"
        return ""

    def _take(self, body: bytes) -> None:
        """A webhook may answer with a call of its own."""
        try:
            reply = json.loads(body)
        except ValueError:
            return
        if isinstance(reply, dict) and "method" in reply:
            self.on_reply(reply)


def get_updates(api: "FakeTelegram", params: Params) -> list[Json]:
    return api.updates.poll(params)


def set_webhook(api: "FakeTelegram", params: Params) -> bool:
    url, secret = params.text("url"), params.text("secret_token")
    if url and urllib.parse.urlsplit(url).hostname not in _HERE:
        raise bad("bad webhook: this server pushes to its own machine only")
    if len(secret) > 256 or not all(one.isascii() and (one.isalnum() or one in "_-") for one in secret):
        raise bad("secret token contains unallowed characters")
    _replace_webhook(api, params)
    if url:
        api.updates.allow(params)
        api.updates.end_poll("Conflict: terminated by setWebhook request")
        api.updates.webhook = Webhook(api.updates, url, secret, api.webhook_delay, api.webhook_reply)
    return True


def delete_webhook(api: "FakeTelegram", params: Params) -> bool:
    _replace_webhook(api, params)
    return True


def _replace_webhook(api: "FakeTelegram", params: Params) -> None:
    hook, api.updates.webhook = api.updates.webhook, None
    if hook:
        threading.Thread(target=hook.stop, daemon=True).start()  # joining here would hold what its thread waits for
    if params.flag("drop_pending_updates"):
        api.updates.waiting.clear()


def get_webhook_info(api: "FakeTelegram", params: Params) -> Json:
    hook = api.updates.webhook
    info: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(api.updates.fresh()),
    }
    if hook and hook.error:
        info |= {"last_error_date": int(hook.error[0]), "last_error_message": hook.error[1]}
    if hook:
        info |= {"max_connections": 40, "ip_address": "127.0.0.1"}
    return {**info, "allowed_updates": api.updates.allowed} if api.updates.allowed else info
