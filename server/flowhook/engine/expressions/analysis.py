"""What parsed expressions are made of: the names and paths that they read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from jinja2 import nodes

from flowhook.engine.expressions.limits import MAX_DEPTH

#: Short names of roots, as authors of other systems write them.
SHORT_NAMES = {"ci": "input", "cc": "context", "cp": "profile"}
_SHORT = {name: short for short, name in SHORT_NAMES.items()}
_EITHER = {name: f"(?:{name}|{short})" for short, name in SHORT_NAMES.items()}

AnyNode = TypeVar("AnyNode", bound=nodes.Node)


def write_out_short_names(tree: nodes.Node) -> None:
    """Replace short names of roots by the names that everything else knows; not those that a template sets
    itself."""
    found = [tree, *tree.find_all(nodes.Name)]
    names = [node for node in found if isinstance(node, nodes.Name) and node.name in SHORT_NAMES]
    own = {node.name for node in names if node.ctx != "load"}
    for node in names:
        if node.name not in own:
            node.name = SHORT_NAMES[node.name]


def either_name(root: str) -> str:
    """Return a pattern for a root as it may be written in a source, by its short name as well."""
    return _EITHER.get(root, root)


def path_in(source: str, names: Sequence[str]) -> tuple[int, int]:
    """Return where in a source a dotted path is written first, and how long; (0, 1) where it is not written
    with dots. Its root may stand there by its short name."""
    plain, short = ".".join(names), _SHORT.get(names[0])
    is_short = short is not None and short in source
    if "".join(names).isidentifier() and not is_short and not _SPACED.search(source):
        start = source.find(plain)
        while start >= 0 and not is_whole(source, start, start + len(plain)):
            start = source.find(plain, start + 1)
        return (start, len(plain)) if start >= 0 else (0, 1)
    # As a pattern: to compile one for each path takes longer than all the rest, where there are thousands.
    pattern = r"\s*\.\s*".join([either_name(names[0]), *map(re.escape, names[1:])])
    found = re.search(rf"\b{pattern}\b", source)
    return (found.start(), len(found[0])) if found else (0, 1)


_SPACED = re.compile(r"\s\.|\.\s")


def is_whole(source: str, start: int, end: int) -> bool:
    """Tell whether a part of a source is no part of a longer word."""
    return not (_is_of_a_word(source[start - 1 : start]) or _is_of_a_word(source[end : end + 1]))


def _is_of_a_word(char: str) -> bool:
    return char == "_" or char.isalnum()


def copied(tree: AnyNode) -> AnyNode:
    """Return a tree of its own with the same content: to copy is far cheaper than to parse again."""
    copy = object.__new__(type(tree))
    for name, part in vars(tree).items():
        setattr(copy, name, _copied_part(part))
    return copy


def _copied_part(part: Any) -> Any:
    if isinstance(part, nodes.Node):
        return copied(part)
    return [_copied_part(item) for item in part] if isinstance(part, list) else part


def too_deep(tree: nodes.Node) -> bool:
    """Whether a tree has more levels than those who walk it can bear."""
    level: list[nodes.Node] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return False
    return True


def dotted(node: nodes.Node) -> tuple[str, ...] | None:
    """``context.order.size`` as its names; None for all that is more than a dotted path."""
    names: list[str] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        name = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        if not isinstance(name, str):
            return None
        names.append(name)
        node = node.node
    if not isinstance(node, nodes.Name):
        return None
    return (node.name, *reversed(names))


def static_path(node: nodes.Node) -> tuple[str, ...] | None:
    """A dotted path that needs no code, and no word with the author."""
    path = dotted(node)
    if path is None or any(name == "length" or name.startswith("__") for name in path):
        return None
    return path


def reads(tree: nodes.Node) -> tuple[frozenset[str], frozenset[str]]:
    """The roots and the dotted paths that a tree reads."""
    found = [tree, *tree.find_all(nodes.Name)]
    read = {node.name for node in found if isinstance(node, nodes.Name) and node.ctx == "load"}
    own = {node.name for node in found if isinstance(node, nodes.Name) and node.ctx != "load"}
    names = read - own - {"range", "loop"}
    paths: set[str] = set()
    _collect_paths(tree, paths)
    return frozenset(names), frozenset(path for path in paths if path.partition(".")[0] in names)


def _collect_paths(node: nodes.Node, paths: set[str]) -> None:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        for child in (node.node.node, *node.args, *node.kwargs):
            _collect_paths(child, paths)
        return
    names = static_path(node)
    if names is not None:
        paths.add(".".join(names))
        return
    for child in node.iter_child_nodes():
        _collect_paths(child, paths)


def only_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a template that is exactly one ``{{ … }}``."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    printed = tree.body[0].nodes
    return printed[0] if len(printed) == 1 and not isinstance(printed[0], nodes.TemplateData) else None


def children(tree: nodes.Template) -> Iterator[nodes.Expr]:
    """What a template prints at its top, when it does nothing but print."""
    for statement in tree.body:
        if isinstance(statement, nodes.Output):
            yield from statement.nodes
        else:
            yield nodes.Const(None)
