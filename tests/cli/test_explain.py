"""``flowhook explain``."""

from __future__ import annotations

import json

from flowhook.problems.pages import documented_codes


def test_a_page_is_shown(empty, run):
    """What it means, the example with the message, and the cure; no Markdown, no project needed."""
    said = run("explain", "unknown-node").output
    assert said.startswith("\nunknown-node\n\nError. No node of that id is in the flow.")
    assert "    flows/hello.yaml:3:41: error[unknown-node]" in said
    assert "The cure" in said
    assert "```" not in said


def test_every_code_can_be_explained(empty, run):
    """Each of the list, as it is printed between brackets, too."""
    listed = [line.partition("  ")[0] for line in run("explain").output.splitlines()]
    assert listed == documented_codes()
    for code in listed:
        assert code in run("explain", f"[{code}]").output


def test_a_code_that_does_not_exist_is_wrong_use(empty, run):
    """With the nearest one."""
    said = run("explain", "unknown-nod", code=2).output
    assert 'no problem is called "unknown-nod"; did you mean "unknown-node"?' in said
    assert "no problem is called" in run("explain", "../../secret", code=2).output


def test_programs_get_it_as_json(empty, run):
    """One code, or all of them."""
    page = json.loads(run("explain", "dead-end", "--json").output)
    assert page["code"] == "dead-end"
    assert page["cure"].startswith("Keep the answer")
    assert [load["code"] for load in json.loads(run("explain", "--json").output)] == documented_codes()


def test_check_offers_explanations(shop, run):
    """Of the first few codes, errors first."""
    shop.edit("id: done\n", "id: done\n    next: confrim\n", shop.flow)
    assert "more: flowhook explain unknown-node\n" in run("check", code=1).output


def test_what_gets_through_at_a_question(shop, run):
    """As a table, and for programs; a wrong name gets the nearest one."""
    shop.flow.write_text(
        "flow: order\nintents:\n  bye: {examples: [stop it, leave me], entry: end}\nnodes:\n"
        "  - id: who\n    ask: {text: Your name?, store: context.who}\n"
        '  - say: "Hello {{ context.who }}."\n  - stop:\n  - id: end\n    say: Bye.\n'
    )
    said = run("explain", "order/who").output
    assert said.startswith("What gets through at order/who\n")
    assert "6     intent  bye   entry end  when it is clearly meant" in said
    found = json.loads(run("explain", "order/who", "--json").output)
    assert found["anyText"] is True
    assert [(way["kind"], way["name"]) for way in found["ways"]] == [
        ("clear_intent", "bye"),
        ("answer", "text"),
    ]
    assert 'no node "wo"; did you mean "who"?' in run("explain", "order/wo", code=2).output
    assert 'no flow "ordr"' in run("explain", "ordr/who", code=2).output
    assert "is no question" in run("explain", "order/end", code=2).output
