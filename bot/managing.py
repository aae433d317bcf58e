"""What the commands about addresses and subscriptions do, and how they say it."""

import asyncio
import json as jsonlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import typer
from rich.table import Table

from bot import bookmarks, opt_in, own_data, previewing, recipients
from bot import subscriptions as subs
from bot.app import App, make_addresses, make_channels, make_links, make_poster, missing, opened
from bot.channels import Outgoing, telegram_text
from bot.channels.console import ConsoleChannel
from bot.config import ConfigError
from bot.export import bibtex, csl_json, ris
from bot.freezing import rehearse
from bot.language import ENGLISH
from bot.local_time import zone as zone_of
from bot.mailbox import mailbox
from bot.models import Recipient, Subscription
from bot.opt_in import Wanted
from bot.parts import unread_classes
from bot.preview import DAYS
from bot.query import parse
from bot.sections import Subscribed
from bot.show import address_of, many, papers_table, show_preview, told_lines
from bot.store import people, search
from bot.store.engine import reading
from bot.subscriptions import Rhythm
from bot.terminal import can_answer, now, out, print_json, say, talk
from scrapers.json_lines import to_dict

Form = Literal["text", "html", "telegram", "mail"]
SavedForm = Literal["table", "json", "bibtex", "ris", "csl-json"]
_FILES = {"bibtex": bibtex, "ris": ris, "csl-json": csl_json}


def _address(app: App, address: str) -> tuple[str, str]:
    """The address, in its canonical form and allowed."""
    channel, place = recipients.split_address(address)
    channels = make_channels(app.settings, make_poster(app.settings))
    if channel not in channels:
        raise ValueError(missing(app.settings)[channel])
    return channel, channels[channel].check(place)


def _paper(app: App, name: str) -> int:
    with reading(app.engine) as session:
        return search.paper_named(session, name)


def subscribe(
    config: Path | None, address: str, query: str, *, yes: bool, confirmed: bool, name: str | None, rhythm: Rhythm,
    zone: str | None, versions: bool,
) -> None:  # fmt: skip
    with opened(config) as app:
        place = _address(app, address)
        if not yes:
            parsed = subs.check(app.engine, place, query, name=name, zone_name=zone)
            show_preview(talk, talk, previewing.of_library(app.engine, parsed, days=DAYS, now=now()), now())
            for one in unread_classes(parsed, app.settings.watched.values()):
                say(f"{one} is not read here: add it to the parts of an arXiv source, or set asked_parts there")
            if can_answer() and not typer.confirm("Subscribe?", default=True, err=True):
                say("nothing was saved")
                return
        if _must_ask(app, place, confirmed=confirmed):
            _ask(app, place[1], Wanted(query, name, rhythm, versions), zone)
            return
        saved = subs.subscribe(
            app.engine, place, query, now=now(), name=name, rhythm=rhythm, zone_name=zone,
            default_zone=app.settings.zone, owner=_owner(place), versions=versions,
        )  # fmt: skip
    say(f"subscribed {saved.name!r}")


def _owner(address: tuple[str, str]) -> tuple[str, str]:
    """Whose an address is that the operator names: their own, but a mail address is its reader's."""
    return address if address[0] == "email" else people.OPERATOR


def _must_ask(app: App, address: tuple[str, str], *, confirmed: bool) -> bool:
    """Whether the owner of a mail address has to be asked first. Raises ValueError where they could not answer."""
    channel, place = address
    if channel != "email":
        return False
    if confirmed:
        opt_in.take_over(app.engine, place, now=now(), zone_name=app.settings.zone)
    if opt_in.is_proved(app.engine, place):
        return False
    if app.settings.web.base_url is None:
        raise ValueError(
            f"{place} has not confirmed that it wants mail, and cannot: set web.base_url (PAPERWATCH_WEB__BASE_URL) for"
            " the page that a mail leads to, or say --confirmed if you know that its owner wants it"
        )
    return True


