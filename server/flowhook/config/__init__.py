"""``config.yaml``: what may stand in it, and how it is read."""

from __future__ import annotations

from flowhook.config.endpoints import (
    RESERVED,
    EndpointConfig,
    EventsConfig,
    PrivacyConfig,
    RateLimitsConfig,
    SessionConfig,
    TransformersConfig,
    TranslationConfig,
    WebhookConfig,
)
from flowhook.config.fields import RateLimit
from flowhook.config.loader import config_from_mapping, load_config, read_config, read_config_text
from flowhook.config.models import (
    AdminKeyConfig,
    Config,
    ConnectionConfig,
    LogConfig,
    OperatorEventsConfig,
    OutgoingConfig,
    PluginsConfig,
    RetentionConfig,
    ServerConfig,
    StudioConfig,
)

__all__ = [
    "RESERVED",
    "AdminKeyConfig",
    "Config",
    "ConnectionConfig",
    "EndpointConfig",
    "EventsConfig",
    "LogConfig",
    "OperatorEventsConfig",
    "OutgoingConfig",
    "PluginsConfig",
    "PrivacyConfig",
    "RateLimit",
    "RateLimitsConfig",
    "RetentionConfig",
    "ServerConfig",
    "SessionConfig",
    "StudioConfig",
    "TransformersConfig",
    "TranslationConfig",
    "WebhookConfig",
    "config_from_mapping",
    "load_config",
    "read_config",
    "read_config_text",
]
