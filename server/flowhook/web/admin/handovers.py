"""The desk: conversations that people take over, what they say in them, who is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

from flowhook.model.roles import Role, permits
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import NO_CHANGE, Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.sessions import inbound_json
from flowhook.web.admin.timestamps import with_times
from flowhook.web.core.operation import LIMIT, Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

DESK: tuple[Role, ...] = ("agent", "operator")
READS: tuple[Role, ...] = ("agent", "operator", "reader")
_UNKNOWN = {404: "unknown_handover"}
_OWNED = {400: "invalid_field", 404: "unknown_handover", 409: "not_owner, handover_closed"}


class Reply(BaseModel):
    """What an agent says. With a ``messageId`` a repeat is taken once."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(default="", max_length=10_000)
    data: dict[str, Any] | None = None
    attachments: list[dict[str, Any]] = Field(default=[], max_length=20)
    messageId: str | None = Field(default=None, min_length=1, max_length=255, pattern="^[ -~]+$")

    @model_validator(mode="after")
    def _says_something(self) -> Reply:
        if not (self.text or self.data or self.attachments):
            raise ValueError("there is nothing to say: give a text, data or attachments")
        return self


class Note(BaseModel):
    """A note, which agents alone read."""

    model_config = ConfigDict(extra="forbid")
    text: str = Field(min_length=1, max_length=10_000)


class Transfer(BaseModel):
    """The agent who shall have it: the name of a key of administration."""

    model_config = ConfigDict(extra="forbid")
    to: str = Field(min_length=1, max_length=64)


class Resolution(BaseModel):
    """What the flow sees in ``input.result``: any JSON, and a note."""

    model_config = ConfigDict(extra="forbid")
    result: Any = None
    note: str = Field(default="", max_length=10_000)


class Postback(BaseModel):
    """A click in a tile: any JSON."""

    model_config = ConfigDict(extra="forbid")
    tile: str = Field(min_length=1, max_length=64)
    payload: Any = None


class Availability(BaseModel):
    """Whether the caller takes conversations now."""

    model_config = ConfigDict(extra="forbid")
    available: bool


