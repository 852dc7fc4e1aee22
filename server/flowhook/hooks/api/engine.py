"""What engines of every kind have in common: a name and settings."""

from __future__ import annotations

from typing import Any, ClassVar

from flowhook.hooks.api.settings import Settings as PluginSettings


class Engine:
    """Something that a plugin brings as a class and that endpoints name in their settings.

    flowhook makes one object of each class; it serves all endpoints. A ``Settings`` class inside reads
    ``plugins.settings.<name>``; without one, ``self.settings`` are those of the plugin's module.
    """

    name: ClassVar[str]  #: what endpoints name it by
    Settings: ClassVar[type[PluginSettings]] = PluginSettings

    def __init__(self, settings: Any = None) -> None:
        self.settings = settings
