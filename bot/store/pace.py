"""Pace: whose turn it is, over all processes. A row says until when a host, a place or a lane must wait.

A place is what shares a gap between messages, such as a group with all its topics; a lane is all of a channel.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime, time, timedelta
from random import Random

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot import schedule
from bot.channels import Pace as Place
from bot.models import Counter, Pace
from bot.store.engine import upsert

# Nobody takes a turn that is further ahead: who waits for it holds a claim, and must be gone soon after SIGTERM.
AHEAD = timedelta(seconds=2)
# Seconds that a lane stands whose far side cannot be reached, doubled each time.
_STOP_BASE, _STOP_CAP = 10.0, 300.0
# One place that is told to wait is that place's matter; two at about the same time, or a long wait, are the bot's:
# the Bot API does not say which it means (https://github.com/tdlib/td/issues/1062).
_TOGETHER, _LONG = timedelta(seconds=5), timedelta(seconds=30)
_KEPT = timedelta(days=1)
_SENT = "sent:"  # begins the names of counters of what was sent on a day


def lane_of(channel: str) -> str:
    """The name of a channel's row."""
    return f"lane:{channel}"


def day_of(channel: str) -> str:
    """The name of the row that says when a channel's next day begins."""
    return f"day:{channel}"


def locked(session: Session, name: str, now: datetime) -> Pace:
    """The row of that name, made where there is none; nobody else gets it until the transaction ends."""
    session.execute(upsert(session, Pace).values(name=name, next_at=now).on_conflict_do_nothing())
    return session.exec(
        select(Pace).where(Pace.name == name).with_for_update().execution_options(populate_existing=True)
    ).one()


def take_turn(session: Session, name: str, now: datetime, gap: timedelta) -> datetime:
    """When this process may next use the lane of that name: at least `gap` after everyone's last turn."""
    row = locked(session, name, now)
    turn = max(row.next_at, now)
    row.next_at = turn + gap
    return turn


def enter_host(session: Session, host: str, now: datetime, until: datetime) -> datetime:
    """When the host is free. If it is now, it is the caller's until then, or until `leave_host`."""
    row = locked(session, f"host:{host}", now)
    free_at = row.next_at
    if free_at <= now:
        row.next_at = until
    return free_at


def leave_host(session: Session, host: str, until: datetime, next_at: datetime) -> None:
    """The caller, whose the host was `until` then, has done with it; the next request may go there at `next_at`. Where
    the caller was frozen for longer, others had their turns since: it can only make the host wait longer."""
    here, is_mine = col(Pace.name) == f"host:{host}", col(Pace.next_at) == until
    session.execute(sa.update(Pace).where(here, is_mine | (col(Pace.next_at) < next_at)).values(next_at=next_at))


def count_of_day(session: Session, channel: str, most: int, now: datetime) -> bool:
    """Count a message of this UTC day; False, and the channel stands until the next, where there were `most` (0: any
    number) already."""
    if not most:
        return True
    insert = upsert(session, Counter).values(name=f"{_SENT}{channel}:{now:%Y-%m-%d}", value=1)
    counted = insert.on_conflict_do_update(
        index_elements=["name"], set_={"value": col(Counter.value) + 1}, where=col(Counter.value) < most
    )
    if session.execute(counted.returning(col(Counter.value))).scalar() is not None:
        return True
    row = locked(session, day_of(channel), now)
    row.next_at = datetime.combine(now.date() + timedelta(days=1), time(), UTC)
    row.reason = f"the {most:,} messages of this day (UTC) are sent; the others follow tomorrow"
    return False


def take_turn_soon(session: Session, channel: str, now: datetime, gap: timedelta) -> datetime | None:
    """The lane's next turn; None, and it is not taken, where it is too far ahead."""
    row = locked(session, lane_of(channel), now)
    return take_turn(session, row.name, now, gap) if row.next_at <= now + AHEAD else None