def handover_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/handovers``."""
    routes = AdminRoutes("handovers", "handovers", application, guard)
    routes.add(
        "GET /api/handovers", list_handovers, "Conversations that people take over.", role=READS,
        description="Of the queue the oldest first, with its position; else the newest first.",
        query=(
            Parameter("status", "In this state.", choices=("queue", "active", "closed")),
            Parameter("endpoint", "Of this endpoint."),
            Parameter("owner", "That this agent has."),
            LIMIT,
            Parameter("after", "The `next` of the page before.", at_most=2**53),
        ),
        response="Handovers", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "GET /api/handovers/presence", show_presence, "Which agents take conversations now.", role=READS,
        response="Presence",
    )  # fmt: skip
    routes.add(
        "POST /api/handovers/presence", set_presence, "Say whether you take conversations.", role=DESK,
        change=NO_CHANGE, body=Availability, response="Presence", errors={400: "invalid_field"},
        description="It holds for two minutes: a page says it again and again.",
    )  # fmt: skip
    one = "/api/handovers/{id}"
    routes.add(f"GET {one}", show_handover, "One of them.", role=READS, response="Handover", errors=_UNKNOWN)
    routes.add(
        f"GET {one}/transcript", show_handover_transcript,
        "What was said, before it and in it, with the notes.", role=READS,
        response="HandoverTranscript", errors={403: "forbidden", **_UNKNOWN},
        description="An agent sees what waits in the queue and what is his.",
    )  # fmt: skip
    routes.add(
        f"GET {one}/trace", show_handover_trace, "What the flow did in its session, and why.", role=READS,
        query=(LIMIT,), response="Transcript",
        errors={403: "forbidden", 404: "unknown_handover, session_not_found"},
        description="An agent sees that of what waits in the queue and of what is his.",
    )  # fmt: skip
    routes.add(
        f"GET {one}/texts", list_texts, "Texts that are ready for it, with the profile filled in.",
        role=READS, response="Object", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"POST {one}/take", take_handover, "Take a conversation that nobody has.", role=DESK,
        change=Change("handover.take", _state), response="Handover",
        errors={404: "unknown_handover", 409: "handover_taken, handover_closed"},
        description="Of two at once one wins, and the other is told who.",
    )  # fmt: skip
    routes.add(
        f"POST {one}/reply", reply_handover, "Say something to the user.", role=DESK,
        change=Change("handover.reply"), body=Reply, response="HandoverAccepted", status=202,
        errors={**_OWNED, 422: "idempotency_mismatch"},
    )  # fmt: skip
    routes.add(
        f"POST {one}/note", note_handover, "Write a note, which agents alone read.", role=DESK,
        change=Change("handover.note"), body=Note, response="HandoverMessage", status=201,
        errors={400: "invalid_field", 404: "unknown_handover", 409: "handover_closed"},
    )  # fmt: skip
    routes.add(
        f"POST {one}/typing", typing_handover, "Tell that you write.", role=DESK, change=NO_CHANGE,
        status=204, errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"POST {one}/release", release_handover, "Give a conversation back to the queue.", role=DESK,
        change=Change("handover.release", _state), response="Handover",
        errors={404: "unknown_handover", 409: "not_owner, handover_closed"},
    )  # fmt: skip
    routes.add(
        f"POST {one}/transfer", transfer_handover, "Hand a conversation to another agent.", role=DESK,
        change=Change("handover.transfer", _state), body=Transfer, response="Handover",
        errors={**_OWNED, 400: "invalid_field, unknown_agent"},
    )  # fmt: skip
    routes.add(
        f"POST {one}/resolve", resolve_handover, "End a conversation: the flow goes on.", role=DESK,
        change=Change("handover.resolve", _state), body=Resolution, response="HandoverAccepted",
        status=202, errors=_OWNED,
    )  # fmt: skip
    routes.add(
        "GET /api/copilot/{id}", show_copilot, "What the copilot has drawn for a handover.", role=READS,
        response="Copilot", errors={403: "forbidden", 404: "unknown_handover, no_copilot"},
    )  # fmt: skip
    routes.add(
        "POST /api/copilot/{id}/postback", post_back, "Tell the copilot of a click in a tile.", role=DESK,
        change=NO_CHANGE, body=Postback, response="HandoverAccepted", status=202,
        errors={400: "invalid_field", 403: "forbidden", 404: "unknown_handover, no_copilot"},
    )  # fmt: skip
    return routes


async def list_handovers(application: Application, request: AdminRequest) -> Any:
    query = request.query
    rows, following = await application.desk.find(
        query["status"], query["endpoint"], query["owner"], query["limit"], query["after"]
    )
    if query["status"] == "queue" and query["after"] is None:
        for position, row in enumerate(rows, 1):
            row["position"] = position
    return {"handovers": [with_times(row) for row in rows], "next": following}


async def show_handover(application: Application, request: AdminRequest) -> Any:
    return with_times(await application.desk.show(request.path["id"]))


async def show_handover_transcript(application: Application, request: AdminRequest) -> Any:
    caller = request.caller
    found = await application.desk.transcript(request.path["id"], caller.name, caller.role)
    for part in ("before", "messages"):
        found[part] = [with_times(entry) for entry in found[part]]
    return with_times(found)


async def show_handover_trace(application: Application, request: AdminRequest) -> Any:
    row = await application.desk.seen(request.path["id"], request.caller.name, request.caller.role)
    entries = await application.sessions.transcript(row.ref, request.query["limit"])
    return {"transcript": [inbound_json(entry) for entry in entries]}


async def list_texts(application: Application, request: AdminRequest) -> Any:
    return {"texts": await application.desk.texts(request.path["id"])}


async def show_presence(application: Application, request: AdminRequest) -> Any:
    return {"available": application.desk.presence.available()}


async def set_presence(application: Application, request: AdminRequest) -> Any:
    application.desk.presence.set(request.caller.name, available=request.body.available)
    return {"available": application.desk.presence.available()}


async def take_handover(application: Application, request: AdminRequest) -> Any:
    return with_times(await application.desk.take(request.path["id"], request.caller.name))


async def reply_handover(application: Application, request: AdminRequest) -> Any:
    said = request.body
    return await application.desk.reply(
        request.path["id"], request.caller.name, said.text, said.data, said.attachments, said.messageId
    )


async def note_handover(application: Application, request: AdminRequest) -> Any:
    noted = await application.desk.note(request.path["id"], request.caller.name, request.body.text)
    return with_times(noted)


async def typing_handover(application: Application, request: AdminRequest) -> Any:
    await application.desk.typing(request.path["id"], request.caller.name)


async def release_handover(application: Application, request: AdminRequest) -> Any:
    agent, forces = request.caller.name, _forces(request)
    return with_times(await application.desk.release(request.path["id"], agent, forces=forces))


async def transfer_handover(application: Application, request: AdminRequest) -> Any:
    agent, forces = request.caller.name, _forces(request)
    handed = await application.desk.transfer(request.path["id"], agent, request.body.to, forces=forces)
    return with_times(handed)


async def resolve_handover(application: Application, request: AdminRequest) -> Any:
    said, agent = request.body, request.caller.name
    return await application.desk.resolve(
        request.path["id"], agent, said.result, said.note, forces=_forces(request)
    )


async def show_copilot(application: Application, request: AdminRequest) -> Any:
    row = await application.desk.seen(request.path["id"], request.caller.name, request.caller.role)
    return await application.copilot.show(row)


async def post_back(application: Application, request: AdminRequest) -> Any:
    row = await application.desk.seen(request.path["id"], request.caller.name, request.caller.role)
    said = request.body
    return {"traceId": await application.copilot.post_back(row, said.tile, said.payload)}


def _forces(request: AdminRequest) -> bool:
    """Operators may take a conversation from whoever has it, and end it; nobody speaks in another's name."""
    return permits(request.caller.role, ("operator",))


async def _state(application: Application, request: AdminRequest) -> Any:
    row = await application.desk.row(request.path["id"])
    return {"status": row.status, "owner": row.owner, "closing": row.closing}
