"""What ``flowhook check`` says about bad flow files, to the letter; and the rules about graphs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import LoadedLibrary, load_library
from flowhook.flowfiles.rules.graph import cycles
from flowhook.nodes import BUILTIN
from flowhook.problems.render import render_text

BAD = Path(__file__).parent / "bad"


def load(directory: Path, **flows: str) -> LoadedLibrary:
    for name, nodes in flows.items():
        (directory / f"{name}.yaml").write_text(f"flow: {name}\nnodes:\n{nodes}")
    return load_library(directory, NodeTypes(BUILTIN), root=directory)


def codes(library: LoadedLibrary) -> list[str]:
    return [f"{p.file}:{p.line} {p.code}" for p in library.problems]


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_bad_flow(path: Path) -> None:
    """Every problem of a bad flow, with its line and a caret, reads as in the .txt beside it."""
    library = load_library(path, NodeTypes(BUILTIN), vars={"shop_name"}, connections={"crm"}, root=BAD)
    said = render_text(library.problems, library.sources, colour=False)
    expected = path.with_suffix(".txt")
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(said)
    assert said == expected.read_text()


def test_jumps_into_other_flows(tmp_path: Path) -> None:
    """Flows and nodes of other flows are looked up over all files."""
    library = load(
        tmp_path,
        a="  - goto: b/inner\n",
        b="  - stop:\n  - id: inner\n    goto: {to: a/nothing}\n",
        c="  - call: d\n  - call: a\n",
    )
    assert codes(library) == ["b.yaml:5 unknown-node", "c.yaml:3 unknown-flow"]


def test_a_flow_that_cannot_be_read_is_not_missing(tmp_path: Path) -> None:
    """A jump into a file with a syntax error is not reported as well."""
    library = load(tmp_path, a="  - call: b\n  - goto: b/inner\n", b="  - {{{\n")
    assert {p.file for p in library.problems} == {"b.yaml"}


def test_duplicate_flow_names_both_files(tmp_path: Path) -> None:
    """Two files with one flow name are an error that names both."""
    (tmp_path / "other.yaml").write_text("flow: same\nnodes: []\n")
    library = load(tmp_path, same="  - stop:\n")
    found = [p for p in library.problems if p.code == "duplicate-flow"]
    assert [(p.file, p.message) for p in found] == [
        ("same.yaml", 'the flow "same" is in two files: other.yaml and same.yaml')
    ]
    assert not library.good


def test_entries_from_other_flows_make_a_node_reachable(tmp_path: Path) -> None:
    """What another flow jumps to is not unreachable; nor anything when a target is computed."""
    lonely = "  - stop:\n  - id: lonely\n    say: hi\n"
    assert codes(load(tmp_path, a=lonely)) == ["a.yaml:4 unreachable"]
    assert codes(load(tmp_path, a=lonely, b="  - goto: a/lonely\n")) == []
    assert codes(load(tmp_path, a=lonely, b='  - goto: "{{ input.data.where }}"\n')) == []


def test_a_called_flow_that_waits_breaks_a_loop(tmp_path: Path) -> None:
    """A loop is fine when a flow it calls, itself or through another, waits for the user."""
    loop = "  - id: again\n    call: middle\n  - goto: again\n"
    inner = "  - id: name\n    ask: Who?\n"
    assert codes(load(tmp_path, a=loop, middle="  - call: inner\n", inner=inner)) == []
    assert codes(load(tmp_path, inner="  - say: hi\n")) == ["a.yaml:3 loop-without-wait"]


def test_a_jump_that_waits_breaks_a_loop(tmp_path: Path) -> None:
    """goto with wait stands still until the next input, so it makes no endless loop."""
    assert codes(load(tmp_path, a="  - id: top\n    say: hi\n  - goto: {to: top, wait: true}\n")) == []


def test_a_jump_may_name_its_own_flow(tmp_path: Path) -> None:
    """A target with the name of its own flow counts like one without it."""
    library = load(tmp_path, a="  - say: hi\n  - goto: a/there\n  - id: there\n    say: ho\n  - goto: a/\n")
    assert codes(library) == ["a.yaml:3 loop-without-wait"]


def test_circles_of_a_long_chain() -> None:
    """Circles are found without recursion, once for each part of the graph that holds one."""
    chain = {str(n): [str(n + 1)] for n in range(20_000)} | {"20000": ["19998"], "x": ["x"], "y": ["x"]}
    assert list(cycles(chain, lambda key: chain[key])) == [["19998", "19999", "20000"], ["x"]]


# --- rules about graphs and intents ----------------------------------------------------------------


def load_text(directory: Path, text: str, name: str = "a") -> LoadedLibrary:
    (directory / f"{name}.yaml").write_text(f"flow: {name}\n{text}")
    return load_library(directory, NodeTypes(BUILTIN), root=directory)


def test_a_branch_that_is_always_taken_hides_what_follows(tmp_path: Path) -> None:
    """Where then and else both leave, nothing goes on below."""
    both = "  - if: input.text\n    then: [{stop: }]\n    else: [{stop: }]\n  - say: never\n"
    assert codes(load(tmp_path, a=both)) == ["a.yaml:6 unreachable"]
    one = "  - if: input.text\n    then: [{stop: }]\n  - say: sometimes\n"
    assert codes(load(tmp_path, a=one)) == []


def test_a_loop_across_flows_is_found(tmp_path: Path) -> None:
    """goto from flow to flow and back; a question on the way breaks it."""
    library = load(tmp_path, a="  - goto: b/\n", b="  - say: hi\n  - goto: a/\n")
    assert codes(library) == ["a.yaml:3 loop-without-wait"]
    assert "a/goto in line 3 → b/say in line 3" in library.problems[0].message
    question = '  - {id: q, ask: {text: "?", store: context.x}}\n  - goto: a/\n'
    assert codes(load(tmp_path, a="  - goto: b/\n", b=question)) == []


def test_calls_in_a_circle_are_found(tmp_path: Path) -> None:
    """Directly, through another flow, and in one's own; not where something waits first."""
    assert codes(load(tmp_path, a="  - call: b\n", b="  - say: hi\n  - call: a\n")) == [
        "a.yaml:3 endless-call"
    ]
    question = '  - {id: q, ask: {text: "?", store: context.x}}\n  - call: a\n'
    assert codes(load(tmp_path, a="  - call: b\n", b=question)) == []
    (tmp_path / "b.yaml").unlink()
    assert codes(load(tmp_path, a="  - say: hi\n  - call: a\n")) == ["a.yaml:4 endless-call"]


