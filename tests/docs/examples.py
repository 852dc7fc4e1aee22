"""The examples of a page as a project: its flows, their tests, its configuration and its plugins.

A page that shows a whole flow and its test shows both as files would be; ``# config.yaml`` and
``# plugins/name.py`` as the first line of a block make it that file.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tests.docs.pages import PAGES, Block, blocks, name_of

#: What a project without a configuration of its own has.
CONFIG = """\
connections: {crm: {base_url: "https://crm.example"}}
vars: {shop_name: Mario's}
"""
_FLOW = re.compile(r"^flow: *(\S+)", re.MULTILINE)
_FILE = re.compile(r"# (config\.yaml|plugins/\w+\.py)\n")
_TOP = re.compile(r"^(\w+):", re.MULTILINE)
#: Top keys of a flow.
OF_FLOWS = {
    "flow", "description", "intents", "slots", "states", "attach", "locales", "reject", "nodes", "moved",
    "context", "settings", "timers",
}  # fmt: skip


def kind_of(block: Block) -> str:
    """Whether a YAML example is a ``flow``, a ``test`` of one, some ``nodes``, a ``part`` of a flow, or
    a piece of a ``config``."""
    tops = set(_TOP.findall(block.text))
    if "flow" in tops and tops & {"tests", "nodes"}:
        return "test" if "tests" in tops else "flow"
    lines = [line for line in block.text.splitlines() if line and not line.startswith("#")]
    if lines[0].startswith("- "):
        return "nodes"
    return "part" if tops <= OF_FLOWS else "config"


def flow_of(block: Block) -> str:
    """The flow that a block is, or tests."""
    name = _FLOW.search(block.text)
    assert name, block
    return name[1]


def of_kind(kind: str, among: Iterable[Block]) -> list[Block]:
    """The blocks of a kind."""
    return [block for block in among if kind_of(block) == kind]


def write_project(page: Path, directory: Path) -> list[tuple[Path, str]]:
    """Write the files of a page; answers the test files, each with the place that problems name."""
    (directory / "config.yaml").write_text(CONFIG, "utf-8")
    for block in blocks(page, "yaml", "python"):
        if found := _FILE.match(block.text):
            path = directory / found[1]
            path.parent.mkdir(exist_ok=True)
            path.write_text(block.text, "utf-8")
    (directory / "flows").mkdir()
    tests = []
    for block in blocks(page, "yaml"):
        kind = kind_of(block)
        if kind in ("flow", "test"):
            ending = ".test.yaml" if kind == "test" else ".yaml"
            path = directory / "flows" / f"{flow_of(block)}{ending}"
            assert not path.exists(), f"{block}: {path.name} is on this page already"
            path.write_text(block.text, "utf-8")
            if kind == "test":
                tests.append((path, str(block)))
    return tests


#: Pages with whole flows, and among them those with tests. The pages on problems show what is wrong, and
#: the tutorial is read from its first line to its last, by a test of its own.
WITH_FLOWS = [
    page
    for page in PAGES
    if not name_of(page).startswith(("docs/problems", "docs/tutorial"))
    and of_kind("flow", blocks(page, "yaml"))
]
WITH_TESTS = [page for page in WITH_FLOWS if of_kind("test", blocks(page, "yaml"))]
