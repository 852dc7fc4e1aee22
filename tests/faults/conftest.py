"""The server of the end-to-end tests, to be hurt."""

from __future__ import annotations

from tests.e2e.conftest import outside, process, project, start

__all__ = ["outside", "process", "project", "start"]