def _ask(app: App, place: str, wanted: Wanted, zone: str | None) -> None:
    """Have the owner of a mail address asked, by a mail that `run` sends."""
    zone_name = zone_of(zone).key if zone else app.settings.zone
    if opt_in.ask_for_operator(app.engine, place, wanted, now=now(), zone_name=zone_name):
        say(f"a mail asks {place} to confirm this; until then nothing else is sent there")
    else:
        say(f"{place} was asked already, and has not confirmed it yet")


def subscribe_configured(app: App) -> None:
    """Save the subscriptions of the configuration file; edit those that were changed there. Raises ConfigError."""
    _check_configured(app)
    for wanted in app.settings.subscriptions:
        address, name = _address(app, wanted.address), wanted.name or wanted.query
        if _must_ask(app, address, confirmed=wanted.confirmed):
            _ask(app, address[1], Wanted(wanted.query, wanted.name, _rhythm(wanted), wanted.versions), wanted.zone)
            continue
        there = {one.subscription.name: one.subscription for one in subs.list_all(app.engine, address)}
        rhythm = _rhythm(wanted)
        if name not in there:
            subs.subscribe(
                app.engine, address, wanted.query, now=now(), name=name, rhythm=rhythm, zone_name=wanted.zone,
                default_zone=app.settings.zone, owner=_owner(address), versions=wanted.versions,
            )  # fmt: skip
        elif _asks(there[name]) != (wanted.query, rhythm.name, rhythm.at, rhythm.day, wanted.versions):
            subs.edit(
                app.engine, address, name, now=now(), text=wanted.query, rhythm=wanted.rhythm, at=wanted.at,
                weekday_name=wanted.weekday, versions=wanted.versions,
            )  # fmt: skip


def _rhythm(wanted: Subscribed) -> Rhythm:
    return Rhythm(wanted.rhythm, wanted.at, wanted.weekday)


def _asks(sub: Subscription) -> tuple[str, str, str | None, int | None, bool]:
    return sub.text, sub.rhythm, sub.at, sub.weekday, sub.versions


def _check_configured(app: App) -> None:
    """Raises ConfigError that names every mistake in the subscriptions of the configuration file."""
    mistakes = []
    for number, wanted in enumerate(app.settings.subscriptions, 1):
        for check in (
            lambda one: _address(app, one.address),
            lambda one: parse(one.query),
            lambda one: Rhythm(one.rhythm, one.at, one.weekday),
        ):
            try:
                check(wanted)
            except ValueError as error:
                mistakes.append(f"  subscriptions.{number}: {error}")
    if mistakes:
        raise ConfigError("\n".join(["the configuration cannot be used:", *mistakes]))


def subscriptions(config: Path | None, address: str | None, *, json: bool) -> None:
    with opened(config) as app:
        rows = subs.list_all(app.engine, recipients.split_address(address) if address else None)
    if json:
        for row in rows:
            print_json(_row(row))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for head in ("address", "name", "query", "rhythm", "state"):
        table.add_column(head, overflow="fold")
    for row in rows:
        sub, recipient = row.subscription, row.recipient
        query = "" if sub.text == sub.name else sub.text
        table.add_row(address_of(recipient), sub.name, query, _when(row), _state(row))
    if rows:
        out.print(table)
    else:
        say("there are no subscriptions; add one: paperwatch subscribe console: 'your query'")


def _when(row: subs.Listed) -> str:
    sub, recipient = row.subscription, row.recipient
    at = [] if sub.rhythm == "instant" else [_weekday(row), sub.at or recipient.digest_at, recipient.zone]
    return " ".join(filter(None, [sub.rhythm, *at, *_with_versions(sub)]))


def _with_versions(sub: Subscription) -> list[str]:
    return ["with new versions"] if sub.versions else []


def _weekday(row: subs.Listed) -> str | None:
    sub, recipient = row.subscription, row.recipient
    return (
        ENGLISH.weekday(recipient.digest_weekday if sub.weekday is None else sub.weekday)
        if sub.rhythm == "weekly"
        else None
    )


