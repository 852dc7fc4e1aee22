"""What an editor proposes while a line is being written, which can hardly ever be parsed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flowhook.language_service.service import LanguageService
from flowhook.language_service.text import TextEdit, apply_edits
from flowhook.language_service.workspace import Workspace
from tests.language_service.conftest import CONFIG, PIZZA, TESTS, Put, write_project

END = PIZZA + "  "


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all tests here, as none of them writes to it."""
    return write_project(tmp_path_factory.mktemp("editor"))


@pytest.fixture(scope="module")
def workspace(project: Path) -> Iterator[Workspace]:
    """One for all, as it costs a third of a second to know what may be written where."""
    workspace = Workspace(project / "config.yaml", {})
    yield workspace
    workspace.close()


@pytest.fixture
def service(workspace: Workspace, project: Path) -> Iterator[LanguageService]:
    """The service for it; what a test has opened is closed behind it."""
    yield LanguageService(workspace)
    for name in ("config.yaml", "flows/pizza.yaml", "flows/pizza.test.yaml", "notes.yaml"):
        workspace.update(project / name, None)
    workspace.refresh()


#: What is written, and some of what has to be proposed; ``-x``: must not be.
FLOW_CASES = [
    # node ids
    (PIZZA.replace("on_fail: bye", "on_fail: b¦"), ["hello", "ask_size", "price", "bye", "-smalltalk/"]),
    (PIZZA.replace("on_fail: bye", "on_fail: ¦"), ["hello", "bye"]),
    (PIZZA.replace("entry: bye", "entry: ¦"), ["ask_size", "bye"]),
    (PIZZA.replace("      cancel: bye", "      cancel: ¦"), ["ask_size", "bye"]),
    (END + "- say: x\n    next: ¦", ["hello", "bye"]),
    (END + "- {say: x, next: ¦}", ["hello", "bye"]),
    (END + "- goto: ¦", ["hello", "smalltalk/", "pizza/"]),
    (END + "- goto: smalltalk/¦", ["chat", "-hello"]),
    (END + "- goto: {to: ¦}", ["hello", "smalltalk/"]),
    (PIZZA.replace("attach: [smalltalk]", "moved: {old: ¦}"), ["hello", "bye"]),
    # an id in a file that cannot be read
    (END + "- id: fresh\n    say: [\n  - goto: ¦", ["fresh", "hello"]),
    # flows
    (END + "- call: ¦", ["pizza", "smalltalk"]),
    (END + "- call: {flow: ¦}", ["smalltalk"]),
    (PIZZA.replace("attach: [smalltalk]", "attach: [¦]"), ["smalltalk"]),
    # intents, slots, states, connections
    (PIZZA.replace("      cancel: bye", "      ¦"), ["order", "cancel", "thanks"]),
    (PIZZA.replace("{allow: [cancel]}", "{allow: [¦]}"), ["order", "cancel"]),
    (END + "- if: input.intent == ¦", ["order", "cancel"]),
    (END + "- if: input.intent == '¦'", ["order"]),
    (END + "- ask: {text: x, type: slot, slot: ¦}", ["topping"]),
    (END + "- say: '{{ input.slots.¦ }}'", ["topping"]),
    (END + "- state: ¦", ["paying"]),
    (END + "- http_request: {connection: ¦}", ["crm"]),
    (END + "- http_request:\n      connection: c¦", ["crm"]),
    # expressions
    (END + '- say: "Hi {{ ¦', ["input", "context", "vars", "now"]),
    (END + '- say: "Hi {{ vars.¦ }}"', ["shop_name"]),
    (END + '- say: "Hi {{ context.¦', ["size", "quantity", "order"]),
    (END + "- if: context.order.¦", ["price", "-size"]),
    (END + "- if: con¦", ["context"]),
    (END + '- say: "{{ context.size | ¦ }}"', ["upper", "default", "-_read"]),
    (END + "- if: input.¦", ["text", "intent", "slots"]),
    (END + "- say: Hi {{ now.¦", ["hour"]),
    # where a value is kept
    (END + "- ask: {text: x, store: ¦}", ["context", "profile"]),
    (END + "- ask: {text: x, store: context.¦}", ["size", "order"]),
    # keys
    (END + "- ¦", ["say", "ask", "goto", "http_request", "id"]),
    (END + "- as¦", ["ask"]),
    (END + "- say: x\n    ¦", ["next", "on_error", "-then", "-say"]),
    (END + "- if: true\n    th¦", ["then", "else", "-on_fail"]),
    (END + "- ask:\n      ¦", ["text", "type", "store", "reprompt"]),
    (END + "- ask:\n      text: x\n      ¦", ["type", "store", "-text"]),
    (END + "- ask: {text: x, ¦}", ["type", "store", "-text"]),
    (END + "- ask: {text: x, ty¦", ["type"]),
    (END + "- if: true\n    then:\n      - ¦", ["say", "ask"]),
    (PIZZA.replace("context: {quantity: 1}", "set¦"), ["settings", "context", "-nodes"]),
    (PIZZA.replace("attach: [smalltalk]", "settings: {dig¦}"), ["digressions", "loop_limit"]),
    ("flow: pizza\nintents:\n  order:\n    ¦\nnodes: []\n", ["examples", "rules", "entry", "reply"]),
    ("¦", ["flow", "nodes"]),
    # values
    (END + "- ask: {text: x, type: ¦}", ["choice", "yes_no", "number"]),
    (PIZZA.replace("attach: [smalltalk]", "settings: {digressions: ¦}"), ["reask", "silent"]),
    (END + "- say: x\n    disabled: ¦", ["true", "false"]),
]


