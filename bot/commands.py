"""What the commands do, and how they say it."""

import asyncio
import json as jsonlib
import logging
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer
from rich.text import Text

from bot import doctor as checkup
from bot import previewing, pruning
from bot import subscriptions as subs
from bot.alone import only_one
from bot.app import App, missing, opened
from bot.config import load
from bot.coverage import GOOD
from bot.doctor import screen
from bot.managing import subscribe_configured
from bot.preview import DAYS, marks_of, places
from bot.query import parse
from bot.readings import Read
from bot.redaction import JsonFormatter
from bot.report import days, silent, standing
from bot.report import report as report_of
from bot.run import ROLES, check_roles
from bot.run import run as run_loops
from bot.sections import Log
from bot.show import (
    address_of,
    dead_table,
    many,
    moment,
    papers_table,
    patiently,
    reading_line,
    show_preview,
)
from bot.show_days import days_table, legend
from bot.store import backlog, sources
from bot.store import search as store_search
from bot.store.engine import reading, writing
from bot.store.listings import first_listed
from bot.store.merging import undo_merge
from bot.terminal import now, out, print_json, say, talk
from scrapers.json_lines import to_dict

DEAD_SHOWN = 1_000


def run(config: Path | None, *, once: bool, roles: Sequence[str] = ()) -> None:
    """`roles`: none are all."""
    roles = list(dict.fromkeys(roles)) or list(ROLES)
    if unknown := [one for one in roles if one not in ROLES]:
        raise ValueError(f"there is no role {unknown[0]!r}; the roles are {', '.join(ROLES)}")
    _set_up_log(load(config).log)
    with opened(config) as app, only_one(app.engine):
        check_roles(app, roles)
        subscribe_configured(app)
        say(f"watching {', '.join(app.settings.watched) or 'nothing'}; {_subscribed(app)}{_only(roles)}")

        def report(read: Read) -> None:
            say(reading_line(read))

        asyncio.run(run_loops(app, once=once, report=report, roles=roles))
        if once:
            _say_what_waits(app)


def _set_up_log(wanted: Log) -> None:
    """Before the library is opened: if that fails, those who read the log want to know it."""
    log = logging.getLogger()
    if log.level != logging.DEBUG:
        log.setLevel(wanted.level)
    if wanted.format == "json":
        for handler in log.handlers:
            handler.setFormatter(JsonFormatter())


def _only(roles: Sequence[str]) -> str:
    return "" if set(roles) == set(ROLES) else f"; this process only does: {', '.join(roles)}"


def _say_what_waits(app: App) -> None:
    """After the last step of `run --once`: what is left, and until when."""
    at = now()
    with reading(app.engine) as session:
        for name in app.settings.watched:
            row = sources.find_source(session, name)
            if row and row.due_at > at:
                say(f"{name} is read again from {moment(row.due_at)}")
        for problem in [*standing(session, at), *silent(session, at, missing(app.settings))]:
            say(problem.says)
        for one in backlog.held(session, at):
            say(f"{address_of(one)} waits until {moment(one.due_at)}: its last attempt failed or was cut off")


def _subscribed(app: App) -> str:
    number = len(subs.list_all(app.engine))
    return many(number, "subscription") + ("" if number else "; add one: paperwatch subscribe")


def search(
    config: Path | None, query: str, *, days: int | None, order: store_search.Order, limit: int, page: int, json: bool
) -> None:
    parsed, skip = parse(query), (page - 1) * limit
    with opened(config) as app, reading(app.engine) as session:
        found = store_search.find(session, parsed, now=now(), days=days, order=order, skip=skip, limit=limit + 1)
        shown = found[:limit]
        listed = first_listed(session, [id for id, _ in shown]) if json else {}
        is_empty = not found and not store_search.latest(session, now=now(), limit=1)
    if json:
        for id, paper in shown:
            print_json(to_dict(paper, *listed.get(id, ())))
    elif shown:
        out.print(papers_table([(id, paper, "") for id, paper in shown]))
    if is_empty:
        say("nothing found: the library holds no papers yet; paperwatch scrape reads some")
    elif not shown:
        say("nothing found" if page == 1 else f"there is no page {page}")
    if len(found) > limit:
        talk.print(f"there are more: --page {page + 1}")


def preview(config: Path | None, query: str, *, days: int | None, papers: str | None, json: bool) -> None:
    parsed, at = parse(query), now()
    if papers is None:
        with opened(config) as app:
            latest = None if json else previewing.LATEST
            found = previewing.of_library(app.engine, parsed, days=days or DAYS, now=at, latest=latest)
    else:
        found = previewing.of_file(papers, parsed, days=days, now=at, patience=patiently)
    if json:
        for one in found.found:
            prepared, marks = marks_of(parsed, one, at)
            values = to_dict(one.paper, one.listed_by, one.listed_on)
            print_json({**values, "matches": places(marks, prepared)})
    show_preview(talk if json else out, talk, found, at, papers=not json)


