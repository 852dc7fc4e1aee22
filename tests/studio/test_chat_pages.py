"""Chat, understanding, keys and analytics in a real browser: by role and name, from the keyboard."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from .conftest import BAKERY, Shop, log_in, picture, violations


@pytest.fixture(autouse=True)
def bakery_as_it_was(bakery: Path, shop: Shop) -> None:
    if bakery.read_text() != BAKERY:
        bakery.write_text(BAKERY)
        shop.api("POST", "/reload")


def open_screen(page: Any, address: str) -> None:
    page.goto(f"/studio#/{address}")
    page.get_by_role("heading", level=1).first.wait_for()


def save(page: Any) -> None:
    """What differs was shown; go on."""
    page.get_by_role("dialog", name="Save").get_by_role("button", name="Save and reload").click()


@pytest.mark.pictures
def test_a_rehearsal_is_held_and_teaches(page: Any, bakery: Path) -> None:
    """Said with the keyboard; the ranking and the payload of it; the clock moved; a service answered; a
    sentence that becomes an example."""
    open_screen(page, "chat")
    page.get_by_label("Talk to").select_option("flow:bakery")
    page.get_by_role("button", name="Begin", exact=True).click()
    talk = page.get_by_role("region", name="Conversation")
    message = talk.get_by_role("textbox", name="Message")
    message.wait_for()
    assert message.evaluate("field => field === document.activeElement")
    page.keyboard.type("I would like a cake")
    page.keyboard.press("Enter")
    talk.get_by_text("Which kind?", exact=True).wait_for()
    why = page.get_by_role("region", name="Why")
    row = why.get_by_role("region", name="Ranking").get_by_role("row", name=re.compile("order"))
    assert "wins" in row.inner_text()
    assert "0.4" in why.inner_text()
    picture(page, "chat")
    talk.get_by_text("Payload", exact=True).first.click()
    payload = json.loads(talk.get_by_label("Payload").first.inner_text())
    assert payload["AIOutput"]["text"] == "Which kind?"
    talk.get_by_role("button", name="To the next timer").click()
    talk.get_by_text("Still there?", exact=True).wait_for()
    message.fill("apple")
    message.press("Enter")
    talk.get_by_role("button", name="Answer POST https://prices.example/price").click()
    talk.get_by_label("JSON").fill('{"total": 22}')
    talk.get_by_label("JSON").press("Enter")
    talk.get_by_role("button", name=re.compile("^Forget the answer to POST")).wait_for()
    for said, answer in (("one cake please", "Which kind?"), ("apple", "One apple cake, 22 Euro.")):
        before = talk.get_by_text(answer, exact=True).count()
        message.fill(said)
        message.press("Enter")
        talk.get_by_text(answer, exact=True).nth(before).wait_for()
    assert violations(page) == []
    talk.get_by_role("button", name="I would like a cake").click()
    page.get_by_role("button", name="Add as example: I would like a cake").click()
    page.get_by_role("button", name="Look …").click()
    assert "+      - I would like a cake" in page.get_by_role("dialog", name="Save").inner_text()
    save(page)
    page.get_by_text("Added to").wait_for()
    assert "      - I would like a cake\n" in bakery.read_text()


def test_a_rehearsal_begins_with_what_the_address_names(page: Any, bakery: Path) -> None:
    """Also when the list of flows comes late: until then none begins, rather than that of another flow."""
    held: list[Any] = []
    page.route("**/api/flows", lambda route: held.append(route))
    open_screen(page, "chat?with=flow%3Abakery")
    page.get_by_role("option", name="endpoint shop").wait_for(state="attached")
    assert page.get_by_role("button", name="Begin", exact=True).is_disabled()
    for route in held:
        route.continue_()
    page.get_by_role("option", name="flow bakery").wait_for(state="attached")
    assert page.get_by_label("Talk to").input_value() == "flow:bakery"
    page.get_by_role("button", name="Begin", exact=True).click()
    page.get_by_text("stands at").wait_for()
    assert page.get_by_text("bakery → bakery").count() == 1


def test_what_was_sent_of_a_test_message_is_shown(page: Any, shop: Shop) -> None:
    """Byte for byte, in the chat with a live endpoint; asked for when somebody wants to see it."""
    open_screen(page, "chat?endpoint=notes")
    said = page.get_by_role("region", name="Conversation")
    said.get_by_label("Message").fill("hi")
    page.keyboard.press("Enter")
    said.get_by_text("What shall I note?", exact=True).wait_for()
    said.get_by_text("Payload", exact=True).click()
    said.get_by_text("POST the webhook").wait_for()
    shown = said.get_by_label("Payload").inner_text()
    assert json.loads(shown) in shop.receiver.bodies
    assert json.loads(shown)["test"] is True
    assert violations(page) == []


def test_an_intent_that_is_taken_for_another_gets_an_example(page: Any, bakery: Path) -> None:
    """Of what was measured each confused sentence offers another that is like it, for the intent that was
    meant; and so for reject."""
    done = {
        "id": "e1", "flow": "bakery", "locale": "en", "status": "done", "step": 1, "steps": 1, "about": "",
        "error": None, "at": "2030-01-01T00:00:00.000Z", "flowRevision": "",
    }  # fmt: skip
    confused = {"wanted": "opening", "got": "order", "count": 2, "texts": ["opening hours"]}
    missed = {"text": "when do you close", "wanted": "opening", "likeliest": "order", "score": 0.2}
    counted = {"confidence": 0.4, "right": 0.5, "wrong": 0.3, "refused": 0.2}
    report = {
        "intents": 2, "sentences": {"learned": 9}, "accuracy": 0.5, "macroF1": 0.5, "atConfidence": counted,
        "everyday": {"refused": 1, "asked": 1}, "confusions": [confused], "missed": [missed], "overlaps": [],
    }  # fmt: skip
    listed, shown = {"evaluations": [done]}, {**done, "report": report}
    page.route("**/api/nlu/evaluations", lambda route: route.fulfill(json=listed))
    page.route("**/api/nlu/evaluations/e1", lambda route: route.fulfill(json=shown))
    open_screen(page, "understanding?flow=bakery")
    measured = page.get_by_role("region", name="Told apart")
    measured.get_by_role("region", name="Won by none").get_by_text("order 0.200").wait_for()
    measured.get_by_role("button", name="Add as example: opening hours").click()
    form = measured.get_by_role("form", name="Example: opening hours")
    assert form.get_by_label("another like it").input_value() == "opening hours"
    assert form.get_by_role("combobox").input_value() == "bakery/opening"
    form.get_by_label("another like it").fill("which hours on sunday")
    page.keyboard.press("Enter")
    save(page)
    measured.get_by_text("Added to").wait_for()
    assert '"when do you close", "which hours on sunday"]' in bakery.read_text()
    measured.get_by_role("button", name="Add as reject: when do you close").click()
    form = measured.get_by_role("form", name="Reject: when do you close")
    form.get_by_label("another like it").fill("when does the bank close")
    page.keyboard.press("Enter")
    save(page)
    measured.get_by_text("Added to").nth(1).wait_for()
    assert '"what is the weather like", "when does the bank close"]' in bakery.read_text()
    assert violations(page) == []


def test_understanding_is_looked_into(page: Any, bakery: Path) -> None:
    """A text read, its slots marked; a text that nobody won put under reject; and what is confused."""
    open_screen(page, "understanding?flow=bakery")
    reading = page.get_by_role("region", name="Read a text")
    reading.get_by_role("textbox", name="Text").fill("I need a chocolate cake")
    page.keyboard.press("Enter")
    reading.get_by_text("order wins with").wait_for()
    assert "kind: chocolate" in reading.get_by_role("group", name="Slots in the text").inner_text()
    assert reading.get_by_role("region", name="Words").get_by_role("row").count() == 6
    reading.get_by_role("textbox", name="Text").fill("gateau for me")
    page.keyboard.press("Enter")
    reading.get_by_text("No intent wins").wait_for()
    reading.get_by_role("button", name="Add as reject: gateau for me").click()
    save(page)
    reading.get_by_text("Added to").wait_for()
    assert '"gateau for me"]' in bakery.read_text()
    measured = page.get_by_role("region", name="Told apart")
    measured.get_by_role("button", name="Measure").click()
    measured.get_by_text(re.compile("each asked of a model")).wait_for()
    page.get_by_role("region", name="Nobody won").get_by_text(re.compile("last seven days")).wait_for()
    assert violations(page) == []


def test_keys_and_figures_are_shown(page: Any, shop: Shop) -> None:
    """Admin keys with their roles; an API key that is seen once; the report of the analytics, whose table
    says what the picture does. A reader is offered neither keys nor changes."""
    shop.say("hi", user="anna", session="counted")
    open_screen(page, "keys")
    admins = page.get_by_role("region", name="Admin keys").first
    assert "reader" in admins.get_by_role("row", name=re.compile("rita")).inner_text()
    page.get_by_label("Name of the new key").fill("till")
    page.keyboard.press("Enter")
    page.get_by_text(re.compile("shown this once")).wait_for()
    page.once("dialog", lambda asked: asked.accept())
    page.get_by_role("button", name="Revoke till").click()
    page.get_by_text("It has no keys.").wait_for()
    assert violations(page) == []
    before = shop.api("GET", "/analytics/report?endpoint=shop")["days"]
    open_screen(page, "analytics?endpoint=shop")
    page.get_by_text("as a table").click()
    table = page.get_by_role("region", name="Messages by day").get_by_role("table")
    total = shop.api("GET", "/analytics/report?endpoint=shop")
    assert table.get_by_role("row").count() == len(total["days"]) + 1
    counts = range(
        before[-1]["messages"] if before else 0, total["days"][-1]["messages"] + 1
    )  # some come late
    assert any(str(count) in table.get_by_role("row").last.inner_text() for count in counts)
    assert violations(page) == []
    page.context.clear_cookies()
    log_in(page, "reader-key-of-the-studio")
    open_screen(page, "keys")
    page.get_by_role("region", name="API keys").first.wait_for()
    assert page.get_by_role("region", name="Admin keys").count() == 0
    assert page.get_by_role("button", name="Make a key").count() == 0
