"""Settings of a chat: language, time zone, hour of digests, quiet hours, sound, length."""

from collections.abc import Iterable

from bot import places, recipients
from bot.channels.screen import Button, Screen, in_rows, rows
from bot.channels.telegram_text import safe
from bot.chat import asking
from bot.chat.said import Reply, Show, Toast
from bot.chat.talk import Talk
from bot.language import LANGUAGES, Language, language
from bot.local_time import WEEKDAYS, zone
from bot.models import Recipient

_HOURS = ("06:00", "07:00", "08:00", "09:00", "10:00", "12:00", "14:00", "16:00", "18:00", "20:00", "21:00", "22:00")
_QUIET = ("21:00-07:00", "22:00-07:00", "22:00-08:00", "23:00-07:00", "23:00-09:00", "00:00-08:00")
_FAR_LARGER = 10  # times as many people as in the next city of that name: who writes Berlin means that one
_LENGTHS = (10, 20, 40, 60, 100)


def introduced(talk: Talk) -> Recipient:
    """The recipient that it is about, made where there is none."""
    return recipients.introduce(
        talk.engine, talk.address, talk.owner, now=talk.now, zone_name=talk.desk.settings.zone, language=talk.tr.code
    )


def settings(talk: Talk, _text: str = "") -> Iterable[Reply]:
    """`/settings`."""
    return [Show(_home(introduced(talk), talk))]


def chosen(talk: Talk, page: str, value: str) -> Iterable[Reply]:
    """A setting changed by a button."""
    return _set(talk, page, value)


def opened(talk: Talk, page: str) -> Iterable[Reply]:
    """A page of the settings, in place."""
    recipient = introduced(talk)
    if page in ("silent", "empty"):
        return _set(talk, page, "")
    if page == "city":
        return [ask_zone(talk)]
    if page == "home":
        return [Show(_home(recipient, talk), edits=talk.message)]
    return [Show(_page(recipient, talk.tr, page), edits=talk.message)]


def _home(recipient: Recipient, talk: Talk) -> Screen:
    tr, id = talk.tr, recipient.id
    quiet = f"{recipient.quiet_from}–{recipient.quiet_until}" if recipient.quiet_from else tr("none")
    here = talk.now.astimezone(zone(recipient.zone))
    lines = [
        f"<b>{tr('Settings')}</b>",
        tr("Language: {name}", name=LANGUAGES[tr.code]),
        tr("Time zone: {zone} (it is {time} there)", zone=safe(recipient.zone), time=f"{here:%H:%M}"),
        tr("Digests: at {at}, weekly ones on {day}", at=recipient.digest_at, day=tr.weekday(recipient.digest_weekday)),
        tr("Papers in a digest: at most {n}", n=recipient.digest_most),
        tr("Quiet hours: {hours}", hours=quiet),
        tr("Sound: {state}", state=tr("off") if recipient.silent else tr("on")),
        tr("Days without papers: {state}", state=tr("told too") if recipient.digest_empty else tr("nothing is sent")),
    ]
    buttons = [
        Button("🌐 " + tr("Language"), f"set:{id}:lang"),
        Button("🕑 " + tr("Time zone"), f"set:{id}:city"),
        Button("📰 " + tr("Hour"), f"set:{id}:hour"),
        Button("📅 " + tr("Weekday"), f"set:{id}:day"),
        Button("🌙 " + tr("Quiet hours"), f"set:{id}:quiet"),
        Button("📏 " + tr("Length"), f"set:{id}:most"),
        Button("📭 " + (tr("Not empty days") if recipient.digest_empty else tr("Empty days too")), f"set:{id}:empty"),
        Button("🔔 " + tr("Sound on") if recipient.silent else "🔕 " + tr("Sound off"), f"set:{id}:silent"),
    ]
    return Screen("\n".join(lines), in_rows(buttons, 2))


def _page(recipient: Recipient, tr: Language, page: str) -> Screen:
    """The choices for one setting."""
    now, begin = "", f"set-to:{recipient.id}:{page}:"
    match page:
        case "lang":
            title, choices, now = tr("Which language?"), list(LANGUAGES.items()), recipient.language
        case "hour":
            title, choices, now = tr("At what hour do digests come?"), [(h, h) for h in _HOURS], recipient.digest_at
        case "day":
            title, now = tr("On which day do weekly digests come?"), str(recipient.digest_weekday)
            choices = [(str(number), tr.weekday(number)) for number in range(7)]
        case "quiet":
            title = tr("When shall I be quiet? What comes meanwhile is told at the end.")
            choices = [*((each, each.replace("-", "–")) for each in _QUIET), ("off", tr("Never"))]
            now = f"{recipient.quiet_from}-{recipient.quiet_until}" if recipient.quiet_from else "off"
        case "most":
            title, now = tr("How many papers does a digest show at most?"), str(recipient.digest_most)
            choices = [(str(number), str(number)) for number in _LENGTHS]
        case _:
            return Screen(tr("That is no setting."))
    buttons = [Button(("● " if value == now else "") + text, begin + value) for value, text in choices]
    other = [Button(tr("Other"), f"ask:{recipient.id}:{page}")] if page in ("hour", "quiet", "most") else []
    back = [Button("« " + tr("Back"), f"set:{recipient.id}:home")]
    return Screen(title, (*in_rows(buttons, 3), *rows([*other, *back])))


