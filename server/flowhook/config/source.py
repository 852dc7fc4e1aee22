"""Where the configuration of a running server comes from: read again at a reload."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flowhook.config.loader import read_config, read_config_text
from flowhook.config.models import Config
from flowhook.problems.problem import Problem


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """``config.yaml``, and the environment whose variables it names: that of the start."""

    path: Path
    environ: Mapping[str, str]

    def read(self, text: str | None = None) -> tuple[Config | None, list[Problem]]:
        """Return the configuration as the file is now, or as it would be if it held ``text``; None when it
        has errors; and all problems."""
        if text is not None:
            return read_config_text(text, self.path, self.environ)
        return read_config(self.path, self.environ)
