"""The studio in a real browser: what people do there, by role and name."""

from __future__ import annotations

import json
import os
import re
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from flowhook.cli import cli

from .conftest import DOCS, NOTES, Shop, log_in, open_screen, until, violations

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module", autouse=True)
def conversation(shop: Shop) -> str:
    """Ada has chosen red; Bob is asked. The trace id of Ada's choice."""
    shop.say("hi")
    shop.say("hi", user="bob")
    return shop.say("red")


def test_a_wrong_key_is_told(page: Any) -> None:
    """And the field is there for another try."""
    page.context.clear_cookies()
    page.expected.append("401")
    page.goto("/studio")
    page.get_by_label("Admin key").fill("not the key")
    page.get_by_role("button", name="Log in").click()
    assert "No admin key" in page.get_by_role("alert").inner_text()
    assert violations(page) == []
    log_in(page)
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("Admin key").wait_for()


def test_numbers_of_the_overview_lead_to_what_they_count(page: Any) -> None:
    """Each is a link."""
    open_screen(page, "")
    page.get_by_role("link", name=re.compile(r"^Sessions: \d+$")).click()
    page.get_by_role("region", name="Sessions").wait_for()
    assert "#/sessions" in page.url


def test_a_message_appears_while_one_looks(page: Any, shop: Shop) -> None:
    """Sent by curl, seen without a reload."""
    open_screen(page, "")
    happening = page.get_by_role("region", name="Happening now")
    happening.wait_for()
    seen = happening.get_by_role("link", name=re.compile("carol · live"))

    def appears() -> bool:
        shop.say("hello", user="carol", session="live")  # the stream may not stand at the first one
        page.wait_for_timeout(500)
        return bool(seen.count())

    until(appears)


def test_outline_and_graph_agree(page: Any) -> None:
    """Every node of the graph is in the outline, and what is chosen in one is marked in all three views."""
    open_screen(page, "flow/greet")
    outline = page.get_by_role("tree", name="Outline of greet")
    outline.wait_for()
    drawn = page.locator("[data-node]").evaluate_all("boxes => boxes.map(box => box.dataset.node)")
    assert {"hello", "colour", "which", "bye"} <= set(drawn)
    for name in ("hello", "colour", "which", "bye"):
        outline.get_by_role("treeitem", name=re.compile(f"^{name}")).click()
        assert page.locator(".node.selected").get_attribute("data-node") == name
        assert f"id: {name}" in page.locator(".source .marked").first.inner_text()
    assert outline.get_by_role("treeitem", name=re.compile(r"colour.*waits.*\d sessions? here")).count() == 1


def test_the_outline_is_walked_with_the_keyboard(page: Any) -> None:
    """Arrows walk and fold, Enter chooses."""
    open_screen(page, "flow/greet")
    tree = page.get_by_role("tree")
    tree.get_by_role("treeitem").first.focus()
    count = tree.get_by_role("treeitem").count()
    page.keyboard.press("ArrowLeft")
    assert tree.get_by_role("treeitem").count() < count
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert page.locator(".node.selected").get_attribute("data-node") == "hello"


def test_a_trace_is_stepped_through_with_the_keyboard(page: Any, conversation: str) -> None:
    """What ran is lit, what was decided is told, and what was not taken."""
    open_screen(page, f"trace/{conversation}")
    steps = page.get_by_role("listbox", name="Steps")
    steps.focus()
    page.keyboard.press("End")
    page.keyboard.press("Home")
    facts = page.get_by_role("region", name="This step")
    for _ in range(6):
        if "greet/which" in facts.inner_text():
            break
        page.keyboard.press("ArrowDown")
    told = facts.inner_text()
    assert "greet/which" in told
    assert "red" in told
    assert page.locator(".node.ran").count() >= 2


def test_a_session_shows_what_was_said_and_why(page: Any) -> None:
    """And lets an operator move it."""
    open_screen(page, "session/shop/ada/s1")
    said = page.get_by_role("region", name="Transcript")
    said.get_by_text("Red it is.").first.wait_for()
    page.get_by_role("listbox", name="Steps").wait_for()
    page.get_by_role("listbox", name="Steps").focus()
    page.keyboard.press("Shift+ArrowUp")
    assert said.get_by_role("button", pressed=True).inner_text().strip() == "hi"


def test_filters_stand_in_the_address(page: Any) -> None:
    """So that a list can be sent to somebody."""
    open_screen(page, "sessions")
    page.get_by_label("User").fill("bob")
    page.wait_for_url("**/studio#/sessions?userId=bob")
    page.get_by_role("link", name="bob").first.wait_for()
    page.wait_for_function(
        "() => ![...document.querySelectorAll('main a')].some((a) => a.textContent === 'ada')"
    )
    page.reload()
    assert page.get_by_label("User").input_value() == "bob"
    assert "flowhook sessions list --user bob" in page.locator(".command").inner_text()


