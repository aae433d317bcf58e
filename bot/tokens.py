"""Links that nobody can make up: a few numbers, and a signature made with a key for one purpose only.

Pure. See https://itsdangerous.palletsprojects.com/en/stable/concepts/ for how keys are rotated: the last one signs, and
what any of them has signed is good.
"""

import hashlib
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


def _serializer(keys: Keys, purpose: str) -> URLSafeSerializer:
    return URLSafeSerializer(list(keys[purpose]), salt=purpose, signer_kwargs={"digest_method": hashlib.sha256})