@pytest.mark.parametrize(("text", "wanted"), FLOW_CASES, ids=range(len(FLOW_CASES)))
def test_what_is_proposed_in_a_flow(service: LanguageService, put: Put, text: str, wanted: list[str]) -> None:
    """Ids, names, paths, keys and values are proposed where they may stand, and not where they may not."""
    labels = [item.label for item in service.complete(*put("flows/pizza.yaml", text))]
    for label in wanted:
        assert (label in labels) is not label.startswith("-"), (label, labels)
        assert label.removeprefix("-") not in labels or not label.startswith("-"), (label, labels)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (TESTS.replace("start: {node: ask_size}", "start: {node: ¦}"), ["ask_size", "bye"]),
        (TESTS.replace("pizza/ask_size", "smalltalk/¦"), ["chat"]),
        (TESTS.replace("intent: order", "intent: ¦"), ["order", "thanks"]),
        (TESTS.replace("path: [ask_size]", "path: [¦]"), ["hello"]),
        (TESTS.replace("flow: pizza", "flow: ¦"), ["pizza", "smalltalk"]),
        (TESTS + "      - ¦", ["user", "bot", "expect", "advance"]),
        (TESTS + "      - expect: {¦}", ["context", "node", "slots"]),
    ],
)
def test_what_is_proposed_in_a_test(service: LanguageService, put: Put, text: str, wanted: list[str]) -> None:
    """Steps, expectations and the names that they may have."""
    labels = [item.label for item in service.complete(*put("flows/pizza.test.yaml", text))]
    assert set(wanted) <= set(labels), labels


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (CONFIG.replace("flow: pizza", "flow: ¦"), ["pizza", "smalltalk"]),
        (CONFIG + "    ¦", ["webhook", "auth", "-token"]),
        (CONFIG + "    auth: ¦", ["none", "api_key"]),
        (CONFIG + "¦", ["storage", "retention"]),
        (CONFIG + "    webhook:\n      ¦", ["url", "user"]),
    ],
)
def test_what_is_proposed_in_the_configuration(
    service: LanguageService, put: Put, text: str, wanted: list[str]
) -> None:
    """Keys, values, and the flows of endpoints."""
    labels = [item.label for item in service.complete(*put("config.yaml", text))]
    for label in wanted:
        assert (label.removeprefix("-") in labels) is not label.startswith("-"), (label, labels)


def test_a_proposal_takes_the_place_of_the_word(service: LanguageService, put: Put) -> None:
    """What is accepted replaces the word under the cursor, whole, and nothing else."""
    text = PIZZA.replace("on_fail: bye", "on_fail: as¦k_si # later")
    place = put("flows/pizza.yaml", text)
    item = next(item for item in service.complete(*place) if item.label == "ask_size")
    changed = apply_edits(text.replace("¦", ""), [TextEdit(item.range, item.text)])
    assert changed == PIZZA.replace("on_fail: bye", "on_fail: ask_size # later")


def test_a_key_brings_its_colon_once(service: LanguageService, put: Put) -> None:
    """A key is written with a colon, unless one stands there."""
    fresh = service.complete(*put("flows/pizza.yaml", END + "- say: x\n    ne¦"))
    assert next(item.text for item in fresh if item.label == "next") == "next: "
    there = service.complete(*put("flows/pizza.yaml", END + "- say: x\n    ne¦: bye"))
    assert next(item.text for item in there if item.label == "next") == "next"


def test_every_cursor_is_answered(service: LanguageService, put: Put) -> None:
    """Wherever the cursor stands, also in a file that ends there, there is an answer and no error."""
    for offset in range(0, len(PIZZA), 11):
        service.complete(*put("flows/pizza.yaml", PIZZA[:offset] + "¦" + PIZZA[offset:]))
        service.complete(*put("flows/pizza.yaml", PIZZA[:offset] + "¦"))


def test_a_file_that_is_none_of_ours(service: LanguageService, put: Put) -> None:
    """In other files nothing is proposed."""
    assert service.complete(*put("notes.yaml", "a: ¦")) == []
