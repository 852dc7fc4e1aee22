"""``flowhook lsp`` as an editor sees it: a process of its own, and a client that is not ours."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
import pytest_asyncio
from lsprotocol import types
from pygls.exceptions import JsonRpcException
from pygls.lsp.client import LanguageClient

from tests.language_service.conftest import CONFIG, PIZZA, SMALLTALK, TESTS
from tests.machine import PATIENCE

WAVE = """\
from flowhook import Node, Text, hookimpl


class Wave(Node):
    \"\"\"Wave.\"\"\"

    key = "wave"
    main = "text"
    text: Text

    async def run(self, turn):
        turn.say(self.text)


@hookimpl
def register_nodes():
    return [Wave]
"""


class Editor:
    """What an editor does with a language server."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.client = LanguageClient("test", "1")
        self.told: dict[str, list[types.Diagnostic]] = {}
        self.news = asyncio.Event()
        self.version = 1

        @self.client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def publish(params: types.PublishDiagnosticsParams) -> None:
            self.told[Path(params.uri.removeprefix("file://")).name] = list(params.diagnostics)
            self.news.set()

        @self.client.feature(types.CLIENT_REGISTER_CAPABILITY)
        def register(params: types.RegistrationParams) -> None:
            self.watched = [one.method for one in params.registrations]

    async def start(self) -> types.InitializeResult:
        """Start the server and open the folder."""
        await self.client.start_io(sys.executable, "-m", "flowhook", "lsp", cwd=self.root)
        watching = types.DidChangeWatchedFilesClientCapabilities(dynamic_registration=True)
        capabilities = types.ClientCapabilities(
            workspace=types.WorkspaceClientCapabilities(did_change_watched_files=watching)
        )
        uri = self.root.as_uri()
        folders = [types.WorkspaceFolder(uri, "shop")]
        started = await self.client.initialize_async(
            types.InitializeParams(capabilities, root_uri=uri, workspace_folders=folders)
        )
        self.client.initialized(types.InitializedParams())
        return started

    def document(self, name: str = "pizza.yaml") -> types.TextDocumentIdentifier:
        """Name a flow file."""
        return types.TextDocumentIdentifier((self.root / "flows" / name).as_uri())

    def open(self, text: str) -> None:
        """Open the flow with a text."""
        item = types.TextDocumentItem(self.document().uri, "yaml", self.version, text)
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(item))

    def type(self, line: int, column: int, text: str, over: int = 0) -> None:
        """Change a piece of a line, as keys do."""
        self.version += 1
        place = types.Range(types.Position(line, column), types.Position(line, column + over))
        change = types.TextDocumentContentChangePartial(place, text)
        document = types.VersionedTextDocumentIdentifier(self.version, self.document().uri)
        self.client.text_document_did_change(types.DidChangeTextDocumentParams(document, [change]))

    async def until(self, holds: Callable[[], bool]) -> None:
        """Wait until the problems that were told are so."""
        async with asyncio.timeout(PATIENCE):
            while not holds():
                self.news.clear()
                await self.news.wait()


