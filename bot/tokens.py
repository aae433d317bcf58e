"""Links that nobody can make up: a few numbers, and a signature made with a key for one purpose only.

Pure. See https://itsdangerous.palletsprojects.com/en/stable/concepts/ for how keys are rotated: the last one signs, and
what any of them has signed is good.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence

from itsdangerous import BadData, URLSafeSerializer

Keys = Mapping[str, Sequence[str]]  # by purpose, the oldest first

CONFIRM, UNSUBSCRIBE, MANAGE, FEED, ARCHIVE, BOUNCE = "confirm", "unsubscribe", "manage", "feed", "archive", "bounce"
PURPOSES = (CONFIRM, UNSUBSCRIBE, MANAGE, FEED, ARCHIVE, BOUNCE)
_LONGEST = 200  # characters of a token; ours have about 60


def sign(keys: Keys, purpose: str, *numbers: int) -> str:
    """A token for an address: letters, digits and -_. only; the same numbers give the same token."""
    return str(_serializer(keys, purpose).dumps(numbers))


def read(keys: Keys, purpose: str, token: str, length: int) -> tuple[int, ...] | None:
    """The `length` numbers of a token that was signed for that purpose; None where it was altered, or is none."""
    if len(token) > _LONGEST:
        return None
    try:
        numbers = _serializer(keys, purpose).loads(token)
    except BadData:
        return None
    return tuple(numbers) if len(numbers) == length else None


def mac(keys: Keys, purpose: str, text: str) -> str:
    """Twelve letters, 0-9 and a-f, that only we can put behind the text: for addresses of mail, whose case is lost."""
    return _mac(keys[purpose][-1], purpose, text)


def is_mac(keys: Keys, purpose: str, text: str, found: str) -> bool:
    """Whether they are of that text."""
    return any(hmac.compare_digest(_mac(key, purpose, text), found) for key in keys[purpose])


def _mac(key: str, purpose: str, text: str) -> str:
    return hmac.new(key.encode(), f"{purpose}:{text}".encode(), hashlib.sha256).hexdigest()[:12]


def _serializer(keys: Keys, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(list(keys[purpose]), salt=purpose, signer_kwargs={"digest_method": hashlib.sha256})
