"""The table of the README's performance section: day, claims, deliver and rest, one after the other (half an hour).

./check bench overview [--write] [SUBSCRIPTIONS…]    (1000 100000 1000000; --write puts the table into README.md)
"""

import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
README = HERE.parents[1] / "README.md"
BEGIN, END = "<!-- ./check bench overview --write -->\n", "<!-- end of the table -->\n"
Row = dict[str, Any]


def measured(name: str, *arguments: object) -> Any:
    command = [sys.executable, str(HERE / f"{name}.py"), *map(str, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.splitlines()[-1])


def taking_in(rows: Iterable[Row]) -> list[Sequence[str]]:
    """Growth is how many times as long each paper takes as with the size before."""
    lines, before = [], dict[str, float]()
    for row in rows:
        slower = before.get(row["database"], row["papers"]) / row["papers"]
        before[row["database"]] = row["papers"]
        lines.append((
            f"{row['database']}, {row['subscriptions']:,} subscriptions: papers read, matched and queued a second",
            (
                f"{row['papers']:,.1f} ({row['rows/s']:,.0f} alerts a second, {row['mb']:,.0f} MB; a new subscription"
                f" waits {row['wait']:.2f} s)"
            ),
            f"{row['plain']:,.1f}",
            f"{row['papers'] / row['plain']:.1f}x",
            f"{slower:.1f}x",
        ))  # fmt: skip
    return lines


def by_processes(rows: Iterable[Row], what: str) -> list[Sequence[str]]:
    """Growth is how many times as many there are as with one process."""
    lines, alone = [], dict[str, float]()
    for row in rows:
        grown = row["ours"] / alone.setdefault(row["database"], row["ours"])
        some = "1 process" if row["processes"] == 1 else f"{row['processes']} processes"
        lines.append((
            f"{row['database']}, {some}: {what} a second", f"{row['ours']:,.0f}", f"{row['plain']:,.0f}",
            f"{row['ours'] / row['plain']:.1f}x", f"{grown:.1f}x",
        ))  # fmt: skip
    return lines


def at_rest(found: dict[str, Row]) -> list[Sequence[str]]:
    ours, plain = found["ours"], found["plain"]
    units = {"start": ("from the start to the first request, all roles", "s", 2), "rest": ("memory at rest", "MB", 0),
             "peak": ("memory at its peak", "MB", 0)}  # fmt: skip
    return [
        (
            text,
            f"{ours[name]:.{digits}f} {unit}",
            f"{plain[name]:.{digits}f} {unit}",
            f"{ours[name] / plain[name]:.1f}x",
            "",
        )
        for name, (text, unit, digits) in units.items()
    ]


def table(lines: Iterable[Sequence[str]]) -> str:
    head = ("", "paperwatch", "the plain form", "ratio", "growth")
    rule = ("---", "---:", "---:", "---:", "---:")
    return "".join(f"| {' | '.join(line)} |\n" for line in (head, rule, *lines))


def main(arguments: list[str]) -> None:
    sizes = [size for size in arguments if size.isdigit()] or ["1000", "100000", "1000000"]
    lines = [
        *taking_in(sorted(measured("day", *sizes), key=lambda row: row["database"], reverse=True)),
        *by_processes(measured("claims"), "messages claimed and recorded"),
        *by_processes(measured("deliver"), "webhooks sent"),
        *at_rest(measured("rest")),
    ]
    print(table(lines))
    if "--write" in arguments:
        before, _, rest = README.read_text().partition(BEGIN)
        _, _, after = rest.partition(END)
        README.write_text(f"{before}{BEGIN}{table(lines)}{END}{after}")


if __name__ == "__main__":
    main(sys.argv[1:])
