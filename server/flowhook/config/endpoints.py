"""The section ``endpoints`` of the configuration."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

from flowhook.config.fields import (
    Bool,
    Duration,
    DurationOrNever,
    HeaderText,
    Int,
    Name,
    Network,
    Origin,
    Rate,
    Rates,
    Section,
    SettingsByName,
    SigningSecrets,
    Size,
    Timeout,
    UrlOrEmpty,
    url_or_empty,
)
from flowhook.config.handovers import DESK, HandoverSetting, HandoverUse
from flowhook.http_fields import TOKEN
from flowhook.model.translation import LANGUAGE
from flowhook.yamldoc.validation import Requirement

#: First words of our own routes.
RESERVED = frozenset(
    {
        "inject", "notify", "test", "receipts", "handover", "callback", "api", "desk", "studio",
        "healthz", "readyz", "metrics", "openapi", "docs", "static", "x",
    }
)  # fmt: skip
RETRIES = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 10800.0, 21600.0, 43200.0)

_HEADER_NAME = re.compile(rf"(?=.{{1,64}}\Z){TOKEN}")
_OWN_HEADERS = frozenset(
    {
        "accept-encoding", "authorization", "connection", "content-length", "content-type", "expect", "host",
        "proxy-authorization", "te", "traceparent", "transfer-encoding", "upgrade",
    }
)  # fmt: skip
_TOKEN = re.compile(r"[A-Za-z0-9_-]{3,128}")
_LOCALE = r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$"


def _token(value: str | None) -> str | None:
    if not value:
        return None
    if not _TOKEN.fullmatch(value):
        raise Requirement("must be 3 to 128 letters, digits, _ and -")
    if value in RESERVED or value.startswith("_"):
        raise Requirement("must be another word: flowhook has a route of that name")
    return value


def _one_plugin(item: Any) -> Any:
    if isinstance(item, dict) and len(item) != 1:
        raise Requirement("must be the name of a plugin, or {name: {settings}}")
    return item


def _webhook_headers(headers: dict[str, str]) -> dict[str, str]:
    """Names that can be sent and are not set by the webhook itself."""
    for name in headers:
        if not _HEADER_NAME.fullmatch(name):
            raise Requirement("must have names of headers as keys, such as X-Shop")
        if name.lower() in _OWN_HEADERS or name.lower().startswith(("webhook-", "flowhook-")):
            raise Requirement(f"must not set {name}: the webhook does that itself")
    return headers


def _proxy(value: str) -> str:
    """``http://host:port``, with credentials or without, or "" for none."""
    parts = urlsplit(url_or_empty(value))
    if value and (parts.scheme != "http" or parts.path not in ("", "/")):
        raise Requirement("must be the address of a proxy, such as http://proxy.example:3128")
    return value


def _key(value: str) -> str:
    """A key of HS256, which is as long as its hash, or "" for none."""
    if value and len(value.encode()) < 32:
        raise Requirement("must have at least 32 bytes, or be empty")
    return value


Use = Annotated[Name | SettingsByName, BeforeValidator(_one_plugin)]


class WebhookConfig(Section):
    """Where outputs go, and how stubbornly."""

    url: UrlOrEmpty = Field(default="", description="empty: nothing is sent, outputs count as delivered")
    user: HeaderText = Field(default="", pattern="^[^:]*$", description="basic authentication")
    password: HeaderText = Field(default="", repr=False, description="basic authentication")
    secret: SigningSecrets = Field(
        default="", repr=False, description="signs each POST; a list while it changes, newest first"
    )
    bearer: HeaderText = Field(default="", repr=False, description="sent as Authorization: Bearer …")
    headers: Annotated[dict[str, HeaderText], AfterValidator(_webhook_headers)] = Field(
        default={}, repr=False, description="sent with each POST to the webhook"
    )
    timeout: Timeout = Field(default=10.0, description="of one attempt, all in")
    rate: Rate = Field(default=None, description="attempts in a time at most, such as 50/s")
    ca: str = Field(default="", description="PEM file of the authorities to trust; empty: the system's")
    client_cert: str = Field(default="", description="PEM file with our certificate and its key")
    proxy: Annotated[str, AfterValidator(_proxy)] = Field(
        default="", repr=False, description="http://host:port of a forward proxy"
    )
    max_rejections: Int = Field(default=3, ge=1, le=20, description="attempts answered with a 4xx, then dead")
    retries: list[Duration] = Field(
        default=list(RETRIES),
        min_length=1,
        max_length=20,
        description="after the 1st, 2nd … failed attempt, then dead",
    )

    def place(self, root: Path) -> None:
        """Read the paths of files from the directory of the configuration."""
        for name in ("ca", "client_cert"):
            if getattr(self, name):
                setattr(self, name, str(root / getattr(self, name)))