def _set(talk: Talk, page: str, value: str) -> Iterable[Reply]:
    try:
        recipient = _change(talk, page, value)
    except ValueError as error:
        return [Toast(str(error)[:200], alarm=True)]
    changed = talk.in_language(language(recipient.language))
    return [Toast(changed.tr("Changed.")), Show(_home(recipient, changed), edits=talk.message)]


def _change(talk: Talk, page: str, value: str) -> Recipient:
    """Change a setting to what people write. Raises ValueError."""
    changes: dict[str, dict[str, object]] = {
        "lang": {"language": value},
        "zone": {"zone_name": value},
        "hour": {"at": value},
        "day": {"weekday_name": WEEKDAYS[int(value)] if value in tuple("0123456") else value},
        "quiet": {"quiet": value},
        "most": {"most": _length(talk, value) if page == "most" else None},
        "silent": {"silent": not introduced(talk).silent},
        "empty": {"empty": not introduced(talk).digest_empty},
    }
    if page not in changes or (page == "lang" and value not in LANGUAGES):
        raise ValueError(talk.tr("That is no setting."))
    return recipients.change_settings(talk.engine, talk.address, now=talk.now, **changes[page])  # type: ignore[arg-type]


def _length(talk: Talk, value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= 1_000:
        raise ValueError(talk.tr("Write a number of papers from 1 to 1000."))
    return int(value)


# What is asked for ----------------------------------------------------------------------------------------------------


def ask_other(talk: Talk, page: str) -> Iterable[Reply]:
    """Another value than those on the buttons."""
    tr = talk.tr
    questions = {
        "hour": tr("Write the hour, such as 07:30."),
        "quiet": tr("Write the quiet hours, such as 22:30-06:30."),
        "most": tr("Write how many papers a digest shows at most, such as 30."),
    }
    return [asking.ask(talk, "setting", questions[page], page=page)] if page in questions else []


def answer_other(talk: Talk, text: str, page: str) -> Iterable[Reply]:
    """The value that was asked for."""
    try:
        return [Show(_home(_change(talk, page, text), talk))]
    except ValueError as error:
        return [asking.ask(talk, "setting", safe(str(error)), page=page)]


def ask_zone(talk: Talk, _text: str = "") -> Reply:
    """Where people are."""
    question = talk.tr("Which city are you in, or one with the same time? Write its name.")
    asked = asking.ask(talk, "zone", question)
    if not talk.place.is_private:
        return asked
    return Show(asked.screen, asks=True, wants_location=talk.tr("Send my location"))


def zone_by_name(talk: Talk, text: str) -> Iterable[Reply]:
    """`/timezone CITY`, or the answer to where people are."""
    if not text:
        return [ask_zone(talk)]
    recipient, found = introduced(talk), places.find(text)
    zones = list(dict.fromkeys(place.zone for place in found))
    if not zones:
        question = talk.tr(
            "I do not know {city}. Write a larger city near you, or a zone such as Europe/Berlin.", city=safe(text)
        )
        return [asking.ask(talk, "zone", question)]
    if len(zones) == 1 or found[0].population > _FAR_LARGER * found[1].population:
        return _in_zone(talk, zones[0], talk.tr("Your time zone is {zone}.", zone=zones[0]))
    buttons = [
        Button(f"{place.name}, {place.country} ({place.zone})", f"set-to:{recipient.id}:zone:{place.zone}")
        for place in found
        if place == next(one for one in found if one.zone == place.zone)
    ]
    return [Show(Screen(talk.tr("Which one do you mean?"), in_rows(buttons, 1)))]


def zone_by_location(talk: Talk, latitude: float, longitude: float) -> Iterable[Reply]:
    """The zone of the nearest city. The location itself is not kept."""
    introduced(talk)
    place = places.nearest(latitude, longitude)
    return _in_zone(talk, place.zone, talk.tr("You are near {city}; your location is not kept.", city=safe(place.name)))


def _in_zone(talk: Talk, zone_name: str, said: str) -> list[Reply]:
    """Live in a zone from now on; the button that sends the location goes."""
    home = Show(_home(_change(talk, "zone", zone_name), talk))
    return [Show(Screen(said), ends_keyboard=True), home] if talk.place.is_private else [home]


def choose_language(talk: Talk, text: str) -> Iterable[Reply]:
    """`/language`, with a code or a button for each."""
    recipient = introduced(talk)
    code = text.strip().lower()
    if code in LANGUAGES:
        changed = _change(talk, "lang", code)
        return [Show(_home(changed, talk.in_language(language(code))))]
    return [Show(_page(recipient, talk.tr, "lang"))]
