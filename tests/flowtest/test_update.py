"""``--update`` rewrites what failed and nothing else."""

from __future__ import annotations

from pathlib import Path

from flowhook.flowtest.run.update import update
from tests.flowtest.conftest import Play

BEFORE = """
# what this shows
tests:
  - name: block   # in lines
    mocks: [{http: "POST https://crm.test/price", json: {total: 22}}]
    steps:
      - user: hi  # hello
      - bot: 'Which one?'   # wrong
      - bot: too much
      # kept
      - user: large
      - expect: {context: {size: small, count: 1}, node: price}
      - expect:
          context:
            price: {total: 21}
  - name: brackets
    steps: [{user: hi}, {user: what}, {bot: "Again?"}, {bot: more}]  # in one line
"""
AFTER = """
# what this shows
tests:
  - name: block   # in lines
    mocks: [{http: "POST https://crm.test/price", json: {total: 22}}]
    steps:
      - user: hi  # hello
      - bot: "Which size?"   # wrong
      # kept
      - user: large
      - bot: "That is 22 euro."
      - expect: {context: {size: large, count: 1}, node: null}
      - expect:
          context:
            price: {total: 22}
  - name: brackets
    steps: [{user: hi}, {bot: "Which size?"}, {user: what}, {bot: "Which size?"}]  # in one line
"""


def test_only_the_lines_that_failed_change(play: Play, root: Path) -> None:
    """Comments, order and layout stay; afterwards the tests pass."""
    path = root / "flows" / "order.test.yaml"
    results = play(BEFORE)
    assert update(results) == {str(path): 9}
    text = path.read_text("utf-8")
    assert text == "flow: order\n" + AFTER
    again = play(text.removeprefix("flow: order\n"))
    assert [result.status for result in again] == ["passed", "passed"]


def test_what_cannot_be_written_by_itself_is_left(play: Play, root: Path) -> None:
    """A mapping in block style, and a failure that no line can cure."""
    text = """
tests:
  - name: a
    steps:
      - user: hi
      - bot:
          contains: nothing like it
      - expect: {context: {missing: 1}}
"""
    results = play(text)
    assert update(results) == {str(root / "flows" / "order.test.yaml"): 0}
    assert (root / "flows" / "order.test.yaml").read_text("utf-8") == "flow: order\n" + text
