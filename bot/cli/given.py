"""What is given to many commands: options before the command, and arguments behind it."""

import re
from pathlib import Path
from typing import Annotated

import typer

Address = Annotated[
    str, typer.Argument(help="Where to tell it: console:, telegram:CHAT, email:ADDRESS or webhook:https://…")
]
_EXAMPLE = """'"tool use" AND (RAG OR retrieval)'"""
_BETWEEN_QUOTES = re.compile(r'"[^"]*"')
Query = Annotated[
    list[str],
    typer.Argument(
        metavar="QUERY",
        help=f"What to look for, such as {_EXAMPLE}; behind -- if it begins with -.",
    ),
]


def whole(query: list[str]) -> str:
    """The query, of which shells make several arguments. Raises ValueError if they have taken quotes away from it."""
    if len(query) > 1 and any(map(_lacks_quotes, query)):
        raise ValueError(f"""put the whole query in quotes, since your shell takes those inside away: {_EXAMPLE}""")
    return " ".join(query)


def _lacks_quotes(argument: str) -> bool:
    """Whether blanks in the argument were quoted for the shell, and not for the query."""
    return len(_BETWEEN_QUOTES.sub("x", argument).split()) > 1


class Given:
    """What was given before the command."""

    config: Path | None = None
    debug: bool = False
