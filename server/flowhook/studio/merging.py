"""Three texts into one: what two people made of the same file, merged by lines.

The algorithm is diff3: lines that all three texts share hold them together; between two such runs a side
that left the base as it was gives way to the other. Where both changed it, and not alike, is a conflict: both
texts stand in the merged one, between markers, so that nothing of either is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher


@dataclass(frozen=True, slots=True)
class Conflict:
    """A place that both changed. ``block`` is what stands in the merged text for it, with its markers; put
    ``mine``, ``theirs`` or both in its place. ``line`` is where it begins, from 1."""

    number: int
    line: int
    block: str
    base: str
    mine: str
    theirs: str


@dataclass(slots=True)
class Merged:
    """The text that holds both sides, and where they do not agree."""

    text: str
    conflicts: list[Conflict] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Run:
    """Lines that all three share: where they begin in each, and how many they are."""

    base: int
    mine: int
    theirs: int
    length: int


def merge(base: str, mine: str, theirs: str) -> Merged:
    """Return what both sides made of ``base``. Line ends count and stay; takes time up to the product of the
    numbers of lines."""
    texts = [text.splitlines(keepends=True) for text in (base, mine, theirs)]
    line_end = "\r\n" if mine.count("\r\n") == mine.count("\n") > 0 else "\n"
    merged: list[str] = []
    conflicts: list[Conflict] = []
    before = _Run(0, 0, 0, 0)
    for run in _shared(*texts):
        between = _between(texts, before, run)
        settled = _settled(*between)
        if settled is None:
            line = sum(piece.count("\n") for piece in merged) + 1
            conflicts.append(_conflict(len(conflicts) + 1, line, between, line_end))
            settled = conflicts[-1].block
        merged += (settled, *texts[0][run.base : run.base + run.length])
        before = run
    return Merged("".join(merged), conflicts)


def _shared(base: Sequence[str], mine: Sequence[str], theirs: Sequence[str]) -> Iterator[_Run]:
    """The runs of lines that all three share, in order; at the end one of no lines."""
    in_mine = SequenceMatcher(None, base, mine).get_matching_blocks()
    in_theirs = SequenceMatcher(None, base, theirs).get_matching_blocks()
    first = second = 0
    while first < len(in_mine) and second < len(in_theirs):
        one, two = in_mine[first], in_theirs[second]
        start = max(one.a, two.a)
        end = min(one.a + one.size, two.a + two.size)
        if start < end:
            yield _Run(start, one.b + start - one.a, two.b + start - two.a, end - start)
        if one.a + one.size < two.a + two.size:
            first += 1
        else:
            second += 1
    yield _Run(len(base), len(mine), len(theirs), 0)


def _between(texts: Sequence[Sequence[str]], before: _Run, run: _Run) -> tuple[str, str, str]:
    """What each text has between two runs: base, mine, theirs."""
    starts = (position + before.length for position in (before.base, before.mine, before.theirs))
    ends = (run.base, run.mine, run.theirs)
    base, mine, theirs = (
        "".join(text[start:end]) for text, start, end in zip(texts, starts, ends, strict=True)
    )
    return base, mine, theirs


def _settled(base: str, mine: str, theirs: str) -> str | None:
    """What both agree on there; None: they do not."""
    if mine in (base, theirs):
        return theirs
    return mine if theirs == base else None


def _conflict(number: int, line: int, between: tuple[str, str, str], line_end: str) -> Conflict:
    base, mine, theirs = between
    marked = (
        ("<" * 7 + f" mine {number}", mine),
        ("|" * 7 + f" before {number}", base),
        ("=" * 7, theirs),
    )
    lines = [f"{marker}{line_end}{_ended(text, line_end)}" for marker, text in marked]
    block = "".join(lines) + ">" * 7 + f" theirs {number}{line_end}"
    return Conflict(number, line, block, base, mine, theirs)


def _ended(text: str, line_end: str) -> str:
    """The text, with an end of its last line."""
    return text if not text or text.endswith(("\n", "\r")) else text + line_end
