"""Which of several texts is said."""

from __future__ import annotations

from typing import Literal

from flowhook.engine.turn.view import Turn

Order = Literal["random", "linear", "loop"]


def one_of(texts: str | list[str], order: Order, turn: Turn) -> str:
    """The text, or the one of several whose turn it is: at random, or each in turn and then the last one
    again and again (``linear``) or round and round (``loop``)."""
    if isinstance(texts, str):
        return texts
    if not texts:
        return ""
    if order == "random":
        return texts[turn.choose(len(texts))]
    said: int = turn.memory.get("said", 0)
    turn.memory["said"] = said + 1
    index = said % len(texts) if order == "loop" else min(said, len(texts) - 1)
    return texts[index]
