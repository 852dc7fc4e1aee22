"""The documentation is complete, its examples work, its links lead somewhere."""

from __future__ import annotations

import re
import runpy
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from flowhook.cli import load_command
from flowhook.cli.commands.check import check
from flowhook.cli.project_option import ProjectPath
from flowhook.config import Config, load_config, read_config
from flowhook.engine.expressions import limits as engine_limits
from flowhook.engine.turn.input import INPUT_NAMES
from flowhook.flowfiles.compile import reserved_words
from flowhook.flowfiles.compile.compiler import TOP_KEYS
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.compile.references import ROOTS
from flowhook.flowfiles.library import load_library
from flowhook.flowtest.files import matchers, mocks, parser, steps
from flowhook.flowtest.files.matchers import TYPES
from flowhook.flowtest.files.model import STEPS
from flowhook.flowtest.run.report import failures_of, plain
from flowhook.flowtest.run.suite import open_suite
from flowhook.net.errors import REASONS
from flowhook.nodes import BUILTIN
from flowhook.nodes.parts.answer_types import ASK_TYPES
from flowhook.problems.problem import Problem
from flowhook.testing import open_bot
from tests.docs.examples import WITH_FLOWS, WITH_TESTS, of_kind, write_project
from tests.docs.pages import DOCS, PAGES, ROOT, Block, all_blocks, blocks, name_of, section, without_blocks

SERVER = ROOT / "server" / "flowhook"
NODES, HOWTO = DOCS / "nodes", DOCS / "howto"
TESTING = DOCS / "testing.md"
FLOWS, CONFIGURATION = DOCS / "flows.md", DOCS / "configuration.md"
GENERATE: dict[str, Any] = runpy.run_path(str(DOCS / "generate.py"))

#: What a piece of a flow may lack, and what a piece of a configuration may.
OF_PIECES = {
    "dead-end", "file-name", "unknown-timer", "unknown-node", "unknown-flow", "unknown-intent", "unreachable",
    "unset-variable",
}  # fmt: skip
ENVIRON = {
    "WEBHOOK_SECRET": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    "BOT_TOKEN": "t",
    "KIM_KEY": "k" * 32,
    "DASHBOARD_KEY": "d" * 32,
}

YAML = [
    block for block in all_blocks("yaml") if not block.page.startswith(("docs/problems", "docs/tutorial"))
]


# --- examples ------------------------------------------------------------------------------------


def problems_of(text: str, directory: Path) -> list[Problem]:
    """What the checker says of a whole flow."""
    (directory / "piece.yaml").write_text(text, "utf-8")
    return load_library(directory, NodeTypes(BUILTIN), root=directory).problems


@pytest.mark.parametrize("page", WITH_FLOWS, ids=name_of)
def test_every_flow_is_without_a_problem(page: Path, tmp_path: Path) -> None:
    """Not even a warning, together with the other files of its page."""
    write_project(page, tmp_path)
    assert [str(problem) for problem in check(ProjectPath(tmp_path / "config.yaml")).problems] == []


@pytest.mark.parametrize("page", WITH_TESTS, ids=name_of)
async def test_every_flow_does_what_its_test_says(page: Path, tmp_path: Path) -> None:
    """As ``flowhook test`` would say."""
    tests = write_project(page, tmp_path)
    with open_suite(load_config(tmp_path / "config.yaml", ENVIRON), tests) as suite:
        failures = [
            line
            async for result in suite.run(suite.chosen())
            if not result.good
            for line in failures_of(result, plain)
        ]
    assert "\n".join(failures) == ""


#: Pages on commands and configuration, without a flow of their own.
OPERATING = {"change-the-configuration.md", "operate-webhooks.md", "quick-messages.md", "roles-and-keys.md"}


@pytest.mark.parametrize("page", [*NODES.glob("*.md"), *HOWTO.glob("*.md")], ids=name_of)
def test_every_page_for_authors_has_an_example_that_is_tested(page: Path) -> None:
    """But for the tables of contents, and for pages that tell how to operate a server."""
    assert page in WITH_TESTS or page.name == "README.md" or page.name in OPERATING


@pytest.mark.parametrize("block", of_kind("nodes", YAML), ids=str)
def test_every_piece_of_a_flow_is_sound(block: Block, tmp_path: Path) -> None:
    """But for what it refers to elsewhere."""
    nodes = "".join(f"  {line}\n" if line else "\n" for line in block.text.splitlines())
    problems = problems_of(f"flow: piece\nnodes:\n{nodes}", tmp_path)
    assert [str(problem) for problem in problems if problem.code not in OF_PIECES] == []


