"""The base of a plugin's settings."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """What a plugin takes from ``plugins.settings.<name>``, checked when it is loaded.

    A module defines its own under the same name: ``class Settings(Settings): bot_token: str``.
    Unknown keys are errors, and a hook cannot change what it was given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


#: The same under a name that a typed plugin can derive its own ``Settings`` from: a type checker refuses
#: ``class Settings(Settings)``.
BaseSettings = Settings


class FreeSettings(Settings):
    """Settings of a plugin that defines none of its own: whatever the configuration holds."""

    model_config = ConfigDict(extra="allow")
