"""Writes the generated parts of the documentation anew.

A part stands between ``<!-- help: flowhook check -->`` and ``<!-- end -->``; the word before the
colon names one of ``PARTS``, what follows it says which one of them:

- ``help: flowhook keys create`` — the ``--help`` of a command;
- ``chat: commands`` — what ``flowhook chat`` obeys;
- ``node: ask`` — a node type with its settings; ``nodes: set, unset`` — a table of node types;
- ``form: Button`` — the keys of a mapping inside a setting;
- ``config: endpoints.webhook`` — the keys of a section of ``config.yaml``; ``top`` for its top;
- ``hooks: all`` — every hook of plugins: its mode, and when it runs;
- ``words: filters`` — what expressions know: ``filters``, ``tests`` or ``methods``.

A test fails when a page is not what this would write.
"""

from __future__ import annotations

import ast
import inspect
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined, to_json

from flowhook.cli import cli
from flowhook.cli.chat.commands import COMMANDS as CHAT
from flowhook.cli.project_option import ProjectPath
from flowhook.config import Config
from flowhook.engine.expressions.guarded_calls import METHODS
from flowhook.engine.expressions.sandbox import Sandbox
from flowhook.engine.node import Node
from flowhook.flowfiles.compile.section_models import IntentForm, SettingsForm, SlotForm, StateForm, ValueForm
from flowhook.hooks.api import specs
from flowhook.nodes import BUILTIN
from flowhook.nodes.collect import Summary
from flowhook.nodes.copilot import TilePlace
from flowhook.nodes.handover import CancelButton
from flowhook.nodes.parts.confirmation import Confirmation
from flowhook.nodes.parts.over_answering import CollectQuestion
from flowhook.nodes.parts.question import Choice
from flowhook.nodes.parts.reprompt import Reprompt
from flowhook.nodes.parts.rich_elements import Button, Item, Media, QuickReply, Row, Rows, Video

DOCS = Path(__file__).parent
PART = re.compile(r"(<!-- (\w+): (.+?) -->\n).*?(<!-- end -->)", re.DOTALL)

#: What people call the types of settings and keys.
WORDS = {
    "str": "text", "Text": "text", "Word": "text", "HeaderText": "text", "Name": "text",
    "Target": "text", "FlowName": "text", "IntentName": "text", "SlotName": "text", "StateName": "text",
    "LocaleName": "text", "ConnectionName": "text", "TimerName": "text", "Python": "text",
    "bool": "true or false", "Bool": "true or false", "int": "whole number", "Int": "whole number",
    "float": "number", "Any": "any value", "None": "null",
    "Condition": "expression", "Path": "path", "Duration": "duration", "Timeout": "duration",
    "DurationOrNever": "duration or never", "BoolOrAuto": "true, false or auto", "Size": "size",
    "Rate": "requests/time",
    "Url": "address", "UrlOrEmpty": "address", "Origin": "origins", "Network": "networks",
    "Destination": "addresses", "Zone": "time zone", "Storage": "database",
    "SettingsByName": "settings by plugin", "SigningSecrets": "text or list of texts", "Use": "plugins",
    "Choice": "{value, synonyms, title}",
    "Deferred": "text", "Script": "text", "Line": "text", "File": "address", "Page": "address",
    "StrictBool": "true or false", "StrictInt": "whole number", "Share": "number from 0 to 1",
    "SlotType": "kind of value",
    "Texts": "text or list of texts", "_Texts": "text or list of texts",
    "TextsByLocale": "text or list of texts, or these by locale",
    "_Buttons": "list of buttons", "_Replies": "list of quick replies", "_Gallery": "list of items",
    "_List": "list of rows, or {items, button, large_first}", "Pressed": "button", "Listed": "row",
    "Suggested": "quick reply",
    "Picture": "address or {url, alt}", "Film": "address or {url, alt, captions}",
    "CancelButton": "{title, payload}", "TilePlace": "{x, y, columns, rows}",
    "Confirmation": "{text, reprompt}", "Reprompt": "{text or flow, …}", "Message": "message",
    "Summary": "{text, reprompt, change}", "CollectQuestion": "question",
}  # fmt: skip
PLURALS = {
    "text": "texts", "duration": "durations", "path": "paths", "button": "buttons", "row": "rows",
    "question": "questions", "quick reply": "quick replies", "any value": "any values",
}  # fmt: skip
#: Mappings inside settings and under the top keys of flows.
FORMS: dict[str, type[BaseModel]] = {
    kind.__name__: kind
    for kind in (
        Button, QuickReply, Media, Video, Item, Row, Rows, Choice, Confirmation, Reprompt, Summary,
        CollectQuestion, CancelButton, TilePlace,
        IntentForm, SlotForm, ValueForm, StateForm, SettingsForm,
    )
}  # fmt: skip
#: Names of types whose unit a default is written in.
DURATIONS = {"Duration", "Timeout", "DurationOrNever"}
#: What people call the owners of methods in expressions.
OWNERS = {"str": "a text", "Mapping": "a mapping", "list": "a list", "datetime": "`now`", "float": "a number"}
UNITS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


