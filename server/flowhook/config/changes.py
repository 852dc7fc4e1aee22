"""What differs between two configurations, and what of it takes effect while the server runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowhook.config.fields import Section
from flowhook.config.models import NEEDS_RESTART, Config

HIDDEN = "…"  #: in the place of a secret


@dataclass(frozen=True, slots=True)
class ConfigChanges:
    """Names, each in the order of the file."""

    sections: tuple[str, ...] = ()  #: top keys, but for endpoints and what needs a restart
    added: tuple[str, ...] = ()  #: endpoints
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    restart: tuple[str, ...] = ()  #: top keys that take effect with the next start

    def __bool__(self) -> bool:
        """Whether anything differs."""
        return any((self.sections, self.added, self.changed, self.removed, self.restart))

    def to_json(self) -> dict[str, Any]:
        """As the API shows it."""
        endpoints = {"added": self.added, "changed": self.changed, "removed": self.removed}
        return {
            "sections": list(self.sections),
            "endpoints": {name: list(names) for name, names in endpoints.items()},
            "restart": list(self.restart),
        }


def compare_configs(old: Config, new: Config) -> ConfigChanges:
    """Compare the configuration in force with another one. What needs a restart is compared with the file as
    it was read at the start."""
    before = {endpoint.name: endpoint for endpoint in old.endpoints}
    after = {endpoint.name: endpoint for endpoint in new.endpoints}
    sections = (name for name in type(new).model_fields if name not in (*NEEDS_RESTART, "endpoints"))
    return ConfigChanges(
        tuple(name for name in sections if getattr(old, name) != getattr(new, name)),
        tuple(name for name in after if name not in before),
        tuple(name for name in after if name in before and after[name] != before[name]),
        tuple(name for name in before if name not in after),
        tuple(name for name in NEEDS_RESTART if old.as_read[name] != new.as_read[name]),
    )


def without_secrets(section: Section) -> dict[str, Any]:
    """Return the settings of a section as JSON, with ``…`` in the place of those that hold secrets: the
    fields that keep out of ``repr``. What is not set is left out."""
    shown: dict[str, Any] = {}
    for name, field in type(section).model_fields.items():
        value = getattr(section, name)
        if value == field.get_default(call_default_factory=True):
            continue
        if isinstance(value, Section):
            shown[name] = without_secrets(value)
        else:
            shown[name] = section.model_dump(mode="json", include={name})[name] if field.repr else HIDDEN
    return shown
