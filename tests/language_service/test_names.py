"""Where names are defined and used, what they mean, and what renaming changes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from flowhook.errors import FlowhookError
from flowhook.language_service.service import LanguageService
from flowhook.language_service.text import apply_edits
from tests.language_service.conftest import CONFIG, PIZZA, SMALLTALK, TESTS, Put

Find = Callable[[str, str], tuple[Path, int, int]]


@pytest.mark.parametrize(
    ("file", "piece", "defined"),
    [
        ("flows/pizza.yaml", "on_fail: ¦bye", [("pizza.yaml", 29)]),
        ("flows/pizza.yaml", "entry: ¦ask_size", [("pizza.yaml", 17)]),
        ("flows/pizza.yaml", "goto: ¦smalltalk/", [("smalltalk.yaml", 1)]),
        ("flows/smalltalk.yaml", "pizza/¦ask_size", [("pizza.yaml", 17)]),
        ("flows/smalltalk.yaml", "goto: ¦pizza/", [("pizza.yaml", 1)]),
        ("flows/pizza.yaml", "attach: [¦smalltalk]", [("smalltalk.yaml", 1)]),
        ("flows/pizza.yaml", "      ¦cancel: bye", [("pizza.yaml", 8)]),
        ("flows/pizza.yaml", "allow: [¦cancel]", [("pizza.yaml", 8)]),
        ("flows/pizza.yaml", "one {¦topping}", [("pizza.yaml", 10)]),
        ("flows/pizza.yaml", "connection: ¦crm", [("config.yaml", 4)]),
        ("flows/pizza.yaml", "vars.¦shop_name", [("config.yaml", 2)]),
        ("flows/pizza.yaml", "{{ context.¦size", [("pizza.yaml", 18)]),
        ("flows/pizza.yaml", "if: context.¦order", [("pizza.yaml", 23)]),
        ("config.yaml", "flow: ¦pizza", [("pizza.yaml", 1)]),
        ("flows/pizza.test.yaml", "start: {node: ¦ask_size", [("pizza.yaml", 17)]),
        ("flows/pizza.test.yaml", "intent: ¦order", [("pizza.yaml", 5)]),
        ("flows/pizza.yaml", "say: ¦Bye.", []),
    ],
)
def test_definitions(
    service: LanguageService, find: Find, file: str, piece: str, defined: list[tuple[str, int]]
) -> None:
    """A name leads to the place where it is defined, in whichever file."""
    found = service.definition(*find(file, piece))
    assert [(one.path.name, one.range.line) for one in found] == defined


def test_references(service: LanguageService, find: Find) -> None:
    """All places at which a node is named: branches, entries, jumps of other flows, tests."""
    found = service.references(*find("flows/pizza.yaml", "id: ¦ask_size"), with_definitions=False)
    places = [(one.path.name, one.range.line, one.range.column) for one in found]
    assert sorted(places) == [
        ("pizza.test.yaml", 4, 19),
        ("pizza.test.yaml", 7, 30),
        ("pizza.test.yaml", 7, 62),
        ("pizza.yaml", 7, 12),
        ("smalltalk.yaml", 7, 17),
    ]


@pytest.mark.parametrize(
    ("piece", "told"),
    [
        ("on_fail: ¦bye", ["**bye**: node of the flow pizza", "say: Bye.", "used 4 times"]),
        ("goto: ¦smalltalk/", ["**smalltalk**: flow"]),
        ("if: context.¦order", ["**context.order.price**: variable", "set in pizza.yaml:23"]),
        ("connection: ¦crm", ["**crm**: connection", "https://crm.example"]),
        ("      ¦cancel: bye", ["**cancel**: intent", "defined in pizza.yaml:8"]),
        ("¦on_fail: bye", ["**on_fail**"]),
        ("    ¦ask: {text", ["**ask**"]),
        ("¦store: context.size", ["**store**"]),
        ("¦intents:", ["**intents**", "What users may mean"]),
    ],
)
def test_hover(service: LanguageService, find: Find, piece: str, told: list[str]) -> None:
    """A word tells what it is: a name by its definition and uses, a key by its documentation."""
    found = service.hover(*find("flows/pizza.yaml", piece))
    assert found is not None
    for text in told:
        assert text in found.text


def test_a_problem_tells_its_page(service: LanguageService, put: Put) -> None:
    """On a word with a problem the page of the problem is shown, too."""
    found = service.hover(*put("flows/pizza.yaml", PIZZA.replace("on_fail: bye", "on_fail: b¦ey")))
    assert found is not None
    assert "unknown-node" in found.text


def renamed(service: LanguageService, place: tuple[Path, int, int], new: str) -> dict[str, str]:
    """The texts of the files that renaming changes."""
    edits = service.rename(*place, new)
    return {path.name: apply_edits(service.workspace.text(path), found) for path, found in edits.items()}


def test_a_node_is_renamed_everywhere(service: LanguageService, find: Find, project: Path) -> None:
    """Every mention changes, sessions find their way by ``moved:``, and not a byte elsewhere."""
    texts = renamed(service, find("flows/smalltalk.yaml", "pizza/¦ask_size"), "which_size")
    assert texts == {
        "pizza.yaml": PIZZA.replace("ask_size", "which_size").replace(
            "nodes:\n", "moved: {ask_size: which_size}\nnodes:\n"
        ),
        "smalltalk.yaml": SMALLTALK.replace("ask_size", "which_size"),
        "pizza.test.yaml": TESTS.replace("ask_size", "which_size"),
    }
    for name, text in texts.items():
        (project / "flows" / name).write_text(text)
    service.workspace.reload()
    assert not any(service.diagnose().values())


@pytest.mark.parametrize(
    ("written", "changed"),
    [
        ("moved: {a: bye}\n", "moved: {hello: hi, a: bye}\n"),
        ("moved:\n  a: bye   # old\n", "moved:\n  hello: hi\n  a: bye   # old\n"),
        ("moved: {}\n", "moved: {hello: hi}\n"),
        ("moved:\n", "moved: {hello: hi}\n"),
    ],
)
def test_what_moved_already_stays(service: LanguageService, put: Put, written: str, changed: str) -> None:
    """The line is added to those that stand under ``moved:``, however they are written."""
    text = PIZZA.replace("nodes:\n", written + "nodes:\n")
    place = put("flows/pizza.yaml", text.replace("id: hello", "id: ¦hello"))
    expected = text.replace(written, changed).replace("id: hello", "id: hi")
    assert renamed(service, place, "hi")["pizza.yaml"] == expected


@pytest.mark.parametrize(
    ("file", "piece", "new", "files"),
    [
        ("flows/pizza.yaml", "allow: [¦cancel]", "stop it", {"pizza.yaml"}),
        ("flows/pizza.yaml", "one {¦topping}", "extra", {"pizza.yaml"}),
        ("flows/pizza.yaml", "{{ context.¦size", "size_of_it", {"pizza.yaml"}),
        ("flows/pizza.yaml", "goto: ¦smalltalk/", "chatter", {"pizza.yaml", "smalltalk.yaml"}),
        ("config.yaml", "vars: {¦shop_name", "shop", {"pizza.yaml", "config.yaml"}),
        ("flows/pizza.yaml", "  ¦paying:", "at_till", {"pizza.yaml"}),
    ],
)
def test_other_names_are_renamed(
    service: LanguageService, find: Find, project: Path, file: str, piece: str, new: str, files: set[str]
) -> None:
    """Intents, slots, states, flows, variables and vars change in all files, and the project stays sound."""
    old = piece.partition("¦")[2].strip("]}:/")
    gone = re.escape("context.size" if old == "size" else old)
    texts = renamed(service, find(file, piece), new)
    assert set(texts) == files
    for name, text in texts.items():
        path = project / name if name == "config.yaml" else project / "flows" / name
        path.write_text(text)
        assert new in text
        assert not re.search(rf"(?<!_){gone}\b", text.replace(new, ""))
    service.workspace.reload()
    errors = [one for found in service.diagnose().values() for one in found if one.severity == "error"]
    assert not errors


@pytest.mark.parametrize(
    ("piece", "new", "why"),
    [
        ("on_fail: ¦bye", "good bye", "letters, digits"),
        ("on_fail: ¦bye", "hello", "taken in pizza.yaml, line 15"),
        ("say: ¦Bye.", "x", "no name here"),
        ("connection: ¦crm", "x", "no name here"),
    ],
)
def test_what_cannot_be_renamed(service: LanguageService, find: Find, piece: str, new: str, why: str) -> None:
    """A name that cannot be one, or is taken, is refused in a sentence."""
    with pytest.raises(FlowhookError, match=why):
        service.rename(*find("flows/pizza.yaml", piece), new)


def test_a_file_that_cannot_be_read_keeps_its_names(service: LanguageService, put: Put, find: Find) -> None:
    """While a line is being written the names of its file stay known to the others."""
    service.diagnose()
    put("flows/pizza.yaml", PIZZA + "  - say: [¦")
    found = service.definition(*find("flows/smalltalk.yaml", "pizza/¦ask_size"))
    assert [(one.path.name, one.range.line) for one in found] == [("pizza.yaml", 17)]


def test_outline(service: LanguageService, find: Find) -> None:
    """The parts of a flow, with branches and where they lead."""
    path, *_ = find("flows/pizza.yaml", "flow")
    sections = {item.name: item for item in service.outline(path)}
    assert [item.name for item in sections["intents"].children] == ["order", "cancel"]
    nodes = sections["nodes"].children
    assert [item.name for item in nodes] == ["hello", "ask_size", "price", "if: context.order.price > 10",
                                             "goto: smalltalk/", "bye"]  # fmt: skip
    assert [(item.name, item.detail) for item in nodes[1].children] == [
        ("on_fail", "→ bye"), ("cancel", "→ bye"),
    ]  # fmt: skip
    assert nodes[3].children[0].children[0].name.startswith("say: ")
    path, *_ = find("config.yaml", "vars")
    assert [item.name for item in service.outline(path)] == ["vars", "connections", "endpoints"]
    assert CONFIG.splitlines()[5].endswith(service.outline(path)[2].children[0].name)
