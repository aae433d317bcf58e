"""What is given to many commands: options before the command, and arguments behind it."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

Address = Annotated[
    str, typer.Argument(help="Where to tell it: console:, telegram:CHAT, email:ADDRESS or webhook:https://…")
]


class Role(StrEnum):
    """What a process does; `bot.run` says what that is."""

    INGEST, DELIVER, BOT, WEB = "ingest", "deliver", "bot", "web"


class Given:
    """What was given before the command."""

    config: Path | None = None
    debug: bool = False
