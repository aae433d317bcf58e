"""How findings look."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bot.doctor.finding import Finding
from bot.show import many

_STYLES = {"ok": "green", "warning": "yellow", "failure": "bold red"}
_SIGNS = {"ok": "✓", "warning": "!", "failure": "✗"}
_PLAIN = {"ok": "+", "warning": "!", "failure": "x"}


def show(out: Console, findings: Sequence[Finding]) -> None:
    """Each with its mark, and what to do below it; wrapped on a terminal, and each on its lines where it is none."""
    encoding = (out.encoding or "").lower()
    signs = _SIGNS if encoding.startswith("utf") else _PLAIN
    width = max(len(finding.what) for finding in findings)
    if out.is_terminal:
        out.print(_table(findings, signs), soft_wrap=False)
        return
    for one in findings:
        for n, line in enumerate(_lines(one)):
            what = f"{signs[one.state]} {one.what:{width}}" if n == 0 else " " * (width + 2)
            out.print(Text(f"{what}  {line}"))


def _table(findings: Sequence[Finding], signs: dict[str, str]) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column()
    table.add_column(max_width=18)
    table.add_column(ratio=1, overflow="fold")
    for one in findings:
        style = _STYLES[one.state]
        says = Text(one.says, style="" if one.state == "ok" else style)
        if one.advice:
            says.append(f"\n{_to_do(one)}", style="not bold default")
        table.add_row(Text(signs[one.state], style=style), Text(one.what), says)
    return table


def _lines(one: Finding) -> list[str]:
    return [*one.says.splitlines(), *([_to_do(one)] if one.advice else [])]


def _to_do(one: Finding) -> str:
    return f"to do: {one.advice}" if one.state != "ok" else one.advice


def summary(findings: Sequence[Finding]) -> str:
    """How many are wrong."""
    failures, warnings = (sum(one.state == state for one in findings) for state in ("failure", "warning"))
    counted = [many(number, noun) for number, noun in ((failures, "failure"), (warnings, "warning")) if number]
    return ", ".join(counted) or "nothing is wrong"
