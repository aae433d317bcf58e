"""Sources, their claims, readings and list days."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlmodel import Session, col, select

from bot.covered import Covered
from bot.models import ListDay, Reading, Source
from bot.store.engine import upsert


def source_named(session: Session, name: str, scraper: str, now: datetime) -> Source:
    """The source's row, made where there is none."""
    session.execute(
        upsert(session, Source).values(name=name, scraper=scraper, due_at=now, attempt=0, failures=0)
        .on_conflict_do_update(index_elements=["name"], set_={"scraper": scraper})
    )  # fmt: skip
    return session.exec(select(Source).where(Source.name == name)).one()


def claim_source(session: Session, names: Iterable[str], now: datetime, lease: timedelta) -> Source | None:
    """One of these sources that is due, claimed until `now + lease`; None where none is due."""
    due = (
        sa.select(col(Source.id))
        .where(col(Source.name).in_(list(names)), col(Source.due_at) <= now)
        .order_by(col(Source.due_at))
        .limit(1)
        .with_for_update(skip_locked=True)
        .cte("due")
    )
    claim = (
        sa.update(Source)
        .where(col(Source.id).in_(sa.select(due.c.id)))
        .values(due_at=now + lease, attempt=Source.attempt + 1, reading_since=now)
        .returning(col(Source.id))
    )
    id = session.execute(claim).scalar()
    return session.get(Source, id, populate_existing=True) if id is not None else None


def release_source(
    session: Session, id: int, attempt: int, *, due_at: datetime, failures: int, now: datetime, good: bool
) -> bool:
    """End a claim. False, and nothing is changed, where it had run out and another process has the source."""
    values: dict[str, object] = {"due_at": due_at, "failures": failures, "reading_since": None}
    if good:
        values |= {"last_good_at": now, "seeded_at": sa.func.coalesce(Source.seeded_at, now)}
    done = session.execute(
        sa.update(Source).where(col(Source.id) == id, col(Source.attempt) == attempt).values(**values)
    )
    return bool(done.rowcount)  # type: ignore[attr-defined]


def extend_claim(session: Session, id: int, attempt: int, until: datetime) -> bool:
    """Hold a claim until then. False where it had run out, and another process has the source."""
    mine = sa.update(Source).where(col(Source.id) == id, col(Source.attempt) == attempt).values(due_at=until)
    return bool(session.execute(mine).rowcount)  # type: ignore[attr-defined]


def day_states(session: Session, source_id: int, part: str = "") -> dict[date, str]:
    """The states of a part's list days."""
    query = select(col(ListDay.day), col(ListDay.state)).where(ListDay.source_id == source_id, ListDay.part == part)
    return dict(session.exec(query).all())


def record_day(session: Session, reading: Reading, state: str, papers: int, *, add: bool = False) -> None:
    """Keep the state of a reading's list day with the papers listed there; `add` them to those before, or else keep the
    larger number: a list is never replaced by a shorter one."""
    insert = upsert(session, ListDay).values(
        source_id=reading.source_id, part=reading.part, day=reading.day, state=state, papers=papers,
        changed_at=reading.finished_at,
    )  # fmt: skip
    new, old = insert.excluded.papers, col(ListDay.papers)
    total = old + new if add else sa.case((new > old, new), else_=old)
    session.execute(
        insert.on_conflict_do_update(
            index_elements=["source_id", "part", "day"],
            # Of what was complete before nothing is told again, although its papers got more upvotes.
            set_={
                "state": state,
                "papers": total,
                "changed_at": sa.case(
                    (col(ListDay.state) == "closed", col(ListDay.changed_at)), else_=reading.finished_at
                ),
            },
        )
    )


def end_days(session: Session, reading: Reading, states: Mapping[date, str]) -> None:
    """Set the states of earlier list days of a reading's part."""
    for day, state in states.items():
        here = (col(ListDay.source_id) == reading.source_id) & (col(ListDay.part) == reading.part)
        end = sa.update(ListDay).where(here, col(ListDay.day) == day)
        session.execute(end.values(state=state, changed_at=reading.finished_at))


def last_good_readings(
    session: Session, source_id: int, part: str, since: datetime
) -> dict[tuple[date, str], datetime]:
    """When each list day of the part was last read well since that time, by day and transport."""
    query = (
        select(col(Reading.day), col(Reading.transport), sa.func.max(Reading.finished_at))
        .where(
            Reading.source_id == source_id, Reading.part == part, Reading.finished_at >= since,
            col(Reading.verdict).in_(("ok", "quiet")), col(Reading.day).is_not(None),
        )
        .group_by(col(Reading.day), col(Reading.transport))
    )  # fmt: skip
    return {(day, transport): at for day, transport, at in session.exec(query) if day}


def forget_parts(session: Session, source_id: int, but: Collection[str]) -> None:
    """Forget the list days that were not read completely, of all parts but these: nobody waits for them any more."""
    gone = sa.delete(ListDay).where(
        col(ListDay.source_id) == source_id, col(ListDay.part).not_in(but), col(ListDay.state).in_(("open", "growing"))
    )
    session.execute(gone)


