"""What the commands about mail do, and how they say it."""

import sys
from pathlib import Path

from bot import mailroom, tokens
from bot.app import opened
from bot.store import keys
from bot.store.engine import StoreError, writing
from bot.terminal import now, say

_MOST = 10_000_000  # bytes of a mail
_TRY_AGAIN = 75


def receive(config: Path | None, path: Path | None) -> None:
    """Raises ValueError where a person wrote a mail that nothing can be done about: their server tells them so. Where
    the database does not answer, the exit code asks the mail server to try again (EX_TEMPFAIL of sysexits.h)."""
    data = _read(path)
    try:
        with opened(config) as app:
            done = mailroom.take(app.engine, keys.load(app.engine, tokens.PURPOSES, now()), data, now())
    except StoreError as error:
        say(str(error))
        raise SystemExit(_TRY_AGAIN) from None
    if not done.is_done:
        raise ValueError(done.said)
    say(done.said)


def _read(path: Path | None) -> bytes:
    try:
        if path:
            return path.read_bytes()[:_MOST]
        return sys.stdin.buffer.read(_MOST)
    except OSError as error:
        raise ValueError(f"{path} cannot be read: {error.strerror}") from None


def rotate_keys(config: Path | None, purpose: str | None, *, forget: bool) -> None:
    """Raises ValueError where there are no keys of that purpose."""
    if purpose is not None and purpose not in tokens.PURPOSES:
        raise ValueError(f"{purpose!r} is no purpose of keys; there are {', '.join(tokens.PURPOSES)}")
    chosen = [purpose] if purpose else list(tokens.PURPOSES)
    with opened(config) as app, writing(app.engine) as session:
        for one in chosen:
            keys.add(session, one, now())
            if forget:
                keys.drop_older(session, one)
    what = "is good" if forget else "signs from now on; what was signed before stays good"
    say(f"new keys for {', '.join(chosen)}: only what they sign {what}" if forget else f"a new key {what}")
