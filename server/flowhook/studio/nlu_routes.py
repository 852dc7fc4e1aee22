"""The routes of ``/api/nlu``: a text read, the texts that nobody won, further examples, evaluations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError, FlowhookError, PluginError
from flowhook.language_service.examples import with_example
from flowhook.model.roles import Role
from flowhook.studio.evaluations import Evaluations
from flowhook.studio.files import FlowFiles
from flowhook.studio.reading import TextInterpreter, shown
from flowhook.studio.unmatched import shown_texts, unmatched
from flowhook.web.admin.changes import NO_CHANGE
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.tests_only import sees_all
from flowhook.web.admin.timestamps import parse_rfc3339, rfc3339, with_times
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

MAX_TEXT = 5_000  #: characters that are read
USUAL_SECONDS = 7 * 86_400.0  #: that are looked back
MOST_SHOWN = 200

_MAY_READ: tuple[Role, ...] = ("reader", "author")


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TextToRead(_Body):
    """A text, and where it is said: at an ``endpoint``, or while a ``flow`` is in force."""

    text: str = Field(min_length=1, max_length=MAX_TEXT)
    endpoint: str | None = Field(default=None, min_length=1, max_length=200)
    flow: str | None = Field(default=None, min_length=1, max_length=200)
    locale: str | None = Field(default=None, min_length=1, max_length=35)
    state: str | None = Field(default=None, min_length=1, max_length=200)
    words: bool = Field(default=False, description="what each word counts, too")


class NewExample(_Body):
    """A sentence, and the intent that it is to be an example of; null: of ``reject``."""

    flow: str = Field(min_length=1, max_length=200)
    intent: str | None = Field(default=None, min_length=1, max_length=200)
    text: str = Field(min_length=1, max_length=MAX_TEXT)
    locale: str | None = Field(default=None, min_length=1, max_length=35)


class EvaluationStart(_Body):
    """The flow whose examples are asked of each other, in one of its locales (its first)."""

    flow: str = Field(min_length=1, max_length=200)
    locale: str | None = Field(default=None, min_length=1, max_length=35)


def add_nlu(routes: AdminRoutes, files: FlowFiles, evaluations: Evaluations) -> None:
    """Add the routes."""
    _add_texts(routes, files)
    _add_evaluations(routes, evaluations)


def _add_texts(routes: AdminRoutes, files: FlowFiles) -> None:
    async def read_text(application: Application, request: AdminRequest) -> Any:
        body = request.body
        if body.endpoint is None and body.flow is None:
            message = "Name an endpoint, or a flow."
            raise ApiError(400, "invalid_field", message, errors=[{"field": "endpoint", "message": message}])
        reader = TextInterpreter(application, body.endpoint, body.flow, body.locale, body.state)
        try:
            reading = await reader.read(body.text)
            words = await reader.words(body.text, reading) if body.words else []
        except PluginError as error:
            raise ApiError(502, "engine_failed", f"The engine could not read it: {error}.") from error
        told = {"text": body.text, "endpoint": reader.endpoint.name, "locale": reader.locale}
        return {**told, **shown(reading), "words": words}

    async def list_unmatched(application: Application, request: AdminRequest) -> Any:
        query = request.query
        since = parse_rfc3339("from", query["from"])
        if since is None:
            since = application.clock.now() - USUAL_SECONDS
        tests_only = bool(query["tests"]) or not sees_all(request)
        found = await unmatched(
            application, since=since, endpoint=query["endpoint"], flow=query["flow"], tests_only=tests_only
        )
        texts = await shown_texts(application, found, query["limit"])
        return {
            "texts": [with_times(text) for text in texts],
            "from": rfc3339(since),
            "records": found.records,
            "complete": found.complete,
        }

    async def make_example(application: Application, request: AdminRequest) -> Any:
        body = request.body
        file = files.read(_file_of(application, body.flow))
        try:
            text = with_example(file["text"], body.intent, body.text, body.locale)
        except FlowhookError as error:
            raise ApiError(409, "not_added", f"It is not added: {error}.") from error
        return {**file, "text": text}

    routes.add(
        "POST /api/nlu/read", read_text, "Read a text: who wins and by how much, which slots are found.",
        role=_MAY_READ, change=NO_CHANGE, body=TextToRead, response="Object",
        errors={400: "invalid_field", 404: "unknown_endpoint, unknown_flow", 502: "engine_failed"},
    )  # fmt: skip
    routes.add(
        "GET /api/nlu/unmatched", list_unmatched, "Texts that no intent won, the most frequent first.",
        role=_MAY_READ,
        description="From the analytics, so what is masked there or may not be learned from is left out, and "
        "what would be understood now. An author sees those of tests.",
        query=(
            Parameter("endpoint", "Of this endpoint."),
            Parameter("flow", "Said in this flow."),
            Parameter("from", "Said then or later; a week back, if absent."),
            Parameter("tests", "1: those of test messages, in the place of people's.", at_most=1),
            Parameter("limit", "How many at most.", at_most=MOST_SHOWN, default=50),
        ),
        response="Object", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "POST /api/nlu/examples", make_example, "Write one more example into the text of a flow. Nothing is "
        "saved: the text is for PUT /api/files.", role="author", change=NO_CHANGE, body=NewExample,
        response="File", errors={404: "unknown_flow, unknown_file", 409: "not_added"},
    )  # fmt: skip


def _add_evaluations(routes: AdminRoutes, evaluations: Evaluations) -> None:
    async def begin_evaluation(application: Application, request: AdminRequest) -> Any:
        return with_times(evaluations.begin(request.body.flow, request.body.locale).shown())

    async def list_evaluations(application: Application, request: AdminRequest) -> Any:
        return {"evaluations": [with_times(one.shown(whole=False)) for one in evaluations.all()]}

    async def show_evaluation(application: Application, request: AdminRequest) -> Any:
        return with_times(evaluations.get(request.path["id"]).shown())

    async def end_evaluation(application: Application, request: AdminRequest) -> None:
        evaluations.end(request.path["id"])

    routes.add(
        "POST /api/nlu/evaluations", begin_evaluation, "Measure how well the intents of a flow are told "
        "apart, in the background.", role=("author", "operator"), change=NO_CHANGE, body=EvaluationStart,
        response="Object", status=202,
        errors={404: "unknown_flow", 409: "evaluation_runs", 422: "nothing_to_evaluate"},
    )  # fmt: skip
    routes.add(
        "GET /api/nlu/evaluations", list_evaluations, "Evaluations since the server started, the latest "
        "first.", role=_MAY_READ, response="Object",
    )  # fmt: skip
    one = "/api/nlu/evaluations/{id}"
    routes.add(
        f"GET {one}", show_evaluation, "How far one is, or its report.", role=_MAY_READ, response="Object",
        errors={404: "unknown_evaluation"},
    )  # fmt: skip
    routes.add(
        f"DELETE {one}", end_evaluation, "End one, and forget it.", role=("author", "operator"),
        change=NO_CHANGE, status=204, errors={404: "unknown_evaluation"},
    )  # fmt: skip


def _file_of(application: Application, flow: str) -> str:
    """The file of a flow, below the project. Raises ApiError 404."""
    for file, compiled in application.project.loaded.files.items():
        if compiled.name == flow:
            return file
    raise ApiError(404, "unknown_flow", f"There is no flow {flow!r}.")
