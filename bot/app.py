"""The composition root: engine, fetcher and channels are made here from the settings, and passed on."""

from collections.abc import Callable, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from bot import config, tokens
from bot.channels import Channel
from bot.channels.console import ConsoleChannel
from bot.channels.webhook import WebhookChannel
from bot.config import Settings
from bot.gate import Gate
from bot.links import Addresses
from bot.store import fulltext, keys
from bot.store.engine import Clock, Engine, explained, make_engine, migrate
from scrapers import crawl
from scrapers.fetch import Fetcher, check_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bot.channels import Outgoing
    from bot.channels.mail_text import Links


@dataclass(frozen=True)
class App:
    """What every command needs: the settings and the database, brought up to date."""

    settings: Settings
    engine: Engine


@contextmanager
def opened(path: Path | None = None) -> "Iterator[App]":
    """The installation that the configuration describes. Raises ConfigError, StoreError."""
    settings = config.load(path)
    engine = make_engine(settings.database_url)
    try:
        with explained(engine):
            migrate(engine)
            fulltext.bring_up_to_date(engine)
            yield App(settings, engine)
    finally:
        engine.dispose()


def make_fetcher(settings: Settings, engine: Engine | None, clock: Clock | None = None) -> Fetcher:
    """The fetcher, polite to every host across all processes that share the database (None: this one only)."""
    network, own = settings.network, allowed(settings)
    gate = Gate(
        engine,
        gap=network.gap,
        gaps={host: max(gap, network.gap) for host, gap in crawl.gaps().items()} | network.gaps,
        free=own,
        longest=network.deadline,
        clock=clock,
    )
    return Fetcher(
        user_agent=user_agent(network.contact),
        timeout=network.timeout,
        deadline=network.deadline,
        max_bytes=network.max_bytes,
        allow_private=own,
        gate=gate,
        respect_robots=network.respect_robots,
    )


def make_poster(settings: Settings) -> Fetcher:
    """What webhooks are posted with: a fetcher for which no source's host is an exception."""
    return Fetcher(
        user_agent=user_agent(settings.network.contact),
        timeout=settings.webhook.timeout,
        deadline=settings.webhook.timeout,
        max_bytes=100_000,
        allow_private=frozenset(settings.network.allow_private),
        gate=None,
        respect_robots=False,
    )


def allowed(settings: Settings) -> frozenset[str]:
    """The hosts that may have private addresses: those named for it, and those of the configured sources."""
    bases = [source.base_url for source in settings.sources.values() if source.base_url]
    return frozenset(settings.network.allow_private) | {urlsplit(base).hostname or "" for base in bases}


def make_addresses(app: App, now: datetime) -> Addresses | None:
    """Where mails and pages lead; None where nobody can get there."""
    base = app.settings.web.base_url
    return Addresses(base, keys.load(app.engine, tokens.PURPOSES, now)) if base else None


def make_channels(settings: Settings, poster: Fetcher, addresses: Addresses | None = None) -> dict[str, Channel]:
    """The channels by the name that addresses begin with. Mails lead to these addresses."""
    webhook, private = settings.webhook, frozenset(settings.network.allow_private)
    return {
        **_telegram(settings),
        **_email(settings, addresses),
        "console": ConsoleChannel(),
        "webhook": WebhookChannel(
            poster.post,
            lambda url: check_address(url, private),
            webhook.secret.get_secret_value() if webhook.secret else None,
            timeout=webhook.timeout,
        ),
    }


# What sends by a channel that is not there without being configured.
_NEEDS = {
    "telegram": "PAPERWATCH_TELEGRAM__TOKEN",
    "email": "PAPERWATCH_EMAIL__SMTP_URL and PAPERWATCH_EMAIL__FROM",
}


def missing(settings: Settings) -> dict[str, str]:
    """The channels that are not configured, and what to set for each."""
    is_there = {"telegram": settings.telegram.token, "email": settings.email.smtp_url}
    return {name: f"{name} is not configured; set {_NEEDS[name]}" for name, found in is_there.items() if found is None}


async def close_all(channels: Mapping[str, Channel]) -> None:
    """Give back what the channels opened."""
    for channel in channels.values():
        await channel.close()


def _telegram(settings: Settings) -> dict[str, Channel]:
    """The Telegram channel, where a token is configured."""
    telegram = settings.telegram
    if telegram.token is None:
        return {}
    from bot.channels.telegram import TelegramChannel  # imported here: its library takes half a second

    return {"telegram": TelegramChannel(telegram.token.get_secret_value(), telegram.base_url, telegram.timeout)}


def _email(settings: Settings, addresses: Addresses | None) -> dict[str, Channel]:
    """The mail channel, where a server is configured."""
    email = settings.email
    if email.smtp_url is None or email.sender is None:
        return {}
    from bot.channels.email import EmailChannel  # imported here: its libraries take a tenth of a second

    return {
        "email": EmailChannel(
            email.smtp_url.get_secret_value(), email.sender, reply_to=email.reply_to, bounce=email.bounce,
            per_minute=email.per_minute,
            per_day=email.per_day or 0,
            timeout=email.timeout,
            links=make_links(settings, addresses),
        )
    }  # fmt: skip


def make_links(settings: Settings, addresses: Addresses | None) -> "Callable[[Outgoing], Links]":
    """Where mails lead."""
    from bot.channels.mail_text import NO_LINKS  # imported here: templates take a tenth of a second
    from bot.mail_links import for_mails

    return for_mails(addresses, settings.email.unsubscribe) if addresses else lambda _: NO_LINKS


def program_version() -> str:
    """The version of the installed program."""
    try:
        return version("paperwatch")
    except PackageNotFoundError:
        return "0"


def user_agent(contact: str) -> str:
    """How we introduce ourselves: sites throttle nameless clients harder."""
    about = "; ".join(filter(None, ["paper alerts", contact]))
    return f"paperwatch/{program_version()} ({about})"
