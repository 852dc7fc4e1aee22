"""JSON Schema of flow files, so that editors complete and check them while they are written.

Draft 7, which is what the YAML language server knows best. A node is described by ``if``/``then`` for
each type key instead of one large ``anyOf``: editors then complain about the very key that is wrong.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import MARK_KINDS
from flowhook.flowfiles import docstrings
from flowhook.flowfiles.compile.compiler import FLOW_NAME
from flowhook.flowfiles.compile.node_parser import ID
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.compile.question_defaults import SHARED_MAPS, SHARED_SETTINGS
from flowhook.flowfiles.compile.section_models import (
    IntentForm,
    ListedValueForm,
    SettingsForm,
    SlotForm,
    StateForm,
    ValueForm,
)

Schema = dict[str, Any]

_TEMPLATE: Schema = {"type": "string", "pattern": r"\{\{", "description": "a template: {{ … }}"}
_TEXT = ["string", "number", "boolean"]
_BRANCH: Schema = {"$ref": "#/definitions/branch"}
_BRANCHES: Schema = {
    "type": "object",
    "additionalProperties": _BRANCH,
    "description": "Maps values to branches.",
}
_REMINDERS: Schema = {"$ref": "#/definitions/reminders"}
_NODES: Schema = {"type": "array", "items": {"$ref": "#/definitions/node"}}

#: A branch, or reminders.
_TIMED: Schema = {
    "if": {"type": "array", "contains": {"type": "object", "required": ["after"]}},
    "then": _REMINDERS,
    "else": _BRANCH,
}

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
_TEXTS: Schema = {"anyOf": [{"type": _TEXT}, {"type": "array", "items": {"type": _TEXT}}]}
_LOCALE = "^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$"
_BY_LOCALE: Schema = {
    "type": "object",
    "minProperties": 1,
    "propertyNames": {"pattern": _LOCALE},
    "additionalProperties": _TEXTS,
}


_BY_LOCALE_REF: Schema = {"$ref": "#/definitions/by_locale"}


def json_schema(node_types: NodeTypes) -> Schema:
    """The schema of a flow file with these node types."""
    definitions: dict[str, Any] = {
        "id": {"type": "string", "pattern": _pattern(ID.pattern)},
        "node": _any_node(node_types),
        "branch": {
            "anyOf": [{"$ref": "#/definitions/id"}, {"$ref": "#/definitions/node"}, _NODES],
            "description": "The id of a node, one node, or a list of nodes.",
        },
        "by_locale": _BY_LOCALE,
        "reminders": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["after", "do"],
                "properties": {
                    "after": {
                        "type": ["string", "number"],
                        "description": "When, counted from the question.",
                    },
                    "do": {
                        **_BRANCH,
                        "description": "What is done then; after a list the question waits on.",
                    },
                },
            },
        },
        "texts": {"anyOf": [*_TEXTS["anyOf"], {"$ref": "#/definitions/by_locale"}]},
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
        "properties": _top(node_types, definitions),
        "definitions": definitions,
    }


# -- what stands above the nodes --------------------------------------------------------------------


def _top(node_types: NodeTypes, definitions: dict[str, Any]) -> dict[str, Schema]:
    """The keys of a flow."""
    return {
        "flow": {
            "type": "string",
            "pattern": _pattern(FLOW_NAME.pattern),
            "description": "The flow's name, which is that of its file.",
        },
        "description": {"type": "string", "description": "What the flow does, in a sentence."},
        "context": {"type": ["object", "null"], "description": "The context of a new session."},
        "settings": {
            **_settings(node_types, definitions),
            "description": "Settings of the whole flow: errors, digressions, when an intent counts.",
        },
        "locales": {
            "anyOf": [
                {"type": "array", "items": {"type": "string"}, "minItems": 1},
                {"type": "object", "additionalProperties": {"type": ["string", "null"]}},
                {"type": ["string", "null"]},
            ],
            "description": "The locales in which texts are written, the primary one first: [en, de, de-AT]; "
            "or each with its fallback: {en: , de: en, de-AT: de}.",
            "examples": [["en", "de"]],
        },
        "intents": {
            **_mapped(_intent(node_types, definitions)),
            "description": "What users may mean: each intent by its name, with examples or rules.",
            "examples": [
                {"opening": {"examples": ["when are you open", "opening hours"], "reply": "We open at noon."}}
            ],
        },
        "slots": {
            **_mapped(_slot(definitions)),
            "description": "What to find in the texts of users: each slot by its name. "
            "input.slots.topping is then the list of toppings found.",
            "examples": [{"topping": {"values": {"pepperoni": ["salami"], "mushroom": ["champignon"]}}}],
        },
        "states": {
            **_mapped(_form(StateForm, definitions), or_nothing=True),
            "description": "Which intents may win while a session is in a state, which the node state sets.",
            "examples": [{"paying": {"allow": ["confirm", "cancel"]}}],
        },
        "attach": {
            "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": ["string", "null"]}],
            "description": "Flows whose intents compete with those of this one: small talk, global commands.",
            "examples": [["smalltalk"]],
        },
        "reject": {
            "anyOf": [{"$ref": "#/definitions/texts"}, {"type": "null"}],
            "description": "Sentences that mean none of the intents.",
        },
        "timers": {
            "type": ["object", "null"],
            "additionalProperties": {"anyOf": [{"$ref": "#/definitions/node"}, _NODES]},
            "description": "What runs when a timer of this name falls due, which the node timer armed; then "
            "the session stands again where it stood.",
            "examples": [{"decide": [{"say": "Have you made up your mind?"}]}],
        },
        "snippets": {
            "type": ["object", "null"],
            "additionalProperties": {"$ref": "#/definitions/texts"},
            "description": "Pieces of text that many nodes use, by name: {{ snippets.greeting }}.",
            "examples": [{"goodbye": "See you, {{ profile.firstname }}!"}],
        },
        "moved": {
            "type": ["object", "null"],
            "additionalProperties": {"$ref": "#/definitions/id"},
            "description": "Old node id to new one: keeps live sessions through a rename.",
        },
        "nodes": {
            **_NODES,
            "description": "What happens, from top to bottom; the first one is the beginning.",
        },
    }


def _mapped(form: Schema, *, or_nothing: bool = False) -> Schema:
    """A mapping of names that authors choose to forms."""
    item: Schema = {"anyOf": [form, {"type": "null"}]} if or_nothing else form
    return {"type": ["object", "null"], "additionalProperties": item}


def _form(form: type[BaseModel], definitions: dict[str, Any]) -> Schema:
    """A form of the flow's head, as it is written."""
    schema = form.model_json_schema(ref_template="#/definitions/{model}", schema_generator=_Lenient)
    for name, part in schema.pop("$defs", {}).items():
        definitions[name] = _written(part, templates=False)
    written: Schema = _written(schema, templates=False)
    return written


