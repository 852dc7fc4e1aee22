"""flowhook: conversations written as YAML node graphs, delivered in order to a webhook.

This is all that a plugin needs; everything else in the package is private.
"""

from pydantic import BaseModel, Field

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Call, Goto, NodeFailed, Stop, Think, Wait
from flowhook.engine.settings.fields import Condition, FlowName, IntentName, Path, SlotName, Target, Text
from flowhook.errors import Reject
from flowhook.hooks.api.app import App
from flowhook.hooks.api.handover_provider import Conversation, ConversationMessage, HandoverProvider
from flowhook.hooks.api.messages import Inject, Message, Notify
from flowhook.hooks.api.multipart import FormFile
from flowhook.hooks.api.nlu_engine import NluEngine
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.hooks.api.request import Request, Response
from flowhook.hooks.api.settings import BaseSettings, Settings
from flowhook.hooks.api.storage import PluginStorage as Storage
from flowhook.hooks.api.translator import Translated, Translator, TranslatorSettings
from flowhook.hooks.api.turn import Turn
from flowhook.hooks.calling.markers import hookimpl
from flowhook.hooks.calling.results import DISCARD, Body
from flowhook.model.delivery import Delivered, Delivery, Egress, Rejected, Retry
from flowhook.model.endpoint import Endpoint
from flowhook.model.event import Event
from flowhook.model.handover import HandoverEvent
from flowhook.model.inbound import Inbound
from flowhook.model.output import Deliver, Output
from flowhook.model.secret import Secret
from flowhook.model.understanding import Ranked, Slot, Understanding
from flowhook.version import __version__

__all__ = [
    "DISCARD",
    "App",
    "BaseModel",
    "BaseSettings",
    "Body",
    "Call",
    "Condition",
    "Conversation",
    "ConversationMessage",
    "Deliver",
    "Delivered",
    "Delivery",
    "Egress",
    "Endpoint",
    "Event",
    "Field",
    "FlowName",
    "FormFile",
    "Goto",
    "HandoverEvent",
    "HandoverProvider",
    "Inbound",
    "Inject",
    "IntentName",
    "Message",
    "NluEngine",
    "Node",
    "NodeFailed",
    "Notify",
    "Output",
    "OutputPlugin",
    "Path",
    "Ranked",
    "Reject",
    "Rejected",
    "Request",
    "Response",
    "Retry",
    "Secret",
    "Settings",
    "Slot",
    "SlotName",
    "Stop",
    "Storage",
    "Target",
    "Text",
    "Think",
    "Translated",
    "Translator",
    "TranslatorSettings",
    "Turn",
    "Understanding",
    "Wait",
    "__version__",
    "hookimpl",
]
