"""The command line. Standard output is data, standard error is talk.

Exit codes: 0 done, 1 something failed or is unhealthy, 2 the caller's mistake. Heavy modules are imported by the
commands that need them, so that --help answers at once.
"""

import logging
import os
import sys
import traceback
from datetime import datetime
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, Any, Literal, NoReturn

import typer

from bot.redaction import RedactingFormatter, redacted

app = typer.Typer(
    name="paperwatch",
    help="Watches paper listings and tells you, by your own queries, about the papers that matter.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)
subscription = typer.Typer(help="Change a subscription, or pause and resume an address.", no_args_is_help=True)
app.add_typer(subscription, name="subscription")

Address = Annotated[
    str, typer.Argument(help="Where to tell it: console:, telegram:CHAT, email:ADDRESS or webhook:https://…")
]
Name = Annotated[str, typer.Argument(help="The subscription's name.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="YYYY-MM-DD")]


class _Options:
    """What was given before the command."""

    config: Path | None = None
    debug: bool = False


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
    _Options.config, _Options.debug = config, debug
    if debug:
        logging.getLogger().setLevel(logging.DEBUG)


@app.command()
def run(once: Annotated[bool, typer.Option("--once", help="Do what is due now, and end.")] = False) -> None:
    """Watch the sources and send alerts, until stopped."""
    from bot import commands

    commands.run(_Options.config, once=once)


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
        until=until and until.date(), week=week, month=month, trending=trending, query=query, file=file,
        as_of=as_of and as_of.date(), alert=alert, deliver=deliver, dry_run=dry_run, json=json,
    )  # fmt: skip
    _end(scraping.scrape(_Options.config, wanted))


Query = Annotated[str, typer.Argument(help="What to look for, such as '\"tool use\" AND (RAG OR retrieval)'.")]
Paper = Annotated[str, typer.Argument(help="Its arXiv id, DOI, address, number or title.")]


@app.command()
def subscribe(
    address: Address,
    query: Query,
    name: Annotated[str | None, typer.Option(help="A name for it (default: the query).")] = None,
    rhythm: Annotated[str, typer.Option(help="instant, daily, weekdays or weekly.")] = "instant",
    at: Annotated[str | None, typer.Option(help="The hour of its digest (default: the address's).")] = None,
    weekday: Annotated[str | None, typer.Option(help="The day of a weekly digest (default: the address's).")] = None,
    zone: Annotated[str | None, typer.Option(help="The address's time zone, such as Europe/Berlin.")] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Save it without a preview and without asking.")] = False,
    confirmed: Annotated[
        bool, typer.Option("--confirmed", help="You know that the owner of this mail address wants it.")
    ] = False,
) -> None:
    """Be told about papers that match a query; first see what it would have told. A new mail address is asked by mail
    whether it wants that."""
    from bot import managing
    from bot.subscriptions import Rhythm

    when = Rhythm(rhythm, at, weekday)
    managing.subscribe(_Options.config, address, query, yes=yes, confirmed=confirmed, name=name, rhythm=when, zone=zone)


@app.command()
def subscriptions(
    address: Annotated[str | None, typer.Argument(help="Only those of this address.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one subscription a line as JSON.")] = False,
) -> None:
    """List the subscriptions there are."""
    from bot import managing

    managing.subscriptions(_Options.config, address, json=json)


@subscription.command("edit")
def subscription_edit(
    address: Address,
    name: Name,
    query: Annotated[str | None, typer.Option(help="The new query.")] = None,
    new_name: Annotated[str | None, typer.Option("--name", help="The new name.")] = None,
    rhythm: Annotated[str | None, typer.Option(help="instant, daily, weekdays or weekly.")] = None,
    at: Annotated[str | None, typer.Option(help="The hour of its digest.")] = None,
    weekday: Annotated[str | None, typer.Option(help="The day of a weekly digest.")] = None,
) -> None:
    """Change the query, name, rhythm, hour or weekday of a subscription."""
    from bot import managing

    managing.edit(_Options.config, address, name, query=query, new_name=new_name, rhythm=rhythm, at=at, weekday=weekday)


@subscription.command("mute")
def subscription_mute(
    address: Address,
    name: Name,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Until this day.")] = None,
    off: Annotated[bool, typer.Option("--off", help="End the muting.")] = False,
) -> None:
    """Tell nothing for a subscription, until a day or until --off."""
    from bot import managing

    managing.mute(_Options.config, address, name, until=until, off=off)


@subscription.command("pause")
def subscription_pause(address: Address) -> None:
    """Tell an address nothing; what matches meanwhile waits."""
    from bot import managing

    managing.pause(_Options.config, address)


@subscription.command("resume")
def subscription_resume(address: Address) -> None:
    """Tell an address again; what waited comes as one digest."""
    from bot import managing

    managing.resume(_Options.config, address)


@app.command()
def unsubscribe(
    address: Address,
    name: Annotated[str | None, typer.Argument(help="One subscription (default: all, and the address).")] = None,
) -> None:
    """Remove a subscription, or an address with everything that is kept of it."""
    from bot import managing

    managing.unsubscribe(_Options.config, address, name)


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
) -> None:
    """Show and change where and when an address is told."""
    from bot import managing

    managing.settings(
        _Options.config, address, zone_name=zone, at=at, weekday_name=weekday, quiet=quiet, most=most, wait=wait
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

    managing.digest(_Options.config, address, day=date.date() if date else None, form=format)


@app.command()
def why(address: Address, paper: Paper) -> None:
    """Say what an address was told of a paper, when and why, or why not."""
    from bot import managing

    managing.why(_Options.config, address, paper)


@app.command()
def remind(
    address: Address,
    paper: Paper,
    on: Annotated[str, typer.Option(help="When: monday, tomorrow, 3d or 2026-11-23.")] = "tomorrow",
) -> None:
    """Tell an address of a paper again, at the hour of its digests."""
    from bot import managing

    managing.remind(_Options.config, address, paper, on=on)


@app.command()
def save(
    address: Address,
    paper: Paper,
    remove: Annotated[bool, typer.Option("--remove", help="Forget that it was saved.")] = False,
) -> None:
    """Save a paper for later."""
    from bot import managing

    managing.save(_Options.config, address, paper, remove=remove)


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

    managing.saved(_Options.config, address, form="json" if json else format)


@app.command()
def export(address: Address) -> None:
    """Print everything that is kept of an address's owner, as JSON."""
    from bot import managing

    managing.export(_Options.config, address)


@app.command()
def search(
    query: Annotated[str, typer.Argument(help="The same language as for subscriptions.")],
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

    commands.search(_Options.config, query, days=days, order=sort, limit=limit, page=page, json=json)


@app.command()
def preview(
    query: Annotated[str, typer.Argument(help="The same language as for subscriptions.")],
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

    commands.preview(_Options.config, query, days=days, papers=papers, json=json)


@app.command()
def status(json: Annotated[bool, typer.Option("--json", help="Print it as JSON.")] = False) -> None:
    """Show sources, last readings and the outbox; exit code 1 when something is wrong."""
    from bot import commands

    _end(commands.status(_Options.config, json=json))


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

    commands.dead(_Options.config, retry=retry, drop=drop, json=json)


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

    commands.unmerge(_Options.config, paper)


def _end(code: int) -> None:
    if code:
        raise typer.Exit(code)


def main() -> None:
    """Run the command that the arguments name."""
    _talk_on_stderr()
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
        _fail(error)


def _talk_on_stderr() -> None:
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(RedactingFormatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[to_stderr])
    for noisy in ("httpx", "httpcore", "telegram", "apscheduler", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)


def _fail(error: Exception) -> NoReturn:
    """Say in a sentence what went wrong, and end with the code for whose fault it was."""
    if _Options.debug:
        print(redacted("".join(traceback.format_exception(error))), file=sys.stderr, end="")
        sys.exit(1)
    mine, text = _whose(error)
    print(f"paperwatch: {redacted(text)}", file=sys.stderr)
    sys.exit(2 if mine else 1)


def _whose(error: Exception) -> tuple[bool, str]:
    from bot.config import ConfigError
    from bot.store.engine import StoreError
    from scrapers.request import ScrapeError

    if isinstance(error, StoreError):
        return False, str(error)
    if isinstance(error, (ConfigError, ValueError, ScrapeError)) and not _is_internal(error):
        return True, str(error)
    if isinstance(error, OSError):
        return False, f"{error.strerror or error}{f': {error.filename}' if error.filename else ''}"
    return False, (
        f"something unexpected went wrong ({type(error).__name__}: {error}); nothing of this step was stored; run it"
        " again with paperwatch --debug … and report what it shows"
    )


def _is_internal(error: Any) -> bool:
    """Whether a ValueError comes from inside a library rather than from one of our checks."""
    return isinstance(error, UnicodeError) or type(error).__name__ == "ValidationError"
