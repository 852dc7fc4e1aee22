"""What people write who know another language: read as it stands, it means something else, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import ModelMarks
from flowhook.flowfiles.compile.references import ROOTS
from flowhook.flowfiles.compile.written import WrittenSettings
from flowhook.yamldoc.document import Path

_TEMPLATE = re.compile(r"\s*\{\{-?\s*(.*?)\s*-?\}\}\s*\Z", re.DOTALL)
_PATH = re.compile(r"(?:context|profile|session)(?:\.\w+)+\Z")
_RENDERED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_BRACES = re.compile(rf"\$?\{{\s*((?:{'|'.join(ROOTS)})(?:\.\w+)+)\s*\}}")
_ASSIGNMENT = re.compile(r"\s*((?:context|profile|session)(?:\.\w+)+)\s*=\s*([^=].*?)\s*\Z")

_STATEMENT = re.compile(r"\{%-?\s*(?:(?P<word>for|endfor)\b|set\s+(?P<name>\w+)\s*=)")
_SAID = frozenset({"text", "later"})
_NO_MAPPING = {"dict_type", "mapping_type", "model_type"}
_NO_LIST = {"list_type", "tuple_type"}


def rendered_paths(node_type: type[Node], written: WrittenSettings) -> Iterator[tuple[Path, str]]:
    """The settings that have to be a path and are a template, with what stands in the braces if that
    is a path."""
    marks = ModelMarks.of(node_type)
    for path, text in written.texts if "path" in marks.kinds else ():
        found = _TEMPLATE.match(text) if "path" in marks.at(path) else None
        if found and not _is_kept_value(node_type, path, written.data):
            yield path, found[1] if _PATH.match(found[1]) else ""


def _is_kept_value(node_type: type[Node], path: Path, data: Mapping[str, Any]) -> bool:
    """Whether a text stands below paths that are keys: ``set: {context.a: "{{ … }}"}``."""
    return len(path) > 1 and isinstance(data[str(path[0])], Mapping) and node_type.main == path[0]


def single_braces(
    node_type: type[Node], written: WrittenSettings
) -> Iterator[tuple[Path, str, int, int, str]]:
    """Names in braces of other languages, ``${context.name}`` or ``{context.name}``, in what is said:
    path, text, where in it, how long, the name."""
    for path, text in written.texts:
        if "{" not in text or text.count("{") == 2 * text.count("{{"):
            continue  # no brace, or pairs alone, as nearly always
        if ModelMarks.of(node_type).at(path).isdisjoint(_SAID):
            continue
        bare = _RENDERED.sub(lambda found: " " * len(found[0]), text)
        for found in _BRACES.finditer(bare):
            yield path, text, found.start(), len(found[0]), found[1]


def lost_assignments(source: str) -> Iterator[tuple[str, int]]:
    """Names that ``{% set %}`` gives a value inside a loop and outside of it, each with the offset of the one
    inside: for Jinja these are two, and the outer one keeps its value."""
    outside: set[str] = set()
    depth = 0
    for found in _STATEMENT.finditer(source):
        if found["word"] in ("for", "endfor"):
            depth += 1 if found["word"] == "for" else -1
        elif depth <= 0:
            outside.add(found["name"])
        elif found["name"] in outside:
            yield found["name"], found.start("name")


def rewritten(node_type: type[Node], data: Mapping[str, Any], error: str, path: Path) -> str:
    """How to write a setting that is of the wrong kind; empty when that is not known.

    ``error`` is pydantic's type of error, ``path`` leads to the setting.
    """
    main = data.get(node_type.main or "")
    assigned = _ASSIGNMENT.match(main) if isinstance(main, str) else None
    if assigned and path == (node_type.main,) and error in _NO_MAPPING:
        return f"write {node_type.key}: {{{assigned[1]}: {assigned[2]}}}"
    choices = data.get("choices")
    if isinstance(choices, Mapping) and choices and path == ("choices",) and error in _NO_LIST:
        value, word = next(iter(choices.items()))
        words = ", ".join(map(str, word)) if isinstance(word, list) else str(word)
        first = f"{{value: {value}, synonyms: [{words}]}}"
        return f"write a list: [{', '.join(map(str, choices))}], or [{first}, …]"
    return ""
