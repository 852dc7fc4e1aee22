"""A transcript, written as a test."""

from __future__ import annotations

from typing import Any

from flowhook.config import config_from_mapping
from flowhook.flowtest.files.parser import read_document
from flowhook.flowtest.files.writer import duration, recorded_test
from flowhook.yamldoc.document import load
from flowhook.yamldoc.writer import write_flow_style, write_scalar

AT = 1_800_000_000.0


def turn(kind: str, at: float, text: str = "", *said: Any, trace: Any = (), **more: Any) -> dict[str, Any]:
    """An inbound as a transcript has it."""
    outputs = [{"output": {"text": problem} if isinstance(problem, str) else problem} for problem in said]
    return {
        "kind": kind,
        "at": AT + at,
        "text": text,
        "data": None,
        "attachments": [],
        "status": "done",
        "outputs": outputs,
        "trace": {"steps": list(trace)},
        "traceId": f"{int(at):032x}",
        "seq": 1,
        **more,
    }


def step(type: str, **more: Any) -> dict[str, Any]:
    """A step of a trace."""
    return {"flow": "order", "node": "n", "type": type, **more}


def written(*turns: dict[str, Any], **options: Any) -> Any:
    """The test that comes of a transcript, read again."""
    config = config_from_mapping(
        {"connections": {"crm": {"base_url": "https://crm.test/v1"}}}, options.pop("root")
    )
    text = recorded_test("order", turns, config, **options)
    document, problems = load(text, "x.test.yaml")
    assert document is not None
    assert not problems
    file, problems = read_document(document)
    assert problems == []
    assert file is not None
    return document.data["tests"][0]


def test_who_spoke_and_how_much_time_passed(tmp_path: Any) -> None:
    """Every kind of inbound, the gaps between them, and what was said."""
    test = written(
        turn("message", 0, "yes", "one"),
        turn("timer", 600, "", "two"),
        turn("inject", 600.25, "", data={"a": 1}),
        turn("message", 700, "gone", status="discarded"),
        turn("notify", 601, "late", "late"),
        turn("callback", 601, data={"done": True}),
        turn("callback", 601, result=[7]),
        root=tmp_path,
        name="all: kinds",
        endpoint="shop",
    )
    assert test["name"] == "all: kinds"
    assert test["endpoint"] == "shop"
    assert test["steps"] == [
        {"user": "yes"},
        {"bot": "one"},
        {"advance": "10m"},
        {"bot": "two"},
        {"inject": {"data": {"a": 1}}},
        {"notify": "late"},
        {"bot": "late"},
        {"callback": {"done": True}},
        {"callback": [7]},
    ]


def test_what_services_answered_becomes_mocks(tmp_path: Any) -> None:
    """By the whole URL, without its query; one after the other; nodes where no answer was kept."""
    ask = {"method": "POST", "url": "/price?key=hush", "connection": "crm"}
    test = written(
        turn(
            "message",
            0,
            "a",
            "22",
            trace=[
                step("http_request", call={**ask, "status": 200, "body": {"total": 22}}),
                step("http_request", call={**ask, "error": "timeout: no answer within 8 s"}),
                step("http_request", node="old", changed={"context.x": 1}, went="next"),
                step("crm_lookup", node="find", went="found", said=1, changed={"context.y": 2}),
                step("say", said=1),
            ],
        ),
        root=tmp_path,
    )
    assert test["mocks"] == [
        {"http": "POST https://crm.test/v1/price", "answers": [{"json": {"total": 22}}, {"fail": "timeout"}]},
        {"node": "order/old", "times": 1, "set": {"context.x": 1}},
        {"node": "order/find", "times": 1, "branch": "found", "set": {"context.y": 2}, "say": ["22"]},
    ]


def test_time_passes_in_whole_seconds(tmp_path: Any) -> None:
    """A timer comes a little late, a message a little after another: what people would write is written."""
    test = written(
        turn("message", 0, "a", "one"),
        turn("message", 0.4, "b", "two"),
        turn("message", 60.7, "c", "three"),
        turn("timer", 600.404, None, "four"),  # set by "b" for 10m
        turn("message", 600.9, "d"),
        turn("timer", 601.41, None, "five"),  # set by "d" for 500ms
        root=tmp_path,
    )
    assert test["steps"] == [
        {"user": "a"},
        {"bot": "one"},
        {"user": "b"},
        {"bot": "two"},
        {"advance": "1m"},
        {"user": "c"},
        {"bot": "three"},
        {"advance": "9m"},
        {"bot": "four"},
        {"user": "d"},
        {"advance": "1s"},
        {"bot": "five"},
    ]


def test_a_pause_of_the_flow_lets_time_pass_between_outputs(tmp_path: Any) -> None:
    """What is said after a ``sleep`` is expected after it."""
    trace = [step("say", said=1), step("sleep", ms=2000.0), step("say", said=1)]
    test = written(turn("message", 0, "a", "one", "two", trace=trace), root=tmp_path)
    assert test["steps"] == [{"user": "a"}, {"bot": "one"}, {"advance": "2s"}, {"bot": "two"}]


def test_texts_survive_whatever_they_hold(tmp_path: Any) -> None:
    """Quotes, colons, line breaks, control characters, words that YAML takes for something else."""
    texts = [
        "yes: no",
        "null",
        "# x",
        "a\nb\t\x7f\u2028\u0085",
        "'\"\\",
        " lead",
        "{{ x }}",
        "- a",
        "1e5",
        "true",
        "é 🍕",
    ]
    test = written(*(turn("message", 0, text, text) for text in texts), root=tmp_path)
    assert [step["user"] for step in test["steps"] if "user" in step] == texts
    assert [step["bot"] for step in test["steps"] if "bot" in step] == texts


def test_values_are_written_as_a_person_would() -> None:
    """Bare words where that is safe."""
    assert write_scalar("large", bare=True) == "large"
    assert write_scalar("true", bare=True) == '"true"'
    assert write_flow_style({"a b": [1, None, "x"], "c": {}}) == '{"a b": [1, null, "x"], c: {}}'
    assert [duration(item) for item in (0.25, 5, 90, 600, 7200, 172800, 3.5)] == [
        "250ms",
        "5s",
        "90s",
        "10m",
        "2h",
        "2d",
        "3500ms",
    ]
