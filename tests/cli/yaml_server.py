"""A YAML language server in a process of its own, spoken to as editors do."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

VERSION = "1.25.0"
PATIENCE = 60.0  #: seconds


class NotHere(Exception):
    """The server cannot be had on this machine; says why."""


def installed() -> Path:
    """The server's start script, fetched from the npm registry once and kept beside the temporary files."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise NotHere("npm and node are not installed")
    kept = Path(tempfile.gettempdir()) / f"flowhook-yaml-language-server-{VERSION}"
    script = kept / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"
    if script.exists():
        return script
    with tempfile.TemporaryDirectory(dir=kept.parent, prefix=kept.name) as place:
        options = ["--no-audit", "--no-fund", "--fetch-retries=1", "--fetch-retry-mintimeout=500"]
        command = [npm, "install", *options, "--prefix", place, f"yaml-language-server@{VERSION}"]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        except subprocess.TimeoutExpired:
            raise NotHere(f"npm did not bring it within {PATIENCE:g} s") from None
        if done.returncode != 0:
            raise NotHere(f"npm cannot install it: {done.stderr.strip().splitlines()[-1:]}")
        kept.mkdir(exist_ok=True)
        with suppress(OSError):  # another run was faster
            (Path(place) / "node_modules").rename(kept / "node_modules")
    if not script.exists():
        raise NotHere(f"npm did not bring {script}")
    return script


class YamlServer:
    """The server with one workspace. ``open`` a file, then ask for what an editor shows of it."""

    def __init__(self, process: subprocess.Popen[bytes], settings: dict[str, Any]) -> None:
        self._process = process
        self._settings = settings
        self._inbox: queue.Queue[dict[str, Any]] = queue.Queue()
        self._errors: dict[str, list[dict[str, Any]]] = {}
        self._last = 0
        self._texts: dict[str, str] = {}
        threading.Thread(target=self._read, daemon=True).start()

    def begin(self, root: Path) -> None:
        """The greeting of the protocol, and the editor's settings."""
        client = {
            "textDocument": {
                "hover": {"contentFormat": ["markdown"]},
                "completion": {
                    "completionItem": {"snippetSupport": True, "documentationFormat": ["markdown"]}
                },
            },
            "workspace": {"configuration": True, "didChangeConfiguration": {}},
        }
        folder = {"uri": root.as_uri(), "name": root.name}
        self._ask("initialize", {
            "processId": None, "rootUri": root.as_uri(), "workspaceFolders": [folder], "capabilities": client,
        })  # fmt: skip
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": self._settings})

    def open(self, path: Path) -> list[str]:
        """Show a file to the server; what it finds wrong there, as ``line:column message``, from 1."""
        uri, text = path.as_uri(), path.read_text("utf-8")
        self._texts[uri] = text
        self._errors.pop(uri, None)
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        while uri not in self._errors:
            self._take()
        found = [(error["range"]["start"], error["message"]) for error in self._errors[uri]]
        return [f"{start['line'] + 1}:{start['character'] + 1} {message}" for start, message in found]

    def completions(self, path: Path, before: str) -> list[str]:
        """What is offered where the cursor stands behind ``before``."""
        answer = self._ask("textDocument/completion", self._at(path, before))
        items = answer["items"] if isinstance(answer, dict) else answer or []
        return [item["label"] for item in items]

    def hover(self, path: Path, before: str) -> str:
        """What is shown over the word that begins behind ``before``."""
        answer = self._ask("textDocument/hover", self._at(path, before))
        return str(answer["contents"]["value"]) if answer else ""

    def _at(self, path: Path, before: str) -> dict[str, Any]:
        uri = path.as_uri()
        text = self._texts[uri]
        offset = text.index(before) + len(before)
        line = text.count("\n", 0, offset)
        column = offset - (text.rfind("\n", 0, offset) + 1)
        return {"textDocument": {"uri": uri}, "position": {"line": line, "character": column}}

    # -- the protocol -----------------------------------------------------------------------------

    def _ask(self, method: str, params: Any) -> Any:
        self._last += 1
        number = self._last
        self._send({"id": number, "method": method, "params": params})
        while True:
            message = self._take()
            if message.get("id") == number and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _take(self) -> dict[str, Any]:
        """The next message; what the server asks is answered on the way."""
        message = self._inbox.get(timeout=PATIENCE)
        if message.get("method") == "textDocument/publishDiagnostics":
            self._errors[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif "method" in message and "id" in message:
            self._send({"id": message["id"], "result": self._answer(message)})
        return message

    def _answer(self, message: dict[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        return [self._settings.get(item["section"].strip("[]")) for item in message["params"]["items"]]

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        assert self._process.stdin is not None
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
        self._process.stdin.flush()

    def _read(self) -> None:
        stream = self._process.stdout
        assert stream is not None
        while line := stream.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
                line = stream.readline()
            self._inbox.put(json.loads(stream.read(length)))
        stream.close()


@contextmanager
def yaml_server(script: Path, root: Path, settings: dict[str, Any] | None = None) -> Iterator[YamlServer]:
    """A server that ends with the block. ``settings`` are the editor's, by section."""
    process = subprocess.Popen(
        ["node", str(script), "--stdio"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        yaml = {"validate": True, "completion": True, "hover": True, "schemaStore": {"enable": False}}
        server = YamlServer(process, {"yaml": yaml | (settings or {})})
        server.begin(root)
        yield server
    finally:
        process.kill()
        process.wait()
        if process.stdin is not None:
            process.stdin.close()
