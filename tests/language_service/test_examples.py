"""Another example in the text of a flow: one line more, all else byte for byte."""

from __future__ import annotations

from difflib import ndiff

import pytest

from flowhook.errors import FlowhookError
from flowhook.language_service.examples import with_example

FLOW = """\
flow: shop
locales: [en, de]
intents:
  order:   # a comment
    examples:
      en:
        - "I want a pizza"   # the plain way
        - "one pizza please"
      de: ["eine Pizza bitte"]
    entry: ordered
  opening: {examples: "when are you open", reply: "At noon."}
  cancel:
    rules: ["input.text == 'stop'"]
    reply: "Never mind."
reject:
- do you sell burgers
nodes:
  - id: ordered
    say: "One."
"""


def changed(before: str, after: str) -> list[str]:
    lines = ndiff(before.splitlines(), after.splitlines())
    return [line for line in lines if line.startswith(("- ", "+ "))]


@pytest.mark.parametrize(("intent", "text", "locale", "lines"), [
    ("order", "give me: one", "en", ['+         - "give me: one"']),
    ("order", "eine große", "de-AT", ['-       de: ["eine Pizza bitte"]',
                                      '+       de: ["eine Pizza bitte", "eine große"]']),
    ("order", "une pizza", "fr", ['+       fr: ["une pizza"]']),
    ("opening", "opening hours", None,
     ['-   opening: {examples: "when are you open", reply: "At noon."}',
      '+   opening: {examples: ["when are you open", "opening hours"], reply: "At noon."}']),
    ("cancel", "forget it", None, ['+     examples: ["forget it"]']),
    (None, "do you\n sell  shoes", None, ["+ - do you sell shoes"]),
])  # fmt: skip
def test_an_example_is_written_where_those_of_its_locale_stand(
    intent: str | None, text: str, locale: str | None, lines: list[str]
) -> None:
    """In the layout and with the quotes of its neighbours."""
    assert changed(FLOW, with_example(FLOW, intent, text, locale)) == lines


@pytest.mark.parametrize(("intent", "text", "told"), [
    ("order", "ONE pizza  please", "already"),
    (None, "do you sell burgers", "already"),
    ("refund", "give it back", "no intent"),
])  # fmt: skip
def test_what_cannot_be_added_is_told(intent: str | None, text: str, told: str) -> None:
    """An example that is there, whatever its case; an intent that the flow has not."""
    with pytest.raises(FlowhookError, match=told):
        with_example(FLOW, intent, text, "en")
