"""How things look on a terminal: tables and lines."""

from collections.abc import Sequence
from datetime import datetime
from urllib.parse import urlsplit

from rich.table import Table

from bot.ingest import Read
from bot.models import Delivery, Message, Recipient
from bot.subscriptions import Why
from scrapers.paper import Paper
from scrapers.text import plain


def address_of(recipient: Recipient) -> str:
    """The address for people to see: of a web address the host and the last letters, for its path may be a secret."""
    if recipient.channel == "webhook":
        parts = urlsplit(recipient.address)
        return f"webhook:{parts.scheme}://{parts.netloc}/…{recipient.address[-4:]}"
    return f"{recipient.channel}:{recipient.address}"


def moment(at: datetime | None) -> str:
    """A time for people, in UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "never"


def reading_line(read: Read) -> str:
    """What a reading brought, in a line."""
    what = f"{read.source}{f' {read.day}' if read.day else ''}"
    how = f" by {read.transport}" if read.transport and read.judgement.verdict == "ok" else ""
    line = f"{what}: {read.judgement.verdict}{how}, {many(len(read.listed), 'paper')}, {read.taken.new} new"
    if read.taken.owed:
        line += f", {many(len(read.taken.owed), 'alert')} queued"
    if not read.alerted and read.taken.new:
        line += " (first reading of this source: stored without alerts)"
    return f"{line} ({read.judgement.reason})" if read.judgement.reason else line


def many(number: int, noun: str) -> str:
    """`1 paper`, `2 papers`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def papers_table(rows: Sequence[tuple[int, Paper, str]]) -> Table:
    """Papers with their numbers and, in the last column, who will hear of them."""
    table = Table("no.", "▲", "published", "title", box=None, pad_edge=False, header_style="bold")
    if any(who for *_, who in rows):
        table.add_column("told to", style="green")
    for id, paper, who in rows:
        cells = [str(id), "" if paper.upvotes is None else str(paper.upvotes), str(paper.published or "")]
        cells.append(plain(paper.title))
        table.add_row(*cells, *([who] if len(table.columns) == 5 else []))
    return table


def told_lines(why: Why) -> list[str]:
    """What an address was told of a paper, when and why, or why not."""
    lines = [_told(delivery, message) for delivery, message in why.told]
    known = {reason["subscription"] for delivery, _ in why.told for reason in delivery.reasons}
    for sub, matches in why.asks:
        if not matches:
            lines.append(f"{sub.name!r} does not ask for it: {sub.text}")
        elif sub.id not in known:
            lines.append(f"{sub.name!r} asks for it, but was not told: {_not_told(sub.created_at, sub.muted_until)}")
    return lines or ["nothing was told, and there is no subscription"]


def _told(delivery: Delivery, message: Message | None) -> str:
    because = ", ".join(repr(reason["name"]) for reason in delivery.reasons)
    kind = "" if delivery.kind == "new" else f" ({delivery.kind})"
    if delivery.dropped:
        return f"not sent{kind}: {delivery.dropped}; was queued {moment(delivery.queued_at)} for {because}"
    if message is None:
        return f"waits{kind} until {moment(delivery.send_at)} for {because}"
    if message.state == "sent":
        again = f", {many(message.attempts, 'attempt')}" if message.attempts > 1 else ""
        return f"told{kind} {moment(message.sent_at)} for {because}{again}"
    state = "could not be sent" if message.state == "dead" else "is being sent"
    return f"{state}{kind}, {many(message.attempts, 'attempt')}, for {because}: {message.error or 'no answer yet'}"


def _not_told(created_at: datetime, muted_until: datetime | None) -> str:
    muted = ", it was muted" if muted_until else ""
    return (
        f"the paper was in the library before the subscription ({moment(created_at)}), came with a first reading or"
        f" a file{muted}, or was told for another reason"
    )
