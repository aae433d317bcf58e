"""How things look on a terminal: tables and lines."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from time import monotonic
from typing import Any, TypeVar
from urllib.parse import urlsplit

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from bot.models import PAST, Delivery, Message, Recipient
from bot.preview import MANY, Preview, Seen, Snippet, marked, marks_of, reasons, snippet
from bot.query import Query
from bot.readings import Read
from bot.subscriptions import Why
from scrapers.paper import Paper
from scrapers.text import plain

_LATEST = 3
_INDENT = 12  # columns before a title: its day
_SNIPPET = 160  # characters around what matched in an abstract
_T = TypeVar("_T")


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
    what = " ".join(filter(None, [read.source, read.part, str(read.day or "")]))
    how = f" by {read.transport}" if read.transport and read.judgement.verdict == "ok" else ""
    line = f"{what}: {read.judgement.verdict}{how}, {many(len(read.listed), 'paper')}, {read.taken.new} new"
    if read.taken.owed:
        line += f", {many(read.taken.alerts, 'alert')} queued"
    if not read.alerted and read.taken.new:
        line += " (first reading of this source: stored without alerts)"
    return f"{line} ({read.judgement.reason})" if read.judgement.reason else line


def many(number: int, noun: str) -> str:
    """`1 paper`, `2 papers`, `1,000 papers`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def papers_table(rows: Sequence[tuple[int, Paper, str]]) -> Table:
    """Papers with their numbers and, in the last column, who will hear of them."""
    table = Table("no.", "▲", "published", box=None, pad_edge=False, header_style="bold")
    table.add_column("title", overflow="fold")
    if any(who for *_, who in rows):
        table.add_column("told to", style="green")
    for id, paper, who in rows:
        cells = [str(id), "" if paper.upvotes is None else str(paper.upvotes), str(paper.published or "")]
        cells.append(plain(paper.title))
        table.add_row(*cells, *([who] if len(table.columns) == 5 else []))
    return table


def dead_table(letters: Sequence[Mapping[str, Any]]) -> Table:
    """Messages that were given up, with their numbers and why."""
    table = Table("no.", "address", "kind", "when", "papers", "error", box=None, pad_edge=False, header_style="bold")
    for one in letters:
        error = Text(one["error"] or "")
        table.add_row(
            str(one["id"]), Text(one["address"]), one["kind"], moment(one["created_at"]), str(one["papers"]), error
        )
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
    if delivery.slot == PAST:
        return f"{delivery.dropped}{kind} {moment(delivery.send_at)} for {because}; the message is not kept any more"
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


def show_preview(out: Console, talk: Console, preview: Preview, now: datetime, *, papers: bool = True) -> None:
    """How many papers match, the latest of them with what matched, and a warning of nothing or too much."""
    out.print(Text(_summary(preview), style="bold"))
    if papers:
        for one in preview.found[:_LATEST]:
            _print_indented(out, _matched(preview.query, one, now))
    for line in _warning(preview):
        talk.print(line)


def _summary(preview: Preview) -> str:
    rate = "" if preview.a_day is None or not preview.matching else f", {a_day(preview.a_day)}"
    verb = "matches" if preview.matching == 1 else "match"
    line = f"{preview.matching:,} of {many(preview.papers, 'paper')} {preview.of} {verb}{rate}"
    return f"{line} ({preview.note})" if preview.note else line


def a_day(number: float) -> str:
    """A rate for people: `0.4 a day`, `12 a day`."""
    if number < 0.1:
        return "less than 0.1 a day"
    return f"{number:.0f} a day" if number >= 10 else f"{number:.1f} a day".replace(".0 ", " ")


def _print_indented(out: Console, lines: Iterable[tuple[str, Text]]) -> None:
    """Lines behind their heads; on a terminal broken between words, else each as one."""
    if not out.is_terminal:
        for head, line in lines:
            out.print(Text(f"{head:{_INDENT}}").append_text(line))
        return
    grid = Table.grid()
    grid.add_column(width=_INDENT)
    grid.add_column(overflow="fold")
    for row in lines:
        grid.add_row(*row)
    out.print(grid, soft_wrap=False)


def _matched(query: Query, one: Seen, now: datetime) -> Iterator[tuple[str, Text]]:
    """The lines of a paper, each with its head: day and title, a piece of the abstract, and what matched."""
    prepared, marks = marks_of(query, one, now)
    title = marked(prepared.text("title"), marks, "title")
    yield str(one.day or ""), _styled(title)
    if piece := snippet(prepared.text("abstract"), marks, "abstract", _SNIPPET):
        yield "", _styled(piece, "dim")
    yield "", Text(f"Matched: {'; '.join(reasons(marks, prepared))}", style="green")


def _styled(piece: Snippet, style: str = "") -> Text:
    text = Text(piece.text, style=style)
    for start, end in piece.marks:
        text.stylize("bold yellow not dim", start, end)
    return text


def _warning(preview: Preview) -> Iterator[Text]:
    if not preview.papers:
        yield Text(f"there are no papers {preview.of} to try it on")
        return
    if preview.matching and not preview.too_many:
        return
    what = f"more than {MANY} a day is more than most people read" if preview.matching else "nothing matches"
    way = "narrower" if preview.matching else "wider"
    if not preview.proposal:
        yield Text(f"{what}, and no {way} query was found that does better", style="yellow")
        return
    count = preview.proposal.papers
    rate = f", {a_day(count / preview.days)}" if preview.days else ""
    yield Text(f"{what}; {way}, with {many(count, 'paper')}{rate}:", style="yellow")
    yield Text(f"  {preview.proposal.query}")


@contextmanager
def progress(total: int) -> Iterator[Callable[[str], None]]:
    """A bar on standard error; the function says what is done now, one of so many. Nothing where it is no terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("reading", total=total)
        yield lambda done: bar.update(task, advance=1, description=done)


def patiently(things: Iterable[_T]) -> Iterator[_T]:
    """The same things, with their number on standard error once they take longer than a second; nothing where it is
    no terminal."""
    console = Console(stderr=True)
    columns = TextColumn("{task.completed:,.0f} papers"), TimeElapsedColumn()
    shown = Progress(*columns, console=console, transient=True, disable=not console.is_terminal)
    task, begin = shown.add_task("", total=None), monotonic()
    try:
        for thing in things:
            if monotonic() - begin > 1:
                shown.start()
            shown.advance(task)
            yield thing
    finally:
        shown.stop()