def _settings(node_types: NodeTypes, definitions: dict[str, Any]) -> Schema:
    schema = _form(SettingsForm, definitions)
    schema["type"] = ["object", "null"]
    properties = schema["properties"]
    properties["on_error"] = {**_BRANCH, "description": properties["on_error"]["description"]}
    properties["questions"] = {
        **_questions(node_types, definitions),
        "description": properties["questions"]["description"],
    }
    return schema


def _questions(node_types: NodeTypes, definitions: dict[str, Any]) -> Schema:
    """What questions may have in common, as ``ask`` describes it."""
    ask = node_types.get("ask")
    own = _node_settings(ask, definitions)["properties"] if ask is not None else {}
    properties: dict[str, Schema] = {name: own[name] for name in SHARED_SETTINGS if name in own}
    properties |= {"on_fail": _BRANCH, "on_timeout": _TIMED}
    properties |= dict.fromkeys(SHARED_MAPS, _BRANCHES)
    return {"type": ["object", "null"], "additionalProperties": False, "properties": properties}


def _intent(node_types: NodeTypes, definitions: dict[str, Any]) -> Schema:
    schema = _form(IntentForm, definitions)
    schema["type"] = ["object", "null"]
    properties = schema["properties"]
    properties["entry"] = {"$ref": "#/definitions/id", "description": properties["entry"]["description"]}
    properties["do"] |= {"anyOf": [{"$ref": "#/definitions/node"}, _NODES]}
    say = node_types.get("say")
    if say is not None:
        said = _value(say, definitions)
        for key in ("reply", "confirm"):
            properties[key] |= {name: part for name, part in said.items() if not name.endswith("escription")}
    return schema


