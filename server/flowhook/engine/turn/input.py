"""What expressions see as ``input``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypedDict, cast

from flowhook.engine.expressions.values import to_plain_json

if TYPE_CHECKING:
    from flowhook.engine.turn.view import TurnEnvironment
    from flowhook.model.inbound import Inbound
    from flowhook.model.session import Session
    from flowhook.model.understanding import Slot, Understanding


class TurnInput(TypedDict, total=False):
    """``input``, under the names that flows use. A mapping, because expressions read it as one."""

    text: str
    data: dict[str, Any]
    attachments: list[dict[str, Any]]
    mode: str  #: text, data or text+data
    kind: str  #: message, inject, timer …
    test: bool
    intent: str | None
    intentScore: float
    intentFlow: str | None
    intentPath: list[str]  #: from the uppermost parent to the intent
    intentOutOfState: str | None
    state: str
    understood: bool
    slots: dict[str, Any]  #: slot → the list of values found
    type: str | None  #: kind of sentence
    nlu: dict[str, Any]
    activeQuestion: dict[str, Any] | None
    userId: str
    sessionId: str
    traceId: str
    URLToken: str
    endpoint: str
    channel: str
    ip: str | None  #: of the caller
    locale: str
    execution: int
    result: Any
    flow: str
    node: str | None
    callback: str | None
    handover: dict[str, Any] | None  #: status, error, inactivityCount, data
    availableAgents: int | None  #: as check_availability found last
    slotsTaken: dict[str, list[Any]]  #: values of slots that questions of this turn have taken; ours


#: Every name that expressions can read of ``input``.
INPUT_NAMES: Final = tuple(name for name in TurnInput.__annotations__ if name != "slotsTaken")

DEFAULT_STATE = "default"  #: the name of the state of a session that was never set to one
ANSWERING = frozenset({"pAnswer", "nAnswer", "Greeting"})  #: kinds of sentences that count as understood


#: An input of which nothing is known yet: copied for each turn, which is quicker than building it.
_BLANK = cast(
    TurnInput,
    {**dict.fromkeys(INPUT_NAMES), "intentScore": 0.0, "state": DEFAULT_STATE, "understood": False},
)


def input_of(session: Session, inbound: Inbound, environment: TurnEnvironment) -> TurnInput:
    """The ``input`` of a turn that begins."""
    ref, top = inbound.ref, session.frames[-1]
    values = _BLANK.copy()
    values["text"] = inbound.text
    values["data"] = inbound.data or {}
    values["attachments"] = inbound.attachments
    values["mode"] = inbound.mode
    values["kind"] = inbound.kind._value_
    values["test"] = inbound.test
    values["intentPath"] = []
    values["slots"] = {}
    values["nlu"] = {"intents": [], "slots": {}, "yesNo": None, "rejected": False}
    values["userId"] = ref.user_id
    values["sessionId"] = ref.session_id
    values["traceId"] = inbound.trace_id
    values["URLToken"] = environment.url_token
    values["endpoint"] = environment.endpoint or ref.endpoint
    values["channel"] = environment.channel
    values["ip"] = environment.ip
    values["locale"] = session.locale or environment.locale
    values["execution"] = session.execution
    values["flow"] = top.flow
    values["node"] = top.node
    if environment.heard is not None:
        text, data = environment.heard
        mode = "text+data" if text and data else "data" if data else "text"
        values.update({"text": text, "data": data, "mode": mode})
    if session.state:
        values["state"] = session.state
    if inbound.callback:
        values["callback"] = inbound.callback.rpartition("/")[2]
    return values


def reading_of(understanding: Understanding | None) -> TurnInput:
    """The fields of ``input`` that rules may read of an understanding: all but those of the intent."""
    if understanding is None:
        return {"slots": {}, "type": None, "nlu": _nlu(None)}
    return {"slots": slots_of(understanding), "type": understanding.type, "nlu": _nlu(understanding)}


def slots_of(understanding: Understanding) -> dict[str, Any]:
    """What was found, by slot. What the user does not want ("no mushrooms") is only in ``input.nlu``."""
    return understanding.slots or understanding.wanted()


def is_understood(values: TurnInput) -> bool:
    """Whether anything came of a text: an intent, a slot, or a kind of sentence that answers."""
    return bool(values["intent"] or values["slots"] or values["type"] in ANSWERING)


def _nlu(understanding: Understanding | None) -> dict[str, Any]:
    if understanding is None:
        return {"intents": [], "slots": {}, "yesNo": None, "rejected": False}
    nlu: dict[str, Any] = {
        "intents": [],
        "slots": {name: [slot_entry(slot) for slot in found] for name, found in understanding.found.items()},
        "yesNo": understanding.answer,
        "rejected": understanding.rejected,
    }
    if understanding.denied:
        nlu["denied"] = list(understanding.denied)
    if understanding.also:
        nlu["also"] = [ranked.name for ranked in understanding.also]
    if understanding.details:
        nlu["details"] = to_plain_json(understanding.details)
    return nlu


def slot_entry(slot: Slot) -> dict[str, Any]:
    """A value of a slot as ``input.nlu.slots`` shows it."""
    return {
        "value": to_plain_json(slot.value),
        "text": slot.text,
        "start": slot.start,
        "end": slot.end,
        "data": to_plain_json(slot.data),
        "negated": slot.negated,
    }
