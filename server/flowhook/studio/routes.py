"""The routes of the studio: what stands on rooms above administration, such as the language service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.model.session_ref import SessionRef
from flowhook.studio.coverage import LastCoverage
from flowhook.studio.evaluations import Evaluations
from flowhook.studio.files import FileChange, FlowFiles
from flowhook.studio.forks import add_forks
from flowhook.studio.language import VERBS, LanguageDesk, Question
from flowhook.studio.nlu_routes import add_nlu
from flowhook.studio.rehearsal_routes import add_rehearsals
from flowhook.studio.rehearsals import Rehearsals
from flowhook.studio.tests import record_test, run_tests
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import NO_CHANGE, Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

MAX_TEXT = 200_000  #: characters of a file
MOST_TURNS = 500  #: of a session that becomes a test


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LanguageRequest(_Body):
    """A question about a file; ``text`` is what it holds in the editor, left out: what is on disk."""

    path: str = Field(min_length=1, max_length=1000, description="below the project: flows/pizza.yaml")
    text: str | None = Field(default=None, max_length=MAX_TEXT)
    line: int = Field(default=0, ge=0, le=10**6, description="of the cursor, from 1; 0 for the whole file")
    column: int = Field(default=1, ge=1, le=10**6)
    name: str = Field(default="", max_length=200, description="the new name, to rename")


class FileEdit(_Body):
    """A text for a file. ``sha256`` is that of what was read; null for a new file."""

    path: str = Field(min_length=1, max_length=1000)
    text: str = Field(max_length=MAX_TEXT)
    sha256: str | None = Field(default=None, max_length=64)


class FileEdits(_Body):
    """Edits that take effect together, or not at all."""

    files: list[FileEdit] = Field(min_length=1, max_length=50)


class MergeRequest(_Body):
    """What I made of a file, and what it held when I began."""

    path: str = Field(min_length=1, max_length=1000)
    base: str = Field(max_length=MAX_TEXT, description="as it was read")
    mine: str = Field(max_length=MAX_TEXT, description="as it stands in the editor")


class TestRun(_Body):
    """Which tests: those of a file, those whose name holds a word, or all."""

    path: str | None = Field(default=None, max_length=1000)
    word: str | None = Field(default=None, max_length=200)


class Recording(_Body):
    """Which session becomes a test, and what it is called."""

    endpoint: str = Field(min_length=1, max_length=200)
    userId: str = Field(min_length=1, max_length=256)
    sessionId: str = Field(min_length=1, max_length=256)
    name: str = Field(default="", max_length=200)


class StudioState:
    """What outlives the routes, which are made anew after each reload."""

    def __init__(self, application: Application) -> None:
        self.evaluations = Evaluations(application)
        self.rehearsals = Rehearsals(application.config, application.clock, application.tasks)


def routes_of(
    application: Application, guard: AdminGuard, state: StudioState, *, reloads: bool
) -> AdminRoutes:
    """The routes of ``/api/language``, ``files``, ``tests``, ``nlu`` and ``rehearsals``. ``reloads``: saved
    files take effect, so that ``studio.edit: auto`` lets pages edit."""
    routes = AdminRoutes("studio", "flows", application, guard)
    document = application.config.document
    desk = LanguageDesk(Path(document.file) if document else application.config.root / "config.yaml")
    files = FlowFiles(application, desk, reloads=reloads)
    _add_language(routes, desk)
    _add_files(routes, files)
    _add_tests(routes, desk, files, LastCoverage(application.store.settings, application.clock))
    add_forks(routes)
    add_nlu(routes, files, state.evaluations)
    add_rehearsals(routes, state.rehearsals, desk.root)
    return routes


def _add_language(routes: AdminRoutes, desk: LanguageDesk) -> None:
    async def ask_language(application: Application, request: AdminRequest) -> Any:
        verb, body = request.path["verb"], request.body
        if verb not in VERBS:
            raise ApiError(404, "not_found", f"The verbs are {', '.join(VERBS)}.")
        path = desk.path_of(body.path, application.config.flows_dir)
        return await desk.ask(verb, Question(path, body.text, body.line, body.column, body.name))

    routes.add(
        "POST /api/language/{verb}", ask_language, "Ask the language service about a flow or test file.",
        role=("author", "reader"), change=NO_CHANGE,
        description=f"The verbs: {', '.join(VERBS)}. Nothing is written; changes are edits of text.",
        body=LanguageRequest, response="Object",
        errors={404: "unknown_file, not_found", 409: "not_renamable"},
    )  # fmt: skip


def _add_files(routes: AdminRoutes, files: FlowFiles) -> None:
    async def list_files(application: Application, request: AdminRequest) -> Any:
        return {"editable": files.editable, **files.listed()}

    async def show_file(application: Application, request: AdminRequest) -> Any:
        return files.read(request.path["path"])

    async def write_files(application: Application, request: AdminRequest) -> Any:
        edits = [FileChange(one.path, one.text, one.sha256) for one in request.body.files]
        if request.query["dryRun"]:
            request.changes = False
            return (await files.try_out(edits)).to_json()
        return await files.write(edits)

    async def merge_file(application: Application, request: AdminRequest) -> Any:
        body = request.body
        return await files.merged(body.path, body.base, body.mine)

    async def revision(application: Application, request: AdminRequest) -> Any:
        return {"revision": application.project.library.revision}

    routes.add(
        "GET /api/files", list_files, "The files of flows and tests, and whether pages may edit them.",
        role=("author", "reader"), response="Object",
    )  # fmt: skip
    routes.add(
        "GET /api/files/{path}", show_file, "One of them, with the digest that guards its next edit.",
        role=("author", "reader"), response="File", errors={404: "unknown_file"},
    )  # fmt: skip
    routes.add(
        "PUT /api/files", write_files, "Replace files and reload, all of it or nothing.", role="author",
        description="With `dryRun` nothing is written: the difference, what would be wrong, and the sessions "
        "whose node would be gone.",
        change=Change("flow.edit", revision), body=FileEdits, response="Object",
        query=(Parameter("dryRun", "1: only tell.", at_most=1),),
        errors={
            403: "forbidden, editing_off",
            404: "unknown_file",
            409: "file_changed",
            422: "flow_refused",
        },
    )  # fmt: skip
    routes.add(
        "POST /api/files/merge", merge_file, "Merge what you made of a file with what is saved.",
        role="author", change=NO_CHANGE, body=MergeRequest, response="Object",
        description="By lines, for when somebody was faster. What does not overlap is in `text`; where both "
        "changed the same lines, both stand there between markers, and `conflicts` lists them with their "
        "three texts. Nothing is written.",
        errors={404: "unknown_file"},
    )  # fmt: skip


def _add_tests(routes: AdminRoutes, desk: LanguageDesk, files: FlowFiles, coverage: LastCoverage) -> None:
    async def start_tests(application: Application, request: AdminRequest) -> Any:
        if not files.editable:
            raise ApiError(403, "editing_off", "Tests run where pages may edit: studio.edit in config.yaml.")
        config, body = application.config, request.body
        path = desk.path_of(body.path, config.flows_dir) if body.path else None
        revision = application.project.library.revision
        report = await run_tests(config, desk.root, path, body.word)
        if path is None and not body.word and "coverage" in report:
            await coverage.keep(report, revision)
        return report

    async def show_coverage(application: Application, request: AdminRequest) -> Any:
        known = await coverage.read()
        return {**known, "current": known["revision"] == application.project.library.revision}

    async def record_session(application: Application, request: AdminRequest) -> Any:
        body = request.body
        endpoint = application.endpoints.by_name(body.endpoint)
        if endpoint is None:
            raise ApiError(404, "unknown_endpoint", "There is no endpoint of that name.")
        ref = SessionRef(body.endpoint, body.userId, body.sessionId)
        turns = await application.sessions.transcript(ref, MOST_TURNS)
        return await record_test(
            application.config, desk.root, endpoint.flow, endpoint.name, turns, body.name
        )

    routes.add(
        "POST /api/tests/run", start_tests, "Run tests beside the flows: nothing leaves the machine.",
        role="author", change=NO_CHANGE, body=TestRun, response="Object",
        errors={403: "forbidden, editing_off", 404: "unknown_file", 422: "tests_unusable"},
    )  # fmt: skip
    routes.add(
        "GET /api/tests/coverage", show_coverage, "What the tests went through when all of them ran last.",
        role=("author", "reader"), response="TestCoverage",
        description="`missing` lists nodes that no test visited, and (with `way`) ways out of one that none "
        "took; `current`: it is of the flows in force. `at` is null when no run of all tests is known.",
    )  # fmt: skip
    routes.add(
        "POST /api/tests/record", record_session, "Write a session as a test, and try it. Nothing is saved.",
        role="reader", change=NO_CHANGE, body=Recording, response="Object",
        errors={404: "session_not_found, unknown_endpoint", 422: "tests_unusable"},
    )  # fmt: skip
