"""The commands that make, list, change and remove subscriptions."""

from datetime import datetime
from typing import Annotated

import typer

from bot.cli.given import Address, Given, Query, whole

app = typer.Typer()
subscription = typer.Typer(help="Change a subscription, or pause and resume an address.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The subscription's name.")]


@app.command()
def subscribe(
    address: Address,
    query: Query,
    name: Annotated[str | None, typer.Option(help="A name for it (default: the query).")] = None,
    rhythm: Annotated[str, typer.Option(help="instant, daily, weekdays or weekly.")] = "instant",
    at: Annotated[str | None, typer.Option(help="The hour of its digest (default: the address's).")] = None,
    weekday: Annotated[str | None, typer.Option(help="The day of a weekly digest (default: the address's).")] = None,
    zone: Annotated[str | None, typer.Option(help="The address's time zone, such as Europe/Berlin.")] = None,
    versions: Annotated[bool, typer.Option("--versions", help="Tell new versions of its papers too.")] = False,
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
    managing.subscribe(
        Given.config,
        address,
        whole(query),
        yes=yes,
        confirmed=confirmed,
        name=name,
        rhythm=when,
        zone=zone,
        versions=versions,
    )


@app.command()
def subscriptions(
    address: Annotated[str | None, typer.Argument(help="Only those of this address.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one subscription a line as JSON.")] = False,
) -> None:
    """List the subscriptions there are."""
    from bot import managing

    managing.subscriptions(Given.config, address, json=json)


@subscription.command("edit")
def subscription_edit(
    address: Address,
    name: Name,
    query: Annotated[str | None, typer.Option(help="The new query.")] = None,
    new_name: Annotated[str | None, typer.Option("--name", help="The new name.")] = None,
    rhythm: Annotated[str | None, typer.Option(help="instant, daily, weekdays or weekly.")] = None,
    at: Annotated[str | None, typer.Option(help="The hour of its digest.")] = None,
    weekday: Annotated[str | None, typer.Option(help="The day of a weekly digest.")] = None,
    versions: Annotated[
        bool | None, typer.Option("--versions/--no-versions", help="Whether new versions of its papers are told too.")
    ] = None,
) -> None:
    """Change the query, name, rhythm, hour or weekday of a subscription, or whether it tells new versions."""
    from bot import managing

    managing.edit(
        Given.config, address, name, query=query, new_name=new_name, rhythm=rhythm, at=at, weekday=weekday,
        versions=versions,
    )  # fmt: skip


@subscription.command("mute")
def subscription_mute(
    address: Address,
    name: Name,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Until this day.")] = None,
    off: Annotated[bool, typer.Option("--off", help="End the muting.")] = False,
) -> None:
    """Tell nothing for a subscription, until a day or until --off."""
    from bot import managing

    managing.mute(Given.config, address, name, until=until, off=off)


@subscription.command("pause")
def subscription_pause(address: Address) -> None:
    """Tell an address nothing; what matches meanwhile waits."""
    from bot import managing

    managing.pause(Given.config, address)


@subscription.command("resume")
def subscription_resume(address: Address) -> None:
    """Tell an address again; what waited comes as one digest."""
    from bot import managing

    managing.resume(Given.config, address)


@app.command()
def unsubscribe(
    address: Address,
    name: Annotated[str | None, typer.Argument(help="One subscription (default: all, and the address).")] = None,
) -> None:
    """Remove a subscription, or an address with everything that is kept of it."""
    from bot import managing

    managing.unsubscribe(Given.config, address, name)