def test_a_goto_in_a_called_flow_forgets_its_caller(tmp_path: Path) -> None:
    """Within the flow; to leave for another one is meant."""
    inner = "  - say: hi\n  - goto: done\n  - id: done\n    say: bye\n"
    library = load(tmp_path, a="  - call: b\n", b=inner)
    assert codes(library) == ["b.yaml:4 caller-forgotten"]
    assert library.problems[0].column == 11
    assert codes(load(tmp_path, a="  - call: b\n", b="  - goto: c/\n", c="  - say: hi\n")) == []
    (tmp_path / "c.yaml").unlink()
    assert codes(load(tmp_path, a="  - say: hi\n", b=inner)) == []


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("ask: Which?", ["a.yaml:3 dead-end"]),
        ("ask: {text: Which?, store: context.x}", []),
        ("ask: Which?\n  - say: Thanks", ["a.yaml:4 unread-answer"]),
        ("ask: Which?\n  - say: '{{ input.text }}'", []),
    ],
)
def test_dead_ends(tmp_path: Path, question: str, found: list[str]) -> None:
    """An answer that is kept nowhere and met with silence."""
    assert codes(load(tmp_path, a=f"  - id: q\n    {question}\n")) == found


def test_a_dead_end_is_none_where_another_flow_goes_on(tmp_path: Path) -> None:
    """The caller sees input.result."""
    assert codes(load(tmp_path, a="  - call: b\n  - say: Thanks\n", b="  - id: q\n    ask: Which?\n")) == []


def test_overlapping_intents(tmp_path: Path) -> None:
    """Nearly the same sentence in two intents, also of an attached flow; at the sentence."""
    one = "intents:\n  a: {examples: [i want a pizza now, one two three]}\n"
    two = "  b: {examples: [bring me the bill, 'I want a pizza, now!']}\n"
    library = load_text(tmp_path, one + two + "nodes: []\n")
    assert [(p.code, p.line, p.column) for p in library.problems] == [("overlapping-intents", 4, 37)]
    assert 'the intent "a" in line 3' in library.problems[0].message
    load_text(tmp_path, one + "nodes: []\n")
    library = load_text(tmp_path, "intents:\n" + two + "attach: [a]\nnodes: []\n", "c")
    assert [(p.file, p.code) for p in library.problems] == [("c.yaml", "overlapping-intents")]
    assert 'the flow "a", line 3' in library.problems[0].message


