"""Every command of the README is run, and what it shows is what happens."""

from __future__ import annotations

import importlib.util
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowhook.cli import load_command
from flowhook.testing import open_bot
from tests.docs.pages import ROOT, blocks
from tests.docs.running import Process, bash
from tests.machine import reserve_port

README = ROOT / "README.md"
COMMANDS = [
    command
    for block in blocks(README, "bash")
    for command in block.text.replace("\\\n", " ").splitlines()
    if command.strip()
]
CURLS = [command for command in COMMANDS if command.startswith("curl ")]
FLOWHOOK = [command for command in COMMANDS if command.startswith("flowhook ")]
MAKE = [command.partition("#")[0].strip() for command in COMMANDS if command.startswith("make ")]

#: What arrives at the receiver after each of the curl commands, in their order.
ARRIVES = [
    ['#1  bot  "Hi there, welcome to Mario\'s!"', '#2  bot  "Which size?"'],
    ['#3  bot  "That is 22 euro. Shall I order it?"'],
    ['#4  bot  "Your pizza is at the door."'],
]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of what ``make run`` runs, on ports that are free."""
    for folder in ("flows", "plugins"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "config.yaml", tmp_path)
    for port in ("8000", "9000"):
        free = str(reserve_port())
        for path in (tmp_path / "config.yaml", *(tmp_path / "flows").glob("*.test.yaml")):
            path.write_text(path.read_text("utf-8").replace(f":{port}", f":{free}"), "utf-8")
        config = (tmp_path / "config.yaml").read_text("utf-8")
        (tmp_path / "config.yaml").write_text(config.replace(f"port: {port}", f"port: {free}"), "utf-8")
    return tmp_path


@pytest.fixture
def start(project: Path) -> Iterator[Any]:
    """Start ``flowhook …`` in the project."""
    running: list[Process] = []

    def begin(*arguments: str) -> Process:
        running.append(Process(project, *arguments))
        return running[-1]

    yield begin
    for process in running:
        process.stop()


# --- commands ------------------------------------------------------------------------------------


def test_every_command_is_known_here() -> None:
    """A new kind of command in the README needs a test of its own."""
    assert len(COMMANDS) == len(CURLS) + len(FLOWHOOK) + len(MAKE)
    assert len(CURLS) == len(ARRIVES)


@pytest.mark.parametrize("command", MAKE)
def test_what_make_calls_is_there(command: str) -> None:
    """Programs, modules, scripts and directories of each target."""
    listed = subprocess.run(
        [*shlex.split(command), "-n"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    called = [shlex.split(line) for line in listed.stdout.splitlines() if line.startswith(".venv/bin/")]
    assert called
    for program, *arguments in called:
        name = Path(program).name
        if name == "python" and arguments[0] == "-m":
            assert importlib.util.find_spec(arguments[1])
        elif name == "flowhook":
            assert load_command(arguments[0])
        elif name != "python":
            assert shutil.which(name, path=str(Path(sys.executable).parent)), name
        paths = [argument for argument in arguments if re.match(r"(tests|docs|benchmarks)/", argument)]
        assert [path for path in paths if not (ROOT / path).exists()] == []


def test_make_run_is_the_demo_that_stays() -> None:
    """Which is what the next test starts."""
    listed = subprocess.run(
        ["make", "-n", "--no-print-directory", "run"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    assert listed.splitlines()[-1] == ".venv/bin/flowhook demo --stay"


def test_the_curl_commands_are_answered_at_the_receiver(project: Path, start: Any) -> None:
    """In their order, as pasted: a 202, and what the bot says arrives."""
    demo = start("demo", "--stay")
    url = demo.until(r"^server +(http://\S+)")[1]
    demo.until("Ctrl\\+C stops")
    for command, arriving in zip(CURLS, ARRIVES, strict=True):
        answer = bash(command.replace("http://127.0.0.1:8000", url).replace("curl ", "curl -sS ", 1), project)
        assert set(json.loads(answer.stdout)) == {"traceId", "userId", "sessionId"}, answer
        for line in arriving:
            demo.until(re.escape(f"ada/s1 {line}"))


@pytest.mark.slow
def test_the_flowhook_commands_run(project: Path, start: Any) -> None:
    """All of them, beside the server that one of them is."""
    [serve] = [command for command in FLOWHOOK if command.startswith("flowhook serve")]
    start(*shlex.split(serve)[1:]).until(r"^flowhook \S+ at http://")
    for command in FLOWHOOK:
        if command != serve:
            answer = bash(command, project)
            assert answer.returncode == 0, f"{command}: {answer.stdout}{answer.stderr}"


# --- what it shows -------------------------------------------------------------------------------


def test_the_mistake_is_told_as_shown(project: Path) -> None:
    """With the very text, line and caret."""
    [shown] = [block.text for block in blocks(README, "text") if "error[" in block.text]
    wrong, right = re.findall(r'"(\w+)"', shown)[0], re.findall(r'"(\w+)"', shown)[-1]
    [line] = re.findall(r"^\S+?:(\d+):", shown)
    path = project / "flows" / "pizza.yaml"
    lines = path.read_text("utf-8").splitlines(keepends=True)
    lines[int(line) - 1] = lines[int(line) - 1].replace(right, wrong)
    path.write_text("".join(lines), "utf-8")
    answer = bash("flowhook check", project)
    assert answer.returncode == 1
    assert shown in answer.stdout


async def test_the_body_that_arrives_is_the_one_shown(project: Path) -> None:
    """But for the ids."""
    [shown] = [json.loads(block.text) for block in blocks(README, "json")]
    async with open_bot("pizza", project=project) as bot:
        await bot.says("hello")
        arrived = bot.deliveries[1]
    arrived["AIOutput"]["traceId"] = "…"
    assert arrived | {"userId": "ada", "sessionId": "s1"} == shown


async def test_the_flow_and_the_plugin_work(project: Path) -> None:
    """The flow speaks, and with the plugin it shouts."""
    [flow] = blocks(README, "yaml")
    [plugin] = blocks(README, "python")
    (project / "flows" / "hello.yaml").write_text(flow.text, "utf-8")
    (project / "plugins" / "shout.py").write_text(plugin.text, "utf-8")
    assert "use: [shout]" in README.read_text("utf-8")
    async with open_bot("hello", project=project) as bot:
        assert await bot.says("hi") == ["What is your name?"]
        assert await bot.clock.advance("10m") == ["Still there?"]
        assert await bot.says("Wolfeschlegelsteinhausen") == [
            "What a long name!",
            "Hello Wolfeschlegelsteinhausen.",
        ]
    async with open_bot("hello", project=project, use=["shout"]) as bot:
        assert await bot.says("hi") == ["WHAT IS YOUR NAME?"]
        assert await bot.says("Ada") == ["HELLO ADA."]