class TransformersConfig(Section):
    """Plugins whose turn hooks run at this endpoint, in this order."""

    use: list[Use] = Field(
        default=[], repr=False, description="in this order; with settings of its own: {name: {key: value}}"
    )
    abort_on_error: Bool = Field(
        default=True, description="false: the message goes on without the plugin that failed"
    )
    timeout: Timeout = Field(default=5.0, description="of one hook")


class TranslationConfig(Section):
    """Real-time translation between a user's language and the flow's."""

    enabled: Bool = Field(default=True, description="false: nothing is translated until a node says so")
    provider: Name = Field(default="deepl", description="a translator, with its settings under translators")
    user_language: str = Field(
        default="auto", pattern=LANGUAGE, description="the user's, such as de or pt-BR; auto: it is detected"
    )
    flow_language: str = Field(
        default="en", pattern=LANGUAGE, description="of the flow's texts and of what it understands"
    )
    detect_inputs: Annotated[Int, Field(ge=1, le=1000)] = Field(
        default=3, description="with auto: after so many inputs the language is settled"
    )
    no_translation_marker: str = Field(
        default="**",
        max_length=20,
        description="what stands between two of these stays; empty: none",
    )
    always_remove_markers: Bool = Field(
        default=False, description="true: the markers are removed also where nothing is translated"
    )
    translate_payloads: Bool = Field(
        default=True, description="false: what a pressed button says reaches the flow as it is"
    )
    glossary_input: str = Field(default="", description="a glossary of the translator, for what users say")
    glossary_output: str = Field(default="", description="the same for what is said to them")
    formality: Literal["", "default", "more", "less", "prefer_more", "prefer_less"] = Field(
        default="", description="of what is said to users, where the translator knows it"
    )


class PrivacyConfig(Section):
    """What is kept of a conversation."""

    contact_profiles: Bool = Field(
        default=True, description="false: profiles are neither read nor kept at this endpoint"
    )
    analytics: Bool = Field(
        default=True, description="one record of each input is kept, for reports; false: none"
    )
    conversations: Bool = Field(
        default=True, description="false: nothing that was said is kept once it was handled and delivered"
    )
    mask_ip: Bool = Field(default=False, description="true: addresses of callers are not kept or told")
    mask_logging: Bool = Field(
        default=False, description="true: no value of a conversation in logs, traces, receipts and events"
    )
    mask_analytics: Bool = Field(
        default=False, description="true: transcripts and analytics keep **** in place of what was said"
    )
    sanitize_input: Bool = Field(
        default=True, description="harmful HTML is taken out of what users write; false: nothing is"
    )


class SessionConfig(Section):
    """How long sessions last and how they take what comes in."""

    #: seconds; None: never
    expires_after: DurationOrNever = Field(
        default=None, description="the time without an inbound after which it begins anew"
    )
    unknown: Literal["reject", "create"] = Field(
        default="reject", description="inject and notify to a session that does not exist"
    )
    concurrency: Literal["queue", "reject", "merge"] = Field(
        default="queue",
        description="reject: 429 while a turn runs or waits; merge: messages that come soon are one input",
    )
    merge_window: Timeout = Field(
        default=1.5, description="with merge: the time from the first message to the turn"
    )
    pin: Bool = Field(
        default=False,
        description="true: it keeps the version of the flows in which it began until its conversation ends",
    )


class RateLimitsConfig(Section):
    """How often who may call. Each is as many requests at once, refilled within the time."""

    caller: Rate = Field(default=None, description="for each caller's address, such as 1000/5m")
    user: Rate = Field(default=None, description="for the messages of each userId, such as 20/m")
    session: Rate = Field(default=None, description="for the messages of each session, such as 10/m")


