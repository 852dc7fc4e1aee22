"""``${NAME}`` and ``${NAME:-default}`` in the strings of a document that was read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from flowhook.problems.catalogue import BAD_VALUE, MISSING_VARIABLE, Code, Severity
from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import Document, Path

_REFERENCE = re.compile(
    r"""\$(?: \$
    | \{ (?P<name> [A-Za-z_][A-Za-z0-9_]*) (?: :- (?P<default> [^}]*))? \}
    | (?P<broken> \{))""",
    re.VERBOSE,
)


def substitute_environment(
    data: Any, document: Document, environ: Mapping[str, str], path: Path = ()
) -> tuple[Any, list[Problem]]:
    """Return the data with its references replaced, and a problem for each missing variable. ``$$`` stands
    for ``$``."""
    if isinstance(data, dict):
        pairs = {
            key: substitute_environment(item, document, environ, (*path, key)) for key, item in data.items()
        }
        problems = [problem for _, found in pairs.values() for problem in found]
        return {key: item for key, (item, _) in pairs.items()}, problems
    if isinstance(data, list):
        items = [substitute_environment(item, document, environ, (*path, i)) for i, item in enumerate(data)]
        return [item for item, _ in items], [p for _, found in items for p in found]
    if not isinstance(data, str) or "$" not in data:
        return data, []
    wrong = _unusable_references(data, environ)
    problems = [
        document.problem(code, message, path, hint=hint, severity=severity)
        for code, message, hint, severity in wrong
    ]
    return _REFERENCE.sub(lambda found: _replacement(found, environ), data), problems


def _replacement(found: re.Match[str], environ: Mapping[str, str]) -> str:
    name = found["name"]
    if name is None:
        return "$" if found["broken"] is None else found[0]
    return environ.get(name) or found["default"] or ""


def _unusable_references(text: str, environ: Mapping[str, str]) -> Iterator[tuple[Code, str, str, Severity]]:
    """Code, message, hint and severity of each reference that cannot be replaced, or by nothing."""
    for found in _REFERENCE.finditer(text):
        name = found["name"]
        if found["broken"]:
            hint = "write ${NAME} or ${NAME:-default}; $$ stands for $"
            yield BAD_VALUE, "this is no name of a variable", hint, "error"
        elif name is not None and found["default"] is None and name not in environ:
            hint = f"set it, or write ${{{name}:-default}}"
            yield MISSING_VARIABLE, f"the environment has no variable {name}", hint, "error"
        elif name is not None and found["default"] is None and not environ[name]:
            hint = f"write ${{{name}:-}} where nothing is meant"
            yield MISSING_VARIABLE, f"the variable {name} of the environment is empty", hint, "warning"
