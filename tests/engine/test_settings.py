"""Settings of nodes: what is known at load is checked at load, the rest in the turn."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from pydantic import Field, ValidationError
from pydantic_core import SchemaError

from flowhook.engine.expressions import Expressions
from flowhook.engine.node import Node
from flowhook.engine.settings.compiled import NodeSettings, SettingsError, SettingsProblem
from flowhook.engine.settings.fields import marks_of
from tests.engine.conversation import TYPES, settings


def problems(key: str, **raw: Any) -> list[SettingsProblem]:
    with pytest.raises(SettingsError) as caught:
        settings(key, **raw)
    return caught.value.problems


def test_constant_settings_are_validated_once() -> None:
    """Every turn gets the very same node."""
    known = settings("say", text="hi")
    assert known.node({}, []) is known.node({}, [])


def test_templates_are_rendered_for_each_turn() -> None:
    """What the template gives is validated like what stands in the file."""
    known = settings("sleep", duration="{{ context.n }}")
    assert known.node({"context": {"n": "5s"}}, []).duration == 5.0  # type: ignore[attr-defined]
    with pytest.raises(ValidationError):
        known.node({"context": {"n": "soon"}}, [])


def test_texts_stay_texts() -> None:
    """A number in a template of a text field is said as text."""
    assert settings("say", text="{{ context.n }}").node({"context": {"n": 5}}, []).text == "5"  # type: ignore[attr-defined]


def test_all_problems_at_once_with_their_paths() -> None:
    """Unknown keys, wrong values and bad expressions of one node come together."""
    found = problems("ask", text="{{ a && b }}", typ="text", attempts=0, timeout="soon", valid_if="x ==")
    assert {problem.path: problem.kind for problem in found} == {
        ("text",): "expression",
        ("typ",): "extra_forbidden",
        ("attempts",): "greater_than_equal",
        ("timeout",): "value_error",
        ("valid_if",): "expression",
    }


def test_an_expressions_place_in_its_string_is_told() -> None:
    """Line and column count inside the setting, so that a check can point into the file."""
    (problem,) = problems("set", values={"context.a": [1, "one\n{{ two three }}"]})
    assert (problem.path, problem.line, problem.column) == (("values", "context.a", 1), 2, 8)


def test_what_a_template_gives_is_not_judged_at_load() -> None:
    """A template may stand where a number must; constant neighbours are still checked."""
    settings("http_request", url="https://x", retries="{{ context.n }}")
    assert [
        problem.path for problem in problems("http_request", url="https://x", retries="{{ n }}", timeout="x")
    ] == [("timeout",)]


def test_templates_inside_lists_are_not_judged_at_load() -> None:
    """Also where a union of forms complains for each of them."""
    known = settings("ask", text="?", type="choice", choices=[{"value": "{{ context.a }}"}, "b"])
    node: Any = known.node({"context": {"a": 5}}, [])
    assert [choice.value for choice in node.options] == ["5", "b"]


def test_conditions_take_scalars() -> None:
    """``if: true`` is a condition, and braces around one are an error that says so."""
    assert settings("if", condition=True).node({}, []).condition == "true"  # type: ignore[attr-defined]
    assert "{{ x }}" in problems("if", condition="{{ context.a }}")[0].hint


def test_names_and_paths_of_settings() -> None:
    """What a node reads, conditions included."""
    known = settings("ask", text="{{ vars.shop }}?", skip_if="context.size", valid_if="answer > 1")
    assert known.names == {"vars", "context", "answer"}
    assert known.paths == {"vars.shop", "context.size", "answer"}
    assert settings("unset", paths=["profile.a"]).names == {"profile"}
    assert settings("set", values={"profile.a": 1, "context.b": "{{ input.text }}"}).names == {
        "profile",
        "context",
        "input",
    }


@pytest.mark.parametrize(
    ("written", "seconds"),
    [("500ms", 0.5), ("10s", 10), ("5m", 300), ("2h", 7200), ("7d", 604800), (3, 3), ("2.5", 2.5)],
)
def test_durations(written: Any, seconds: float) -> None:
    """Durations are written with a unit, or as a number of seconds."""
    node: Any = NodeSettings(TYPES["wait"], {"timeout": written}, Expressions()).node({}, [])
    assert node.timeout == seconds


@pytest.mark.parametrize(
    "path", ["size", "input.text", "context", "context.", "context..a", "context.a b", "vars.x"]
)
def test_paths_start_with_a_root_that_can_be_written(path: str) -> None:
    """Only context, profile and session keep values."""
    assert problems("set", values={path: 1})
    assert problems("ask", text="?", store=path)


def test_marks_are_found_anywhere_in_a_type() -> None:
    """The compile step finds how a field is read also inside unions and lists."""
    fields = TYPES["ask"].model_fields
    assert marks_of(fields["text"]) == {"text"}
    assert marks_of(fields["valid_if"]) == {"condition", "answer"}
    assert marks_of(fields["store"]) == {"path"}
    assert marks_of(fields["attempts"]) == frozenset()


def test_an_unknown_key_is_told_whatever_it_holds() -> None:
    """Also when its value is a template, which is not looked at before a turn."""
    (problem,) = problems("match", pattern="a+", value="{{ input.text }}")
    assert (problem.path, problem.kind) == (("value",), "extra_forbidden")


def test_what_validates_a_built_in_type_is_built_for_the_first_flow_that_has_one() -> None:
    """A start reads some of the types, and builds those."""
    content = {"__module__": "flowhook.nodes.own", "__annotations__": {"size": int}, "key": "own"}
    own: Any = type(Node)("Own", (Node,), content)
    assert not own.__pydantic_complete__
    known = NodeSettings(own, {"size": "{{ context.n }}"}, Expressions())
    assert own.__pydantic_complete__
    assert known.node({"context": {"n": 5}}, []).size == 5  # type: ignore[attr-defined]


def test_what_validates_a_plugins_type_is_built_at_once() -> None:
    """What is wrong with its fields rejects the load of the plugin, not the first flow that uses it."""

    class Own(Node):
        key = "own"
        size: int

    assert Own.__pydantic_complete__
    with pytest.raises(SchemaError, match="unclosed group"):

        class Broken(Node):
            key = "broken"
            size: Annotated[str, Field(pattern="(")]


def test_a_node_type_costs_no_look_at_what_its_base_declares() -> None:
    """What a class says of itself is no setting, though nothing is annotated at runtime."""
    assert not Node.__class_vars__ & Node.__annotations__.keys()

    class Own(Node):
        key = "own"
        branches = ("then",)
        waits = True
        size: int

    assert set(Own.model_fields) == {"size"}
    assert (Own.branches, Own.waits, Own.ends) == (("then",), True, False)
