"""What the commands do, and how they say it."""

import asyncio
import json as jsonlib
import logging
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TextIO

import typer
from rich.console import Console
from rich.table import Table

from bot import coverage, previewing
from bot import subscriptions as subs
from bot.app import App, make_channels, make_poster, opened
from bot.config import ConfigError
from bot.ingest import Read
from bot.preview import DAYS, marks_of, places
from bot.query import parse
from bot.run import only_one
from bot.run import run as run_loops
from bot.show import (
    address_of,
    many,
    moment,
    papers_table,
    patiently,
    reading_line,
    show_preview,
    told_lines,
)
from bot.store import outbox, sources
from bot.store import search as store_search
from bot.store.engine import reading, writing
from bot.store.merging import undo_merge
from scrapers.crawl import load
from scrapers.json_lines import to_dict

out = Console(highlight=False, soft_wrap=True)
talk = Console(highlight=False, soft_wrap=True, stderr=True)


def say(text: str) -> None:
    """A sentence for the person at the terminal; never on standard output."""
    typer.echo(text, err=True)


def _now() -> datetime:
    return datetime.now(UTC)


def _address(app: App, address: str) -> tuple[str, str]:
    """The address, in its canonical form and allowed."""
    channel, place = subs.split_address(address)
    return channel, make_channels(app.settings, make_poster(app.settings))[channel].check(place)


def run(config: Path | None, *, once: bool) -> None:
    with opened(config) as app, only_one(app):
        if logging.getLogger().level != logging.DEBUG:
            logging.getLogger().setLevel(app.settings.log.level)
        _subscribe_configured(app)
        say(f"watching {', '.join(app.settings.watched) or 'nothing'}; {_subscribed(app)}")

        def report(read: Read) -> None:
            say(reading_line(read))

        asyncio.run(run_loops(app, once=once, report=report))
        if once:
            _say_what_waits(app)


def _say_what_waits(app: App) -> None:
    """After the last step of `run --once`: what is left, and until when."""
    now = _now()
    with reading(app.engine) as session:
        for name in app.settings.watched:
            row = sources.find_source(session, name)
            if row and row.due_at > now:
                say(f"{name} is read again from {moment(row.due_at)}")
        for one in outbox.held(session, now):
            say(f"{address_of(one)} waits until {moment(one.due_at)}: its last attempt failed or was cut off")


def _subscribed(app: App) -> str:
    number = len(subs.list_all(app.engine))
    return many(number, "subscription") + ("" if number else "; add one: paperwatch subscribe")


def _subscribe_configured(app: App) -> None:
    """Save the subscriptions of the configuration file; edit those that were changed there."""
    _check_configured(app)
    for wanted in app.settings.subscriptions:
        address = _address(app, wanted.address)
        name = wanted.name or wanted.query
        there = {one.subscription.name: one.subscription for one in subs.list_all(app.engine, address)}
        if name not in there:
            subs.subscribe(
                app.engine, address, wanted.query, now=_now(), name=name, rhythm=wanted.rhythm, at=wanted.at,
                zone_name=wanted.zone, default_zone=app.settings.zone,
            )  # fmt: skip
        elif (there[name].text, there[name].rhythm, there[name].at) != (wanted.query, wanted.rhythm, wanted.at):
            subs.edit(app.engine, address, name, text=wanted.query, rhythm=wanted.rhythm, at=wanted.at)


def _check_configured(app: App) -> None:
    """Raises ConfigError that names every mistake in the subscriptions of the configuration file."""
    mistakes = []
    for number, wanted in enumerate(app.settings.subscriptions, 1):
        for check in (lambda one: _address(app, one.address), lambda one: parse(one.query)):
            try:
                check(wanted)
            except ValueError as error:
                mistakes.append(f"  subscriptions.{number}: {error}")
    if mistakes:
        raise ConfigError("\n".join(["the configuration cannot be used:", *mistakes]))


def subscribe(
    config: Path | None, address: str, query: str, *, yes: bool, name: str | None, rhythm: str, at: str | None,
    zone: str | None,
) -> None:  # fmt: skip
    with opened(config) as app:
        place = _address(app, address)
        if not yes:
            parsed = subs.check(app.engine, place, query, name=name, rhythm=rhythm, at=at, zone_name=zone)
            now = _now()
            show_preview(talk, talk, previewing.of_library(app.engine, parsed, days=DAYS, now=now), now)
            if _is_terminal(sys.stdin) and not typer.confirm("Subscribe?", default=True, err=True):
                say("nothing was saved")
                return
        saved = subs.subscribe(
            app.engine, place, query, now=_now(), name=name, rhythm=rhythm, at=at, zone_name=zone,
            default_zone=app.settings.zone,
        )  # fmt: skip
    say(f"subscribed {saved.name!r}")


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and stream.isatty()