@pytest_asyncio.fixture
async def editor(tmp_path: Path) -> AsyncIterator[Editor]:
    """An editor with the folder of a project open."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "config.yaml").write_text(CONFIG)
    for name, text in (("pizza.yaml", PIZZA), ("smalltalk.yaml", SMALLTALK), ("pizza.test.yaml", TESTS)):
        (tmp_path / "flows" / name).write_text(text)
    editor = Editor(tmp_path)
    yield editor
    async with asyncio.timeout(PATIENCE):
        await editor.client.shutdown_async(None)
        editor.client.exit(None)
        await editor.client.stop()


def line_of(text: str, piece: str) -> tuple[int, int]:
    """Line and column, from 0, at which a piece begins."""
    offset = text.index(piece)
    return text.count("\n", 0, offset), offset - (text.rfind("\n", 0, offset) + 1)


@pytest.mark.asyncio
async def test_an_editor_is_served(editor: Editor) -> None:
    """Problems come and go while one types; everything that an editor asks is answered."""
    started = await editor.start()
    assert started.server_info is not None
    assert started.server_info.name == "flowhook"
    editor.open(PIZZA)

    # a name is misspelt, behind a character that takes two units
    line, column = line_of(PIZZA, "Hi from")
    editor.type(line, column, "🙂 ")
    line, column = line_of(PIZZA, "bye\n    on_intent")
    editor.type(line, column, "bey", over=3)
    await editor.until(lambda: bool(editor.told.get("pizza.yaml")))
    (problem,) = editor.told["pizza.yaml"]
    assert problem.code == "unknown-node"
    assert 'did you mean "bye"?' in problem.message
    assert (problem.range.start.line, problem.range.start.character) == (line, column)
    assert problem.code_description is not None
    page = Path(problem.code_description.href.removeprefix("file://"))
    assert page.read_text().startswith("# unknown-node")  # noqa: ASYNC240 - a test may wait

    # the fix is offered, and made
    fixes = await editor.client.text_document_code_action_async(
        types.CodeActionParams(editor.document(), problem.range, types.CodeActionContext([problem]))
    )
    assert fixes is not None
    fix = fixes[0]
    assert isinstance(fix, types.CodeAction)
    assert fix.title == 'change "bey" to "bye"'
    assert fix.edit is not None
    assert fix.edit.changes is not None
    (edit,) = fix.edit.changes[editor.document().uri]
    editor.type(edit.range.start.line, edit.range.start.character, edit.new_text, over=3)
    await editor.until(lambda: editor.told["pizza.yaml"] == [])

    # completion behind the smile
    line, column = line_of(PIZZA, "shop_name }}")
    place = types.Position(line, column + 3)
    items = await editor.client.text_document_completion_async(
        types.CompletionParams(editor.document(), place)
    )
    assert isinstance(items, list)
    (item,) = [one for one in items if one.label == "shop_name"]
    assert isinstance(item.text_edit, types.TextEdit)
    assert item.text_edit.range == types.Range(
        types.Position(line, column + 3), types.Position(line, column + 3 + len("shop_name"))
    )

    # meaning, definition, references
    line, column = line_of(PIZZA, "bye\n    on_intent")
    place = types.Position(line, column)
    hover = await editor.client.text_document_hover_async(types.HoverParams(editor.document(), place))
    assert hover is not None
    assert isinstance(hover.contents, types.MarkupContent)
    assert "node of the flow pizza" in hover.contents.value
    where = await editor.client.text_document_definition_async(
        types.DefinitionParams(editor.document(), place)
    )
    assert isinstance(where, list)
    assert [one.range.start.line for one in where if isinstance(one, types.Location)] == [28]
    used = await editor.client.text_document_references_async(
        types.ReferenceParams(types.ReferenceContext(False), editor.document(), place)
    )
    assert used is not None
    assert len(used) == 4

    # renaming, in three files; what cannot be is said
    line, column = line_of(PIZZA, "ask_size\n    ask")
    place = types.Position(line, column)
    renamed = await editor.client.text_document_rename_async(
        types.RenameParams(editor.document(), place, "which")
    )
    assert renamed is not None
    assert renamed.changes is not None
    assert sorted(Path(uri).name for uri in renamed.changes) == [
        "pizza.test.yaml", "pizza.yaml", "smalltalk.yaml",
    ]  # fmt: skip
    with pytest.raises(JsonRpcException, match=r"taken in pizza\.yaml, line 15"):
        await editor.client.text_document_rename_async(types.RenameParams(editor.document(), place, "hello"))

    outline = await editor.client.text_document_document_symbol_async(
        types.DocumentSymbolParams(editor.document())
    )
    assert outline is not None
    assert [one.name for one in outline] == ["intents", "slots", "states", "nodes"]


@pytest.mark.asyncio
async def test_what_changes_on_disk_is_read_again(editor: Editor) -> None:
    """The editor is asked to watch the files, and what it reports is read: flows, config.yaml, plugins."""
    await editor.start()
    editor.open(PIZZA.replace("- id: bye\n    say: Bye.", "- id: bye\n    wave: Bye."))
    await editor.until(lambda: bool(editor.told.get("pizza.yaml")))
    assert editor.watched == ["workspace/didChangeWatchedFiles"]
    assert editor.told["pizza.yaml"][0].code == "unknown-node-type"
    plugin = editor.root / "plugins/waving.py"
    plugin.parent.mkdir()
    plugin.write_text(WAVE)
    change = types.FileEvent(plugin.as_uri(), types.FileChangeType.Created)
    editor.client.workspace_did_change_watched_files(types.DidChangeWatchedFilesParams([change]))
    await editor.until(lambda: editor.told["pizza.yaml"] == [])