def test_a_dead_delivery_is_sent_again(page: Any, shop: Shop) -> None:
    """The plan first, then the deed; it arrives at the receiver."""
    shop.receiver.refuses = True
    shop.say("hi", user="dora", session="dead")
    until(lambda: len(shop.api("GET", "/deliveries?status=dead&userId=dora")["deliveries"]) == 2)
    open_screen(page, "deliveries?status=dead&userId=dora")
    page.get_by_role("button", name=re.compile("Send all of these again")).wait_for()
    shop.receiver.refuses = False
    page.get_by_role("button", name=re.compile("Send all of these again")).click()
    page.get_by_text("would be sent again").wait_for()
    page.get_by_role("button", name="Send them").click()
    page.get_by_text("No delivery is like this.").or_(
        page.get_by_role("button", name="Look again")
    ).first.wait_for()
    until(lambda: "Hello!" in shop.receiver.texts("dora"))


@pytest.mark.parametrize(
    "address",
    [
        "",
        "flows",
        "flow/greet",
        "sessions",
        "session/shop/ada/s1",
        "traces",
        "deliveries",
        "timers",
        "plugins",
        "log",
        "audit",
    ],
)
def test_screens_are_accessible_in_both_colour_schemes(page: Any, address: str) -> None:
    """axe-core finds nothing serious."""
    open_screen(page, address)
    page.wait_for_load_state("load")
    assert violations(page) == []


def type_into_editor(page: Any, find: str, text: str) -> None:
    """Put the cursor behind a piece of the text, and type."""
    editor = page.get_by_role("textbox", name="Text of flows/notes.yaml")
    editor.wait_for()
    editor.get_by_text(find).first.click()
    page.keyboard.press("End")
    page.keyboard.type(text)


def test_a_flow_is_edited_and_takes_effect(page: Any, shop: Shop) -> None:
    """The difference first; every byte elsewhere stays."""
    path = shop.root / "flows" / "notes.yaml"
    path.write_text(NOTES)
    open_screen(page, "edit/flows%2Fnotes.yaml")
    type_into_editor(page, "a comment that stays", ", and grows")
    page.get_by_role("button", name="Save …").click()
    dialog = page.get_by_role("dialog", name="Save")
    assert "+# a comment that stays, and grows" in dialog.inner_text()
    dialog.get_by_role("button", name="Save and reload").click()
    page.get_by_text("Saved and in force").wait_for()
    assert path.read_text() == NOTES.replace("stays", "stays, and grows")
    assert violations(page) == []


def test_an_error_is_marked_while_one_writes(page: Any, shop: Shop) -> None:
    """And it cannot be saved."""
    (shop.root / "flows" / "notes.yaml").write_text(NOTES)
    open_screen(page, "edit/flows%2Fnotes.yaml")
    type_into_editor(page, "say:", "\n- goto: nowhere")
    page.locator(".cm-lint-marker-error").first.wait_for()
    page.get_by_role("button", name="Save …").click()
    dialog = page.get_by_role("dialog", name="Save")
    dialog.get_by_role("button", name="Save and reload").wait_for()
    assert dialog.get_by_role("button", name="Save and reload").is_disabled()


def test_a_chat_becomes_a_test_that_passes(page: Any, shop: Shop) -> None:
    """Without leaving the browser."""
    test = shop.root / "flows" / "notes.test.yaml"
    (shop.root / "flows" / "notes.yaml").write_text(NOTES)
    open_screen(page, "chat?endpoint=notes")
    said = page.get_by_role("region", name="Conversation")
    for text, answer in (("hi", "What shall I note?"), ("milk", "Noted: milk")):
        page.get_by_label("Message").fill(text)
        page.get_by_role("button", name="Say").click()
        said.get_by_text(answer, exact=True).wait_for()
    assert violations(page) == []
    page.once("dialog", lambda asked: asked.accept("milk is noted"))
    page.get_by_role("button", name="Save as test …").click()
    try:
        page.expected.append("404")  # the file of tests, which is new
        page.get_by_role("button", name="Save and reload").click()
        page.get_by_role("link", name="run it").click()
        page.get_by_role("button", name="Run all").click()
        page.get_by_text("1 test passed, 0 failed").wait_for()
        assert violations(page) == []
    finally:
        test.unlink(missing_ok=True)


def test_a_reader_sees_no_buttons_that_change(page: Any) -> None:
    """What the role does not cover is not offered."""
    page.context.clear_cookies()
    log_in(page, "reader-key-of-the-studio")
    open_screen(page, "session/shop/ada/s1")
    page.get_by_role("region", name="Transcript").get_by_text("Red it is.").wait_for()
    assert page.get_by_role("button", name="Reset").count() == 0


#: All screens; those that list something have something to list.
SCREENS = (
    "", "flows", "flow/greet", "sessions", "session/shop/ada/s1", "traces", "deliveries",
    "edit/flows%2Fgreet.yaml", "chat?endpoint=shop", "tests", "timers", "plugins", "log", "audit",
)  # fmt: skip
#: At 200 % a page that is 1280 pixels wide has 640.
WIDTHS = {"a phone": 390, "zoomed to 200 %": 640}


