"""Faults that a test orders: the next calls of a method, or those for one chat, go wrong in a certain way."""

from dataclasses import dataclass
from typing import Any, Literal

from fakes.telegram.model import Params, Refusal

_SAYS = {
    400: "Bad Request: chat not found",
    401: "Unauthorized",
    403: "Forbidden: bot was blocked by the user",
    404: "Not Found",
    409: "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running",
    500: "Internal Server Error",
}


class Cut(ConnectionError):
    """The connection ends without an answer; `after` says whether the call was carried out before."""

    def __init__(self, after: bool) -> None:
        super().__init__("cut after accepting" if after else "cut before accepting")
        self.after = after


@dataclass
class Fault:
    """How calls of `method` ("*" for all) go wrong, `times` times (None: until cancelled), for one chat or for all.

    Only a status refuses the call (any from 501 on with a page of HTML, as proxies do). `cut` hangs up, before or
    after the call is carried out; `late` seconds pass between carrying out and the answer; `garbage` answers nonsense.
    """

    method: str
    status: int | None = None
    retry_after: int | None = None
    description: str = ""
    times: int | None = 1
    chat: int | None = None
    cut: Literal["before", "after"] | None = None
    late: float = 0
    garbage: bool = False
    hits: int = 0

    def cancel(self) -> None:
        self.times = self.hits

    def matches(self, method: str, params: Params) -> bool:
        spent = self.times is not None and self.hits >= self.times
        elsewhere = self.chat is not None and params.text("chat_id") != str(self.chat)
        return not spent and not elsewhere and self.method.lower() in ("*", method.lower())

    def refusal(self) -> Refusal | None:
        if self.status is None:
            return None
        parameters: dict[str, Any] = {} if self.retry_after is None else {"retry_after": self.retry_after}
        says = f"Too Many Requests: retry after {self.retry_after}" if self.status == 429 else _SAYS.get(self.status)
        return Refusal(self.status, self.description or says or "Bad Gateway", **parameters)


def take(faults: list[Fault], method: str, params: Params) -> Fault | None:
    """The first fault that is for this call, used up by one."""
    found = next((fault for fault in faults if fault.matches(method, params)), None)
    if found:
        found.hits += 1
    return found