def test_an_intent_may_be_like_the_one_that_it_is_a_kind_of(tmp_path: Path) -> None:
    """A parent and its child share words."""
    text = "intents:\n  a: {examples: [order a pizza now, x y]}\n"
    text += "  b: {parent: a, examples: [order a pizza now!, z]}\n"
    assert codes(load_text(tmp_path, text + "nodes: []\n")) == []


def test_intents_that_no_state_lets_win(tmp_path: Path) -> None:
    """Only with a default state; one that a node thinks of is meant."""
    intents = "intents:\n  a: {examples: [one two, three]}\n  b: {examples: [four, five six]}\n"
    states = "states:\n  idle: {allow: [a], default: true}\n  busy: {block: [b]}\n"
    assert codes(load_text(tmp_path, intents + states + "nodes: []\n")) == ["a.yaml:4 unreachable-intent"]
    assert codes(load_text(tmp_path, intents + states.replace(", default: true", "") + "nodes: []\n")) == []
    assert codes(load_text(tmp_path, intents + states + "nodes:\n  - think: {intent: b}\n")) == []


def test_texts_that_a_declared_locale_lacks(tmp_path: Path) -> None:
    """Its language or its fallback counts; the last resort does not."""
    locales = "locales: {en: null, de: null, de-AT: de}\n"
    missing = load_text(tmp_path, locales + "nodes:\n  - say: {en: Hello}\n")
    assert codes(missing) == ["a.yaml:4 missing-locale"]
    assert missing.problems[0].message == "there is no text for de, de-AT"
    assert codes(load_text(tmp_path, locales + "nodes:\n  - say: {en: Hello, de: Hallo}\n")) == []


def test_an_offer_that_takes_everything(tmp_path: Path) -> None:
    """Of type text or any, unless valid_if chooses."""
    offer = "  - id: o\n    optional_ask: {{text: Drink?, store: context.x{}}}\n"
    assert codes(load(tmp_path, a=offer.format(""))) == ["a.yaml:3 greedy-offer"]
    assert codes(load(tmp_path, a=offer.format(", valid_if: \"answer == 'tea'\""))) == []


# --- one mistake, one problem ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        ("  - idd: q\n    ask: {text: Which?, store: context.x}\n", ["a.yaml:3 unknown-key"]),
        ("  - id: 1\n    ask: {text: Which?, store: context.x}\n", ["a.yaml:3 bad-id"]),
        ("  - id: q\n    ask: {txet: Which?, store: context.x}\n", ["a.yaml:4 unknown-key"]),
        ("  - fi: input.text\n    then: [{say: hi}]\n", ["a.yaml:3 unknown-node-type"]),
    ],
)
def test_what_follows_from_a_slip_is_not_told(tmp_path: Path, nodes: str, found: list[str]) -> None:
    """A misspelt id is no missing one; a misspelt setting neither; a branch is no misspelt node type."""
    assert codes(load(tmp_path, a=nodes)) == found


# --- expressions inside YAML -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('  - say: "one {{ a b }}"\n', (3, 20)),
        ("  - say: 'it''s {{ a b }}'\n", (3, 22)),
        ('  - say: "tab\\t\\u00e9 {{ a b }}"\n', (3, 28)),
        ("  - say: one {{ a b }}\n", (3, 19)),
        ("  - say: |\n      one\n      two {{ a b }}\n", (5, 16)),
        ("  - say:\n      text: |-\n        {{ a b }}\n", (5, 14)),
        ("  - say: >\n      one\n      two {{ a b }}\n", (5, 16)),
        ("  - say: >-\n      one\n      two\n\n      three {{ a b }}\n", (7, 18)),
        ('  - say: "one\n      two {{ a b }}"\n', (4, 16)),
        ("  - if: input.text ==\n    then: []\n", (3, 22)),
    ],
)
def test_mistakes_in_expressions_have_line_and_column(
    tmp_path: Path, text: str, place: tuple[int, int]
) -> None:
    """In quoted, plain, literal and folded scalars."""
    [problem] = load(tmp_path, a=text).problems
    assert problem.code == "bad-expression"
    assert (problem.line, problem.column) == place


def test_a_confirmation_written_as_a_mapping_sees_the_answer(tmp_path: Path) -> None:
    """In its text and in its reprompt, as in the short form."""
    ask = "  - id: a\n    ask: {text: Which?, store: context.a, confirm: CONFIRM}\n  - say: x\n"
    for confirm in ('"{{ answer }}?"', '{text: "{{ answer }}?", reprompt: "Is it {{ answer }}?"}'):
        assert codes(load(tmp_path, a=ask.replace("CONFIRM", confirm))) == []
