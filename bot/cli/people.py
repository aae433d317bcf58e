"""The commands about one address: its settings, its digests, and the papers that it was told of or saved."""

from datetime import datetime
from typing import Annotated, Literal

import typer

from bot.cli.given import Address, Given

app = typer.Typer()

Paper = Annotated[str, typer.Argument(help="Its arXiv id, DOI, address, number or title.")]


@app.command()
def settings(
    address: Address,
    zone: Annotated[str | None, typer.Option(help="The time zone, such as Europe/Berlin.")] = None,
    at: Annotated[str | None, typer.Option(help="The hour of digests, such as 08:00.")] = None,
    weekday: Annotated[str | None, typer.Option(help="The day of weekly digests, such as monday.")] = None,
    quiet: Annotated[str | None, typer.Option(help="Quiet hours, such as 22:00-07:00; or off.")] = None,
    most: Annotated[int | None, typer.Option(min=1, max=1_000, help="Papers of a digest at most.")] = None,
    wait: Annotated[
        int | None, typer.Option(min=0, max=720, help="Minutes that a digest waits for lists that are not read yet.")
    ] = None,
    empty: Annotated[
        bool | None, typer.Option("--empty-days/--no-empty-days", help="Digests on days without papers too.")
    ] = None,
) -> None:
    """Show and change where and when an address is told."""
    from bot import managing

    managing.settings(
        Given.config,
        address,
        zone_name=zone,
        at=at,
        weekday_name=weekday,
        quiet=quiet,
        most=most,
        wait=wait,
        empty=empty,
    )


@app.command()
def digest(
    address: Address,
    date: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD", help="Of this local day (default: the next one)."),
    ] = None,
    format: Annotated[  # noqa: A002
        Literal["text", "html", "telegram", "mail"], typer.Option(help="As which channel shows it.")
    ] = "text",
) -> None:
    """Show what an address's digest carries, without sending anything."""
    from bot import managing

    managing.digest(Given.config, address, day=date.date() if date else None, form=format)


@app.command()
def why(address: Address, paper: Paper) -> None:
    """Say what an address was told of a paper, when and why, or why not."""
    from bot import managing

    managing.why(Given.config, address, paper)


@app.command()
def remind(
    address: Address,
    paper: Paper,
    on: Annotated[str, typer.Option(help="When: monday, tomorrow, 3d or 2026-11-23.")] = "tomorrow",
) -> None:
    """Tell an address of a paper again, at the hour of its digests."""
    from bot import managing

    managing.remind(Given.config, address, paper, on=on)


@app.command()
def save(
    address: Address,
    paper: Paper,
    remove: Annotated[bool, typer.Option("--remove", help="Forget that it was saved.")] = False,
) -> None:
    """Save a paper for later."""
    from bot import managing

    managing.save(Given.config, address, paper, remove=remove)


@app.command()
def saved(
    address: Address,
    format: Annotated[  # noqa: A002
        Literal["table", "json", "bibtex", "ris", "csl-json"],
        typer.Option(help="As a table, one paper a line as JSON, or for a reference manager."),
    ] = "table",
    json: Annotated[bool, typer.Option("--json", help="The same as --format json.")] = False,
) -> None:
    """List the papers that were saved."""
    from bot import managing

    managing.saved(Given.config, address, form="json" if json else format)


@app.command()
def export(address: Address) -> None:
    """Print everything that is kept of an address's owner, as JSON."""
    from bot import managing

    managing.export(Given.config, address)
