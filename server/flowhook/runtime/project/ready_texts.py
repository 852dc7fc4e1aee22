"""The texts that are ready for agents (``handovers.….texts``): templates of the configuration, which know the
user's ``profile`` and ``vars``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from flowhook.engine.expressions.parser import ExpressionError
from flowhook.problems.catalogue import BAD_EXPRESSION, UNKNOWN_NAME
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.hooks.api.node_turn import Templates

NAMES = ("profile", "vars")


def problems_of_ready_texts(config: Config, templates: Templates) -> Iterator[Problem]:
    """Yield what keeps texts from being rendered: no agent could say what nobody can read."""
    document = config.document
    if document is None:
        return
    for provider, handover in config.handovers.items():
        for name, text in handover.texts.items():
            path = ("handovers", provider, "texts", name)
            try:
                compiled = templates.compile(text, text=True)
            except ExpressionError as error:
                before = sum(len(line) + 1 for line in text.split("\n")[: error.line - 1])
                offset = before + error.column - 1
                yield document.problem(BAD_EXPRESSION, error.message, path, hint=error.hint, offset=offset)
                continue
            if compiled.constant:
                continue
            for root in sorted(compiled.names - set(NAMES)):
                message = f'texts for agents know no name "{root}"'
                hint = did_you_mean(root, NAMES) or f"the names are {', '.join(NAMES)}"
                yield document.problem(UNKNOWN_NAME, message, path, hint=hint, offset=_offset(text, root))
            for var in sorted(read.partition(".")[2] for read in compiled.paths if read.startswith("vars.")):
                if (key := var.partition(".")[0]) not in config.vars:
                    message = f'no "{key}" under "vars" in the configuration'
                    hint, offset = did_you_mean(key, config.vars), _offset(text, f"vars.{key}")
                    yield document.problem(UNKNOWN_NAME, message, path, hint=hint, offset=offset)


def _offset(text: str, written: str) -> int:
    """Where a name stands in a text; its beginning where it is written in another way."""
    found = re.search(rf"\b{re.escape(written)}\b", text)
    return found.start() if found is not None else 0
