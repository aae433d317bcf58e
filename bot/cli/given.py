"""What is given to many commands: options before the command, and arguments behind it."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

Address = Annotated[
    str, typer.Argument(help="Where to tell it: console:, telegram:CHAT, email:ADDRESS or webhook:https://…")
]
Query = Annotated[
    list[str],
    typer.Argument(
        metavar="QUERY",
        help="What to look for, such as '\"tool use\" AND (RAG OR retrieval)'; behind -- if it begins with -.",
    ),
]


def whole(query: list[str]) -> str:
    """The query, of which shells make several arguments. Raises ValueError if they have taken quotes away from it."""
    if len(query) > 1 and any(len(argument.split()) > 1 for argument in query):
        meant = " ".join(f'"{argument}"' if len(argument.split()) > 1 else argument for argument in query)
        raise ValueError(f"put the whole query in quotes, since your shell takes its own away: {shlex.quote(meant)}")
    return " ".join(query)


class Given:
    """What was given before the command."""

    config: Path | None = None
    debug: bool = False
