"""What the studio tells of nodes and of runs, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .conftest import Shop, violations

FILES = {
    "order.yaml": """\
flow: order
attach: [courtesy]
intents:
  hours: {examples: [when are you open, opening hours], reply: "From nine to five."}
nodes:
  - id: size
    ask: {text: "Which size?", type: choice, choices: [small, large, huge], store: context.size}
  - id: by_size
    switch: context.size
    cases:
      small: [{id: little, say: "A small one."}]
      large: [{id: much, say: "A large one."}]
      huge: [{id: broken, http_request: {url: "{{ context.nowhere }}", store: context.found}}]
  - id: bill
    call: bill
""",
    "courtesy.yaml": """\
flow: courtesy
intents:
  thanks: {examples: [thank you, thanks a lot], reply: "You are welcome."}
nodes:
  - say: Hello.
""",
    "bill.yaml": "flow: bill\nnodes:\n  - id: total\n    say: That is five.\n",
    "order.test.yaml": """\
flow: order
tests:
  - name: a small one
    steps:
      - user: hi
      - bot: Which size?
      - user: small
      - bot: A small one.
      - bot: That is five.
""",
}


@pytest.fixture(scope="module", autouse=True)
def turns(shop: Shop) -> Iterator[dict[str, str]]:
    """Ada orders twice, Bob is asked, Eve's turn fails: trace ids by what was said."""
    for name, text in FILES.items():
        (shop.root / "flows" / name).write_text(text)
    shop.api("POST", "/reload")
    webhook = {"url": f"http://127.0.0.1:{shop.receiver.port}/"}
    made = {"name": "order", "flow": "order", "token": "a-token-of-the-order", "webhook": webhook}
    shop.api("POST", "/endpoints", made)
    shop.say("hi", user="bob", endpoint="order")
    shop.say("hi", user="eve", endpoint="order")
    shop.say("huge", user="eve", endpoint="order")
    yield {text: shop.say(text, endpoint="order") for text in ("hi", "small", "hello", "large")}
    shop.api("DELETE", "/endpoints/order")
    for name in FILES:
        (shop.root / "flows" / name).unlink()
    shop.api("POST", "/reload")


def test_the_overview_tells_how_long_the_oldest_has_waited(page: Any, shop: Shop) -> None:
    """Of each endpoint, as a link to all that wait there."""
    shop.api("POST", "/endpoints/notes/pause", {})
    try:
        shop.say("hi", user="olga", endpoint="notes")
        page.goto("/studio#/")
        row = page.get_by_role("row", name=re.compile("^notes"))
        row.get_by_role("link", name=re.compile(r"^Oldest delivery: \d+ (s|min)$")).click()
        page.get_by_role("heading", name="Deliveries").wait_for()
        assert "endpoint=notes" in page.url
        assert "status=pending" in page.url
    finally:
        shop.api("POST", "/endpoints/notes/resume")


def test_nodes_tell_what_is_known_of_them(page: Any, shop: Shop) -> None:
    """Sessions, failures, coverage and what gets through: in the outline, on the graph, as links."""
    assert shop.api("POST", "/tests/run", {})["failed"] == 0
    page.goto("/studio#/flows")
    card = page.get_by_role("listitem").filter(has=page.get_by_role("link", name="order", exact=True))
    card.get_by_text("1 failure").wait_for()
    card.get_by_text(re.compile(r"^\d+ % tested$")).wait_for()
    page.goto("/studio#/flow/order?node=size")
    outline = page.get_by_role("tree", name="Outline of order")
    outline.get_by_role("treeitem", name=re.compile(r"^size .*waits \d sessions? here")).wait_for()
    outline.get_by_role("treeitem", name=re.compile(r"^broken .*1 turn failed, no test goes here")).wait_for()
    outline.get_by_role("treeitem", name=re.compile(r"^little .*tested")).wait_for()
    outline.get_by_role(
        "treeitem", name=re.compile(r"^by_size .*no test takes cases.huge, cases.large")
    ).wait_for()
    lanes = page.locator("[data-lane]").evaluate_all("lanes => lanes.map(lane => lane.dataset.lane)")
    assert set(lanes) == {"order", "courtesy", "bill"}
    through = page.get_by_role("list", name="What can get through here")
    said = through.inner_text()
    assert "hours" in said
    assert "courtesy/thanks" in said
    assert violations(page) == []
    page.get_by_label("other flows as lanes").uncheck()
    page.wait_for_url("**lanes=0*")
    page.wait_for_function("() => document.querySelectorAll('[data-lane]').length === 0")
    outline.get_by_role("treeitem", name=re.compile("^broken")).click()
    assert "node=broken" in page.url
    page.get_by_role("region", name="This node").get_by_role("link", name="1 turn failed").click()
    page.get_by_role("region", name="Traces").get_by_role("link", name="huge").wait_for()
    assert page.get_by_label("Ran at").input_value() == "order/broken"
    page.get_by_role("link", name="hi", exact=True).wait_for(state="detached")


