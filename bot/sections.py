"""The sections of the settings: their keys, defaults and checks. Every key is explained in config/paperwatch.toml."""

import re
from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from apscheduler.triggers.cron import CronTrigger
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, field_validator
from pydantic import model_validator as validates

from bot import mailbox
from bot.local_time import hour, weekday, zone
from scrapers import crawl
from scrapers.crawl import names

_DURATION = re.compile(r"(\d+)\s*(s|m|h|d)")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
# Some day with lists, to try what a source would ask for.
_A_LIST_DAY, _A_MOMENT = date(2026, 11, 19), datetime(2026, 11, 19, 12, tzinfo=UTC)


def duration(value: object, longest: timedelta = timedelta(days=366)) -> object:
    """The length of time that "30m", "6h" or "90 s" means. Raises ValueError."""
    if not isinstance(value, str):
        return value
    match = _DURATION.fullmatch(value.strip())
    if not match or int(match[1]) == 0:
        raise ValueError(f"{value!r} is not a length of time; write a number and s, m, h or d, such as 30m")
    length = int(match[1][:9]) * timedelta(**{_UNITS[match[2]]: 1})
    if length > longest:
        raise ValueError(f"{value!r} is longer than {'a year' if longest.days < 400 else 'a hundred years'}")
    return length


def _address(value: str) -> str:
    if not re.fullmatch(r"https?://[^\s/]+(/[^\s]*)?", value):
        raise ValueError("a base_url begins with http:// or https:// and a host name")
    return value.rstrip("/")


def _listens_at(value: str) -> str:
    if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[^\s:]+):[0-9]{1,5}", value) or int(value.rpartition(":")[2]) > 65_535:
        raise ValueError("listen is a host and a port, such as 127.0.0.1:8443")
    return value


def _public(value: str) -> str:
    """The address of an installation, in ASCII, of which links can be made by adding to it. Raises ValueError."""
    wrong = (
        "base_url is https:// (or http://), a host and perhaps a port and a path, such as https://papers.example.org"
    )
    try:
        parts = urlsplit(value)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        raise ValueError(wrong) from None
    is_plain = re.fullmatch(r"[A-Za-z0-9._~/%-]*", parts.path) and not (parts.query or parts.fragment or parts.username)
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[a-z0-9.-]+|[0-9a-f:]+", host) or not is_plain:
        raise ValueError(wrong)
    shown = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{shown}{f':{port}' if port else ''}{parts.path.rstrip('/')}"


# Where something is asked or reached, and a host:port to listen at; what is empty is as good as not there.
_Address = Annotated[str, AfterValidator(_address)]
_Public = Annotated[str, AfterValidator(_public)]
_Place = Annotated[str, AfterValidator(_listens_at)]
_MAY_BE_EMPTY = BeforeValidator(lambda value: value or None)


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Database(_Section):
    url: SecretStr | None = None


class Network(_Section):
    contact: str = ""
    timeout: Annotated[float, Field(gt=0, le=300)] = 20
    deadline: Annotated[float, Field(gt=0, le=600)] = 60
    max_bytes: Annotated[int, Field(ge=10_000)] = 30_000_000
    allow_private: tuple[str, ...] = ()
    respect_robots: bool = True
    gap: Annotated[float, Field(ge=0, le=600)] = 0.6
    gaps: dict[str, Annotated[float, Field(ge=0, le=600)]] = {}


class SourceSettings(_Section):
    """A source. What other keys it has, its scraper says: they are what `start` takes, such as the `url` of a feed."""

    model_config = ConfigDict(frozen=True, extra="allow")

    scraper: str
    enabled: bool = True
    every: Annotated[timedelta, BeforeValidator(duration)] = timedelta(minutes=30)
    cron: str | None = None
    zone: str = "UTC"
    base_url: Annotated[_Address | None, _MAY_BE_EMPTY] = None
    parts: tuple[str, ...] = ()
    asked_parts: Annotated[int, Field(ge=0, le=200)] = 0
    key: SecretStr | None = None
    alarm_at: str = "12:00"

    @field_validator("scraper")
    @classmethod
    def _is_known(cls, value: str) -> str:
        if value not in names():
            near = get_close_matches(value, names(), 1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(names())}"
            raise ValueError(f"there is no scraper called {value!r}; {hint}")
        return value

    @validates(mode="after")
    def _has_timetable(self) -> "SourceSettings":
        zone(self.zone)
        hour(self.alarm_at)
        self._check_asked()
        if self.cron is not None:
            if "every" in self.model_fields_set:
                raise ValueError("give either every or cron")
            _check_cron(self.cron)
        return self

    @property
    def options(self) -> dict[str, Any]:
        """What the scraper is asked for beside days and parts."""
        return {**(self.model_extra or {}), **({"key": self.key.get_secret_value()} if self.key else {})}

    def _check_asked(self) -> None:
        """Raises ValueError for parts and options that the scraper does not have, or that it cannot ask for."""
        scraper = crawl.load(self.scraper)
        for name in self.options:
            if name not in scraper.options:
                known = {*scraper.options, *SourceSettings.model_fields} - {"key"}
                raise ValueError(f"{self.scraper} has no key {name!r}{did_you_mean(name, known)}")
        for part in self.parts or (() if self.asked_parts else ("",)):
            scraper.part_named(part)
            day = None if scraper.calendar.rolling else _A_LIST_DAY
            for transport in scraper.transports(day, _A_MOMENT):
                scraper.start(scraper.base_url, transport, day=day, **({"part": part} if part else {}), **self.options)


class Webhook(_Section):
    secret: SecretStr | None = None
    timeout: Annotated[float, Field(gt=0, le=60)] = 15