def subscriptions(config: Path | None, address: str | None, *, json: bool) -> None:
    with opened(config) as app:
        rows = subs.list_all(app.engine, subs.split_address(address) if address else None)
    if json:
        for row in rows:
            out.print_json(jsonlib.dumps(_row(row)), indent=None)
        return
    table = Table("address", "name", "query", "rhythm", "state", box=None, pad_edge=False, header_style="bold")
    for row in rows:
        sub, recipient = row.subscription, row.recipient
        when = (
            f"{sub.rhythm} {sub.at or recipient.digest_at} {recipient.zone}" if sub.rhythm != "instant" else "instant"
        )
        query = "" if sub.text == sub.name else sub.text
        table.add_row(address_of(recipient), sub.name, query, when, _state(row))
    if rows:
        out.print(table)
    else:
        say("there are no subscriptions; add one: paperwatch subscribe console: 'your query'")


def _row(row: subs.Listed) -> dict[str, Any]:
    sub, recipient = row.subscription, row.recipient
    return {
        "address": f"{recipient.channel}:{recipient.address}",
        "name": sub.name,
        "query": sub.text,
        "rhythm": sub.rhythm,
        "at": sub.at or (recipient.digest_at if sub.rhythm != "instant" else None),
        "zone": recipient.zone,
        "state": _state(row),
    }


def _state(row: subs.Listed) -> str:
    sub, recipient = row.subscription, row.recipient
    if recipient.disabled_at:
        return f"disabled: {recipient.disabled_reason}"
    if recipient.paused_at:
        return "paused"
    return f"muted until {sub.muted_until:%Y-%m-%d}" if sub.muted_until and sub.muted_until > _now() else "active"


def edit(config: Path | None, address: str, name: str, *, query: str | None, **changes: str | None) -> None:
    if not query and not any(changes.values()):
        raise ValueError("nothing to change; give --query, --name, --rhythm or --at")
    with opened(config) as app:
        changed = subs.edit(app.engine, subs.split_address(address), name, text=query, **changes)
    say(f"changed {changed.name!r}: {changed.text} ({changed.rhythm})")


def mute(config: Path | None, address: str, name: str, *, until: datetime | None, off: bool) -> None:
    forever = datetime(9999, 1, 1, tzinfo=UTC)
    end = None if off else (until.replace(tzinfo=UTC) if until else forever)
    with opened(config) as app:
        subs.mute(app.engine, subs.split_address(address), name, end)
    say(f"{name!r} is {'not muted any more' if off else 'muted' + (f' until {until:%Y-%m-%d}' if until else '')}")


def pause(config: Path | None, address: str) -> None:
    with opened(config) as app:
        subs.pause(app.engine, subs.split_address(address), _now())
    say(f"{address} is paused; what matches meanwhile waits for: paperwatch subscription resume {address}")


def resume(config: Path | None, address: str) -> None:
    with opened(config) as app:
        waited = subs.resume(app.engine, subs.split_address(address), _now())
    say(f"{address} is told again; {many(waited, 'paper')} waited, to come as one digest")


def unsubscribe(config: Path | None, address: str, name: str | None) -> None:
    with opened(config) as app:
        gone = subs.unsubscribe(app.engine, subs.split_address(address), name)
    kept = "" if name else "; nothing is kept of the address"
    say(f"unsubscribed {', '.join(map(repr, gone)) or address}{kept}")


def why(config: Path | None, address: str, paper: str) -> None:
    with opened(config) as app:
        with reading(app.engine) as session:
            id = store_search.paper_named(session, paper)
        found = subs.why(app.engine, subs.split_address(address), id, _now())
    out.print(f"{found.paper.title} (paper {found.id})")
    for line in told_lines(found):
        out.print(f"  {line}")


def search(
    config: Path | None, query: str, *, days: int | None, order: store_search.Order, limit: int, page: int, json: bool
) -> None:
    parsed, skip = parse(query), (page - 1) * limit
    with opened(config) as app, reading(app.engine) as session:
        found = store_search.find(session, parsed, now=_now(), days=days, order=order, skip=skip, limit=limit + 1)
    shown = found[:limit]
    if json:
        for _, paper in shown:
            _print_json(to_dict(paper))
    elif shown:
        out.print(papers_table([(id, paper, "") for id, paper in shown]))
    else:
        say("nothing found" if page == 1 else f"there is no page {page}")
    if len(found) > limit:
        talk.print(f"there are more: --page {page + 1}")