def pass_gate(session: Session, channel: str, now: datetime, rate: float) -> datetime:
    """When a message may leave whose turn has come. Those that a busy machine woke late would leave all at once: two
    processes were told to wait for it."""
    return take_turn(session, f"gate:{channel}", now, timedelta(seconds=1 / rate)) if rate else now


def free_at(session: Session, places: Collection[Place], now: datetime) -> dict[str, datetime]:
    """When each of these places may be sent to. Where a gap must pass between two messages, it is ours until the
    transaction ends."""
    gaps = sorted({place.place for place in places if place.gap})
    free = {name: locked(session, name, now).next_at for name in gaps}
    others = {place.place for place in places} - free.keys()
    if others:
        free.update(session.exec(select(Pace.name, Pace.next_at).where(col(Pace.name).in_(others))).all())
    return {place.place: max(free.get(place.place, now), now) for place in places}


def take_place(session: Session, place: Place, turn: datetime, now: datetime) -> datetime:
    """Note that the place is sent to at that turn; from when on it may be sent to again."""
    if not place.gap:
        return turn
    row = locked(session, place.place, now)
    row.next_at = max(row.next_at, turn) + timedelta(seconds=place.gap)
    return row.next_at


def note_sent(session: Session, channel: str, place: Place, rate: float, now: datetime) -> None:
    """Count a message that was sent without asking for a turn, such as the answer to a command: what waits comes
    after it. `place` and `rate` (a second, 0: any) are what the channel says. Many answers do not add up in their
    place: where people talk with the bot, its alerts would never come."""
    row = locked(session, place.place, now)
    row.next_at = max(row.next_at, now + timedelta(seconds=place.gap))
    if rate:
        take_turn(session, lane_of(channel), now, timedelta(seconds=1 / rate))


def standing(session: Session, channels: Collection[str], now: datetime) -> list[str]:
    """Those of these channels that nothing may be claimed for: their next turn is too far ahead."""
    lanes = {name: channel for channel in channels for name in (lane_of(channel), day_of(channel))}
    far = select(Pace.name).where(col(Pace.name).in_(lanes), Pace.next_at > now + AHEAD)
    return sorted({lanes[name] for name in session.exec(far)})


def stops(session: Session, now: datetime) -> Sequence[tuple[str, datetime, str]]:
    """The channels whose lane failed and has not succeeded since, or which have sent what they may on a day: until when
    they stand, and why."""
    failing = col(Pace.name).startswith(lane_of(""))
    is_full = col(Pace.name).startswith(day_of("")) & (col(Pace.next_at) > now)
    found = select(Pace).where(failing | is_full, col(Pace.reason).is_not(None)).order_by(Pace.name)
    return [(row.name.partition(":")[2], row.next_at, row.reason or "") for row in session.exec(found)]


def stop(
    session: Session, channel: str, reason: str, wait: float, *, claimed_at: datetime, now: datetime, random: Random
) -> None:
    """Let a lane stand for so many seconds, or (0) longer each time in a row. What was claimed before the lane was
    stopped fails too, and does not count."""
    row = locked(session, lane_of(channel), now)
    counts = row.limited_at is None or row.limited_at < claimed_at
    if not counts and not wait:
        return
    row.failures, row.limited_at = row.failures + counts, now
    longer = schedule.backoff(row.failures, base=_STOP_BASE, cap=_STOP_CAP, random=random)
    row.next_at, row.reason = max(row.next_at, now + (timedelta(seconds=wait) if wait else longer)), reason


def start(session: Session, now: datetime) -> None:
    """Let the lanes that failed try again: a process that starts may have another token. Where the far side asked
    to wait, they do."""
    failing = sa.update(Pace).where(col(Pace.name).startswith(lane_of("")), col(Pace.failures) > 0)
    session.execute(failing.values(next_at=now, failures=0, reason=None))


