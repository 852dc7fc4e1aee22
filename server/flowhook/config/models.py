"""The whole configuration, and its sections besides ``endpoints``."""

from __future__ import annotations

import ipaddress
from pathlib import Path
from typing import Any, Literal, get_args
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, model_validator

from flowhook.config.endpoints import EndpointConfig
from flowhook.config.fields import (
    DAY,
    Bool,
    BoolOrAuto,
    Destination,
    Duration,
    HeaderText,
    Int,
    Name,
    Network,
    Origin,
    Section,
    SettingsByName,
    SigningSecrets,
    Size,
    Storage,
    Url,
    UrlOrEmpty,
    Zone,
)
from flowhook.config.handovers import HandoverConfig
from flowhook.config.profiles import ProfilesConfig
from flowhook.model.roles import Role
from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import Document
from flowhook.yamldoc.document import Path as KeyPath


class ServerConfig(Section):
    """Where the server listens."""

    host: Name = Field(default="127.0.0.1", description="the address to listen on; 0.0.0.0 for all")
    port: Int = Field(default=8000, ge=0, le=65535, description="the port to listen on")
    #: after loading never empty
    public_url: UrlOrEmpty = Field(
        default="", description="how others reach this server; follows host and port when left out"
    )
    max_body: Size = Field(default=256 * 1024, description="of a request; more is answered with 413")
    cors_origins: list[Origin] = Field(
        default=[], description="origins whose pages may call, such as https://shop.example"
    )
    trusted_proxies: list[Network] = Field(
        default=[], description="proxies whose X-Forwarded-For is believed"
    )
    fast_lane: Bool = Field(
        default=True,
        description="answer plain messages straight off the socket; false: Hypercorn reads all",
    )
    public_metrics: Bool = Field(default=False, description="show /metrics without the admin key")

    @model_validator(mode="after")
    def _complete(self) -> ServerConfig:
        """The public address follows host and port unless it is given."""
        if not self.public_url:
            host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
            self.public_url = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        return self

    @property
    def is_local(self) -> bool:
        """Whether only this machine reaches the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False


class AdminKeyConfig(Section):
    """A key of the administration, for one person or program."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_.@-]{0,63}$", description="whose it is: the audit names it"
    )
    key: HeaderText = Field(min_length=1, repr=False, description="sent as Authorization: Bearer …")
    role: Role = Field(description="what it may do")


