"""The life cycle of a handover: every state, and what each event makes of it."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.model.handover import HandoverChange, HandoverEnd, HandoverMove, HandoverRequest, HandoverWords
from flowhook.model.inbound import Kind
from tests.engine.conversation import Builder, Conversation

BRANCHES: dict[str, Any] = {
    "on_queue": [{"say": "queued {{ input.handover.data.position }}"}],
    "on_active": [{"say": "active"}],
    "on_completed": [{"say": "completed {{ input.result.note }}"}],
    "on_cancelled": [{"say": "cancelled"}],
    "on_event": [{"say": "{{ input.handover.status }}"}],
    "on_error": [{"say": "error {{ error.reason }}"}],
}
WITHOUT_ERROR = {name: branch for name, branch in BRANCHES.items() if name != "on_error"}


class Handed(Conversation):
    """A session whose first message asks for a person."""

    def __init__(self, branches: dict[str, Any] = BRANCHES, intents: Any = None, **settings: Any) -> None:
        settings = {"text": "one moment", "cancel": {"title": "never mind"}, **settings}
        node = {"id": "agent", "handover": settings, **branches}
        flow = Builder().flow("main", [node, {"say": "below"}], intents=intents or {})
        super().__init__(flows=[flow], handovers=frozenset({"desk"}), handover="desk")
        self.begun = self.says("help")
        self.asked = self.run.take_handover_changes()

    def event(self, event: str, text: str = "", id: str | None = None, **more: Any) -> list[str]:
        """The provider tells something. Returns what is said, with who says it where that is not the bot."""
        of = id or (self.session.handover.id if self.session.handover is not None else "over")
        data = more.pop("data", None)
        self.says(text, kind=Kind.HANDOVER, data=data, handover={"id": of, "event": event, **more})
        return [f"{o.source}: {o.text}" if o.source == "agent" else o.text for o in self.run.outputs]

    @property
    def state(self) -> str:
        """none, queue or active."""
        return self.session.handover.status if self.session.handover is not None else "none"

    def told(self) -> list[str]:
        """What happened to the handover, in a word each."""
        return [_word(change) for change in self.run.take_handover_changes()]


def _word(change: HandoverChange) -> str:
    match change:
        case HandoverRequest():
            return "asked"
        case HandoverWords():
            return f"{change.source}{' leaves' if change.leaves else ''}: {change.text}"
        case HandoverMove():
            return f"to {change.status}"
        case HandoverEnd():
            return f"{change.outcome}{'' if change.tells else ' silently'}"


#: state, what happens, what the user hears, the next state, what is kept and told
TABLE = [
    ("queue", ("user", "hello"), [], "queue", ["user leaves: hello"]),
    ("queue", ("user", "never mind"), ["cancelled", "below"], "none", ["cancelled"]),
    ("queue", ("queue", ""), ["queued 3"], "queue", ["bot leaves: queued 3"]),
    ("queue", ("active", ""), ["active"], "active", ["to active", "bot leaves: active"]),
    (
        "queue",
        ("message", "I am Ada"),
        ["agent: I am Ada", "active"],
        "active",
        ["agent: I am Ada", "to active", "bot leaves: active"],
    ),
    ("queue", ("resolved", ""), ["completed done", "below"], "none", ["completed"]),
    ("queue", ("error", ""), ["error gone", "below"], "none", ["error"]),
    ("queue", ("event", ""), ["events"], "queue", ["bot leaves: events"]),
    (
        "queue",
        ("update", "wait"),
        ["genericHandoverUpdate"],
        "queue",
        ["bot leaves: genericHandoverUpdate"],
    ),
    ("queue", ("typing", ""), [], "queue", []),
    ("active", ("user", "hello"), [], "active", ["user leaves: hello"]),
    ("active", ("user", "never mind"), ["cancelled", "below"], "none", ["cancelled"]),
    ("active", ("message", "yes?"), ["agent: yes?"], "active", ["agent: yes?"]),
    ("active", ("active", ""), [], "active", []),
    ("active", ("queue", ""), ["queued 3"], "queue", ["to queue", "bot leaves: queued 3"]),
    ("active", ("resolved", ""), ["completed done", "below"], "none", ["completed"]),
    ("active", ("error", ""), ["error gone", "below"], "none", ["error"]),
    ("active", ("typing", ""), [], "active", []),
    ("none", ("message", "late"), [], "none", []),
    ("none", ("resolved", ""), [], "none", []),
    ("none", ("error", ""), [], "none", []),
    ("none", ("queue", ""), [], "none", []),
    ("none", ("active", ""), [], "none", []),
]


@pytest.mark.parametrize(("state", "happens", "heard", "after", "kept"), TABLE)
def test_the_state_machine(
    state: str, happens: tuple[str, str], heard: list[str], after: str, kept: list[str]
) -> None:
    """Every state meets every event: what is said, where it stands then, what leaves it."""
    talk = Handed()
    assert talk.begun == ["one moment", "queued "]
    if state == "active":
        talk.event("active")
    if state == "none":
        talk.event("resolved")
    what, text = happens
    if what == "user":
        said = talk.says(text)
    else:
        data = {"position": 3} if what == "queue" else None
        said = talk.event(what, text, data=data, note="done", reason="gone", id=None)
    assert (said, talk.state, talk.told()) == (heard, after, kept)
    if state == "none":
        assert talk.end.reason == "void"


def test_it_begins() -> None:
    """The text is said with the cancel button, the provider is asked, and the flow rests at its node."""
    talk = Handed({}, provider="desk", settings={"queue": "tax"})
    assert talk.begun == ["one moment"]
    (output,) = talk.run.outputs
    replies = output.data["rich"]["quickReplies"]
    assert replies == [{"title": "never mind", "payload": "never mind"}]
    (asked,) = talk.asked
    assert isinstance(asked, HandoverRequest)
    assert (asked.provider, asked.node, asked.settings["settings"]) == (
        "desk",
        "main/agent",
        {"queue": "tax"},
    )
    assert talk.run.position == "main/agent"


def test_an_event_of_another_one_changes_nothing() -> None:
    """The session has been handed over again since: what comes for the first one is void."""
    talk = Handed()
    assert talk.session.handover is not None
    first = talk.session.handover.id
    talk.event("resolved")
    talk.says("once more")
    assert talk.state == "queue"
    assert talk.event("message", "late", id=first) == []
    assert (talk.end.reason, talk.state) == ("void", "queue")


@pytest.mark.parametrize("intent", ["stop", "other"])
def test_an_intent_cancels(intent: str) -> None:
    """Only the intent that is named; what means anything else goes to the provider, and enters nothing."""
    intents = {"stop": {"entry": "agent"}, "other": {"entry": "agent"}}
    talk = Handed(intents=intents, cancel_intent="stop")
    said = talk.hears("please stop", intent)
    cancelled = intent == "stop"
    assert (said, talk.state) == ((["cancelled", "below"], "none") if cancelled else ([], "queue"))


def test_repeat() -> None:
    """The text comes again after each message, until a person has taken it."""
    talk = Handed({}, repeat=True)
    assert talk.says("hello?") == ["one moment"]
    talk.event("active")
    assert talk.says("hello?") == []


@pytest.mark.parametrize(
    ("settings", "event"), [({"queue_event": False}, "queue"), ({"active_event": False}, "active")]
)
def test_events_that_are_switched_off(settings: dict[str, Any], event: str) -> None:
    """The branch is left out, the status is not."""
    talk = Handed(**settings)
    assert talk.event(event) == []
    assert talk.state == event


def test_resolved_without_an_event() -> None:
    """The flow goes on with the next message, at the branch."""
    talk = Handed(resolve_event=False)
    assert talk.event("resolved", note="x") == []
    assert talk.state == "none"
    assert talk.says("thanks") == ["completed ", "below"]


@pytest.mark.parametrize("now", [True, False])
def test_going_on_at_the_entry(now: bool) -> None:
    """With ``continue: entry`` it is the first node of the flow, which may ask for a person again."""
    talk = Handed({}, **{"continue": "entry"}, resolve_event=now)
    first = ["one moment"]
    assert talk.event("resolved") == (first if now else [])
    assert talk.state == ("queue" if now else "none")
    if not now:
        assert talk.says("hi") == first


def test_an_error_nobody_takes_care_of() -> None:
    """The turn does not fail: the flow goes on below."""
    talk = Handed(WITHOUT_ERROR)
    assert talk.event("error", "no one", reason="error") == ["below"]
    assert talk.run.turn.input["handover"] == {
        "status": "error", "inactivityCount": 0, "data": {},
        "error": {"reason": "error", "message": "no one"},
    }  # fmt: skip


def test_a_flow_that_fails_loses_no_word() -> None:
    """What the agent said stays said, and what he resolved stays resolved, whatever the flow makes of it."""
    fails = [{"goto": "{{ 'nowhere' }}"}]
    talk = Handed({"on_active": fails, "on_completed": fails})
    assert talk.event("message", "hello") == ["agent: hello"]
    assert (talk.state, talk.end.status) == ("active", "done")
    assert talk.told() == ["agent: hello", "to active"]
    assert talk.event("resolved") == []
    assert (talk.state, talk.end.status) == ("none", "done")
    assert talk.says("thanks") == ["below"]


def test_who_reads_what_the_bot_says() -> None:
    """Both do, unless ``to`` says otherwise."""
    says = [{"say": "all"}] + [{"say": {"text": to, "to": to}} for to in ("user", "agent", "both")]
    talk = Handed({"on_active": says})
    assert talk.event("active") == ["all", "user", "both"]
    assert talk.told() == ["to active", "bot leaves: all", "bot leaves: agent", "bot leaves: both"]


def test_the_flow_closes_it() -> None:
    """``close_handover`` ends it in the middle of a branch; the next message goes on below."""
    talk = Handed({"on_queue": [{"close_handover": {"tell_provider": False}}, {"say": "closed"}]})
    assert talk.begun == ["one moment", "closed"]
    assert [_word(change) for change in talk.asked] == ["asked", "completed silently"]
    assert talk.state == "none"
    assert talk.says("hi") == ["below"]


@pytest.mark.parametrize(("provider", "reason"), [(None, "unsupported"), ("zendesk", "unsupported")])
def test_nobody_to_hand_over_to(provider: str | None, reason: str) -> None:
    """An endpoint without a provider, and a provider that there is not, take ``on_error`` at once."""
    node = {"id": "agent", "handover": {"text": "one moment", "provider": provider}, **BRANCHES}
    talk = Conversation(node, handovers=frozenset({"desk"}))
    assert talk.says("help") == [f"error {reason}"]
    assert talk.session.handover is None


def test_twice_at_once() -> None:
    """There is one handover of a session at a time."""
    again = [{"id": "again", "handover": "more", "on_error": [{"say": "{{ error.reason }}"}]}]
    talk = Handed({"on_active": again})
    assert talk.event("active") == ["handoverAlreadyInProgress"]
    assert talk.state == "active"
