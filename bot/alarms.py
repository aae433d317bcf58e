"""What the administrators are told of, once for each list day: it could not be read by its hour, it is given up, or it
had far too few papers. Silence of a source never looks like a quiet day."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from bot import recipients
from bot.local_time import hour, instant
from bot.models import ListDay, Reading
from bot.sections import SourceSettings
from bot.store import notices, people, sources
from bot.store.engine import Clock, Engine, Session, current_time, lock_library, writing
from scrapers.crawl import load
from scrapers.request import Calendar

log = logging.getLogger(__name__)

_RECENT = timedelta(days=2)  # of a day that was closed before, nobody needs to be told


def tell(
    engine: Engine, watched: Mapping[str, SourceSettings], addresses: Sequence[str], clock: Clock | None = None
) -> list[str]:
    """Owe these addresses (`channel:place`) one message with all that is wrong and was not told yet; its sentences."""
    with writing(engine) as session:
        lock_library(session)  # of several processes one tells
        now = current_time(session, clock)
        found = [one for name, settings in watched.items() for one in _of_source(session, name, settings, now)]
        for sentence in found:
            log.error("%s", sentence)
        for address in addresses if found else ():
            place = recipients.split_address(address)
            to = recipients.introduced(session, place, people.OPERATOR, now, "UTC", "en")
            notices.post(session, to, "alarm", {"text": "\n".join(found)}, now)
        return found


def _of_source(session: Session, name: str, settings: SourceSettings, now: datetime) -> Iterator[str]:
    source, scraper = sources.find_source(session, name), load(settings.scraper)
    calendar = scraper.calendar
    for day in sources.untold_days(session, source.id or 0, closed_since=now - _RECENT) if source else ():
        if day.state == "open" and now < alarm_at(day.day, settings, calendar):
            continue
        last = sources.last_reading(session, day, scraper.completing)
        if last and (day.state != "closed" or (last.verdict == "ok" and last.error)):
            day.told_at = now
            yield _sentence(" ".join(filter(None, [name, day.part])), day, last, settings, calendar)


def alarm_at(day: date, settings: SourceSettings, calendar: Calendar) -> datetime:
    """The hour (UTC) by which that list should have been read."""
    return instant(day, hour(settings.alarm_at), ZoneInfo(calendar.zone))


def _sentence(name: str, day: ListDay, last: Reading, settings: SourceSettings, calendar: Calendar) -> str:
    why = f": {last.error}" if last.error else ""
    if day.state == "given_up":
        return f"{name} of {day.day} is given up, and papers of it may be missing{why}"
    if day.state == "closed":
        return f"{name} of {day.day} had {why.removeprefix(': ')}: look whether papers are missing"
    by = f"{settings.alarm_at} in {calendar.zone}"
    return f"{name} of {day.day} could not be read completely by {by}; it is tried on ({last.verdict}{why})"
