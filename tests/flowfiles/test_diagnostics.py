"""How problems are shown."""

from __future__ import annotations

import json
import re

import pytest

from flowhook.problems.pages import documented_codes, problem_meaning
from flowhook.problems.problem import Problem, Sources, has_errors, sort_problems
from flowhook.problems.render import render_github, render_json, render_sarif, render_text, summary
from flowhook.problems.suggestion import Suggestion, did_you_mean

FILE = "flows/pizza.yaml"
LOST = Problem(
    "unknown-node", 'no node "confrim" in flow "pizza"', FILE, 2, 9, hint=Suggestion.of("confirm"), length=7
)
NOTE = Problem("no-id", "a node that waits needs an id", FILE, 1, 1, "warning", hint="give it one")
SOURCES = Sources({FILE: "- ask: x\n  next: confrim\n"})


def test_one_line_says_it_all() -> None:
    """The first line has file, line, column, severity, code, message and the nearest word."""
    said = 'no node "confrim" in flow "pizza"; did you mean "confirm"?'
    assert str(LOST) == f"flows/pizza.yaml:2:9: error[unknown-node]: {said}"


def test_text_shows_line_caret_and_hint() -> None:
    """Below the problem stand the line, a caret of its length, and a hint that is not in the sentence."""
    assert render_text([LOST, NOTE], SOURCES).splitlines() == [
        "flows/pizza.yaml:1:1: warning[no-id]: a node that waits needs an id",
        "    - ask: x",
        "    ^",
        "  = give it one",
        str(LOST),
        "      next: confrim",
        "            ^~~~~~~",
    ]


def test_text_has_colours_only_when_asked() -> None:
    """Without colour no escape leaves; with it the words are the same."""
    assert "\x1b" not in render_text([LOST], SOURCES)
    assert "\x1b[31merror[unknown-node]:\x1b[0m" in render_text([LOST], SOURCES, colour=True)


def test_nothing_a_file_holds_reaches_the_terminal_as_a_command() -> None:
    """Control characters of messages and lines are shown as blanks."""
    problem = Problem("bad-value", "bad \x1b[2J", "a\x1b.yaml", 1, 1, hint="a\nb")
    shown = render_text([problem], Sources({"a\x1b.yaml": "x\x1b[31m\ty"}))
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 4


def test_the_caret_stands_under_wide_characters_and_in_long_lines() -> None:
    """Wide characters count two columns; a long line is cut around the caret."""
    wide = render_text([Problem("x", "m", "a", 1, 4, length=2)], Sources({"a": "a日本: é"})).splitlines()
    assert wide[2] == "         ^~"
    long = render_text(
        [Problem("x", "m", "a", 1, 501, length=3)], Sources({"a": "x" * 500 + "bad" + "y" * 500})
    )
    _, line, caret = long.splitlines()
    assert len(line) < 140
    assert line[caret.index("^") :].startswith("bad")


@pytest.mark.parametrize(("line", "column"), [(0, 0), (1, 99), (99, 1)])
def test_places_outside_the_text_do_no_harm(line: int, column: int) -> None:
    """A place that does not exist, or a file that is not known, still renders."""
    assert render_text([Problem("x", "m", FILE, line, column)], SOURCES)
    assert render_text([Problem("x", "m", "elsewhere", 1, 1)], SOURCES) == "elsewhere:1:1: error[x]: m\n"


def test_order_and_summary() -> None:
    """Problems come by place, each once; the summary counts them."""
    assert sort_problems([LOST, NOTE, LOST]) == [NOTE, LOST]
    assert summary([LOST, LOST, NOTE], 3) == "2 errors, 1 warning in 3 files"
    assert summary([], 1) == "no problems in 1 file"
    assert has_errors([NOTE, LOST])
    assert not has_errors([NOTE])


def test_json_holds_every_field() -> None:
    """A program gets the fields and the counts."""
    report = json.loads(render_json([LOST, NOTE]))
    assert (report["errors"], report["warnings"]) == (1, 1)
    assert report["problems"][1] == {
        "code": "unknown-node",
        "severity": "error",
        "message": 'no node "confrim" in flow "pizza"',
        "hint": 'did you mean "confirm"?',
        "help": problem_meaning("unknown-node"),
        "file": FILE,
        "line": 2,
        "column": 9,
        "endColumn": 16,
    }


def test_sarif_points_rules_and_places() -> None:
    """The SARIF log has one run, a rule for each code, and regions counted from 1."""
    log = json.loads(render_sarif([LOST, NOTE]))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["no-id", "unknown-node"]
    result = run["results"][1]
    assert (result["ruleId"], result["ruleIndex"], result["level"]) == ("unknown-node", 1, "error")
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == FILE
    assert place["region"] == {"startLine": 2, "startColumn": 9, "endColumn": 16}


def test_sarif_keeps_to_the_rules_of_2_1_0() -> None:
    """What the specification asks for, field by field, with pages and without."""
    odd = Problem("x", 'a "b"\n', "some dir/a#b.yaml", 3, 1, "warning", hint="c", length=0)
    whole = [odd, *(Problem(code, "m", "/tmp/f.yaml", 1, 2) for code in documented_codes())]
    log = json.loads(render_sarif(whole))
    assert set(log) == {"$schema", "version", "runs"}
    (run,) = log["runs"]
    assert set(run) == {"tool", "columnKind", "results"}
    rules = run["tool"]["driver"]["rules"]
    assert len({rule["id"] for rule in rules}) == len(rules) == len(whole)
    for rule in rules:
        assert set(rule) <= {"id", "shortDescription", "fullDescription", "help"}
        assert all(part["text"] for key, part in rule.items() if key != "id")
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert result["level"] in ("none", "note", "warning", "error")
        assert result["message"]["text"]
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert re.fullmatch(r"[\w\-.~%/:]+", place["artifactLocation"]["uri"])
        region = place["region"]
        assert 1 <= region["startColumn"] <= region["endColumn"]
        assert region["startLine"] >= 1
    uris = [row["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for row in run["results"]]
    assert {"file:///tmp/f.yaml", "some%20dir/a%23b.yaml"} == set(uris)


def test_github_commands_are_escaped() -> None:
    """A workflow command is one line whatever the texts hold."""
    assert render_github([NOTE]) == (
        "::warning file=flows/pizza.yaml,line=1,col=1,title=no-id"
        "::a node that waits needs an id (give it one)\n"
    )
    hostile = render_github([Problem("x", "50%\n::error::", "a,b:c.yaml")])
    assert hostile == "::error file=a%2Cb%3Ac.yaml,line=1,col=1,title=x::50%25%0A::error::\n"


def test_did_you_mean_names_the_nearest_or_nothing() -> None:
    """Only a near word is offered, whatever its case."""
    assert did_you_mean("confrim", ["confirm", "cancelled"]) == 'did you mean "confirm"?'
    assert did_you_mean("Name", ["name"]) == 'did you mean "name"?'
    assert did_you_mean("xyz", ["confirm"]) == ""
    assert did_you_mean("", []) == ""