def _row(row: subs.Listed) -> dict[str, Any]:
    sub, recipient = row.subscription, row.recipient
    return {
        "address": f"{recipient.channel}:{recipient.address}",
        "name": sub.name,
        "query": sub.text,
        "rhythm": sub.rhythm,
        "at": sub.at or (recipient.digest_at if sub.rhythm != "instant" else None),
        "weekday": _weekday(row),
        "zone": recipient.zone,
        "versions": sub.versions,
        "state": _state(row),
    }


def _state(row: subs.Listed) -> str:
    sub, recipient = row.subscription, row.recipient
    if recipient.disabled_at:
        return f"disabled: {recipient.disabled_reason}"
    if recipient.paused_at:
        return "paused"
    if sub.muted_until and sub.muted_until > now():
        return f"muted until {sub.muted_until.astimezone(zone_of(recipient.zone)):%Y-%m-%d}"
    return "active"


def edit(
    config: Path | None, address: str, name: str, *, query: str | None, new_name: str | None, rhythm: str | None,
    at: str | None, weekday: str | None, versions: bool | None,
) -> None:  # fmt: skip
    if not any((query, new_name, rhythm, at, weekday, versions is not None)):
        raise ValueError("nothing to change; give --query, --name, --rhythm, --at, --weekday or --versions")
    with opened(config) as app:
        changed = subs.edit(
            app.engine, recipients.split_address(address), name, now=now(), text=query, new_name=new_name,
            rhythm=rhythm, at=at, weekday_name=weekday, versions=versions,
        )  # fmt: skip
    say(f"changed {changed.name!r}: {changed.text} ({' '.join([changed.rhythm, *_with_versions(changed)])})")


def mute(config: Path | None, address: str, name: str, *, until: datetime | None, off: bool) -> None:
    if until and off:
        raise ValueError("--until and --off exclude one another: give one of them")
    if until and until.date() < now().date():
        raise ValueError(f"{until:%Y-%m-%d} is past: --until takes a day that is still to come")
    forever = datetime(9999, 1, 1, tzinfo=UTC)
    end = None if off else (until.date() if until else forever)
    with opened(config) as app:
        subs.mute(app.engine, recipients.split_address(address), name, end)
    say(f"{name!r} is {'not muted any more' if off else 'muted' + (f' until {until:%Y-%m-%d}' if until else '')}")


def pause(config: Path | None, address: str) -> None:
    with opened(config) as app:
        recipients.pause(app.engine, recipients.split_address(address), now())
    say(f"{address} is paused; what matches meanwhile waits for: paperwatch subscription resume {address}")


def resume(config: Path | None, address: str) -> None:
    with opened(config) as app:
        waited = recipients.resume(app.engine, recipients.split_address(address), now())
    say(f"{address} is told again; {many(waited, 'paper')} waited, to come as one digest")


def unsubscribe(config: Path | None, address: str, name: str | None) -> None:
    with opened(config) as app:
        gone = subs.unsubscribe(app.engine, recipients.split_address(address), name)
    kept = "" if name else "; nothing is kept of the address"
    say(f"unsubscribed {', '.join(map(repr, gone)) or address}{kept}")


def settings(config: Path | None, address: str, **changes: Any) -> None:
    with opened(config) as app:
        recipient = recipients.change_settings(app.engine, recipients.split_address(address), now=now(), **changes)
    table = Table(show_header=False, box=None, pad_edge=False)
    for row in _settings(recipient):
        table.add_row(*row)
    out.print(table)


