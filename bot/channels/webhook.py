"""A web address that gets each message as JSON by POST, signed.

The body is UTF-8 JSON: `id` (the same for each attempt), `kind`, `slot`, `part`, `parts`, `total`, `created_at` and
`papers`. A paper that is told for its new version has `new_version`: the number as `version`, `title_before` where it
changed, and `abstract_changed`. With a secret the header `X-Paperwatch-Signature: t=UNIX,v1=HEX` carries the
HMAC-SHA256 of `UNIX.BODY`.
"""

import hashlib
import hmac
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic_core import to_json

from bot.channels.lines import changed
from bot.channels.outgoing import ChannelError, Item, Outgoing, Pace, Sent, version_of
from scrapers.json_lines import to_dict
from scrapers.request import Response, ScrapeError

Post = Callable[[str, bytes, Mapping[str, str]], Awaitable[Response]]
_GONE = frozenset({404, 410})
_REJECTED = frozenset({400, 413, 415, 422})


class WebhookChannel:
    """Posts messages. `post` sends a body to an address, within `timeout` seconds; `check_address` refuses what must
    not be reached."""

    papers_at_most = alerts_at_most = 50
    a_day = 0
    rate = 0.0

    def __init__(
        self,
        post: Post,
        check_address: Callable[[str], None],
        secret: str | None,
        clock: Callable[[], float] = time.time,
        timeout: float = 15,
    ) -> None:
        self.timeout = timeout
        self._post, self._check, self._secret, self._clock = post, check_address, secret, clock

    def check(self, address: str) -> str:
        try:
            self._check(address)
        except ScrapeError as error:
            raise ValueError(str(error)) from None
        return address

    def pace(self, address: str) -> Pace:
        return Pace(f"webhook:{address}")

    def render(self, outgoing: Outgoing) -> bytes:
        return to_json(
            {
                "id": outgoing.key,
                "kind": outgoing.kind,
                "slot": outgoing.slot,
                "part": outgoing.part,
                "parts": outgoing.parts,
                "total": outgoing.total,
                "more": outgoing.more,
                "coverage": outgoing.coverage,
                **({"text": outgoing.notice.text} if outgoing.notice else {}),
                "created_at": outgoing.created_at,
                "papers": [_paper(item) for item in outgoing.items],
            }
        )

    async def send(self, address: str, rendered: bytes) -> Sent:
        try:
            answer = await self._post(address, rendered, self._headers(rendered))
        except ScrapeError as error:
            raise ChannelError(
                str(error), sent=getattr(error, "sent", None), wait=getattr(error, "retry_after", 0)
            ) from None
        if not 200 <= answer.status < 300:
            raise ChannelError(
                f"the webhook answered {answer.status}",
                gone=answer.status in _GONE,
                rejected=answer.status in _REJECTED,
            )
        return Sent()

    async def probe(self) -> str:
        return ""  # each address is another receiver

    async def close(self) -> None:
        """What posts is closed by whoever made it."""

    def _headers(self, body: bytes) -> dict[str, str]:
        headers = {"content-type": "application/json"}
        if self._secret:
            headers["x-paperwatch-signature"] = sign(body, self._secret, int(self._clock()))
        return headers


def sign(body: bytes, secret: str, at: int) -> str:
    """The signature of a body sent at that UNIX time; the time is signed too, so that a copy cannot be sent later."""
    mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256)
    return f"t={at},v1={mac.hexdigest()}"


def _paper(item: Item) -> dict[str, Any]:
    why = {"paper": item.id, "told_as": item.kind, "reasons": list(item.reasons)}
    return {**to_dict(item.paper), **why, **({"new_version": _new_version(item)} if version_of(item.kind) else {})}


def _new_version(item: Item) -> dict[str, Any]:
    """The version that is told, and what it changed; what is not known is None."""
    found = changed(item)
    return {
        "version": version_of(item.kind),
        "title_before": found.title or None if found else None,
        "abstract_changed": found.abstract if found else None,
    }
