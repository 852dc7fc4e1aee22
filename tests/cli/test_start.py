"""A start imports what it needs and no more: counted, not timed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
#: Serves until it is ready, answers probes and one message, and prints the modules that it has before
#: the message and after it.
SERVE = """
import asyncio, gc, json, sys
from pathlib import Path
import click
from flowhook.cli.project_option import ProjectPath
import flowhook.cli.commands.serve
from flowhook.app import serve

async def ask(port, method, path, body=b""):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"{method} {path} HTTP/1.1\\r\\nhost: x\\r\\nconnection: close\\r\\n"
    if body:
        head += f"content-type: application/json\\r\\ncontent-length: {len(body)}\\r\\n"
    writer.write(f"{head}\\r\\n".encode() + body)
    answer = await reader.read()
    writer.close()
    return int(answer.split()[1])

async def main():
    config, stop = ProjectPath(Path("config.yaml")).load(), asyncio.Event()
    statuses, ready = [], []

    async def talk():
        from flowhook.cli.ports import listening
        await listening(config.server.host, config.server.port)
        port, token = config.server.port, config.endpoints[0].token
        body = json.dumps({"userId": "u", "sessionId": "s", "text": "hello"}).encode()
        statuses.append(await ask(port, "GET", "/healthz"))
        statuses.append(await ask(port, "GET", "/readyz"))
        ready.extend(sorted(sys.modules))
        statuses.append(await ask(port, "POST", f"/{token}", body))
        stop.set()

    await serve(config, on_ready=lambda application: application.tasks.spawn(talk()), stop=stop)
    modules = sorted(sys.modules)
    facts = {"statuses": statuses, "ready": ready, "modules": modules, "collects": gc.isenabled()}
    print(json.dumps(facts))

asyncio.run(main())
"""
#: Large libraries, each of which few projects need, or only some requests.
HEAVY = {
    "aiohttp", "babel", "dateparser", "flask", "h2", "httpx", "hypercorn", "phonenumbers",
    "prometheus_client", "pygments", "quart", "rich", "scipy", "werkzeug", "xml",
}  # fmt: skip
#: Parts of ours that no message needs, only what administration or another command does now and then.
SELDOM = {
    "flowhook.cli.workers", "flowhook.config.edits", "flowhook.flowfiles.orphaned_sessions",
    "flowhook.storage.copying", "flowhook.storage.inspection", "flowhook.versions.differences",
    "flowhook.versions.exporting", "flowhook.versions.importing", "flowhook.versions.package",
    "flowhook.yamldoc.editing", "flowhook.yamldoc.writer",
}  # fmt: skip
PLAIN = 'flow: bench\nnodes:\n  - say: "You said: {{ input.text }}"\n'
INTENTS = """flow: bench
intents:
  order: {examples: ["I want a pizza", "one pizza please"], reply: "Which one?"}
  opening: {examples: ["when are you open", "opening hours"], reply: "At noon."}
nodes:
  - say: Hello.
"""


def serve_once(directory: Path) -> dict[str, object]:
    """Start a server in a process of its own, and return what it says of itself."""
    done = subprocess.run(
        [sys.executable, "-c", SERVE], cwd=directory, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    said: dict[str, object] = json.loads(done.stdout.strip().splitlines()[-1])
    assert said["statuses"] == [200, 200, 202]
    return said


def loaded(said: dict[str, object], when: str = "modules") -> set[str]:
    """The packages that were imported in the end, or when it was "ready"."""
    modules = said[when]
    assert isinstance(modules, list)
    return {module.partition(".")[0] for module in modules}


def project(directory: Path, port: int, flow: str) -> Path:
    """A project with one endpoint."""
    (directory / "flows").mkdir()
    (directory / "flows" / "bench.yaml").write_text(flow)
    (directory / "config.yaml").write_text(
        json.dumps({
            "server": {"port": port},
            "log": {"level": "warning"},
            "endpoints": [{"name": "bench", "token": "bench-token-of-the-test", "flow": "bench"}],
        })
    )  # fmt: skip
    return directory


def test_a_server_of_plain_flows_imports_no_large_library(tmp_path: Path, unused_tcp_port: int) -> None:
    """Not for the start, not for probes, not for a message; and the collector is on again."""
    said = serve_once(project(tmp_path, unused_tcp_port, PLAIN))
    assert loaded(said) & (HEAVY | {"numpy", "regex", "difflib"}) == set()
    modules = said["modules"]
    assert isinstance(modules, list)
    assert "email.policy" not in modules
    assert set(modules) & SELDOM == set()
    assert said["collects"] is True


def test_numpy_comes_with_intents_alone(tmp_path: Path, unused_tcp_port: int) -> None:
    """What learns many of them, scipy, comes in a process of its own."""
    said = serve_once(project(tmp_path, unused_tcp_port, INTENTS))
    assert loaded(said) & HEAVY == set()
    assert "numpy" in loaded(said)


def test_the_shipped_flows_start_without_what_they_do_not_call(tmp_path: Path, unused_tcp_port: int) -> None:
    """And the second start learns nothing: it does not even import what learns."""
    for name in ("flows", "plugins"):
        shutil.copytree(REPOSITORY / name, tmp_path / name)
    text = (REPOSITORY / "config.yaml").read_text().replace("port: 8000", f"port: {unused_tcp_port}")
    (tmp_path / "config.yaml").write_text(text.replace("level: info", "level: error"))
    first = serve_once(tmp_path)
    assert loaded(first) & HEAVY == set()
    modules = first["modules"]
    assert isinstance(modules, list)
    assert set(modules) & SELDOM == set()
    kept = sorted((tmp_path / ".flowhook" / "intents").iterdir())
    before = {file: file.stat().st_ino for file in kept}
    assert len(kept) >= 7
    again = serve_once(tmp_path)
    assert loaded(again) & HEAVY == set()
    assert "numpy" not in loaded(again, "ready")
    assert {file: file.stat().st_ino for file in kept} == before
