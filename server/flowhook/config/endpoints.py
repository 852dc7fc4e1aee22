"""The section ``endpoints`` of the configuration."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from flowhook.config.fields import (
    Bool,
    Duration,
    DurationOrNever,
    HeaderText,
    Int,
    Name,
    Only,
    Rate,
    Section,
    SettingsByName,
    Timeout,
    UrlOrEmpty,
)

#: First words of our own routes.
RESERVED = frozenset(
    {
        "inject", "notify", "test", "receipts", "handover", "callback", "api", "desk", "studio",
        "healthz", "readyz", "metrics", "openapi", "docs", "static", "x",
    }
)  # fmt: skip
RETRIES = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 10800.0, 21600.0, 43200.0)

_TOKEN = re.compile(r"[A-Za-z0-9_-]{3,128}")
_LOCALE = r"^[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*$"


def _token(value: str | None) -> str | None:
    if not value:
        return None
    if not _TOKEN.fullmatch(value):
        raise ValueError("must be 3 to 128 letters, digits, _ and -")
    if value in RESERVED or value.startswith("_"):
        raise ValueError("must be another word: flowhook has a route of that name")
    return value


def _one_plugin(item: Any) -> Any:
    if isinstance(item, dict) and len(item) != 1:
        raise ValueError("must be the name of a plugin, or {name: {settings}}")
    return item


Use = Annotated[Name | SettingsByName, BeforeValidator(_one_plugin)]


class WebhookConfig(Section):
    """Where outputs go, and how stubbornly."""

    url: UrlOrEmpty = ""
    user: Annotated[HeaderText, Field(pattern="^[^:]*$")] = ""
    password: Annotated[HeaderText, Field(repr=False)] = ""
    secret: Annotated[str | list[str], Field(repr=False)] = ""  #: a list: newest first
    timeout: Timeout = 10.0
    max_rejections: Annotated[Int, Field(ge=1, le=20)] = 3
    retries: list[Duration] = Field(default=list(RETRIES), min_length=1, max_length=20)


class TransformersConfig(Section):
    """Plugins whose turn hooks run at this endpoint, in this order."""

    use: list[Use] = Field(default=[], repr=False)
    abort_on_error: Bool = True
    timeout: Timeout = 5.0


class TranslationConfig(Section):
    """Comes in a later version."""

    provider: Annotated[str, AfterValidator(Only("deepl"))] = "deepl"
    user_language: Annotated[str, AfterValidator(Only("auto"))] = "auto"
    flow_language: Annotated[str, AfterValidator(Only("en"))] = "en"
    detect_inputs: Annotated[Int, AfterValidator(Only(3))] = 3
    no_translation_marker: Annotated[str, AfterValidator(Only("**"))] = "**"
    always_remove_markers: Annotated[Bool, AfterValidator(Only(False))] = False
    translate_payloads: Annotated[Bool, AfterValidator(Only(True))] = True


class PrivacyConfig(Section):
    """What is kept of a conversation. Other values than these come in a later version."""

    contact_profiles: Annotated[Bool, AfterValidator(Only(True))] = True
    analytics: Annotated[Bool, AfterValidator(Only(True))] = True
    conversations: Annotated[Bool, AfterValidator(Only(True))] = True
    mask_ip: Annotated[Bool, AfterValidator(Only(False))] = False
    mask_logging: Annotated[Bool, AfterValidator(Only(False))] = False
    mask_analytics: Annotated[Bool, AfterValidator(Only(False))] = False
    sanitize_input: Annotated[Bool, AfterValidator(Only(True))] = True


class SessionConfig(Section):
    """How long sessions last and how they take what comes in."""

    expires_after: DurationOrNever = None  #: seconds without an inbound; None: never
    unknown: Literal["reject", "create"] = "reject"  #: inject and notify to a session that does not exist
    concurrency: Literal["queue", "reject"] = "queue"


class EventsConfig(Section):
    """The event webhook of the endpoint. Comes in a later version; without a url nothing is sent."""

    url: Annotated[str, AfterValidator(Only(""))] = ""
    types: list[str] = Field(default=["message.received", "message.sent"])
    extras: Bool = False


class EndpointConfig(Section):
    """One door for messages: a token in the URL, a flow behind it, an output in front of the user."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    token: Annotated[str | None, AfterValidator(_token), Field(repr=False)] = None  #: None: made and kept
    weak_token: Bool = False  #: a short token on a public host is meant
    flow: Name
    enabled: Bool = True
    auth: Literal["none", "api_key"] = "none"
    allow_wait: Bool = False
    strict_input: Bool = True
    locale: Annotated[str, Field(pattern=_LOCALE)] = "en"
    output: Name = "webhook"
    webhook: WebhookConfig = WebhookConfig()
    rich_format: Annotated[Literal["flowhook", "cognigy"], AfterValidator(Only("flowhook"))] = "flowhook"
    nlu: Name = "builtin"
    transformers: TransformersConfig = TransformersConfig()
    handover: Annotated[str, AfterValidator(Only("desk"))] = "desk"
    translation: TranslationConfig | None = None
    privacy: PrivacyConfig = PrivacyConfig()
    session: SessionConfig = SessionConfig()
    events: EventsConfig = EventsConfig()
    rate_limit: Rate = None  #: for each caller's address
    snapshot: Annotated[Any, AfterValidator(Only(None))] = None
    copilot: Annotated[Any, AfterValidator(Only(None))] = None