def _settings(recipient: Recipient) -> Iterator[tuple[str, str]]:
    yield "address", address_of(recipient)
    yield "zone", recipient.zone
    yield "digests", f"at {recipient.digest_at}, weekly ones on {ENGLISH.weekday(recipient.digest_weekday)}"
    yield "at most", many(recipient.digest_most, "paper")
    yield "wait", f"up to {many(recipient.digest_wait, 'minute')} for lists that are not read yet"
    yield "empty days", "told too" if recipient.digest_empty else "silent"
    yield "quiet hours", f"{recipient.quiet_from}-{recipient.quiet_until}" if recipient.quiet_from else "none"


def why(config: Path | None, address: str, paper: str) -> None:
    with opened(config) as app:
        found = subs.why(app.engine, recipients.split_address(address), _paper(app, paper), now())
    out.print(f"{found.paper.title} (paper {found.id})")
    for line in told_lines(found):
        out.print(f"  {line}")


def remind(config: Path | None, address: str, paper: str, *, on: str) -> None:
    with opened(config) as app:
        day = recipients.remind(app.engine, recipients.split_address(address), _paper(app, paper), on, now())
    say(f"{address} is told again on {day:%A} {day}")


def save(config: Path | None, address: str, paper: str, *, remove: bool) -> None:
    with opened(config) as app:
        owner, id = recipients.owner_of(app.engine, recipients.split_address(address)), _paper(app, paper)
        done = bookmarks.unsave(app.engine, owner, id) if remove else bookmarks.save(app.engine, owner, id, now())
    if remove:
        say("not saved any more" if done else "it was not saved")
    else:
        say("saved" if done else "it was saved already")


def saved(config: Path | None, address: str, *, form: SavedForm) -> None:
    with opened(config) as app:
        rows = bookmarks.saved(app.engine, recipients.owner_of(app.engine, recipients.split_address(address)))
    papers = [paper for _, paper in rows]
    if form in _FILES:
        typer.echo(_FILES[form](papers).encode(), nl=False)  # as bytes: RIS has its own line ends, on every system
    elif form == "json":
        for paper in papers:
            print_json(to_dict(paper))
    elif papers:
        out.print(papers_table([(id, paper, "") for id, paper in rows]))
    if not papers and form != "json":
        say("nothing is saved; save a paper: paperwatch save ADDRESS PAPER")


def export(config: Path | None, address: str) -> None:
    with opened(config) as app:
        typer.echo(
            jsonlib.dumps(
                own_data.export(app.engine, recipients.owner_of(app.engine, recipients.split_address(address))),
                ensure_ascii=False,
                indent=2,
            )
        )


def digest(config: Path | None, address: str, *, day: date | None, form: Form) -> None:
    console = ConsoleChannel()
    with opened(config) as app:
        place = recipients.split_address(address)
        found = rehearse(app.engine, place, _papers_at_most(form), app.settings.watched, day, now())
    if form == "html" and found:
        from bot.channels.page import page  # imported here: templates take a tenth of a second

        typer.echo(page(found))
    for outgoing in found:
        if form == "telegram":
            typer.echo(f"{telegram_text.message(outgoing).html}\n")
        elif form == "mail":
            typer.echo(_mail(app, outgoing, place), nl=False)
        elif form == "text":
            asyncio.run(console.send("", console.render(outgoing)))
    if not found:
        say(f"there is no digest {f'of {day}' if day else 'with a paper in it yet'}")


def _papers_at_most(form: Form) -> int:
    """How many papers a message of that form has."""
    if form == "mail":
        from bot.channels.mail_text import PAPERS  # imported here: templates take a tenth of a second

        return PAPERS
    return telegram_text.PAPERS if form == "telegram" else ConsoleChannel.papers_at_most


def _mail(app: App, outgoing: Outgoing, place: tuple[str, str]) -> bytes:
    """The message as it would be sent."""
    from bot.channels.mail_bytes import as_bytes, letter  # imported here: templates take a tenth of a second

    by = mailbox(app.settings.email.sender or "Paperwatch <paperwatch@localhost>")
    links = make_links(app.settings, make_addresses(app, now()))(outgoing)
    return as_bytes(letter(outgoing, links), by, place[1] if place[0] == "email" else by.address)
