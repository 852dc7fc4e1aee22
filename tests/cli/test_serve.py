"""``flowhook serve``: the banner, the end, and reloading."""

from __future__ import annotations

import json
import shlex
import signal

import httpx
import pytest

from flowhook.cli.commands.serve import curl
from flowhook.cli.console import moment, short, table


def say_to(shop, text: str, session: str = "s1") -> dict:
    """Send a message; the 202."""
    answer = httpx.post(
        f"{shop.url}/a-token-of-the-shop",
        json={"userId": "ada", "sessionId": session, "text": text},
        trust_env=False,
    )
    assert answer.status_code == 202, answer.text
    return answer.json()


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_it_is_and_ends_well(shop, start, how):
    """The banner names URL, storage, flows, plugins and endpoints; a stop is no failure."""
    server = start("serve")
    server.until(f"^flowhook .* at {shop.url}$")
    server.until(r"storage  sqlite:///flowhook.db")
    server.until(r"flows    order")
    server.until(r"plugins  webhook")
    server.until(r"shop → flow order")
    say_to(shop, "hello")
    assert server.stop(how) == 0
    assert "a-token-of-the-shop" not in server.output


def test_port_0_takes_a_free_one(shop, start):
    """Then the banner says which."""
    shop.edit(f"port: {shop.port}", "port: 0")
    url = start("serve").until(r"flowhook .* at (http://127.0.0.1:[1-9]\d+)$")[1]
    assert httpx.get(f"{url}/healthz", trust_env=False).json() == {"status": "ok"}


def test_programs_read_one_json_line(shop, start):
    """With log.format json the same facts are a JSON line."""
    shop.edit("outgoing:", "log: {format: json}\noutgoing:")
    server = start("serve")
    line = json.loads(server.until('"action": "listening"').string)
    assert (line["url"], line["flows"], line["endpoints"]) == (shop.url, ["order"], {"shop": "order"})
    assert server.stop() == 0


def test_a_taken_port_is_one_sentence(shop, start, run):
    """A second server on the port does not start, and says why."""
    start("serve").until("flowhook .* at ")
    assert f"cannot listen on 127.0.0.1:{shop.port}" in run("serve", code=2).output


def test_flows_with_errors_do_not_start(shop, run):
    """The start tells every problem, as check does."""
    shop.edit("say:", "sya:", shop.flow)
    said = run("serve", code=2).output
    assert "flows/order.yaml:6:5: error[unknown-node-type]" in said
    assert "    ^~~" in said


def test_saved_flows_take_effect_and_bad_edits_do_not(shop, start, run):
    """With --reload a good edit is used at once; after a bad one the last good version goes on."""
    server = start("serve", "--reload")
    server.until("shop → flow order")
    shop.edit("Which size?", "What size?", shop.flow)
    server.until("reloaded order.yaml")
    shop.edit("say:", "sya:", shop.flow)
    server.until(r"flows/order.yaml:6:5: error\[unknown-node-type\]")
    server.until("order.yaml saved, not loaded: the last good version goes on")
    say_to(shop, "hello")
    say_to(shop, "small")
    shop.edit("sya:", "say:", shop.flow)
    server.until("reloaded order.yaml")
    (session,) = json.loads(run("sessions", "export", "s1").stdout)["sessions"]
    outputs = [output for inbound in session["transcript"] for output in inbound["outputs"]]
    assert [row["output"]["text"] for row in outputs] == ["What size?", "small it is."]
    assert server.stop() == 0


def test_the_curl_can_be_pasted():
    """What is printed is quoted for a shell; an endpoint with keys says where the key goes."""
    words = shlex.split(curl("http://h/t", text="it's"))
    assert words[:4] == ["curl", "http://h/t", "-H", "Content-Type: application/json"]
    assert json.loads(words[5]) == {"userId": "u1", "sessionId": "s1", "text": "it's"}
    assert "X-Webhook-Key" in curl("http://h/t", auth="api_key")


def test_tables_are_aligned_and_safe(capsys):
    """Columns line up; what comes from outside stays on its line and commands no terminal."""
    table(("A", "B"), [("x\ny\x1b[2J", None), ("longer than that", 3)], empty="nothing")
    assert capsys.readouterr().out == "A                 B\nx y·[2J           -\nlonger than that  3\n"
    table(("A",), [], empty="nothing")
    assert "nothing" in capsys.readouterr().err


def test_times_and_long_texts_are_short():
    """A missing time is a dash; texts are cut with an ellipsis."""
    assert moment(None) == "-"
    assert moment("2026-01-01T00:00:00Z") == moment(1767225600.0)
    assert short("a" * 9, 5) == "aaaa…"
