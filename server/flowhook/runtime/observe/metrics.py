"""Metrics: counted in plain dictionaries, turned into Prometheus families only when scraped.

A count costs a dictionary look-up and an addition: a third of what prometheus_client's own Counter and
Histogram cost, whose children take a lock each. The event loop is the only writer; a lost update between
threads costs a tick, never a crash.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from flowhook.clock import Clock
from flowhook.version import __version__

if TYPE_CHECKING:
    from flowhook.hooks.calling.failures import FailureCounts
    from flowhook.hooks.loading.loader import LoadedPlugin

CONTENT_TYPE = CONTENT_TYPE_LATEST

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
JOBS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)

Labels = tuple[str, ...]


class Counter:
    """Numbers that only grow, one for each combination of labels."""

    def __init__(self, name: str, text: str, labels: Sequence[str] = ()) -> None:
        self.name, self.text, self.labels = name, text, labels
        self.values: defaultdict[Labels, float] = defaultdict(float)

    def inc(self, *labels: str, by: float = 1.0) -> None:
        """Add to the number of these labels."""
        self.values[labels] += by

    def collect(self) -> Metric:
        """Return the samples as prometheus_client wants them."""
        family = CounterMetricFamily(self.name, self.text, labels=self.labels)
        for labels, value in self.values.items():
            family.add_metric(labels, value)
        return family


class Histogram:
    """How often a value fell into which bucket, for each combination of labels."""

    def __init__(
        self, name: str, text: str, labels: Sequence[str] = (), bounds: Sequence[float] = SECONDS
    ) -> None:
        self.name, self.text, self.labels, self.bounds = name, text, labels, bounds
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}

    def observe(self, value: float, *labels: str) -> None:
        """Record one value."""
        try:
            self._counts[labels][bisect_left(self.bounds, value)] += 1
            self._sums[labels] += value
        except KeyError:
            self._counts[labels] = [0] * (len(self.bounds) + 1)
            self._sums[labels] = 0.0
            self.observe(value, *labels)

    def collect(self) -> Metric:
        """Return the samples as prometheus_client wants them."""
        family = HistogramMetricFamily(self.name, self.text, labels=self.labels)
        for labels, counts in self._counts.items():
            family.add_metric(labels, self._buckets(counts), self._sums[labels])
        return family

    def _buckets(self, counts: Sequence[int]) -> list[tuple[str, float]]:
        total = 0
        buckets: list[tuple[str, float]] = []
        for bound, count in zip([*self.bounds, float("inf")], counts, strict=True):
            total += count
            buckets.append(("+Inf" if bound == float("inf") else repr(float(bound)), total))
        return buckets


class Metrics:
    """Everything that flowhook counts. Labels are names from the configuration or fixed words,
    never something a caller sent."""

    def __init__(self) -> None:
        self._accepted = Counter(
            "flowhook_inbounds_accepted", "Inbounds that were stored.", ["endpoint", "kind"]
        )
        self._refused = Counter("flowhook_requests_refused", "Requests answered with a problem.", ["code"])
        self._turns = Histogram(
            "flowhook_turn_duration_seconds", "From the start of a turn to its end.", ["endpoint", "status"]
        )
        self._deliveries = Counter(
            "flowhook_deliveries_resolved", "Deliveries that ended.", ["endpoint", "outcome"]
        )
        self._attempts = Histogram(
            "flowhook_delivery_attempt_duration_seconds", "Attempts at a delivery.", ["endpoint", "result"]
        )
        self._batches = Histogram(
            "flowhook_writer_batch_jobs", "Jobs that one commit of the writer held.", bounds=JOBS
        )
        self._commits = Histogram(
            "flowhook_writer_commit_duration_seconds", "Time that one commit of the writer took."
        )
        self._lag = Histogram("flowhook_event_loop_lag_seconds", "How late the event loop woke.")
        self._stored: Mapping[str, int] = {}
        self._plugins: Sequence[LoadedPlugin] = ()
        self._failures: Mapping[tuple[str, str, str], int] = {}
        self._ready = False
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    # --- what happened -------------------------------------------------------------------------
    def accepted(self, endpoint: str, kind: str) -> None:
        """Count an inbound that is durable. ``kind``: of the inbound; ``test`` for every test."""
        self._accepted.values[(endpoint, str(kind))] += 1.0

    def refused(self, code: str) -> None:
        """Count a request that was answered with a problem of that code."""
        self._refused.values[(code,)] += 1.0

    def turn(self, endpoint: str, status: str, seconds: float) -> None:
        """Count a turn that ended: done, failed or discarded."""
        self._turns.observe(seconds, endpoint, status)

    def delivery(self, endpoint: str, outcome: str) -> None:
        """Count a delivery that ended: delivered or dead."""
        self._deliveries.values[(endpoint, outcome)] += 1.0

    def attempt(self, endpoint: str, result: str, seconds: float) -> None:
        """Count an attempt at a delivery that ended: delivered, retry, rejected or error."""
        self._attempts.observe(seconds, endpoint, result)

    def batch(self, jobs: int, seconds: float) -> None:
        """Count a commit of the writer that held so many jobs."""
        self._batches.observe(jobs)
        self._commits.observe(seconds)

    def lag(self, seconds: float) -> None:
        """Note how many seconds too late the event loop woke."""
        self._lag.observe(seconds)

    async def watch_loop(self, clock: Clock, every: float = 0.5) -> None:
        """Measure the lag of the event loop until cancelled."""
        while True:
            before = clock.monotonic()
            await clock.sleep(every)
            self.lag(max(0.0, clock.monotonic() - before - every))

    # --- how it is shown -----------------------------------------------------------------------
    def render(
        self,
        stored: Mapping[str, int],
        plugins: Sequence[LoadedPlugin] = (),
        failures: FailureCounts | None = None,
        *,
        ready: bool,
    ) -> bytes:
        """Return the text that Prometheus reads. ``stored`` is what ``Store.counts`` returned, ``failures``
        what the plugins' reporter counted."""
        self._stored, self._plugins, self._ready = stored, plugins, ready
        self._failures = failures or {}
        return generate_latest(self._registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the families for prometheus_client."""
        for family in (self._accepted, self._refused, self._turns, self._deliveries, self._attempts):
            yield family.collect()
        for family in (self._batches, self._commits, self._lag):
            yield family.collect()
        yield from _hooks(self._plugins)
        yield _failures(self._failures)
        yield GaugeMetricFamily("flowhook_ready", "1 while messages are accepted.", value=float(self._ready))
        stored = GaugeMetricFamily("flowhook_stored_items", "What the database holds now.", labels=["kind"])
        for name, count in self._stored.items():
            stored.add_metric([name], count)
        yield stored
        yield _info()


def _hooks(plugins: Sequence[LoadedPlugin]) -> Iterator[Metric]:
    """What the hooks of plugins noted themselves."""
    labels = ["plugin", "hook"]
    calls = CounterMetricFamily("flowhook_plugin_hook_calls", "Calls of hooks of plugins.", labels=labels)
    seconds = CounterMetricFamily("flowhook_plugin_hook_seconds", "Time spent in them.", labels=labels)
    for plugin in plugins:
        for hook, timing in plugin.timings.items():
            calls.add_metric([plugin.name, hook], timing.count)
            seconds.add_metric([plugin.name, hook], timing.total)
    yield from (calls, seconds)


def _failures(counts: Mapping[tuple[str, str, str], int]) -> Metric:
    family = CounterMetricFamily(
        "flowhook_plugin_hook_failures",
        "Hooks, nodes, engines and filters of plugins that raised, ran out of time or returned nonsense.",
        labels=["plugin", "hook", "endpoint"],
    )
    for labels, count in counts.items():
        family.add_metric(labels, count)
    return family


def _info() -> Metric:
    info = GaugeMetricFamily("flowhook_build_info", "The version that runs.", labels=["version"])
    info.add_metric([__version__], 1.0)
    return info
