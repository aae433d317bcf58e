"""The commands about mail: what comes back, and the keys of the links."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.given import Given

app = typer.Typer()


@app.command()
def receive(
    file: Annotated[str, typer.Argument(help="A mail; - is standard input, as a mail server pipes it.")] = "-",
) -> None:
    """Take a mail that came back: it unsubscribes, or tells that one of ours was not delivered."""
    from bot import managing_mail

    managing_mail.receive(Given.config, None if file == "-" else Path(file))


@app.command("rotate-keys")
def rotate_keys(
    purpose: Annotated[
        str | None, typer.Argument(help="confirm, unsubscribe, manage, feed, archive or bounce.")
    ] = None,
    forget: Annotated[
        bool, typer.Option("--forget", help="Let links of older mails be good no more, also those to unsubscribe.")
    ] = False,
) -> None:
    """Sign links with a new key from now on; those signed before stay good."""
    from bot import managing_mail

    managing_mail.rotate_keys(Given.config, purpose, forget=forget)