# --- the command line ----------------------------------------------------------------------------


def help_of(words: str) -> str:
    """The ``--help`` of a command, given as ``flowhook keys create``."""
    name, *rest = words.split()
    nobody = ProjectPath(Path("no-project"))  # the commands of plugins do not belong into the reference
    context = click.Context(cli, info_name=name, obj=nobody, terminal_width=88, **cli.context_settings)
    command: click.Command = cli
    for word in rest:
        assert isinstance(command, click.Group)
        found = command.get_command(context, word)
        if found is None:
            raise LookupError(f"there is no command {words!r}")
        command, context = found, click.Context(found, info_name=word, parent=context)
    return f"```text\n{command.get_help(context)}\n```\n"


def chat_of(_: str) -> str:
    """What ``flowhook chat`` obeys."""
    rows = [
        (f"`/{name}{' ' if arguments else ''}{arguments}`", inspect.getdoc(work) or "")
        for name, (work, arguments) in CHAT.items()
    ]
    lines = [" | ".join(cell.replace("|", "\\|") for cell in row) for row in rows]
    return "\n".join(["| Command | Does |", "|---|---|", *(f"| {line} |" for line in lines)]) + "\n"


# --- nodes ---------------------------------------------------------------------------------------


def node_of(key: str) -> str:
    """A node type: what its module says of it, and its settings."""
    node_type = _node_type(key)
    module = sys.modules[node_type.__module__]
    alone = sum(node_type.__module__ == module.__name__ for node_type in BUILTIN) == 1
    return f"{_told(inspect.getdoc(module) or '')}\n{_node(node_type, alone=alone)}"


def nodes_of(keys: str) -> str:
    """Node types beside node_type other: what node_type does, and its branches."""
    types = [_node_type(key) for key in keys.split(", ")]
    lines = [
        f"| [`{node_type.key}`]({node_type.key}.md) | {_first_line(node_type)}"
        f" | {' '.join(f'`{name}`' for name in (*node_type.branches, *node_type.branch_maps))} |"
        for node_type in types
    ]
    return "\n".join(["| Node | | Branches |", "|---|---|---|", *lines]) + "\n"


def _first_line(node_type: type[Node]) -> str:
    return (inspect.getdoc(node_type) or "").splitlines()[0].replace("``", "`")


def _node_type(key: str) -> type[Node]:
    found = next((node_type for node_type in BUILTIN if node_type.key == key), None)
    if found is None:
        raise LookupError(f"there is no node {key!r}")
    return found


def hooks_of(_: str) -> str:
    """Every hook of plugins, with its mode and when it runs."""
    lines = []
    for name, hook in vars(specs).items():
        if hasattr(hook, "flowhook_spec"):
            first = " ".join((inspect.getdoc(hook) or "").partition("\n\n")[0].split())
            mode = re.search(r"Mode: (\w+)", first)
            told = re.sub(r"\s*Mode: \w+\..*", "", first).replace("``", "`").rstrip(".")
            lines.append(f"| `{name}` | {mode[1] if mode else ''} | {told} |")
    return "\n".join(["| Hook | Mode | |", "|---|---|---|", *lines]) + "\n"


_GENERATED_ANYWAY = re.compile(
    r"\s(?:No settings, no branches|No branches(?: of its own)?|Branches: [^.]*)\.\s*\Z"
)


