"""``states`` and ``attach`` of a flow: which intents may win."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowhook.engine.flow import State
from flowhook.flowfiles.compile.references import NameUse
from flowhook.flowfiles.compile.section_models import StateForm
from flowhook.flowfiles.compile.section_parser import SectionParser
from flowhook.problems.catalogue import BAD_VALUE
from flowhook.yamldoc.document import Path


def read_states(section: SectionParser) -> tuple[dict[str, State], str | None]:
    """The states of a flow, and the name of the default one. Names of intents go to ``section.uses``."""
    states: dict[str, State] = {}
    default: str | None = None
    for name, value in section.entries("states").items():
        path: Path = ("states", name)
        if isinstance(value, list | str):
            hint = "write {allow: [...]} or {block: [...]}"
            section.report.at_value(path, BAD_VALUE, f'the state "{name}" is a mapping', hint=hint)
            continue
        form = section.form(StateForm, path, value)
        if form is None:
            continue
        if form.allow is not None and form.block is not None:
            message = f'the state "{name}" has allow and block; it can have one of them'
            section.report.at_key((*path, "block"), BAD_VALUE, message)
        if form.default and default is not None:
            message = f'"{default}" is the default state already'
            section.report.at_key((*path, "default"), BAD_VALUE, message)
        elif form.default:
            default = name
        allow = _intents(section, (*path, "allow"), form.allow)
        block = _intents(section, (*path, "block"), form.block)
        states[name] = State(name, frozenset(allow) if form.allow is not None else None, frozenset(block))
    if default is None and "default" in states:
        default = "default"
    return states, default


def _intents(section: SectionParser, path: Path, names: str | list[str] | None) -> list[str]:
    listed = [((*path, index), name) for index, name in enumerate(names)] if isinstance(names, list) else []
    if isinstance(names, str):
        listed = [(path, names)]
    for where, name in listed:
        span = section.span(where)
        section.uses.append(NameUse("intent", name, span.line, span.column, span.length))
    return [name for _, name in listed]


def read_attached(section: SectionParser, flow: str | None) -> list[tuple[str, Path]]:
    """The flows whose intents compete in this one, each with its path."""
    value: Any = section.document.data.get("attach")
    if value is None:
        return []
    if not isinstance(value, list | str):
        section.report.at_value(("attach",), BAD_VALUE, '"attach" is a list of flows')
        return []
    return list(_attached(section, value, flow))


def _attached(section: SectionParser, value: list[Any] | str, flow: str | None) -> Iterator[tuple[str, Path]]:
    items: list[tuple[Path, Any]] = [(("attach",), value)]
    if isinstance(value, list):
        items = [(("attach", index), item) for index, item in enumerate(value)]
    seen: set[str] = set()
    for path, item in items:
        name = section.document.as_written(path, item)
        if not isinstance(name, str):
            section.report.at_value(path, BAD_VALUE, "an attached flow is given by its name")
        elif name.rstrip("/") == flow:
            section.report.at_value(path, BAD_VALUE, "a flow cannot be attached to itself")
        elif name.rstrip("/") in seen:
            message = f'the flow "{name}" is attached twice'
            section.report.at_value(path, BAD_VALUE, message, severity="warning")
        else:
            seen.add(name.rstrip("/"))
            yield name.rstrip("/"), path
