"""What people write who know another language: read as it stands, it means something else, or nothing."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Any, get_args, get_origin

from flowhook.engine.node import Node
from flowhook.engine.settings.compiled import NodeSettings
from flowhook.engine.settings.fields import NAMES, ModelMarks
from flowhook.flowfiles.compile.references import ROOTS
from flowhook.flowfiles.compile.written import WrittenSettings, is_one_print, is_template
from flowhook.yamldoc.document import Path

_TEMPLATE = re.compile(r"\s*\{\{-?\s*(.*?)\s*-?\}\}\s*\Z", re.DOTALL)
_PATH = re.compile(r"(?:context|profile|session)(?:\.\w+)+\Z")
_RENDERED = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_BRACES = re.compile(rf"\$?\{{\s*((?:{'|'.join(ROOTS)})(?:\.\w+)+)\s*\}}")
_ALONE = re.compile(r"\$?\{\s*([A-Za-z_]\w*)\s*\}|(?<![\w$])\$([A-Za-z_]\w*)")
_ASSIGNMENT = re.compile(r"\s*((?:context|profile|session)(?:\.\w+)+)\s*=\s*([^=].*?)\s*\Z")

#: A path, or a little arithmetic with one, as a whole value.
_BARE = re.compile(
    r"\s*(?P<path>(?:context|session|profile|input|args|vars|answer|ci|cc|cp)(?:\.[A-Za-z_]\w*)+)"
    r"(?:\s+[-+*/~|]\s+[^\n]+)?\s*\Z"
)
#: A path among words.
_AMONG_WORDS = re.compile(r"(?<![\w./@\\])(?:context|session|input)\.[a-z_]\w*(?:\.\w+)*")
_ROOT_START = re.compile(r"\b(?:context|session|profile|input|args|vars|answer|ci|cc|cp)\.[A-Za-z_]")

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
    node_type: type[Node], written: WrittenSettings, kept: Collection[str] = ()
) -> Iterator[tuple[Path, str, int, int, str]]:
    """Names in braces of other languages, ``${context.name}`` or ``{context.name}``, in what is said:
    path, text, where in it, how long, the name. ``kept`` are names below ``context``, which may stand there
    alone, ``{name}`` or ``$name``."""
    for path, text in written.texts:
        if "$" not in text and ("{" not in text or text.count("{") == 2 * text.count("{{")):
            continue  # no brace, or pairs alone, as nearly always
        if ModelMarks.of(node_type).at(path).isdisjoint(_SAID):
            continue
        bare = _RENDERED.sub(lambda found: " " * len(found[0]), text)
        for found in _BRACES.finditer(bare):
            yield path, text, found.start(), len(found[0]), found[1]
        for found in _ALONE.finditer(bare):
            name = found[1] or found[2]
            if name in kept:
                yield path, text, found.start(), len(found[0]), f"context.{name}"


def literal_escapes(settings: NodeSettings, written: WrittenSettings) -> Iterator[tuple[Path, str, int]]:
    """The first ``\\n`` that stands in a text as two characters, as in single quotes: path, text, where."""
    if settings.node_type.draws_as in ("say", "ask"):
        for path, text in written.texts:
            if "\\n" in text and "text" in settings.marks.at(path):
                found = _ESCAPE.search(_RENDERED.sub(lambda found: " " * len(found[0]), text))
                if found is not None:
                    yield path, text, found.start()


_ESCAPE = re.compile(r"(?<![A-Z]:)\\n")  #: C:\\news is a path


def missing_braces(settings: NodeSettings, written: WrittenSettings) -> Iterator[tuple[Path, str, int, int]]:
    """Paths that stand in values and texts without braces: path of the setting, text, where in it, how
    long."""
    for path, text in written.texts:
        if "." not in text or text in settings.conditions:
            continue
        if not _ROOT_START.search(_RENDERED.sub("", text) if "{" in text else text):
            continue
        marks = settings.marks.at(path)
        if not marks.isdisjoint(_NO_VALUES) or (
            "path" in marks and not _is_kept_value(settings.node_type, path, written.data)
        ):
            continue
        if not is_template(text) and (found := _BARE.match(text)):
            if "text" in marks or _takes_anything(settings.node_type, path):
                yield path, text, found.start("path"), len(text.strip())
        elif settings.node_type.draws_as in ("say", "ask") and "text" in marks:
            bare = _RENDERED.sub(lambda found: " " * len(found[0]), text)
            bare = _BRACES.sub(lambda found: " " * len(found[0]), bare)
            for found in _AMONG_WORDS.finditer(bare):
                yield path, text, found.start(), len(found[0])


_NO_VALUES = frozenset({"condition", "script"}) | NAMES


def _takes_anything(node_type: type[Node], path: Path) -> bool:
    """Whether a setting takes any value, so that a text in it is kept as a text."""
    fields = node_type.model_fields
    named = (field for field in fields.values() if field.alias == path[0])
    field = fields.get(str(path[0])) or next(named, None)
    if field is None:
        return False
    if node_type.looping and path == (node_type.main,):
        return False  # which takes a path as it is
    kinds = (field.annotation, *get_args(field.annotation))
    return any(kind is Any or get_origin(kind) is dict for kind in kinds)


def is_spaced_value(settings: NodeSettings, written: WrittenSettings, path: Path, text: str) -> bool:
    """Whether a text is the value of a setting that takes any, and one ``{{ … }}`` with space around it."""
    if not is_template(text) or not is_one_print(text):
        return False
    marks = settings.marks.at(path)
    is_value = "path" in marks and _is_kept_value(settings.node_type, path, written.data)
    return is_value or (not marks and _takes_anything(settings.node_type, path))


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
