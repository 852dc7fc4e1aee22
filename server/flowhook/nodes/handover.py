"""``handover``: a person takes over the conversation.

.. code-block:: yaml

    - id: to_agent
      handover: {text: "I pass you to a colleague.", cancel: {title: Never mind}, cancel_intent: cancel}
      on_queue: {say: "You are in the queue."}
      on_active: {say: "A colleague is here."}
      on_completed:
        - say: "Welcome back. {{ input.result.note }}"
      on_cancelled: {say: "As you like."}
      on_error: {say: "Nobody can be reached."}

While it lasts the bot is silent: what the user says goes to the provider, in its order, and what the agent
says comes back with ``source: agent``. ``provider`` names one of ``handovers:`` in config.yaml; without it
the endpoint's ``handover`` counts. ``text`` is said at the beginning, and with ``repeat`` after each message
of the user as long as nobody has taken over. ``cancel: {title}`` adds a quick reply that ends it, and
``cancel_intent`` names an intent that does.

The flow sees ``input.handover``: ``status`` (queue, active, completed, cancelled, error, events,
genericHandoverUpdate), ``data`` of the event (``position``, ``estimatedWaitTime`` …), ``inactivityCount``
and ``error: {reason, message}``. ``on_queue`` and ``on_active`` run when it enters the queue and when a
person has taken it; after their list the session rests here again. ``queue_event: false`` and
``active_event: false`` leave them out. With ``queue_updates: true`` ``on_queue`` runs with its ``position``
in the desk's queue and the ``estimatedWaitTime`` (milliseconds) in ``input.handover.data``, whenever that
changes. ``on_event`` runs for whatever else a provider tells.

When the agent resolves it, ``input.result`` is ``{result, note, agent}`` and the flow goes on at
``on_completed`` or below at once; with ``resolve_event: false`` at the user's next message; with
``continue: entry`` at the first node of the session's flow. What cannot be handed over takes ``on_error``
with ``error.reason``: ``unsupported`` (there is no such provider), ``error`` (it cannot be reached),
``no_agent`` (nobody answered in time), ``handoverAlreadyInProgress``. Events of a handover
that is over change nothing.

``transcript: false`` keeps what was said before from the provider. ``settings`` are the provider's own.
``connected`` and ``disconnected`` are told to the agent, and to nobody else, when the channel says that the
user has come or gone; with an empty text they are not.

Branches: ``on_queue``, ``on_active``, ``on_completed``, ``on_cancelled``, ``on_event``, ``on_error``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from flowhook.engine.node import Node
from flowhook.engine.outcomes import BeginHandover, NodeFailed, Outcome
from flowhook.engine.settings.fields import IntentName, Text
from flowhook.engine.turn.handovers import IN_PROGRESS
from flowhook.engine.turn.view import Turn


class CancelButton(BaseModel):
    """The quick reply that ends a handover."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)
    title: Text = Field(min_length=1, description="what it shows")
    payload: Text | None = Field(None, description="what a click says; its title without")


class HandoverNode(Node):
    """Hands the conversation over to a person."""

    key = "handover"
    main = "text"
    draws_as = "outside"
    branches = ("on_queue", "on_active", "on_completed", "on_cancelled", "on_event")
    staying = ("on_queue", "on_active", "on_event")
    idle_without: ClassVar[Mapping[str, str]] = {
        "queue_event": "on_queue",
        "queue_updates": "on_queue",
        "active_event": "on_active",
    }
    waits = True

    text: Text = Field("", description="said when a person is asked for")
    provider: str | None = Field(None, description="one of handovers: in config.yaml; the endpoint's without")
    repeat: bool = Field(False, description="say the text again after each message while nobody has taken it")
    cancel: CancelButton | None = Field(None, description="{title}: a quick reply that ends it")
    cancel_intent: IntentName | None = Field(None, description="an intent that ends it")
    transcript: bool = Field(True, description="the provider gets what was said before")
    queue_event: bool = Field(True, description="false: on_queue is left out")
    queue_updates: bool = Field(
        False, description="true: on_queue runs with the place in the desk's queue, whenever that changes"
    )
    active_event: bool = Field(True, description="false: on_active is left out")
    resolve_event: bool = Field(
        True, description="false: when it is resolved the flow goes on with the next message"
    )
    continue_: Literal["below", "entry"] = Field(
        "below", alias="continue", description="where the flow goes on when it is resolved"
    )
    connected: Text = Field(
        "The user is connected.",
        description="told to the agent when the user comes, if the channel says so",
    )
    disconnected: Text = Field(
        "The user is disconnected.", description="the same when the user goes; empty: nothing is told"
    )
    settings: dict[str, Any] = Field(default_factory=dict, description="for the provider: queue, skills …")

    def run(self, turn: Turn) -> Outcome:
        if turn.session.handover is not None:
            raise NodeFailed(IN_PROGRESS, "the conversation is handed over already")
        provider = provider_of(turn, self.provider)
        shown: dict[str, Any] = {}
        if self.cancel is not None:
            reply = {"title": self.cancel.title, "payload": self.cancel.payload or self.cancel.title}
            shown = {"rich": {"type": "quick_replies", "quickReplies": [reply], "fallback": self.text}}
        kept = {
            "text": self.text,
            "repeat": self.repeat,
            "transcript": self.transcript,
            "queue_event": self.queue_event,
            "queue_updates": self.queue_updates,
            "active_event": self.active_event,
            "resolve_event": self.resolve_event,
            "continue": self.continue_,
            "connected": self.connected,
            "disconnected": self.disconnected,
            "settings": self.settings,
        }
        if self.cancel is not None:
            kept |= {"cancel": self.cancel.model_dump(exclude_none=True), "shown": shown}
        if self.cancel_intent is not None:
            kept["cancel_intent"] = self.cancel_intent
        return BeginHandover(provider, kept, self.text or (self.cancel.title if self.cancel else ""), shown)

    def resume(self, turn: Turn) -> Outcome:
        return None  # it was closed by the flow: the input is for what stands below

    def digressions(self, turn: Turn) -> str:
        return "none"


def provider_of(turn: Turn, name: str | None) -> str:
    """The provider that a node names, else the endpoint's. Raises NodeFailed where there is none."""
    environment = turn.environment
    provider = name or environment.handover
    if provider is None:
        raise NodeFailed("unsupported", "this endpoint hands over to nobody: it has no handover")
    if provider not in environment.handovers:
        raise NodeFailed("unsupported", f'there is no handover provider "{provider}"')
    return provider
