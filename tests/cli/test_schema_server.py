"""``flowhook schema`` in a real YAML language server: what authors see in their editors.

The server is the npm package that VS Code, Neovim, Helix and Emacs use; the first run on a machine
fetches it from the registry.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent

import pytest
from click.testing import CliRunner

from flowhook.cli import cli

from .yaml_server import NotHere, YamlServer, installed, yaml_server

MODELINE = "# yaml-language-server: $schema=../flow.schema.json\n"
PLUGIN = '''"""Brings a node."""
from flowhook import BaseModel, Field, Node, hookimpl

class Contact(BaseModel):
    model_config = {"extra": "forbid"}
    phone: str = Field(description="the number to call")

class CrmLookup(Node):
    """Finds a customer by phone number."""
    key = "crm_lookup"
    main = "phone"
    branches = ("found", "missing")
    phone: str = Field(description="the number to look for")
    archive: bool = Field(False, description="looks among former customers, too")
    contacts: list[Contact] = Field(default_factory=list, description="who else may be asked")

    async def run(self, turn):
        return "missing"

@hookimpl
def register_nodes():
    return [CrmLookup]
'''


class Editor:
    """A project in an editor: write a flow, and see what the server says of it."""

    def __init__(self, server: YamlServer, root: Path) -> None:
        self.server = server
        self.root = root
        self.flow = root / "flows" / "shop.yaml"
        self._opened = 0

    def write(self, text: str, head: str = MODELINE) -> list[str]:
        """A flow; what is underlined in it, with lines counted below the modeline."""
        self._opened += 1
        self.flow = self.root / "flows" / f"shop{self._opened}.yaml"
        body = dedent(text)[1:] if text.startswith("\n") else text  # dedent would empty lines of blanks
        self.flow.write_text(head + body, "utf-8")
        return self.server.open(self.flow)

    def offers(self, before: str) -> set[str]:
        """What is offered where the cursor stands behind a text."""
        return set(self.server.completions(self.flow, before))

    def hover(self, before: str) -> str:
        """What is shown over the word that begins behind a text."""
        return self.server.hover(self.flow, before)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a plugin's node, and its schema as the command prints it."""
    root = tmp_path_factory.mktemp("project")
    for name in ("flows", "plugins"):
        (root / name).mkdir()
    (root / "plugins" / "crm.py").write_text(PLUGIN, "utf-8")
    (root / "flows" / "shop.yaml").write_text("flow: shop\nnodes: [{stop: }]\n", "utf-8")
    (root / "config.yaml").write_text("plugins: {directory: plugins}\n", "utf-8")
    done = CliRunner().invoke(cli, ["schema", "--config", str(root / "config.yaml")])
    assert done.exit_code == 0, done.output
    (root / "flow.schema.json").write_text(done.stdout, "utf-8")
    return root


@pytest.fixture(scope="module")
def editor(project: Path) -> Iterator[Editor]:
    """An editor that finds the schema through the first line of a flow."""
    try:
        script = installed()
    except NotHere as reason:
        pytest.skip(f"the YAML language server is not here: {reason}")
    with yaml_server(script, project) as server:
        yield Editor(server, project)


def test_a_good_flow_has_no_mark(editor: Editor) -> None:
    """Intents, slots, texts by locale, branches and the node of a plugin: nothing is underlined."""
    assert (
        editor.write("""
        flow: shop
        locales: [en, de]
        intents:
          opening:
            examples: {en: [when are you open], de: [wann habt ihr auf]}
            reply: {en: At noon., de: Mittags.}
          order: {rules: ["input.text == 'order'"], entry: size}
        slots:
          topping: {values: {pepperoni: [salami], mushroom: }}
        states: {paying: {allow: [order]}}
        nodes:
          - id: size
            ask:
              text: {en: "Which size?", de: "Welche Größe?"}
              type: choice
              choices: [small, {value: large, synonyms: [big]}]
            on_intent: {opening: []}
          - crm_lookup: "{{ profile.phone }}"
            found: {say: {en: Hello, de: Hallo}}
            missing: size
          - say: 12:30
          - stop:
    """)
        == []
    )


SHIPPED = sorted((Path(__file__).parents[2] / "flows").glob("*.yaml"))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.name)
def test_the_shipped_flows_and_tests_have_no_mark(editor: Editor, path: Path) -> None:
    """What authors copy from looks right in their editors."""
    head = MODELINE
    if path.name.endswith(".test.yaml"):
        schema = CliRunner().invoke(cli, ["schema", "--test-schema"]).stdout
        (editor.root / "test.schema.json").write_text(schema, "utf-8")
        head = MODELINE.replace("flow.schema", "test.schema")
    assert editor.write(path.read_text("utf-8"), head) == []


