"""The language server: pygls speaks the protocol, the language service knows the answers.

Problems are told a moment after the last key, because all flows are checked against each other; everything
else is answered at once, from the files as they are read last.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams
from pygls.lsp.server import LanguageServer

from flowhook.cli.lsp.convert import Converter, path_of, uri_of, workspace_edit
from flowhook.errors import FlowhookError
from flowhook.language_service.navigation import Location
from flowhook.language_service.service import LanguageService
from flowhook.language_service.workspace import Workspace
from flowhook.model.log_action import LogAction
from flowhook.problems.pages import problem_page
from flowhook.shipped import shipped_dir
from flowhook.version import __version__

log = logging.getLogger(__name__)

PAUSE = 0.25  #: seconds without a key before the problems are told
_TRIGGERS = (" ", ".", ":", "/", "|", "'", '"', "{", "[", ",", "-")
_WATCHED = ("**/*.yaml", "**/*.yml", "**/*.py")


def create_server(config_path: Path | None = None) -> LanguageServer:
    """Return a server for one project; without a path its configuration is looked for in the folder that the
    editor opens."""
    server = LanguageServer("flowhook", __version__, types.TextDocumentSyncKind.Incremental)
    editor = _Editor(server, config_path)

    @server.feature(types.INITIALIZED)
    async def initialized(_: types.InitializedParams) -> None:
        await editor.open()

    @server.feature(types.SHUTDOWN)
    def shutdown(_: None) -> None:
        editor.close()

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        editor.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        editor.changed(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(params: types.DidCloseTextDocumentParams) -> None:
        editor.closed(params.text_document.uri)

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(params: types.DidChangeWatchedFilesParams) -> None:
        editor.reload(plugins=any(change.uri.endswith(".py") for change in params.changes))

    options = types.CompletionOptions(trigger_characters=list(_TRIGGERS))

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, options)
    def completion(params: types.CompletionParams) -> list[types.CompletionItem]:
        position = editor.place(params.text_document.uri, params.position)
        if position is None:
            return []
        path, line, column = position
        converter = editor.converter(path)
        found = editor.service.complete(path, line, column)
        return [converter.completion(item, order) for order, item in enumerate(found)]

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    def hover(params: types.HoverParams) -> types.Hover | None:
        position = editor.place(params.text_document.uri, params.position)
        found = editor.service.hover(*position) if position is not None else None
        if position is None or found is None:
            return None
        text = types.MarkupContent(types.MarkupKind.Markdown, found.text)
        return types.Hover(text, editor.converter(position[0]).range(found.range))

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(params: types.DefinitionParams) -> list[types.Location]:
        position = editor.place(params.text_document.uri, params.position)
        return [] if position is None else editor.locations(editor.service.definition(*position))

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(params: types.ReferenceParams) -> list[types.Location]:
        position = editor.place(params.text_document.uri, params.position)
        if position is None:
            return []
        also = params.context.include_declaration
        return editor.locations(editor.service.references(*position, with_definitions=also))

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(params: types.PrepareRenameParams) -> types.Range | None:
        position = editor.place(params.text_document.uri, params.position)
        found = editor.service.renamable(*position) if position is not None else None
        return (
            editor.converter(position[0]).range(found) if position is not None and found is not None else None
        )

    @server.feature(types.TEXT_DOCUMENT_RENAME)
    def rename(params: types.RenameParams) -> types.WorkspaceEdit | None:
        position = editor.place(params.text_document.uri, params.position)
        if position is None:
            return None
        try:
            edits = editor.service.rename(*position, params.new_name)
        except FlowhookError as error:
            raise JsonRpcInvalidParams(str(error)) from error
        return workspace_edit(edits, {path: editor.converter(path) for path in edits})

    kinds = types.CodeActionOptions(code_action_kinds=[types.CodeActionKind.QuickFix])

    @server.feature(types.TEXT_DOCUMENT_CODE_ACTION, kinds)
    def code_actions(params: types.CodeActionParams) -> list[types.CodeAction]:
        path = path_of(params.text_document.uri)
        return editor.fixes(path, params.range) if path is not None else []

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        path = path_of(params.text_document.uri)
        if path is None:
            return []
        return editor.converter(path).symbols(editor.service.outline(path))

    return server


class _Editor:
    """What is open in the editor, and the service that knows about it."""

    def __init__(self, server: LanguageServer, config_path: Path | None) -> None:
        self._server = server
        self._config_path = config_path
        self.service = LanguageService(Workspace(config_path or Path("config.yaml")))
        self._waiting: asyncio.TimerHandle | None = None
        self._told: set[Path] = set()

    async def open(self) -> None:
        """Find the project, watch its files where the editor can, and tell its problems."""
        if self._config_path is None:
            root = self._server.workspace.root_path
            self.service.workspace.close()
            self.service = LanguageService(Workspace(Path(root or ".") / "config.yaml"))
            for uri in self._server.workspace.text_documents:
                self._take(uri)
        await self._watch()
        self._tell_soon()

    async def _watch(self) -> None:
        capabilities = self._server.client_capabilities.workspace
        watching = capabilities.did_change_watched_files if capabilities is not None else None
        if watching is None or not watching.dynamic_registration:
            return
        watchers = [types.FileSystemWatcher(glob_pattern=pattern) for pattern in _WATCHED]
        options = types.DidChangeWatchedFilesRegistrationOptions(watchers)
        await self._server.client_register_capability_async(
            types.RegistrationParams(
                [types.Registration("watch", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)]
            )
        )

    def close(self) -> None:
        """End what is under way."""
        if self._waiting is not None:
            self._waiting.cancel()
        self.service.workspace.close()

    # -- what the editor tells ------------------------------------------------------------------------

    def changed(self, uri: str) -> None:
        """Take the text of an open file."""
        self._take(uri)
        self._tell_soon()

    def _take(self, uri: str) -> None:
        path = path_of(uri)
        if path is not None:
            self.service.workspace.update(path, self._server.workspace.get_text_document(uri).source)

    def closed(self, uri: str) -> None:
        """Let the text on disk count again."""
        path = path_of(uri)
        if path is not None:
            self.service.workspace.update(path, None)
            self._tell_soon()

    def reload(self, *, plugins: bool) -> None:
        """Read what changed on disk."""
        self.service.workspace.reload(plugins=plugins)
        self._tell_soon()

    # -- what it is told ------------------------------------------------------------------------------

    def _tell_soon(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.get_running_loop().call_later(PAUSE, self._tell)

    def _tell(self) -> None:
        """Publish the problems of every file; an empty list where there were some before."""
        self._waiting = None
        try:
            problems = self.service.diagnose()
        except Exception:  # a plugin's code may raise anything; the editor goes on
            log.exception("the project cannot be checked", extra={"action": LogAction.CHECK_FAILED})
            return
        for path, found in problems.items():
            if not found and path not in self._told:
                continue
            converter = self.converter(path)
            diagnostics = [converter.diagnostic(problem, _page(problem.code)) for problem in found]
            self._server.text_document_publish_diagnostics(
                types.PublishDiagnosticsParams(uri_of(path), diagnostics)
            )
        for path in self._told - set(problems):
            self._server.text_document_publish_diagnostics(types.PublishDiagnosticsParams(uri_of(path), []))
        self._told = {path for path, found in problems.items() if found}

    def converter(self, path: Path) -> Converter:
        """Return what converts the places of a file."""
        return Converter(self.service.workspace.text(path), self._server.workspace.position_encoding)

    def place(self, uri: str, position: types.Position) -> tuple[Path, int, int] | None:
        """Return file, line and column of a position; None for what is no file."""
        path = path_of(uri)
        if path is None:
            return None
        line, column = self.converter(path).place(position)
        return path, line, column

    def locations(self, found: list[Location]) -> list[types.Location]:
        """Return places as the protocol has them."""
        return [types.Location(uri_of(one.path), self.converter(one.path).range(one.range)) for one in found]

    def fixes(self, path: Path, text_range: types.Range) -> list[types.CodeAction]:
        """Return the cures of the problems on some lines."""
        converter = self.converter(path)
        actions: list[types.CodeAction] = []
        for fix in self.service.fixes(path):
            if text_range.start.line <= fix.problem.line - 1 <= text_range.end.line:
                actions.append(
                    types.CodeAction(
                        title=fix.title,
                        kind=types.CodeActionKind.QuickFix,
                        diagnostics=[converter.diagnostic(fix.problem, _page(fix.problem.code))],
                        is_preferred=fix.safe,
                        edit=workspace_edit({path: fix.edits}, {path: converter}),
                    )
                )
        return actions


def _page(code: str) -> str:
    """Where the page about a code lies; "" when it has none."""
    return (shipped_dir("problems") / f"{code}.md").as_uri() if problem_page(code) else ""
