"""What tests, chat and replay decide in the server's place, given when the application is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from flowhook.engine.turn.view import NODE_LIMIT
from flowhook.hooks.api.handover_provider import HandoverProvider
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import Inbound
from flowhook.model.session import Session
from flowhook.runtime.project.project import Project
from flowhook.runtime.turns.effects import EffectPerformer, Effects
from flowhook.runtime.turns.http_calls import RETRY_DELAY
from flowhook.runtime.turns.running_turn import RunningTurn


def seed_of(inbound: Inbound) -> int:
    """Return the seed of the choice among alternatives: another one in each turn, the same when a turn is
    run again."""
    return int(inbound.trace_id[-8:], 16)


def node_limit_of(inbound: Inbound) -> int:
    """Return how many nodes may run in the turn of an inbound: as many in each."""
    return NODE_LIMIT


@dataclass(frozen=True, slots=True)
class Overrides:
    """``open_application(config, overrides=Overrides(seed=…))``. The defaults are what a server does."""

    #: the seed of a turn's choices
    seed: Callable[[Inbound], int] = seed_of
    #: how many nodes may run in the turn of an inbound; one more fails it
    node_limit: Callable[[Inbound], int] = node_limit_of
    #: a session that has not spoken yet
    new_session: Callable[[Project, Endpoint], Session] = Project.new_session
    #: told of each turn that ended, with its status: done, failed or discarded
    on_turn_end: Callable[[RunningTurn, str], None] | None = None
    #: given the real performer of effects, returns the one to use
    effects: Callable[[Effects], EffectPerformer] | None = None
    #: endpoint → what takes its deliveries, in place of the output that the configuration names
    outputs: Mapping[str, OutputPlugin] = field(default_factory=dict)
    #: whether turns that need nothing from outside are accepted and committed in one transaction
    fast_path: bool = True
    #: who takes conversations over, in the place of every provider
    handovers: HandoverProvider | None = None
    #: seconds before the first repeat of a failed call of a flow; doubles
    retry_delay: float = RETRY_DELAY
