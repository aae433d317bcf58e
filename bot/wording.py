"""How subscriptions and previews are put into words, in chats and on pages; as plain text."""

from bot.language import Language
from bot.models import Recipient, Subscription
from bot.preview import DAYS, MANY, Preview


def rhythm(tr: Language, name: str) -> str:
    """What people call a rhythm."""
    names = {
        "instant": tr("At once"), "daily": tr("Daily"), "weekdays": tr("Weekdays"), "weekly": tr("Weekly"),
    }  # fmt: skip
    return names[name]


def when_told(tr: Language, sub: Subscription, recipient: Recipient) -> str:
    """When a subscription is told, and whether new versions are too, as sentences."""
    when = _when(tr, sub, recipient)
    return tr("{when} New versions too.", when=when) if sub.versions else when


def _when(tr: Language, sub: Subscription, recipient: Recipient) -> str:
    at = sub.at or recipient.digest_at
    match sub.rhythm:
        case "daily":
            return tr("Every day at {at} ({zone}).", at=at, zone=recipient.zone)
        case "weekdays":
            return tr("From Monday to Friday at {at} ({zone}).", at=at, zone=recipient.zone)
        case "weekly":
            day = tr.weekday(recipient.digest_weekday if sub.weekday is None else sub.weekday)
            return tr("Once a week: {day} at {at} ({zone}).", day=day, at=at, zone=recipient.zone)
    return tr("As soon as a paper is listed.")


def found(preview: Preview, tr: Language) -> str:
    """How many papers a query found, and how many a day that is."""
    count = tr.plural(
        "{n} paper in the last {days} days", "{n} papers in the last {days} days", preview.matching, days=DAYS
    )
    rate = tr("about {rate} a day", rate=_rate(preview.a_day)) if preview.a_day else ""
    known = ""
    if preview.days is not None and preview.days < DAYS:
        known = tr.plural("I know {n} day so far", "I know {n} days so far", preview.days)
    return " · ".join(filter(None, [count, rate, known]))


def _rate(number: float) -> str:
    if number < 0.1:
        return "< 0.1"
    return f"{number:.0f}" if number >= 10 else f"{number:.1f}".removesuffix(".0")


def warning(preview: Preview, tr: Language) -> str:
    """What is wrong with a query that finds nothing, or more than anybody reads; else empty."""
    if not preview.papers:
        return tr("The library is still empty, so there is nothing to try it on.")
    if not preview.matching:
        return tr("Nothing matched so far.")
    return tr("More than {n} a day is more than most people read.", n=MANY) if preview.too_many else ""
