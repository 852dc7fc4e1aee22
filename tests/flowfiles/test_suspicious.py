"""Mistakes that compile: what is hardly meant is told, with its place and the cure, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN
from flowhook.problems.problem import Problem


def problems(directory: Path, nodes: str, top: str = "", **flows: str) -> list[Problem]:
    """What is told of a flow with these nodes, beside other flows."""
    (directory / "a.yaml").write_text(f"flow: a\n{top}nodes:\n{nodes}")
    for name, text in flows.items():
        (directory / f"{name}.yaml").write_text(f"flow: {name}\nnodes:\n{text}")
    return load_library(directory, NodeTypes(BUILTIN), root=directory).problems


def told(directory: Path, nodes: str, top: str = "", **flows: str) -> list[str]:
    """``line:column code hint`` of each problem."""
    found = problems(directory, nodes, top, **flows)
    return [f"{problem.line}:{problem.column} {problem.code} {problem.hint}" for problem in found]


def ask(**settings: str) -> str:
    """A question, and a node that reads what it keeps."""
    written = ", ".join(f"{name}: {value}" for name, value in settings.items())
    return (
        f"  - id: q\n    ask: {{text: Which?, store: context.q, {written}}}\n  - say: '{{{{ context.q }}}}'\n"
    )


CONFIRM = 'confirm-without-text write confirm: "{{ answer }}, is that right?"'
SLOT = "slots: {size: {values: [small, large]}}\n"


@pytest.mark.parametrize(
    ("nodes", "top", "found"),
    [
        (ask(valid_if="context.n > 3"), "context: {n: 1}\n",
         ['5:53 valid-if-without-answer the answer is called "answer"']),
        (ask(confirm="true"), "", [f"4:52 {CONFIRM}"]),
        (ask(confirm="yes"), "", [f"4:52 {CONFIRM}"]),
        (ask(slot="size"), SLOT, ["5:49 slot-not-asked add type: slot"]),
        (ask(timeout="10m"), "", ['4:52 idle-setting add "on_timeout", or take it away']),
        (ask(timeout="10").replace("\n  - say", "\n    on_timeout: []\n  - say"), "",
         ["4:52 bare-duration write 10m, or 10s"]),
        ("  - http_request: {url: 'https://a.example/x', connection: crm}\n", "",
         ["3:25 url-beside-connection write the path alone, such as /orders"]),
        ("  - switch: input.locale\n    cases: {de|at: []}\n", "",
         ["4:13 pattern-without-slashes write /de|at/"]),
        ("  - say: \"{{ now | date_format('DD.MM.YYYY') }}\"\n", "",
         ["3:33 date-pattern write dd.MM.yyyy"]),
        ("  - say: \"{{ now | date_format('%d.%m.') }}\"\n", "",
         ["3:33 date-pattern write dd.MM.yyyy, EEEE, HH:mm …"]),
        ("  - say: \"{{ now | date_format('HH:MM') }}\"\n", "", ["3:33 date-pattern write HH:mm"]),
        ("  - say: \"{{ now | date_format('dd.mm.yyyy') }}\"\n", "",
         ["3:33 date-pattern write dd.MM.yyyy"]),
        ("  - say: \"{{ now | date_format('TT.MM.JJJJ') }}\"\n", "",
         ["3:33 date-pattern write dd.MM.yyyy"]),
        ("  - say: {en: A, de: \"{{ now | date_format('DD.MM.') }}\"}\n", "locales: [en, de]\n",
         ["4:45 date-pattern write dd.MM."]),
        ("  - id: w\n    wait: 10\n", "", ["4:11 bare-duration write 10m, or 10s"]),
        ("  - timer: {name: t, in: 10}\n    on_timer: []\n", "",
         ["3:26 bare-duration write 10m, or 10s"]),
        (ask().replace("\n  - say", "\n    on_timeout: [{after: 10, do: []}]\n  - say"), "",
         ["5:26 bare-duration write 10m, or 10s"]),
        (ask(confirm="{text: ja}"), "", [f"4:59 {CONFIRM}"]),
        ("  - id: c\n    collect: {asks: [{text: Who?, store: context.q}], confirm: yes}\n"
         "  - say: '{{ context.q }}'\n", "",
         ['4:64 confirm-without-text write confirm: "Is all of that right?"']),
        ("  - id: each\n    for_each: {items: [1, 2]}\n    do:\n      - id: q\n"
         "        ask: {text: How many?, store: context.q, type: number, valid_if: context.q > item}\n"
         "  - say: '{{ context.q }}'\n", "",
         ['7:74 valid-if-without-answer the answer is called "answer"']),
        ("  - http_request: {url: 'https://a.example/x', store: context.x}\n"
         "  - switch: context.x.status\n    cases: {404: []}\n", "",
         ["5:13 body-only write store_response: context.x_response beside store, and"
          " context.x_response.status"]),
        ("  - say: \"{{ now | date_format('hh:mm') }}\"\n", "",
         ["3:33 date-pattern write HH:mm, or add a for am and pm"]),
        ('  - say: "{{ history[-1].txt }}"\n', "", ['3:26 unknown-name did you mean "text"?']),
        ('  - say: "{{ (history | last).rol }}"\n', "", ['3:31 unknown-name did you mean "role"?']),
        ('  - say: "{{ now.hours }}"\n', "", ['3:18 unknown-name did you mean "hour"?']),
        ("  - append: {context.tags: b}\n", 'context: {tags: "a"}\n',
         ["4:14 conflicting-paths let the default be [], or leave it out"]),
        ("  - set: {context.user.name: b}\n", 'context: {user: "a"}\n',
         ["4:11 conflicting-paths let the default be a mapping, or keep this somewhere else"]),
    ],
)  # fmt: skip
def test_what_is_hardly_meant(tmp_path: Path, nodes: str, top: str, found: list[str]) -> None:
    """A setting that does nothing, or something else."""
    assert told(tmp_path, nodes, top) == found


@pytest.mark.parametrize(
    ("nodes", "top"),
    [
        (ask(valid_if="answer | length > 3"), ""),
        (ask(valid_if="input.text | length > 3"), ""),
        (ask(confirm='"{{ answer }}, yes?"'), ""),
        (ask(slot="size", type="slot"), SLOT),
        (ask(slot="size", type="text"), SLOT),
        (ask(timeout="10s").replace("\n  - say", "\n    on_timeout: []\n  - say"), ""),
        ("  - http_request: {url: /x, connection: crm}\n  - http_request: 'https://a.example/x'\n", ""),
        ("  - http_request: {url: '{{ context.u }}', connection: crm}\n", "context: {u: /x}\n"),
        ("  - switch: input.locale\n    cases: {/de|at/: [], de-AT: [], '3.5': [], a|: []}\n", ""),
        ("  - say: \"{{ now | date_format('EEEE, d. MMMM yyyy, HH:mm') }}\"\n", ""),
        ("  - say: \"{{ now | date_format('h:mm a') }} {{ now | date_format('short') }}\"\n", ""),
        ('  - say: "{{ now | date_format(\\"dd \'Day\' MM\\") }}"\n', ""),
        ("  - say: \"{{ history[-1].text }} {{ history[-1].get('x') }} {{ now.hour }}\"\n", ""),
        ("  - append: {context.tags: b, context.others: c}\n", "context: {tags: [a]}\n"),
        ("  - set: {context.user.name: b}\n", "context: {user: {}}\n"),
    ],
)
def test_what_may_be_meant(tmp_path: Path, nodes: str, top: str) -> None:
    """Nothing is said about what does what it says."""
    assert told(tmp_path, nodes, top) == []


def test_a_task_that_nobody_waits_for_hears_no_message(tmp_path: Path) -> None:
    """Its on_message is never taken; its on_timeout is."""
    nodes = (
        "  - id: t\n    task: {url: 'https://a.example', wait: %s}\n    on_message: []\n    on_timeout: []\n"
    )
    assert problems(tmp_path, nodes % "true") == []
    [problem] = problems(tmp_path, nodes % "false")
    assert (problem.line, problem.code) == (5, "idle-branch")
    assert problem.message == '"on_message" is never taken: with wait: false it does not wait'


# -- intents and slots ----------------------------------------------------------------------------

INTENTS = 'intents: {order: {examples: ["a pizza please", "I want a pizza"]}}\n'


@pytest.mark.parametrize(
    "nodes",
    [
        "  - if: input.intent == 'ordr'\n    then: [{say: x}]\n",
        "  - if: input.intent in ['order', 'ordr']\n    then: [{say: x}]\n",
        "  - switch: input.intent\n    cases: {ordr: {say: x}}\n",
    ],
)
def test_an_intent_that_is_compared_exists(tmp_path: Path, nodes: str) -> None:
    """In expressions and as a case; the name of one of any flow will do."""
    [problem] = problems(tmp_path, nodes, INTENTS)
    assert (problem.code, problem.severity, problem.hint) == (
        "unknown-intent",
        "warning",
        'did you mean "order"?',
    )
    assert problems(tmp_path, nodes.replace("ordr", "order"), INTENTS) == []
    assert problems(tmp_path, nodes) == []  # an engine may know it


def test_braces_in_an_example_name_a_slot(tmp_path: Path) -> None:
    """Else the name is learned as a word."""
    top = 'intents: {order: {examples: ["I want {toping}", "a pizza please"]}}\n'
    slots = "slots: {topping: {values: [salami]}}\n"
    assert told(tmp_path, "  - say: x\n", top + slots) == ['2:30 unknown-slot did you mean "topping"?']
    assert told(tmp_path, "  - say: x\n", top) == [
        '2:30 unknown-slot declare it under "slots:", or take the braces away'
    ]
    assert told(tmp_path, "  - say: x\n", top.replace("toping", "topping") + slots) == []


# -- answers --------------------------------------------------------------------------------------

TWICE = """
  - id: first
    ask: {text: "First?", store: context.name}
  - id: last
    ask: {text: "Last?", store: context.name}
  - say: "{{ context.name }}"
