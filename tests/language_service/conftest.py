"""A small project with everything that has a name, and a cursor to put into its files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flowhook.language_service.service import LanguageService
from flowhook.language_service.workspace import Workspace

CONFIG = """\
# the shop
vars: {shop_name: Mario}
connections:
  crm: {base_url: "https://crm.example"}   # customers
endpoints:
  - name: pizza
    token: 0123456789abcdef0123456789abcdef
    flow: pizza
"""
PIZZA = """\
flow: pizza
description: Takes an order.
context: {quantity: 1}
intents:
  order:
    examples: [I want a pizza, "one {topping} please"]
    entry: ask_size
  cancel: {rules: ["input.text == 'stop'"], entry: bye}
slots:
  topping: {values: {salami: [pepperoni]}}
states:
  paying: {allow: [cancel]}
attach: [smalltalk]
nodes:
  - id: hello
    say: "Hi from {{ vars.shop_name }}"   # greets
  - id: ask_size
    ask: {text: "Which size?", type: choice, choices: [small, large], attempts: 3, store: context.size}
    on_fail: bye
    on_intent:
      cancel: bye
  - id: price
    http_request: {connection: crm, url: /price, store: context.order.price}
    on_error: bye
  - if: context.order.price > 10
    then:
      - say: "{{ context.order.price }} euro for {{ context.size }}"
  - goto: smalltalk/
  - id: bye
    say: Bye.
"""
SMALLTALK = """\
flow: smalltalk
intents:
  thanks: {examples: [thank you, thanks a lot], reply: You are welcome.}
nodes:
  - id: chat
    ask: How are you?
  - goto: pizza/ask_size
"""
TESTS = """\
flow: pizza
tests:
  - name: asks
    start: {node: ask_size}
    steps:
      - user: hello
      - expect: {node: pizza/ask_size, intent: order, path: [ask_size]}
"""


def write_project(folder: Path) -> Path:
    """Write the project into an empty folder."""
    (folder / "flows").mkdir()
    (folder / "config.yaml").write_text(CONFIG)
    (folder / "flows/pizza.yaml").write_text(PIZZA)
    (folder / "flows/smalltalk.yaml").write_text(SMALLTALK)
    (folder / "flows/pizza.test.yaml").write_text(TESTS)
    return folder


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The folder of the project."""
    return write_project(tmp_path)


@pytest.fixture
def service(project: Path) -> Iterator[LanguageService]:
    """The service for it."""
    workspace = Workspace(project / "config.yaml", {})
    yield LanguageService(workspace)
    workspace.close()


Put = Callable[[str, str], tuple[Path, int, int]]


@pytest.fixture
def put(project: Path, service: LanguageService) -> Put:
    """Open a text in a file, and return where its cursor ``¦`` stands."""

    def at(name: str, text: str) -> tuple[Path, int, int]:
        offset = text.index("¦")
        path = project / name
        service.workspace.update(path, text.replace("¦", "", 1))
        return path, text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1

    return at


@pytest.fixture
def find(project: Path) -> Callable[[str, str], tuple[Path, int, int]]:
    """Return where a piece of a file on disk begins; of ``a¦b`` the place of the bar."""

    def at(name: str, piece: str) -> tuple[Path, int, int]:
        text = (project / name).read_text()
        bar = max(piece.find("¦"), 0)
        offset = text.index(piece.replace("¦", "")) + bar
        return project / name, text.count("\n", 0, offset) + 1, offset - (text.rfind("\n", 0, offset) + 1) + 1

    return at
