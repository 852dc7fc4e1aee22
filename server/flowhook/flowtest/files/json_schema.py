"""JSON Schema of test files, so that editors complete and check them while they are written."""

from __future__ import annotations

from typing import Any

from flowhook.flowtest.files import mocks, parser, steps
from flowhook.flowtest.files.matchers import TYPES
from flowhook.flowtest.files.mocks import FAILURES

Schema = dict[str, Any]

_DURATION: Schema = {
    "type": ["string", "number"],
    "pattern": r"^\d+(\.\d+)?\s*(ms|s|m|h|d)?$",
    "description": "500ms, 10s, 5m, 2h or 7d",
}
_MAPPING: Schema = {"type": ["object", "null"]}
_TEXT: Schema = {"type": ["string", "number", "boolean"]}
_VALUE: Schema = {"$ref": "#/definitions/value"}
_MOCKS: Schema = {"type": ["array", "null"], "items": {"$ref": "#/definitions/mock"}}
_TIMES: Schema = {"type": "integer", "minimum": 0, "description": "How often it is called, exactly."}
_OPTIONAL: Schema = {"type": "boolean", "description": "No failure when it is never called."}
_COMMENT: Schema = {"description": "For the people who read the test."}

_STEPS: dict[str, tuple[str, Schema]] = {
    "user": ("The user says this: a text, or {text, data, attachments}.", {"$ref": "#/definitions/message"}),
    "bot": ("The bot says this next: a text, a matcher, or {text, data, buttons, rich}; a list: one after "
            "the other.", {"$ref": "#/definitions/said"}),
    "expect": ("How the session stands, and what the last step did.", {"$ref": "#/definitions/expect"}),
    "advance": ("So much time passes; timers fire at their own time.", _DURATION),
    "inject": ("A backend speaks into the flow.", {"$ref": "#/definitions/message"}),
    "notify": ("A backend speaks to the user, past the flow.", {"$ref": "#/definitions/message"}),
    "agent": (
        "What the agent of a handover says, or does: {event: resolved, note: …}.",
        {"type": ["string", "object"]},
    ),
    "callback": ("This body is posted to the one-time URL of the task that waits.", {}),
    "webhook": ("The receiver of what the bot says fails, or is well again.", {"enum": ["fail", "ok"]}),
    "restart": ("The server is stopped and started again on the same storage.", {"enum": [True, None]}),
    "set": ("Values are merged into the context or the profile; null takes one away.",
            {"type": "object", "additionalProperties": False,
             "properties": {"context": {"type": "object"}, "profile": {"type": "object"}}}),
    "mock": ("Mocks from here on; they answer before the others.",
             {"anyOf": [{"$ref": "#/definitions/mock"}, _MOCKS]}),
    "comment": ("For the people who read the test.", {}),
}  # fmt: skip

_EXPECTED: dict[str, str] = {
    "context": "The session's context: the keys that are written, others may be there.",
    "profile": "The user's profile.",
    "session": "What flows see as session.",
    "node": "Where the session stands: node or flow/node; null: the next input enters at the first node.",
    "flow": "The flow in which it stands.",
    "state": "The state that says which intents may win.",
    "locale": "The locale in force.",
    "timers": 'Node, or name of a timer, to the time that is left, such as {ask_size: 10m}; "none".',
    "pending": "How many deliveries wait for the receiver.",
    "intent": "The intent of the last turn.",
    "slots": "Its slots.",
    "result": "Its input.result.",
    "input": "All that its expressions saw as input.",
    "path": "The nodes that the last step ran, in order.",
    "error": "The failure of a node or turn: its message, or {message, node}.",
    "calls": 'The HTTP calls of the last step, such as ["POST https://crm.example/price"].',
    "outputs": 'All that the bot said in the last step; "none".',
    "texts": "The texts of all that it said.",
    "no_output": "Nothing was said.",
}

_SETTINGS: dict[str, Schema] = {
    "seed": {
        "type": ["integer", "array"],
        "items": {"type": "integer"},
        "default": 0,
        "description": "Of what is left to chance; a list: of each inbound.",
    },
    "locale": {"type": "string", "description": "The locale of the endpoint."},
    "endpoint": {
        "type": "string",
        "description": "An endpoint of the configuration whose plugins and engine take part.",
    },
    "vars": {**_MAPPING, "description": "Over the vars of the configuration."},
    "start": {"$ref": "#/definitions/start"},
}


