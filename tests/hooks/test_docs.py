"""The reference of hooks, the hookspecs and the tests keep each other complete."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

from flowhook.hooks.api import specs

HERE = Path(__file__).parent
REFERENCE = (HERE.parents[1] / "docs" / "plugins.md").read_text()
HOOKS = {name: value for name, value in vars(specs).items() if hasattr(value, "flowhook_spec")}
SECTIONS = dict(re.findall(r"^### (\w+\([^)]*\))\n(.*?)(?=^##|\Z)", REFERENCE, re.M | re.S))
EXAMPLES = re.findall(r"^```python\n(.*?)^```", REFERENCE, re.M | re.S)


def test_every_hook_has_a_heading_with_its_signature():
    """Name and arguments in the reference are those of the hookspec."""
    signatures = [f"{name}({', '.join(inspect.signature(hook).parameters)})" for name, hook in HOOKS.items()]
    assert list(SECTIONS) == signatures


@pytest.mark.parametrize("name", HOOKS)
def test_every_hook_says_its_mode(name):
    """In the hookspec and in the reference, and the same in both."""
    [section] = [text for heading, text in SECTIONS.items() if heading.startswith(f"{name}(")]
    [mode] = re.findall(r"Mode: (pipe|every)\.", inspect.getdoc(HOOKS[name]) or "")
    assert section.lstrip().startswith(f"Mode: {mode}.")
    assert f"def {name}(" in section


def test_every_hook_has_a_test():
    """A new hook comes with a ``test_hook_<name>``."""
    tests = (HERE / "test_hooks.py").read_text()
    assert [name for name in HOOKS if f"test_hook_{name}" not in tests] == []


async def test_the_examples_load(bench):
    """Each example of the reference is a plugin that can be loaded."""
    for number, example in enumerate(EXAMPLES):
        (bench.directory / f"example_{number:02}.py").write_text(example)
    loaded = bench.load()
    assert all(plugin.hooks for plugin in loaded.plugins)
    assert {hook for plugin in loaded.plugins for hook in plugin.hooks} == HOOKS.keys()