def _told(docstring: str) -> str:
    """A docstring in Markdown, without its title's key and what is generated anyway."""
    title, _, rest = docstring.partition("\n")
    text = re.sub(r"^.*?``: ", "", title)
    text = (text[:1].upper() + text[1:] + "\n" + _GENERATED_ANYWAY.sub("\n", rest) + "\n").replace("``", "`")
    text = re.sub(r"\.\. code-block:: yaml\n\n((?:    .*\n|\n)+)", _block, text)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _block(found: re.Match[str]) -> str:
    lines = [line.removeprefix("    ") for line in found[1].rstrip().splitlines()]
    return "```yaml\n" + "\n".join(lines) + "\n```\n\n"


def _node(node_type: type[Node], *, alone: bool) -> str:
    facts = []
    if node_type.main or not node_type.model_fields:
        facts.append(f"Main setting: `{node_type.main}`." if node_type.main else "No settings.")
    branches = [*node_type.branches, *node_type.branch_maps]
    if branches:
        facts.append(f"Branches: {', '.join(f'`{name}`' for name in branches)}.")
    if node_type.waits:
        facts.append("The session waits here, so the node needs an `id`.")
    if node_type.ends:
        facts.append("The flow does not go on below.")
    table = _table("Setting", _model_rows(node_type))
    name = "" if alone else f"**{node_type.key}** — "
    return f"{name}{' '.join(facts)}\n" + (f"\n{table}" if table and facts else table)


def form_of(name: str) -> str:
    """The keys of a mapping inside a setting."""
    return _table("Key", _model_rows(FORMS[name]))


def _model_rows(model: type[BaseModel]) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        shown = f"`{field.alias or name}`"
        kind = _kind(model, name, field)
        default = _default(field, _annotation(model, name))
        yield shown, kind, default, field.description or ""


# --- expressions ---------------------------------------------------------------------------------


def words_of(kind: str) -> str:
    """What expressions know of one kind, in alphabetical order."""
    sandbox = Sandbox({})
    if kind == "methods":
        named = [
            f"| {OWNERS[owner.__name__]} | {_listed(names)} |"
            for owner, names in METHODS
            if owner.__name__ in OWNERS
        ]
        return "\n".join(["| On | Methods |", "|---|---|", *named]) + "\n"
    return _listed(sandbox.words if kind == "filters" else sandbox.tests) + "\n"


def _listed(words: Iterable[str]) -> str:
    return " ".join(f"`{word}`" for word in sorted(words))


# --- config.yaml ---------------------------------------------------------------------------------


def config_of(place: str) -> str:
    """The keys of one section, given as ``endpoints.webhook``."""
    model: type[BaseModel] = Config
    for name in place.split(".") if place != "top" else ():
        section = _section(model.model_fields[name].annotation)
        assert section is not None, f"{place} is no section"
        model = section
    prefix = "" if place == "top" else f"{place}."
    return _table("Key", _config_rows(model, prefix))


def _config_rows(model: type[BaseModel], prefix: str) -> Iterator[tuple[str, str, str, str]]:
    for name, field in model.model_fields.items():
        section = _section(field.annotation)
        meaning = field.description or ""
        if section is not None:
            kind = "list" if get_origin(field.annotation) is list else "section"
            kind = "mapping" if get_origin(field.annotation) is dict else kind
            meaning = meaning or _first_sentence(section)
            yield f"`{name}`", kind, "", f"{meaning}; [below](#{(prefix + name).replace('.', '')})"
        else:
            default = _default(field, _annotation(model, name))
            yield f"`{name}`", _kind(model, name, field), default, meaning


def _section(annotation: Any) -> type[BaseModel] | None:
    """The model inside ``X``, ``X | None``, ``list[X]`` and ``dict[str, X]``."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _section(part))), None)


def _first_sentence(model: type[BaseModel]) -> str:
    text = (inspect.getdoc(model) or "").partition(".")[0]
    return text[:1].lower() + text[1:]


# --- types and defaults in words ------------------------------------------------------------------


def _annotation(model: type[BaseModel], name: str) -> str:
    """A field's type as its author wrote it: the names say more than what they stand for."""
    for base in model.__mro__:
        found = inspect.get_annotations(base).get(name)
        if found is not None:
            return str(found)
    raise LookupError(name)


