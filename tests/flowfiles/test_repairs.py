"""Where YAML mistakes are told: at the line that is wrong, not where the parser stumbled over it."""

from __future__ import annotations

import pytest

from flowhook.yamldoc.document import load
from flowhook.yamldoc.syntax_repairs import MAX_SIZE

HEAD = "flow: a\nnodes:\n"


@pytest.mark.parametrize(
    ("nodes", "place", "message", "hint"),
    [
        (
            '  - say: "Hello\n  - id: q\n    ask: "Who?"\n',
            (3, 10),
            "this quote is not closed on its line, but in line 5",
            "other quotes",
        ),
        (
            "  - switch: input.text\n    cases: {a: [], b: []\n    default: []\n  - stop:\n",
            (4, 12),
            "this { is never closed",
            'close it with "}"',
        ),
        (
            "  - id: q\n    ask\n    next: q\n  - stop:\n",
            (4, 5),
            'this is no "key: value" pair',
            "colon with a space",
        ),
        (
            "  - if: input.text\n    then:\n     - say: one\n      - say: two\n      - say: three\n",
            (5, 6),
            "this line is indented by 5, which does not fit the lines around it",
            "indent it by 6",
        ),
        (
            "  - id: q\n    then:\n    if: input.text\n      - say: hi\n  - stop:\n",
            (4, 5),
            "this line and line 5 below it are in the wrong order",
            "swap the two",
        ),
    ],
)
def test_the_wrong_line_is_told(nodes: str, place: tuple[int, int], message: str, hint: str) -> None:
    """With what would help."""
    _, [problem] = load(HEAD + nodes, "a.yaml")
    assert problem.code == "yaml-syntax"
    assert (problem.line, problem.column) == place
    assert problem.message == message
    assert hint in problem.hint


def test_a_large_file_is_told_where_the_parser_stopped() -> None:
    """Trying repairs is for files that people write."""
    _, [problem] = load(HEAD + "  - say: hi\n" * (MAX_SIZE // 10) + "  - say: [1\n  - stop:\n", "a.yaml")
    assert problem.code == "yaml-syntax"
