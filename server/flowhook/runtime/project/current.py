"""The project in force. A reload replaces it as a whole."""

from __future__ import annotations

from dataclasses import dataclass

from flowhook.runtime.project.project import Project


@dataclass(slots=True)
class CurrentProject:
    """Names the project that new turns run on; turns in progress keep the one they began with."""

    project: Project
