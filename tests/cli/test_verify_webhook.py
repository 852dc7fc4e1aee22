"""``flowhook verify-webhook``: what came back, and what to do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from flowhook.runtime.verification import hint_for


class Answering(HTTPServer):
    """Answers every POST alike and remembers the last."""

    status = 200
    headers: dict[str, str]
    body: bytes = b""


class _Handler(BaseHTTPRequestHandler):
    server: Answering

    def do_POST(self) -> None:
        self.server.headers = {name.lower(): value for name, value in self.headers.items()}
        self.server.body = self.rfile.read(int(self.headers["content-length"]))
        self.send_response(self.server.status)
        self.send_header("location", "http://elsewhere/")
        self.end_headers()
        self.wfile.write(b"so it goes")

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@pytest.fixture
def webhook(shop) -> Iterator[Answering]:
    """A receiver at the shop's webhook.url."""
    server = Answering(("127.0.0.1", shop.receiver_port), _Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_delivery_that_arrives(shop, webhook, run):
    """A signed test delivery in the usual envelope, and exit code 0."""
    said = run("verify-webhook", "shop").output
    assert said.startswith(f"POST http://127.0.0.1:{shop.receiver_port}/hook  signed\n✓ 200 in ")
    assert "answer: so it goes" in said
    assert webhook.headers["webhook-signature"].startswith("v1,")
    envelope = json.loads(webhook.body)
    assert set(envelope) == {"userId", "sessionId", "disableSensitiveLogging", "AIOutput"}


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "other credentials"), (302, "redirects are not followed"), (404, "no such path"), (500, "failed")],
)
def test_a_delivery_that_is_refused(shop, webhook, run, status, hint):
    """Any other answer exits with 1 and comes with a hint."""
    webhook.status = status
    verdict = json.loads(run("verify-webhook", "shop", "--json", code=1).stdout)
    assert (verdict["delivered"], verdict["status"], verdict["signed"]) == (False, status, True)
    assert hint in verdict["hint"]


def test_nobody_listens(shop, run):
    """A refused connection says how to start a receiver."""
    said = run("verify-webhook", "shop", code=1).output
    assert f"`flowhook receive --port {shop.receiver_port}`" in said


def test_a_private_address_is_blocked(shop, run):
    """The hint names the line that allows it."""
    shop.edit(f'outgoing: {{allow: ["127.0.0.1:{shop.receiver_port}"]}}', "outgoing: {}")
    said = run("verify-webhook", "shop", code=1).output
    assert f"outgoing: {{allow: ['127.0.0.1:{shop.receiver_port}']}}" in said


def test_no_such_endpoint_and_no_url(shop, run):
    """Wrong use is told before anything is sent."""
    assert 'did you mean "shop"?' in run("verify-webhook", "shpo", code=2).output
    shop.edit(f'url: "http://127.0.0.1:{shop.receiver_port}/hook", ', "")
    assert "the endpoint shop has no webhook.url" in run("verify-webhook", "shop", code=2).output


def test_a_password_in_the_url_is_not_shown(shop, webhook, run):
    """It is sent as basic auth, and told to nobody."""
    shop.edit("http://127.0.0.1", "http://mario:s0cret@127.0.0.1")
    for arguments in (("--json",), ()):
        said = run("verify-webhook", "shop", *arguments).output
        assert "/hook" in said
        assert "s0cret" not in said
    assert "basic auth" in said
    assert webhook.headers["authorization"].startswith("Basic ")


@pytest.mark.parametrize("silence", ["connect", "dns", "tls", "timeout", "closed", "protocol", "blocked"])
def test_every_silence_has_a_hint(silence):
    """Whatever kept an answer away, there is something to try."""
    assert hint_for("https://shop.example/hook", None, silence)


FLOW = """\
flow: order
nodes:
  - id: told
    webhook: "http://127.0.0.1:{port}/told"
  - id: offers
    json_api: {{url: "http://127.0.0.1:{port}/offers"}}
  - id: made
    webhook: "http://127.0.0.1:{port}/{{{{ input.text }}}}"
  - say: "Done."
"""


def test_the_event_webhook_is_tried(shop, webhook, run):
    """With the body of an event, signed, and known as a test."""
    assert "has no events.url" in run("verify-webhook", "shop", "--events", code=2).output
    events = f'events: {{url: "http://127.0.0.1:{shop.receiver_port}/events", secret: s}}'
    shop.edit("    flow: order\n", f"    flow: order\n    {events}\n")
    said = run("verify-webhook", "shop", "--events").output
    assert said.startswith(f"POST http://127.0.0.1:{shop.receiver_port}/events  signed\n✓ 200 in ")
    assert json.loads(webhook.body).keys() == {"time", "data", "ip"}
    assert webhook.headers["flowhook-test"] == "true"
    webhook.status = 404
    verdict = json.loads(run("verify-webhook", "shop", "--events", "--json", code=1).stdout)
    assert "look at the end of events.url" in verdict["hint"]


def test_the_service_of_a_node_is_tried(shop, webhook, run):
    """With what the node would send; a json_api has to answer what can be said."""
    shop.flow.write_text(FLOW.format(port=shop.receiver_port), "utf-8")
    assert "✓ 200 in" in run("verify-webhook", "shop", "--node", "order/told").output
    assert json.loads(webhook.body)["data"].startswith('"A test')
    said = run("verify-webhook", "shop", "--node", "order/offers", code=1).output
    assert "did not answer with a JSON object" in said
    assert json.loads(webhook.body)["module_id"] == "offers"
    for node, why in (("made", "its url is made in the turn"), ("#3", "no address of it"), ("x", "no node")):
        assert why in run("verify-webhook", "shop", "--node", f"order/{node}", code=2).output
    assert (
        "one of --events and --node"
        in run("verify-webhook", "shop", "--events", "--node", "x", code=2).output
    )
