"""The keys that sign links. They are in the database, which all processes share."""

import secrets
from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.models import Key
from bot.store.engine import Engine, lock_library, reading, writing


def load(engine: Engine, purposes: Collection[str], now: datetime) -> dict[str, list[str]]:
    """The keys of each purpose, the oldest first. Each purpose has at least one afterwards."""
    with reading(engine) as session:
        keys = _by_purpose(session, purposes)
    if all(keys.values()):
        return keys
    with writing(engine) as session:
        lock_library(session)  # else two processes that start at once would make one each
        for purpose, known in _by_purpose(session, purposes).items():
            if not known:
                add(session, purpose, now)
        return _by_purpose(session, purposes)


def add(session: Session, purpose: str, now: datetime) -> None:
    """A new key for the purpose, which signs from now on."""
    session.add(Key(purpose=purpose, secret=secrets.token_urlsafe(32), made_at=now))
    session.flush()


def drop_older(session: Session, purpose: str) -> None:
    """Let only the last key of the purpose be good."""
    last = sa.select(sa.func.max(col(Key.id))).where(col(Key.purpose) == purpose).scalar_subquery()
    session.execute(sa.delete(Key).where(col(Key.purpose) == purpose, col(Key.id) < last))


def _by_purpose(session: Session, purposes: Collection[str]) -> dict[str, list[str]]:
    keys: dict[str, list[str]] = {purpose: [] for purpose in purposes}
    for key in session.exec(select(Key).where(col(Key.purpose).in_(purposes)).order_by(col(Key.id))):
        keys[key.purpose].append(key.secret)
    return keys
