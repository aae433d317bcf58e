"""Retention: what is older than the settings say goes, in pieces that hold nobody up."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.sections import Keep
from bot.store import pruning as store
from bot.store.engine import Clock, Engine, Session, current_time, reading, writing

AT_ONCE = 2_000  # rows a transaction
_PAUSE = 0.02  # seconds between two of them: SQLite lets others write only when nobody does


@dataclass(frozen=True)
class Pruned:
    """How many rows went, or would go."""

    readings: int = 0
    messages: int = 0
    deliveries: int = 0


def prune_daily(
    engine: Engine, keep: Keep, clock: Clock | None = None, is_stopped: Callable[[], bool] = lambda: False
) -> Pruned:
    """Prune, unless this or another process has done so today."""
    with writing(engine) as session:
        if not store.is_first_today(session, current_time(session, clock).date()):
            return Pruned()
    return prune(engine, keep, clock, is_stopped)


def prune(
    engine: Engine, keep: Keep, clock: Clock | None = None, is_stopped: Callable[[], bool] = lambda: False
) -> Pruned:
    """Let go of what is old, until it is stopped; what that was. The next call goes on with what is left."""
    now = _now(engine, clock)
    messages, readings = now - keep.messages, now - keep.readings
    return Pruned(
        _in_pieces(engine, is_stopped, lambda session: store.prune_readings(session, readings, AT_ONCE) or None),
        _in_pieces(engine, is_stopped, _Messages(messages).prune_some),
        _in_pieces(engine, is_stopped, lambda session: store.prune_dropped(session, messages, AT_ONCE)),
    )


def would_prune(engine: Engine, keep: Keep, clock: Clock | None = None) -> Pruned:
    """What `prune` would let go of."""
    now = _now(engine, clock)
    with reading(engine) as session:
        return Pruned(*store.count_old(session, now - keep.readings, now - keep.messages))


@dataclass
class _Messages:
    """The old messages, piece by piece: not all of them go, so it is kept which were looked at."""

    before: datetime
    after: int | None = 0

    def prune_some(self, session: Session) -> int | None:
        if self.after is None:
            return None
        some, self.after = store.prune_messages(session, self.after, self.before, AT_ONCE)
        return some


def _in_pieces(engine: Engine, is_stopped: Callable[[], bool], step: Callable[[Session], int | None]) -> int:
    """Repeat a step until it finds nothing more (None); how much it found."""
    done = 0
    while not is_stopped():
        with writing(engine) as session:
            some = step(session)
        if some is None:
            break
        done += some
        time.sleep(_PAUSE)
    return done


def _now(engine: Engine, clock: Clock | None) -> datetime:
    with reading(engine) as session:
        return current_time(session, clock)
