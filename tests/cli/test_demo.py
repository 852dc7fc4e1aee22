"""``flowhook demo``: a conversation over real HTTP."""

from __future__ import annotations

import signal
import socket

import httpx

from flowhook.cli.demo.setup import set_stage
from flowhook.cli.project_option import ProjectPath


def test_the_demo_shows_the_whole_road(empty, start):
    """Outside of a project: messages, an inject, a notify and a retried delivery, with headers."""
    demo = start("demo")
    demo.until("user  hello")
    demo.until("bot  Hi there, welcome to Mario's!")
    demo.until(r"webhook-id evt_\w+, flowhook-sequence 1, signature ✓, attempt 1 → 200")
    demo.until("user  when are you open")
    demo.until("bot  We open at noon.")
    demo.until("bot  Which size")
    demo.until("user  a big one")
    demo.until("bot  That is 22 euro. Shall I order it\\?")
    demo.until("inject  yes")
    demo.until("bot  Done, large is on its way.")
    demo.until("notify  Your pizza is at the door.")
    first = demo.until(r"webhook-id (\w+), flowhook-sequence 8, signature ✓, attempt 1 → 500")[1]
    demo.until(rf"webhook-id {first}, flowhook-sequence 8, signature ✓, attempt 2 → 200")
    demo.until("All of it arrived, in order.")
    assert demo.wait() == 0
    assert list(empty.iterdir()) == []


def test_it_plays_in_a_project_and_leaves_nothing(shop, start):
    """In a project its own flow is shown, and no database stays."""
    demo = start("demo")
    demo.until("bot  Which size\\?")
    demo.until("All of it arrived")
    assert demo.wait() == 0
    assert not (shop.root / "flowhook.db").exists()
    assert not (shop.root / ".flowhook").exists()


def test_it_stays_for_a_curl(shop, start):
    """With --stay a message of one's own arrives too, and Ctrl+C ends it well."""
    demo = start("demo", "--stay")
    demo.until("Paste this into another terminal")
    url = demo.until(r"curl (\S+) ")[1]
    demo.until("Ctrl")
    httpx.post(url, json={"userId": "u1", "sessionId": "s1", "text": "hi"}, trust_env=False)
    demo.until('u1/s1 #1 .* "Which size')
    assert demo.stop(signal.SIGINT) == 0
    assert (shop.root / "flowhook.db").exists()


def test_taken_ports_are_stepped_around(shop):
    """Somebody else's ports are left alone, and that is said."""
    with (
        socket.create_server(("127.0.0.1", shop.port)),
        socket.create_server(("127.0.0.1", shop.receiver_port)),
        set_stage(ProjectPath(), stay=False) as stage,
    ):
        assert stage.config.server.port not in (shop.port, shop.receiver_port)
        assert stage.config.server.public_url == stage.url
        assert stage.endpoint.webhook.url == f"http://127.0.0.1:{stage.receiver_port}/"
        assert stage.receiver_port != shop.receiver_port
        assert len(stage.notes) == 2


def test_an_interrupted_demo_is_no_failure(shop, start):
    """Ctrl+C in the middle of the script ends it."""
    demo = start("demo")
    demo.until("user  hello")
    assert demo.stop(signal.SIGINT) == 0


def test_nothing_to_show_is_one_sentence(shop, run):
    """A project whose endpoints have no webhook cannot be demonstrated."""
    text = shop.config.read_text()
    shop.config.write_text(text.partition("endpoints:")[0])
    assert "no endpoint with a webhook" in run("demo", code=2).output
