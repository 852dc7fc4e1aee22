"""Evaluations of the understanding of a flow, in the background: begun, watched and ended from a page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from flowhook.builtin.evaluation.process import evaluate_apart, steps_of
from flowhook.errors import ApiError, FlowhookError
from flowhook.ids import new_token

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

KEPT = 10  #: evaluations, the latest first


@dataclass(slots=True)
class Evaluation:
    """One that runs, or ran since the server started."""

    id: str
    flow: str
    locale: str
    revision: str  #: of the flows
    at: float
    steps: int
    step: int = 0
    about: str = ""  #: what is done now
    status: Literal["running", "done", "failed", "ended"] = "running"
    error: str | None = None
    report: dict[str, Any] | None = None
    task: asyncio.Task[None] | None = None

    def tell(self, about: str) -> None:
        """Note what is done next."""
        self.step, self.about = min(self.step + 1, self.steps), about

    def shown(self, *, whole: bool = True) -> dict[str, Any]:
        """As JSON, times in POSIX seconds; ``whole``: with the report."""
        told: dict[str, Any] = {
            "id": self.id, "flow": self.flow, "locale": self.locale, "flowRevision": self.revision,
            "at": self.at, "status": self.status, "step": self.step, "steps": self.steps,
            "about": self.about, "error": self.error,
        }  # fmt: skip
        return {**told, "report": self.report} if whole else told


class Evaluations:
    """One at a time, each in a process of its own; in memory, for the life of the server."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._known: dict[str, Evaluation] = {}

    def begin(self, flow: str, locale: str | None) -> Evaluation:
        """Begin one of the flows in force. Raises ApiError: 404 for a flow that is not there, 409 while
        another one runs, 422 for a flow without examples."""
        from flowhook.runtime.project.nlu_evaluation import evaluations_of  # numpy

        application = self._application
        library = application.project.library
        if flow not in library.flows:
            raise ApiError(404, "unknown_flow", f"There is no flow {flow!r}.")
        if any(known.status == "running" for known in self._known.values()):
            raise ApiError(409, "evaluation_runs", "Another evaluation runs; end it, or wait for it.")
        try:
            examples, subject = evaluations_of(library, flow, locale)[0]
        except FlowhookError as error:
            raise ApiError(422, "nothing_to_evaluate", f"Nothing can be measured: {error}.") from error
        evaluation = Evaluation(
            new_token(), flow, subject.locale, library.revision, application.clock.now(), steps_of(examples)
        )
        encoder = application.project.encoder
        work = evaluate_apart(examples, subject, encoder, evaluation.tell)
        evaluation.task = application.tasks.spawn(self._run(evaluation, work))
        self._known[evaluation.id] = evaluation
        for old in list(self._known)[:-KEPT]:
            del self._known[old]
        return evaluation

    async def _run(self, evaluation: Evaluation, work: Any) -> None:
        try:
            evaluation.report = await work
            evaluation.status = "done"
        except FlowhookError as error:
            evaluation.status, evaluation.error = "failed", str(error)
        except BaseException:
            evaluation.status = "ended"
            raise

    def all(self) -> list[Evaluation]:
        """Return all of them, the latest first."""
        return list(reversed(self._known.values()))

    def get(self, id: str) -> Evaluation:
        """Return one. Raises ApiError 404."""
        found = self._known.get(id)
        if found is None:
            raise ApiError(404, "unknown_evaluation", "There is no such evaluation.")
        return found

    def end(self, id: str) -> None:
        """End one that runs, and forget it. Raises ApiError 404."""
        found = self.get(id)
        if found.task is not None:
            found.task.cancel()
        self._known.pop(id, None)
