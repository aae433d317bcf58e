"""Do the ways to people work? The far sides are asked, and nothing is sent."""

from urllib.parse import urlsplit

from bot.channels import Channel, ChannelError
from bot.config import Settings
from bot.doctor.finding import Finding, ok, told, warning
from scrapers.crawl import Fetch
from scrapers.request import Request, ScrapeError

_ADVICE = {
    "telegram": "check this machine's network, telegram.base_url, and whether Telegram is blocked here",
    "email": "check host, port and encryption in email.smtp_url; many networks block port 25, and some 465 and 587",
}
_OTHER_WAY = (
    "paperwatch run ends that when it starts; if it comes back, another program uses the token: get a new one from"
    " BotFather (/revoke)"
)


async def channel(name: str, channel: Channel, settings: Settings) -> list[Finding]:
    """Does the far side of a channel let us in?"""
    if name == "webhook":
        return [ok(name, "not tried: each address is a receiver of its own")]
    try:
        who = await channel.probe()
        updates = await _updates(channel, settings) if name == "telegram" else []
    except ChannelError as error:
        return [told(name, str(error), _ADVICE.get(name, ""))]
    return [ok(name, who), *updates] if who else []


async def _updates(channel: Channel, settings: Settings) -> list[Finding]:
    from bot.channels.telegram import TelegramChannel  # imported here: its library takes half a second

    if not settings.telegram.talk or not isinstance(channel, TelegramChannel):
        return []
    own = settings.telegram.webhook
    return updates(await channel.posts_to(), own.url if own else "")


def updates(posts_to: str, own: str) -> list[Finding]:
    """Does Telegram send what people write to where the bot listens? `own`: the bot's address; empty where it asks."""
    if posts_to == own:
        return []
    if not own:
        says = f"Telegram posts what people write to {urlsplit(posts_to).hostname}, and this bot would ask for it"
        return [warning("telegram", says, _OTHER_WAY)]
    where = urlsplit(posts_to).hostname or "nowhere"
    says = f"Telegram posts what people write to {where}, not to telegram.webhook.url"
    return [warning("telegram", says, "paperwatch run sets it when it starts; start it")]


async def pages(base_url: str, fetch: Fetch) -> list[Finding]:
    """Can the web pages be reached at their public address? Not from everywhere, even if all is well."""
    what, advice = "web pages", "is paperwatch run running? Try the address from outside; see docs/mail.md"
    try:
        answer = await fetch(Request(f"{base_url}/healthz"))
    except ScrapeError as error:
        return [warning(what, f"not reached from here: {str(error).partition(': ')[0]}", advice)]
    if answer.status != 200:
        return [warning(what, f"{base_url} answers with status {answer.status}", advice)]
    return [ok(what, f"{base_url} answers")]
