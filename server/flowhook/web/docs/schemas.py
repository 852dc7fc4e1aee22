"""JSON Schemas of what HTTP takes and gives, by name, for the OpenAPI document."""

from __future__ import annotations

from typing import Any

from flowhook.model.roles import ROLES

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
MAYBE_TEXT: Schema = {"type": ["string", "null"]}
TIME: Schema = {"type": "string", "format": "date-time"}
MAYBE_TIME: Schema = {"type": ["string", "null"], "format": "date-time"}
NUMBER: Schema = {"type": "integer"}
MAYBE_NUMBER: Schema = {"type": ["integer", "null"]}
YES_NO: Schema = {"type": "boolean"}
OBJECT: Schema = {"type": "object"}
ID: Schema = {"type": "string", "minLength": 1, "maxLength": 256}


def ref(name: str) -> Schema:
    """Points at a schema by name."""
    return {"$ref": f"#/components/schemas/{name}"}


def listed(name: str) -> Schema:
    """A list of them."""
    return {"type": "array", "items": ref(name)}


def record(required: str = "", /, **properties: Schema) -> Schema:
    """An object with these properties."""
    schema: Schema = {"type": "object", "properties": properties}
    if required:
        schema["required"] = required.split()
    return schema


_KEY: dict[str, Schema] = {
    "id": TEXT, "name": TEXT, "preview": TEXT, "scopes": {"type": "array", "items": TEXT},
    "createdAt": TIME, "endsAt": MAYBE_TIME, "usedAt": MAYBE_TIME, "ended": YES_NO,
}  # fmt: skip
_IDS = {"userId": TEXT, "sessionId": TEXT}
_CONTENT: Schema = {
    "userId": ID,
    "sessionId": ID,
    "text": {"type": ["string", "null"], "maxLength": 10_000},
    "data": {"type": ["object", "null"]},
    "messageId": {"type": ["string", "null"], "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "attachments": {"type": ["array", "null"], "items": ref("Attachment")},
}
_CONDITIONS: Schema = {
    "notBefore": MAYBE_TIME,
    "expiresAt": MAYBE_TIME,
    "ifNode": {"type": ["string", "null"], "minLength": 1},
    "ifRevision": MAYBE_NUMBER,
}
_DELIVERY: Schema = {
    "deliveryId": TEXT,
    "endpoint": TEXT,
    **_IDS,
    "sequence": NUMBER,
    "status": {"enum": ["pending", "delivered", "dead"]},
    "attempts": NUMBER,
    "createdAt": TIME,
    "nextAt": MAYBE_TIME,
    "resolvedAt": MAYBE_TIME,
    "lastStatus": MAYBE_NUMBER,
    "lastError": MAYBE_TEXT,
    "traceId": TEXT,
    "output": OBJECT,
    "test": YES_NO,
}

_HANDOVER: dict[str, Schema] = {
    "id": TEXT, "endpoint": TEXT, **_IDS, "provider": TEXT,
    "status": {"enum": ["queue", "active", "closed"]}, "outcome": MAYBE_TEXT, "owner": MAYBE_TEXT,
    "node": TEXT, "settings": OBJECT, "traceId": TEXT, "createdAt": TIME, "takenAt": MAYBE_TIME,
    "closedAt": MAYBE_TIME, "waitingSince": MAYBE_TIME, "waitingSeconds": MAYBE_NUMBER,
    "alertSeconds": MAYBE_NUMBER,
    "position": MAYBE_NUMBER, "step": TEXT, "ending": OBJECT, "hasCopilot": YES_NO, "test": YES_NO,
}  # fmt: skip
_HANDED = "id endpoint userId sessionId provider status createdAt"

_PLAN: Schema = {
    "total": {"type": "integer", "description": "How many deliveries."},
    "endpoints": {"type": "object", "description": "How many of each endpoint."},
    "oldest": MAYBE_TIME,
    "newest": MAYBE_TIME,
}

SCHEMAS: dict[str, Schema] = {
    "Problem": record(
        "type title status detail code traceId",
        type={"type": "string", "format": "uri"},
        title=TEXT,
        status=NUMBER,
        detail=TEXT,
        code={"type": "string", "description": "A stable word for programs."},
        traceId=TEXT,
        errors={"type": "array", "items": record("field message", field=TEXT, message=TEXT)},
    ),
    "Attachment": record(name=MAYBE_TEXT, url=MAYBE_TEXT, type=MAYBE_TEXT, caption=MAYBE_TEXT),
    "Message": record("userId sessionId", **_CONTENT),
    "BackendMessage": record("userId sessionId", **_CONTENT, **_CONDITIONS),
    "OlderBackendMessage": record(
        "userId sessionId URLToken", URLToken=TEXT, **_CONTENT, **_CONDITIONS
    ),
    "Accepted": record(
        "traceId userId sessionId",
        traceId=TEXT,
        **_IDS,
        messages={"type": "array", "items": record("traceId", traceId=TEXT, **_IDS)},
    ),
    "CallbackResult": {"description": "Any JSON: what the flow keeps as the result of its task."},
    "CalledBack": record("traceId", traceId=TEXT),
    "Waited": record(
        "traceId userId sessionId status outputs",
        traceId=TEXT,
        **_IDS,
        status={"enum": ["done", "failed", "discarded"]},
        outputs=listed("AIOutput"),
    ),
    "AIOutput": record(
        "text data traceId source",
        text=TEXT,
        data=OBJECT,
        traceId=TEXT,
        disableSensitiveLogging=YES_NO,
        source={"enum": ["bot", "agent"]},
    ),
    "Receipt": record(
        "traceId status outputs",
        traceId=TEXT,
        endpoint=TEXT,
        **_IDS,
        status={"enum": ["scheduled", "queued", "running", "done", "failed", "discarded"]},
        reason=TEXT,
        turn=TEXT,
        test=YES_NO,
        revision=NUMBER,
        outputs={
            "type": "array",
            "items": record(
                "deliveryId status attempts",
                deliveryId=TEXT,
                status={"enum": ["pending", "delivered", "dead"]},
                attempts=NUMBER,
            ),
        },
    ),
    "Endpoint": record(
        "name url token flow enabled paused restingUntil auth",
        name=TEXT, url=TEXT, token=TEXT, flow=TEXT, snapshot=MAYBE_TEXT, enabled=YES_NO, paused=YES_NO,
        pauseReason=MAYBE_TEXT, restingUntil=MAYBE_TIME, auth=TEXT, channel=TEXT,
    ),
    "Endpoints": record("endpoints", endpoints=listed("Endpoint")),
    "Key": record("id name preview createdAt", **_KEY),
    "NewKey": record("id name key preview", **_KEY, key=TEXT),
    "Keys": record("keys", keys=listed("Key")),
    "Session": record(
        "endpoint userId sessionId revision",
        endpoint=TEXT, **_IDS, revision=NUMBER, node=MAYBE_TEXT, flowRevision=TEXT, backlog=NUMBER,
        createdAt=TIME, updatedAt=TIME, state=OBJECT, test=YES_NO,
    ),
    "Inbound": record(
        "seq kind traceId at status text outputs",
        seq=NUMBER, kind=TEXT, traceId=TEXT, at=TIME, status=TEXT, reason=TEXT, text=TEXT,
        data={"type": ["object", "null"]}, attachments={"type": "array", "items": ref("Attachment")},
        outputs={"type": "array", "items": OBJECT}, trace=OBJECT, test=YES_NO,
    ),
    "Transcript": record("transcript", transcript=listed("Inbound")),
    "Trace": record(
        "traceId endpoint userId sessionId kind status at failed trace",
        traceId=TEXT, endpoint=TEXT, **_IDS, kind=TEXT, status=TEXT, reason=TEXT, at=TIME, failed=YES_NO,
        text=TEXT, trace=OBJECT, test=YES_NO,
    ),
    "Verdict": record(
        "method url delivered status reason hint body ms signed basicAuth",
        method=TEXT, url=TEXT, delivered=YES_NO, status=MAYBE_NUMBER, reason=MAYBE_TEXT, hint=MAYBE_TEXT,
        body=TEXT, ms=NUMBER, signed=YES_NO, basicAuth=YES_NO,
    ),
    "Analytics": record("records next", records={"type": "array", "items": OBJECT}, next=MAYBE_TEXT),
    "Traces": record("traces next", traces=listed("Trace"), next=MAYBE_NUMBER),
    "ForkedState": record(
        "endpoint userId sessionId text node state profile notes",
        endpoint=TEXT, userId=TEXT, sessionId=TEXT, text=TEXT, node=MAYBE_TEXT, state=OBJECT, profile=OBJECT,
        notes={"type": "array", "items": TEXT},
    ),
    "TestCoverage": record(
        "at revision current passed failed percent flows",
        at=MAYBE_TIME, revision=TEXT, current=YES_NO, passed=NUMBER, failed=NUMBER,
        percent={"type": "number"}, flows=OBJECT,
    ),
    "Failures": record(
        "since complete failures", since=TIME, complete=YES_NO,
        failures={
            "type": "array",
            "items": record(
                "node turns lastAt lastTraceId", node=TEXT, turns=NUMBER, lastAt=TIME, lastTraceId=TEXT
            ),
        },
    ),
    "Sessions": record("sessions next", sessions=listed("Session"), next=MAYBE_TEXT),
    "SessionsDone": record(
        "total endpoints done left", total=NUMBER, endpoints=OBJECT, done=NUMBER, left=NUMBER
    ),
    "Standing": record(
        "standing",
        standing={
            "type": "array",
            "items": record(
                "endpoint node count", endpoint=TEXT, node=TEXT, count=NUMBER,
                fingerprint={"type": "string", "description": "Stands for what the node does."},
            ),
        },
    ),
    "Delivery": record("deliveryId status attempts", **_DELIVERY),
    "DeliveryWithFailures": record(
        "deliveryId status attempts failures request", **_DELIVERY,
        request={
            **record("method url headers body", method=TEXT, url=MAYBE_TEXT, headers=OBJECT, body=TEXT),
            "type": ["object", "null"],
        },
        failures={
            "type": "array",
            "items": record(
                "at ms", at=TIME, ms=NUMBER, status=MAYBE_NUMBER, error=MAYBE_TEXT,
                response={"type": ["string", "null"], "description": "How the receiver's response began."},
            ),
        },
    ),
    "Deliveries": record("deliveries next", deliveries=listed("Delivery"), next=MAYBE_TEXT),
    "Purged": record("purged", purged=NUMBER, **_PLAN),
    "ReplayState": record(
        "id state total",
        id=MAYBE_TEXT,
        state={"enum": ["planned", "running", "done", "cancelled", "failed"]},
        done=NUMBER, replayed=NUMBER, beganAt=TIME, endedAt=MAYBE_TIME, **_PLAN,
    ),
    "Replays": record("replays", replays=listed("ReplayState")),
    "Replayed": record("replayed", replayed={"type": "array", "items": TEXT}),
    "Handover": record(_HANDED, **_HANDOVER),
    "Handovers": record("handovers next", handovers=listed("Handover"), next=MAYBE_NUMBER),
    "HandoverMessage": record(
        "sequence source text at",
        sequence=NUMBER, source={"enum": ["user", "agent", "bot", "note", "system"]}, agent=TEXT, text=TEXT,
        data=OBJECT, attachments={"type": "array", "items": OBJECT}, traceId=TEXT, at=TIME, status=TEXT,
    ),
    "HandoverTranscript": record(
        f"{_HANDED} before messages",
        **_HANDOVER, before={"type": "array", "items": OBJECT}, messages=listed("HandoverMessage"),
    ),
    "HandoverAccepted": record("traceId", traceId=TEXT, replayed=YES_NO),
    "HandoverEvents": record("accepted ignored", accepted=NUMBER, ignored=NUMBER),
    "Copilot": record("handover tiles", handover=TEXT, grid={"type": ["object", "null"]}, tiles=OBJECT),
    "Presence": record("available", available={"type": "array", "items": TEXT}),
    "Timer": record(
        "id kind dueAt",
        id=TEXT, kind={"enum": ["timeout", "scheduled", "task", "named"]}, endpoint=TEXT, **_IDS,
        node=MAYBE_TEXT, name=MAYBE_TEXT, dueAt=MAYBE_TIME,
        traceId=MAYBE_TEXT,
    ),
    "Timers": record("timers", timers=listed("Timer")),
    "Audit": record(
        "audit next",
        audit={
            "type": "array",
            "items": record(
                "at who role action subject before after",
                at=TIME, who=TEXT, role=ref("Role"), action=TEXT, subject=TEXT,
                before={"description": "What differs, as it was; null where nothing was."},
                after={"description": "What differs, as it is."},
            ),
        },
        next=MAYBE_NUMBER,
    ),
    "Flow": record(
        "name revision file source nodes picture",
        name=TEXT, revision=TEXT, description=MAYBE_TEXT, file=TEXT, source=TEXT, picture=OBJECT,
        attached={"type": "array", "items": TEXT}, called={"type": "array", "items": TEXT},
        nodes={
            "type": "array",
            "items": record("key type line", key=TEXT, type=TEXT, line=NUMBER, waits=YES_NO, waysIn=OBJECT),
        },
    ),
    "File": record("path text sha256", path=TEXT, text=TEXT, sha256=TEXT),
    "Overview": record(
        "version state stored endpoints",
        version=TEXT, state=TEXT, stored=OBJECT,
        endpoints={
            "type": "array",
            "items": record(
                "name flow enabled paused accepted failedTurns delivered dead",
                name=TEXT, flow=TEXT, enabled=YES_NO, paused=YES_NO, pauseReason=MAYBE_TEXT,
                restingUntil=MAYBE_TIME, messagesPerMinute={"type": ["number", "null"]}, accepted=NUMBER,
                failedTurns=NUMBER, delivered=NUMBER, dead=NUMBER, inputs=NUMBER, inputSince=MAYBE_TIME,
                deliverySince=MAYBE_TIME,
            ),
        },
    ),
    "Role": {"enum": list(ROLES)},
    "Caller": record(
        "name role", name=TEXT, role=ref("Role"),
        csrf={"type": "string", "description": "Of a browser that logged in: for X-Flowhook-CSRF."},
    ),
    "Snapshot": record(
        "name hash createdAt usedBy sessions",
        name=TEXT, hash=TEXT, createdAt=TIME, usedBy={"type": "array", "items": TEXT}, sessions=NUMBER,
        flows=OBJECT, tests=OBJECT, plugins=OBJECT, endpoints=OBJECT,
        connections={"type": "array", "items": TEXT}, warnings={"type": "array", "items": TEXT},
    ),
    "Snapshots": record("snapshots", snapshots=listed("Snapshot")),
    "Differences": record(
        "same flows lines", same=YES_NO, flows=OBJECT, lines={"type": "array", "items": TEXT}
    ),
    "SnapshotUsed": record(
        "endpoint warnings", endpoint=ref("Endpoint"), warnings={"type": "array", "items": TEXT}
    ),
    "ImportedPackage": record(
        "files needs written",
        files={"type": "array", "items": record("path state", path=TEXT, state=TEXT)},
        needs={"type": "array", "items": TEXT},
        written={"type": "array", "items": TEXT},
    ),
    "ConfigEdit": record(
        "diff fingerprint config warnings",
        diff={"type": "string", "description": "Unified, without secrets; empty: nothing differs."},
        fingerprint=TEXT, config=OBJECT,
        warnings={"type": "array", "items": record("field message", field=TEXT, message=TEXT)},
    ),
    "Forgotten": record("sessions", sessions=NUMBER, sharedWith={"type": "array", "items": TEXT}),
    "Health": record("status", status=TEXT),
    "Status": record(
        "version state project stored",
        version=TEXT, state=TEXT, project=TEXT, flowRevision=TEXT, stored=OBJECT,
    ),
    "Object": OBJECT,
}  # fmt: skip
