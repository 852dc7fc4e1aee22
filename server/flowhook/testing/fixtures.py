"""The pytest plugin: found by its entry point in every project that has flowhook installed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from flowhook.testing.bot import Bot


@pytest.fixture
async def bot(request: pytest.FixtureRequest) -> AsyncIterator[Bot]:
    """A conversation with the flow that the test names: ``@pytest.mark.flow("pizza")``.

    The marker takes what ``flowhook.testing.open_bot`` takes.
    """
    from flowhook.testing.bot import open_bot

    marker = request.node.get_closest_marker("flow")
    if marker is None:
        pytest.fail('the bot fixture needs a marker: @pytest.mark.flow("name of the flow")')
    arguments: dict[str, Any] = dict(marker.kwargs)
    async with AsyncExitStack() as stack:
        yield await stack.enter_async_context(open_bot(*marker.args, **arguments))


def pytest_addoption(parser: pytest.Parser) -> None:
    """The switch for tests written as YAML."""
    parser.addini("flowhook_tests", "collect *.test.yaml as tests of flows", type="bool", default=False)
    parser.addini("flowhook_config", "the project that they talk to", default="config.yaml")
    group = parser.getgroup("flowhook")
    group.addoption("--flowhook-tests", action="store_true", help="collect *.test.yaml as tests of flows")


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    """``*.test.yaml`` files, where the configuration asks for them."""
    config = parent.config
    if not (config.getini("flowhook_tests") or config.getoption("--flowhook-tests")):
        return None
    if not file_path.name.endswith((".test.yaml", ".test.yml")):
        return None
    from flowhook.flowtest.run.pytest_collector import FlowFile

    return FlowFile.from_parent(parent, path=file_path)


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "flow(name, **options): the flow that the bot fixture talks to")
