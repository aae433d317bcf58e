"""The terminal: a card for each paper on standard output."""

import sys
from collections.abc import Callable, Iterator
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from bot.channels.lines import by, facts, news, reasons
from bot.channels.outgoing import ChannelError, Item, Outgoing, Pace, Sent
from bot.schedule import day_of
from scrapers.text import plain

_ABSTRACT = 480  # characters; about five lines on a terminal of 100 columns


class ConsoleChannel:
    """Prints messages. The address is empty: there is one terminal."""

    papers_at_most = alerts_at_most = 20
    a_day = 0
    rate = 0.0
    timeout = 0.0

    def __init__(self, console: Callable[[], Console] = lambda: Console(file=sys.stdout)) -> None:
        self._console = console

    def check(self, address: str) -> str:
        if address.strip():
            raise ValueError("the console has no address; write it as console:")
        return ""

    def pace(self, address: str) -> Pace:
        return Pace("console:")

    def render(self, outgoing: Outgoing) -> RenderableType:
        if outgoing.notice:
            return Text(outgoing.notice.text, style="bold red")
        return Group(_heading(outgoing), *_body(outgoing), *_ending(outgoing))

    async def send(self, address: str, rendered: RenderableType) -> Sent:
        if sys.stdout is None:
            raise ChannelError("standard output is closed")
        console = self._console()
        try:
            console.print(rendered)
            console.file.flush()
        except OSError as error:
            raise ChannelError(f"standard output cannot be written: {error.strerror}") from None
        return Sent()

    async def probe(self) -> str:
        return ""

    async def close(self) -> None:
        """Nothing was opened."""


def _heading(outgoing: Outgoing) -> RenderableType:
    if outgoing.kind != "digest":
        return Text()
    of = f" (part {outgoing.part} of {outgoing.parts})" if outgoing.parts > 1 else ""
    what = f" · digest of {day}" if (day := day_of(outgoing.slot)) else ""
    papers = {0: "no new papers", 1: "1 paper"}.get(outgoing.total, f"{outgoing.total} papers")
    return Padding(Text(f"{papers}{what}{of}", style="bold"), (1, 0, 0, 0))


def _body(outgoing: Outgoing) -> Iterator[RenderableType]:
    """The cards; in a digest under the name of the subscription that each of them is for first."""
    for name, items in groupby(outgoing.items, key=lambda item: item.reasons[:1]):
        if outgoing.kind == "digest":
            yield Text(" ".join(name), style="bold green")
        yield from map(card, items)


def _ending(outgoing: Outgoing) -> Iterator[RenderableType]:
    if outgoing.more:
        yield Text(f"and {outgoing.more} more")
    if outgoing.coverage:
        yield Text(outgoing.coverage, style="dim")


def card(item: Item) -> Panel:
    """The card of a paper: title, authors, facts, abstract with the matched words, reasons, link."""
    paper = item.paper
    lines: list[RenderableType] = [_marked(paper.title, item, "title", "bold")]
    if who := by(paper):
        lines.append(Text(who, style="dim"))
    if known := facts(paper):
        lines.append(Text(known, style="cyan"))
    if paper.abstract:
        lines += [Text(), _shorten(_marked(paper.abstract, item, "abstract", ""))]
    lines += [Text(), Text(reasons(item), style="green")]
    if changes := news(item):
        lines.append(Text(changes, style="yellow"))
    if paper.url:
        lines.append(Text(paper.url, style=f"blue underline link {paper.url}"))
    return Panel(Group(*lines), border_style="dim", padding=(0, 1), width=100)


def _marked(text: str, item: Item, field: str, style: str) -> Text:
    """The text with the matched words marked; the marks are offsets into its plain form."""
    marked = Text(plain(text), style=style)
    for mark in item.marks:
        if mark.field == field:
            marked.stylize("bold yellow", mark.start, mark.end)
    return marked


def _shorten(text: Text) -> Text:
    if len(text) <= _ABSTRACT:
        return text
    cut = text.plain.rfind(" ", 0, _ABSTRACT)
    return text[: cut if cut > 0 else _ABSTRACT].append(" …")