def test_keys_of_a_flow_are_offered(editor: Editor) -> None:
    """At the margin, those that the flow has not."""
    editor.write("flow: shop\n\nnodes: [{stop: }]\n")
    offered = editor.offers("flow: shop\n")
    assert {
        "intents",
        "slots",
        "states",
        "attach",
        "locales",
        "reject",
        "settings",
        "context",
        "moved",
    } <= offered
    assert not {"flow", "nodes", "say"} & offered


def test_nodes_are_offered_with_those_of_plugins(editor: Editor) -> None:
    """In the list of nodes: each type, and what may stand beside it."""
    editor.write("flow: shop\nnodes:\n  - \n")
    offered = editor.offers("\n  - ")
    assert {"say", "ask", "switch", "http_request", "crm_lookup", "id", "next", "on_error"} <= offered
    assert not {"intents", "then", "phone"} & offered


def test_settings_of_a_plugins_node_are_offered(editor: Editor) -> None:
    """Inside of it its settings, beside it its branches, under a setting what the plugin's class has."""
    editor.write("flow: shop\nnodes:\n  - crm_lookup:\n      phone: '1'\n      \n    \n")
    assert editor.offers("phone: '1'\n      ") == {"archive", "contacts"}
    assert {"found", "missing", "id"} <= editor.offers("phone: '1'\n      \n    ")
    editor.write("flow: shop\nnodes:\n  - crm_lookup:\n      contacts:\n        - \n")
    assert editor.offers("        - ") == {"phone", "Contact"}


def test_settings_of_intents_and_flows_are_offered(editor: Editor) -> None:
    """Keys of an intent, and the values of a setting that has few."""
    editor.write(
        "flow: shop\nsettings:\n  digressions: \nintents:\n  order:\n    examples: [a, b]\n    \nnodes: []\n"
    )
    assert {"rules", "entry", "reply", "confirm", "parent"} <= editor.offers("[a, b]\n    ")
    assert editor.offers("digressions: ") == {"reask", "silent", "none"}


def test_words_are_explained(editor: Editor) -> None:
    """Hovering shows the docstring of a node, the description of a setting, an example."""
    editor.write("""
        flow: shop
        intents: {order: {examples: [a, b, c]}}
        nodes:
          - wait: 10m
            id: pause
          - crm_lookup:
              phone: "1"
    """)
    assert "Finds a customer by phone number." in editor.hover("  - crm_")
    assert "the number to look for" in editor.hover("      pho")
    assert "What users may mean" in editor.hover("int")
    assert "sentences that users say" in editor.hover("{exam")
    assert "```yaml\n- id: pause\n  wait: 10m" in editor.hover("  - wa")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nods: []\nnodes: []", "3:1 Property nods is not allowed."),
        ("nodes:\n  - sya: Hello", "4:5 Property sya is not allowed."),
        ("nodes:\n  - say:\n      tetx: Hello", "5:7 Property tetx is not allowed."),
        ("nodes:\n  - crm_lookup:\n      phone: '1'\n      archiv: true", "6:7 Property archiv is not "),
        ("nodes:\n  - crm_lookup: {phone: '1', archive: perhaps}", "4:39 Incorrect type. Expected "),
        ("nodes:\n  - crm_lookup: {phone: '1', contacts: [{phoen: ''}]}", "4:42 Property phoen is not "),
        ("nodes:\n  - crm_lookup: {archive: true}", '4:5 Missing property "phone".'),
        ("nodes:\n  - say: Hello\n    thn: []", "5:5 Property thn is not allowed."),
        ("nodes: []\nintents: {order: {exampels: [a]}}", "4:19 Property exampels is not allowed."),
        ("nodes: []\nslots: {size: {type: nummber}}", "4:22 Value is not accepted. Valid values: "),
        ("nodes: []\nsettings: {confidence: 3}", "4:24 Value is above the maximum of 1."),
    ],
)  # fmt: skip
def test_mistakes_are_underlined_where_they_are(editor: Editor, text: str, said: str) -> None:
    """A misspelt key is marked at the key, a wrong value at the value, each with a sentence."""
    problems = editor.write(f"flow: shop\n{text}\n")
    assert any(problem.startswith(said) for problem in problems), problems


def test_the_schema_may_come_from_the_editors_settings(editor: Editor, project: Path) -> None:
    """Without a line in the flow: the settings name the files."""
    schemas = {(project / "flow.schema.json").as_uri(): "flows/*.yaml"}
    with yaml_server(installed(), project, {"schemas": schemas}) as server:
        flow = project / "flows" / "plain.yaml"
        flow.write_text("flow: plain\nnodes:\n  - crm_lookup: {phoen: '1'}\n", "utf-8")
        problems = server.open(flow)
    assert "3:18 Property phoen is not allowed." in problems, problems


def test_the_schema_is_small_enough_to_be_read_at_once(project: Path) -> None:
    """Editors read it anew for each file."""
    text = (project / "flow.schema.json").read_text("utf-8")
    assert len(json.dumps(json.loads(text))) < 1_000_000