def step_to(page: Any, node: str) -> str:
    """Walk with the keyboard to a node of a trace; what is told of its step."""
    page.get_by_role("listbox", name="Steps").focus()
    page.keyboard.press("Home")
    facts = page.get_by_role("region", name="This step")
    for _ in range(12):
        if facts.get_by_role("heading", level=2).inner_text() == node:
            return str(facts.inner_text())
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"no step at {node}")


def test_a_run_is_walked_and_taken_up_in_the_middle(
    page: Any, shop: Shop, turns: dict[str, str], tmp_path: Path
) -> None:
    """Branches not taken are dashed with what decided, a called flow is a lane, the state before a step is
    shown; the turn goes into a file and is looked at from there."""
    page.goto(f"/studio#/trace/{turns['large']}")
    page.get_by_text("turn 4 of 4").wait_for()
    assert "small → large" in re.sub(r"\s+", " ", step_to(page, "order/size"))
    told = step_to(page, "order/by_size")
    assert re.search(
        r"Not taken: *cases.small *cases.huge *because context.size = large, value = large",
        told.replace("\n", " "),
    )
    page.locator("[data-lane=bill]").wait_for()
    assert page.locator(".arrow.passed").count() == 2
    assert page.locator(".decided").first.text_content() == "context.size = large"
    page.get_by_role("button", name="State before this step").click()
    state = page.get_by_role("region", name="State before this step")
    assert '"size": "large"' in state.inner_text()
    assert violations(page) == []
    assert page.locator(".arrow.branch.taken").count() == 1
    with page.expect_download() as told_of:
        page.get_by_role("button", name="Download").click()
    kept = tmp_path / "trace.json"
    told_of.value.save_as(kept)
    step_to(page, "bill/total")
    assert page.locator("g.node.ran", has_text="total").count() == 1
    page.get_by_role("listbox", name="Steps").focus()
    page.keyboard.press("Shift+ArrowUp")
    page.wait_for_url(f"**/trace/{turns['hello']}*")

    page.goto(f"/studio#/trace/{turns['large']}?step=2")
    page.get_by_role("heading", name="order/by_size").wait_for()
    live = shop.api("GET", "/sessions/order/ada/s1")
    page.get_by_role("button", name="Try from here").click()
    page.wait_for_url("**/studio#/chat?*rehearsal=*")
    message = page.get_by_role("textbox", name="Message")
    message.wait_for()
    assert message.input_value() == "large"
    message.press("Enter")
    page.get_by_text("A large one.", exact=True).wait_for()
    assert shop.api("GET", "/sessions/order/ada/s1") == live

    page.goto("/studio#/traces")
    page.get_by_role("link", name="Open a file …").click()
    nonsense = tmp_path / "nonsense.json"
    nonsense.write_text('{"format": "flowhook-trace", "version": 1, "turns": [{}], "pictures": {}}')
    page.get_by_label("File").set_input_files(nonsense)
    assert "no trace of flowhook" in page.get_by_role("alert").inner_text()
    page.get_by_label("File").set_input_files(kept)
    assert "Not taken" in step_to(page, "order/by_size")
    assert page.locator(".arrow.passed").count() == 2
    page.keyboard.press("Shift+ArrowUp")
    assert "hello" in page.get_by_role("combobox", name="Turn").evaluate(
        "list => list.selectedOptions[0].text"
    )
    assert violations(page) == []
