"""Where commands print: data on standard output, talk on standard error."""

import json
import sys
from datetime import UTC, datetime
from typing import Any

import typer
from rich.console import Console

from bot.redaction import as_logged

# No markup: titles, names and queries have brackets of their own.
out = Console(highlight=False, soft_wrap=True, markup=False, emoji=False)
talk = Console(highlight=False, soft_wrap=True, markup=False, emoji=False, stderr=True)


def say(text: str) -> None:
    """A sentence for the person at the terminal; never on standard output. Where logs are JSON, so is this."""
    typer.echo(as_logged(text), err=True)


def print_json(values: dict[str, Any]) -> None:
    """An object on a line."""
    typer.echo(json.dumps(values, ensure_ascii=False))


def can_answer() -> bool:
    """Whether there is a person who can be asked."""
    return sys.stdin is not None and sys.stdin.isatty()


def now() -> datetime:
    """The time (UTC)."""
    return datetime.now(UTC)
