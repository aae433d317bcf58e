"""The list days of the sources as a calendar on a terminal."""

from collections.abc import Iterable, Sequence

from rich.table import Table
from rich.text import Text

from bot.covered import Shown

# What stands in a cell, its style, and what that means.
_CELLS = {
    "closed": ("{papers}", "green", "read whole"),
    "growing": ("{papers}+", "yellow", "so far; the list may grow"),
    "open": ("?", "bold red", "not read whole yet: it is tried on"),
    "given_up": ("x", "bold red", "given up: papers may be missing"),
    "unread": ("!", "bold red", "nobody has looked"),
    "none": ("\u00b7", "dim", "no list"),
    "later": ("", "dim", ""),
    "before": ("", "dim", ""),
}
_NARROW = 5  # columns of a day


def days_table(rows: Sequence[tuple[str, Sequence[Shown]]], width: int) -> Table:
    """A row for each part of each source, a column for each day; in several blocks where the terminal is narrow."""
    names = max((len(name) for name, _ in rows), default=0)
    fit = max(7, (width - names - 2) // _NARROW)
    days = max((list_ for _, list_ in rows), key=len, default=())
    table = Table(box=None, pad_edge=False, show_header=False)
    for _ in range(min(fit, len(days)) + 1):
        table.add_column(justify="right")
    table.columns[0].justify = "left"
    every = [one.day for one in days]
    for start in range(0, len(every), fit):
        some = every[start : start + fit]
        if start:
            table.add_row()
        table.add_row("", *(Text(f"{day:%a}"[:2], style="dim") for day in some))
        table.add_row("", *(Text(f"{day:%b}" if day.day == 1 or day == some[0] else "", style="dim") for day in some))
        table.add_row("", *(Text(str(day.day), style="bold") for day in some))
        for name, list_ in rows:
            by_day = {one.day: one for one in list_}
            table.add_row(name, *(_cell(by_day.get(day)) for day in some))
    return table


def _cell(shown: Shown | None) -> Text:
    text, style, _ = _CELLS[shown.state if shown else "later"]
    return Text(text.format(papers=shown.papers if shown else 0), style=style)


def legend(rows: Sequence[tuple[str, Sequence[Shown]]]) -> Iterable[Text]:
    """What the marks that occur mean."""
    found = {one.state for _, list_ in rows for one in list_}
    for state, (text, style, means) in _CELLS.items():
        if state in found and means:
            yield Text.assemble((text.format(papers="12"), style), f"  {means}")
