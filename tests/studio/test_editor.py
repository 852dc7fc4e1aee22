"""The editor in a real browser: what it offers while one writes, and what is done when others wrote, too."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import NOTES, Shop, open_screen, picture, violations

ADDRESS = "edit/flows%2Fnotes.yaml"
#: Of this one two lines of the middle are changed by both sides.
LONG = NOTES.replace("Noted:", "Noted now:") + "".join(f"# line {n}\n" for n in range(20))


@pytest.fixture
def notes(shop: Shop) -> Iterator[Path]:
    path = shop.root / "flows" / "notes.yaml"
    path.write_text(NOTES)
    shop.api("POST", "/reload")
    yield path
    path.write_text(NOTES)
    shop.api("POST", "/reload")


def type_behind(page: Any, find: str, text: str) -> None:
    """Put the cursor at the end of a line of the text, and type."""
    editor = page.get_by_role("textbox", name="Text of flows/notes.yaml")
    editor.get_by_text(find).first.click()
    page.keyboard.press("End")
    page.keyboard.type(text)


def save(page: Any) -> None:
    page.get_by_role("button", name="Save …").click()
    page.get_by_role("dialog", name="Save").get_by_role("button", name="Save and reload").click()


def test_a_flow_is_begun_and_tried(page: Any, shop: Shop) -> None:
    """From its name alone to a conversation; nothing is written before it is saved."""
    path = shop.root / "flows" / "cinema.yaml"
    open_screen(page, "edit")
    page.get_by_role("button", name="New flow …").click()
    page.get_by_role("dialog", name="New flow").get_by_label("Its name").fill("cinema")
    page.keyboard.press("Enter")
    page.get_by_role("textbox", name="Text of flows/cinema.yaml").get_by_text("flow: cinema").wait_for()
    assert not path.exists()
    try:
        save(page)
        page.get_by_text("Saved and in force").wait_for()
        assert path.read_text().startswith("flow: cinema\n")
        page.get_by_role("link", name="Try it in the chat").click()
        page.get_by_role("button", name="Begin", exact=True).click()
        said = page.get_by_role("region", name="Conversation")
        said.get_by_label("Message").fill("hi")
        said.get_by_role("button", name="Say").click()
        said.get_by_text("What can I do for you?", exact=True).wait_for()
        open_screen(page, "flow/cinema")
        page.get_by_role("main").get_by_role("link", name="Edit", exact=True).wait_for()
        page.get_by_role("link", name="Try it").click()
        page.wait_for_url("**/studio#/chat?with=flow%3Acinema")
    finally:
        path.unlink(missing_ok=True)
        shop.api("POST", "/reload")


def test_tests_run_when_a_file_changes(page: Any, notes: Path) -> None:
    """Whoever changed it; what failed comes first, with its difference."""
    test = notes.parent / "notes.test.yaml"
    steps = [{"user": "hi"}, {"bot": "What shall I note?"}, {"user": "milk"}, {"bot": "Noted: tea"}]
    good = {"name": "asks", "steps": steps[:2]}
    try:
        test.write_text(
            json.dumps({"flow": "notes", "tests": [good, {"name": "notes milk", "steps": steps}]})
        )
        open_screen(page, "tests")
        page.get_by_role("list", name="Files of tests").get_by_text("flows/notes.test.yaml").wait_for()
        assert violations(page) == []
        page.get_by_label("Run when a file changes").check()
        failed = page.get_by_role("listitem").filter(has_text="notes milk")
        difference = failed.get_by_label("Difference")
        difference.wait_for()
        assert difference.inner_text().splitlines() == ['- "Noted: tea"', '+ "Noted: milk"']
        assert "notes milk" in page.get_by_role("main").get_by_role("listitem").first.inner_text()
        assert violations(page) == []
        test.write_text(test.read_text().replace("Noted: tea", "Noted: milk"))
        failed.get_by_text("passed", exact=True).wait_for()
        difference.wait_for(state="detached")
    finally:
        test.unlink(missing_ok=True)


def test_a_conflict_loses_neither_text(page: Any, notes: Path) -> None:
    """What somebody else saved stands at the left; mine is kept, and saved on top when I say so.

    What does not overlap is merged, and every other byte is as it was.
    """
    notes.write_text(LONG)
    open_screen(page, ADDRESS)
    type_behind(page, "a comment that stays", " mine")
    page.get_by_role("button", name="Save …").click()
    page.get_by_role("dialog", name="Save").wait_for()
    notes.write_text(LONG.replace("# line 7\n", "# line seven\n") + "# theirs\n")
    page.expected.append("409")
    page.get_by_role("button", name="Save and reload").click()
    conflict = page.get_by_role("region", name="Conflict")
    conflict.get_by_text("Nothing overlaps").wait_for()
    conflict.get_by_role("textbox", name="As you have it").get_by_text("mine").wait_for()
    assert notes.read_text().endswith("# theirs\n")
    assert "mine" not in notes.read_text()
    assert violations(page) == []
    page.get_by_role("button", name="Go on with the right side").click()
    save(page)
    page.get_by_text("Saved and in force").wait_for()
    changed = LONG.replace("stays", "stays mine").replace("# line 7\n", "# line seven\n")
    assert notes.read_text() == changed + "# theirs\n"


@pytest.mark.pictures
@pytest.mark.parametrize(("side", "kept"), [("Mine", "mine"), ("Theirs", "theirs"), ("Both, mine first", "")])
def test_where_both_changed_the_same_line_one_chooses(page: Any, notes: Path, side: str, kept: str) -> None:
    """From the keyboard alone; nothing can be saved before."""
    text = LONG.replace("\n", "\r\n")  # line ends stay as they are
    notes.write_bytes(text.encode())
    open_screen(page, ADDRESS)
    type_behind(page, "# line 7", " of mine")
    page.get_by_role("button", name="Save …").click()
    page.get_by_role("dialog", name="Save").wait_for()
    notes.write_bytes(text.replace("# line 7\r", "# line 7 of theirs\r").encode())
    page.expected.append("409")
    page.get_by_role("button", name="Save and reload").click()
    conflict = page.get_by_role("region", name="Conflict")
    conflict.get_by_text("1 place was changed by both, 1 to be chosen").wait_for()
    assert conflict.get_by_role("button", name="Go on with the right side").is_disabled()
    assert violations(page) == []
    picture(page, "conflict")
    group = conflict.get_by_role("group", name=re.compile(r"Place 1, line 1\d"))
    group.get_by_role("button", name=side, exact=True).focus()
    page.keyboard.press("Enter")
    conflict.get_by_text("0 to be chosen").wait_for()
    conflict.get_by_role("button", name="Go on with the right side").click()
    if kept == "theirs":  # that is what is saved already
        page.get_by_role("textbox", name="Text of flows/notes.yaml").wait_for()
        assert page.get_by_role("button", name="Save …").is_disabled()
        return
    save(page)
    page.get_by_text("Saved and in force").wait_for()
    line = "# line 7 of mine\r\n" + ("" if kept else "# line 7 of theirs\r\n")
    assert notes.read_bytes() == text.replace("# line 7\r\n", line).encode()


def test_what_can_stand_there_is_offered_and_taken(page: Any, notes: Path) -> None:
    """Completion: a list with names, walked with the arrows; Enter puts the word in."""
    open_screen(page, ADDRESS)
    editor = page.get_by_role("textbox", name="Text of flows/notes.yaml")
    editor.click()
    page.keyboard.press("Control+End")
    page.keyboard.type("  - goto: no")
    offered = page.get_by_role("listbox", name="Completions")
    offered.get_by_role("option", name=re.compile("^noted")).wait_for()
    assert violations(page) == []
    chosen = offered.get_by_role("option", selected=True)
    for _ in range(offered.get_by_role("option").count()):
        if chosen.inner_text().startswith("noted"):
            break
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    editor.get_by_text("goto: noted").wait_for()


def test_a_node_is_renamed_and_one_that_goes_is_told_of(page: Any, shop: Shop, notes: Path) -> None:
    """F2 asks for the name, and `moved:` keeps who stands there. Without it the page says how many would lose
    their node, before anything is saved."""
    for number in range(2):
        shop.say("hi", user="lea", session=f"l{number}", endpoint="notes")
    standing = shop.api("GET", "/sessions/standing")["standing"]
    (count,) = [one["count"] for one in standing if one["node"] == "notes/note"]
    open_screen(page, ADDRESS)
    editor = page.get_by_role("textbox", name="Text of flows/notes.yaml")
    editor.get_by_text("id: note", exact=False).first.click()
    page.keyboard.press("End")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("F2")
    asked = page.get_by_role("dialog", name="Rename note")
    assert asked.get_by_label("New name").input_value() == "note"
    assert violations(page) == []
    page.keyboard.type("jot")
    page.keyboard.press("Enter")
    editor.get_by_text("id: jot").wait_for()
    editor.get_by_text("moved").first.wait_for()
    page.get_by_role("button", name="Save …").click()
    dialog = page.get_by_role("dialog", name="Save")
    dialog.get_by_label("Difference").get_by_text("jot").first.wait_for()
    assert dialog.get_by_role("note").count() == 0
    dialog.get_by_role("button", name="Go on editing").click()
    page.get_by_role("button", name="Undo all").click()
    type_behind(page, "id: note", "d2")
    page.get_by_role("button", name="Save …").click()
    told = dialog.get_by_role("note").filter(has_text="notes/note")
    assert f"{count} sessions of notes stand on notes/note, which is gone" in told.inner_text()
    assert notes.read_text() == NOTES