def test_schema() -> Schema:
    """The schema of ``*.test.yaml``."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Tests of a flow of flowhook",
        "type": "object",
        "required": ["flow", "tests"],
        "additionalProperties": False,
        "patternProperties": {"^x-": {"description": "Free: a home for anchors."}},
        "properties": {
            "flow": {"type": "string", "description": "The flow to talk to."},
            "description": {"type": "string"},
            "defaults": _object(
                _SETTINGS, parser.SHARED_KEYS, "What each test has unless it says otherwise."
            ),
            "mocks": {**_MOCKS, "description": "Of all tests; nobody has to call them."},
            "tests": {"type": "array", "items": {"$ref": "#/definitions/test"}},
        },
        "definitions": _definitions(),
    }


test_schema.__test__ = False  # type: ignore[attr-defined]  # of pytest


def _definitions() -> Schema:
    return {
        "test": {**_object(_test(), parser.TEST_KEYS, "One conversation."), "required": ["name", "steps"]},
        "start": _object(_start(), parser.START_KEYS, "Where the session stands before the first step."),
        "step": {
            "anyOf": [
                {"const": "restart"},
                {
                    **_object(
                        {name: {**schema, "description": text} for name, (text, schema) in _STEPS.items()},
                        tuple(_STEPS),
                        "One step.",
                    ),
                    "minProperties": 1,
                    "maxProperties": 2,
                },
            ]
        },
        "message": {"anyOf": [_TEXT, _object(_message(), steps.BACKEND_KEYS, "")]},
        "said": {
            "anyOf": [
                _TEXT,
                {"$ref": "#/definitions/matcher"},
                _object(dict.fromkeys(steps.SAID_KEYS, _VALUE), steps.SAID_KEYS, ""),
                {"type": "array", "items": {"$ref": "#/definitions/said"}},
            ]
        },
        "expect": _object(
            {name: {**_VALUE, "description": text} for name, text in _EXPECTED.items()},
            steps.EXPECT_KEYS,
            "",
        ),
        "value": {"description": "A value, or a matcher."},
        "matcher": _object(_matchers(), tuple(_matchers()), "How a value has to be."),
        "mock": {
            "type": "object",
            "oneOf": [
                {**_object(_http_mock(), mocks.HTTP_KEYS, "Answers of a service."), "required": ["http"]},
                {
                    **_object(_node_mock(), mocks.NODE_KEYS, "In the place of a node."),
                    "required": ["node"],
                },
                {
                    **_object(
                        {"nlu": {"type": "object", "description": "Text to intent."}, "comment": _COMMENT},
                        mocks.NLU_KEYS,
                        "What texts mean.",
                    ),
                    "required": ["nlu"],
                },
            ],
        },
    }


def _object(properties: Schema, keys: tuple[str, ...], description: str) -> Schema:
    """A mapping with exactly these keys."""
    missing = set(keys) ^ set(properties)
    assert not missing, f"the schema and the reader differ: {missing}"
    schema: Schema = {"type": "object", "additionalProperties": False, "properties": properties}
    return {**schema, "description": description} if description else schema


def _test() -> Schema:
    return {
        **_SETTINGS,
        "name": {**_TEXT, "description": "What the test shows."},
        "steps": {"type": "array", "items": {"$ref": "#/definitions/step"}},
        "mocks": {**_MOCKS, "description": "In the place of services, nodes and engines."},
        "skip": {"type": ["boolean", "string"], "description": "Do not run it; the reason."},
        "only": {"type": "boolean", "description": "Run only the tests that say so."},
        "comment": _COMMENT,
    }


def _start() -> Schema:
    return {
        "context": {**_MAPPING, "description": "Over the default context of the flow."},
        "profile": {**_MAPPING, "description": "What is known of the user."},
        "session": _MAPPING,
        "state": {"type": ["string", "null"]},
        "node": {"type": "string", "description": "Where the first input enters: node or flow/node."},
        "waiting": {"type": "boolean", "description": "The node has asked already and waits for its answer."},
        "locale": {"type": "string"},
        "at": {"type": "string", "description": "The time; default: 2026-01-05T09:00, a Monday."},
    }


def _message() -> Schema:
    return {
        "text": _TEXT,
        "data": {"type": "object"},
        "attachments": {"type": "array", "items": {"type": "object"}},
        "notBefore": {"type": "string"},
        "expiresAt": {"type": "string"},
        "ifNode": {"type": "string"},
        "ifRevision": {"type": "integer"},
    }


def _matchers() -> Schema:
    return {
        "equals": {"description": "Exactly this, without further keys."},
        "contains": {"description": "This text, item or key is in it."},
        "icontains": {"description": "The same, whatever the case."},
        "regex": {"type": "string", "description": "A regular expression, found anywhere."},
        "any_of": {"type": "array", "items": _VALUE, "minItems": 1},
        "not": _VALUE,
        "subset": {"type": ["object", "array"], "description": "These keys or items, and maybe others."},
        "type": {"enum": list(TYPES)},
        "absent": {"type": "boolean"},
    }


def _answer() -> Schema:
    return {
        "json": {"description": "The body, as JSON."},
        "text": {**_TEXT, "description": "The body, as text."},
        "status": {"type": "integer", "minimum": 100, "maximum": 599, "default": 200},
        "headers": {"type": "object"},
        "delay": _DURATION,
        "fail": {"enum": list(FAILURES), "description": "No answer, but this."},
    }


def _http_mock() -> Schema:
    return {
        "http": {
            "type": "string",
            "pattern": r"^([A-Z]+|\*)\s+\S+$",
            "description": "Method and URL; * and {name} stand for any part of it.",
        },
        **_answer(),
        "answers": {
            "type": "array",
            "minItems": 1,
            "items": _object(_answer(), mocks.ANSWER_KEYS, ""),
            "description": "One after the other; the last one stays.",
        },
        "times": _TIMES,
        "optional": _OPTIONAL,
        "expect": _object(dict.fromkeys(mocks.EXPECT_KEYS, _VALUE), mocks.EXPECT_KEYS, "Of the call."),
        "comment": _COMMENT,
    }


def _node_mock() -> Schema:
    return {
        "node": {"type": "string", "description": "A node's id, flow/id, or the type of nodes."},
        "branch": {"type": "string", "description": "The branch it takes; none: it goes on below."},
        "set": {"type": "object", "description": "Path to value: what it changes."},
        "say": {"type": ["string", "array"], "description": "What it says."},
        "fail": {**_TEXT, "description": "It fails with this message."},
        "times": _TIMES,
        "optional": _OPTIONAL,
        "comment": _COMMENT,
    }