def _kind(model: type[BaseModel], name: str, field: FieldInfo) -> str:
    scope = vars(sys.modules[model.__module__])
    kind = _in_words(ast.parse(_annotation(model, name), mode="eval").body, scope)
    bounds = {
        key: getattr(constraint, key)
        for constraint in field.metadata
        for key in ("ge", "gt", "le")
        if hasattr(constraint, key)
    }
    if kind == "whole number" and "ge" in bounds:
        kind += f", {bounds['ge']} to {bounds['le']}" if "le" in bounds else f" from {bounds['ge']}"
    elif kind.startswith("duration") and "le" in bounds:
        kind += f", at most {_seconds(bounds['le'])}"
    return kind


def _in_words(node: ast.expr, scope: dict[str, Any]) -> str:
    """``list[Duration] | None`` → ``list of durations``; that something may be left out is its default."""
    match node:
        case ast.BinOp(left=left, right=right):
            parts = [_in_words(side, scope) for side in (left, right)]
            return " or ".join(dict.fromkeys(part for part in parts if part != "null"))
        case ast.Constant(value=None):
            return "null"
        case ast.Subscript(value=ast.Name(id="Annotated"), slice=ast.Tuple(elts=[first, *_])):
            return _in_words(first, scope)
        case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
            items = values.elts if isinstance(values, ast.Tuple) else [values]
            return ", ".join(f"`{item.value!s}`" for item in items if isinstance(item, ast.Constant))
        case ast.Subscript(value=ast.Name(id="list"), slice=item):
            word = _in_words(item, scope)
            return f"list of {PLURALS.get(word, word)}"
        case ast.Subscript(value=ast.Name(id="dict"), slice=ast.Tuple(elts=[key, _])):
            return "mapping by path" if _in_words(key, scope) == "path" else "mapping"
        case ast.Name(id=name) if get_origin(scope.get(name)) is Literal:
            return ", ".join(f"`{arg}`" for arg in get_args(scope[name]))
        case ast.Name(id=name):
            return WORDS[name]
    raise LookupError(ast.unparse(node))


def _default(field: FieldInfo, annotation: str) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True)
    names = set(re.findall(r"\w+", annotation))
    if "DurationOrNever" in names and value is None:
        return "`never`"
    if "BoolOrAuto" in names and value is None:
        return "`auto`"
    if names & DURATIONS and value is not None:
        return f"`[{', '.join(map(_seconds, value))}]`" if isinstance(value, list) else f"`{_seconds(value)}`"
    if "Size" in names and value is not None:
        return f"`{value // 1024}KiB`"
    return "" if value is None else _written(value)


def _written(value: Any) -> str:
    """A default as it is written in YAML."""
    if value is PydanticUndefined or isinstance(value, BaseModel):
        return ""
    text = value if isinstance(value, str) and value else to_json(value).decode()
    return f"`{text}`"


def _seconds(value: float) -> str:
    """``604800.0`` → ``7d``, ``1.5`` → ``1500ms``."""
    if value % 1:
        return f"{round(value * 1000)}ms"
    unit, size = next((unit, size) for unit, size in UNITS.items() if value % size == 0)
    return f"{int(value) // size}{unit}" if value else "0s"


def _table(first: str, rows: Iterable[tuple[str, str, str, str]]) -> str:
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {first} | Takes | Default | Means |", "|---|---|---|---|", *lines]) + "\n"


# --- pages ---------------------------------------------------------------------------------------

#: The kinds of generated parts.
PARTS: dict[str, Callable[[str], str]] = {
    "hooks": hooks_of,
    "help": help_of, "chat": chat_of, "node": node_of, "nodes": nodes_of, "form": form_of,
    "config": config_of, "words": words_of,
}  # fmt: skip


#: Kinds of parts that others write: ``benchmarks/report.py`` the figures of a measurement.
MEASURED = ("figures",)


def written(text: str) -> str:
    """A page with its generated parts as they should be."""

    def part(found: re.Match[str]) -> str:
        kind = found[2]
        return found[0] if kind in MEASURED else found[1] + PARTS[kind](found[3]) + found[4]

    return PART.sub(part, text)


def main() -> None:
    """Write all pages."""
    for page in sorted(DOCS.rglob("*.md")):
        old = page.read_text("utf-8")
        new = written(old)
        if new != old:
            page.write_text(new, "utf-8")
            print(f"wrote {page.relative_to(DOCS)}")


if __name__ == "__main__":
    main()
