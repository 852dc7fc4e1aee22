"""The pages that show how to write plugins: each is a project, and its own test runs."""

from __future__ import annotations

from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import pytest

from tests.docs.examples import write_project
from tests.docs.pages import DOCS, blocks, name_of

PAGES = sorted((DOCS / "plugins").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
async def test_the_test_of_a_page_passes(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the plugin, the flow and the configuration of the page."""
    write_project(page, tmp_path)
    monkeypatch.chdir(tmp_path)
    tests = [block.text for block in blocks(page, "python") if block.text.startswith("# test_")]
    assert tests, "a page has a test"
    for text in tests:
        names: dict[str, Any] = {}
        exec(compile(text, str(page), "exec"), names)
        found = [names[name] for name in names if name.startswith("test_")]
        assert found
        for test in found:
            assert iscoroutinefunction(test)
            await test()


def test_the_pages_are_there() -> None:
    """And the reference leads to them."""
    reference = (DOCS / "plugins.md").read_text("utf-8")
    assert [page.stem for page in PAGES] == [
        "channel", "handover-provider", "nlu-engine", "own-handover", "transformer",
    ]  # fmt: skip
    assert all(f"plugins/{page.name}" in reference for page in PAGES)
