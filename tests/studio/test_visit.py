"""A visit: from a fresh project to a changed flow with a new test that passes, all of it in the browser."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.machine import PATIENCE
from tests.warm import WarmProcess

from .conftest import until

ROOT = Path(__file__).parents[2]
GREETING = "Do you have two minutes for five questions about your ride?"
WORDS, CHANGED = "Only the people who look", "Nobody but the people who look"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """What somebody has who got the sources a minute ago."""
    shutil.copy(ROOT / "config.yaml", tmp_path)
    for name in ("flows", "plugins"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


@pytest.mark.slow
def test_from_make_run_to_a_new_test_that_passes(project: Path, browser: Any) -> None:
    """Run as `make run` does; the address and the key are where it says. Sign in, change what the survey
    replies to a question, try it in the chat, save what was said as a test, run that."""
    log = project / "printed"
    with log.open("wb") as printed:
        process = WarmProcess("demo", "--stay", cwd=project, stdout=printed)
    try:
        until(lambda: "Ctrl+C stops." in log.read_text() or process.poll() is not None)
        told = re.search(r"And look at it: .*?(http://[\d.:]+/studio)", log.read_text())
        assert told is not None, log.read_text()
        context = browser.new_context()
        context.set_default_timeout(PATIENCE * 1000)
        visit(context.new_page(), told[1], (project / ".flowhook" / "admin_key").read_text().strip())
        context.close()
    finally:
        process.terminate()
        process.wait()
    flow = (ROOT / "flows" / "survey.yaml").read_text()
    assert (project / "flows" / "survey.yaml").read_text() == flow.replace(WORDS, CHANGED)
    test = (project / "flows" / "survey.test.yaml").read_text()
    assert "who reads them" in test
    assert CHANGED in test


def visit(page: Any, address: str, key: str) -> None:
    page.goto(address)
    page.get_by_label("Admin key").fill(key)
    page.get_by_role("button", name="Log in").click()
    screens = page.get_by_role("navigation", name="Screens")
    screens.get_by_role("link", name="Edit").click()
    page.get_by_role("link", name="flows/survey.yaml").click()
    editor = page.get_by_role("textbox", name="Text of flows/survey.yaml")
    editor.click()
    page.keyboard.press("Control+Home")
    page.keyboard.press("Control+f")
    page.get_by_role("textbox", name="Find").press_sequentially("Only the people")
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.type("Nobody but the people")
    page.get_by_role("button", name="Save …").click()
    page.get_by_role("dialog", name="Save").get_by_role("button", name="Save and reload").click()
    page.get_by_text("Saved and in force").wait_for()
    screens.get_by_role("link", name="Chat").click()
    page.get_by_role("radio", name="A live endpoint").check()
    page.get_by_role("combobox", name="Endpoint").select_option("survey")
    said = page.get_by_role("region", name="Conversation")
    for text, reply in (("hello", GREETING), ("who reads my answers", CHANGED)):
        page.get_by_label("Message").fill(text)
        page.get_by_role("button", name="Say").click()
        said.get_by_text(reply).first.wait_for()
    page.once("dialog", lambda asked: asked.accept("who reads them"))
    page.get_by_role("button", name="Save as test …").click()
    page.get_by_role("dialog", name="Save").get_by_role("button", name="Save and reload").click()
    page.get_by_role("link", name="run it").click()
    page.get_by_role("button", name="Run all").click()
    passed = page.get_by_role("listitem").filter(has_text="who reads them")
    passed.get_by_text("passed").wait_for()
    page.get_by_text(re.compile(r"^\d+ tests passed, 0 failed")).wait_for()