class LogConfig(Section):
    """What the server says of itself."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="what matters less is left out"
    )
    format: Literal["console", "json"] = Field(
        default="console", description="for people, or one JSON object a line"
    )


class PluginsConfig(Section):
    """Which plugins run, and with what settings."""

    directory: Name = Field(
        default="plugins", description="where the plugins of the project are: *.py and packages"
    )
    enabled: list[Name] = Field(default=[], description="in this order; empty: all of the directory, by name")
    settings: SettingsByName = Field(
        default={}, repr=False, description="by plugin: what its own settings are"
    )


class ConnectionConfig(Section):
    """A service that flows call by name, with its secrets."""

    base_url: Url = Field(description="what urls of http_request are paths under")
    bearer: HeaderText = Field(default="", repr=False, description="sent as Authorization: Bearer …")
    user: HeaderText = Field(default="", pattern="^[^:]*$", description="basic authentication")
    password: HeaderText = Field(default="", repr=False, description="basic authentication")
    headers: dict[str, HeaderText] = Field(default={}, repr=False, description="sent with each call")


class OutgoingConfig(Section):
    """Private addresses that outgoing calls may reach."""

    allow: list[Destination] = Field(
        default=[], description="private addresses that calls may reach, such as 127.0.0.1:9000"
    )


OperatorEventType = Literal[
    "delivery.dead",
    "delivery.failing",
    "endpoint.paused",
    "endpoint.recovered",
    "turn.failed",
    "backlog.high",
    "flow.rejected",
]


class OperatorEventsConfig(Section):
    """What an operator is told, by deliveries of their own."""

    url: UrlOrEmpty = Field(default="", description="where they go; empty: nothing is sent")
    types: list[OperatorEventType] = Field(
        default=list(get_args(OperatorEventType)), description="what is told"
    )
    secret: SigningSecrets = Field(
        default="", repr=False, description="signs each event; a list while it changes, newest first"
    )


class RetentionConfig(Section):
    """How long things are kept."""

    sessions: Duration = Field(default=7 * DAY, description="sessions that nothing entered since")
    transcripts: Duration = Field(default=30 * DAY, description="what was said, receipts and deliveries")
    profiles: Duration = Field(default=30 * DAY, description="profiles that nothing changed since")
    traces: Duration = Field(default=7 * DAY, description="what the engine did and why")
    analytics: Duration = Field(default=90 * DAY, description="what was counted of each input")
    dead_deliveries: Duration = Field(default=30 * DAY, description="deliveries that were given up")
    idempotency: Duration = Field(default=DAY, description="keys by which a repeated request is known")
    audit: Duration = Field(default=365 * DAY, description="who changed what through administration")


class UnderstandingConfig(Section):
    """How the built-in understanding works."""

    encoder: Literal["none", "multilingual"] = Field(
        default="none", description="multilingual: a sentence encoder as well; needs flowhook[encoder]"
    )


class StudioConfig(Section):
    """The pages for people: the studio."""

    enabled: Bool = Field(default=True, description="false: no pages, and no login for browsers")
    #: None is ``auto``
    edit: BoolOrAuto = Field(
        default=None, description="whether pages may edit flows and tests; auto: under `serve --reload`"
    )


#: Top keys that take effect with the next start only.
NEEDS_RESTART = ("server", "storage", "admin_key", "admin_keys")


class Config(Section):
    """``config.yaml``, read and checked. Made by ``load_config`` or ``config_from_mapping``."""

    server: ServerConfig = ServerConfig()
    storage: Storage = Field(
        default="sqlite:///flowhook.db",
        description="sqlite:////absolute/path.db or postgresql://user:password@host/database",
    )
    admin_key: HeaderText = Field(
        default="",
        repr=False,
        description="of the administration; empty: made at the first start, in .flowhook/admin_key",
    )
    admin_keys: list[AdminKeyConfig] = Field(
        default=[], description="further keys of the administration, each with a name and a role"
    )
    timezone: Zone = Field(default="UTC", description="of now in flows, such as Europe/Berlin")
    log: LogConfig = LogConfig()
    flows: Name = Field(default="flows", description="the directory of the flow files")
    plugins: PluginsConfig = PluginsConfig()
    vars: dict[str, Any] = Field(default={}, description="vars.* in flows")
    connections: dict[Name, ConnectionConfig] = Field(
        default={}, repr=False, description="services that flows call by name, with their secrets"
    )
    outgoing: OutgoingConfig = OutgoingConfig()
    allow_private_addresses: Bool = Field(
        default=False, description="calls may reach all of them; warns at the start"
    )
    operator_events: OperatorEventsConfig = OperatorEventsConfig()
    retention: RetentionConfig = RetentionConfig()
    profiles: ProfilesConfig = ProfilesConfig()
    understanding: UnderstandingConfig = UnderstandingConfig()
    studio: StudioConfig = StudioConfig()
    handovers: dict[Name, HandoverConfig] = Field(
        default={}, repr=False, description="ways to people, by name: each has a provider and its settings"
    )
    translators: dict[Name, dict[str, Any]] = Field(
        default={}, repr=False, description="settings of translators, by name: deepl, google, microsoft …"
    )
    endpoints: list[EndpointConfig] = Field(default=[], description="the doors for messages")

    _root: Path = PrivateAttr(default_factory=Path.cwd)
    _document: Document | None = PrivateAttr(default=None)
    _warnings: list[Problem] = PrivateAttr(default_factory=list)
    _as_read: dict[str, Any] = PrivateAttr(default_factory=dict)

    def place(self, root: Path, document: Document) -> Config:
        """Say where it was read."""
        self._root = root
        self._document = document
        for endpoint in self.endpoints:
            endpoint.webhook.place(root)
        self._as_read = self.model_dump(include=set(NEEDS_RESTART))
        return self

    def adopt(self, other: Config) -> None:
        """Take over everything of a configuration that was read again, but for what needs a restart. Whoever
        holds this object sees it from now on."""
        for name in type(self).model_fields:
            if name not in NEEDS_RESTART:
                setattr(self, name, getattr(other, name))
        self._document = other._document
        self._warnings = other._warnings

    @property
    def as_read(self) -> dict[str, Any]:
        """What needs a restart, as it was in the file at the start."""
        return self._as_read

    @property
    def warnings(self) -> list[Problem]:
        """What was found when it was read that does not keep it from being used."""
        return self._warnings

    @property
    def root(self) -> Path:
        """The directory of the file; relative paths start there."""
        return self._root

    @property
    def flows_dir(self) -> Path:
        """The directory of the flow files."""
        return self._root / self.flows

    @property
    def plugins_dir(self) -> Path:
        """The directory of the project's own plugins."""
        return self._root / self.plugins.directory

    @property
    def state_dir(self) -> Path:
        """Where flowhook keeps what it made itself, such as the admin key."""
        return self._root / ".flowhook"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone of ``now`` in flows."""
        return ZoneInfo(self.timezone)

    @property
    def document(self) -> Document | None:
        """The file with the places of its keys."""
        return self._document

    def locate(self, path: KeyPath) -> tuple[str, int, int]:
        """File, line and column of a value, or of what is around it: ``("plugins", "settings", "x")``."""
        if self._document is None:
            return "config.yaml", 1, 1
        span = self._document.span(path)
        return self._document.file, span.line, span.column