class TelegramWebhook(_Section):
    """Updates by webhook instead of polling: Telegram posts to `url`, and the bot listens at `listen` (host:port)."""

    url: _Address
    secret: SecretStr
    listen: _Place = "127.0.0.1:8443"

    @field_validator("secret")
    @classmethod
    def _is_secret(cls, value: SecretStr) -> SecretStr:
        # https://core.telegram.org/bots/api#setwebhook
        if not re.fullmatch(r"[A-Za-z0-9_-]{16,256}", value.get_secret_value()):
            raise ValueError("a secret has 16 to 256 letters, digits, _ and -")
        return value


class Telegram(_Section):
    token: SecretStr | None = None
    base_url: _Address = "https://api.telegram.org"
    timeout: Annotated[float, Field(gt=0, le=60)] = 30
    talk: bool = True
    admins: tuple[int, ...] = ()
    allow: tuple[int, ...] = ()
    subscriptions: Annotated[int, Field(ge=1)] = 50
    commands: Annotated[int, Field(ge=1)] = 30
    group_commands: Annotated[int, Field(ge=1)] = 12
    exports: Annotated[int, Field(ge=1)] = 10
    webhook: TelegramWebhook | None = None

    @field_validator("token")
    @classmethod
    def _is_token(cls, value: SecretStr | None) -> SecretStr | None:
        if value and not re.fullmatch(r"[0-9]+:[A-Za-z0-9_-]{20,}", value.get_secret_value()):
            raise ValueError("a token looks like 123456789:AAF…, as BotFather gives it")
        return value


class Email(_Section):
    """`sender` is called `from` outside, which Python keeps for itself."""

    smtp_url: SecretStr | None = None
    sender: Annotated[str | None, Field(alias="from")] = None
    reply_to: str = ""
    bounce: str = ""
    unsubscribe: str = ""
    per_minute: Annotated[float, Field(gt=0, le=6_000)] = 60
    per_day: Annotated[int, Field(gt=0)] | None = None
    timeout: Annotated[float, Field(gt=0, le=90)] = 60

    @field_validator("smtp_url")
    @classmethod
    def _is_server(cls, value: SecretStr | None) -> SecretStr | None:
        if value:
            mailbox.server(value.get_secret_value())
        return value

    @field_validator("sender")
    @classmethod
    def _is_sender(cls, value: str | None) -> str | None:
        if value:
            mailbox.mailbox(value)
        return value

    @field_validator("reply_to", "bounce", "unsubscribe")
    @classmethod
    def _is_place(cls, value: str) -> str:
        if not value.isascii():
            raise ValueError(
                "an address of this installation has no letters but English ones: every server must take it"
            )
        return mailbox.address(value) if value else value

    @validates(mode="after")
    def _is_whole(self) -> "Email":
        if bool(self.smtp_url) != bool(self.sender):
            raise ValueError("mails need both email.smtp_url and email.from")
        return self


class Web(_Section):
    """Pages for people, where `base_url` is set: how they are reached from outside, and the host:port to listen at."""

    base_url: Annotated[_Public | None, _MAY_BE_EMPTY] = None
    listen: _Place = "127.0.0.1:8080"
    sign_up: bool = True
    subscriptions: Annotated[int, Field(ge=1)] = 50


class Subscribed(_Section):
    address: str
    query: str
    confirmed: bool = False
    name: str | None = None
    rhythm: Literal["instant", "daily", "weekdays", "weekly"] = "instant"
    at: str | None = None
    weekday: str | None = None
    zone: str | None = None
    versions: bool = False

    @validates(mode="after")
    def _is_possible(self) -> "Subscribed":
        if self.zone:
            zone(self.zone)
        if self.at:
            hour(self.at)
        if self.weekday:
            weekday(self.weekday)
        return self


class Monitor(_Section):
    """Health and numbers of a process for machines, where `listen` (host:port) is set."""

    listen: Annotated[_Place | None, _MAY_BE_EMPTY] = None


def _long(value: object) -> object:
    """A length of time that may be longer than a year. Raises ValueError."""
    return duration(value, timedelta(days=36_525))


class Keep(_Section):
    """How long what nobody waits for any more is kept."""

    readings: Annotated[timedelta, BeforeValidator(_long), Field(ge=timedelta(days=30))] = timedelta(days=400)
    messages: Annotated[timedelta, BeforeValidator(_long), Field(ge=timedelta(days=30))] = timedelta(days=400)


class Log(_Section):
    level: str = "INFO"
    format: Literal["text", "json"] = "text"

    @field_validator("level")
    @classmethod
    def _is_level(cls, value: str) -> str:
        levels = ("DEBUG", "INFO", "WARNING", "ERROR")
        if value.upper() not in levels:
            raise ValueError(f"{value!r} is no level; the levels are {', '.join(levels)}")
        return value.upper()


def did_you_mean(key: str, known: set[str]) -> str:
    near = get_close_matches(key, sorted(known), 1)
    return f"; did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(known))}"


def _check_cron(line: str) -> None:
    """Raises ValueError. APScheduler's crontab counts weekdays from Monday = 0, everyone else's from Sunday: only names
    cannot be misread."""
    fields = line.split()
    if len(fields) == 5 and re.search(r"\d", fields[4]):
        raise ValueError("name the weekdays in a cron line (mon-fri), for their numbers mean different days elsewhere")
    try:
        CronTrigger.from_crontab(line, timezone="UTC")
    except ValueError as error:
        raise ValueError(f"{line!r} is not a cron line (minute hour day month weekday): {error}") from None
