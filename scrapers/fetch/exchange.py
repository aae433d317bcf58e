"""One exchange: whether its request can have arrived, and what goes wrong in it, told as a FetchError."""

import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx

from scrapers.fetch.errors import Damaged, Forbidden, TooSlow, Unreachable


@dataclass
class Sending:
    """Whether the first byte of a request has gone out, as httpcore's trace extension tells it."""

    begun: bool = False

    def sent(self) -> bool | None:
        return None if self.begun else False

    async def trace(self, event: str, _: Mapping[str, Any]) -> None:
        if event.endswith("send_request_headers.started"):
            self.begun = True


@contextmanager
def translated(place: str, sending: Sending) -> Iterator[None]:
    """Turn what goes wrong in an exchange into a FetchError. No cause is chained: its text may hold the address."""
    try:
        yield
    except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
        raise Unreachable(f"{place} cannot be reached{_reason(error)}: try again later.", sent=False) from None
    except (TimeoutError, httpx.TimeoutException):
        raise TooSlow(f"{place} did not answer in time: try again later.", sent=sending.sent()) from None
    except zlib.error:
        raise Damaged(f"{place} sent a badly packed or cut off answer: try again later.", sent=sending.sent()) from None
    except (httpx.LocalProtocolError, httpx.UnsupportedProtocol, httpx.InvalidURL):
        raise _unwritable(place) from None
    except (httpx.RemoteProtocolError, httpx.DecodingError, ValueError):
        if not sending.begun:
            raise _unwritable(place) from None
        text = f"{place} cut the connection or broke the rules of HTTP: try again later."
        raise Damaged(text, sent=None) from None
    except (httpx.HTTPError, httpx.StreamError, OSError):
        raise Unreachable(f"The connection to {place} broke: try again later.", sent=sending.sent()) from None


def _unwritable(place: str) -> Forbidden:
    return Forbidden(f"The request to {place} cannot be written down: check its address and headers.", sent=False)


def _reason(error: Exception) -> str:
    return " (its certificate is not valid)" if "CERTIFICATE_VERIFY" in str(error) else ""