def unmerge(config: Path | None, paper: int) -> None:
    with opened(config) as app, writing(app.engine) as session:
        other = undo_merge(session, paper)
    say(f"paper {paper} is a paper of its own again, apart from paper {other}")


def dead(config: Path | None, *, retry: int | None, drop: int | None, json: bool) -> None:
    if retry is not None and drop is not None:
        raise ValueError("--retry and --drop do not go together")
    with opened(config) as app:
        if retry is not None:
            with writing(app.engine) as session:
                backlog.retry_dead(session, retry, now())
            say(f"message {retry} will be sent again")
        elif drop is not None:
            with writing(app.engine) as session:
                backlog.drop_dead(session, drop)
            say(f"message {drop} is dropped")
        else:
            _show_dead(app, json=json)


def _show_dead(app: App, *, json: bool) -> None:
    with reading(app.engine) as session:
        found = backlog.dead_letters(session, DEAD_SHOWN)
        letters: list[dict[str, Any]] = [
            {
                "id": message.id,
                "address": address_of(recipient),
                "kind": message.kind,
                "created_at": message.created_at,
                "papers": papers,
                "error": message.error,
            }
            for message, recipient, papers in found
        ]
    if json:
        for letter in letters:
            print_json({**letter, "created_at": letter["created_at"].isoformat()})
    elif letters:
        out.print(dead_table(letters))
    else:
        say("there are no dead letters")


def prune(config: Path | None, *, dry_run: bool) -> None:
    with opened(config) as app:
        keep = app.settings.keep
        gone = pruning.would_prune(app.engine, keep) if dry_run else pruning.prune(app.engine, keep)
        is_file = app.engine.dialect.name == "sqlite"
    what = [many(gone.readings, "reading"), many(gone.messages, "message"), many(gone.deliveries, "paper")]
    say(f"{'would go' if dry_run else 'gone'}: {', '.join(what)} that waited for somebody in vain")
    if is_file and any([gone.readings, gone.messages, gone.deliveries]) and not dry_run:
        say("the file keeps its size, and uses the room again; sqlite3 FILE vacuum makes it smaller, with no run on")


def coverage(config: Path | None, *, back: int, json: bool) -> None:
    with opened(config) as app:
        found = days(app.engine, app.settings.watched, now(), back)
    if json:
        for source, part, shown in found:
            for one in shown:
                values = {"day": one.day.isoformat(), "state": one.state, "papers": one.papers}
                print_json({"source": source, "part": part, **values})
        return
    rows = [(" ".join(filter(None, [source, part])), shown) for source, part, shown in found]
    out.print(days_table(rows, out.width))
    out.print()
    for line in legend(rows):
        out.print(line)


def status(config: Path | None, *, json: bool) -> int:
    """0 if all is well, 1 if not."""
    with opened(config) as app:
        report = report_of(app.engine, app.settings.watched, now(), missing(app.settings))
    if json:
        typer.echo(jsonlib.dumps(report, default=str))  # of a problem, what it says
    else:
        _print_status(report)
    return 1 if report["wrong"] else 0


def _telling(readings: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The last reading of each part, and all that were not good."""
    newest: dict[str, Any] = {}
    for one in readings:
        newest.setdefault(one["part"], one)
    return [one for one in readings if one["verdict"] not in GOOD or newest[one["part"]] is one]


def doctor(config: Path | None, *, online: bool, json: bool) -> int:
    """0 if nothing is wrong, 1 if something is; a warning is not wrong."""
    findings = checkup.examine(config, online=online, clock=now, say=say)
    if json:
        for one in findings:
            print_json(asdict(one))
    else:
        screen.show(out, findings)
        say(screen.summary(findings))
    return 1 if any(one.state == "failure" for one in findings) else 0


def _print_status(report: dict[str, Any]) -> None:
    for source in report["sources"]:
        out.print(Text.assemble((source["name"], "bold"), f"  {source['state']}"))
        if source.get("coverage"):
            out.print(f"  covered: {source['coverage']}")
            out.print(f"  last good reading {moment(source['last_good_at'])}, next {moment(source['due_at'])}")
        for one in _telling(source["readings"]):
            by = f" by {one['transport']}" if one["transport"] else ""
            what = "  ".join(filter(None, [str(one["day"] or "search"), one["part"]]))
            out.print(
                f"  {what}  {one['verdict']:8}{one['parsed']:4} papers, {one['new']} new,"
                f" read {moment(one['finished_at'])}{by}"
            )
    outbox = ", ".join(f"{number} {name}" for name, number in report["outbox"].items())
    out.print(Text.assemble(("outbox", "bold"), f"  {outbox}"))
    for one in report["held"]:
        out.print(f"  {one}")
    for problem in report["wrong"]:
        say(f"wrong: {problem.says}")