def _slot(definitions: dict[str, Any]) -> Schema:
    schema = _form(SlotForm, definitions)
    one = {"anyOf": [{"$ref": "#/definitions/texts"}, _form(ValueForm, definitions), {"type": "null"}]}
    listed = {"anyOf": [{"type": _TEXT}, _form(ListedValueForm, definitions)]}
    values = schema["properties"]["values"]
    values["anyOf"] = [{"type": "array", "items": listed}, {"type": "object", "additionalProperties": one}]
    schema["anyOf"] = [{"required": [key]} for key in ("values", "values_from", "pattern", "type")]
    return schema


# -- nodes ------------------------------------------------------------------------------------------


def _pattern(regular_expression: str) -> str:
    """A pattern in the dialect of JSON Schema."""
    return "^" + regular_expression.removesuffix(r"\Z") + "$"


def _name(node_type: type[Node]) -> str:
    return f"node-{node_type.key}"


def _any_node(node_types: NodeTypes) -> Schema:
    branches = dict.fromkeys(
        branch
        for node_type in node_types.values()
        for branch in (*node_type.branches, *node_type.branch_maps)
    )
    return {
        "type": "object",
        "description": "A node: one type key with its settings; beside it id, next, on_error and branches.",
        "additionalProperties": False,  # so that a misspelt type is named as such
        "properties": {
            **{key: _described(node_type) for key, node_type in node_types.items()},
            **_COMMON,
            **{branch: True for branch in branches if branch not in _COMMON and branch not in node_types},
        },
        "allOf": [
            {
                "if": {"type": "object", "required": [key]},
                "then": {"$ref": f"#/definitions/{_name(node_type)}"},
            }
            for key, node_type in node_types.items()
        ],
        # without a misspelt type, what is missing is the type
        "if": {"type": "object", "propertyNames": {"enum": [*_COMMON, *branches]}},
        "then": {"anyOf": [{"required": [key]} for key in node_types]},
    }


def _node(node_type: type[Node], definitions: dict[str, Any]) -> Schema:
    """A node of one type with all that may stand beside its key."""
    properties = dict(_COMMON)
    properties[node_type.key] = _value(node_type, definitions)
    for branch in node_type.branches:
        properties[branch] = _TIMED if branch == "on_timeout" and node_type.reminds else _BRANCH
    for branches in node_type.branch_maps:
        properties[branches] = _BRANCHES
    return {"type": "object", "additionalProperties": False, "properties": properties}


def _node_settings(node_type: type[Node], definitions: dict[str, Any]) -> Schema:
    """The settings of a type by their names."""
    schema = node_type.model_json_schema(
        ref_template="#/definitions/{model}", schema_generator=_Lenient, mode="validation"
    )
    prefix = _name(node_type)
    own = schema.pop("$defs", {})
    names = {name: f"{prefix}.{name}" for name in own}
    for name, part in own.items():
        definitions[names[name]] = {"title": name, **_written(_renamed(part, names), inside=False)}
    settings: Schema = _written(_renamed(schema, names), inside=False)
    settings.pop("title", None)
    settings.pop("description", None)
    return settings


def _value(node_type: type[Node], definitions: dict[str, Any]) -> Schema:
    """What may stand under the type's key: the settings, or the main one alone, or nothing."""
    settings = _node_settings(node_type, definitions)
    forms: list[Schema] = [settings]
    by_locale = False
    if node_type.main is not None:
        main = settings["properties"][node_type.main]
        if not [name for name in settings.get("required", ()) if name != node_type.main]:
            by_locale = _BY_LOCALE_REF in _forms(main)
            alone = [form for form in _forms(main) if form != _BY_LOCALE_REF]
            about = {"description": main["description"]} if "description" in main else {}
            forms += [{**about, "anyOf": alone}, *_single_items(main)]
    if not settings.get("required"):
        forms.append({"type": "null"})
    return {**_described(node_type), **_either(forms, by_locale, settings["properties"])}


def _forms(schema: Schema) -> list[Schema]:
    """The forms that a schema allows, a text by locale among them."""
    forms = schema.get("anyOf", [schema])
    if "if" in schema:
        forms = [_BY_LOCALE_REF, *schema["else"]["anyOf"]]
    return list(forms)


