"""Options of the test run."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--chaos=long`` runs the whole fault plan; the short form is part of every run."""
    parser.addoption("--chaos", choices=("short", "long"), default="short")
