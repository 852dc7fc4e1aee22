"""The other built-in nodes, one rule at a time."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from flowhook.engine.effects import HttpCall, HttpResult, Pause
from flowhook.engine.settings.compiled import SettingsError
from flowhook.nodes import BUILTIN
from tests.engine.conversation import TYPES, Conversation, settings


def test_every_node_is_documented() -> None:
    """A module tells with an example in YAML what its node does; every setting has a description."""
    for name in {node_type.__module__ for node_type in BUILTIN}:
        text = importlib.import_module(name).__doc__ or ""
        assert ".. code-block:: yaml" in text, name
        assert "ranches" in text, name
    for node_type in BUILTIN:
        assert node_type.__doc__
        for name, field in node_type.model_fields.items():
            assert field.description, f"{node_type.key}.{name}"


# --- say ---------------------------------------------------------------------------------------------


def test_say_random_says_each_of_its_texts_sooner_or_later() -> None:
    """One of several, by chance."""
    said = {Conversation({"say": ["a", "b"]}, seed=seed).says("x")[0] for seed in range(30)}
    assert said == {"a", "b"}


@pytest.mark.parametrize(("order", "expected"), [("linear", "abccc"), ("loop", "abcab")])
def test_say_in_order_remembers(order: str, expected: str) -> None:
    """Linear stays at the last text, loop begins again."""
    talk = Conversation({"id": "s", "say": {"text": ["a", "b", "c"], "order": order}})
    assert "".join(talk.says("x")[0] for _ in range(5)) == expected


def test_say_data() -> None:
    """Data travels with or without a text."""
    talk = Conversation(
        {"say": {"data": {"n": "{{ input.text }}"}}}, {"say": {"text": "t", "data": {"fixed": []}}}
    )
    talk.says("x")
    assert [(output.text, output.data) for output in talk.run.outputs] == [
        ("", {"n": "x"}),
        ("t", {"fixed": []}),
    ]


def test_say_nothing() -> None:
    """An empty say is an error at load; a template that gives nothing says nothing, with a warning."""
    with pytest.raises(SettingsError, match="nothing to say"):
        settings("say")
    talk = Conversation({"say": "{{ context.none }}"}, {"say": "b"})
    assert talk.says("x") == ["b"]
    assert "nothing to say" in talk.warnings


# --- if, switch, once ----------------------------------------------------------------------------------


def switch(value: str, **cases: str) -> Conversation:
    ways = {case: [{"say": said}] for case, said in cases.items()}
    return Conversation({"switch": value, "cases": ways, "default": [{"say": "default"}]})


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("'Large'", "L"),
        ("'x-large'", "pattern"),
        ("true", "T"),
        ("7", "seven"),
        ("none", "default"),
        ("context.nope", "default"),
        ("1 / 0", "default"),
        ("'other'", "default"),
        ("''", "default"),
        ("'LARGE '", "pattern"),
    ],
)
def test_switch(value: str, said: str) -> None:
    """Text without case, literals before patterns; null and failures match none."""
    cases = {"/large/": "pattern", "large": "L", "true": "T", "7": "seven", "none": "N"}
    assert switch(value, **cases).says("x") == [said]


def test_switch_shows_what_it_saw() -> None:
    """The trace tells the value and the case."""
    talk = switch("input.text", a="A")
    talk.says("A")
    assert talk.run.steps[0].saw == {"input.text": "A", "value": "A"}
    assert talk.run.steps[0].went == "cases.a"


def test_once_per_session_and_per_user() -> None:
    """The session remembers, or the profile does for all sessions of the user."""
    talk = Conversation(
        {"id": "o", "once": "session", "then": [{"say": "first"}], "else": [{"say": "again"}]}
    )
    assert [talk.says("x")[0] for _ in range(3)] == ["first", "again", "again"]
    profile: dict[str, Any] = {}
    for said in ("first", "again"):
        talk = Conversation(
            {"id": "o", "once": "user", "then": [{"say": "first"}], "else": [{"say": "again"}]},
            profile=profile,
        )
        assert talk.says("x") == [said]
        profile = talk.run.turn.scope["profile"]
    assert profile == {"once": {"main/o": True}}
    assert settings("once", per="user").names == {"profile"}


# --- wait, sleep -----------------------------------------------------------------------------------------


def test_wait_takes_any_input_and_goes_on_below() -> None:
    """Nothing is checked."""
    talk = Conversation({"say": "a"}, {"id": "w", "wait": None}, {"say": "{{ input.text }}!"})
    assert talk.says("x") == ["a"]
    assert talk.says("whatever") == ["whatever!"]


def test_wait_with_a_timeout() -> None:
    """With the branch the session stays; without it the flow goes on below."""
    talk = Conversation({"id": "w", "wait": "5m", "on_timeout": [{"say": "t"}]}, {"say": "b"})
    talk.says("x")
    assert (talk.times_out(), talk.says("y")) == (["t"], ["b"])
    talk = Conversation({"id": "w", "wait": "5m"}, {"say": "b"})
    talk.says("x")
    assert talk.times_out() == ["b"]
    assert not talk.session.waiting


def test_sleep_is_a_need_of_a_minute_at_most() -> None:
    """Longer pauses are refused."""
    talk = Conversation({"sleep": "1m"})
    talk.says("x")
    assert talk.run.effect == Pause(60.0)
    with pytest.raises(SettingsError):
        settings("sleep", duration="61s")


# --- set, append, unset ------------------------------------------------------------------------------------


def test_set_keeps_types_and_makes_mappings() -> None:
    """What a template gives is kept with its type; parents of a path are made."""
    talk = Conversation(
        {
            "set": {
                "context.a.b": "{{ 1 + 1 }}",
                "session.c": "{{ [1] }}",
                "context.d": "n={{ 1 }}",
                "context.e": None,
            }
        }
    )
    talk.says("x")
    assert talk.context == {"a": {"b": 2}, "d": "n=1", "e": None}
    assert talk.session.values == {"c": [1]}


def test_set_evaluates_before_it_keeps() -> None:
    """Two entries of one node may swap their values."""
    talk = Conversation(
        {"set": {"context.a": "{{ context.b }}", "context.b": "{{ context.a }}"}}, context={"a": 1, "b": 2}
    )
    talk.says("x")
    assert talk.context == {"a": 2, "b": 1}


def test_set_copies() -> None:
    """Two paths never share a list."""
    talk = Conversation(
        {"set": {"context.b": "{{ context.a }}"}}, {"append": {"context.b": 2}}, context={"a": [1]}
    )
    talk.says("x")
    assert talk.context == {"a": [1], "b": [1, 2]}


def test_set_reaches_into_lists() -> None:
    """An item that is there may be replaced; one that is not is a failure."""
    talk = Conversation({"set": {"context.list.1.x": 5}}, context={"list": [0, {}]})
    talk.says("x")
    assert talk.context == {"list": [0, {"x": 5}]}
    assert Conversation({"set": {"context.list.7": 5}}, context={"list": []}).tries("x").status == "failed"
    assert Conversation({"set": {"context.n.x": 5}}, context={"n": 3}).tries("x").status == "failed"


def test_append_makes_the_list_and_minds_what_is_none() -> None:
    """Something else than a list at the path is a failure."""
    talk = Conversation({"append": {"context.a.list": "{{ input.text }}"}}, {"append": {"context.a.list": 2}})
    talk.says("x")
    assert talk.context == {"a": {"list": ["x", 2]}}
    assert Conversation({"append": {"context.n": 1}}, context={"n": 3}).tries("x").status == "failed"


def test_unset() -> None:
    """One path or several; what is not there is no matter."""
    talk = Conversation(
        {"unset": ["context.a.b", "context.nope.x", "context.list.0"]},
        {"unset": "session.c"},
        context={"a": {"b": 1, "c": 2}, "list": [1, 2]},
    )
    talk.session.values["c"] = 1
    talk.says("x")
    assert talk.context == {"a": {"c": 2}, "list": [2]}
    assert talk.session.values == {}


# --- http_request ------------------------------------------------------------------------------------


def request(**raw: Any) -> tuple[Conversation, HttpCall]:
    talk = Conversation(
        {
            "id": "h",
            "http_request": raw,
            "on_error": [{"say": "{{ error.reason }} {{ error.details.status }}"}],
        },
        {"say": "below"},
        context={"n": 5},
    )
    talk.says("x")
    assert isinstance(talk.run.effect, HttpCall)
    return talk, talk.run.effect


def test_http_request_renders_the_call() -> None:
    """Values keep their types in JSON and are text in queries and headers; null leaves a parameter out."""
    _, call = request(
        url="/p/{{ context.n }}",
        method="post",
        connection="crm",
        json={"n": "{{ context.n }}"},
        timeout="3s",
        query={"a": "{{ context.n }}", "b": None, "c": [1, True]},
        headers={"X-N": "{{ context.n }}"},
        retries=2,
    )
    assert (call.method, call.url, call.connection, call.timeout, call.retries) == (
        "POST",
        "/p/5",
        "crm",
        3.0,
        2,
    )
    assert (call.json, call.query, call.headers["X-N"]) == ({"n": 5}, {"a": "5", "c": ["1", "true"]}, "5")


def test_http_request_carries_an_idempotency_key() -> None:
    """All methods but GET and HEAD do, unless the author gives one."""
    talk, call = request(url="https://x", method="POST")
    assert call.headers == {"Idempotency-Key": talk.run.effect_key}
    assert call.key == talk.run.effect_key
    assert request(url="https://x")[1].headers == {}
    assert request(url="https://x", method="PUT", headers={"idempotency-key": "mine"})[1].headers == {
        "idempotency-key": "mine"
    }


def test_http_request_stores_body_and_response() -> None:
    """``store`` takes the parsed body, ``store_response`` everything."""
    talk, _ = request(url="https://x", store="context.body", store_response="context.all")
    assert talk.answers(HttpResult(201, {"a": "b"}, [1])) == ["below"]
    assert talk.context["body"] == [1]
    assert talk.context["all"] == {"status": 201, "headers": {"a": "b"}, "body": [1]}


@pytest.mark.parametrize("status", [300, 404, 500])
def test_http_request_fails_above_299(status: int) -> None:
    """The failure tells status and body; only ``store_response`` is kept."""
    talk, _ = request(url="https://x", store="context.body", store_response="context.all")
    assert talk.answers(HttpResult(status, {}, "no")) == [f"status {status}", "below"]
    assert "body" not in talk.context
    assert talk.context["all"]["status"] == status


@pytest.mark.parametrize(
    "raw",
    [
        {"json": {}, "body": "x"},
        {"auth": {"token": "x"}},
        {"method": "BREW"},
        {"timeout": 0},
        {"retries": -1},
    ],
)
def test_http_request_refuses_what_cannot_work(raw: dict[str, Any]) -> None:
    """One body, a known method, a known way to authorise, sensible bounds."""
    with pytest.raises(SettingsError):
        settings("http_request", url="https://x", **raw)


# --- log, debug --------------------------------------------------------------------------------------


def test_log_and_debug() -> None:
    """Log lines go to the driver, debug notes to the trace; users see neither."""
    talk = Conversation(
        {"log": {"text": "n {{ context.n }}", "level": "warning"}},
        {"debug": "{{ context }}"},
        context={"n": 1},
    )
    assert talk.says("x") == []
    assert talk.run.turn.logs == [("warning", "n 1")]
    assert talk.run.steps[1].saw == {"text": '{"n": 1}'}


REMEMBERING = {"say", "once", "every", "for_each", "optional_ask", "json_api"}


def test_node_types_tell_their_shape() -> None:
    """What the compiler has to know of each type."""
    waiting = {"ask", "collect", "handover", "task", "wait"}
    assert {key for key, node in TYPES.items() if node.waits} == waiting
    assert {key for key, node in TYPES.items() if node.ends} == {"goto", "return", "stop", "think"}
    assert {key for key, node in TYPES.items() if node.remembers} == REMEMBERING
    assert not any(node.asynchronous for node in BUILTIN)


def test_say_has_other_messages_for_some_channels() -> None:
    """By ``input.channel``: the other message whole, with its own templates and elements."""
    channels = {"telegram": {"text": "T {{ input.text }}", "quick_replies": ["a"]}, "voice": {"text": "V"}}
    node = {"say": {"text": "W", "data": {"n": 1}, "channels": channels}}
    said = {}
    for channel in ("webhook", "telegram", "voice"):
        talk = Conversation(node, channel=channel)
        talk.says("x")
        (output,) = talk.run.outputs
        said[channel] = (output.text, sorted(output.data))
    assert said == {"webhook": ("W", ["n"]), "telegram": ("T x", ["rich"]), "voice": ("V", [])}


def test_omit_leaves_a_setting_out() -> None:
    """Its default counts, and of a mapping the key is not there."""
    set_ = {"set": {"context.a": "{{ input.data.a | default(omit) }}", "context.b": 1}}
    talk = Conversation(set_, {"say": {"text": "hi", "data": {"x": "{{ omit }}", "y": 2}}})
    talk.says("x")
    assert talk.context == {"b": 1}
    assert talk.run.outputs[0].data == {"y": 2}
