"""What can go wrong in an exchange, one class for each thing that a caller may want to do about it."""

from scrapers.request import ScrapeError


class FetchError(ScrapeError):
    """An exchange that failed. `sent` is False if the request certainly did not arrive, None if that is unknown.

    The sentence names scheme and host only: paths, queries and user names of webhooks and feeds hold secrets.
    """

    def __init__(self, sentence: str, *, sent: bool | None = None) -> None:
        super().__init__(sentence)
        self.sent = sent


class Unreachable(FetchError):
    """No name, no connection, no valid certificate, or the connection broke."""


class TooSlow(FetchError):
    """Nothing came within the timeout, or not everything within the deadline."""


class TooLarge(FetchError):
    """The body, unpacked, is larger than the cap."""


class Damaged(FetchError):
    """The answer breaks HTTP's rules: cut off, badly packed, or packed in a way that was not asked for."""


class BadRedirect(FetchError):
    """Too many redirects."""


class Forbidden(FetchError):
    """The address may not be spoken to, or is no address. Nothing was sent to it."""


class RobotsDisallow(FetchError):
    """The site's robots.txt asks programs like this one to stay away from that page."""


class BadStatus(FetchError):
    """The site answered 5xx; `status` says which."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence, sent=None)
        self.status = status


class RateLimited(FetchError):
    """The site asked for a pause of `retry_after` seconds (1 s to a day). It did not take the request."""

    def __init__(self, sentence: str, retry_after: float) -> None:
        super().__init__(sentence, sent=False)
        self.retry_after = retry_after
