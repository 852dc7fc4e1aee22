"""The routes of the studio: what stands on rooms above administration, such as the language service."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.studio.language import VERBS, LanguageDesk, Question
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import NO_CHANGE
from flowhook.web.admin.routes import AdminRequest, AdminRoutes

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


class LanguageRequest(BaseModel):
    """A question about a file; ``text`` is what it holds in the editor, left out: what is on disk."""

    model_config = ConfigDict(extra="forbid")
    path: str = Field(min_length=1, max_length=1000, description="below the project: flows/pizza.yaml")
    text: str | None = Field(default=None, max_length=200_000)
    line: int = Field(default=0, ge=0, description="of the cursor, from 1; 0 for the whole file")
    column: int = Field(default=1, ge=1)
    name: str = Field(default="", max_length=200, description="the new name, to rename")


def routes_of(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/language``."""
    routes = AdminRoutes("studio", "flows", application, guard)
    config = application.config
    document = config.document
    desk = LanguageDesk(Path(document.file) if document is not None else config.root / "config.yaml")

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
    return routes
