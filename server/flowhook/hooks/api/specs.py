"""Every hook that a plugin may implement: when it runs, what it gets, what it may return.

Two calling modes. In a **pipe** each plugin gets the last one's result: None leaves it as it is,
DISCARD ends it. In **every** all plugins are called and a failure stays alone. A hook names only
the arguments it wants. docs/plugins.md shows each with an example; a test keeps the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Literal

from flowhook.hooks.calling.markers import hookspec

if TYPE_CHECKING:
    import logging

    import click

    from flowhook.engine.node import Node
    from flowhook.hooks.api.app import App
    from flowhook.hooks.api.handover_provider import HandoverProvider
    from flowhook.hooks.api.messages import Message
    from flowhook.hooks.api.nlu_engine import NluEngine
    from flowhook.hooks.api.output_plugin import OutputPlugin
    from flowhook.hooks.api.request import Request, Response
    from flowhook.hooks.api.settings import Settings
    from flowhook.hooks.api.storage import PluginStorage
    from flowhook.hooks.api.translator import Translator
    from flowhook.hooks.calling.results import Body, Discarded
    from flowhook.model.delivery import Delivery
    from flowhook.model.endpoint import Endpoint
    from flowhook.model.event import Event
    from flowhook.model.inbound import Inbound
    from flowhook.model.output import Deliver, Output
    from flowhook.model.understanding import Understanding

    MessageFields = Mapping[str, Any]
    Messages = Message | MessageFields | list[Message | MessageFields] | Discarded | None
    Http = Any  # httpx.AsyncClient in async hooks, httpx.Client in plain ones


@hookspec
def authenticate(
    request: Request,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> None:
    """Runs before anything else is done with a request. Mode: every.

    Raise Reject to refuse it; any other failure is a 401.
    """


@hookspec
def transform_input(
    request: Request,
    response: Response,
    message: MessageFields | None,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> Messages:
    """Runs for a request to /{token} or /test/{token}, before it is accepted. Mode: pipe.

    Return a mapping with any of userId, sessionId, text, data, messageId, attachments (what is
    missing is the original's), a Message, an Inject or a Notify, a list of such, DISCARD, or None.
    """


@hookspec
def transform_inject(
    request: Request,
    response: Response,
    message: MessageFields | None,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> Messages:
    """Runs for a request to /inject/{token}, before it is accepted. Mode: pipe. As transform_input."""


@hookspec
def transform_notify(
    request: Request,
    response: Response,
    message: MessageFields | None,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> Messages:
    """Runs for a request to /notify/{token}, before it is accepted. Mode: pipe. As transform_input."""


@hookspec
def answer(
    outputs: list[Output],
    request: Request,
    response: Response,
    user_id: str,
    session_id: str,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> None:
    """Runs when a turn that a Message with ``wait`` began has ended, or its time is over. Mode: every.

    What it sets on the response is the answer to the request. ``outputs`` is what was said until then,
    which is not delivered; what is said later leaves as a delivery.
    """


@hookspec
def transform_turn(
    outputs: list[Output],
    inbound: Inbound,
    user_id: str,
    session_id: str,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> list[Output | Deliver | Body] | Discarded | None:
    """Runs for all outputs that leave together, before ``transform_output`` sees each. Mode: pipe.

    Return a list of Output, Deliver and Body, which leave in this order.
    """


@hookspec
def transform_output(
    output: Output,
    envelope: dict[str, Any],
    inbound: Inbound,
    user_id: str,
    session_id: str,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> Output | Deliver | Body | list[Output | Deliver | Body] | Discarded | None:
    """Runs for each output before it is stored. It delivers nothing itself. Mode: pipe.

    Return the Output, changed, which keeps the envelope; a Deliver, which sends elsewhere; a Body, which
    is the whole body; or a list of these. A Deliver and a Body end the pipe.
    """


@hookspec
def delivery_finished(
    delivery: Delivery,
    outcome: Literal["delivered", "dead"],
    status: int | None,
    body: bytes,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> None:
    """Runs when a delivery was taken or given up, with what the receiver said. Mode: every."""


@hookspec
def turn_finished(
    outputs: list[Output],
    trace: list[dict[str, Any]],
    user_id: str,
    session_id: str,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> None:
    """Runs when a turn has ended and what it left behind is stored. Mode: every."""


@hookspec
def before_nlu(
    text: str,
    data: dict[str, Any],
    language: str,
    understanding: Understanding | None,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> Mapping[str, Any] | Discarded | None:
    """Runs before an engine reads a text. ``understanding`` is None here. Mode: pipe.

    Return a mapping with any of text, data.
    """


@hookspec
def after_nlu(
    text: str,
    data: dict[str, Any],
    language: str,
    understanding: Understanding | None,
    endpoint: Endpoint,
    settings: Settings,
    storage: PluginStorage,
    http: Http,
    log: logging.Logger,
) -> Understanding | Discarded | None:
    """Runs on what an engine made of a text. Mode: pipe.

    Return an Understanding; DISCARD means that nothing was understood.
    """


@hookspec
def register_nodes(settings: Settings) -> Iterable[type[Node]] | None:
    """Runs at load: node types for flows. Mode: every."""


@hookspec
def register_ask_types(settings: Settings) -> Mapping[str, Any] | None:
    """Runs at load: further types of ``ask``, by name. Mode: every."""


@hookspec
def register_nlu(settings: Settings) -> Iterable[type[NluEngine]] | None:
    """Runs at load: NLU engines. Mode: every."""


@hookspec
def register_outputs(settings: Settings) -> Iterable[type[OutputPlugin]] | None:
    """Runs at load: ways to carry deliveries. Mode: every."""


@hookspec
def register_handover(settings: Settings) -> Iterable[type[HandoverProvider]] | None:
    """Runs at load: ways to people who take conversations over. Mode: every."""


@hookspec
def register_translators(settings: Settings) -> Iterable[type[Translator]] | None:
    """Runs at load: translators. Mode: every."""


@hookspec
def register_filters(settings: Settings) -> Mapping[str, Any] | None:
    """Runs at load: filters for expressions, by name. Mode: every."""


@hookspec
def register_commands(settings: Settings) -> click.Command | Iterable[click.Command] | None:
    """Runs at load: click commands or groups under ``flowhook``. Mode: every."""


@hookspec
def register_routes(settings: Settings) -> Any:
    """Runs at load: a Quart blueprint, served under /x/{plugin}. Mode: every."""


@hookspec
def on_event(
    event: Event, app: App, settings: Settings, storage: PluginStorage, http: Http, log: logging.Logger
) -> None:
    """Runs when something has happened: message.received, delivery.dead, flow.reloaded… Mode: every."""


@hookspec
def startup(app: App, settings: Settings, http: Http, log: logging.Logger) -> None:
    """Runs once, before the first request. An error stops the start. Mode: every."""


@hookspec
def shutdown(app: App, settings: Settings, http: Http, log: logging.Logger) -> None:
    """Runs once, after the last turn. Mode: every."""
