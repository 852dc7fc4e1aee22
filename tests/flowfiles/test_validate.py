"""Pydantic's errors, told in the file's own terms."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import load
from flowhook.yamldoc.validation import validate_model


class Button(BaseModel):
    model_config = ConfigDict(extra="forbid")
    title: str
    kind: Literal["reply", "link"] = "reply"
    style: dict[str, str] = Field({}, alias="buttonStyle")


class Card(BaseModel):
    model_config = ConfigDict(extra="forbid")
    text: str | list[str] = ""
    count: int = Field(1, ge=1)
    buttons: list[Button] = []
    named: dict[str, Button] = {}
    extra: Button | None = None

    @model_validator(mode="after")
    def _rule(self) -> Card:
        if self.text == "nothing":
            raise ValueError("must say something")
        return self


def is_template(value: Any) -> bool:
    return isinstance(value, str) and "{{" in value


def check(text: str, templates: bool = False) -> tuple[Card | None, list[Problem]]:
    document, problems = load(text, "a.yaml")
    assert document is not None
    assert problems == []
    return validate_model(
        Card, document.data, document=document, templated=is_template if templates else None
    )


def told(text: str, templates: bool = False) -> list[str]:
    """The problems, short."""
    card, problems = check(text, templates)
    assert card is None
    return [f"{p.line}:{p.column} {p.code}: {p.text}" for p in problems]


def test_what_is_right_becomes_an_instance() -> None:
    """Good data gives the model and no problem; aliases are the keys."""
    card, problems = check("{text: hi, buttons: [{title: a, buttonStyle: {color: red}}]}")
    assert problems == []
    assert card is not None
    assert card.buttons[0].style == {"color": "red"}


def test_scalars_count_as_written_where_a_text_is_expected() -> None:
    """Numbers and booleans without quotes keep their spelling in texts, also inside lists and unions."""
    card, problems = check(
        "{text: [1.10, 010, true], named: {x: {title: 12_0}}, buttons: [{title: 0x1F}], count: 3}"
    )
    assert problems == []
    assert card is not None
    assert card.text == ["1.10", "010", "true"]
    assert card.buttons[0].title == "0x1F"


def test_aliased_data_is_not_changed() -> None:
    """Substituting a text leaves the shared value of an anchor alone."""
    document, _ = load("text: &a 1.10\ncount: 1\n", "a.yaml")
    assert document is not None
    assert validate_model(Card, document.data, document=document)[1] == []
    assert document.data["text"] == 1.1


def test_messages_are_plain_words_at_the_value() -> None:
    """Wrong types, ranges and words are told at the value as it was written."""
    assert told("count: ten") == ['1:8 bad-value: "count" must be a whole number, not "ten"']
    assert told("count: 0") == ['1:8 bad-value: "count" must be at least 1']
    assert told("buttons: x") == ['1:10 bad-value: "buttons" must be a list, not "x"']
    assert told("buttons: [5]") == ['1:11 bad-value: "buttons" must be a mapping, not 5']
    assert told("buttons: [{title: }]") == ['1:19 bad-value: "title" must be a text, not null']
    assert told("text: {a: 1}") == ['1:7 bad-value: "text" must be a text or a list, not a mapping']
    assert told("text: [[1]]") == ['1:8 bad-value: "text" must be a text, not a list']
    assert told("text: nothing") == ["1:1 bad-value: must say something"]
    assert told("extra: {title: a, kind: lnik}") == [
        '1:25 bad-value: "kind" must be "reply" or "link", not "lnik"; did you mean "link"?'
    ]


def test_unknown_keys_name_the_nearest_one_of_their_own_mapping() -> None:
    """An unknown key is told at the key, with the keys of the model that stands there."""
    assert told("cuont: 1") == ['1:1 unknown-key: unknown key "cuont"; did you mean "count"?']
    assert told("{buttons: [{title: a, buttonstyle: {}}]}") == [
        '1:23 unknown-key: unknown key "buttonstyle"; did you mean "buttonStyle"?'
    ]
    assert told("named: {x: {titel: a, title: b}}") == [
        '1:13 unknown-key: unknown key "titel"; did you mean "title"?'
    ]
    assert told("extra: {knid: a, title: b}") == ['1:9 unknown-key: unknown key "knid"; did you mean "kind"?']


def test_missing_keys_are_told_at_what_lacks_them() -> None:
    """A missing key is told at the key of its mapping, or at the list's item."""
    assert told("count: 1\nextra: {}") == ['2:1 missing: "title" is missing']
    assert told("buttons:\n  - kind: link") == ['2:5 missing: "title" is missing']


def test_everything_is_told_at_once() -> None:
    """All problems of a mapping come together."""
    assert len(told("{count: x, cuont: 1, buttons: [{}, {title: [a]}]}")) == 4


def test_templates_are_left_to_rendering() -> None:
    """Errors at a template, or of a rule over one, are no problem yet; those beside it are."""
    assert check('count: "{{ n }}"', templates=True) == (None, [])
    assert check('{text: nothing, buttons: [{title: "{{ x }}"}]}', templates=True) == (None, [])
    assert told('{count: "{{ n }}", cuont: 1}', templates=True) == [
        '1:20 unknown-key: unknown key "cuont"; did you mean "count"?'
    ]
    assert told('buttons: [{kind: "{{ x }}"}]', templates=True) == ['1:11 missing: "title" is missing']


def test_a_part_of_a_document_is_checked_in_place() -> None:
    """The path of the part leads to the right lines."""
    document, _ = load("nodes:\n  - say: {count: x}\n", "a.yaml")
    assert document is not None
    data = document.data["nodes"][0]["say"]
    _, problems = validate_model(Card, data, document=document, path=("nodes", 0, "say"))
    assert [(p.line, p.column) for p in problems] == [(2, 18)]