def limit(
    session: Session, channel: str, place: Place, rate: float, reason: str, wait: float, now: datetime
) -> datetime:
    """Note that the far side wants so many seconds of peace from a place; until when that is. Where the channel has a
    `rate`, so that all places share it, the lane waits too if this is likely to be about it."""
    row = locked(session, place.place, now)
    row.limited_at, row.next_at = now, max(row.next_at, now + timedelta(seconds=wait))
    others = select(sa.func.max(Pace.next_at)).where(
        col(Pace.name).startswith(f"{channel}:"), Pace.name != place.place, col(Pace.limited_at) > now - _TOGETHER
    )
    other: datetime | None = session.exec(others).one()
    if rate and (other is not None or wait >= _LONG.total_seconds()):
        lane = locked(session, lane_of(channel), now)
        lane.next_at, lane.reason = max(lane.next_at, row.next_at, now if other is None else other), reason
    return row.next_at


def count_failure(session: Session, place: Place, until: datetime, now: datetime) -> int:
    """Let a place wait until then; how often in a row it had to."""
    row = locked(session, place.place, now)
    row.failures, row.next_at = row.failures + 1, max(row.next_at, until)
    return row.failures


def is_refused_by_several(session: Session, channel: str, place: Place, several: int, now: datetime) -> bool:
    """Count a place that refuses, once for how often it does in a row; whether so many have, one after the other. Then
    it is counted anew."""
    row = locked(session, _refusing(channel), now)
    if row.reason != place.place:
        row.failures, row.reason = row.failures + 1, place.place
    row.next_at, is_enough = now, row.failures >= several
    if is_enough:
        row.failures, row.reason = 0, None
    return is_enough


def _refusing(channel: str) -> str:
    return f"refusing:{channel}"


def count_points(
    session: Session, name: str, points: int, now: datetime, *, once_in: timedelta, for_: timedelta
) -> int:
    """Count failures that are told of later, once in some time only; all points so far, which are forgotten when
    nothing fails `for_` that long."""
    row = locked(session, name, now)
    if row.next_at < now:
        row.failures = 0
    if points and (row.limited_at is None or row.limited_at + once_in <= now):
        row.failures, row.limited_at = row.failures + points, now
        row.next_at = now + for_
    return row.failures


def forget_points(session: Session, name: str) -> None:
    """Count from nothing again."""
    session.execute(sa.delete(Pace).where(col(Pace.name) == name))


def start_anew(session: Session, channel: str, chat: str, now: datetime) -> None:
    """Forget that a place failed: it is there again."""
    failing = sa.update(Pace).where(col(Pace.name) == f"{channel}:{chat}", col(Pace.failures) > 0)
    session.execute(failing.values(failures=0, next_at=now))


def went_well(session: Session, places: Collection[tuple[str, Place]]) -> None:
    """Note that messages got to these places of these channels: neither they nor the lanes fail any more."""
    # The places first, as everywhere, and in order: no deadlock.
    names = [
        *sorted({place.place for _, place in places}),
        *(
            name
            for channel in sorted({channel for channel, _ in places})
            for name in (lane_of(channel), _refusing(channel))
        ),
    ]
    failing = select(Pace.name).where(
        col(Pace.name).in_(names), (col(Pace.failures) > 0) | col(Pace.reason).is_not(None)
    )
    found = session.exec(failing).all()
    for name in names:
        if name in found:
            session.execute(sa.update(Pace).where(col(Pace.name) == name).values(failures=0, reason=None))


def forget(session: Session, now: datetime) -> None:
    """Remove the rows of hosts and places that nothing was asked of for a day, and what was counted on others."""
    old = sa.delete(Pace).where(col(Pace.next_at) < now - _KEPT, ~col(Pace.name).startswith(lane_of("")))
    session.execute(old)
    past = sa.delete(Counter).where(col(Counter.name).startswith(_SENT), ~col(Counter.name).endswith(f"{now:%Y-%m-%d}"))
    session.execute(past)
