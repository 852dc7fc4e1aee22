"""JSON Schema of flow files, so that editors complete and check them while they are written.

Draft 7, which is what the YAML language server knows best. A node is described by ``if``/``then`` for
each type key instead of one large ``anyOf``: editors then complain about the very key that is wrong.
"""

from __future__ import annotations

import inspect
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from flowhook.engine.node import Node
from flowhook.flowfiles.compile import FLOW_NAME, SETTINGS
from flowhook.flowfiles.tree import ID
from flowhook.flowfiles.types import NodeTypes

Schema = dict[str, Any]

_TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{", "description": "a template: {{ … }}"}
_TEXT = ["string", "number", "boolean"]
_BRANCH: Schema = {"$ref": "#/definitions/branch"}
_NODES: Schema = {"type": "array", "items": {"$ref": "#/definitions/node"}}

_COMMON: dict[str, Schema] = {
    "id": {
        "$ref": "#/definitions/id",
        "description": "Names the node in its flow: a target, and a place to wait at.",
    },
    "next": {"$ref": "#/definitions/id", "description": "The node to go on with, instead of the one below."},
    "on_error": {**_BRANCH, "description": "Where to go when this node fails."},
    "disabled": {"type": "boolean", "description": "Passed through as if it were not there."},
    "comment": {"description": "For the people who read the flow."},
}
_SETTINGS: dict[str, Schema] = {
    "on_error": {**_BRANCH, "description": "Where to go when a node fails that has no on_error of its own."},
    "loop_limit": {
        "type": "integer",
        "minimum": 1,
        "default": 100,
        "description": "Visits of one node in one turn.",
    },
}


def json_schema(node_types: NodeTypes) -> Schema:
    """The schema of a flow file with these node types."""
    definitions: dict[str, Any] = {
        "id": {"type": "string", "pattern": _pattern(ID.pattern)},
        "node": _any_node(node_types),
        "branch": {
            "anyOf": [{"$ref": "#/definitions/id"}, {"$ref": "#/definitions/node"}, _NODES],
            "description": "The id of a node, one node, or a list of nodes.",
        },
    }
    for node_type in node_types.values():
        definitions[_name(node_type)] = _node(node_type, definitions)
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A flow of flowhook",
        "type": "object",
        "required": ["flow", "nodes"],
        "additionalProperties": False,
        "patternProperties": {"^x-": {"description": "Free: a home for anchors."}},
        "properties": {
            "flow": {
                "type": "string",
                "pattern": _pattern(FLOW_NAME.pattern),
                "description": "The flow's name.",
            },
            "description": {"type": "string", "description": "What the flow does, in a sentence."},
            "context": {"type": ["object", "null"], "description": "The context of a new session."},
            "settings": {
                "type": ["object", "null"],
                "additionalProperties": False,
                "properties": {key: _SETTINGS[key] for key in SETTINGS},
            },
            "moved": {
                "type": ["object", "null"],
                "additionalProperties": {"$ref": "#/definitions/id"},
                "description": "Old node id to new one: keeps live sessions through a rename.",
            },
            "nodes": _NODES,
        },
        "definitions": definitions,
    }


def _pattern(regular_expression: str) -> str:
    """A pattern in the dialect of JSON Schema."""
    return "^" + regular_expression.removesuffix(r"\Z") + "$"


def _name(node_type: type[Node]) -> str:
    return f"node-{node_type.key}"


def _any_node(node_types: NodeTypes) -> Schema:
    return {
        "type": "object",
        "description": "A node: one type key with its settings; beside it id, next, on_error and branches.",
        "properties": {
            **_COMMON,
            **{key: {"description": _docstring(node_type)} for key, node_type in node_types.items()},
        },
        "oneOf": [{"required": [key]} for key in node_types],
        "allOf": [
            {"if": {"required": [key]}, "then": {"$ref": f"#/definitions/{_name(node_type)}"}}
            for key, node_type in node_types.items()
        ],
    }


