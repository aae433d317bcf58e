"""Makes docs/coverage.svg: what `paperwatch coverage` prints, of invented days. Run it with .venv/bin/python
docs/list_days.py."""

import os
import random
import re
from datetime import date, timedelta
from pathlib import Path

from rich.console import Console
from rich.text import Text

from bot.covered import Shown
from bot.show_days import days_table, legend

WIDTH = 100
TARGET = Path(__file__).with_name("coverage.svg")
LAST, USUAL = date(2026, 11, 24), {"hf": 45, "arxiv cs.CL": 150, "arxiv cs.LG": 260, "biorxiv": 130}


def rows() -> list[tuple[str, list[Shown]]]:
    """Two weeks of four lists: one late, one that was never read whole."""
    chance, days = random.Random(7), [LAST - timedelta(days=n) for n in range(13, -1, -1)]
    found = []
    for name, usual in USUAL.items():
        shown = [_day(name, day, round(usual * chance.uniform(0.7, 1.3))) for day in days]
        found.append((name, shown))
    return found


def _day(name: str, day: date, papers: int) -> Shown:
    if day.weekday() >= 5 and name != "biorxiv":
        return Shown(day, "none")
    if (name, day) == ("arxiv cs.LG", LAST):
        return Shown(day, "open")
    grows = {"hf": 2, "biorxiv": 1}.get(name, 0)
    return Shown(day, "growing" if (LAST - day).days < grows else "closed", papers)


def main() -> None:
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text("$ ./paperwatch coverage", style="bold"))
        console.print(days_table(rows(), WIDTH))
        console.print()
        for line in legend(rows()):
            console.print(line)
        svg = console.export_svg(title="paperwatch coverage", unique_id="coverage")
    TARGET.write_text(re.sub(r"\s*@font-face \{.*?\}", "", svg, flags=re.DOTALL))


if __name__ == "__main__":
    main()
