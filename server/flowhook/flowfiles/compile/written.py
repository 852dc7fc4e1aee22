"""The settings of one node as they are written."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from flowhook.engine.expressions.plain import plain_pieces
from flowhook.engine.settings.strings import strings_in
from flowhook.yamldoc.document import Document, Path

Texts = list[tuple[Path, str]]


@dataclass(slots=True)
class WrittenSettings(Document):
    """The settings of one node as a document of their own. Set ``data`` anew, and never change it in place:
    the strings in it are looked for once, since most of what is checked of a node is checked of them."""

    _texts: Texts | None = field(default=None, init=False, repr=False, compare=False)
    _texts_of: Any = field(default=None, init=False, repr=False, compare=False)
    _compiled: Texts | None = field(default=None, init=False, repr=False, compare=False)
    _computed: Texts | None = field(default=None, init=False, repr=False, compare=False)

    @property
    def texts(self) -> Texts:
        """The strings of the settings with their paths, in the order in which they are written."""
        if self._texts is None or self._texts_of is not self.data:
            self._texts, self._texts_of = list(strings_in((), self.data)), self.data
            self._compiled = self._computed = None
        return self._texts

    def compiled_texts(self, conditions: Collection[str]) -> Texts:
        """Those of the strings that are a condition of these settings, or a template."""
        texts = self.texts
        if self._compiled is None:
            self._compiled = [entry for entry in texts if is_template(entry[1]) or entry[1] in conditions]
        return self._compiled

    def computed_texts(self, conditions: Collection[str]) -> Texts:
        """Those of them that are more than texts and paths, so that a parsed tree may tell more of them."""
        compiled = self.compiled_texts(conditions)
        if self._computed is None:
            self._computed = [entry for entry in compiled if plain_pieces(entry[1]) is None]
        return self._computed


def is_template(value: Any) -> bool:
    """Whether a value is rendered in the turn."""
    return isinstance(value, str) and "{" in value and ("{{" in value or "{%" in value)


def is_one_print(text: str) -> bool:
    """Whether a text is one ``{{ … }}``, perhaps with space around it."""
    return _ONE_PRINT.fullmatch(text) is not None


_ONE_PRINT = re.compile(r"\s*\{\{(?:(?!\}\}).)*\}\}\s*", re.DOTALL)