@pytest.mark.parametrize("block", of_kind("part", YAML), ids=str)
def test_every_part_of_a_flow_is_sound(block: Block, tmp_path: Path) -> None:
    """Some of its top keys; nodes are added where they are left out."""
    nodes = "" if "\nnodes:" in f"\n{block.text}" else "nodes: [{say: hello}]\n"
    name = "" if "flow:" in block.text else "flow: piece\n"
    problems = problems_of(f"{name}{block.text}{nodes}", tmp_path)
    assert [str(problem) for problem in problems if problem.code not in OF_PIECES] == []


@pytest.mark.parametrize("block", of_kind("config", YAML), ids=str)
def test_every_piece_of_a_configuration_loads(block: Block, tmp_path: Path) -> None:
    """But for required keys that a piece on another page leaves out."""
    (tmp_path / "config.yaml").write_text(block.text, "utf-8")
    _, problems = read_config(tmp_path / "config.yaml", ENVIRON)
    whole = block.page == name_of(CONFIGURATION)
    assert [str(problem) for problem in problems if whole or problem.code != "missing"] == []


@pytest.mark.parametrize("block", all_blocks("python"), ids=str)
def test_every_python_example_compiles(block: Block) -> None:
    """That plugins load and do what is said is tested where plugins and README are."""
    compile(block.text, str(block), "exec")


async def test_the_example_of_a_flow_passes_the_example_of_a_test(tmp_path: Path) -> None:
    """The first flow of the page, and the test at its end."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "lunch.yaml").write_text(blocks(FLOWS, "yaml")[0].text, "utf-8")
    scope: dict[str, Any] = {}
    [example] = [block for block in blocks(FLOWS, "python") if "def test_" in block.text]
    exec(compile(example.text, str(example), "exec"), scope)
    async with open_bot("lunch", project=tmp_path) as bot:
        await scope["test_soup_comes_with_bread"](bot)


async def test_the_examples_in_python_pass() -> None:
    """Those of the page on tests, on the flows that ship."""
    [large, _shop] = [block for block in blocks(TESTING, "python") if "def test_" in block.text]
    scope: dict[str, Any] = {}
    exec(compile(large.text, str(large), "exec"), scope)
    async with open_bot("pizza", project=ROOT) as bot:
        await scope["test_a_large_pizza_costs_22"](bot)


# --- generated parts -----------------------------------------------------------------------------


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_generated_parts_are_fresh(page: Path) -> None:
    """``make docs`` would change nothing."""
    text = page.read_text("utf-8")
    assert GENERATE["written"](text) == text


def test_every_node_type_is_in_the_reference() -> None:
    """Each of the built-in ones has a page, and stands once in the index."""
    keys = sorted(node.key for node in BUILTIN)
    told = [re.findall(r"<!-- node: (.+?) -->", (NODES / f"{key}.md").read_text("utf-8")) for key in keys]
    assert told == [[key] for key in keys]
    listed = re.findall(r"<!-- nodes: (.+?) -->", (NODES / "README.md").read_text("utf-8"))
    assert sorted(", ".join(listed).split(", ")) == keys


def test_every_section_of_the_configuration_is_in_the_reference() -> None:
    """And each key of it says what it means."""
    told = re.findall(r"<!-- config: (.+?) -->", CONFIGURATION.read_text("utf-8"))
    assert sorted(told) == sorted(sections(Config))
    silent = [
        row for place in told for row in GENERATE["config_of"](place).splitlines() if row.endswith("|  |")
    ]
    assert silent == []


def sections(model: Any, prefix: str = "") -> Iterator[str]:
    """Where in the file a model's sections are."""
    yield prefix or "top"
    for name, field in model.model_fields.items():
        below = GENERATE["_section"](field.annotation)
        if below is not None:
            yield from sections(below, f"{prefix}.{name}" if prefix else name)


def test_every_setting_of_a_node_says_what_it_means() -> None:
    """A table with empty cells is no reference."""
    silent = [
        f"{node.key}.{name}"
        for node in BUILTIN
        for name, field in node.model_fields.items()
        if not field.description
    ]
    assert silent == []


# --- words ---------------------------------------------------------------------------------------


def words_in(text: str) -> set[str]:
    return set(re.findall(r"`([a-z_]+)`", text))


def test_what_is_not_available_yet_is_named() -> None:
    """Every word that the checker refuses as too early, and no other."""
    known = set(reserved_words.NODE_TYPES)
    table = "\n".join(re.findall(r"^\| .*", section(FLOWS, "Not available yet"), re.MULTILINE))
    assert words_in(table) - {"settings", "ask", "say"} == known


