"""Where the demo plays: this project, or a temporary one with the flows that come with flowhook."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from flowhook.cli.demo.webhook_receiver import Received, Receiver
from flowhook.cli.ports import free_port, local_url
from flowhook.cli.project_option import ProjectPath
from flowhook.config import Config, EndpointConfig, load_config
from flowhook.errors import FlowhookError
from flowhook.ids import new_token
from flowhook.shipped import shipped_dir

HOST = "127.0.0.1"
RECEIVER_PORT = 9000

CONFIG = """\
vars: {shop_name: "Mario's", phone: "+49 30 1234567"}
connections:
  crm: {base_url: "http://127.0.0.1:9000"}
  calendar: {base_url: "http://127.0.0.1:9000/calendar"}
  orders: {base_url: "http://127.0.0.1:9000/orders"}
  hotel: {base_url: "http://127.0.0.1:9000/hotel"}
outgoing: {allow: ["127.0.0.1:9000"]}
endpoints:
  - name: pizza
    token: demo-pizza
    flow: pizza
    webhook: {url: "http://127.0.0.1:9000/", secret: a-secret-of-the-demo}
"""


@dataclass(slots=True)
class DemoSetup:
    """A configuration whose webhooks lead to the receiver of the demo."""

    config: Config
    endpoint: EndpointConfig
    receiver_port: int
    notes: list[str] = field(default_factory=list)
    host: str = HOST

    @property
    def url(self) -> str:
        """Where this machine reaches the server."""
        return local_url(self.config.server.host, self.config.server.port)

    def receiver(self, on_delivery: Callable[[Received], None]) -> Receiver:
        """A receiver that checks what the endpoint promises."""
        webhook = self.endpoint.webhook
        secrets = [webhook.secret] if isinstance(webhook.secret, str) else webhook.secret
        return Receiver(
            on_delivery,
            secrets=[secret for secret in secrets if secret],
            user=webhook.user,
            password=webhook.password,
        )


@contextmanager
def set_stage(project: ProjectPath, *, stay: bool) -> Iterator[DemoSetup]:
    """Choose project, endpoint and ports. What is temporary goes when the demo ends."""
    with tempfile.TemporaryDirectory(prefix="flowhook-demo-") as folder:
        scratch = Path(folder)
        config = project.load() if project.exists else _example(scratch)
        setup = adapt(config)
        if not stay:
            config = setup.config
            config.storage = f"sqlite:///{scratch / 'demo.db'}"
            config.admin_key = config.admin_key or new_token()
        yield setup


def _example(scratch: Path) -> Config:
    """A project of its own in ``scratch``."""
    shutil.copytree(shipped_dir("flows"), scratch / "flows")
    path = scratch / "config.yaml"
    path.write_text(CONFIG, encoding="utf-8")
    return load_config(path, os.environ)


def adapt(config: Config) -> DemoSetup:
    """Change a configuration for the demo: free ports, and all that is local led to its receiver."""
    endpoint = _chosen(config)
    wanted = _local_port(endpoint.webhook.url) or RECEIVER_PORT
    setup = DemoSetup(config, endpoint, free_port(HOST, wanted))
    _move_server(setup)
    if setup.receiver_port != wanted:
        setup.notes.append(f"port {wanted} is taken; the receiver listens on {setup.receiver_port}")
    _lead_to_receiver(setup, wanted)
    return setup


def _chosen(config: Config) -> EndpointConfig:
    """The endpoint of the pizza flow, else the first."""
    usable = [endpoint for endpoint in config.endpoints if endpoint.enabled and endpoint.output == "webhook"]
    if not usable:
        raise FlowhookError("the configuration has no endpoint with a webhook to show")
    return next((endpoint for endpoint in usable if endpoint.flow == "pizza"), usable[0])


def _move_server(setup: DemoSetup) -> None:
    server = setup.config.server
    port = free_port(server.host, server.port)
    if port != server.port:
        setup.notes.append(f"port {server.port} is taken; the server listens on {port}")
        server.port = port
        server.public_url = setup.url


def _lead_to_receiver(setup: DemoSetup, wanted: int) -> None:
    """Webhooks and connections that lead to the usual port lead to the receiver's; so do the
    endpoint that is shown and the CRM, wherever they led."""
    config, endpoint = setup.config, setup.endpoint
    receiver = f"http://{HOST}:{setup.receiver_port}"
    here = f"{HOST}:{setup.receiver_port}"
    if here not in config.outgoing.allow:
        config.outgoing.allow.append(here)
    for known in config.endpoints:
        if known is endpoint or _local_port(known.webhook.url) == wanted:
            known.webhook.url = receiver + "/"
    for name, connection in config.connections.items():
        if _local_port(connection.base_url) == wanted:
            connection.base_url, connection.bearer = receiver + urlsplit(connection.base_url).path, ""
        elif name == "crm":
            connection.base_url, connection.bearer = receiver, ""
    endpoint.auth = "none"


def _local_port(url: str) -> int | None:
    """The port of a URL on this machine; None for any other."""
    parts = urlsplit(url)
    return parts.port or 80 if parts.hostname in (HOST, "localhost", "::1") else None
