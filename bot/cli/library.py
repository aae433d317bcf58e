"""The commands about the library, and about how this installation is."""

from typing import Annotated, Literal

import typer

from bot.cli.ending import end
from bot.cli.given import Given, Query, whole

app = typer.Typer()


@app.command()
def search(
    query: Query,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Only papers first seen in the last days.")
    ] = None,
    sort: Annotated[
        Literal["newest", "best"], typer.Option(help="The newest here first, or those with the most upvotes.")
    ] = "newest",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="So many on a page.")] = 20,
    page: Annotated[int, typer.Option(min=1, max=1_000_000, help="Which page.")] = 1,
    json: Annotated[bool, typer.Option("--json", help="Print one paper a line as JSON.")] = False,
) -> None:
    """Search the library."""
    from bot import commands

    commands.search(Given.config, whole(query), days=days, order=sort, limit=limit, page=page, json=json)


@app.command()
def preview(
    query: Query,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help="Papers of so many days (default: 30; of a file: all).")
    ] = None,
    papers: Annotated[
        str | None, typer.Option(help="A file of papers, as scrape --json prints them; - is standard input.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the matching papers as JSON, and what matched.")] = False,
) -> None:
    """Show what a query would have told, and how many papers a day."""
    from bot import commands

    commands.preview(Given.config, whole(query), days=days, papers=papers, json=json)


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Show sources, last readings and the outbox; exit code 1 when something is wrong."""
    from bot import commands

    end(commands.status(Given.config, json=json))


@app.command()
def coverage(
    days: Annotated[int, typer.Option(min=1, max=366, help="So many days back.")] = 14,
    json: Annotated[bool, typer.Option("--json", help="Print one list day a line as JSON.")] = False,
) -> None:
    """Show as a calendar which lists were read, of which day, and how many papers they had."""
    from bot import commands

    commands.coverage(Given.config, back=days, json=json)


@app.command()
def doctor(
    online: Annotated[
        bool, typer.Option("--online", help="Ask each source, the bot and the mail server too; nothing is sent.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one check a line as JSON.")] = False,
) -> None:
    """Check the whole installation, and say what to do; exit code 1 when something is wrong."""
    from bot import commands

    end(commands.doctor(Given.config, online=online, json=json))


@app.command()
def dead(
    retry: Annotated[
        int | None, typer.Option(metavar="ID", max=2_000_000_000, help="Send this one again, as it is.")
    ] = None,
    drop: Annotated[
        int | None, typer.Option(metavar="ID", max=2_000_000_000, help="Give this one up for good.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one message a line as JSON.")] = False,
) -> None:
    """Show the messages that could not be sent, send one again, or drop it."""
    from bot import commands

    commands.dead(Given.config, retry=retry, drop=drop, json=json)


@app.command()
def demo() -> None:
    """Show how alerts look: a small invented day, offline, in a temporary library."""
    from bot import demo as demonstration

    demonstration.demo()


@app.command()
def unmerge(
    paper: Annotated[
        int, typer.Argument(max=2_000_000_000, help="The number of the record that was merged into another.")
    ],
) -> None:
    """Take apart two records that were wrongly found to be one paper."""
    from bot import commands

    commands.unmerge(Given.config, paper)