class EventsConfig(Section):
    """The event webhook of the endpoint: a POST of {time, data, ip} for each message in and out."""

    url: UrlOrEmpty = Field(default="", description="where they go; empty: nothing is sent")
    types: list[Literal["message.received", "message.sent"]] = Field(
        default=["message.received", "message.sent"], description="what is told: what comes in, what is said"
    )
    extras: Bool = Field(
        default=False, description="true: userId, sessionId, endpoint, traceId, source, kind too"
    )
    headers: dict[str, HeaderText] = Field(default={}, repr=False, description="sent with each event")
    secret: SigningSecrets = Field(
        default="", repr=False, description="signs each event; a list while it changes, newest first"
    )


class CopilotConfig(Section):
    """The flow that runs beside a handover and draws what the agent sees."""

    flow: Name = Field(description="the flow")
    frames: list[Origin] = Field(
        default=[], description="origins whose pages tiles may show, such as https://crm.example"
    )
    secret: Annotated[str, AfterValidator(_key)] = Field(
        default="", repr=False, description="signs addresses of single conversations, of 32 bytes at least"
    )
    embed_in: list[Origin] = Field(
        default=[], description="origins whose pages may show these addresses in a frame"
    )


def _copilot(value: Any) -> Any:
    """``helper`` is ``{flow: helper}``."""
    return {"flow": value} if isinstance(value, str) else value


class EndpointConfig(Section):
    """One door for messages: a token in the URL, a flow behind it, an output in front of the user."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="what it is called, and its sessions kept under",
    )
    token: Annotated[str | None, AfterValidator(_token)] = Field(
        default=None,
        repr=False,
        description="the word in its URL; left out: 64 characters, made once and kept",
    )
    inject_token: Annotated[str | None, AfterValidator(_token)] = Field(
        default=None,
        repr=False,
        description="the word in the URLs of inject and notify, in the place of token; left out: token",
    )
    weak_token: Bool = Field(
        default=False, description="a token under 16 characters is meant, even on a public host"
    )
    flow: Name = Field(description="the flow that messages enter")
    enabled: Bool = Field(default=True, description="false: answers 404 like an unknown token")
    auth: Literal["none", "api_key"] = Field(
        default="none", description="api_key: callers send X-Webhook-Key"
    )
    allow_wait: Bool = Field(default=False, description="true: Prefer: wait=N also without a key")
    strict_input: Bool = Field(
        default=True, description="false: a bad part is dropped when the other is good"
    )
    max_body: Size | None = Field(
        default=None, description="of a request to it, such as 3MiB; left out: server.max_body"
    )
    locale: str = Field(default="en", pattern=_LOCALE, description="how answers are read: en, de-AT …")
    output: Name = Field(default="webhook", description="an output plugin")
    webhook: WebhookConfig = WebhookConfig()
    rich_format: Literal["flowhook", "cognigy"] = Field(
        default="flowhook", description="of AIOutput.data: its own shapes, or data._cognigy._default"
    )
    nlu: Name = Field(default="builtin", description="builtin, none, or the engine of a plugin")
    nlu_settings: dict[str, Any] = Field(
        default={},
        repr=False,
        description="of the engine at this endpoint, over its plugins.settings",
    )
    nlu_fallback: Literal["none", "builtin"] = Field(
        default="none",
        description="who reads a message whose engine failed: nobody, or builtin, which learns the flows too",
    )
    transformers: TransformersConfig = TransformersConfig()
    handover: HandoverSetting = Field(
        default=HandoverUse(provider=DESK),
        description="who takes over: one of handovers, or {provider, …} with settings; null: nobody",
    )
    translation: TranslationConfig | None = Field(
        default=None, description="between the user's language and the flow's; left out: none"
    )
    privacy: PrivacyConfig = PrivacyConfig()
    session: SessionConfig = SessionConfig()
    traces: Literal["all", "failed", "off"] = Field(
        default="all", description="of which turns is kept what they did and why; failed: of those alone"
    )
    events: EventsConfig = EventsConfig()
    rate_limit: Annotated[RateLimitsConfig | None, Rates] = Field(
        default=None, description="how often who may call; 1000/5m alone is for each caller's address"
    )
    allow_from: list[Network] = Field(
        default=[], description="addresses that may call; empty: all. Others get 403"
    )
    snapshot: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$",
        description="the snapshot that it serves; left out: the flows as they are",
    )
    copilot: Annotated[CopilotConfig | None, BeforeValidator(_copilot)] = Field(
        default=None, description="a flow that draws tiles for agents: its name, or {flow, frames}"
    )

    def body_limit(self, default: int) -> int:
        """Return the bytes that a request may have; ``default`` is that of the server."""
        return default if self.max_body is None else self.max_body
