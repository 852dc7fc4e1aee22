"""The section ``handovers`` of the configuration: who people are reached through."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from flowhook.config.fields import Name, Section, Timeout

DESK = "desk"  #: the provider that is built in, and there without being named


def _use(value: Any) -> Any:
    """``desk`` is ``{provider: desk}``."""
    return {"provider": value} if isinstance(value, str) else value


class HandoverConfig(Section):
    """One way to people. What is not named here are settings of the provider itself."""

    model_config = ConfigDict(extra="allow", validate_default=True)

    provider: Name = Field(description="desk, or the provider of a plugin: chatwoot, webhook …")
    alert_after: Timeout = Field(
        default=300.0,
        description="a user waits so long for a word: the desk shows it in red, from half of it in yellow",
    )
    remind_after: Timeout | None = Field(
        default=None, description="a user waits so long for a word: those at the desk are reminded"
    )
    requeue_after: Timeout | None = Field(
        default=None, description="so long: the conversation goes back to the queue"
    )
    return_after: Timeout | None = Field(
        default=None, description="so long: the flow takes it back, at on_error with the reason no_agent"
    )
    texts: dict[Name, str] = Field(
        default={}, description="texts for agents by name, with {{ profile.… }} in them"
    )

    @property
    def settings(self) -> dict[str, Any]:
        """What the provider itself takes."""
        return dict(self.model_extra or {})


class HandoverUse(Section):
    """The way to people of one endpoint."""

    model_config = ConfigDict(extra="allow", validate_default=True)

    provider: Name = Field(description="one of handovers, or a provider")

    @property
    def settings(self) -> dict[str, Any]:
        """What the provider takes here, over what handovers says."""
        return dict(self.model_extra or {})


HandoverSetting = Annotated[HandoverUse | None, BeforeValidator(_use)]
