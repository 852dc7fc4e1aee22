"""flowhook's own plugin: what is built in enters by the hooks that a stranger would use."""

from __future__ import annotations

from collections.abc import Iterable

from flowhook.builtin.desk import Desk
from flowhook.builtin.nlu_engine import BuiltinNlu
from flowhook.engine.node import Node
from flowhook.hooks.api.handover_provider import HandoverProvider
from flowhook.hooks.api.nlu_engine import NluEngine
from flowhook.hooks.calling.markers import hookimpl
from flowhook.nodes import BUILTIN


@hookimpl
def register_nodes() -> Iterable[type[Node]]:
    return BUILTIN


@hookimpl
def register_nlu() -> Iterable[type[NluEngine]]:
    return [BuiltinNlu]


@hookimpl
def register_handover() -> Iterable[type[HandoverProvider]]:
    return [Desk]