def was_read(session: Session, source_id: int, part: str, day: date, transport: str) -> bool:
    """Whether that day of the part was ever read well by that transport."""
    query = select(Reading.id).where(
        Reading.source_id == source_id, Reading.part == part, Reading.day == day, Reading.transport == transport,
        col(Reading.verdict).in_(("ok", "quiet")),
    )  # fmt: skip
    return session.exec(query.limit(1)).first() is not None


def papers_by_weekday(session: Session, source_id: int, part: str, day: date) -> list[int]:
    """The numbers of papers on the closed list days before `day` that were the same weekday, of the last ten weeks."""
    days = [day - timedelta(weeks=n) for n in range(1, 11)]
    query = select(ListDay.papers).where(
        ListDay.source_id == source_id, ListDay.part == part, ListDay.state == "closed", col(ListDay.day).in_(days)
    )
    return list(session.exec(query).all())


def papers_lately(session: Session, source_id: int, part: str, day: date) -> list[int]:
    """The numbers of papers on the closed list days of the two weeks before `day`, empty ones left out."""
    query = select(ListDay.papers).where(
        ListDay.source_id == source_id, ListDay.part == part, ListDay.state == "closed", ListDay.day < day,
        ListDay.day >= day - timedelta(days=14), ListDay.papers > 0,
    )  # fmt: skip
    return list(session.exec(query).all())


def last_readings(session: Session, source_id: int, since: datetime, completing: str = "") -> list[Reading]:
    """The last reading of each part and day since that time, newest day first; beside that of its list that of what
    `completing` says more."""
    query = select(Reading).where(Reading.source_id == source_id, Reading.finished_at >= since)
    latest: Mapping[tuple[str, date | None, bool], Reading] = {
        (reading.part, reading.day, reading.transport == completing): reading
        for reading in session.exec(query.order_by(col(Reading.id))).all()
    }
    return sorted(latest.values(), key=lambda reading: (reading.day or date.min, reading.part), reverse=True)


def last_reading(session: Session, day: ListDay, completing: str = "") -> Reading | None:
    """The last reading of a day's list, not by the transport `completing`."""
    query = select(Reading).where(
        Reading.source_id == day.source_id, Reading.part == day.part, Reading.day == day.day,
        Reading.transport != (completing or "?"),
    )  # fmt: skip
    return session.exec(query.order_by(col(Reading.id).desc()).limit(1)).first()


def list_days(session: Session, source_id: int, since: date) -> list[ListDay]:
    """The list days of a source since that day, oldest first."""
    query = select(ListDay).where(ListDay.source_id == source_id, ListDay.day >= since)
    return list(session.exec(query.order_by(col(ListDay.day))).all())


def untold_days(session: Session, source_id: int, closed_since: datetime) -> list[ListDay]:
    """The list days of a source, oldest first, that the administrators may have to be told of: open ones, those given
    up since they were told, and those closed since then."""
    told = col(ListDay.told_at)
    state = col(ListDay.state)
    untold = sa.or_(
        sa.and_(state == "given_up", told.is_(None) | (told < col(ListDay.changed_at))),
        sa.and_(state == "open", told.is_(None)),
        sa.and_(state == "closed", told.is_(None), col(ListDay.changed_at) > closed_since),
    )
    query = select(ListDay).where(ListDay.source_id == source_id, untold)
    return list(session.exec(query.order_by(col(ListDay.day), col(ListDay.part))).all())


def covered(session: Session, names: Collection[str], now: datetime, since: datetime) -> list[Covered]:
    """What was read of these sources since then, and what should have been read by now."""
    found = []
    for source in session.exec(select(Source).where(col(Source.name).in_(names)).order_by(col(Source.id))).all():
        days = session.exec(
            select(ListDay)
            .where(ListDay.source_id == source.id, (ListDay.changed_at >= since) | (ListDay.state == "open"))
            .order_by(col(ListDay.day), col(ListDay.part))
        ).all()
        is_due = source.due_at <= now or source.reading_since is not None
        for part in sorted({one.part for one in days}) or [""]:
            told = [(one.day, one.state, one.papers) for one in days if one.part == part]
            found.append(Covered(source.name, told, is_due, part))
    return found


def days_by_state(session: Session, names: Collection[str], since: date) -> list[tuple[str, str, int]]:
    """How many of the list days since then of each source are in which state."""
    query = (
        sa.select(col(Source.name), col(ListDay.state), sa.func.count())
        .join(ListDay, col(ListDay.source_id) == Source.id)
        .where(col(Source.name).in_(names), col(ListDay.day) >= since)
        .group_by(col(Source.name), col(ListDay.state))
    )
    return [(name, state, count) for name, state, count in session.execute(query)]


def find_source(session: Session, name: str) -> Source | None:
    """The source of that name, if it was ever read."""
    return session.exec(select(Source).where(Source.name == name)).one_or_none()


def last_good(session: Session, source_id: int) -> datetime | None:
    """When the source was last read completely, by whatever command."""
    good = col(Reading.verdict).in_(("ok", "quiet"))
    query = select(sa.func.max(Reading.finished_at)).where(Reading.source_id == source_id, good)
    return session.exec(query).one()