""".lstrip("\n")


def test_an_answer_that_is_overwritten_before_it_is_read(tmp_path: Path) -> None:
    """At the second question."""
    [problem] = problems(tmp_path, TWICE)
    assert (problem.line, problem.code) == (6, "overwritten-answer")
    assert '"first"' in problem.message


@pytest.mark.parametrize(
    "between",
    [
        '  - say: "{{ context.name }}"\n',
        "  - if: input.result == 'x'\n    then: last\n",
        "  - call: b\n",
        '  - say: "{{ input.result }}"\n',
        "  - code: context['x'] = context['name']\n",
    ],
)
def test_an_answer_that_something_may_read(tmp_path: Path, between: str) -> None:
    """A text, a condition, another flow, a script."""
    nodes = TWICE.replace("  - id: last\n", between + "  - id: last\n")
    found = problems(tmp_path, nodes, b="  - say: x\n")
    assert not [problem for problem in found if problem.code == "overwritten-answer"]


def test_the_same_store_in_two_branches_is_no_mistake(tmp_path: Path) -> None:
    """Only one of them is asked; nor is a question that is skipped."""
    branch = "{id: %s, ask: {text: Which?, store: context.x}}"
    nodes = f"  - if: input.text\n    then: {branch % 'p'}\n    else: {branch % 'q'}\n"
    nodes += "  - say: '{{ context.x }}'\n"
    assert problems(tmp_path, nodes) == []
    skipped = TWICE.replace('"Last?",', '"Last?", skip_if: context.name | length > 3,')
    assert problems(tmp_path, skipped) == []


def test_an_answer_that_nobody_reads(tmp_path: Path) -> None:
    """Kept nowhere, and nothing looks at what was said before the next question."""
    mood = '  - id: mood\n    ask: "How are you?"\n'
    assert told(tmp_path, mood + "  - say: Fine.\n") == [
        '4:5 unread-answer give it a "store", or read input.result'
    ]
    for reader in (
        'say: "{{ input.text }}"',
        "call: b",
        "code: result = input['text']",
        "if: input.result\n    then: []",
    ):
        assert problems(tmp_path, f"{mood}  - {reader}\n", b="  - say: x\n") == [], reader
    assert problems(tmp_path, mood + "  - say: Fine.\n", INTENTS) == []


def test_a_path_is_a_text_and_a_mapping(tmp_path: Path) -> None:
    """A part of a text cannot be set; of an amount of money it can."""
    nodes = (
        "  - id: user\n    ask: {text: Who?, %sstore: context.user}\n  - set: {context.user.known: true}\n"
    )
    [problem] = problems(tmp_path, nodes % "")
    assert (problem.line, problem.code) == (4, "conflicting-paths")
    assert "context.user.known" in problem.message
    assert problems(tmp_path, nodes % "type: money, ") == []


def test_a_constant_and_a_mapping(tmp_path: Path) -> None:
    """The same where a node sets a text; not where it sets a template, which may be a mapping."""
    nodes = "  - set: {context.user: %s}\n  - set: {context.user.name: Ada}\n  - say: '{{ context.user }}'\n"
    [problem] = problems(tmp_path, nodes % "Ada")
    assert (problem.line, problem.code) == (3, "conflicting-paths")
    assert problems(tmp_path, nodes % "'{{ input.data }}'") == []


def test_an_intent_that_asks_true(tmp_path: Path) -> None:
    """``confirm`` of an intent is what is asked, too."""
    intents = "intents:\n  order: {examples: [a b, c d], reply: Fine., confirm: yes}\n"
    assert told(tmp_path, "  - say: x\n", intents) == [
        '3:56 confirm-without-text write confirm: "Do you mean …?"'
    ]


@pytest.mark.parametrize(
    ("expression", "code"),
    [
        ("'ordr' in (input.nlu.also or [])", "unknown-intent"),
        ("input.intentOutOfState == 'ordr'", "unknown-intent"),
        ("'order' in input.nlu.denied", ""),
        ("input.nlu.denied == 'order'", "never-equal"),
        ("input.nlu.denid", "unknown-name"),
        ("(history | last).txt", "unknown-name"),
        ("error.mesage", "unknown-name"),
    ],
)
def test_names_of_what_was_understood(tmp_path: Path, expression: str, code: str) -> None:
    """Of intents, wherever they stand, and of what flowhook itself gives."""
    intents = "intents:\n  order: {examples: [a b, c d], reply: Fine.}\n"
    found = problems(tmp_path, f'  - if: "{expression}"\n    then: []\n', intents)
    assert [str(problem.code) for problem in found] == ([code] if code else [])


def test_fields_of_messages_in_a_loop_and_of_now_in_a_rule(tmp_path: Path) -> None:
    """As everywhere else."""
    intents = "intents:\n  late: {rules: now.hours > 20, reply: Sleep well.}\n"
    loop = '  - say: "{% for one in history %}{{ one.text }}{{ one.txt }}{% endfor %}"\n'
    assert [found.partition(" ")[0] for found in told(tmp_path, loop, intents)] == ["3:21", "5:56"]


# -- ways and answers of services -------------------------------------------------------------------

CANCEL = "intents: {cancel: {rules: input.text == 'cancel', entry: bye}}\n"


@pytest.mark.parametrize(
    ("above", "entry", "found"),
    [
        ("  - say: Hello\n", "  - id: bye\n    say: Cancelled.\n", ["5:5 falls-into-entry"]),
        ("  - say: Hello\n", "  - id: bye\n    say: Cancelled.\n  - stop:\n", ["5:5 falls-into-entry"]),
        ("  - say: Hello\n    next: bye\n", "  - id: bye\n    say: Cancelled.\n", []),
        ("  - say: Hello\n  - stop:\n", "  - id: bye\n    say: Cancelled.\n", []),
        ("  - say: Hello\n", "  - id: bye\n    ask: {text: Really?, type: yes_no, store: context.x}\n"
         "  - say: '{{ context.x }}'\n", []),
        ("  - if: input.text\n    then: bye\n  - say: Hello\n", "  - id: bye\n    say: Bye.\n", []),
        ("", "  - id: bye\n    say: Cancelled.\n", []),
        ("  - say: Hello\n  - set: {context.a: 1}\n", "  - id: bye\n    say: Cancelled.\n",
         ["6:5 falls-into-entry"]),
        ("  - say: Hello\n", "  - id: bye\n    unset: context.a\n  - say: Cancelled.\n",
         ["5:5 falls-into-entry"]),
        ("  - say: Hello\n", "  - id: bye\n    say: What can I do for you?\n", []),
        ("  - say: Hello\n", "  - id: bye\n    say: {text: Choose., quick_replies: [a, b]}\n", []),
        ("  - set: {context.a: 1}\n", "  - id: bye\n    say: Cancelled.\n", []),
    ],
)  # fmt: skip
def test_a_forgotten_stop(tmp_path: Path, above: str, entry: str, found: list[str]) -> None:
    """Before the entry of an intent that says its word to everybody; not where the way leads there."""
    assert [problem.partition(" put")[0] for problem in told(tmp_path, above + entry, CANCEL)] == found


REQUEST = "  - http_request: {url: 'https://a.example', store: context.x}\n"
OK = "  - if: context.x.status == 200\n    then: []\n"


@pytest.mark.parametrize(
    ("nodes", "found"),
    [
        (REQUEST + OK, ["body-only"]),
        (REQUEST + "  - if: 404 != context.x.status_code\n    then: []\n", ["body-only"]),
        (REQUEST + "  - if: context.x.status == 'paid'\n    then: []\n", []),
        (REQUEST + "  - if: context.x.status == 1\n    then: []\n", []),
        (
            REQUEST.replace("store:", "store_response:") + "  - if: context.x.status == 200\n    then: []\n",
            [],
        ),
        (
            REQUEST + "  - set: {context.x: {status: 200}}\n  - if: context.x.status == 200\n    then: []\n",
            [],
        ),
    ],
)
def test_the_status_of_a_body(tmp_path: Path, nodes: str, found: list[str]) -> None:
    """``store`` keeps the body alone."""
    assert [problem.code for problem in problems(tmp_path, nodes)] == found


# -- cures ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("nodes", "hint"),
    [
        ("  - if: input.text\n    then: []\n  - else: []\n",
         '"else" is a branch: indent it under its node, beside "if", without "- "'),
        ("  - say: Hello\n    else: []\n", "its only branch is on_error"),
        ("  - if: input.text\n    on_success: []\n", "its branches are then, else, on_error"),
        ("  - if: input.text\n    then: 'goto: x'\n", "write {goto: x} without quotes around it"),
        ("  - if: input.text\n    then: Very good!\n",
         'a branch is an id, or nodes: to say this write {say: "Very good!"}'),
        ("  - goto: other\n", 'to leave for the flow "other" write goto: other/'),
        ("  - if: input.text\n    then: other\n", 'to leave for the flow "other" write goto: other/'),
    ],
)  # fmt: skip
def test_what_to_write_instead(tmp_path: Path, nodes: str, hint: str) -> None:
    """The hint of what was an error without a cure."""
    found = problems(tmp_path, nodes, other="  - say: hi\n")
    assert hint in [problem.hint for problem in found], found


def test_an_answer_is_no_list_to_append_to(tmp_path: Path) -> None:
    """Unless something else makes one of it."""
    nodes = ask() + "  - append: {context.q: x}\n"
    assert [found.partition(" ")[0] for found in told(tmp_path, nodes)] == ["6:14"]
    emptied = nodes.replace("  - append", "  - set: {context.q: []}\n  - append")
    assert problems(tmp_path, emptied) == []


def test_a_ladder_beside_the_timeout_of_all_questions(tmp_path: Path) -> None:
    """The reminders of one question have times of their own; the timeout is for the others."""
    settings = "settings: {questions: {timeout: 10m, on_timeout: [{say: Well?}]}}\n"
    ladder = ask().replace("\n  - say", "\n    on_timeout: [{after: 1h, do: [{say: Still there?}]}]\n  - say")
    assert problems(tmp_path, ladder, settings) == []
