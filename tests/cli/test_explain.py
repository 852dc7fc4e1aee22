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
