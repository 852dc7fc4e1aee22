"""The whole configuration, and its sections besides ``endpoints``."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, PrivateAttr, model_validator

from flowhook.config.endpoints import EndpointConfig
from flowhook.config.fields import (
    DAY,
    Bool,
    Destination,
    Duration,
    HeaderText,
    Int,
    Name,
    Network,
    Origin,
    Section,
    SettingsByName,
    Size,
    Storage,
    Url,
    UrlOrEmpty,
    Zone,
)
from flowhook.flowfiles.source import Document
from flowhook.flowfiles.source import Path as KeyPath

HIDDEN = "•••"

_SECRET = re.compile(r"password|secret|bearer|token|_key|apikey|credential|authorization", re.IGNORECASE)
_USERINFO = re.compile(r"(?<=://)[^/@\s]*(?=@)")


class ServerConfig(Section):
    """Where the server listens."""

    host: Name = "127.0.0.1"
    port: Annotated[Int, Field(ge=0, le=65535)] = 8000
    public_url: UrlOrEmpty = ""  #: how others reach it; after loading never empty
    max_body: Size = 256 * 1024
    cors_origins: list[Origin] = Field(default=[])
    trusted_proxies: list[Network] = Field(default=[])
    public_metrics: Bool = False

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


class LogConfig(Section):
    """What the server says of itself."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["console", "json"] = "console"


class PluginsConfig(Section):
    """Which plugins run, and with what settings."""

    directory: Name = "plugins"
    enabled: list[Name] = Field(default=[])
    settings: SettingsByName = Field(default={}, repr=False)


class ConnectionConfig(Section):
    """A service that flows call by name, with its secrets."""

    base_url: Url
    bearer: Annotated[HeaderText, Field(repr=False)] = ""
    user: Annotated[HeaderText, Field(pattern="^[^:]*$")] = ""
    password: Annotated[HeaderText, Field(repr=False)] = ""
    headers: dict[str, HeaderText] = Field(default={}, repr=False)


class OutgoingConfig(Section):
    """Private addresses that outgoing calls may reach."""

    allow: list[Destination] = Field(default=[])


class RetentionConfig(Section):
    """How long things are kept, in seconds."""

    sessions: Duration = 7 * DAY
    transcripts: Duration = 30 * DAY
    profiles: Duration = 30 * DAY
    traces: Duration = 7 * DAY
    dead_deliveries: Duration = 30 * DAY


class Config(Section):
    """``config.yaml``, read and checked. Made by ``load_config`` or ``Config.from_mapping``."""

    server: ServerConfig = ServerConfig()
    storage: Storage = "sqlite:///flowhook.db"
    admin_key: Annotated[HeaderText, Field(repr=False)] = ""  #: empty: made and kept
    timezone: Zone = "UTC"
    log: LogConfig = LogConfig()
    flows: Name = "flows"
    plugins: PluginsConfig = PluginsConfig()
    vars: dict[str, Any] = Field(default={})
    connections: dict[Name, ConnectionConfig] = Field(default={}, repr=False)
    outgoing: OutgoingConfig = OutgoingConfig()
    allow_private_addresses: Bool = False
    retention: RetentionConfig = RetentionConfig()
    endpoints: list[EndpointConfig] = Field(default=[])

    _root: Path = PrivateAttr(default_factory=Path.cwd)
    _document: Document | None = PrivateAttr(default=None)

    @classmethod
    def from_mapping(
        cls, data: Mapping[str, Any], root: Path, environ: Mapping[str, str] | None = None
    ) -> Config:
        """The configuration that a file with this content in ``root`` would give. Raises ConfigError."""
        from flowhook.config.loading import config_of_text  # it needs this module

        return config_of_text(json.dumps(data, indent=2), root / "config.yaml", environ or {})

    def place(self, root: Path, document: Document) -> Config:
        """Say where it was read."""
        self._root = root
        self._document = document
        return self

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
    def database(self) -> Path | None:
        """The file of the SQLite database; None when it is in memory."""
        name = self.storage.removeprefix("sqlite:///")
        return None if name == ":memory:" else self._root / name

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
        mark = self._document.mark(path)
        return self._document.file, mark.line, mark.column

    def redacted(self) -> dict[str, Any]:
        """All of it as JSON data that is safe to print: what is secret reads ``•••``."""
        data: dict[str, Any] = _redact("", self.model_dump(mode="json"))
        for connection in data["connections"].values():
            connection["headers"] = dict.fromkeys(connection["headers"], HIDDEN)
        return data


def _redact(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _redact(name, item) for name, item in value.items()}
    if isinstance(value, list):
        return [_redact(key, item) for item in value]
    if _SECRET.search(key) and value not in (None, "") and not isinstance(value, bool):
        return HIDDEN
    return _USERINFO.sub(HIDDEN, value) if isinstance(value, str) else value
