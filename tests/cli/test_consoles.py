"""Consoles that cannot show every character, and places that cannot be written."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowhook.cli.console import progress
from flowhook.terminal import escaped_json, one_line
from tests.machine import PATIENCE
from tests.warm import CLIENT, nursery_socket

TESTS = """\
flow: order
tests:
  - name: asks
    steps: [{user: "h\u00e9llo \u4f60"}, {bot: "Which size?"}]
"""


def flowhook(
    *words: str, encoding: str, typed: str = "", warm: bool = False
) -> subprocess.CompletedProcess[bytes]:
    """A command whose standard streams have this encoding: set by Python's start, or by the nursery's."""
    environ = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
    command = ["-S", CLIENT, nursery_socket()] if warm else ["-m", "flowhook"]
    return subprocess.run(
        [sys.executable, *command, *words], env=environ, input=typed.encode(encoding),
        capture_output=True, timeout=PATIENCE, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "gbk", "ascii", "utf-8"])
def test_results_are_printed_on_any_console(shop, encoding):
    """Marks that its encoding lacks are written in ASCII; the exit code is that of the work."""
    Path("flows/order.test.yaml").write_text(TESTS, "utf-8")
    done = flowhook("test", "-v", encoding=encoding, warm=encoding not in ("cp1252", "ascii"))
    said = done.stdout.decode(encoding, "replace")
    assert done.returncode == 0, said + done.stderr.decode(encoding, "replace")
    assert "order: asks" in said
    assert "1 passed" in said
    if encoding in ("cp1252", "latin-1"):
        assert "ok order: asks" in said
        assert "h\u00e9llo ?" in said
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("encoding", ["cp1252", "gbk"])
def test_every_kind_of_command_prints_on_any_console(shop, encoding):
    """New, check, chat, and JSON that stays exact."""
    made = flowhook("new", "flow", "more", encoding=encoding, warm=True)
    assert (made.returncode, made.stderr) == (0, b"")
    checked = flowhook("check", encoding=encoding, warm=True)
    assert (checked.returncode, checked.stderr) == (0, b"")
    talked = flowhook("chat", "order", encoding=encoding, typed="hello\n/mock POST /x {}\n", warm=True)
    assert talked.returncode == 0
    assert "Which size?" in talked.stdout.decode(encoding)
    Path("flows/order.test.yaml").write_text(TESTS, "utf-8")
    told = flowhook("test", "flows/order.test.yaml", "--json", encoding=encoding, warm=True)
    (test,) = json.loads(told.stdout.decode(encoding))["tests"]
    assert test["conversation"][0]["text"] == "h\u00e9llo \u4f60"


def test_documents_are_utf_8_where_the_console_lacks_their_characters(shop):
    """What is redirected into a file is what other tools read."""
    shop.edit("Which size?", "Welche Gr\u00f6\u00dfe? \u4f60", shop.flow)
    drawn = flowhook("graph", "order", "--format", "svg", encoding="cp1252")
    assert drawn.returncode == 0
    assert "\u4f60" in drawn.stdout.decode("utf-8")


@pytest.mark.parametrize(
    "words",
    [
        ("new", "project", "shop"),
        ("new", "flow", "more"),
        ("new", "plugin", "crm"),
        ("test", "--junit", "a.xml"),
    ],
)
def test_a_place_that_cannot_be_written_is_one_sentence(shop, run, monkeypatch, words):
    """And the exit code of wrong use."""

    def refused(self, *arguments, **options):
        raise PermissionError(13, "Permission denied", str(self))

    Path("flows/order.test.yaml").write_text(TESTS, "utf-8")
    for name in ("write_text", "write_bytes", "mkdir"):
        monkeypatch.setattr(Path, name, refused)
    said = run(*words, code=2).output
    assert "Permission denied" in said
    assert "Error: " in said
    assert "Traceback" not in said


def test_json_holds_nothing_that_a_terminal_obeys():
    """DEL, C1 and bidirectional controls are escaped; the value stays the same."""
    value = {"text": "a\x7f\u009b31m\u202eb\u2028c \u00e9"}
    text = escaped_json(json.dumps(value, ensure_ascii=False))
    assert json.loads(text) == value
    assert text.isprintable()
    assert "\u00e9" in text
    assert one_line("a\x1b[31m\u202eb\nc") == "a\u00b7[31m\u00b7b c"


def test_long_work_shows_a_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is done now, how far it is; elsewhere nothing at all."""
    for is_terminal in (True, False):
        screen = io.StringIO()
        monkeypatch.setattr(screen, "isatty", lambda is_terminal=is_terminal: is_terminal)
        monkeypatch.setattr("sys.stderr", screen)
        monkeypatch.setenv("TERM", "xterm-256color")
        with progress("replaying", 3) as step:
            for name in ("first", "second", "third"):
                step(name)
        shown = screen.getvalue()
        assert ("third" in shown, "2/3" in shown) == (is_terminal, is_terminal)
        assert bool(shown) is is_terminal
