"""Schemathesis tries thousands of requests made from the OpenAPI document: none may be a 5xx.

By default here those that its parameters' bounds and types suggest, and in ``tests/e2e/test_tools.py`` random
ones against a process; with ``--examples=long`` both in both.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path

import pytest

from flowhook.app import open_application
from flowhook.config import load_config
from flowhook.web.asgi_app import create_app
from tests import machine
from tests.machine import examples

from .conftest import serving
from .test_whole import CONFIG, FLOW

TARGETS = """
[parameters]
"path.token" = "tok-lenient"
"path.endpoint" = "lenient"
"path.name" = "lenient"
"path.userId" = "u"
"path.sessionId" = "s"
"""
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,unsupported_method"
)


@pytest.mark.slow
@pytest.mark.timeout(900)  # a hundred requests for each of eighty operations
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed")
async def test_no_request_is_a_server_error(tmp_path: Path) -> None:
    """Answers also have the statuses, types and shapes that the document promises."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "greet.yaml").write_text(FLOW)
    (tmp_path / "config.yaml").write_text(CONFIG)
    (tmp_path / "schemathesis.toml").write_text(TARGETS)
    config = load_config(tmp_path / "config.yaml", {})
    async with open_application(config) as services, serving(create_app(services)) as port:
        url = f"http://127.0.0.1:{port}"
        trying = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml",
            "run", f"{url}/openapi.json", "--url", url, "--checks", CHECKS,
            "-n", str(examples(24)), "--seed", "1",
            "-H", "Authorization: Bearer the-admin-key", "--exclude-path", "/api/events",
            "--exclude-path", "/api/endpoints/{name}/disable",
            "--exclude-path-regex", "^/(studio|desk)",  # 503 where its pages are not built
            "--exclude-path", "/api/endpoints/{name}/verify",  # each waits for a receiver
            "--phases", "coverage,fuzzing" if machine.long_properties else "coverage",
            cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        told, _ = await trying.communicate()
    assert trying.returncode == 0, told.decode()[-4000:]
