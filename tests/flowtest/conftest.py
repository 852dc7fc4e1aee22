"""Projects with flows and tests of their own, run as ``flowhook test`` runs them."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowhook.config import config_from_mapping
from flowhook.flowtest.run.result import Result
from flowhook.flowtest.run.suite import open_suite

ORDER = """
flow: order
context: {count: 1}
nodes:
  - id: size
    ask: {text: "Which size?", type: choice, choices: [small, {value: large, synonyms: [big]}],
          store: context.size, timeout: 10m, attempts: 2}
    on_timeout:
      - say: "Still there?"
    on_fail: lost
  - id: price
    http_request: {method: POST, url: "https://crm.test/price", json: {size: "{{ context.size }}"},
                   store: context.price, retries: 2}
    on_error: sorry
  - id: told
    say: "That is {{ context.price.total }} euro."
  - stop:
  - id: sorry
    say: "No price today."
  - stop:
  - id: lost
    say: ["One.", "Two.", "Three.", "Four."]
"""

Play = Callable[..., list[Result]]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with the flow ``order``."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "order.yaml").write_text(ORDER, "utf-8")
    return tmp_path


@pytest.fixture
def play(root: Path) -> Play:
    """Run the tests of a text; the results, in their order."""

    def played(text: str, *, flow: str | None = None, flow_text: str = "", **sections: Any) -> list[Result]:
        import asyncio

        name = flow or "order"
        if flow_text:
            (root / "flows" / f"{name}.yaml").write_text(
                f"flow: {name}\n" + textwrap.dedent(flow_text), "utf-8"
            )
        path = root / "flows" / f"{name}.test.yaml"
        path.write_text(f"flow: {name}\n" + textwrap.dedent(text), "utf-8")
        config = config_from_mapping(sections, root)

        async def run() -> list[Result]:
            return [result async for result in suite.run(suite.chosen())]

        with open_suite(config, [(path, str(path))]) as suite:
            return asyncio.run(run())

    return played


def messages(result: Result) -> list[tuple[int, str]]:
    """Line and message of each failure."""
    return [(failure.line, failure.message) for failure in result.failures]
