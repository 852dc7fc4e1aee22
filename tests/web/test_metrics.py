"""Metrics: what is counted, how it is shown, and that Prometheus accepts it."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from flowhook.harness.clocks import FakeClock
from flowhook.hooks.calling.failures import FailureCounts
from flowhook.runtime.observe.metrics import Metrics
from flowhook.web.asgi_app import create_app

from .conftest import client_of, make_services


def filled() -> bytes:
    """The text after one of everything happened."""
    metrics = Metrics()
    metrics.accepted("pizza", "message")
    metrics.accepted("pizza", "message")
    metrics.refused("invalid_json")
    metrics.turn("pizza", "done", 0.003)
    metrics.turn("pizza", "done", 99.0)
    metrics.delivery("pizza", "delivered")
    metrics.attempt("pizza", "retry", 0.2)
    metrics.batch(3, 0.001)
    metrics.lag(0.0)
    timing = SimpleNamespace(count=4, total=0.5)
    plugin: Any = SimpleNamespace(name='sh"out', timings={"transform_input": timing})
    failures = FailureCounts({('sh"out', "transform_input", "pizza"): 1})
    return metrics.render({"sessions": 3}, [plugin], failures, ready=True)


def test_what_happened_is_shown() -> None:
    """Each count arrives under its name with its labels."""
    samples = {
        (sample.name, frozenset(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(filled().decode())
        for sample in family.samples
    }
    assert samples["flowhook_inbounds_accepted_total", frozenset(["pizza", "message"])] == 2
    assert samples["flowhook_requests_refused_total", frozenset(["invalid_json"])] == 1
    assert samples["flowhook_turn_duration_seconds_bucket", frozenset(["pizza", "done", "0.005"])] == 1
    assert samples["flowhook_turn_duration_seconds_bucket", frozenset(["pizza", "done", "+Inf"])] == 2
    assert samples["flowhook_turn_duration_seconds_count", frozenset(["pizza", "done"])] == 2
    assert samples["flowhook_turn_duration_seconds_sum", frozenset(["pizza", "done"])] == 99.003
    assert samples["flowhook_deliveries_resolved_total", frozenset(["pizza", "delivered"])] == 1
    assert samples["flowhook_delivery_attempt_duration_seconds_count", frozenset(["pizza", "retry"])] == 1
    assert samples["flowhook_writer_batch_jobs_bucket", frozenset(["4.0"])] == 1
    hook = frozenset(['sh"out', "transform_input", "pizza"])
    assert samples["flowhook_plugin_hook_failures_total", hook] == 1
    assert samples["flowhook_stored_items", frozenset(["sessions"])] == 3
    assert samples["flowhook_ready", frozenset()] == 1


@pytest.mark.parametrize("text", [filled(), Metrics().render({}, ready=False)], ids=["filled", "empty"])
def test_promtool_has_nothing_to_say(text: bytes) -> None:
    """Names, units, types and help texts follow the rules, with and without samples."""
    promtool = shutil.which("promtool")
    if promtool is None:
        assert list(text_string_to_metric_families(text.decode()))
        pytest.skip("promtool is not installed; the text was parsed only")
    done = subprocess.run([promtool, "check", "metrics"], input=text, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


async def test_the_lag_of_the_loop_is_measured() -> None:
    """Later than asked for is lag."""
    clock, metrics = FakeClock(), Metrics()
    watching = asyncio.create_task(metrics.watch_loop(clock))
    await clock.settle()
    await clock.advance(0.5)
    watching.cancel()
    assert b"flowhook_event_loop_lag_seconds_count 1.0" in metrics.render({}, ready=True)


async def test_metrics_ask_for_the_admin_key_unless_public(admin: httpx.AsyncClient) -> None:
    """``server.public_metrics`` opens them."""
    answer = await admin.get("/metrics")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert 'flowhook_stored_items{kind="pending"} 2.0' in answer.text
    async with client_of(create_app(make_services(public_metrics=True))) as stranger:
        assert (await stranger.get("/metrics")).status_code == 200
