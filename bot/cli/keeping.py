"""The commands that keep the library: backups, and what is not needed any more."""

from pathlib import Path
from typing import Annotated

import typer

from bot.cli.given import Given

app = typer.Typer()


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="The file to write; of PostgreSQL a dump.")],
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write the whole library into a file, beside a running `run`, and read it again to see that it is whole."""
    from bot import backing_up

    backing_up.backup(Given.config, file, force=force)


@app.command()
def prune(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
) -> None:
    """Let go of readings and messages that are older than `keep` says; `run` does so once a day."""
    from bot import commands

    commands.prune(Given.config, dry_run=dry_run)


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="A file that `backup` wrote, by this version or an older one.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Let a backup take the place of the library, which is kept beside it. Stop `run` first."""
    from bot import backing_up

    backing_up.restore(Given.config, file, yes=yes)
