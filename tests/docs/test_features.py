"""The page of features: complete, with states that mean something and tests that there are."""

from __future__ import annotations

import re
from pathlib import Path

from tests.docs.pages import DOCS, ROOT

PAGE = DOCS / "features.md"
ROW = re.compile(r"^\| ([A-Z]{1,2}-?\d+) \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.MULTILINE)
LATER = (
    "The studio and the desk",
    "Understanding that knows what it does not know",
    "Past one machine",
)
STATES = {"works", "open", "no", *(f"later: {issue}" for issue in LATER)}


def rows(heading: str) -> list[tuple[str, str, str, list[str]]]:
    """Id, what, state and tests, of the rows under a heading."""
    text = PAGE.read_text("utf-8").partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [
        (id, what, state, re.findall(r"`([^`]+)`", tests)) for id, what, state, tests in ROW.findall(text)
    ]


def names_in(file: Path) -> set[str]:
    """The names of the tests in a file."""
    return set(re.findall(r"^(?:async )?def (test_\w+)", file.read_text("utf-8"), re.MULTILINE))


def test_no_row_is_missing() -> None:
    """117 of endpoints and 120 of flows, each once."""
    endpoints, flows = rows("Endpoints"), rows("Flows")
    assert len({row[0] for row in endpoints}) == len(endpoints) == 117
    assert [row[0] for row in flows] == [f"F{number:03}" for number in range(1, 121)]


def test_every_state_is_one_of_those_that_are_explained() -> None:
    """What works is shown by a test."""
    for id, _, state, tests in rows("Endpoints") + rows("Flows"):
        assert state in STATES, id
        assert tests or state != "works", id


def test_the_tests_that_are_named_exist() -> None:
    """Under the name that the page says."""
    known: dict[Path, set[str]] = {}
    for id, _, _, tests in rows("Endpoints") + rows("Flows"):
        for name in tests:
            file, _, test = name.partition("::")
            path = ROOT / "tests" / file
            assert path.is_file(), (id, name)
            assert test in known.setdefault(path, names_in(path)), (id, name)
