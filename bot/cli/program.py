"""The program: what may be given before the command, the commands that read sources, and where the others are."""

import logging
import os
import sys
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated

import typer

from bot.cli import keeping, library, mail, people, subscribing
from bot.cli.ending import end, fail
from bot.cli.given import Given
from bot.redaction import RedactingFormatter

app = typer.Typer(
    name="paperwatch",
    help="Watches paper listings and tells you, by your own queries, about the papers that matter.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for commands in (subscribing.app, people.app, library.app, keeping.app, mail.app):
    app.add_typer(commands)
app.add_typer(subscribing.subscription, name="subscription")


def _show_version(wanted: bool) -> None:
    if wanted:
        from bot.app import program_version

        typer.echo(f"paperwatch {program_version()}")
        raise typer.Exit


@app.callback()
def _global(
    config: Annotated[Path | None, typer.Option(help="The configuration file (TOML).")] = None,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks, and log everything.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    Given.config, Given.debug = config, debug
    if debug:
        logging.getLogger().setLevel(logging.DEBUG)


@app.command()
def run(
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False,
    role: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ROLE",
            help="What this process does: ingest, deliver, bot or web (default: all); repeat it. Several processes"
            " need PostgreSQL.",
        ),
    ] = None,
) -> None:
    """Watch the sources and send alerts, until stopped."""
    from bot import commands

    commands.run(Given.config, once=once, roles=role or ())


@app.command()
def scrape(
    sources: Annotated[list[str] | None, typer.Argument(help="Sources by their names in the configuration.")] = None,
    date: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The list day to read.")] = None,
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The first list day.")] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last list day.")] = None,
    week: Annotated[str | None, typer.Option(help="A week's list, such as 2026-W47.")] = None,
    month: Annotated[str | None, typer.Option(help="A month's list, such as 2026-11.")] = None,
    trending: Annotated[bool, typer.Option("--trending", help="The trending list.")] = False,
    query: Annotated[str | None, typer.Option("--query", "-q", help="The source's own search.")] = None,
    id: Annotated[list[str] | None, typer.Option(help="One paper by its id, such as 2504.00891; repeat it.")] = None,
    file: Annotated[str | None, typer.Option("--from", help="A pasted or saved listing; - is standard input.")] = None,
    as_of: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When the file was copied, for dates without a year.")
    ] = None,
    alert: Annotated[
        bool | None, typer.Option("--alert/--no-alert", help="Queue alerts (default: for sources, not for files).")
    ] = None,
    deliver: Annotated[bool, typer.Option("--deliver", help="Send what is due here and now.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Store and send nothing.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print one paper a line as JSON.")] = False,
) -> None:
    """Read listings once: fetch, store, match, queue, and show what is new."""
    from bot import scraping

    wanted = scraping.Wanted(
        sources=tuple(sources or ()), day=date and date.date(), since=since and since.date(),
        until=until and until.date(), week=week, month=month, trending=trending, query=query, ids=tuple(id or ()),
        file=file, as_of=as_of and as_of.date(), alert=alert, deliver=deliver, dry_run=dry_run, json=json,
    )  # fmt: skip
    end(scraping.scrape(Given.config, wanted))


@app.command()
def backfill(
    source: Annotated[str, typer.Argument(help="The source by its name in the configuration.")],
    since: Annotated[datetime, typer.Option(formats=["%Y-%m-%d"], help="The first list day.")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The last list day (default: yesterday).")
    ] = None,
    alert: Annotated[bool, typer.Option("--alert", help="Queue alerts for what is found.")] = False,
) -> None:
    """Fill the library with the lists of earlier days; run it again to go on after an interruption."""
    from bot import backfilling

    end(backfilling.backfill(Given.config, source, since.date(), until and until.date(), alert=alert))


def main() -> None:
    """Run the command that the arguments name."""
    talk_on_stderr()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that knows only ASCII shows ? for the rest
    try:
        app(prog_name="paperwatch")
    except SystemExit as ending:
        if not isinstance(ending.__context__, BrokenPipeError):
            raise
        # The reader (head, less) has seen enough. Python would complain while it flushes standard output at its end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except KeyboardInterrupt:
        sys.exit(130)
    except Exception as error:  # noqa: BLE001 - the last place where anything can become a sentence
        fail(error)


def talk_on_stderr() -> None:
    """Log warnings and what is worse to standard error, without secrets and without traces that others tell anyway."""
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[to_stderr])
    for noisy in ("httpx", "httpcore", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("telegram").setLevel(logging.CRITICAL + 1)  # it logs what people wrote, and a trace for each 502
    # Its jobs only wake others; one that is late, or cancelled at the end, is told with a trace.
    logging.getLogger("apscheduler").setLevel(logging.CRITICAL + 1)
    # A trace for each connection that ends; whoever used it has the same error.
    logging.getLogger("sqlalchemy.pool").setLevel(logging.CRITICAL + 1)
