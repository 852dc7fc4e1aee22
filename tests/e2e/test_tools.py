"""Tools of others that judge us: promtool, the standardwebhooks library, schemathesis."""

from __future__ import annotations

import asyncio
import base64
import importlib.util
import shutil
import subprocess
import sys
from urllib.parse import quote

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from tests import machine
from tests.machine import PATIENCE, examples

from .conftest import Start
from .kit import ADMIN, Outside, Process, Project, failing

ECHO = 'nodes:\n  - say: "{{ input.text }}"\n'


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not installed")
async def test_the_metrics_please_promtool(project: Project, outside: Outside, start: Start) -> None:
    """After turns, failures, refusals and retries; also with names that need escaping."""
    project.flow("echo", ECHO)
    project.flow("broken", "nodes:\n  - set: {context.x: '{{ 1 / 0 }}'}\n")
    project.endpoint("echo", webhook={"retries": ["10ms", "10ms"]})
    project.endpoint("broken")
    outside.answers["/hook"] = failing(0.5)
    live = await start()
    for n in range(10):
        await live.send("echo", "x", f"s{n}")
    await live.ends(await live.send("broken", "x"))
    await live.post("/tok-echo", {})
    await live.post("/nobody", {})
    await outside.until(5)
    text = (await live.http.get("/metrics", headers=ADMIN)).text
    assert "flowhook" in text
    judge = ["promtool", "check", "metrics"]
    judged = await asyncio.to_thread(
        subprocess.run, judge, input=text.encode(), capture_output=True, timeout=PATIENCE, check=False
    )
    assert (judged.returncode, judged.stdout + judged.stderr) == (0, b""), judged


@pytest.mark.parametrize("secret", ["whsec_" + base64.b64encode(b"k" * 24).decode(), "any text ü"])
async def test_a_signature_verifies(project: Project, outside: Outside, start: Start, secret: str) -> None:
    """With the standard's own library; of two secrets each verifies; a changed body does not."""
    project.flow("echo", ECHO)
    old = "whsec_" + base64.b64encode(b"o" * 24).decode()
    project.endpoint("echo", webhook={"secret": [secret, old]})
    live = await start()
    await live.say("echo", "ä \U0001f600 hi")
    (one,) = await outside.until(1)
    shown = secret if secret.startswith("whsec_") else "whsec_" + base64.b64encode(secret.encode()).decode()
    for key in (shown, old):
        assert Webhook(key).verify(one.body, one.headers)["AIOutput"]["text"] == "ä \U0001f600 hi"
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(one.body + b" ", one.headers)


TARGETS = """
[parameters]
"path.token" = "tok-echo"
"path.endpoint" = "echo"
"path.name" = "echo"
"path.userId" = "u1"
"path.sessionId" = "s1"
"""


@pytest.mark.slow
@pytest.mark.timeout(900)  # some requests for each of a hundred operations
@pytest.mark.skipif(importlib.util.find_spec("schemathesis") is None, reason="schemathesis is not installed")
async def test_no_request_makes_a_5xx(project: Project, process: Process) -> None:
    """A server as users run it, with a session, deliveries, dead letters, a key and a plugin that
    transforms, under what schemathesis makes of our own document: random requests by default, as those of
    the document's bounds are tried in ``tests/web/test_schemathesis.py``; both with ``--examples=long``."""
    project.flow("echo", ECHO)
    project.plugin(
        "p",
        """
        from flowhook import hookimpl

        @hookimpl
        def transform_input(message):
            return None if message is None else {"text": message.get("text")}
        """,
    )
    project.endpoint(
        "echo", transformers={"use": ["p"]}, session={"unknown": "create"},
        webhook={"url": "http://127.0.0.1:1/", "retries": ["10ms"]},
    )  # fmt: skip
    await process.start()
    await process.say("echo", "x")
    await process.api("POST", "/endpoints/echo/keys", {"name": "one"})
    (project.root / "schemathesis.toml").write_text(TARGETS)
    url = str(process.http.base_url)
    command = [
        sys.executable, "-m", "schemathesis.cli", "--config-file", "schemathesis.toml", "run",
        f"{url}openapi.json" if url.endswith("/") else f"{url}/openapi.json", "--url", url.rstrip("/"),
        "--checks", "not_a_server_error", "-n", str(examples(16)), "--seed", "7",
        "-H", f"Authorization: {ADMIN['authorization']}",
        "--exclude-path", "/api/events", "--exclude-path", "/api/endpoints/{name}/disable",
        "--exclude-path", "/api/endpoints/{name}",  # it would be deleted
        "--exclude-path-regex", "^/(studio|desk)",  # 503 where its pages are not built
        "--exclude-path", "/api/endpoints/{name}/verify",  # each waits for a receiver
        "--phases", "coverage,fuzzing" if machine.long_properties else "fuzzing", "--max-failures", "3",
    ]  # fmt: skip
    trying = await asyncio.create_subprocess_exec(
        *command, cwd=project.root, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    told, _ = await trying.communicate()
    assert trying.returncode == 0, told.decode()[-12_000:]
    assert await process.say("echo", "still well", quote("s 2")) == ["still well"]
    assert await process.terminate() == 0
