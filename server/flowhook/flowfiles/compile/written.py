"""The settings of one node as they are written."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flowhook.engine.settings.strings import strings_in
from flowhook.yamldoc.document import Document, Path

Texts = list[tuple[Path, str]]


@dataclass(slots=True)
class WrittenSettings(Document):
    """The settings of one node as a document of their own. Set ``data`` anew, and never change it in place:
    the strings in it are looked for once, since most of what is checked of a node is checked of them."""

    _texts: Texts | None = field(default=None, init=False, repr=False, compare=False)
    _texts_of: Any = field(default=None, init=False, repr=False, compare=False)

    @property
    def texts(self) -> Texts:
        """The strings of the settings with their paths, in the order in which they are written."""
        if self._texts is None or self._texts_of is not self.data:
            self._texts, self._texts_of = list(strings_in((), self.data)), self.data
        return self._texts
