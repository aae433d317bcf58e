"""The terminal: a card for each paper on standard output."""

import sys
from collections.abc import Callable, Iterator
from itertools import groupby

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.text import Text

from bot.channels.outgoing import ChannelError, Item, Outgoing
from bot.schedule import day_of
from scrapers.paper import Paper
from scrapers.text import plain

_ABSTRACT = 480  # characters; about five lines on a terminal of 100 columns
_AUTHORS = 3


class ConsoleChannel:
    """Prints messages. The address is empty: there is one terminal."""

    papers_at_most = 20

    def __init__(self, console: Callable[[], Console] = lambda: Console(file=sys.stdout)) -> None:
        self._console = console

    def check(self, address: str) -> str:
        if address.strip():
            raise ValueError("the console has no address; write it as console:")
        return ""

    def render(self, outgoing: Outgoing) -> RenderableType:
        return Group(_heading(outgoing), *_body(outgoing), *_ending(outgoing))

    async def send(self, address: str, rendered: RenderableType) -> str | None:
        if sys.stdout is None:
            raise ChannelError("standard output is closed")
        console = self._console()
        try:
            console.print(rendered)
            console.file.flush()
        except OSError as error:
            raise ChannelError(f"standard output cannot be written: {error.strerror}") from None
        return None


def _heading(outgoing: Outgoing) -> RenderableType:
    if outgoing.kind != "digest":
        return Text()
    of = f" (part {outgoing.part} of {outgoing.parts})" if outgoing.parts > 1 else ""
    what = f" · digest of {day}" if (day := day_of(outgoing.slot)) else ""
    papers = "1 paper" if outgoing.total == 1 else f"{outgoing.total} papers"
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
    if by := _by(paper):
        lines.append(Text(by, style="dim"))
    if facts := _facts(paper):
        lines.append(Text(facts, style="cyan"))
    if paper.abstract:
        lines += [Text(), _shorten(_marked(paper.abstract, item, "abstract", ""))]
    lines += [Text(), _reasons(item)]
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


def _by(paper: Paper) -> str:
    names = list(paper.authors[:_AUTHORS])
    rest = (paper.authors_count or len(paper.authors)) - len(names)
    if not names:
        who = f"{paper.authors_count} author{'s' if paper.authors_count != 1 else ''}" if paper.authors_count else ""
    else:
        more = f" and {rest} more" if rest > 0 else " et al." if paper.authors_truncated else ""
        who = ", ".join(names) + more
    return " · ".join(filter(None, [who, *(one.name or one.slug or "" for one in paper.organizations)]))


def _facts(paper: Paper) -> str:
    facts = [
        " ".join(paper.categories),
        f"{paper.published.day} {paper.published:%b %Y}" if paper.published else "",
        f"▲ {paper.upvotes}" if paper.upvotes is not None else "",
        f"★ {paper.stars}" if paper.stars is not None else "",
        "code" if paper.has_code else "",
    ]
    return " · ".join(filter(None, facts))


def _reasons(item: Item) -> Text:
    if item.kind.startswith("reminder"):
        return Text("you asked to be told of it again", style="dim")
    why = {"version": "new version", "rise": "rising"}.get(item.kind.split(":")[0])
    text = Text(f"{why}: " if why else "matched: ", style="dim")
    return text.append(", ".join(item.reasons), style="green")