def _node(node_type: type[Node], definitions: dict[str, Any]) -> Schema:
    """A node of one type with all that may stand beside its key."""
    properties = dict(_COMMON)
    properties[node_type.key] = _value(node_type, definitions)
    for branch in node_type.branches:
        properties[branch] = _BRANCH
    for branches in node_type.branch_maps:
        properties[branches] = {
            "type": "object",
            "additionalProperties": _BRANCH,
            "description": "Maps values to branches.",
        }
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _value(node_type: type[Node], definitions: dict[str, Any]) -> Schema:
    """What may stand under the type's key: the settings, or the main one alone, or nothing."""
    settings = node_type.model_json_schema(
        ref_template="#/definitions/{model}", schema_generator=_Lenient, mode="validation"
    )
    prefix = _name(node_type)
    own = settings.pop("$defs", {})
    names = {name: f"{prefix}.{name}" for name in own}
    for name, part in own.items():
        definitions[names[name]] = _written(_renamed(part, names), inside=False)
    settings = _written(_renamed(settings, names), inside=False)
    settings.pop("title", None)
    settings.pop("description", None)
    forms: list[Schema] = [settings]
    if node_type.main is not None:
        main = settings["properties"][node_type.main]
        others = [name for name in settings.get("required", ()) if name != node_type.main]
        if not others:
            forms += [main, *_single_items(main)]
    if not settings.get("required"):
        forms.append({"type": "null"})
    return {"description": _docstring(node_type), "anyOf": forms}


def _single_items(schema: Schema) -> list[Schema]:
    """The items of a list that one of them may stand for: ``unset: context.size``."""
    forms = schema.get("anyOf", [schema])
    return [form["items"] for form in forms if form.get("type") == "array" and "items" in form]


def _docstring(node_type: type[Node]) -> str:
    own = node_type.__dict__.get("__doc__")
    return inspect.cleandoc(own) if own else f'A "{node_type.key}" node.'


class _Lenient(GenerateJsonSchema):
    """Says nothing about a type that JSON Schema cannot describe, instead of failing."""

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchemaValue:
        return {}

    def emit_warning(self, kind: Any, detail: str) -> None:
        """A default that is no JSON is left out without a word."""


def _renamed(schema: Any, names: dict[str, str]) -> Any:
    """The schema with its references led to the definitions of the whole file."""
    if isinstance(schema, list):
        return [_renamed(part, names) for part in schema]
    if not isinstance(schema, dict):
        return schema
    renamed = {key: _renamed(part, names) for key, part in schema.items()}
    reference = renamed.get("$ref")
    if isinstance(reference, str):
        name = reference.rpartition("/")[2]
        renamed["$ref"] = f"#/definitions/{names.get(name, name)}"
    return renamed


def _written(schema: Any, *, inside: bool = True) -> Any:
    """What a file may hold where pydantic wants ``schema`` after rendering: templates, and scalars for texts.

    ``inside`` is False for the mapping of settings itself, which no template can stand for.
    """
    if not isinstance(schema, dict):
        return schema
    schema = {key: part for key, part in schema.items() if key != "title"}
    if "properties" in schema:
        schema["properties"] = {name: _written(part) for name, part in schema["properties"].items()}
    for key in ("items", "additionalProperties"):
        if key in schema:
            schema[key] = _written(schema[key])
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            schema[key] = [_written(part, inside=False) for part in schema[key]]
    if schema.get("type") == "string" and not _is_narrow(schema):
        schema["type"] = _TEXT
    if not inside or _takes_any_text(schema):
        return schema
    outer = {key: schema.pop(key) for key in ("description", "default") if key in schema}
    parts = schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
    return {**outer, "anyOf": [*parts, _TEMPLATE]}


def _is_narrow(schema: Schema) -> bool:
    return any(key in schema for key in ("enum", "const", "pattern", "format", "minLength", "maxLength"))


def _takes_any_text(schema: Schema) -> bool:
    """Whether a template is already allowed, because any text is."""
    forms = schema.get("anyOf") or schema.get("oneOf")
    if forms:
        return any(_takes_any_text(form) for form in forms)
    kinds = schema.get("type")
    if kinds is None:
        return not any(key in schema for key in ("$ref", "enum", "const", "allOf"))
    return not _is_narrow(schema) and ("string" in kinds if isinstance(kinds, list) else kinds == "string")
