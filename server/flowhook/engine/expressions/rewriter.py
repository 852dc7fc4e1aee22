"""Rewrites parsed templates, so that all reading, calling and looping goes through our own hands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.visitor import NodeTransformer

from flowhook.engine.expressions.analysis import dotted
from flowhook.engine.expressions.guarded_calls import METHODS
from flowhook.problems.suggestion import did_you_mean

_KNOWN_METHODS = frozenset().union(*(names for _, names in METHODS))

#: What people who know JavaScript write, and its form here.
JS_MEMBERS = {
    "length": "write x | length; a key of that name is x['length']",
    "includes": "write 'a' in x",
    "indexOf": "write x.find('a')",
    "toUpperCase": "write x | upper",
    "toLowerCase": "write x | lower",
    "trim": "write x | trim",
    "toString": "write x | string",
    "push": "use the node append",
    "join": "write x | join(', ')",
    "replace": "write x | replace('a', 'b')",
    "map": "write x | map(attribute='name')",
    "filter": "write x | selectattr('name')",
    "concat": "write a ~ b for texts, a + b for lists",
    "toFixed": "write x | round(2)",
    "format": "write a ~ b",
}

#: Functions of Python and Jinja that are not here, and what to write.
_CALLS = {
    "len": "write x | length",
    "str": "write x | string",
    "sorted": "write x | sort",
    "namespace": "to add up in a loop, write x | sum(attribute='price'), or the nodes set and goto",
    "dict": "write {'a': 1}",
    "print": "write {{ x }}",
    "now": "write now, without brackets",
    "isinstance": "write x is string, x is number or x is mapping",
    "any": "write x | select | list",
}

_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro", nodes.CallBlock: "call", nodes.Include: "include", nodes.Import: "import",
    nodes.FromImport: "from", nodes.Extends: "extends", nodes.Block: "block",
    nodes.ScopedEvalContextModifier: "autoescape", nodes.NSRef: "namespace",
}  # fmt: skip


class Refused(TemplateSyntaxError):
    """A template holds something that the sandbox has no room for. ``word`` is what to point at.

    ``unregistered``: a filter or test that a plugin might bring.
    """

    def __init__(
        self, message: str, lineno: int, *, word: str = "", hint: str = "", unregistered: bool = False
    ) -> None:
        super().__init__(message, lineno)
        self.word = word
        self.hint = hint
        self.unregistered = unregistered


class Rewriter(NodeTransformer):
    """Rewrites a parsed template so that all reading, calling and looping goes through us."""

    def __init__(self, filters: Collection[str], tests: Collection[str]) -> None:
        """The names of the filters and tests that authors may use."""
        self.filters = filters
        self.tests = tests

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        word = _REFUSED.get(type(node))
        if word:
            raise Refused(f'"{word}" is not available in templates', node.lineno, word=word)
        return super().generic_visit(node, *args, **kwargs)

    def _ours(self, node: nodes.Node, name: str, value: nodes.Expr, *args: nodes.Expr) -> nodes.Filter:
        return nodes.Filter(value, name, list(args), [], None, None, lineno=node.lineno)

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        if node.name.startswith("__"):
            raise Refused(f'"{node.name}" is not a name for templates', node.lineno, word=node.name)
        return node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        if node.attr.startswith("__"):
            raise Refused(f'"{node.attr}" cannot be read', node.lineno, word=node.attr)
        if node.attr == "length":
            raise Refused(".length is JavaScript", node.lineno, word="length", hint=JS_MEMBERS["length"])
        path = dotted(node)
        told = [nodes.Const(".".join(path))] if path else []
        return self._ours(node, "_read", self.visit(node.node), nodes.Const(node.attr), *told)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        if isinstance(node.arg, nodes.Slice):
            return self.generic_visit(node)
        return self._ours(node, "_read", self.visit(node.node), self.visit(node.arg))

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        called = node.node
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise Refused("* and ** are not available in calls", node.lineno, word="*")
        if isinstance(called, nodes.Getattr):
            self._check_method(called)
            args = [nodes.Const(called.attr), *(self.visit(argument) for argument in node.args)]
            keywords = [self.visit(keyword) for keyword in node.kwargs]
            return nodes.Filter(
                self.visit(called.node), "_method", args, keywords, None, None, lineno=node.lineno
            )
        if isinstance(called, nodes.Name) and called.name == "range":
            return self.generic_visit(node)
        name = called.name if isinstance(called, nodes.Name) else "this"
        hint = _CALLS.get(name) or self._like(name, "a filter: x | ")
        raise Refused(f'"{name}" cannot be called', node.lineno, word=name, hint=hint)

    def _check_method(self, called: nodes.Getattr) -> None:
        name = called.attr
        if name not in _KNOWN_METHODS:
            hint = JS_MEMBERS.get(name) or self._like(name, "a filter: x | ")
            raise Refused(f'there is no method "{name}" in expressions', called.lineno, word=name, hint=hint)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        _demand("filter", node, self.filters)
        return self.generic_visit(node)

    def visit_Test(self, node: nodes.Test) -> nodes.Node:
        _demand("test", node, self.tests)
        return self.generic_visit(node)

    def _like(self, name: str, form: str) -> str:
        return f"{name} is {form}{name}" if name in self.filters else ""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        if node.recursive:
            raise Refused('"recursive" is not available in templates', node.lineno, word="recursive")
        loop = cast(nodes.For, self.generic_visit(node))
        loop.iter = self._ours(node, "_rounds", cast(nodes.Expr, loop.iter))
        for output in loop.find_all(nodes.Output):  # so that text inside loops is counted too
            output.nodes = [_counted(child) for child in output.nodes]
        return loop

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        parts = [self.visit(part) for part in node.nodes]
        return self._ours(node, "_concat", nodes.List(parts, lineno=node.lineno))

    def visit_Operand(self, node: nodes.Operand) -> nodes.Node:
        operand = cast(nodes.Operand, self.generic_visit(node))
        if operand.op in ("in", "notin"):
            operand.expr = self._ours(node, "_searched", operand.expr)
        return operand

    def _literal(self, node: nodes.Expr) -> nodes.Node:
        return self._ours(node, "_built", cast(nodes.Expr, self.generic_visit(node)))

    visit_List = visit_Dict = _literal

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        return self.generic_visit(node) if node.ctx == "store" else self._literal(node)

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:
        if node.expr2 is None:
            node.expr2 = nodes.Const(None, lineno=node.lineno)
        return self.generic_visit(node)


def _demand(kind: str, node: nodes.Filter | nodes.Test, known: Collection[str]) -> None:
    if node.name not in known:
        hint = did_you_mean(node.name, known)
        message = f'there is no {kind} "{node.name}"'
        raise Refused(message, node.lineno, word=node.name, hint=hint, unregistered=True)


def _counted(printed: nodes.Expr) -> nodes.Expr:
    """Text between templates as an expression, so that it is printed by our own hands."""
    if isinstance(printed, nodes.TemplateData):
        return nodes.Const(printed.data, lineno=printed.lineno)
    return printed
