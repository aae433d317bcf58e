"""Are the settings valid, safe and complete, and is everything installed that they need?"""

import os
import stat
import tomllib
from collections.abc import Collection, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from zoneinfo import ZoneInfo

from pydantic import BaseModel, SecretStr

from bot import config, mailbox
from bot.config import ConfigError, Settings
from bot.doctor.finding import Finding, failure, ok, warning
from bot.extras import installing
from bot.show import many
from bot.store.refusal import passwords
from scrapers.addresses import is_public, literal
from scrapers.crawl import load


def configuration(path: Path | None) -> tuple[Settings | None, list[Finding]]:
    """The settings, None where they cannot be used, and what was read."""
    try:
        settings, file = config.load(path), config.file_of(path)
    except ConfigError as error:
        return None, [failure("configuration", str(error), "correct it; config/paperwatch.toml explains every key")]
    where = str(file) if file else "no file; defaults and environment variables"
    return settings, [ok("configuration", where)]


def checks(settings: Settings, file: Path | None) -> Iterator[Finding]:
    """Everything that settings alone tell."""
    if file and os.name == "posix":
        known, written = secrets(settings), _strings(tomllib.loads(file.read_text(encoding="utf-8")))
        yield from privacy(file, holds_secrets=any(one in known for one in written), mode=file.stat().st_mode)
    yield from _sources(settings)
    yield from _mail_password(settings)
    yield from extras(settings, {name for name in ("uvicorn", "starlette", "tornado") if find_spec(name)})


def privacy(file: Path, *, holds_secrets: bool, mode: int) -> Iterator[Finding]:
    """May others read a file with secrets?"""
    if not holds_secrets:
        return
    if mode & stat.S_IRWXO:
        says = f"{file} holds secrets, and everybody on this machine can get at it"
        yield failure(
            "configuration", says, f"chmod o-rwx {file}; if others are on this machine, get new secrets as well"
        )
    elif mode & stat.S_IRWXG:
        says = f"{file} holds secrets, and its group can get at it"
        yield warning("configuration", says, f"chmod g-rwx {file}, unless it is by its group that paperwatch reads it")


def _strings(value: object) -> Iterator[str]:
    """All texts in what a TOML file holds."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping | list):
        for one in value.values() if isinstance(value, Mapping) else value:
            yield from _strings(one)


def _sources(settings: Settings) -> Iterator[Finding]:
    watched = settings.watched
    if not watched:
        yield warning("sources", "no source is read", "set enabled = true for one, or name one under [sources]")
        return
    yield ok("sources", f"{many(len(watched), 'source')}: {', '.join(watched)}")
    if not settings.network.contact and any(source.base_url is None for source in watched.values()):
        says = "network.contact is empty: sites slow down or turn away programs that do not say whose they are"
        yield warning("sources", says, 'set network.contact (PAPERWATCH_NETWORK__CONTACT), such as "me@example.org"')


def _mail_password(settings: Settings) -> Iterator[Finding]:
    url = settings.email.smtp_url
    server = mailbox.server(url.get_secret_value()) if url else None
    if server and server.user and server.security == "smtp" and not _is_near(server.host):
        says = f"the password goes to {server.host} unencrypted"
        yield warning("email", says, "write smtps:// or smtp+starttls:// in email.smtp_url")


def _is_near(host: str) -> bool:
    address = literal(host)
    return host == "localhost" or (address is not None and not is_public(address))


def extras(settings: Settings, installed: Collection[str]) -> Iterator[Finding]:
    """Is the software there that some settings need?"""
    if settings.web.base_url and not {"uvicorn", "starlette"} <= set(installed):
        says = "web.base_url is set, but the web server is not installed"
        yield failure("web pages", says, f"install it with {installing('web')}")
    if settings.telegram.webhook and "tornado" not in installed:
        says = "telegram.webhook is set, but what listens for it is not installed"
        yield failure("telegram", says, f"install it with {installing('webhook')}")


def zones(names: Collection[str]) -> Finding:
    """Does this machine know these zones?"""
    unknown = [name for name in sorted(names) if not _is_known(name)]
    if unknown:
        says = f"this machine does not know {', '.join(unknown)}"
        return failure("time zones", says, "install the data: pip install --upgrade tzdata")
    return ok("time zones", f"{many(len(names), 'zone')} known")


def _is_known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError):
        return False
    return True


def zones_of(settings: Settings) -> set[str]:
    """The zones that the settings name, and those of the sites."""
    watched = settings.watched.values()
    asked = [one.zone for one in settings.subscriptions if one.zone]
    return {
        settings.zone,
        *(one.zone for one in watched),
        *(load(one.scraper).calendar.zone for one in watched),
        *asked,
    }


def secrets(settings: Settings) -> set[str]:
    """What must be told to nobody."""
    found = set(filter(_is_secret, _secrets(settings))) | passwords(settings.database_url)
    if settings.email.smtp_url:
        found.add(mailbox.server(settings.email.smtp_url.get_secret_value()).password)
    if settings.telegram.webhook:
        found.add(settings.telegram.webhook.url.partition("://")[2].partition("/")[2])
    return found - {""}


def _is_secret(text: str) -> bool:
    """An address in which there is no password is none."""
    return "://" not in text or "@" in text or bool(passwords(text))


def _secrets(value: object) -> Iterator[str]:
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, BaseModel):
        for one in (getattr(value, name) for name in type(value).model_fields):
            yield from _secrets(one)
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _secrets(one)
