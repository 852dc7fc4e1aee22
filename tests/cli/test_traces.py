"""``flowhook traces``: which turns went well, and which did not."""

from __future__ import annotations

FLOW = """\
flow: order
nodes:
  - http_request: {url: "http://127.0.0.1:9/price", store: context.price, retries: 0}
    on_error: told
  - id: told
    say: "No price for {{ input.text }}."
  - set: {context.n: "{{ 1 // (input.text | length - 2) }}"}
"""


def test_a_failure_that_was_handled_is_told_from_one_that_was_not(shop, run):
    """With what failed; what the user said stays in sight. ``--failed`` shows both kinds."""
    shop.flow.write_text(FLOW, "utf-8")
    shop.converse("a lamp")
    for options in ((), ("--failed",)):
        said = run("traces", "list", *options).output
        (line,) = [line for line in said.splitlines() if "ada/s1" in line]
        assert "done, handled: " in line
        assert line.endswith("a lamp")
