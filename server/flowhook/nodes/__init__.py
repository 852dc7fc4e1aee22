"""The built-in node types: one file for each, or for each small family."""

from __future__ import annotations

from flowhook.engine.node import Node
from flowhook.nodes.analytics import Analytics
from flowhook.nodes.ask import Ask
from flowhook.nodes.blind import Blind
from flowhook.nodes.call import Call
from flowhook.nodes.check_availability import CheckAvailabilityNode
from flowhook.nodes.close_handover import CloseHandover
from flowhook.nodes.code import Code
from flowhook.nodes.collect import Collect
from flowhook.nodes.copilot import CopilotData, CopilotGrid, CopilotTile
from flowhook.nodes.every import Every
from flowhook.nodes.for_each import ForEach
from flowhook.nodes.fuzzy import Fuzzy
from flowhook.nodes.goto import Goto
from flowhook.nodes.handover import HandoverNode
from flowhook.nodes.handover_inactivity import HandoverInactivity
from flowhook.nodes.http_request import HttpRequest
from flowhook.nodes.if_ import If
from flowhook.nodes.json_api import JsonApi
from flowhook.nodes.locale import Locale
from flowhook.nodes.log import Debug, Log
from flowhook.nodes.match import Match
from flowhook.nodes.nlu import Nlu
from flowhook.nodes.once import Once
from flowhook.nodes.optional_ask import OptionalAsk
from flowhook.nodes.profile import Profile
from flowhook.nodes.return_ import Return
from flowhook.nodes.say import Say
from flowhook.nodes.sleep import Sleep
from flowhook.nodes.state import State
from flowhook.nodes.stop import Stop
from flowhook.nodes.switch import Switch
from flowhook.nodes.task import Task
from flowhook.nodes.think import Think
from flowhook.nodes.timer import CancelTimer, Timer
from flowhook.nodes.track import Track
from flowhook.nodes.translation import Translation
from flowhook.nodes.variables import Append, Set, Unset
from flowhook.nodes.wait import Wait
from flowhook.nodes.webhook import Webhook

#: Every node type that needs no plugin.
BUILTIN: tuple[type[Node], ...] = (
    Say, Ask, If, Switch, Once, Goto, Call, Wait, Sleep, Stop, Think, Set, Unset, Append, HttpRequest,
    Log, Debug, Task,
    Code, Match, Fuzzy, Locale, Translation, Profile,
    OptionalAsk, Collect, Every,
    Nlu, State, Blind,
    Analytics, Track, Webhook, JsonApi,
    Timer, CancelTimer, ForEach, Return,
    HandoverNode, CloseHandover, CheckAvailabilityNode, HandoverInactivity,
    CopilotGrid, CopilotTile, CopilotData,
)  # fmt: skip

__all__ = ["BUILTIN"]