def _either(forms: list[Schema], by_locale: bool, fields: Collection[str] = ()) -> Schema:
    """One of several forms. Beside mappings with keys of their own, a text by locale is told by its keys,
    so that a misspelt key is said to be one."""
    if not by_locale:
        return {"anyOf": forms}
    if not any("$ref" in form or "properties" in form for form in forms):
        return {"anyOf": [*forms, _BY_LOCALE_REF]}
    names: Schema = {"pattern": _LOCALE}
    short = sorted(name for name in fields if len(name) <= 3)
    if short:
        names["not"] = {"enum": short}
    return {
        "if": {"type": "object", "minProperties": 1, "propertyNames": names},
        "then": _BY_LOCALE_REF,
        "else": {"anyOf": forms},
    }


def _single_items(schema: Schema) -> list[Schema]:
    """The items of a list that one of them may stand for: ``unset: context.size``."""
    items = [form["items"] for form in _forms(schema) if form.get("type") == "array" and "items" in form]
    return [form for item in items for form in _forms(item) if form != _BY_LOCALE_REF]


def _described(node_type: type[Node]) -> Schema:
    """What an editor shows of a node: its docstring, and for a built-in one its page with an example."""
    described: Schema = {"description": docstrings.summary(node_type)}
    page = docstrings.page(node_type)
    if page:
        described["markdownDescription"] = docstrings.to_markdown(page)
    return described


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


def _written(schema: Any, *, inside: bool = True, templates: bool = True) -> Any:
    """What a file may hold where pydantic wants ``schema`` after rendering: templates, scalars for texts,
    and texts by locale.

    ``inside`` is False for the mapping of settings itself, which no template can stand for; ``templates``
    is False where none is rendered.
    """
    if not isinstance(schema, dict):
        return schema
    original = schema
    marks = {key for key in schema if key in _MARKS}
    schema = {key: part for key, part in schema.items() if key != "title" and key not in marks}
    if "x-texts" in marks:
        return {**schema, "anyOf": [*_TEXTS["anyOf"], {"$ref": "#/definitions/by_locale"}]}
    if "properties" in schema:
        parts = schema["properties"].items()
        schema["properties"] = {name: _written(part, templates=templates) for name, part in parts}
    for key in ("items", "additionalProperties"):
        if key in schema:
            schema[key] = _written(schema[key], templates=templates)
    if "propertyNames" in schema:
        schema["propertyNames"] = _written(schema["propertyNames"], inside=False, templates=False)
    if schema.get("default", ...) is None:
        del schema["default"]
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            schema[key] = [_written(part, inside=False, templates=templates) for part in schema[key]]
    by_locale = inside and templates and _is_texts(original)
    if schema.get("type") == "string" and not _is_narrow(schema):
        schema["type"] = _TEXT
    if not inside or not templates or (_takes_any_text(schema) and not by_locale):
        return schema
    outer = {key: schema.pop(key) for key in ("description", "default") if key in schema}
    parts = schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
    if not any(_takes_any_text(part) for part in parts):
        parts = [*parts, _TEMPLATE]
    return {**outer, **_either(parts, by_locale)}


def _is_texts(schema: Any) -> bool:
    """Whether a text that may be given by locale can stand here, or a list of such."""
    if not isinstance(schema, dict):
        return False
    forms = schema.get("anyOf", [schema])
    if any(form.get("type") == "object" and "properties" not in form for form in forms):
        return False  # a mapping of any keys
    return any(
        _is_text(form) or (form.get("type") == "array" and _is_text(form.get("items"))) for form in forms
    )


def _is_text(form: Any) -> bool:
    if not isinstance(form, dict) or any(f"x-{mark}" in form for mark in ("condition", "path", "script")):
        return False
    if "anyOf" in form:
        return all(_is_text(part) for part in form["anyOf"])
    wide = {key: part for key, part in form.items() if key != "minLength"}  # "not empty" is no narrow text
    return form.get("type") == "string" and not _is_narrow(wide)


#: What fields and forms leave in a schema for this module alone.
_MARKS = frozenset({"x-texts", *(f"x-{kind}" for kind in MARK_KINDS)})


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
