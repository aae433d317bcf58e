"""The numbers for Prometheus (https://prometheus.io/docs/instrumenting/exposition_formats/): those of this process, and
what the database says of all of them."""

import logging
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from bot.app import App
from bot.looping import Turns
from bot.monitor.counts import Counts, Labels
from bot.store import backlog, sources
from bot.store.engine import DatabaseError, Session, reading, said_by

log = logging.getLogger(__name__)


class _Process(Collector):
    """What this process has done, and how its loops turn."""

    def __init__(self, counts: Counts, turns: Turns) -> None:
        self._counts, self._turns = counts, turns

    def collect(self) -> Iterator[Metric]:
        counts = self._counts
        yield _counter("readings", "Lists that were read", ["source", "verdict"], counts.readings)
        yield _counter("papers", "Papers that were new", ["source"], counts.papers)
        yield _counter("matches", "Papers that were queued for somebody", ["source"], counts.matches)
        yield _counter("messages", "Messages that were attempted", ["channel", "outcome"], counts.messages)
        yield _counter("rate_limited", "Pauses that a source or channel asked for", ["name"], counts.limited)
        now = time.monotonic()
        ages = {(name,): now - at for name, at in dict(self._turns.at).items()}
        yield _gauge("loop_age_seconds", "Since a loop last came round", ["loop"], ages)
        yield _gauge("loop_lag_seconds", "How late the event loop was", [], {(): self._turns.lag})


class _Database(Collector):
    """What all processes have done, as the database says it."""

    def __init__(self, app: App) -> None:
        self._app = app

    def collect(self) -> Iterator[Metric]:
        try:
            found = list(self._numbers())
        except DatabaseError as error:
            log.error("the database failed: %s; its numbers are left out", said_by(error))  # noqa: TRY400
            found = []
        yield _gauge("database_up", "Whether the database answers", [], {(): bool(found)})
        yield from found

    def _numbers(self) -> Iterator[Metric]:
        now = datetime.now(UTC)
        with reading(self._app.engine) as session:
            depth = backlog.depth(session, now)
            yield _gauge("outbox", "What is in the outbox", ["state"], {(name,): n for name, n in depth.items()})
            oldest = backlog.oldest_due(session, now)
            age = (now - oldest).total_seconds() if oldest else 0
            yield _gauge("outbox_age_seconds", "How long the oldest that is due has waited", [], {(): age})
            yield from self._sources(session)

    def _sources(self, session: Session) -> Iterator[Metric]:
        good, due = {}, {}
        for name in self._app.settings.watched:
            if row := sources.find_source(session, name):
                due[name,] = row.due_at.timestamp()
                if last := sources.last_good(session, row.id or 0):
                    good[name,] = last.timestamp()
        yield _gauge("last_good_reading_timestamp_seconds", "When a source was read completely", ["source"], good)
        yield _gauge("due_timestamp_seconds", "When a source is read again", ["source"], due)
        month = datetime.now(UTC).date() - timedelta(days=31)
        days = {
            (name, state): n for name, state, n in sources.days_by_state(session, self._app.settings.watched, month)
        }
        yield _gauge("list_days", "List days of the last month", ["source", "state"], days)


def _counter(name: str, about: str, labels: list[str], values: Counter[Labels]) -> Metric:
    family = CounterMetricFamily(f"paperwatch_{name}", about, labels=labels)
    for own, value in dict(values).items():  # a copy, made at once: other threads go on counting
        family.add_metric(own, value)
    return family


def _gauge(name: str, about: str, labels: list[str], values: Mapping[Any, float]) -> Metric:
    family = GaugeMetricFamily(f"paperwatch_{name}", about, labels=labels)
    for own, value in values.items():
        family.add_metric(own, value)
    return family


def registry(app: App, counts: Counts, turns: Turns) -> CollectorRegistry:
    """All numbers of this process."""
    found = CollectorRegistry(auto_describe=False)
    collectors: Iterable[Collector] = (_Process(counts, turns), _Database(app))
    for one in collectors:
        found.register(one)
    ProcessCollector(registry=found)
    PlatformCollector(registry=found)
    return found


def shown(numbers: CollectorRegistry) -> bytes:
    """The numbers as Prometheus reads them."""
    return generate_latest(numbers)
