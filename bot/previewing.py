"""Trying a query on the library, or on a file of papers."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import BinaryIO

from bot.preview import Preview, Seen, count_each, days_of, is_within, latest_first, proposed
from bot.query import Query, document, matches
from bot.store import search
from bot.store.engine import Engine, Session, reading
from bot.store.listings import first_listed
from bot.store.records import load, sources_of
from bot.store.window import window
from scrapers.json_lines import read_lines

LATEST = 200  # papers: some are shown, all say which categories might be asked for
_OTHERS = 500  # papers that say which categories and sources there are
_LINE = 1_000_000  # bytes; a paper has some thousands

Patience = Callable[[Iterable[Seen]], Iterable[Seen]]  # hands them on, and shows how far it is


def of_library(engine: Engine, query: Query, *, days: int, now: datetime, latest: int | None = LATEST) -> Preview:
    """What the query finds among the papers that were first seen in the last days, with the latest of them (None: with
    all of them)."""
    with reading(engine) as session:
        seen = window(session, now, days)
        matching = search.count(session, query, now=now, days=days)
        found = tuple(_find(session, query, now, days, latest))
        note = "" if seen.days == days else f"the library holds {'1 day' if seen.days == 1 else f'{seen.days} days'}"
        preview = Preview(query, found, matching, seen.papers, _of_the_last(days), seen.days, note)

        def counts(queries: Sequence[Query]) -> list[int]:
            return [search.count(session, one, now=now, days=days) for one in queries]

        return proposed(preview, counts, partial(_latest, session, now))


def _of_the_last(days: int) -> str:
    return "of the last day" if days == 1 else f"of the last {days} days"


def _find(session: Session, query: Query, now: datetime, days: int, latest: int | None) -> Iterator[Seen]:
    found = search.find(session, query, now=now, days=days, limit=latest)
    ids = [id for id, _ in found]
    sources, first = sources_of(session, ids), first_listed(session, ids)
    for id, paper in found:
        source, day = first.get(id, (None, None))
        yield Seen(paper, sources.get(id, frozenset()), day, source)


def _latest(session: Session, now: datetime) -> list[Seen]:
    """The papers that came last, of whatever they are."""
    ids = search.latest(session, now=now, limit=_OTHERS)
    papers, sources = load(session, ids), sources_of(session, ids)
    return [Seen(papers[id], sources.get(id, frozenset())) for id in ids]


def of_file(file: str, query: Query, *, days: int | None, now: datetime, patience: Patience = iter) -> Preview:
    """What the query finds in a file of papers, or (-) in standard input. Raises ValueError."""
    with _opened(file) as (name, lines):
        read = list(patience(_read(lines, name)))
    papers = [one for one in read if days is None or is_within(one, days, now.date())]
    undated = 0 if days is None else sum(one.day is None for one in read)
    found = [one for one in patience(papers) if matches(query, document(one.paper, one.sources), now)]
    of = f"in {name}" + (f" {_of_the_last(days)}" if days else "")
    note = f"{undated:,} without a day {'is' if undated == 1 else 'are'} left out" if undated else ""
    preview = Preview(query, tuple(latest_first(found)), len(found), len(papers), of, days_of(papers), note)
    # What is narrower can only match what was found already.
    return proposed(preview, lambda queries: count_each(queries, patience(found or papers), now), lambda: papers)


def _read(lines: Iterable[bytes], name: str) -> Iterator[Seen]:
    for paper, source, day in read_lines(lines, name):
        yield Seen(paper, frozenset({source} if source else ()), day, source)


@contextmanager
def _opened(file: str) -> Iterator[tuple[str, Iterable[bytes]]]:
    if not file:
        raise ValueError("--papers needs the name of a file, or - for standard input")
    if file == "-":
        if sys.stdin is None:
            raise ValueError("standard input is closed; name a file, or pipe one in")
        yield "standard input", _lines(sys.stdin.buffer, "standard input")
        return
    try:
        opened_file = Path(file).open("rb")  # noqa: SIM115 - closed below; an error while it is read is another one
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror}") from None
    with opened_file:
        yield file, _lines(opened_file, file)


def _lines(stream: BinaryIO, name: str) -> Iterator[bytes]:
    number = 0
    while line := stream.readline(_LINE + 1):
        number += 1
        if len(line) > _LINE:
            raise ValueError(f"{name}, line {number}: this is longer than any paper")
        yield line
