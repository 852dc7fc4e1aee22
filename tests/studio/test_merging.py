"""Three texts into one: nothing of either side is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowhook.studio.merging import Merged, merge
from tests.machine import examples

BASE = "flow: notes\n# a comment\nnodes:\n  - id: a\n  - id: b\n  - id: c\n"
#: few different lines, so that they are often alike; the last one may have no end
TEXTS = st.builds(
    lambda lines, end: "".join(f"{line}\n" for line in lines) + end,
    st.lists(st.sampled_from(["a", "b", "c", "  d: e", ""]), max_size=12),
    st.sampled_from(["", "z"]),
)


def chosen(found: Merged, side: str) -> str:
    """The merged text with the same side for every conflict."""
    text = found.text
    for conflict in found.conflicts:
        text = text.replace(conflict.block, getattr(conflict, side), 1)
    return text


def test_what_does_not_overlap_is_merged() -> None:
    """Both changes are in it, and every other byte is as it was."""
    mine, theirs = BASE.replace("comment", "remark"), BASE.replace("id: c", "id: see")
    found = merge(BASE, mine, theirs)
    assert found.conflicts == []
    assert found.text == BASE.replace("comment", "remark").replace("id: c", "id: see")


def test_where_both_changed_the_same_line_both_are_there() -> None:
    """Between markers, with what it was before, and with the line where it begins."""
    found = merge(BASE, BASE.replace("id: b", "id: mine"), BASE.replace("id: b", "id: theirs"))
    (conflict,) = found.conflicts
    assert (conflict.line, conflict.mine, conflict.theirs) == (5, "  - id: mine\n", "  - id: theirs\n")
    assert found.text.splitlines()[4:11] == [
        "<<<<<<< mine 1", "  - id: mine", "||||||| before 1", "  - id: b", "=======", "  - id: theirs",
        ">>>>>>> theirs 1",
    ]  # fmt: skip


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_line_ends_stay(line_end: str) -> None:
    """Also those of the markers are the file's."""
    base = BASE.replace("\n", line_end)
    found = merge(base, base.replace("id: b", "id: x"), base.replace("id: b", "id: y"))
    assert set(re.findall(r"\r?\n", found.text)) == {line_end}


def test_what_one_side_deleted_and_the_other_changed_is_asked() -> None:
    """Neither wins by itself, also at an end without a line end."""
    found = merge("a\nb", "a\nB", "a\n")
    (conflict,) = found.conflicts
    assert (conflict.mine, conflict.theirs) == ("B", "")
    assert (chosen(found, "mine"), chosen(found, "theirs")) == ("a\nB", "a\n")


@given(TEXTS, TEXTS)
@settings(max_examples=examples(200))
def test_a_side_that_changed_nothing_gives_way(base: str, other: str) -> None:
    """And two that changed the same agree."""
    assert merge(base, base, other) == merge(base, other, base) == merge(base, other, other) == Merged(other)


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=examples(300))
def test_no_line_of_either_side_is_lost(base: str, mine: str, theirs: str) -> None:
    """What a side wrote stands in the merged text, as often as it wrote it, whichever side it was."""
    found = merge(base, mine, theirs)
    for side in (mine, theirs):
        for line in set(side.splitlines()) - set(base.splitlines()):
            assert found.text.splitlines().count(line) >= side.splitlines().count(line)
    swapped = merge(base, theirs, mine)
    assert chosen(found, "mine") == chosen(swapped, "theirs")
    assert chosen(found, "theirs") == chosen(swapped, "mine")


@given(TEXTS, TEXTS, TEXTS)
@settings(max_examples=examples(200))
def test_without_conflicts_there_are_no_markers(base: str, mine: str, theirs: str) -> None:
    """A marker stands where something is to be chosen, and there alone."""
    found = merge(base, mine, theirs)
    assert found.text.count("<<<<<<< mine") == len(found.conflicts)
    assert "<<<<<<< mine" not in chosen(found, "mine")
