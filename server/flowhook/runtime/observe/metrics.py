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

from flowhook.clock import Clock

if TYPE_CHECKING:
    from flowhook.hooks.calling.failures import FailureCounts
    from flowhook.hooks.loading.loader import LoadedPlugin

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

    def samples(self) -> Iterator[tuple[Labels, Sequence[int], float]]:
        """Yield labels, the number of values in each bucket, and their sum."""
        for labels, counts in self._counts.items():
            yield labels, counts, self._sums[labels]


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
        self._event_webhooks = Counter(
            "flowhook_event_webhooks", "Events for webhooks that nobody waits for.", ["endpoint", "result"]
        )
        self._batches = Histogram(
            "flowhook_writer_batch_jobs", "Jobs that one commit of the writer held.", bounds=JOBS
        )
        self._commits = Histogram(
            "flowhook_writer_commit_duration_seconds", "Time that one commit of the writer took."
        )
        self._lag = Histogram("flowhook_event_loop_lag_seconds", "How late the event loop woke.")

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

    def event_webhook(self, endpoint: str, result: str) -> None:
        """Count an event for a webhook: sent, failed, or dropped for want of room."""
        self._event_webhooks.values[(endpoint, result)] += 1.0

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

    def by_endpoint(self) -> dict[str, dict[str, float]]:
        """Return what was counted of each endpoint since the start: accepted messages (no tests),
        failed turns, deliveries by their outcome."""
        counts: defaultdict[str, dict[str, float]] = defaultdict(
            lambda: {"accepted": 0.0, "failed": 0.0, "delivered": 0.0, "dead": 0.0}
        )
        for (endpoint, kind), number in self._accepted.values.items():
            if kind != "test":
                counts[endpoint]["accepted"] += number
        for (endpoint, status), buckets, _ in self._turns.samples():
            if status == "failed":
                counts[endpoint]["failed"] += sum(buckets)
        for (endpoint, outcome), number in self._deliveries.values.items():
            counts[endpoint][outcome] = counts[endpoint].get(outcome, 0.0) + number
        return dict(counts)

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
        from flowhook.runtime.observe.exposition import Exposition  # prometheus_client takes long to import

        return Exposition(
            self.counters, self.histograms, stored, plugins, failures or {}, is_ready=ready
        ).text()

    @property
    def counters(self) -> Sequence[Counter]:
        """All counters, in the order in which they are shown."""
        return (self._accepted, self._refused, self._deliveries, self._event_webhooks)

    @property
    def histograms(self) -> Sequence[Histogram]:
        """All histograms, in the order in which they are shown."""
        return (self._turns, self._attempts, self._batches, self._commits, self._lag)