def test_every_word_of_tests_is_told() -> None:
    """Each in its table: keys of the file, steps, expectations, matchers, mocks."""
    tables = {
        "The file": {*parser.TOP_KEYS, *parser.TEST_KEYS},
        "Steps": {*STEPS, *steps.SAID_KEYS},
        "What is expected": set(steps.EXPECT_KEYS),
        "Values": set(matchers.WORDS),
        "Mocks": {*mocks.HTTP_KEYS, *mocks.NODE_KEYS, *mocks.NLU_KEYS} - {"comment"},
    }
    for title, known in tables.items():
        table = "\n".join(re.findall(r"^\| (`.*?) \|", section(TESTING, title), re.MULTILINE))
        told = set(re.findall(r"`(\w+)[`:]", table))
        assert told == known, title
    types = section(TESTING, "Values").partition("`type: number`")[2].partition("\n")[0]
    assert words_in(types) == set(TYPES)
    starts = section(TESTING, "The file").partition("| `start` |")[2].partition("\n")[0]
    assert set(parser.START_KEYS) <= words_in(starts) | {"waiting"}


def test_every_key_of_a_flow_is_told() -> None:
    """In the table, once."""
    rows = re.findall(r"^\| `(\w+)` \|", section(FLOWS, "The file").partition("`settings`:")[0], re.MULTILINE)
    assert sorted(rows) == sorted(TOP_KEYS)


def test_every_name_of_input_is_told() -> None:
    """In its table, once."""
    table = section(FLOWS, "Expressions").partition("| Of `input`")[2].partition("\n\n")[0]
    cells = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    told = [word for cell in cells for word in re.findall(r"`(\w+)`", cell)]
    assert sorted(told) == sorted(INPUT_NAMES)


def test_every_type_of_question_is_told() -> None:
    """In the table, once."""
    rows = re.findall(r"^\| `(\w+)` \|", section(NODES / "ask.md", "Types"), re.MULTILINE)
    assert sorted(rows) == sorted(ASK_TYPES)


def test_every_name_of_expressions_is_told() -> None:
    """In the table, once."""
    table = section(FLOWS, "Expressions").partition("| Of `input`")[0]
    assert sorted(re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)) == sorted(ROOTS)


def test_the_limits_are_those_of_the_sandbox() -> None:
    """In the order of the table."""
    table = section(FLOWS, "Expressions").partition("| Limit of one evaluation")[2]
    told = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*\d", table)]
    limits = ("SOURCE", "OUTPUT", "LOOPS", "RANGE", "ITEMS", "PRODUCED", "READ")
    assert told == [getattr(engine_limits, f"MAX_{name}") for name in limits]


def test_every_reason_of_a_failure_is_told() -> None:
    """In the table of errors, each once; and none that does not exist."""
    rows = re.findall(r"^\| (`.+?) \|", section(FLOWS, "Errors"), re.MULTILINE)
    told = [word for row in rows for word in re.findall(r"`([a-z-]+)`", row)]
    sources = [
        path.read_text("utf-8")
        for room in ("engine", "nodes", "runtime", "hooks")
        for path in (SERVER / room).rglob("*.py")
    ]
    reasons = {
        word for text in sources for word in re.findall(r'(?:NodeFailed|Failure)\(\s*"([a-z-]+)"', text)
    }
    assert sorted(told) == sorted(reasons | {"blocked", "protocol"} | {reason for _, reason in REASONS})


# --- commands ------------------------------------------------------------------------------------

#: How a command begins, by the language of the block: in a console its output stands below it.
BEGINS = {"console": r"^\$ ", "yml": r"run: ", "sh": "^", "bash": "^"}
SHOWN = [
    pytest.param(found[1], id=f"{block}-{number}")
    for block in all_blocks(*BEGINS)
    for number, found in enumerate(
        re.finditer(rf"{BEGINS[block.language]}(flowhook .+)$", block.text, re.MULTILINE)
    )
]


@pytest.mark.parametrize("line", SHOWN)
def test_every_command_that_is_shown_exists(line: str) -> None:
    """With its options."""
    words = shlex.split(line, comments=True)[1:]
    command = load_command(words[0])
    assert command, line
    while isinstance(command, click.Group) and len(words) > 1 and words[1] in command.commands:
        command, words = command.commands[words[1]], words[1:]
    known = {"--help", "--config", *(option for param in command.params for option in param.opts)}
    assert {word.partition("=")[0] for word in words[1:] if word.startswith("-")} <= known


# --- links ---------------------------------------------------------------------------------------


def anchors_of(page: Path) -> set[str]:
    """The anchors that headings of a page get."""
    headings = re.findall(r"^#+ (.+)$", without_blocks(page.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_link_leads_somewhere(page: Path) -> None:
    """To a file that is there, and to a heading in it."""
    astray = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_blocks(page.read_text("utf-8"))):
        if re.match(r"https?://", link):
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors_of(target)):
            astray.append(link)
    assert astray == []


def test_the_house_names_nothing_outside_of_it() -> None:
    """Readers have this repository and the web."""
    outside = [
        name_of(page)
        for page in PAGES
        if re.search(r"\.\./shared|/work/|anchors/|behaviour/", page.read_text("utf-8"))
    ]
    assert outside == []