def preview(config: Path | None, query: str, *, days: int | None, papers: str | None, json: bool) -> None:
    parsed, now = parse(query), _now()
    if papers is None:
        with opened(config) as app:
            latest = None if json else previewing.LATEST
            found = previewing.of_library(app.engine, parsed, days=days or DAYS, now=now, latest=latest)
    else:
        found = previewing.of_file(papers, parsed, days=days, now=now, patience=patiently)
    if json:
        for one in found.found:
            prepared, marks = marks_of(parsed, one, now)
            values = to_dict(one.paper, min(one.sources, default=None), one.listed_on)
            _print_json({**values, "matches": places(marks, prepared)})
    show_preview(talk if json else out, talk, found, now, papers=not json)


def _print_json(values: dict[str, Any]) -> None:
    typer.echo(jsonlib.dumps(values, ensure_ascii=False))


def unmerge(config: Path | None, paper: int) -> None:
    with opened(config) as app, writing(app.engine) as session:
        other = undo_merge(session, paper)
    say(f"paper {paper} is a paper of its own again, apart from paper {other}")


def status(config: Path | None, *, json: bool) -> int:
    """0 if all is well, 1 if not."""
    with opened(config) as app:
        report = _report(app, _now())
    if json:
        typer.echo(jsonlib.dumps(report, default=str))
    else:
        _print_status(report)
    return 1 if report["wrong"] else 0


def _report(app: App, now: datetime) -> dict[str, Any]:
    wrong: list[str] = []
    found: list[dict[str, Any]] = []
    with reading(app.engine) as session:
        for name, settings in app.settings.watched.items():
            calendar = load(settings.scraper).CALENDAR
            row = sources.find_source(session, name)
            if row is None:
                found.append({"name": name, "state": "not read yet", "readings": []})
                continue
            days = sources.list_days(session, row.id or 0, coverage.today(now, calendar) - timedelta(days=7))
            readings = sources.last_readings(session, row.id or 0, now - timedelta(days=7))
            problems = coverage.problems(name, row.due_at, row.last_good_at, readings, now)
            wrong += problems
            found.append(
                {
                    "name": name,
                    "state": many(len(problems), "problem") if problems else "ok",
                    "problems": problems,
                    "coverage": coverage.describe([(d.day, d.state, d.papers) for d in days]),
                    "last_good_at": sources.last_good(session, row.id or 0),
                    "due_at": row.due_at,
                    "readings": [_reading(one) for one in readings[:7]],
                }
            )
        depth = outbox.depth(session, now)
        held = [f"{address_of(one)} waits until {moment(one.due_at)}" for one in outbox.held(session, now)]
    if depth["dead"]:
        wrong.append(f"{depth['dead']} messages could not be sent in the last week")
    wrong += [
        f"{address_of(one.recipient)} is disabled: {one.recipient.disabled_reason}"
        for one in subs.list_all(app.engine)
        if one.recipient.disabled_at
    ]
    return {"sources": found, "outbox": depth, "held": held, "wrong": list(dict.fromkeys(wrong))}


def _reading(one: Any) -> dict[str, Any]:
    names = ("part", "day", "verdict", "transport", "stated", "parsed", "new", "finished_at", "error")
    return {name: getattr(one, name) for name in names}


def _print_status(report: dict[str, Any]) -> None:
    for source in report["sources"]:
        out.print(f"[bold]{source['name']}[/bold]  {source['state']}")
        if source.get("coverage"):
            out.print(f"  covered: {source['coverage']}")
            out.print(f"  last good reading {moment(source['last_good_at'])}, next {moment(source['due_at'])}")
        for one in source["readings"]:
            by = f" by {one['transport']}" if one["transport"] else ""
            out.print(
                f"  {one['day'] or 'search'}  {one['verdict']:8}{one['parsed']:4} papers, {one['new']} new,"
                f" read {moment(one['finished_at'])}{by}"
            )
    out.print("[bold]outbox[/bold]  " + ", ".join(f"{number} {name}" for name, number in report["outbox"].items()))
    for one in report["held"]:
        out.print(f"  {one}")
    for problem in report["wrong"]:
        say(f"wrong: {problem}")
