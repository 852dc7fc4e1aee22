"""docs/tutorial.md, from its first line to its last: files are written, commands run, outputs compared."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import DOCS, ROOT, Block, blocks
from tests.docs.running import Process, bash
from tests.machine import reserve_port

PAGE = DOCS / "tutorial.md"
FILE = re.compile(r"# (\S+)( \+)?\n")
SAYS = re.compile(r"^you: (.*)$", re.MULTILINE)


class Reader:
    """Somebody who does what the page says, in a directory of their own, at ports that are free."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.ports = {port: str(reserve_port()) for port in ("8000", "9000")}
        self.running: list[Process] = []

    def here(self, text: str) -> str:
        """A text of the page with the ports of this machine."""
        for told, ours in self.ports.items():
            text = text.replace(f"127.0.0.1:{told}", f"127.0.0.1:{ours}")
            text = text.replace(f"port: {told}", f"port: {ours}")
        return text

    def write(self, block: Block) -> None:
        """A file, or more of one. Its first line names it, and stays."""
        found = FILE.match(block.text)
        assert found, f"{block} names no file"
        path = self.directory / found[1]
        assert path.exists(), f"{block}: {path} is not there to be edited"
        before = path.read_text("utf-8") if found[2] else ""
        path.write_text(before + (block.text[found.end() :] if found[2] else block.text), "utf-8")

    def run(self, block: Block) -> None:
        """Each command after a $, and what it should print."""
        for part in re.split(r"^\$ ", block.text, flags=re.MULTILINE)[1:]:
            command, _, shown = part.partition("\n")
            self._run(command, self.here(shown), str(block))

    def _run(self, command: str, shown: str, where: str) -> None:
        words = shlex.split(command)
        if words[0] == "cd":
            self.directory /= words[1]
            return
        if words[:2] in (["flowhook", "receive"], ["flowhook", "serve"]):
            port = ["--port", self.ports["9000"]] if words[1] == "receive" else []
            self.running.append(Process(self.directory, *words[1:], *port))
            for line in shown.splitlines():
                if line != "…":
                    self.running[-1].until(pattern(line).rstrip("\n"))
            return
        said = "".join(f"{text}\n" for text in SAYS.findall(shown)) if words[1] == "chat" else ""
        typed = f"printf %s {shlex.quote(said)} | " if said else ""
        answer = bash(f"{typed}{self.here(command)}", self.directory)
        printed = answer.stdout + answer.stderr
        assert re.fullmatch(pattern(shown), printed.rstrip("\n") + "\n"), f"{where}: {command}\n{printed}"
        if words[1] == "new":
            self._use_free_ports(self.directory / words[-1] / "config.yaml")

    def _use_free_ports(self, config: Path) -> None:
        config.write_text(self.here(config.read_text("utf-8")), "utf-8")


def pattern(shown: str) -> str:
    """What is shown as a regular expression: … stands for a part of a line, alone for whole ones."""
    lines = [
        r"(?:.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + "\n"
        for line in shown.rstrip("\n").split("\n")
    ]
    return "".join(lines)


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    """One who leaves nothing running."""
    reader = Reader(tmp_path)
    yield reader
    for process in reader.running:
        process.stop()


def test_the_tutorial_from_the_first_line_to_the_last(reader: Reader) -> None:
    """As somebody would read it: in order, with everything that it says comes out."""
    for block in blocks(PAGE, "yaml", "console", "text"):
        if block.language == "yaml":
            reader.write(block)
        elif block.language == "console":
            reader.run(block)
        else:
            for line in block.text.splitlines():
                reader.running[0].until(re.escape(line))


def test_what_is_installed_is_there() -> None:
    """The name on the package index is ours, and the clone's way exists."""
    [command] = [block.text for block in blocks(PAGE, "sh")]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert command == f"pip install {project['name']}\n"
    assert re.search(r"^setup:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
