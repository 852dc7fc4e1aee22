"""docs/http.md is complete: every route, every code, every metric."""

from __future__ import annotations

import re
from pathlib import Path

import httpx
import pytest

from flowhook.runtime.observe.metrics import Metrics

DOCS = (Path(__file__).parents[2] / "docs" / "http.md").read_text(encoding="utf-8")
WEB = Path(__file__).parents[2] / "server" / "flowhook"


async def test_every_route_is_in_the_reference(admin: httpx.AsyncClient) -> None:
    """As ``METHOD /path``, the way the tables write it."""
    paths = (await admin.get("/openapi.json")).json()["paths"]
    missing = [
        f"{method.upper()} {path}"
        for path, methods in paths.items()
        for method in methods
        if f"`{method.upper()} {path}`" not in DOCS
    ]
    assert missing == []


@pytest.mark.parametrize("room", ["web", "runtime"])
def test_every_code_is_in_the_reference(room: str) -> None:
    """Whatever an ApiError is made with."""
    codes = {
        code
        for path in (WEB / room).rglob("*.py")
        for code in re.findall(r'ApiError\(\s*\w+,\s*"(\w+)"', path.read_text(encoding="utf-8"))
    }
    assert codes
    assert sorted(code for code in codes if f"`{code}`" not in DOCS) == []


async def test_every_code_of_the_document_is_in_the_reference(admin: httpx.AsyncClient) -> None:
    """The document names codes too."""
    codes = set(re.findall(r"code: ([\w, ]+)", (await admin.get("/openapi.json")).text))
    named = {code.strip() for group in codes for code in group.split(",")}
    assert sorted(code for code in named if f"`{code}`" not in DOCS) == []


def test_every_metric_is_in_the_reference() -> None:
    """By its name."""
    text = Metrics().render({}, ready=True).decode()
    names = set(re.findall(r"^# TYPE (\w+) ", text, re.MULTILINE))
    assert sorted(name for name in names if f"`{name}`" not in DOCS) == []
