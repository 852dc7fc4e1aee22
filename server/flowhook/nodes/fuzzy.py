"""``fuzzy``: the one of many things that a text comes closest to, typos or not.

.. code-block:: yaml

    - fuzzy:
        value: "{{ input.text }}"
        items: "{{ context.products }}"      # texts, or mappings that have a text under "key"
        key: name
        min_score: 0.7
        store: context.choice
      then: [{say: "{{ context.choice.item.name }}, a good choice."}]
      else: [{say: "We do not have that."}]

The score lies between 0 and 1, which is the same text but for case, punctuation and spaces at its ends.
It is rapidfuzz's ``WRatio``: similar spelling, also in another order of the words, and, counting less,
a part of a longer text. The best item of at least ``min_score`` is kept as ``{item, score, index}`` in
``input.result`` and in ``store``; of equal ones the first. Without one ``input.result`` is null, and
``store`` keeps what it had. What is no list fails the node with the reason ``items``. There may be 2,000
items; of each 100 characters count, of the value 200. Branches: ``then``, ``else``.
"""

from __future__ import annotations

from typing import Any, Final

from pydantic import Field

from flowhook.engine.expressions.values import text_of
from flowhook.engine.node import Node
from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.settings.fields import Path, Text
from flowhook.engine.turn.view import Turn

MAX_ITEMS: Final = 2_000
MAX_LENGTH: Final = 100  #: characters of an item that count
MAX_VALUE: Final = 200  #: characters of the value that count


class Fuzzy(Node):
    """Takes ``then`` when something among the items is close enough, otherwise ``else``."""

    key = "fuzzy"
    main = "value"
    draws_as = "choose"
    branches = ("then", "else")
    decides = True
    leaves_result = True
    exhaustive = ("then", "else")

    value: Text = Field(description="what is looked for")
    items: Any = Field(description="a list of texts, or of mappings")
    key_: str | None = Field(None, alias="key", description="where in a mapping its text stands")
    min_score: float = Field(0.6, ge=0, le=1, description="0 to 1; 1 is the same text")
    store: Path | None = Field(None, description="where {item, score, index} is kept")

    def run(self, turn: Turn) -> str:
        from rapidfuzz import fuzz, process, utils  # only flows that need it load it

        texts = self._texts()
        best = process.extractOne(
            self.value[:MAX_VALUE],
            texts,
            scorer=fuzz.WRatio,
            processor=utils.default_process,
            score_cutoff=self.min_score * 100,
        )
        turn.input["result"] = None
        if best is None or not best[1]:
            return "else"
        _, score, index = best
        found = {"item": self.items[index], "score": round(score / 100, 4), "index": index}
        turn.input["result"] = found
        if self.store is not None:
            turn.set(self.store, found)
        return "then"

    def _texts(self) -> list[str]:
        """The text of each item. Raises NodeFailed."""
        if not isinstance(self.items, list):
            raise NodeFailed("items", f"items has to be a list, not {_kind(self.items)}")
        if len(self.items) > MAX_ITEMS:
            raise NodeFailed("items", f"{len(self.items)} items; there may be {MAX_ITEMS}")
        return [self._text(item, number) for number, item in enumerate(self.items)]

    def _text(self, item: Any, number: int) -> str:
        value = item
        if isinstance(item, dict):
            if self.key_ is None:
                raise NodeFailed("items", 'the items are mappings: "key" has to tell where their text stands')
            value = item.get(self.key_)
        if isinstance(value, dict | list):
            raise NodeFailed("items", f"item {number} holds {_kind(value)} where a text is expected")
        return text_of(value)[:MAX_LENGTH]


def _kind(value: Any) -> str:
    names = {dict: "a mapping", list: "a list", str: "a text", type(None): "nothing"}
    return names.get(type(value), f"{value!r:.40}")
