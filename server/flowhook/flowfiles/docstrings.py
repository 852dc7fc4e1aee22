"""What the docstrings of node types tell authors, in Markdown: editors show it beside the YAML."""

from __future__ import annotations

import inspect
import re

from flowhook.engine.node import Node


def summary(node_type: type[Node]) -> str:
    """The docstring of a node type itself, not that of its base."""
    own = node_type.__dict__.get("__doc__")
    return inspect.cleandoc(own) if own else f'A "{node_type.key}" node.'


def page(node_type: type[Node]) -> str:
    """The docstring of the module of a built-in type, which begins with its key; empty for others."""
    text = inspect.getdoc(inspect.getmodule(node_type)) or ""
    return text if f"``{node_type.key}``" in text.partition("\n")[0] else ""


def to_markdown(page: str) -> str:
    """Turn a docstring in reStructuredText, as far as ours use it, into Markdown."""
    blocks: list[str] = []
    code = False
    for line in page.splitlines():
        if line.startswith(".. code-block::"):
            code = True
            blocks.append(f"```{line.partition('::')[2].strip()}")
        elif code and line and not line.startswith(" "):
            code = False
            blocks[-1:] = ["```", "", line]
        elif not (code and not line and blocks[-1].startswith("```")):
            blocks.append(line.removeprefix("    ") if code else line)
    return re.sub(r"(?<!`)``(?!`)", "`", "\n".join([*blocks, "```"] if code else blocks))