def test_a_phone_is_wide_enough(page: Any) -> None:
    """At 390 pixels, and at 640 as zoomed to 200 %, nothing but tables and graphs scrolls sideways."""
    for address in SCREENS:
        for name, width in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": 800})
            open_screen(page, address)
            if address.startswith("edit/"):
                page.get_by_role("textbox", name="Text of flows/greet.yaml").wait_for()
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width, (address, name)


def test_whoever_wants_no_motion_has_none(page: Any) -> None:
    """No animation runs, not even of the cursor in the editor, which blinks for others."""
    for wish, moves in (("no-preference", True), ("reduce", False)):
        page.emulate_media(reduced_motion=wish)
        open_screen(page, "edit/flows%2Fgreet.yaml")
        page.get_by_role("textbox", name="Text of flows/greet.yaml").click()
        page.locator(".cm-cursorLayer").wait_for(state="attached")
        assert page.evaluate("() => document.getAnimations().length > 0") == moves
    for address in SCREENS:
        open_screen(page, address)
        assert page.evaluate("() => document.getAnimations().length") == 0, address


def test_the_page_draws_what_the_command_line_draws(page: Any, shop: Shop) -> None:
    """One picture: the same boxes with the same texts as `flowhook graph`."""
    config = ["--config", str(shop.root / "config.yaml")]
    drawn = CliRunner().invoke(cli, [*config, "graph", "greet", "--format", "svg"])
    texts = {"".join(one.itertext()) for one in ElementTree.fromstring(drawn.stdout).iter(f"{SVG}text")}
    assert "Which colour?" in texts
    open_screen(page, "flow/greet")
    page.locator(".graph svg").wait_for()
    shown = page.locator(".graph svg text").all_text_contents()
    assert texts <= set(shown)


def test_a_list_of_any_length_holds_few_rows(page: Any) -> None:
    """Of 100,000 sessions only those in sight exist, at the begin and at the end."""
    rows = [
        {"endpoint": "shop", "userId": f"user-{n}", "sessionId": "s", "node": None, "backlog": 0,
         "updatedAt": "2030-01-01T00:00:00.000Z"}
        for n in range(100_000)
    ]  # fmt: skip
    answer = json.dumps({"sessions": rows, "next": None})
    page.route("**/api/sessions?*", lambda route: route.fulfill(body=answer, content_type="application/json"))
    open_screen(page, "sessions")
    page.get_by_text("100,000 sessions").wait_for()
    table = page.get_by_role("region", name="Sessions").get_by_role("table")
    assert table.get_attribute("aria-rowcount") == "100001"
    assert table.get_by_role("row").count() < 80
    page.get_by_role("region", name="Sessions").evaluate("list => list.scrollTop = list.scrollHeight")
    page.get_by_role("link", name="user-99999").wait_for()
    assert table.get_by_role("row").count() < 80


def test_the_stream_and_the_login_survive_a_restart(page: Any, shop: Shop) -> None:
    """A page that was open goes on to tell what happens."""
    page.expected += ["ERR_", "Failed to load"]
    open_screen(page, "")
    happening = page.get_by_role("region", name="Happening now")
    happening.wait_for()
    shop.stop()
    page.get_by_text("Live stream interrupted").wait_for()
    shop.start()
    page.get_by_text("Live stream interrupted").wait_for(state="detached")
    seen = happening.get_by_role("link", name=re.compile("hugo · after"))

    def appears() -> bool:
        shop.say("hello again", user="hugo", session="after")
        page.wait_for_timeout(500)
        return bool(seen.count())

    until(appears)


#: What docs/studio.md shows: name → screen.
PICTURES = {
    "overview": "",
    "flow": "flow/greet",
    "session": "session/shop/ada/s1",
    "edit": "edit/flows%2Fgreet.yaml",
}


@pytest.mark.pictures
@pytest.mark.parametrize("name", PICTURES)
def test_pictures_of_the_documentation(page: Any, name: str, tmp_path: Path) -> None:
    """Each screen can be drawn. Written into docs/studio/ with FLOWHOOK_PICTURES=1, else thrown away."""
    page.set_viewport_size({"width": 1200, "height": 720})
    open_screen(page, PICTURES[name])
    folder = tmp_path
    if os.environ.get("FLOWHOOK_PICTURES"):
        folder = DOCS / "studio"
        page.wait_for_timeout(1500)
    drawn = page.screenshot(path=folder / f"{name}.png")
    assert (folder / f"{name}.png").read_bytes() == drawn
    assert struct.unpack(">II", drawn[16:24]) == (1200, 720)


def test_the_documentation_shows_its_pictures() -> None:
    """Each that the tests make is there, and in the text; and no other is."""
    made = set(PICTURES)
    for file in Path(__file__).parent.glob("test_*.py"):
        made |= set(re.findall(r'picture\(page, "(\w+)"\)', file.read_text("utf-8")))
    text = (DOCS / "studio.md").read_text("utf-8")
    assert set(re.findall(r"\(studio/(\w+)\.png\)", text)) == made
    assert {file.stem for file in (DOCS / "studio").glob("*.png")} == made
    for name in made:
        assert (DOCS / "studio" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
