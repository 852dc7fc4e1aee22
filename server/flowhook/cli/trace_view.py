"""How commands show the trace of a turn: which nodes ran, what they saw, and why they went on as they did."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flowhook.cli.console import bad, bold, dim, say, short
from flowhook.model.inbound import JsonObject
from flowhook.terminal import one_line

WIDE = 110  #: characters of a value


def kind_shown(inbound: JsonObject) -> str:
    """Return what entered, and whether it was a test: ``message``, ``message (test)``."""
    return f"{inbound['kind']} (test)" if inbound.get("test") else str(inbound["kind"])


def show_trace(trace: JsonObject, indent: str = "  ") -> None:
    """One line for each step, with what it saw and changed below."""
    for step in trace.get("steps", ()):
        for line in step_lines(step):
            say(indent + line)
    for failure in trace.get("failures", ()):
        say(indent + bad(short(failure_line(failure), 300)))
    if "error" in trace:
        say(indent + bad(short(str(trace["error"]), 300)))
    if "ms" in trace:
        say(indent + dim(_timing(trace)))


def step_lines(step: JsonObject) -> Iterator[str]:
    """Where, of which type, and which way the turn went on; then why, each fact in its line."""
    position = f"{step['flow']}/{step['node']}" if step["node"] else step["flow"]
    head = [bold(one_line(position)), dim(step["type"])]
    if "went" in step:
        head.append(f"→ {one_line(str(step['went']))}")
    if "passed" in step:
        head.append(dim(one_line(f"not {', '.join(step['passed'])}")))
    if "ms" in step:
        head.append(dim(f"{step['ms']:.0f} ms"))
    yield "  ".join(head)
    for path, value in step.get("saw", {}).items():
        yield f"    {dim('saw')}      {one_line(path)}: {_value(value)}"
    for path, value in step.get("changed", {}).items():
        yield f"    {dim('changed')}  {one_line(path)}: {_value(value)}"
    if call := step.get("call"):
        answered = call.get("status") or call.get("error") or ""
        told = one_line(f"{call['method']} {call['url']} → {answered}")
        yield f"    {dim('called')}   {told}"
    for warning in step.get("warnings", ()):
        yield f"    {dim('warning')}  {short(str(warning), WIDE)}"
    if "error" in step:
        yield f"    {bad(short(str(step['error']), 300))}"


def failure_line(failure: JsonObject) -> str:
    """What failed of which plugin, as the log has it."""
    where = f"plugin {failure['plugin']}, hook {failure['hook']} at endpoint {failure['endpoint']}"
    return f"{where}: {failure['error']}"


def _value(value: Any) -> str:
    return short(json.dumps(value, ensure_ascii=False), WIDE)


def _timing(trace: JsonObject) -> str:
    waited = f", after {trace['waitedMs']:.0f} ms in the queue" if trace.get("waitedMs") else ""
    return f"{trace['ms']:.0f} ms{waited}"
