"""The exposition of metrics: what was counted, as the families of prometheus_client and as their text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from flowhook.version import __version__

if TYPE_CHECKING:
    from flowhook.hooks.loading.loader import LoadedPlugin
    from flowhook.runtime.observe.metrics import Counter, Histogram

CONTENT_TYPE = CONTENT_TYPE_LATEST


class Exposition:
    """What is shown of one scrape. ``stored`` is what ``Store.counts`` returned."""

    def __init__(
        self,
        counters: Sequence[Counter],
        histograms: Sequence[Histogram],
        stored: Mapping[str, int],
        plugins: Sequence[LoadedPlugin],
        failures: Mapping[tuple[str, str, str], int],
        *,
        is_ready: bool,
    ) -> None:
        self._counters, self._histograms = counters, histograms
        self._stored, self._plugins, self._is_ready = stored, plugins, is_ready
        self._failures = failures

    def text(self) -> bytes:
        """Return the text that Prometheus reads."""
        registry = CollectorRegistry(auto_describe=False)
        registry.register(self)
        return generate_latest(registry)

    def collect(self) -> Iterator[Metric]:
        """Yield the families for prometheus_client."""
        yield from map(_counter, self._counters)
        yield from map(_histogram, self._histograms)
        yield from _hooks(self._plugins)
        yield _failures(self._failures)
        ready = float(self._is_ready)
        yield GaugeMetricFamily("flowhook_ready", "1 while messages are accepted.", value=ready)
        stored = GaugeMetricFamily("flowhook_stored_items", "What the database holds now.", labels=["kind"])
        for name, count in self._stored.items():
            stored.add_metric([name], count)
        yield stored
        yield _info()


def _counter(counter: Counter) -> Metric:
    family = CounterMetricFamily(counter.name, counter.text, labels=counter.labels)
    for labels, value in counter.values.items():
        family.add_metric(labels, value)
    return family


def _histogram(histogram: Histogram) -> Metric:
    family = HistogramMetricFamily(histogram.name, histogram.text, labels=histogram.labels)
    for labels, counts, total in histogram.samples():
        family.add_metric(labels, _buckets(histogram.bounds, counts), total)
    return family


def _buckets(bounds: Sequence[float], counts: Sequence[int]) -> list[tuple[str, float]]:
    """Return the upper bound of each bucket and how many values are not above it."""
    total = 0
    buckets: list[tuple[str, float]] = []
    for bound, count in zip([*bounds, float("inf")], counts, strict=True):
        total += count
        buckets.append(("+Inf" if bound == float("inf") else repr(float(bound)), total))
    return buckets


def _hooks(plugins: Sequence[LoadedPlugin]) -> Iterator[Metric]:
    """Yield what the hooks of plugins noted themselves."""
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
