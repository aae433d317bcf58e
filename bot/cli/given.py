"""What is given to many commands: options before the command, and arguments behind it."""

from pathlib import Path
from typing import Annotated

import typer

Address = Annotated[
    str, typer.Argument(help="Where to tell it: console:, telegram:CHAT, email:ADDRESS or webhook:https://…")
]


class Given:
    """What was given before the command."""

    config: Path | None = None
    debug: bool = False
